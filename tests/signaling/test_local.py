"""Windows of one machine: whoever is first is the relay, and when it goes another takes over."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from p2pchat_tui.ports.signaling import SessionGone, SessionSeen, SignalingState, StateChanged
from p2pchat_tui.signaling.local import LocalRelay, LocalSignaling
from p2pchat_tui.ssc.ids import RoomId, SessionId
from tests.contracts.signaling import (
    OPEN,
    OTHER_ROOM,
    PATIENCE_S,
    ROOM,
    Listener,
    SignalingContract,
    listening,
    meeting,
    session_id,
)
from tests.machine import free_port

TAKEOVER_S = 2.0
"""So long anybody waits at most to be back in the same room after the owner of the port has gone."""


def window(relay: LocalRelay, number: int, room: RoomId = ROOM) -> LocalSignaling:
    return LocalSignaling(relay, room, session_id(number), bytes([number]) * 32, jitter=lambda: number / 10)


class LocalWorld:
    """Each session is a window, a process of its own as far as the port is concerned."""

    def __init__(self) -> None:
        self.port = free_port()
        self.relays: list[LocalRelay] = []

    def make(self, session: SessionId, room: RoomId = ROOM) -> LocalSignaling:
        self.relays.append(LocalRelay(self.port))
        return window(self.relays[-1], session[0], room)

    async def interrupt(self) -> None:
        """As if the owner's relay had crashed: the window itself is still there."""
        [owner] = [relay for relay in self.relays if relay.is_owner]
        assert owner._relay is not None
        crashed, owner._relay = owner._relay, None
        await crashed.stop()


class TestContract(SignalingContract):
    @pytest.fixture
    async def world(self) -> AsyncIterator[LocalWorld]:
        world = LocalWorld()
        yield world
        assert not any(relay.is_owner for relay in world.relays)
        with socket.create_server(("127.0.0.1", world.port)):
            pass  # the port is free again


def _waited_s(one: Listener) -> float:
    """How long it said that it would wait, in all, since the mark; what a busy machine adds does not count."""
    return sum(state.retry_ms or 0 for state in one.of(StateChanged)) / 1000


async def _talk(*everybody: tuple[int, Listener]) -> None:
    """A signal from each to each of the others arrives."""
    for number, one in everybody:
        for other, _ in everybody:
            if other != number:
                one.signaling.send(session_id(other), b"from %d" % number)
    for number, one in everybody:
        wanted = {(session_id(other), b"from %d" % other) for other, _ in everybody if other != number}
        await one.until(lambda _, one=one, wanted=wanted: wanted <= set(one.signals()))  # type: ignore[misc]


async def test_windows_take_over_from_each_other() -> None:
    world = LocalWorld()
    numbers = [1, 2, 3, 4, 5]
    async with meeting(world, *numbers) as listeners:
        windows = dict(zip(numbers, listeners, strict=True))
        relays = dict(zip(numbers, world.relays, strict=True))
        while len(windows) > 1:
            [owner] = [number for number in windows if relays[number].is_owner]
            for one in windows.values():
                one.forget()
            await windows.pop(owner).end()
            assert not relays[owner].is_owner
            for number, one in windows.items():
                await one.until_heard(OPEN)
                for other in windows:
                    if other != number:
                        await one.until_heard(SessionSeen(session_id(other)))
                assert _waited_s(one) < TAKEOVER_S
            await _talk(*windows.items())
            assert sum(relay.is_owner for relay in relays.values()) == 1


@pytest.mark.slow
async def test_windows_take_over_from_one_that_is_killed() -> None:
    port = free_port()
    script = Path(__file__).with_name("window.py")
    killed = await asyncio.create_subprocess_exec(
        sys.executable, str(script), str(port), "9", stdout=asyncio.subprocess.PIPE, cwd=script.parents[2],
        env=os.environ | {"PYTHONPATH": str(script.parents[2])},
    )  # fmt: skip
    try:
        assert killed.stdout is not None
        async with asyncio.timeout(PATIENCE_S):
            assert await killed.stdout.readline() == b"owner\n"
        relays = [LocalRelay(port) for _ in range(3)]
        async with listening(*(window(relay, number) for number, relay in enumerate(relays, 1))) as listeners:
            assert not any(relay.is_owner for relay in relays)
            for one in listeners:
                await one.until_heard(SessionSeen(session_id(9)))
                one.forget()
            killed.kill()
            for number, one in enumerate(listeners, 1):
                for other in {1, 2, 3} - {number}:
                    await one.until_heard(SessionSeen(session_id(other)))
                await one.until_heard(SessionGone(session_id(9)))
                assert _waited_s(one) < TAKEOVER_S
            await _talk(*enumerate(listeners, 1))
            assert sum(relay.is_owner for relay in relays) == 1
    finally:
        if killed.returncode is None:
            killed.kill()
        await killed.wait()


