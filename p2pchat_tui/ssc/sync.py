"""What to ask of whom: pulls every entry that a linked peer holds and this replica lacks, newest first.

Nothing is pushed but new entries, so that several sources share the work and no entry is asked for twice: each page
is asked of one peer, and of another when that one is gone or silent. First come the newest entries of the whole room
(`Recent`), so that they can be read at once; then pages of single feeds, from the newest gap to the oldest. Pages end
at checkpoints, where a signature travels along, so that each can be verified whatever order they come in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from . import ranges
from .feed import Feed
from .frames import Recent, Want
from .ids import STAMP_MAX, PeerId
from .ranges import Ranges
from .runs import CHECKPOINT

Asked = TypeVar("Asked", Recent, Want)

RECENT_LIMIT = 200
"""Entries in the first answer: what a tall screen shows, a few times over."""
PAGE = 4 * CHECKPOINT
"""Entries in one request, at most: about 50 KiB of chat, so that a lost page is cheap and a slow link responsive."""
ASKS_MAX = 3
"""Requests under way at one peer: hides the round trip without flooding the link."""
FRUITLESS_MAX = 16
"""Answers in a row without one entry, after which a peer is asked for nothing until it says anew what it holds: one
that claims what it has not got must not keep us busy."""
ASK_MS = 10_000
"""A request without an answer for this long is given to somebody else."""


@dataclass(slots=True)
class Ask:
    """A request under way."""

    frame: Recent | Want
    since: int
    """`mono` when it was sent, or when something last came of it."""
    count: int = 0
    """Entries that came of it."""


@dataclass(slots=True)
class Source:
    """One linked peer as a place to fetch from."""

    since: int
    """`mono` when its link came up."""
    vector: dict[PeerId, Ranges] = field(default_factory=dict)
    passed_over: frozenset[PeerId] = frozenset()
    """Authors whose feeds are not fetched here for now, whatever is said of them."""
    has_spoken: bool = False
    """Whether its vector has come."""
    asked_recent: bool = False
    asks: dict[int, Ask] = field(default_factory=dict)
    fruitless: int = 0
    """Answers in a row that brought nothing."""
    received: int = 0
    sent: int = 0
    is_synced: bool = False
    """Whether "nothing lacking" has been reported since it last lacked nothing."""


class Puller:
    """The requests of one replica. Pure bookkeeping: `plan` says what to send now."""

    def __init__(self) -> None:
        self.sources: dict[PeerId, Source] = {}
        self._next = 1

    def add(self, peer: PeerId, mono: int) -> None:
        """A link to `peer` is up."""
        self.sources[peer] = Source(mono)

    def remove(self, peer: PeerId) -> None:
        """The link is gone, and its requests with it."""
        self.sources.pop(peer, None)

    def told(self, peer: PeerId, vector: Mapping[PeerId, Ranges], whole: bool) -> None:
        """`peer` has said what it holds: all of it, or what has changed."""
        source = self.sources.get(peer)
        if source is None:
            return
        source.has_spoken = True
        said = {author: held for author, held in vector.items() if author not in source.passed_over}
        if whole:
            source.vector, source.fruitless, source.passed_over = said, 0, frozenset()
        else:
            source.vector.update(said)

    def prefer(self, peer: PeerId, author: PeerId, held: Ranges) -> None:
        """Fetch the feed of `author` from `peer` and from nobody else, until these have had time to do so as well.

        `held`: what `peer` has said that it holds of it; what of that did not fit before fits now.
        """
        for each, source in self.sources.items():
            if each == peer:
                source.vector[author] = held
            else:
                source.vector.pop(author, None)
                source.passed_over |= {author}  # its next whole vector may be on its way already

    def progress(self, peer: PeerId, request: int, count: int, mono: int) -> bool:
        """Something came in answer to `request`; False when nothing was asked under that number."""
        source = self.sources.get(peer)
        if source is None or request not in source.asks:
            return False
        source.received += count
        source.asks[request].since = mono
        source.asks[request].count += count
        return True

    def done(self, peer: PeerId, request: int, feeds: Mapping[PeerId, Feed]) -> None:
        """`peer` has nothing more for `request`: what is still missing of it is not to be had there for now."""
        source = self.sources.get(peer)
        ask = source.asks.pop(request, None) if source else None
        if source is None or ask is None:
            return
        source.fruitless = 0 if ask.count else source.fruitless + 1
        if source.fruitless >= FRUITLESS_MAX:
            source.vector = {}
        if isinstance(ask.frame, Recent):
            return
        author = PeerId(ask.frame.author)
        held = feeds[author].settled if author in feeds else ranges.EMPTY
        failed = ranges.difference(((ask.frame.low, ask.frame.high),), held)
        if failed:
            source.vector[author] = ranges.difference(source.vector.get(author, ranges.EMPTY), failed)

    def missing(self, feeds: Mapping[PeerId, Feed], held_back: Iterable[PeerId]) -> dict[PeerId, Ranges]:
        """By author, what linked peers hold and this replica lacks."""
        lacking: dict[PeerId, Ranges] = {}
        skipped = set(held_back)
        for source in self.sources.values():
            for author, held in source.vector.items():
                if author not in skipped:
                    mine = feeds[author].settled if author in feeds else ranges.EMPTY
                    gap = ranges.difference(held, mine)
                    if gap:
                        lacking[author] = ranges.union(lacking.get(author, ranges.EMPTY), gap)
        return lacking

    def plan(
        self, feeds: Mapping[PeerId, Feed], held_back: Iterable[PeerId], mono: int
    ) -> list[tuple[PeerId, Recent | Want]]:
        """The requests to send now, each with the peer that it goes to."""
        self._drop_overdue(mono)
        lacking = self.missing(feeds, held_back)
        if not lacking:
            return []
        first = self._recent(lacking)
        if first:
            return [(first, self._ask(first, Recent(self.number(), RECENT_LIMIT), mono))]
        if any(isinstance(ask.frame, Recent) for source in self.sources.values() for ask in source.asks.values()):
            return []
        return self._pages(feeds, self._without_asked(lacking), mono)

    def synced(self, feeds: Mapping[PeerId, Feed], held_back: Iterable[PeerId]) -> list[tuple[PeerId, Source]]:
        """Peers of whom nothing is lacking any more, each reported once until it has something again."""
        skipped = set(held_back)
        news = []
        for peer, source in self.sources.items():
            lacks = source.asks or any(
                ranges.difference(held, feeds[author].settled if author in feeds else ranges.EMPTY)
                for author, held in source.vector.items()
                if author not in skipped
            )
            if lacks or not source.has_spoken:
                source.is_synced = False
            elif not source.is_synced:
                source.is_synced = True
                news.append((peer, source))
        return news

    def deadline(self) -> int | None:
        """The next `mono` at which a request is overdue."""
        times = [ask.since + ASK_MS for source in self.sources.values() for ask in source.asks.values()]
        return min(times, default=None)

    def number(self) -> int:
        """A number that no request had before."""
        self._next += 1
        return self._next - 1

    def _ask(self, peer: PeerId, frame: Asked, mono: int) -> Asked:
        self.sources[peer].asks[frame.request] = Ask(frame, mono)
        return frame

    def _recent(self, lacking: Mapping[PeerId, Ranges]) -> PeerId | None:
        """Whom to ask for the newest entries: the first who has any, once, for as long as anybody is linked.

        Later sources are asked for pages, of which the newest gaps come first anyway.
        """
        if any(source.asked_recent for source in self.sources.values()):
            return None
        for peer, source in self.sources.items():
            if any(
                ranges.intersection(source.vector.get(author, ranges.EMPTY), gap) for author, gap in lacking.items()
            ):
                source.asked_recent = True
                return peer
        return None

    def _without_asked(self, lacking: Mapping[PeerId, Ranges]) -> dict[PeerId, Ranges]:
        left = dict(lacking)
        for source in self.sources.values():
            for ask in source.asks.values():
                if isinstance(ask.frame, Want):
                    author = PeerId(ask.frame.author)
                    left[author] = ranges.difference(left.get(author, ranges.EMPTY), ((ask.frame.low, ask.frame.high),))
        return {author: gap for author, gap in left.items() if gap}

    def _pages(
        self, feeds: Mapping[PeerId, Feed], lacking: dict[PeerId, Ranges], mono: int
    ) -> list[tuple[PeerId, Recent | Want]]:
        """Hand out pages until every peer has its share: always the newest gap, to the least busy who can fill it."""
        plan: list[tuple[PeerId, Recent | Want]] = []
        while lacking:
            chosen = self._choose(feeds, lacking)
            if chosen is None:
                break
            peer, author, low, high = chosen
            want = Want(self.number(), author, low, high)
            plan.append((peer, self._ask(peer, want, mono)))
            lacking[author] = ranges.difference(lacking[author], ((low, high),))
            if not lacking[author]:
                del lacking[author]
        return plan

    def _choose(
        self, feeds: Mapping[PeerId, Feed], lacking: Mapping[PeerId, Ranges]
    ) -> tuple[PeerId, PeerId, int, int] | None:
        idle = sorted(
            (peer for peer, source in self.sources.items() if len(source.asks) < ASKS_MAX),
            key=lambda peer: (len(self.sources[peer].asks), peer),
        )
        newest_first = sorted(
            ((author, gap[-1]) for author, gap in lacking.items()),
            key=lambda item: (_stamp_above(feeds.get(item[0]), item[1][1]), item[0]),
            reverse=True,
        )
        for author, gap in newest_first:
            for peer in idle:
                page = _page(ranges.intersection(self.sources[peer].vector.get(author, ranges.EMPTY), (gap,)))
                if page:
                    return (peer, author, *page)
        return None

    def _drop_overdue(self, mono: int) -> None:
        for source in self.sources.values():
            overdue = [number for number, ask in source.asks.items() if mono >= ask.since + ASK_MS]
            for number in overdue:
                frame = source.asks.pop(number).frame
                if isinstance(frame, Want):
                    # Not asked there again until its next whole vector.
                    author = PeerId(frame.author)
                    source.vector[author] = ranges.difference(
                        source.vector.get(author, ranges.EMPTY), ((frame.low, frame.high),)
                    )


def _stamp_above(feed: Feed | None, high: int) -> int:
    """The stamp of the entry held right above a gap that ends at `high`: how new the gap's newest entry may be."""
    for piece in feed.segments if feed else ():
        if piece.low > high:
            return piece.low_stamp
    return STAMP_MAX


def _page(available: Ranges) -> tuple[int, int] | None:
    """The topmost page of `available`, beginning right after a multiple of PAGE."""
    if not available:
        return None
    low, high = available[-1]
    return max(low, (high - 1) // PAGE * PAGE + 1), high
