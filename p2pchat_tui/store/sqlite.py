"""The store on disk: one SQLite database for each profile."""

from __future__ import annotations

import logging
import sqlite3
from asyncio import to_thread
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import TypeVar

from ..ports.store import EntriesDamaged, Hit, KnownPeer, SavedRoom, Search, StoredFeed, StoreError
from ..ssc.entry import Entry
from ..ssc.ids import EntryId, Order, PeerId, RoomId, Stamp
from ..ssc.people import Person
from . import errors, files, people, persons, pruning, search
from .directory import Unrepairable
from .ledger import Ledger
from .repair import repair
from .rows import Unsound
from .worker import Worker

logger = logging.getLogger(__name__)

T = TypeVar("T")


async def open_store(path: Path) -> SqliteStore:
    """Open the database at `path`, or make it. Raises StoreError, StoreFull, StoreTooNew or StoreDamaged.

    One process at a time: the lock of the profile keeps others out.
    """
    await to_thread(files.prepare, path)
    worker = Worker(str(path))
    try:
        await worker
    except sqlite3.Error as error:
        raise errors.from_sqlite(error, path) from error
    try:
        await worker.run(files.set_up)
        await to_thread(files.protect, path)
    except sqlite3.Error as error:
        await worker.close()
        raise errors.from_sqlite(error, path) from error
    except UnicodeDecodeError as error:
        await worker.close()
        raise errors.damaged(path) from error
    except BaseException:
        await worker.close()
        raise
    return SqliteStore(path, worker)


