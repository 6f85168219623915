"""What every Signaling has to do; a test module inherits the suite and gives it a fixture `world`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Protocol, TypeVar

import pytest

from p2pchat_tui.ports.signaling import (
    SessionGone,
    SessionSeen,
    Signaling,
    SignalingEvent,
    SignalingState,
    SignalReceived,
    StateChanged,
)
from p2pchat_tui.ssc.ids import SIGNAL_MAX, RoomId, SessionId

PATIENCE_S = 10.0
"""How long a test waits for what has to come: generous, since a busy machine is no failure."""

ROOM = RoomId(b"r" * 16)
OTHER_ROOM = RoomId(b"o" * 16)
OPEN = StateChanged(SignalingState.OPEN)

E = TypeVar("E")


def session_id(number: int) -> SessionId:
    """A session that is the same in every run."""
    return SessionId(bytes([number]) * 16)


class World(Protocol):
    """Where the sessions of one test meet."""

    def make(self, session: SessionId, room: RoomId = ROOM) -> Signaling:
        """A Signaling that is not open yet."""
        ...

    async def interrupt(self) -> None:
        """Take the connection from everybody; they get it back by themselves."""
        ...


class Listener:
    """A Signaling with a reader that remembers everything."""

    def __init__(self, signaling: Signaling) -> None:
        self.signaling = signaling
        self.heard: list[SignalingEvent] = []
        self.mark = 0
        """Where `until` and `count` begin to look."""
        self._news = asyncio.Event()
        self._task = asyncio.create_task(self._read())

    async def _read(self) -> None:
        async for event in self.signaling.events():
            self.heard.append(event)
            self._news.set()

    async def until(self, holds: Callable[[list[SignalingEvent]], bool], seconds: float = PATIENCE_S) -> None:
        """Wait until `holds` of what has been heard since the mark."""
        try:
            async with asyncio.timeout(seconds):
                while not holds(self.heard[self.mark :]):
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(f"it did not come; heard {self.heard[self.mark :]}") from None

    async def until_heard(self, event: SignalingEvent, seconds: float = PATIENCE_S) -> None:
        """Wait for `event` after the mark."""
        await self.until(lambda heard: event in heard, seconds)

    async def until_lost(self) -> StateChanged:
        """Wait for LOST after the mark, and return it."""
        await self.until(lambda heard: any(_is_lost(event) for event in heard))
        return next(event for event in self.of(StateChanged) if _is_lost(event))

    def forget(self) -> None:
        """Look at nothing that was heard so far."""
        self.mark = len(self.heard)

    def of(self, kind: type[E]) -> list[E]:
        """What was heard of one kind since the mark."""
        return [event for event in self.heard[self.mark :] if isinstance(event, kind)]

    def signals(self) -> list[tuple[SessionId, bytes]]:
        """The signals heard since the mark."""
        return [(event.sender, event.data) for event in self.of(SignalReceived)]

    async def end(self) -> None:
        """Close, and see the events end."""
        await self.signaling.close()
        async with asyncio.timeout(PATIENCE_S):
            await self._task


def _is_lost(event: SignalingEvent) -> bool:
    return isinstance(event, StateChanged) and event.state is SignalingState.LOST


@asynccontextmanager
async def listening(*signalings: Signaling) -> AsyncIterator[list[Listener]]:
    """All of them open, each with a listener; closed in the end."""
    listeners = [Listener(signaling) for signaling in signalings]
    try:
        for listener in listeners:
            await listener.signaling.open()
            await listener.until_heard(OPEN)
        yield listeners
    finally:
        for listener in listeners:
            await listener.end()


@asynccontextmanager
async def meeting(world: World, *numbers: int) -> AsyncIterator[list[Listener]]:
    """These sessions in one room, each of which has seen all others."""
    async with listening(*(world.make(session_id(number)) for number in numbers)) as listeners:
        for number, listener in zip(numbers, listeners, strict=True):
            for other in numbers:
                if other != number:
                    await listener.until_heard(SessionSeen(session_id(other)))
        yield listeners


class SignalingContract:
    """Inherit, and give a fixture `world`."""

    async def test_says_how_it_goes(self, world: World) -> None:
        async with listening(world.make(session_id(1))) as [one]:
            assert one.of(StateChanged)[0].state is SignalingState.CONNECTING
            assert one.of(StateChanged)[-1] == OPEN
            assert one.signaling.url

    async def test_two_see_each_other_once(self, world: World) -> None:
        async with meeting(world, 1, 2) as [one, two]:
            assert one.of(SessionSeen) == [SessionSeen(session_id(2))]
            assert two.of(SessionSeen) == [SessionSeen(session_id(1))]

    async def test_close_leaves(self, world: World) -> None:
        async with meeting(world, 1, 2) as [one, two]:
            await two.end()
            await one.until_heard(SessionGone(session_id(2)))
            assert not two.of(SessionGone)

    async def test_signals_go_both_ways_in_order(self, world: World) -> None:
        async with meeting(world, 1, 2) as [one, two]:
            for number in range(20):
                one.signaling.send(session_id(2), bytes([number]))
                two.signaling.send(session_id(1), bytes([100 + number]))
            await two.until(lambda _: len(two.signals()) == 20)
            await one.until(lambda _: len(one.signals()) == 20)
            assert two.signals() == [(session_id(1), bytes([number])) for number in range(20)]
            assert one.signals() == [(session_id(2), bytes([100 + number])) for number in range(20)]

    async def test_bytes_come_as_they_went(self, world: World) -> None:
        every = bytes(range(256))
        largest = (every * (SIGNAL_MAX // 256 + 1))[:SIGNAL_MAX]
        async with meeting(world, 1, 2) as [one, two]:
            for data in (b"\0", every, every[::-1] + b"x", largest):
                one.signaling.send(session_id(2), data)
            await two.until(lambda _: len(two.signals()) == 4)
            assert [data for _, data in two.signals()] == [b"\0", every, every[::-1] + b"x", largest]

    async def test_a_signal_that_is_too_long_is_a_mistake(self, world: World) -> None:
        async with meeting(world, 1, 2) as [one, two]:
            for wrong in (b"", bytes(SIGNAL_MAX + 1)):
                with pytest.raises(ValueError, match="bytes"):
                    one.signaling.send(session_id(2), wrong)
            one.signaling.send(session_id(2), b"still here")
            await two.until(lambda _: two.signals() == [(session_id(1), b"still here")])

    async def test_nobody_gets_what_is_for_nobody(self, world: World) -> None:
        async with meeting(world, 1, 2) as [one, two]:
            one.signaling.send(session_id(9), b"for nobody")
            one.signaling.send(session_id(1), b"for myself")
            one.signaling.send(session_id(2), b"for you")
            await two.until(lambda _: bool(two.signals()))
            two.signaling.send(session_id(1), b"and back")
            await one.until(lambda _: bool(one.signals()))
            assert two.signals() == [(session_id(1), b"for you")]
            assert one.signals() == [(session_id(2), b"and back")]

    async def test_only_the_one_addressed_of_three_gets_it(self, world: World) -> None:
        async with meeting(world, 1, 2, 3) as [one, two, three]:
            one.signaling.send(session_id(3), b"to three")
            three.signaling.send(session_id(2), b"to two")
            await three.until(lambda _: bool(three.signals()))
            await two.until(lambda _: bool(two.signals()))
            two.signaling.send(session_id(1), b"to one")
            await one.until(lambda _: bool(one.signals()))
            assert one.signals() == [(session_id(2), b"to one")]
            assert two.signals() == [(session_id(3), b"to two")]
            assert three.signals() == [(session_id(1), b"to three")]

    async def test_rooms_are_apart(self, world: World) -> None:
        ours, theirs = world.make(session_id(1)), world.make(session_id(2), OTHER_ROOM)
        async with listening(ours, theirs) as [one, two]:
            one.signaling.send(session_id(2), b"across")
            async with meeting(world, 3, 4):
                await one.until_heard(SessionSeen(session_id(3)))
                one.signaling.send(session_id(3), b"within")
            assert not two.of(SessionSeen) and not two.signals()

    async def test_after_a_reconnect_all_are_seen_again(self, world: World) -> None:
        async with meeting(world, 1, 2, 3) as everybody:
            for one in everybody:
                one.forget()
            await world.interrupt()
            for one in everybody:
                lost = await one.until_lost()
                assert lost.detail and lost.retry_ms is not None
                await one.until_heard(OPEN)
            for number, one in enumerate(everybody, 1):
                for other in {1, 2, 3} - {number}:
                    await one.until_heard(SessionSeen(session_id(other)))
            everybody[0].signaling.send(session_id(3), b"again")
            await everybody[2].until(lambda _: everybody[2].signals() == [(session_id(1), b"again")])

    async def test_close_twice_and_before_open(self, world: World) -> None:
        unopened = Listener(world.make(session_id(5)))
        await unopened.end()
        await unopened.end()
        await unopened.signaling.open()  # too late: does nothing
        async with meeting(world, 1, 2) as [one, two]:
            await two.end()
            await two.end()
            two.signaling.send(session_id(1), b"into the void")
            await one.until_heard(SessionGone(session_id(2)))
            assert not one.signals()

    async def test_what_is_sent_before_open_is_dropped(self, world: World) -> None:
        async with meeting(world, 1) as [one]:
            early = world.make(session_id(2))
            early.send(session_id(1), b"too early")
            async with listening(early):
                await one.until_heard(SessionSeen(session_id(2)))
                early.send(session_id(1), b"in time")
                await one.until(lambda _: bool(one.signals()))
                assert one.signals() == [(session_id(2), b"in time")]

    async def test_no_task_is_left(self, world: World) -> None:
        before = asyncio.all_tasks()
        async with listening(world.make(session_id(1))) as [one]:
            await one.end()
            own = {task for task in asyncio.all_tasks() - before if "relay-client" in task.get_name()}
            assert not own
