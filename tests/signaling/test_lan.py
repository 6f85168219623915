"""Signaling on a LAN: the contract over real sockets on 127.0.0.1, and what strangers and bystanders get."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from ipaddress import ip_interface
from itertools import pairwise

import pytest

from p2pchat_tui.ports.signaling import SessionGone, SessionSeen, SignalingState, StateChanged
from p2pchat_tui.signaling import lan_link, lan_site
from p2pchat_tui.signaling.lan import LanSignaling
from p2pchat_tui.signaling.lan_discovery import Sighting
from p2pchat_tui.signaling.lan_link import Hello, LanLink, dial
from p2pchat_tui.signaling.lan_places import Place
from p2pchat_tui.signaling.lan_proof import PROOF_BYTES, SLOT_MS, LanError, make_dial
from p2pchat_tui.ssc.ids import SessionId
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
from tests.signaling.neighbourhood import HERE, Neighbourhood, beacon_of


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Neighbourhood:
    monkeypatch.setattr(lan_site, "COURTESY_S", 0.05)
    return Neighbourhood()


class TestContract(SignalingContract):
    @pytest.fixture
    def world(self, world: Neighbourhood) -> Neighbourhood:
        return world


async def _until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not holds():  # noqa: ASYNC110 - it is about sockets, which set no event of ours
            await asyncio.sleep(0.005)


@asynccontextmanager
async def _dialed(world: Neighbourhood) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A bare connection to whoever announces itself."""
    [sighting] = world.announced[HERE].values()
    reader, writer = await asyncio.open_connection("127.0.0.1", sighting.port)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def _member(sighting: Sighting, me: SessionId, source: str = "127.0.0.1") -> LanLink:
    """A connection that has proved itself, and claims to be `me`. Raises LanError, OSError."""
    reader, writer = await asyncio.open_connection("127.0.0.1", sighting.port, local_addr=(source, 0))
    try:
        return await dial(reader, writer, beacon_of(ROOM), sighting.label, os.urandom(32), Hello(me, "0" * 56))
    except BaseException:
        writer.transport.abort()
        raise


def _only(world: Neighbourhood) -> Sighting:
    """What the one who is there announces."""
    [sighting] = world.announced[world.places[0]].values()
    return sighting


# ------------------------------------------------------------------------------------------------------- bystanders


async def test_what_is_announced_names_nobody_and_lasts_one_slot(world: Neighbourhood) -> None:
    async with meeting(world, 1, 2) as [one, two]:
        for _ in range(3):
            known = set(world.announced[HERE])
            world.now_ms += SLOT_MS
            world.look()
            await _until(lambda known=known: len(world.announced[HERE]) == 2 and not known & set(world.announced[HERE]))
        one.signaling.send(session_id(2), b"still connected")
        await two.until(lambda _: bool(two.signals()))
        assert not one.of(SessionGone) and one.of(SessionSeen) == [SessionSeen(session_id(2))]
        seen = world.history
        assert len(seen) == len({each.label for each in seen}) == 8
        for each in seen:
            for secret in (ROOM, session_id(1), session_id(2), beacon_of(ROOM)):
                assert secret.hex()[:16] not in each.label


