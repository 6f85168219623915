"""The store in memory: for tests, demo peers and simulations. Behaves as the one on disk, and keeps nothing."""

from __future__ import annotations

from asyncio import sleep
from bisect import bisect_left, bisect_right, insort
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

from ..ports.store import Hit, KnownPeer, SavedRoom, Search, StoredFeed
from ..ssc.body import Edit, Say, decode_body, index_of
from ..ssc.entry import Entry
from ..ssc.ids import GENESIS, STAMP_MAX, EntryId, Order, PeerId, RoomId, Stamp
from ..ssc.people import Person
from ..ssc.segments import (
    Segment,
    add_entries,
    cut_segments,
    drop_segments,
    floor_under_cut,
    floor_under_drop,
    prune_segments,
)
from ..ssc.terms import has_link, holds
from . import errors
from .rows import STANDING_KINDS


@dataclass(slots=True)
class _Room:
    """What is kept of one room."""

    by_id: dict[EntryId, Entry] = field(default_factory=dict)
    by_seq: dict[PeerId, dict[int, EntryId]] = field(default_factory=dict)
    segments: dict[PeerId, tuple[Segment, ...]] = field(default_factory=dict)
    order: list[tuple[Order, EntryId]] = field(default_factory=list)
    says: list[tuple[Order, EntryId]] = field(default_factory=list)
    about: dict[EntryId, list[EntryId]] = field(default_factory=dict)
    latest: dict[tuple[str, PeerId], EntryId] = field(default_factory=dict)
    peers: dict[PeerId, KnownPeer] = field(default_factory=dict)
    proofs: dict[PeerId, tuple[int, bytes]] = field(default_factory=dict)
    floors: dict[PeerId, int] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)

    def without(self, gone: set[EntryId]) -> _Room:
        """The same, but for these entries."""
        left = _Room(
            segments=self.segments, peers=self.peers, proofs=self.proofs, floors=self.floors, settings=self.settings
        )
        for entry in self.by_id.values():
            if entry.id not in gone:
                left.add(entry)
        return left

    def add(self, entry: Entry) -> bool:
        """Whether it is new."""
        own = self.by_seq.setdefault(entry.author, {})
        if entry.seq in own:
            held = self.by_id.get(entry.id)
            if held is not None and entry.signature and not held.signature:
                self.by_id[entry.id] = replace(held, signature=entry.signature)
            return False
        own[entry.seq] = entry.id
        self.by_id[entry.id] = entry
        self._index(entry)
        return True

    def _index(self, entry: Entry) -> None:
        kind, target = index_of(entry.body)
        insort(self.order, (entry.order, entry.id))
        if kind == "say":
            insort(self.says, (entry.order, entry.id))
        if target is not None:
            self.about.setdefault(target, []).append(entry.id)
        last = self.latest.get((kind, entry.author))
        if last is None or self.by_id[last].order < entry.order:
            self.latest[kind, entry.author] = entry.id

    def sorted(self, ids: Sequence[EntryId]) -> list[Entry]:
        return sorted((self.by_id[each] for each in ids), key=lambda entry: entry.order)


_NOTHING = _Room()
SLICE = 256
"""Entries that are searched before others get their turn: some two milliseconds."""