class SqliteStore:
    """A `Store` in one file. Made by `open_store`."""

    def __init__(self, path: Path, worker: Worker) -> None:
        self._path = path
        self._worker = worker
        self._ledger: Ledger | None = None
        self._is_closed = False

    async def rooms(self) -> list[SavedRoom]:
        """See Store."""
        return await self._do(people.rooms)

    async def save_room(self, saved: SavedRoom) -> None:
        """See Store."""
        await self._do(lambda ledger: people.save_room(ledger, saved))

    async def forget_room(self, room: RoomId) -> None:
        """See Store."""
        await self._do(lambda ledger: people.forget_room(ledger, room))

    async def feeds(self, room: RoomId) -> list[StoredFeed]:
        """See Store."""
        return await self._do(lambda ledger: ledger.feeds(room))

    async def append(self, room: RoomId, entries: Sequence[Entry], *, durable: bool) -> None:
        """See Store. Cancelled, it has happened wholly or not at all."""
        own = tuple(entries)
        await self._do(lambda ledger: ledger.append(room, own, durable))

    async def cut(self, room: RoomId, author: PeerId, seq: int, proof: bytes) -> None:
        """See Store."""
        await self._do(lambda ledger: ledger.cut(room, author, seq, proof))

    async def drop(self, room: RoomId, author: PeerId, low: int, high: int) -> None:
        """See Store."""
        await self._do(lambda ledger: ledger.drop(room, author, low, high))

    async def proofs(self, room: RoomId) -> list[bytes]:
        """See Store."""
        return await self._do(lambda ledger: ledger.proofs(room))

    async def prune(self, room: RoomId, cutoff: Stamp) -> int:
        """See Store."""
        return await self._do(lambda ledger: pruning.prune(ledger, room, cutoff))

    async def run(self, room: RoomId, author: PeerId, low: int, high: int) -> list[Entry]:
        """See Store."""
        return await self._do(lambda ledger: ledger.run(room, author, low, high))

    async def newest(self, room: RoomId, limit: int) -> list[Entry]:
        """See Store."""
        return await self._do(lambda ledger: ledger.newest(room, limit))

    async def messages(self, room: RoomId, limit: int, before: Order | None = None) -> list[Entry]:
        """See Store."""
        return await self._do(lambda ledger: ledger.messages(room, limit, before))

    async def message_stamp(self, room: RoomId, place: int) -> Stamp | None:
        """See Store."""
        return await self._do(lambda ledger: pruning.message_stamp(ledger, room, place))

    async def count_messages(self, room: RoomId, after: Stamp, but: Collection[PeerId], most: int) -> int:
        """See Store."""
        left_out = frozenset(but)
        return await self._do(lambda ledger: pruning.count_messages(ledger, room, after, left_out, most))

    async def messages_after(self, room: RoomId, limit: int, after: Order) -> list[Entry]:
        """See Store."""
        return await self._do(lambda ledger: ledger.messages_after(room, limit, after))

    async def entry(self, room: RoomId, entry: EntryId) -> Entry | None:
        """See Store."""
        return await self._do(lambda ledger: ledger.entry(room, entry))

    async def entries(self, room: RoomId, names: Sequence[EntryId]) -> list[Entry]:
        """See Store."""
        wanted = tuple(names)
        return await self._do(lambda ledger: ledger.entries(room, wanted))

    async def about(self, room: RoomId, targets: Sequence[EntryId]) -> list[Entry]:
        """See Store."""
        wanted = tuple(targets)
        return await self._do(lambda ledger: ledger.about(room, wanted))

    async def latest(self, room: RoomId, kind: str) -> list[Entry]:
        """See Store."""
        return await self._do(lambda ledger: ledger.latest(room, kind))

    async def peers(self, room: RoomId) -> list[KnownPeer]:
        """See Store."""
        return await self._do(lambda ledger: people.peers(ledger, room))

    async def save_peers(self, room: RoomId, peers: Sequence[KnownPeer]) -> None:
        """See Store."""
        known = tuple(peers)
        await self._do(lambda ledger: people.save_peers(ledger, room, known))

    async def people(self) -> list[Person]:
        """See Store."""
        return await self._do(persons.people)

    async def save_people(self, known: Sequence[Person]) -> None:
        """See Store."""
        own = tuple(known)
        await self._do(lambda ledger: persons.save_people(ledger, own))

    async def index(self, most: int) -> int:
        """See Store."""
        return await self._do(lambda ledger: search.index(ledger, most))

    async def find(self, wanted: Search) -> list[Hit]:
        """See Store."""
        return await self._do(lambda ledger: search.find(ledger, wanted))

    async def setting(self, room: RoomId, key: str) -> str:
        """See Store."""
        return await self._do(lambda ledger: people.setting(ledger, room, key))

    async def set_setting(self, room: RoomId, key: str, value: str) -> None:
        """See Store."""
        await self._do(lambda ledger: people.set_setting(ledger, room, key, value))

    async def close(self) -> None:
        """See Store. What was asked for before is done first."""
        if self._is_closed:
            return
        self._is_closed = True
        try:
            await self._worker.close()
        except sqlite3.Error as error:
            raise errors.from_sqlite(error, self._path) from error

    async def _do(self, work: Callable[[Ledger], T]) -> T:
        if self._is_closed:
            raise errors.closed()
        return await self._worker.run(lambda db: self._guarded(db, work))

    # ------------------------------------------------------------------------------- in the connection's thread

    def _guarded(self, db: sqlite3.Connection, work: Callable[[Ledger], T]) -> T:
        """`work`, with every error that it meets as a StoreError, and what can be repaired repaired."""
        if self._ledger is None:
            self._ledger = Ledger(db)
        try:
            try:
                return work(self._ledger)
            except Unsound as error:
                logger.warning("the database is damaged: %s", str(error))
            except sqlite3.DatabaseError as error:
                if not _may_be_repaired(error):
                    raise
                logger.warning("the database is damaged: %s", type(error).__name__)
            self._repair(self._ledger)
            return work(self._ledger)
        except (Unsound, Unrepairable, UnicodeDecodeError) as error:
            # The last of these: SQLite quotes a damaged schema in its complaint, and Python cannot read that.
            raise errors.damaged(self._path) from error
        except sqlite3.Error as error:
            raise errors.from_sqlite(error, self._path) from error
        except OverflowError as error:
            raise StoreError("A number is too large for the database.") from error

    def _repair(self, ledger: Ledger) -> None:
        ledger.reread()
        count = repair(ledger.db)
        if count:
            what = "One stored message was" if count == 1 else f"{count:,} stored messages were"
            raise EntriesDamaged(
                f"{what} damaged on the disk and set aside: stay connected, the others' copies take their place."
            )


def _may_be_repaired(error: sqlite3.DatabaseError) -> bool:
    """Whether a damaged index may be the cause: indexes are built anew."""
    return isinstance(error, sqlite3.IntegrityError) or errors.primary_code(error) == sqlite3.SQLITE_CORRUPT
