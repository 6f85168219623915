"""The Store port: one profile's rooms, entries and peers, and how it fails."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from ..ssc.entry import Entry
from ..ssc.ids import EntryId, Order, PeerId, RoomId, Stamp
from ..ssc.people import Person
from ..ssc.ranges import Ranges
from ..ssc.segments import Segment
from ..ssc.terms import Term


class StoreError(Exception):
    """The store cannot do what was asked; the text is one sentence for a person, with the next step."""


class StoreFull(StoreError):
    """The disk is full or read-only: reading still works, and writing will once there is room."""


class StoreTooNew(StoreError):
    """The database was written by a newer version of this program. Nothing in it was touched."""


class StoreDamaged(StoreError):
    """The database cannot be read. Nothing in it was touched."""


class EntriesDamaged(StoreError):
    """Stored entries no longer hash to their ids. They have been set aside and are no longer listed by `feeds`.

    Ask again: what is left is whole, and the missing entries can be fetched from peers.
    """


@dataclass(frozen=True, slots=True)
class SavedRoom:
    """A room that this profile can open by name. `repr` hides the secret."""

    name: str
    """The name it is opened by: unique in the profile, chosen here, not shared."""
    room: RoomId
    secret: bytes = field(repr=False)
    """16 bytes."""
    relay: str
    """`ws://` or `wss://` URLs with blanks between, empty for this machine (and LAN) only."""
    opened_ms: int
    """When it was last opened, Unix milliseconds."""


@dataclass(frozen=True, slots=True)
class KnownPeer:
    """What is remembered of somebody between two runs."""

    peer: PeerId
    last_seen_ms: int
    name: str
    """The nickname last heard from presence; a profile entry in the log wins over it."""
    vector: Mapping[PeerId, Ranges]
    """What that peer held, by its last own word."""


@dataclass(frozen=True, slots=True)
class StoredFeed:
    """Where one author's feed stands in the store."""

    author: PeerId
    segments: tuple[Segment, ...]
    floor: int = 1
    """Entries below this seq were let go on purpose (see Store.prune), but for those that `segments` still names."""


@dataclass(frozen=True, slots=True)
class Search:
    """What to look for in the texts of messages and of their edits."""

    rooms: tuple[RoomId, ...]
    terms: tuple[Term, ...] = ()
    """All of them must be there; those without a word do not count. None: any text."""
    authors: tuple[PeerId, ...] | None = None
    """Written by one of these; None: by anybody."""
    before: Stamp | None = None
    """Only below this stamp, or below the `place` of the last hit that is known already."""
    after: Stamp | None = None
    """At or after this stamp."""
    has_link: bool = False
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Hit:
    """A `say` or `edit` entry whose text is as it was looked for."""

    room: RoomId
    entry: Entry
    place: Stamp
    """Where it stands among all: its stamp, or a little above it when another one has the same."""


