"""Disks of simulated peers: real stores that are slow, full, killed between two writes, or put back in time."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, TypeVar

from p2pchat_tui.ports.store import KnownPeer, SavedRoom, Store, StoredFeed, StoreFull
from p2pchat_tui.session.erased import BESIDE, ERASED, note_erased
from p2pchat_tui.session.keeper import KEEP
from p2pchat_tui.ssc.ending import note_place
from p2pchat_tui.ssc.entry import Entry
from p2pchat_tui.ssc.identity import Identity
from p2pchat_tui.ssc.ids import EntryId, Order, PeerId, RoomId, Stamp
from p2pchat_tui.ssc.people import Person
from p2pchat_tui.store import files
from p2pchat_tui.store.memory import MemoryStore
from p2pchat_tui.store.sqlite import SqliteStore

T = TypeVar("T")
EVERYTHING = 1_000_000


class SyncWorker:
    """The database's worker without its thread: each piece of work is done at once, so that a run can be repeated."""

    def __init__(self, path: Path) -> None:
        self.db = sqlite3.connect(path, isolation_level=None, cached_statements=64)
        self.db.text_factory = bytes
        files.set_up(self.db)

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """What `work` returns or raises."""
        return work(self.db)

    async def close(self) -> None:
        """Let go of the file."""
        self.db.close()


@dataclass(frozen=True, slots=True)
class Written:
    """One append, as it was asked for."""

    entries: tuple[Entry, ...]
    durable: bool


@dataclass(frozen=True, slots=True)
class CutOff:
    """A forked feed was cut, always durably."""

    author: PeerId
    seq: int
    proof: bytes
    durable: bool = True


@dataclass(frozen=True, slots=True)
class Dropped:
    """What was left of a lost branch was erased."""

    author: PeerId
    low: int
    high: int
    durable: bool = False


@dataclass(frozen=True, slots=True)
class Pruned:
    """Entries below a stamp were let go."""

    cutoff: Stamp
    durable: bool = False


@dataclass(slots=True)
class Contents:
    """Everything on one disk, in the order in which it came there."""

    writes: list[Written | CutOff | Dropped | Pruned] = field(default_factory=list)
    peers: dict[PeerId, KnownPeer] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)
    note: tuple[RoomId, dict[str, str]] | None = None
    """What is left of the room since it was forgotten here: where the note lies, and the settings that it is."""

    def copy(self) -> Contents:
        """The same, to be kept for later."""
        return Contents(list(self.writes), dict(self.peers), dict(self.settings), self.note)


