"""The simulated screen itself: what is told of must be on disk then, and what was cut since goes with a Resync."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random
from types import SimpleNamespace
from typing import Any

from p2pchat_tui.ports.store import Store
from p2pchat_tui.session import api
from p2pchat_tui.session.fanout import Fanout
from p2pchat_tui.session.names import Names
from p2pchat_tui.session.timeline import Timeline
from p2pchat_tui.ssc.ids import PeerId
from tests.helpers import ROOM, chain, identity

from .disks import CutOff, Disk
from .screen import Screen

AUTHOR = identity(1)


FIRST, SECOND = chain(AUTHOR, 2)


@dataclass
class World:
    faults: list[str] = field(default_factory=list)

    def fault(self, text: str) -> None:
        self.faults.append(text)

    def name_of(self, _: PeerId) -> str:
        return "ana"


class Peer:
    name = "p1"

    def __init__(self) -> None:
        self.world = World()
        self.disk = Disk(ROOM, None, Random(1))
        self.lines: list[str] = []

    def trace(self, line: str) -> None:
        """What the screen heard, in order."""
        self.lines.append(line)


class Session:
    """As much of one as a screen needs: events, and what is on disk."""

    def __init__(self, store: Store) -> None:
        timeline = Timeline(store, ROOM, identity(2).peer, Names())
        self._parts = SimpleNamespace(fanout=Fanout(), timeline=timeline)
        self.events = self._parts.fanout.listen

    def emit(self, event: api.Event) -> None:
        self._parts.fanout.emit(event)

    @property
    def view(self) -> Any:
        return type("View", (), {"peers": ()})

    async def history(self, limit: int) -> api.Page:
        return await self._parts.timeline.page(limit, None)

    async def message(self) -> api.MessageView:
        """The second message as it stands."""
        found = await self._parts.timeline.view(SECOND.id)
        assert found is not None
        return found


def run(history: Callable[[Peer, Session, Screen], Awaitable[None]]) -> tuple[Peer, Screen]:
    """A screen in front of two messages on disk, after `history` and once it has read everything."""

    async def scenario() -> tuple[Peer, Screen]:
        peer = Peer()
        store = await peer.disk.open()
        session = Session(store)
        screen = Screen(peer, session)  # type: ignore[arg-type]
        await screen.load()
        await store.append(ROOM, [FIRST, SECOND], durable=True)
        peer.disk.wrote([FIRST, SECOND], durable=True)
        await history(peer, session, screen)
        session.emit(api.Ended("left"))
        await screen.follow()
        return peer, screen

    return asyncio.run(scenario())


async def cut(disk: Disk) -> None:
    """The feed is found to fork at its second entry."""
    await (await disk.open_again()).cut(ROOM, AUTHOR.peer, 2, b"")
    await disk.erased(CutOff(AUTHOR.peer, 2, b""))
    assert SECOND.id not in disk.ids


def test_what_is_cut_before_the_screen_reads_of_it_goes_with_the_resync() -> None:
    async def history(peer: Peer, session: Session, _: Screen) -> None:
        session.emit(api.MessageAdded(await session.message(), backfill=False))
        await cut(peer.disk)
        session.emit(api.Resync())

    peer, screen = run(history)
    assert peer.world.faults == []
    assert [line.split()[0] for line in peer.lines] == ["MessageAdded", "Resync", "Ended"]
    assert SECOND.id not in screen.messages
    assert screen.cut_off == set()


def test_a_cut_without_a_resync_leaves_what_is_no_more() -> None:
    async def history(peer: Peer, session: Session, _: Screen) -> None:
        session.emit(api.MessageAdded(await session.message(), backfill=False))
        await cut(peer.disk)

    _, screen = run(history)
    assert screen.cut_off == {SECOND.id}


def test_what_is_told_of_after_the_cut_is_a_fault_at_once() -> None:
    async def history(peer: Peer, session: Session, _: Screen) -> None:
        message = await session.message()
        await cut(peer.disk)
        session.emit(api.MessageAdded(message, backfill=False))
        assert len(peer.world.faults) == 1
        session.emit(api.Resync())

    peer, _ = run(history)
    assert "not on its disk" in peer.world.faults[0]