async def test_a_new_label_has_a_new_port_though_the_system_would_give_the_old_one_again(
    world: Neighbourhood, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = [0]

    def bind(_: Place) -> list[socket.socket]:
        sock = socket.socket()
        try:
            sock.bind(("127.0.0.1", given[-1]))
        except OSError:  # somebody has it still
            sock.bind(("127.0.0.1", 0))
        given.append(sock.getsockname()[1])
        return [sock]

    monkeypatch.setattr(lan_site, "_bind", bind)
    async with listening(world.make(session_id(1))):
        for count in (2, 3, 4):
            world.now_ms += SLOT_MS
            world.look()
            await _until(lambda count=count: len(world.history) == count)
    assert given[1:] == [each.port for each in world.history]
    assert all(before != after for before, after in pairwise(given))


async def test_a_label_of_another_room_is_not_dialed(world: Neighbourhood) -> None:
    async with listening(world.make(session_id(1)), world.make(session_id(2), OTHER_ROOM)) as [one, two]:
        assert len(world.announced[HERE]) == 2
        assert not [
            label for label in world.announced[HERE] for watcher in world.watchers[HERE] if watcher.wants(label)
        ]
        async with listening(world.make(session_id(3))):
            await one.until_heard(SessionSeen(session_id(3)))
        assert not two.of(SessionSeen)


# -------------------------------------------------------------------------------------------------------- strangers


async def test_a_stranger_hears_nothing(world: Neighbourhood) -> None:
    async with listening(world.make(session_id(1))) as [one]:
        [label] = world.announced[HERE]
        for said in (bytes(PROOF_BYTES), make_dial(beacon_of(OTHER_ROOM), label, bytes(32)), b"GET / HTTP/1.1" * 10):
            async with _dialed(world) as [reader, writer]:
                writer.write(said)
                async with asyncio.timeout(PATIENCE_S):
                    with pytest.raises(ConnectionResetError):
                        assert await reader.read() == b""
                        raise ConnectionResetError
        assert not one.of(SessionSeen)


async def test_a_silent_stranger_is_cut_off(world: Neighbourhood, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lan_link, "HANDSHAKE_S", 0.1)
    async with listening(world.make(session_id(1))), _dialed(world) as [reader, writer]:
        writer.write(bytes(10))
        async with asyncio.timeout(PATIENCE_S):
            with pytest.raises(ConnectionResetError):
                assert await reader.read() == b""
                raise ConnectionResetError


async def test_one_address_can_take_few_places_only(world: Neighbourhood) -> None:
    async with listening(world.make(session_id(1))) as [one]:
        [sighting] = world.announced[HERE].values()
        held = [await asyncio.open_connection("127.0.0.1", sighting.port) for _ in range(10)]
        try:
            ended = [asyncio.create_task(reader.read()) for reader, _ in held]
            async with asyncio.timeout(PATIENCE_S):
                while sum(task.done() for task in ended) < 10 - lan_site.HANDSHAKES_PER_ADDRESS:
                    await asyncio.wait(ended, return_when=asyncio.FIRST_COMPLETED, timeout=0.01)
            assert sum(not task.done() for task in ended) == lan_site.HANDSHAKES_PER_ADDRESS
        finally:
            for _, writer in held:
                writer.transport.abort()
            await asyncio.gather(*ended, return_exceptions=True)
        async with listening(world.make(session_id(2))):  # and there is room again
            await one.until_heard(SessionSeen(session_id(2)))


async def test_a_far_address_is_not_let_in(world: Neighbourhood) -> None:
    world.places = (Place("lo", 1, (ip_interface("127.0.0.1/31"),)),)
    async with listening(world.make(session_id(1))) as [one]:
        with pytest.raises((LanError, OSError)):
            await _member(_only(world), session_id(2), "127.0.0.9")
        (await _member(_only(world), session_id(2))).cut()
        await one.until_heard(SessionGone(session_id(2)))


async def test_a_neighbour_that_points_elsewhere_is_not_followed(world: Neighbourhood) -> None:
    async with listening(world.make(session_id(1))) as [one]:
        await one.until_heard(OPEN)
        there = Place("lo", 1, (ip_interface("127.0.0.1/32"),))
        site = lan_site.LanSite(there, beacon_of(ROOM), session_id(2), None, os.urandom)  # type: ignore[arg-type]
        [sighting] = world.announced[HERE].values()
        await site._dial(replace(sighting, addresses=("127.0.0.2", "203.0.113.1", "not an address")))
        assert not site._tasks


# ---------------------------------------------------------------------------------------------------------- members


async def test_nobody_takes_a_living_sessions_place(world: Neighbourhood) -> None:
    async with meeting(world, 1, 2) as [one, two]:
        for claimed in (session_id(2), session_id(1)):
            [sighting] = [each for each in world.announced[HERE].values() if _is_of(one, each.label)]
            link = await _member(sighting, claimed)
            link.send(b"I am two")
            running = asyncio.create_task(link.run(_ignore, lambda: None))
            async with asyncio.timeout(PATIENCE_S):
                await running
        two.signaling.send(session_id(1), b"no, I am")
        await one.until(lambda _: bool(one.signals()))
        assert one.signals() == [(session_id(2), b"no, I am")]


async def test_a_session_that_went_silent_is_replaced(world: Neighbourhood, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lan_link, "PROBE_S", 0.05)
    async with listening(world.make(session_id(1))) as [one]:
        silent = await _member(_only(world), session_id(2))
        await one.until_heard(SessionSeen(session_id(2)))
        again = await _member(_only(world), session_id(2))
        heard: list[bytes] = []

        async def hear(data: bytes) -> None:
            heard.append(data)

        running = asyncio.create_task(again.run(hear, lambda: None))
        await _until(lambda: one.signaling.send(session_id(2), b"you?") or heard)
        running.cancel()
        await asyncio.wait([running])
        silent.cut()
        await one.until_heard(SessionGone(session_id(2)))


@pytest.mark.parametrize("said", [b"\xff\xff", b"\x00\x05short", b"\x00\x20" + bytes(32)])
async def test_a_frame_that_cannot_be_ends_the_connection(world: Neighbourhood, said: bytes) -> None:
    async with listening(world.make(session_id(1))) as [one]:
        link = await _member(_only(world), session_id(2))
        await one.until_heard(SessionSeen(session_id(2)))
        link._writer.write(said)
        await one.until_heard(SessionGone(session_id(2)))
        link.cut()


async def test_who_sends_too_much_is_let_go(world: Neighbourhood, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lan_link, "FRAMES_PER_S", 0.0)  # however long it takes, nothing may be sent in addition
    async with listening(world.make(session_id(1))) as [one]:
        link = await _member(_only(world), session_id(2))
        await one.until_heard(SessionSeen(session_id(2)))
        running = asyncio.create_task(link.run(_ignore, lambda: None))
        for _ in range(int(lan_link.FRAMES_BURST) * 2):
            link.send(b"x")
        await one.until_heard(SessionGone(session_id(2)))
        await running
        assert len(one.signals()) == lan_link.FRAMES_BURST - 1, "the hello counts"


async def test_what_nobody_reads_is_dropped(world: Neighbourhood) -> None:
    async with meeting(world, 1, 2) as [one, _]:
        assert isinstance(one.signaling, LanSignaling)
        for _ in range(40):
            one.signaling.send(session_id(2), bytes(16 * 1024))
        assert one.signaling.dropped >= 20


# ------------------------------------------------------------------------------------------------------- interfaces


async def test_two_interfaces_make_one_connection(world: Neighbourhood) -> None:
    world.places = (HERE, Place("lo2", 1, (ip_interface("127.1.0.1/16"),)))
    async with meeting(world, 1, 2) as [one, two]:
        assert len(world.announced) == 2 and all(len(each) == 2 for each in world.announced.values())
        one.forget()
        two.forget()
        world.places = world.places[1:]  # wherever the connection was, they stay together or find each other again
        world.look()
        await _until(lambda: not world.announced[HERE])

        def is_reached() -> bool:
            one.signaling.send(session_id(2), b"here")
            return bool(two.signals())

        await _until(is_reached)
        assert not one.of(StateChanged)


async def test_no_interface_is_said_and_a_new_one_noticed(world: Neighbourhood) -> None:
    before, world.places = world.places, ()
    alone = world.make(session_id(1))
    one = Listener(alone)
    await alone.open()
    lost = await one.until_lost()
    assert "local network" in lost.detail and lost.retry_ms
    world.places = before
    world.look()
    await one.until_heard(OPEN)
    await one.end()


async def test_an_interface_without_multicast_is_said(world: Neighbourhood) -> None:
    world.broken = OSError(errno.ENODEV, "no multicast there")
    one = Listener(world.make(session_id(1)))
    await one.signaling.open()
    lost = await one.until_lost()
    assert "lo" in lost.detail and "no multicast there" in lost.detail
    assert lost.state is SignalingState.LOST
    world.broken = None
    world.look()
    await one.until_heard(OPEN)
    await one.end()


async def test_nothing_is_left_running(world: Neighbourhood) -> None:
    before = asyncio.all_tasks()
    async with meeting(world, 1, 2, 3):
        pass
    left = {task for task in asyncio.all_tasks() - before if task.get_name().startswith("lan")}
    assert not left
    assert not any(world.announced.values()) and not any(world.watchers.values())


def _is_of(listener: Listener, label: str) -> bool:
    """Whether the listener itself announces `label`."""
    assert isinstance(listener.signaling, LanSignaling)
    return any(site._label == label for site in listener.signaling._sites.values())


async def _ignore(_: bytes) -> None:
    pass


async def test_the_traffic_is_counted_both_ways(world: Neighbourhood, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lan_link, "PING_S", 0.02)
    async with meeting(world, 1, 2) as [one, other]:
        before = one.signaling.traffic, other.signaling.traffic
        one.signaling.send(session_id(2), b"s" * 1000)
        await _until(lambda: other.signaling.traffic.frames > before[1].frames)
        for each, start in zip((one, other), before, strict=True):
            assert each.signaling.traffic.frames == start.frames + 1
            assert each.signaling.traffic.bytes >= start.bytes + 1000
        quiet = one.signaling.traffic
        await _until(lambda: one.signaling.traffic.bytes > quiet.bytes)
        assert one.signaling.traffic.frames == quiet.frames, "keep-alives are bytes alone"
        await other.signaling.close()
        after = one.signaling.traffic
        await one.until_heard(SessionGone(session_id(2)))
        assert one.signaling.traffic.bytes >= after.bytes, "what is gone still counts"


async def test_who_is_closed_while_he_begins_leaves_no_port_open(
    world: Neighbourhood, monkeypatch: pytest.MonkeyPatch
) -> None:
    bound: list[socket.socket] = []
    bind = lan_site._bind
    monkeypatch.setattr(lan_site, "_bind", lambda place: bound.extend(bind(place)) or bound)
    lan = world.make(session_id(1))
    await lan.open()
    while not bound:  # noqa: ASYNC110 - the very turn of the loop is meant
        await asyncio.sleep(0)
    await lan.close()
    assert [each.fileno() for each in bound] == [-1]
