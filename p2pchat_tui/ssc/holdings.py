"""Who holds which entries on disk: this replica, which says so in vectors, and the others, by their last word."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence

from . import ranges
from .clock import Now, next_beat
from .entry import Entry
from .feed import Feed
from .frames import RANGES_MAX, FeedState, Vector, short_head
from .ids import PeerId
from .ranges import Ranges

VECTOR_MS = 15_000
"""How often the whole vector goes out: any loss heals within this time."""
VECTOR_DELAY_MS = 100
"""Changes within this time go out as one vector."""
AUTHORS_MAX = 2_048
"""Authors of one room: a member cannot make us remember endlessly many."""
VECTOR_RANGES_MAX = 16_384
"""Ranges of all feeds together in what one peer holds: a megabyte or two, and far more than a room falls into."""
PEERS_MAX = 1_024
"""Peers of whom it is remembered what they hold; beyond it those who have not spoken for longest are forgotten."""
ITEMS_MAX = 16 * VECTOR_RANGES_MAX
"""Feeds and ranges in what all of them hold, likewise: some 50 MB, and 64 people who share 500 feeds make a quarter."""


class Holdings:
    """What is on this disk and on others', in one room."""

    def __init__(
        self, me: PeerId, vectors: Mapping[PeerId, Mapping[PeerId, Ranges]], linked: Container[PeerId] = ()
    ) -> None:
        """`linked`: who has a link, now and whenever it is looked at."""
        self._me = me
        self._linked = linked
        self._fleeting: set[PeerId] = set()
        """Others who keep in memory alone what they hold."""
        self.is_fleeting = False
        """Whether this replica does: what it calls its disk is none."""
        self.vectors: dict[PeerId, dict[PeerId, Ranges]] = {}
        """What each peer holds, by its last word, linked or not, whoever spoke last at the end: who the holders of an
        entry are.
        """
        self._items = 0
        for peer, vector in vectors.items():
            self.recall(peer, vector)
        self.durable: dict[PeerId, Ranges] = {}
        """By author, what is on this disk: nothing else is listed in a vector."""
        self._changed: set[PeerId] = set()
        """Authors of whom this disk holds something else than the last vector said."""
        self._change_due: int | None = None
        self._whole_due = 0

    # Of this replica -------------------------------------------------------------------------------------------

    def reset(self, feeds: Mapping[PeerId, Feed]) -> None:
        """The disk holds these: what of it is news is said at once."""
        before, self.durable = self.durable, {author: feed.ranges for author, feed in feeds.items()}
        news = {author for author in before.keys() | feeds.keys() if before.get(author) != self.durable.get(author)}
        if news:
            self._changed |= news
            self._change_due = 0
        if not news <= feeds.keys():
            self._whole_due = 0  # of whom nothing is held, only a whole vector says so

    def stored(self, entries: Iterable[Entry], now: Now) -> None:
        """These came to be on disk."""
        by_author: dict[PeerId, list[tuple[int, int]]] = {}
        for entry in entries:
            by_author.setdefault(entry.author, []).append((entry.seq, entry.seq))
        for author, seqs in by_author.items():
            self.durable[author] = ranges.union(self.durable.get(author, ranges.EMPTY), ranges.normal(seqs))
        self._changed |= by_author.keys()
        if self._change_due is None:
            self._change_due = now.mono + VECTOR_DELAY_MS

    def cut(self, author: PeerId, seq: int) -> None:
        """Nothing from `seq` on is part of the feed any more, here or anywhere."""
        self.durable[author] = ranges.below(self.durable.get(author, ranges.EMPTY), seq)
        for vector in self.vectors.values():
            if author in vector:
                self._note(vector, author, ranges.below(vector[author], seq))

    def vector(
        self, authors: Iterable[PeerId], feeds: Mapping[PeerId, Feed], cuts: Mapping[bytes, int] | None
    ) -> Vector:
        """What is on this disk of `authors`; `cuts`, which a whole vector has: where feeds end for good."""
        states: dict[bytes, FeedState] = {}
        most = min(RANGES_MAX, VECTOR_RANGES_MAX // max(len(feeds), 1))
        for author in sorted(authors):
            held = self.durable.get(author, ranges.EMPTY)
            head = feeds[author].head if author in feeds else None
            if held and head:
                states[author] = FeedState(held[-most:], short_head(head.last))
        return Vector(states, cuts is not None, dict(cuts or {}), self.is_fleeting)

    def changed(self, author: PeerId) -> None:
        """The next vector is to say what is held of `author`."""
        self._changed.add(author)

    def take_changed(self, now: Now) -> set[PeerId]:
        """Whom a vector is to be about now, when one is due."""
        if self._change_due is None or now.mono < self._change_due:
            return set()
        return self.take_rest()

    def take_rest(self) -> set[PeerId]:
        """The same, due or not."""
        self._change_due = None
        authors, self._changed = self._changed, set()
        return authors

    def take_whole(self, now: Now) -> bool:
        """Whether the whole vector is to go out now."""
        if now.mono < self._whole_due:
            return False
        self._whole_due = next_beat(now, VECTOR_MS)
        self._changed, self._change_due = set(), None
        return True

    def deadline(self) -> int:
        """When a vector is next due."""
        return self._whole_due if self._change_due is None else min(self._change_due, self._whole_due)

    # Of the others ---------------------------------------------------------------------------------------------

    def hear(self, peer: PeerId, said: Mapping[PeerId, Ranges], whole: bool, fleeting: bool = False) -> bool:
        """`peer` says what it holds, all of it or what has changed; False when a room cannot have so much.

        `fleeting`: for as long as its program runs.
        """
        held = dict(said) if whole else {**self.vectors.get(peer, {}), **said}
        if len(held) > AUTHORS_MAX or sum(map(len, held.values())) > VECTOR_RANGES_MAX:
            return False
        self.recall(peer, held)
        if fleeting:
            self._fleeting.add(peer)
        return True

    def recall(self, peer: PeerId, held: Mapping[PeerId, Ranges]) -> None:
        """`peer` holds this, by its own word, or what is remembered of that.

        Where too much is remembered, others are forgotten: identities cost nothing, and one member may have thousands.
        """
        self._items += _items(held) - _items(self.vectors.pop(peer, {}))
        self.vectors[peer] = dict(held)
        while len(self.vectors) > 1 and (len(self.vectors) > PEERS_MAX or self._items > ITEMS_MAX):
            oldest = next(iter(self.vectors))
            self._items -= _items(self.vectors.pop(oldest))
            self._fleeting.discard(oldest)

    def sent_by(self, peer: PeerId, entries: Sequence[Entry]) -> None:
        """`peer` has sent these entries of one author, so it holds them."""
        if peer not in self.vectors:
            self.recall(peer, {})
        author, vector = entries[0].author, self.vectors[peer]
        span = ranges.normal((entry.seq, entry.seq) for entry in entries)
        self._note(vector, author, ranges.union(vector.get(author, ranges.EMPTY), span))

    def _note(self, vector: dict[PeerId, Ranges], author: PeerId, held: Ranges) -> None:
        self._items += len(held) - len(vector[author]) if author in vector else 1 + len(held)
        vector[author] = held

    def holds(self, peer: PeerId, author: PeerId, seq: int) -> bool:
        """Whether `peer` has the entry on its disk, by its own word."""
        return ranges.contains(self.vectors.get(peer, {}).get(author, ranges.EMPTY), seq)

    def holders_of(self, author: PeerId, seq: int) -> tuple[PeerId, ...]:
        """Other peers that have the entry on their disk, by their own word; or in memory, while they are linked."""
        return tuple(
            peer
            for peer in self.vectors
            if peer != self._me and self.holds(peer, author, seq) and (peer in self._linked or self.keeps(peer))
        )

    def keeps(self, peer: PeerId) -> bool:
        """Whether `peer` still has what it holds when its program is over."""
        return peer not in self._fleeting

    def top_elsewhere(self, author: PeerId) -> int:
        """The highest seq of `author` that anybody else is known to hold; 0 when there is none."""
        return max((ranges.top(vector.get(author, ranges.EMPTY)) for vector in self.vectors.values()), default=0)


def _items(held: Mapping[PeerId, Ranges]) -> int:
    return len(held) + sum(map(len, held.values()))
