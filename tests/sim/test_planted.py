"""The simulator catches what it is for: each planted bug is found within a few seeds, which hold without it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from p2pchat_tui.session import api
from p2pchat_tui.session.fanout import Fanout
from p2pchat_tui.session.reading import Reading
from p2pchat_tui.ssc import sync
from p2pchat_tui.ssc.clock import Clock, Now
from p2pchat_tui.ssc.ending import UNKNOWN, Ending, ending_of
from p2pchat_tui.ssc.entry import Entry
from p2pchat_tui.ssc.feed import Feed, Judgement, Verdict
from p2pchat_tui.ssc.frames import Presence, Vector
from p2pchat_tui.ssc.holdings import Holdings
from p2pchat_tui.ssc.ids import PeerId, RoomId, Stamp
from p2pchat_tui.ssc.presence import Board, Seen
from p2pchat_tui.ssc.ranges import Ranges
from p2pchat_tui.ssc.replica import Replica
from p2pchat_tui.ssc.retention import DAY_MS, Retention
from p2pchat_tui.ssc.runs import Run, chained
from p2pchat_tui.store import memory, pruning

from .disks import ProcessStore
from .faults import KEEPING_FROM, NOWHERE_FROM
from .peer import Peer
from .run import simulate

SEEDS_MAX = 200
"""Within so many seeds each planted bug must be caught."""

_later: set[asyncio.Task[None]] = set()
"""Writes that nobody waits for, kept from being collected."""

Plant = Callable[[pytest.MonkeyPatch], None]


def lists_what_is_not_on_disk(patch: pytest.MonkeyPatch) -> None:
    """A vector names entries that are still being written."""
    right = Holdings.vector

    def vector(self: Holdings, authors: Any, feeds: dict[PeerId, Feed], cuts: Any) -> Vector:
        durable = self.durable
        self.durable = {author: feed.ranges for author, feed in feeds.items()}
        try:
            return right(self, self.durable, feeds, cuts)
        finally:
            self.durable = durable

    patch.setattr(Holdings, "vector", vector)


def takes_in_what_it_has(patch: pytest.MonkeyPatch) -> None:
    """A run that is held already counts as new."""
    right = Feed.judge

    def judge(self: Feed, run: Run, now_ms: int) -> Judgement:
        judgement = right(self, run, now_ms)
        if judgement.verdict is Verdict.DUPLICATE:
            return Judgement(Verdict.ACCEPTED, tuple(chained(run, self._room)))
        return judgement

    patch.setattr(Feed, "judge", judge)


def tells_nobody(patch: pytest.MonkeyPatch) -> None:
    """New entries are not passed on, and no vector makes up for it."""
    patch.setattr(Replica, "_pass_on", lambda *_: None)
    patch.setattr(Replica, "_send_all", lambda *_: None)


def clock_does_not_observe(patch: pytest.MonkeyPatch) -> None:
    """An answer may be stamped before what it answers."""
    patch.setattr(Clock, "observe", lambda *_: None)


def writes_before_it_knows_its_own_feed(patch: pytest.MonkeyPatch) -> None:
    """After a backup was put back, numbers are used twice though a linked peer knows better."""
    patch.setattr(Replica, "lacks_own", lambda *_: False)


def stale_presence_wins(patch: pytest.MonkeyPatch) -> None:
    """An older word of a peer replaces a newer one."""
    right = Board.hear

    def hear(self: Board, frame: Presence, now: Now) -> Seen | None:
        known = self.get(PeerId(frame.peer))
        if known is not None:
            self._others[known.peer] = replace(known, clock=-1)
        return right(self, frame, now)

    patch.setattr(Board, "hear", hear)


def acknowledges_before_it_stores(patch: pytest.MonkeyPatch) -> None:
    """Whoever wrote is told so while the disk is still at it."""
    right = ProcessStore.append

    async def append(self: ProcessStore, room: RoomId, entries: Sequence[Entry], *, durable: bool) -> None:
        _later.add(asyncio.create_task(right(self, room, entries, durable=durable)))

    patch.setattr(ProcessStore, "append", append)


def own_entries_are_not_durable(patch: pytest.MonkeyPatch) -> None:
    """A power cut takes what was acknowledged."""
    right = ProcessStore.append

    async def append(self: ProcessStore, room: RoomId, entries: Sequence[Entry], *, durable: bool) -> None:
        await right(self, room, entries, durable=False)

    patch.setattr(ProcessStore, "append", append)


def pages_overlap_by_nothing(patch: pytest.MonkeyPatch) -> None:
    """The message right above a page's edge is left out."""
    right = memory._last

    def last(ordered: list[Any], limit: int, before: Any) -> list[Any]:
        found = right(ordered, limit + 1, before)
        return found[-limit - 1 : -1] if before is not None and len(found) > limit else found[-limit:]

    patch.setattr(memory, "_last", last)


def asks_for_a_page_too_short(patch: pytest.MonkeyPatch) -> None:
    """The lowest entry of a page is never asked for."""
    right = sync._page

    def page(available: Ranges) -> tuple[int, int] | None:
        found = right(available)
        return (found[0] + 1, found[1]) if found and found[0] < found[1] else None

    patch.setattr(sync, "_page", page)


def keeps_what_could_not_be_stored(patch: pytest.MonkeyPatch) -> None:
    """After a failed write the replica still counts the entries as held."""
    right = Replica.reset
    resets: dict[Replica, int] = {}

    def reset(self: Replica, feeds: Any) -> None:
        resets[self] = resets.get(self, 0) + 1
        if resets[self] <= 2:  # empty, then what the disk holds at the start
            right(self, feeds)

    patch.setattr(Replica, "reset", reset)