class Disk:
    """What survives a process; `held` is what an honest judge finds on it."""

    def __init__(self, room: RoomId, folder: Path | None, random: Random) -> None:
        """`folder`: where to keep a real database; None keeps it in memory."""
        self.room = room
        self.contents = Contents()
        self.held: dict[tuple[PeerId, int], Entry] = {}
        self.ever: set[tuple[PeerId, int]] = set()
        """Everything that was ever on it."""
        self.since: dict[tuple[PeerId, int], float] = {}
        """When each of those came there first."""
        self.cutoff = Stamp(0)
        """Below which stamp entries were let go, of those that it has held."""
        self.pruned: set[EntryId] = set()
        """Entries that were ever let go of here."""
        self.keeps: list[str] = ["all"]
        """How much was to be kept, from the first word on it to the last."""
        self.is_full = False
        self.slow_s = 0.0
        """Most seconds that a read or write takes."""
        self.on_stored: Callable[[Sequence[Entry]], None] = lambda _: None
        self._folder = folder
        self._random = random
        self._count = 0
        self._inner: Store | None = None

    @property
    def kind(self) -> str:
        """What holds it."""
        return "memory" if self._folder is None else "sqlite"

    @property
    def ids(self) -> set[EntryId]:
        """Ids of all entries."""
        return {entry.id for entry in self.held.values()}

    async def open(self) -> Store:
        """The store of a process that starts now."""
        if self._inner is None:
            await self._rebuild()
        elif isinstance(self._inner, MemoryStore):
            self._inner = self._inner.reopened()
        else:
            await self._inner.close()
            self._inner = SqliteStore(self._path, SyncWorker(self._path))  # type: ignore[arg-type]
        assert self._inner is not None
        return self._inner

    async def open_again(self) -> Store:
        """The same store for a second reader, such as the judge."""
        return self._inner if self._inner is not None else await self.open()

    async def restore(self, contents: Contents) -> None:
        """Put an older state back, as a backup would, or what a power cut has left."""
        self.contents = contents.copy()
        self.keeps.append(contents.settings.get(KEEP, "all"))  # it may be from before the room was erased
        await self._rebuild()

    async def erase(self, identity: Identity) -> None:
        """The room was forgotten by `identity`: nothing is left but the note of it, by which it may go on."""
        store, place = await self.open_again(), note_place(identity, self.room)
        await note_erased(store, identity, self.room)
        self.contents = Contents(note=(place, {key: await store.setting(place, key) for key in (ERASED, BESIDE)}))
        self.keeps = ["all"]
        self.since.clear()
        await self._rebuild()

    def after_power_cut(self) -> Contents:
        """What is left when the power fails: what was written durably, and no more than the start of the rest."""
        writes = self.contents.writes
        safe = max((place + 1 for place, write in enumerate(writes) if write.durable), default=0)
        left = self.contents.copy()
        left.writes = writes[: self._random.randint(safe, len(writes))]
        return left

    async def close(self) -> None:
        """Let go of files."""
        if self._inner is not None:
            await self._inner.close()

    @property
    def _path(self) -> Path:
        assert self._folder is not None
        return self._folder / f"{self._count}.db"

    async def _rebuild(self) -> None:
        if self._inner is not None:
            await self._inner.close()
        self._count += 1
        self._inner = (
            MemoryStore() if self._folder is None else SqliteStore(self._path, SyncWorker(self._path))  # type: ignore[arg-type]
        )
        self.held = {}
        self.cutoff = Stamp(0)
        for write in self.contents.writes:
            if isinstance(write, CutOff):
                await self._inner.cut(self.room, write.author, write.seq, write.proof)
                await self._look()
            elif isinstance(write, Pruned):
                await self._inner.prune(self.room, write.cutoff)
                self.cutoff = max(self.cutoff, write.cutoff)
                await self._look()
            elif isinstance(write, Dropped):
                await self._inner.drop(self.room, write.author, write.low, write.high)
                await self._look()
            else:
                await self._inner.append(self.room, write.entries, durable=False)
                self.note(write.entries)
        await self._inner.save_peers(self.room, list(self.contents.peers.values()))
        for key, value in self.contents.settings.items():
            await self._inner.set_setting(self.room, key, value)
        if self.contents.note is not None:
            place, note = self.contents.note
            for key, value in note.items():
                await self._inner.set_setting(place, key, value)

    def note(self, entries: Sequence[Entry]) -> None:
        """These are on it now."""
        for entry in entries:
            self.held.setdefault((entry.author, entry.seq), entry)
            self.ever.add((entry.author, entry.seq))
            self.since.setdefault((entry.author, entry.seq), asyncio.get_running_loop().time())

    def wrote(self, entries: Sequence[Entry], durable: bool) -> None:
        """An append has happened."""
        self.contents.writes.append(Written(tuple(entries), durable))
        self.on_stored(entries)
        self.note(entries)

    async def erased(self, what: CutOff | Dropped) -> None:
        """Something is no longer on it: look what is left."""
        self.contents.writes.append(what)
        await self._look()

    async def let_go(self, cutoff: Stamp) -> list[Entry]:
        """Entries below `cutoff` were pruned: look what is left; what is gone."""
        before = self.held
        self.contents.writes.append(Pruned(cutoff))
        self.cutoff = max(self.cutoff, cutoff)
        await self._look()
        gone = [entry for place, entry in before.items() if place not in self.held]
        self.pruned |= {entry.id for entry in gone}
        return gone

    async def _look(self) -> None:
        assert self._inner is not None
        left = await self._inner.newest(self.room, EVERYTHING)
        self.held = {(entry.author, entry.seq): entry for entry in left}

    def has_cut(self, entry: EntryId) -> bool:
        """Whether `entry` was on it, and was cut off with the rest of a forked feed."""
        writes = self.contents.writes
        cuts = [write for write in writes if isinstance(write, CutOff)]
        if not cuts:
            return False
        written = (each for write in writes if isinstance(write, Written) for each in write.entries if each.id == entry)
        return any(cut.author == each.author and cut.seq <= each.seq for each in written for cut in cuts)

    async def pause(self) -> None:
        """Take as long as this disk takes."""
        if self.slow_s and self._random.random() < 0.5:
            await asyncio.sleep(self._random.random() * self.slow_s)


@dataclass(slots=True)
class KillPoint:
    """Die at one of the next writes."""

    writes: int
    """How many are let through before."""
    after: bool
    """Whether that write still happens."""