class MemoryStore:
    """A `Store` of dictionaries."""

    def __init__(self) -> None:
        self._saved: dict[RoomId, SavedRoom] = {}
        self._rooms: dict[RoomId, _Room] = {}
        self._people: dict[PeerId, Person] = {}
        self._is_closed = False

    def reopened(self) -> MemoryStore:
        """Another store with the same content, as a program that starts again would find it."""
        store = MemoryStore()
        store._saved, store._rooms, store._people = self._saved, self._rooms, self._people
        return store

    async def rooms(self) -> list[SavedRoom]:
        """See Store."""
        self._check()
        return sorted(self._saved.values(), key=lambda saved: (-saved.opened_ms, saved.name))

    async def save_room(self, saved: SavedRoom) -> None:
        """See Store."""
        self._check()
        if any(other.name == saved.name and other.room != saved.room for other in self._saved.values()):
            raise ValueError(f"another room is called “{saved.name}” already: choose another name")
        self._saved[saved.room] = saved

    async def forget_room(self, room: RoomId) -> None:
        """See Store."""
        self._check()
        self._saved.pop(room, None)
        self._rooms.pop(room, None)
        for person in list(self._people.values()):
            is_met = any(person.peer in {*each.peers, *each.segments} for each in self._rooms.values())
            if not person.is_decided and not is_met:
                del self._people[person.peer]

    async def feeds(self, room: RoomId) -> list[StoredFeed]:
        """See Store."""
        segments, floors = self._room(room).segments, self._room(room).floors
        return [
            StoredFeed(author, segments[author], floors.get(author, 1))
            for author in sorted(segments)
            if segments[author]
        ]

    async def append(self, room: RoomId, entries: Sequence[Entry], *, durable: bool) -> None:
        """See Store. Nothing here is durable."""
        self._check()
        if not entries:
            return
        kept = self._rooms.setdefault(room, _Room())
        fresh: dict[PeerId, list[Entry]] = {}
        for entry in entries:
            if kept.add(entry):
                fresh.setdefault(entry.author, []).append(entry)
        for author, own in fresh.items():
            kept.segments[author] = add_entries(kept.segments.get(author, ()), own)

    async def cut(self, room: RoomId, author: PeerId, seq: int, proof: bytes) -> None:
        """See Store."""
        self._check()
        kept = self._rooms.setdefault(room, _Room())
        if author in kept.proofs and kept.proofs[author][0] <= seq:
            return
        kept.proofs[author] = (seq, proof)
        gone = {name for number, name in kept.by_seq.get(author, {}).items() if number >= seq}
        left = kept.without(gone)
        last = kept.by_seq.get(author, {}).get(seq - 1, GENESIS)
        pieces = cut_segments(kept.segments.get(author, ()), seq, last)
        left.segments = {**kept.segments, author: pieces}
        left.floors = {**kept.floors, author: floor_under_cut(kept.floors.get(author, 1), seq, pieces)}
        self._rooms[room] = left

    async def drop(self, room: RoomId, author: PeerId, low: int, high: int) -> None:
        """See Store."""
        kept = self._room(room)
        left = kept.without({name for seq, name in kept.by_seq.get(author, {}).items() if low <= seq <= high})
        before = kept.segments.get(author, ())
        pieces = drop_segments(before, low, high, kept.by_seq.get(author, {}).get(low - 1, GENESIS))
        left.segments = {**kept.segments, author: pieces}
        left.floors = {**kept.floors, author: floor_under_drop(kept.floors.get(author, 1), low, before, pieces)}
        self._rooms[room] = left

    async def proofs(self, room: RoomId) -> list[bytes]:
        """See Store."""
        return [proof for _, (_, proof) in sorted(self._room(room).proofs.items())]

    async def prune(self, room: RoomId, cutoff: Stamp) -> int:
        """See Store."""
        kept = self._room(room)
        gone: set[EntryId] = set()
        for author, segments in list(kept.segments.items()):
            if not segments:
                continue
            own = [kept.by_id[name] for _, name in sorted(kept.by_seq.get(author, {}).items())]
            below = [entry for entry in own[:-1] if entry.stamp < cutoff]
            lowest = own[len(below)]
            floor = lowest.seq if lowest is own[-1] and lowest.stamp < cutoff else below[-1].seq + 1 if below else 1
            if floor <= kept.floors.get(author, 1):
                continue
            kept.floors[author] = floor
            standing = {kept.latest.get((kind, author)) for kind in STANDING_KINDS}
            gone |= {entry.id for entry in below if entry.id not in standing}
            kept.segments[author] = prune_segments(segments, lowest, [each for each in below if each.id in standing])
        if gone:
            self._rooms[room] = kept.without(gone)
        return len(gone)

    async def run(self, room: RoomId, author: PeerId, low: int, high: int) -> list[Entry]:
        """See Store."""
        kept = self._room(room)
        own = kept.by_seq.get(author, {})
        return [kept.by_id[own[seq]] for seq in sorted(own) if low <= seq <= high]

    async def newest(self, room: RoomId, limit: int) -> list[Entry]:
        """See Store."""
        kept = self._room(room)
        return [kept.by_id[name] for _, name in reversed(_last(kept.order, limit, None))]

    async def messages(self, room: RoomId, limit: int, before: Order | None = None) -> list[Entry]:
        """See Store."""
        kept = self._room(room)
        return [kept.by_id[name] for _, name in _last(kept.says, limit, before)]

    async def message_stamp(self, room: RoomId, place: int) -> Stamp | None:
        """See Store."""
        says = self._room(room).says
        return Stamp(says[-place][0][0]) if 0 < place <= len(says) else None

    async def count_messages(self, room: RoomId, after: Stamp, but: Collection[PeerId], most: int) -> int:
        """See Store."""
        says = self._room(room).says
        start = bisect_left(says, after + 1, key=lambda pair: pair[0][0])
        return min(most, sum(author not in but for (_, author, _), _ in says[start:]))

    async def messages_after(self, room: RoomId, limit: int, after: Order) -> list[Entry]:
        """See Store."""
        kept = self._room(room)
        start = bisect_right(kept.says, after, key=lambda pair: pair[0])
        return [kept.by_id[name] for _, name in kept.says[start : start + max(limit, 0)]]

    async def entry(self, room: RoomId, entry: EntryId) -> Entry | None:
        """See Store."""
        return self._room(room).by_id.get(entry)

    async def entries(self, room: RoomId, names: Sequence[EntryId]) -> list[Entry]:
        """See Store."""
        by_id = self._room(room).by_id
        found = (by_id.get(name) for name in dict.fromkeys(names))
        return sorted((entry for entry in found if entry), key=lambda entry: entry.order)

    async def about(self, room: RoomId, targets: Sequence[EntryId]) -> list[Entry]:
        """See Store."""
        kept = self._room(room)
        return kept.sorted([name for target in dict.fromkeys(targets) for name in kept.about.get(target, ())])

    async def latest(self, room: RoomId, kind: str) -> list[Entry]:
        """See Store."""
        kept = self._room(room)
        return kept.sorted([name for (each, _), name in kept.latest.items() if each == kind])

    async def peers(self, room: RoomId) -> list[KnownPeer]:
        """See Store."""
        known = self._room(room).peers
        return [known[peer] for peer in sorted(known)]

    async def save_peers(self, room: RoomId, peers: Sequence[KnownPeer]) -> None:
        """See Store."""
        self._check()
        known = self._rooms.setdefault(room, _Room()).peers
        known.update((each.peer, each) for each in peers)

    async def people(self) -> list[Person]:
        """See Store."""
        self._check()
        return [self._people[peer] for peer in sorted(self._people)]

    async def save_people(self, people: Sequence[Person]) -> None:
        """See Store."""
        self._check()
        self._people.update((each.peer, each) for each in people)

    async def index(self, most: int) -> int:
        """See Store. Here everything is ready at once."""
        self._check()
        return 0

    async def find(self, search: Search) -> list[Hit]:
        """See Store."""
        order = sorted(pair for room in self._rooms.values() for pair in room.order)
        room_of = {name: room for room in dict.fromkeys(search.rooms) for name in self._room(room).by_id}
        places = _places([stamp for (stamp, _, _), _ in order])
        hits: list[Hit] = []
        for number in range(len(order) - 1, -1, -1):
            if len(hits) >= search.limit:
                break
            if number % SLICE == 0:
                await sleep(0)  # there is no other thread that could look
            name, place = order[number][1], places[number]
            room = room_of.get(name)
            entry = self._room(room).by_id.get(name) if room is not None else None
            if room is not None and entry is not None and _is_hit(entry, place, search):
                hits.append(Hit(room, entry, place))
        return hits

    async def setting(self, room: RoomId, key: str) -> str:
        """See Store."""
        return self._room(room).settings.get(key, "")

    async def set_setting(self, room: RoomId, key: str, value: str) -> None:
        """See Store."""
        self._check()
        settings = self._rooms.setdefault(room, _Room()).settings
        settings[key] = value
        if not value:
            del settings[key]

    async def close(self) -> None:
        """See Store."""
        self._is_closed = True

    def _room(self, room: RoomId) -> _Room:
        self._check()
        return self._rooms.get(room, _NOTHING)

    def _check(self) -> None:
        if self._is_closed:
            raise errors.closed()


def _last(ordered: list[tuple[Order, EntryId]], limit: int, before: Order | None) -> list[tuple[Order, EntryId]]:
    """The last `limit` of `ordered`, below `before` when given."""
    end = len(ordered) if before is None else bisect_left(ordered, before, key=lambda pair: pair[0])
    return ordered[max(end - max(limit, 0), 0) : end]


def _places(stamps: Sequence[int]) -> list[Stamp]:
    """For each of `stamps`, which ascend, a number of its own: itself, or the next free one."""
    out: list[Stamp] = []
    for stamp in stamps:
        out.append(Stamp(max(stamp, out[-1] + 1 if out else 0)))
    return out


def _is_hit(entry: Entry, place: Stamp, search: Search) -> bool:
    if not (search.after or 0) <= place < (search.before or STAMP_MAX + 1):
        return False
    if search.authors is not None and entry.author not in search.authors:
        return False
    body = decode_body(entry.body)
    if not isinstance(body, Say | Edit) or (search.has_link and not has_link(body.text)):
        return False
    return holds(body.text, search.terms)