def does_not_tell_what_it_fetched(patch: pytest.MonkeyPatch) -> None:
    """What was fetched to catch up is stored, and the screen never hears of it."""
    right = Fanout.emit

    def emit(self: Fanout, event: api.Event) -> None:
        if not (isinstance(event, api.MessageAdded) and event.backfill):
            right(self, event)

    patch.setattr(Fanout, "emit", emit)


def answers_from_the_past(patch: pytest.MonkeyPatch) -> None:
    """An answer is stamped as if nobody else's entries had been read."""
    right = Replica.write

    def write(self: Replica, body: bytes, now: Now) -> Entry:
        if b'"reply"' in body:
            self._clock = Clock()
        return right(self, body, now)

    patch.setattr(Replica, "write", write)


def counts_no_answer(patch: pytest.MonkeyPatch) -> None:
    """Requests that were served count as being served for ever."""
    patch.setattr(Replica, "served", lambda *_: None)


def forgets_how_far_it_let_go(patch: pytest.MonkeyPatch) -> None:
    """What was pruned counts as missing, and is fetched again and again."""
    patch.setattr(Feed, "settled", property(lambda self: self.ranges))


def keeps_less_than_was_asked(patch: pytest.MonkeyPatch) -> None:
    """Two days of what is to be kept are erased as well."""
    right = Retention.cutoff

    def cutoff(self: Retention, now_ms: int, oldest_kept: Stamp | None) -> Stamp:
        return right(self, now_ms + 2 * DAY_MS, oldest_kept)

    patch.setattr(Retention, "cutoff", cutoff)


def counts_what_is_gone(patch: pytest.MonkeyPatch) -> None:
    """Messages that were let go still count as unread."""
    patch.setattr(Reading, "doubt", lambda _: None)


def keeps_a_topic_no_longer_than_the_rest(patch: pytest.MonkeyPatch) -> None:
    """An author's newest topic and name are let go with what was written around them."""
    patch.setattr(memory, "STANDING_KINDS", ())
    patch.setattr(pruning, "STANDING_KINDS", ())


def writes_where_it_erased_what_it_wrote(patch: pytest.MonkeyPatch) -> None:
    """Whoever forgot a room and joined it again takes no notice of where his feed ended, once anybody is met."""

    def own_end(self: Replica) -> Ending:
        return ending_of(self.feeds[self.me].head) if self.me in self.feeds else UNKNOWN

    patch.setattr(Replica, "_own_end", property(own_end))


def is_the_same_with_nothing_kept(patch: pytest.MonkeyPatch) -> None:
    """Who keeps nothing comes back with the identity of before."""
    patch.setattr(Peer, "_be_somebody", lambda _: None)


def counts_on_those_who_are_gone(patch: pytest.MonkeyPatch) -> None:
    """Who kept nothing counts as a holder when he is gone for good."""
    patch.setattr(Holdings, "keeps", lambda *_: True)


def tells_nobody_of_a_cut(patch: pytest.MonkeyPatch) -> None:
    """What was shown of a feed that was cut stays on the screen."""
    right = Fanout.emit

    def emit(self: Fanout, event: api.Event) -> None:
        if not isinstance(event, api.Resync):
            right(self, event)

    patch.setattr(Fanout, "emit", emit)


PLANTED: dict[Plant, int] = {
    lists_what_is_not_on_disk: 18,
    takes_in_what_it_has: 5,
    tells_nobody: 0,
    clock_does_not_observe: 20,
    writes_before_it_knows_its_own_feed: 52,
    stale_presence_wins: 11,
    acknowledges_before_it_stores: 12,
    own_entries_are_not_durable: 1,
    pages_overlap_by_nothing: 2,
    asks_for_a_page_too_short: 2,
    keeps_what_could_not_be_stored: 26,
    does_not_tell_what_it_fetched: 0,
    answers_from_the_past: 20,
    counts_no_answer: 0,
    forgets_how_far_it_let_go: 20001,
    keeps_less_than_was_asked: 20006,
    counts_what_is_gone: 20009,
    keeps_a_topic_no_longer_than_the_rest: 20012,
    writes_where_it_erased_what_it_wrote: 30001,
    is_the_same_with_nothing_kept: 30000,
    counts_on_those_who_are_gone: 30000,
    tells_nobody_of_a_cut: 62,
}
"""Each planted bug, and a seed at which it was found before: looked at first, since a search from 0 takes long. Any
change of the program may move it, and then the search finds another: write that one here."""


@cache
def holds(seed: int) -> bool:
    """Whether nothing is wrong without a planted bug; several share a seed."""
    return not simulate(seed).faults


@pytest.mark.slow
@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: plant.__name__)
def test_a_planted_bug_is_caught(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    first = PLANTED[plant]
    start = max(each for each in (0, KEEPING_FROM, NOWHERE_FROM) if each <= first)
    seeds = [first, *(seed for seed in range(start, start + SEEDS_MAX) if seed != first)]
    with monkeypatch.context() as patch:
        plant(patch)
        caught = next((seed for seed in seeds if simulate(seed).faults), None)
    assert caught is not None, f"nothing was wrong in {SEEDS_MAX} seeds"
    assert holds(caught), "the seed fails without the planted bug as well"