class ProcessStore:
    """The Store port of one process on its disk; when the process dies, no call ever returns."""

    def __init__(self, disk: Disk, inner: Store, die: Callable[[], None]) -> None:
        self._disk = disk
        self._inner = inner
        self._die = die
        self.kill_point: KillPoint | None = None
        self.is_dead = False
        self.on_pruned: Callable[[Sequence[Entry]], None] = lambda _: None

    async def _read(self, work: Callable[[], Awaitable[T]]) -> T:
        await self._alive()
        await self._disk.pause()
        result = await work()
        await self._disk.pause()
        await self._alive()
        return result

    async def _write(self, work: Callable[[], Awaitable[None]]) -> None:
        await self._read(self._nothing)
        point = self.kill_point
        dies = point is not None and point.writes <= 0
        if point is not None:
            point.writes -= 1
        if dies and point is not None and not point.after:
            await self._crash()
        if self._disk.is_full:
            raise StoreFull("The disk is full: free some space.")
        await work()
        if dies:
            await self._crash()
        await self._read(self._nothing)

    async def _nothing(self) -> None:
        return None

    async def _crash(self) -> None:
        self._die()
        await self._alive()

    async def _alive(self) -> None:
        if self.is_dead:
            await asyncio.get_running_loop().create_future()

    async def append(self, room: RoomId, entries: Sequence[Entry], *, durable: bool) -> None:
        """See Store."""

        async def work() -> None:
            await self._inner.append(room, entries, durable=durable)
            self._disk.wrote(entries, durable)

        await self._write(work)

    async def cut(self, room: RoomId, author: PeerId, seq: int, proof: bytes) -> None:
        """See Store."""

        async def work() -> None:
            await self._inner.cut(room, author, seq, proof)
            await self._disk.erased(CutOff(author, seq, proof))

        await self._write(work)

    async def drop(self, room: RoomId, author: PeerId, low: int, high: int) -> None:
        """See Store."""

        async def work() -> None:
            await self._inner.drop(room, author, low, high)
            await self._disk.erased(Dropped(author, low, high))

        await self._write(work)

    async def save_peers(self, room: RoomId, peers: Sequence[KnownPeer]) -> None:
        """See Store."""

        async def work() -> None:
            await self._inner.save_peers(room, peers)
            self._disk.contents.peers.update((each.peer, each) for each in peers)

        await self._write(work)

    async def save_people(self, people: Sequence[Person]) -> None:
        """See Store."""
        await self._write(lambda: self._inner.save_people(people))

    async def prune(self, room: RoomId, cutoff: Stamp) -> int:
        count = 0

        async def work() -> None:
            nonlocal count
            count = await self._inner.prune(room, cutoff)
            if count:
                self.on_pruned(await self._disk.let_go(cutoff))

        await self._write(work)
        return count

    async def message_stamp(self, room: RoomId, place: int) -> Stamp | None:
        return await self._read(lambda: self._inner.message_stamp(room, place))

    async def count_messages(self, room: RoomId, after: Stamp, but: Collection[PeerId], most: int) -> int:
        return await self._read(lambda: self._inner.count_messages(room, after, but, most))

    async def index(self, most: int) -> int:
        return 0  # nobody searches in the simulation

    async def setting(self, room: RoomId, key: str) -> str:
        return await self._read(lambda: self._inner.setting(room, key))

    async def set_setting(self, room: RoomId, key: str, value: str) -> None:
        async def work() -> None:
            await self._inner.set_setting(room, key, value)
            self._disk.contents.settings[key] = value
            if key == KEEP:
                self._disk.keeps.append(value)

        await self._write(work)

    async def feeds(self, room: RoomId) -> list[StoredFeed]:
        """See Store."""
        return await self._read(lambda: self._inner.feeds(room))

    async def messages(self, room: RoomId, limit: int, before: Order | None = None) -> list[Entry]:
        """See Store."""
        return await self._read(lambda: self._inner.messages(room, limit, before))

    async def messages_after(self, room: RoomId, limit: int, after: Order) -> list[Entry]:
        """See Store."""
        return await self._read(lambda: self._inner.messages_after(room, limit, after))

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        """Every other read of the port, unchanged."""
        method = getattr(self._inner, name)
        return lambda *values: self._read(lambda: method(*values))

    async def rooms(self) -> list[SavedRoom]:
        """See Store."""
        return await self._read(self._inner.rooms)