async def test_a_guest_that_leaves_disturbs_nobody() -> None:
    world = LocalWorld()
    async with meeting(world, 1, 2, 3) as [one, two, three]:
        one.forget()
        two.forget()
        await three.end()
        await one.until_heard(SessionGone(session_id(3)))
        await two.until_heard(SessionGone(session_id(3)))
        await _talk((1, one), (2, two))
        assert not one.of(StateChanged) and not two.of(StateChanged)


async def test_rooms_of_one_process_share_its_relay() -> None:
    port = free_port()
    ours, theirs = LocalRelay(port), LocalRelay(port)
    first, second = window(ours, 1), window(ours, 2, OTHER_ROOM)
    async with listening(first, second, window(theirs, 3), window(theirs, 4, OTHER_ROOM)) as listeners:
        one, two, three, four = listeners
        assert ours.is_owner and not theirs.is_owner
        await _talk((1, one), (3, three))
        await one.end()
        assert ours.is_owner  # its other room still needs it
        await two.until_heard(SessionSeen(session_id(4)))
        await _talk((2, two), (4, four))
        four.forget()
        await two.end()
        assert not ours.is_owner
        for other in (four, three):
            await other.until_heard(OPEN)
            assert _waited_s(other) < TAKEOVER_S
        assert theirs.is_owner


async def test_a_race_for_the_port_has_one_winner() -> None:
    port = free_port()
    relays = [LocalRelay(port) for _ in range(8)]
    listeners = [Listener(window(relay, number)) for number, relay in enumerate(relays, 1)]
    await asyncio.gather(*(listener.signaling.open() for listener in listeners))
    for number, listener in enumerate(listeners, 1):
        for other in range(1, 9):
            if other != number:
                await listener.until_heard(SessionSeen(session_id(other)))
    assert sum(relay.is_owner for relay in relays) == 1
    for listener in listeners:
        await listener.end()
    assert not any(relay.is_owner for relay in relays)


@pytest.mark.parametrize("answer", [b"HTTP/1.1 200 OK\r\n\r\nok another thing", b"220 mail\r\n", b""])
async def test_another_program_on_the_port(answer: bytes) -> None:
    asked = 0
    thrice = asyncio.Event()

    async def reply(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        asked += 1
        if asked == 3:
            thrice.set()
        await reader.readline()
        writer.write(answer)
        writer.close()

    port = free_port()
    server = await asyncio.start_server(reply, "127.0.0.1", port)
    one = Listener(window(LocalRelay(port, change_with="--port"), 1))
    async with server:
        await one.signaling.open()
        lost = await one.until_lost()
        wanted = f"Port {port} on this machine is used by another program; choose another with --port."
        assert lost.detail == wanted
        async with asyncio.timeout(PATIENCE_S):
            await thrice.wait()
        # It went on trying, and said so once.
        states = [event.state for event in one.of(StateChanged)]
        assert states == [SignalingState.CONNECTING, SignalingState.LOST]
    # The other program is gone: the port is ours.
    assert isinstance(one.signaling, LocalSignaling)
    one.signaling.retry_now()
    await one.until_heard(OPEN)
    await one.end()


async def test_closing_while_it_starts_leaves_the_port_free() -> None:
    port = free_port()
    for steps in range(25):
        relay = LocalRelay(port)
        one = Listener(window(relay, 1))
        await one.signaling.open()
        for _ in range(steps):
            await asyncio.sleep(0)
        await one.end()
        assert not relay.is_owner
        with socket.create_server(("127.0.0.1", port)):
            pass


async def test_only_this_machine_reaches_it() -> None:
    relay = LocalRelay(free_port())
    async with listening(window(relay, 1)):
        assert relay._relay is not None and relay._relay._server is not None
        assert [one.getsockname()[0] for one in relay._relay._server.sockets] == ["127.0.0.1"]


def test_ports_that_cannot_be() -> None:
    for port in (0, -1, 65536):
        with pytest.raises(ValueError, match="port"):
            LocalRelay(port)