class Store(Protocol):
    """One profile's rooms, entries and peers. One writer; every method may raise StoreError.

    Entries are hashed again whenever they are read; see EntriesDamaged.
    """

    async def rooms(self) -> list[SavedRoom]:
        """Every saved room, the one opened last first."""
        ...

    async def save_room(self, saved: SavedRoom) -> None:
        """Add or replace by `room`. Raises ValueError when another room has that name already."""
        ...

    async def forget_room(self, room: RoomId) -> None:
        """Erase the room wholly: secret, entries, peers; overwritten on disk."""
        ...

    async def feeds(self, room: RoomId) -> list[StoredFeed]:
        """Every feed of the room that has at least one entry."""
        ...

    async def append(self, room: RoomId, entries: Sequence[Entry], *, durable: bool) -> None:
        """Commit all of `entries` in one transaction, or none.

        An entry that is there already (same author and seq) is left as it is. `durable`: on the platter before
        this returns (own entries), not just in the log of the database.
        """
        ...

    async def cut(self, room: RoomId, author: PeerId, seq: int, proof: bytes) -> None:
        """Keep `proof` and drop the entries of `author` from `seq` on; one durable transaction.

        The floor goes down with them (`floor_under_cut`).
        A proof that is there already is replaced by one with a smaller seq only.
        """
        ...

    async def drop(self, room: RoomId, author: PeerId, low: int, high: int) -> None:
        """Erase the entries of `author` with low <= seq <= high, where `high` ends a segment of those in `feeds`.

        For the floor see `floor_under_drop`.
        """
        ...

    async def proofs(self, room: RoomId) -> list[bytes]:
        """Every proof that `cut` kept for the room."""
        ...

    async def prune(self, room: RoomId, cutoff: Stamp) -> int:
        """Erase entries with a stamp below `cutoff`; how many those were.

        Of every feed its last entry stays, so that its author goes on numbering where it was, and so do an author's
        newest profile and topic. What is left of a feed can still be verified. A feed remembers how far it was pruned.
        """
        ...

    async def run(self, room: RoomId, author: PeerId, low: int, high: int) -> list[Entry]:
        """The entries of `author` with low <= seq <= high that are held, by seq."""
        ...

    async def newest(self, room: RoomId, limit: int) -> list[Entry]:
        """The newest `limit` entries of any kind, newest first."""
        ...

    async def messages(self, room: RoomId, limit: int, before: Order | None = None) -> list[Entry]:
        """The newest `limit` `say` entries, below `before` when given, oldest of them first."""
        ...

    async def message_stamp(self, room: RoomId, place: int) -> Stamp | None:
        """The stamp of the newest message (`place` 1), the one before (2), …; None when there are not so many."""
        ...

    async def count_messages(self, room: RoomId, after: Stamp, but: Collection[PeerId], most: int) -> int:
        """How many messages have a stamp above `after` and an author who is not in `but`; counted up to `most`."""
        ...

    async def messages_after(self, room: RoomId, limit: int, after: Order) -> list[Entry]:
        """The oldest `limit` `say` entries above `after`, oldest first."""
        ...

    async def entry(self, room: RoomId, entry: EntryId) -> Entry | None:
        """One entry by its id."""
        ...

    async def entries(self, room: RoomId, names: Sequence[EntryId]) -> list[Entry]:
        """Those entries of `names` that are held, in the room's order."""
        ...

    async def about(self, room: RoomId, targets: Sequence[EntryId]) -> list[Entry]:
        """Every edit, retraction and reaction that names one of `targets`, in the room's order."""
        ...

    async def latest(self, room: RoomId, kind: str) -> list[Entry]:
        """The newest entry of `kind` of every author (`profile`, `topic`), in the room's order."""
        ...

    async def peers(self, room: RoomId) -> list[KnownPeer]:
        """Everybody remembered in the room."""
        ...

    async def save_peers(self, room: RoomId, peers: Sequence[KnownPeer]) -> None:
        """Add or replace by `peer`."""
        ...

    async def people(self) -> list[Person]:
        """Everybody whom the profile knows, in whichever room, by key."""
        ...

    async def save_people(self, people: Sequence[Person]) -> None:
        """Add or replace by `peer`, all or none.

        `forget_room` takes away those of whom nothing else is kept, unless the user decided something about them.
        """
        ...

    async def index(self, most: int) -> int:
        """Make at most `most` entries more ready to be found; how many are still to be made ready.

        Entries are not when they are stored: a sync of a hundred thousand would take three times as long.
        """
        ...

    async def find(self, search: Search) -> list[Hit]:
        """The newest hits, newest first, among what `index` has made ready."""
        ...

    async def setting(self, room: RoomId, key: str) -> str:
        """What is kept under `key` for this room on this machine, such as a draft; empty when nothing is."""
        ...

    async def set_setting(self, room: RoomId, key: str, value: str) -> None:
        """Keep `value` under `key` for this room, in place of what was there; an empty one erases it."""
        ...

    async def close(self) -> None:
        """Finish and let go. May be called twice."""
        ...
