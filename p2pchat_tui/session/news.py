"""What people hear of entries that came to be on disk: one by one where they want that, else how many there are."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from ..ports.store import EntriesDamaged
from ..ssc.body import Say, decode_body
from ..ssc.effects import EntriesStored
from ..ssc.entry import Entry
from ..ssc.ids import Order, PeerId, stamp_ms
from . import api
from .fanout import Fanout
from .reading import Reading
from .reporter import Reporter
from .stored import describe
from .timeline import Timeline


class Ahead(NamedTuple):
    """Entries of which people shall hear one by one, and what was said about them earlier."""

    wanted: list[Entry]
    about: asyncio.Task[list[Entry]]


class News:
    """Tells one session's listeners of entries."""

    def __init__(
        self,
        timeline: Timeline,
        reading: Reading,
        reporter: Reporter,
        fanout: Fanout,
        *,
        me: PeerId,
        started: int,
        reload: Callable[[], Awaitable[None]],
    ) -> None:
        """`started`: when the session began, Unix milliseconds: what is older is backfill. `reload` makes the replica
        hold what the disk holds.
        """
        self._timeline = timeline
        self._reading = reading
        self._reporter = reporter
        self._fanout = fanout
        self._me = me
        self._started = started
        self._reload = reload
        self._ahead: list[Ahead] = []
        """Of entries that are on disk now and not told of yet."""

    def look_ahead(self, entries: Sequence[Entry]) -> Ahead:
        """Ask for what was said about `entries`, which are about to be put on disk.

        Asked for now, it is read right behind the write: people wait for one turn of the store's thread, not two.
        """
        since = self._fanout.since
        wanted = [entry for entry in entries if self._is_wanted(entry, since)]
        return Ahead(wanted, asyncio.create_task(self._timeline.about(wanted)))

    def expect(self, ahead: Ahead) -> None:
        """The entries that `look_ahead` took are on disk: `show` comes next."""
        self._ahead.append(ahead)

    async def show(self, stored: Sequence[EntriesStored]) -> None:
        """Tell people about entries that are on disk now."""
        entries = [entry for each in stored for entry in each.entries]
        live = {entry.id for each in stored if each.live for entry in each.entries}
        has_topic, renamed = self._timeline.learn(entries)
        is_unread = self._reading.learn(entries)
        since = self._fanout.since
        wanted = [entry for entry in entries if entry.id in live or self._is_wanted(entry, since)]
        for event in await self._events(wanted, lambda each: each.id not in live and not self._is_new(each)):
            if isinstance(event, api.MessageAdded) and event.message.to_me:
                self._reading.mention(event.message.order)
            self._fanout.emit(event)
        if len(wanted) < len(entries) and (count := _messages(entries) - _messages(wanted)):
            self._fanout.emit(api.HistoryAdded(count))
        self._reporter.in_step(entry.author for entry in entries)
        live_authors = {entry.author for entry in entries if entry.id in live}
        for peer in sorted(renamed - {self._me}):
            self._reporter.called(peer, self._started, live=peer in live_authors)
            self._reporter.peer(peer)
        if has_topic or renamed or is_unread:
            self._reporter.room()

    async def _events(self, entries: Sequence[Entry], is_backfill: Callable[[Entry], bool]) -> list[api.Event]:
        try:
            return await describe(entries, await self._said_about(entries), self._timeline, is_backfill)
        except EntriesDamaged:
            await self._reload()
            text = "Some stored messages were damaged; stay connected and they are fetched from the others."
            return [api.Problem("store-damaged", text), api.Resync()]

    async def _said_about(self, entries: Sequence[Entry]) -> list[Entry]:
        """What was said earlier about `entries`, which are on disk now: most of it was asked for with the write."""
        asked, self._ahead = self._ahead, []
        about = [entry for part in await asyncio.gather(*(each.about for each in asked)) for entry in part]
        known = {entry.id for each in asked for entry in each.wanted}
        return about + await self._timeline.about([entry for entry in entries if entry.id not in known])

    def _is_wanted(self, entry: Entry, since: Order) -> bool:
        """Whether people want to hear of it one by one even if it is old: it is in view, or counts as unread."""
        return entry.order >= since or entry.stamp > self._reading.position

    def _is_new(self, entry: Entry) -> bool:
        return stamp_ms(entry.stamp) >= self._started


def _messages(entries: Sequence[Entry]) -> int:
    return sum(isinstance(decode_body(entry.body), Say) for entry in entries)
