"""A store that only reads: for a look at a profile that another process may have open, and be writing to."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from ..ports.store import StoreDamaged, StoreError
from . import errors, files
from .ledger import Ledger
from .migrations import VERSION, version_of
from .sqlite import SqliteStore
from .worker import Worker


async def open_reader(path: Path) -> SqliteStore:
    """The database at `path` as it stands now, however long it is read; every method that would change it fails.

    While it is open the write-ahead log of whoever writes can only grow. Raises StoreError, StoreTooNew or
    StoreDamaged, also when there is no database.
    """
    worker = Worker(files.read_only(path), is_uri=True)
    try:
        await worker
    except sqlite3.Error as error:
        raise errors.from_sqlite(error, path) from error
    try:
        version = await worker.run(_begin)
    except sqlite3.Error as error:
        await worker.close()
        raise errors.from_sqlite(error, path) from error
    except BaseException:
        await worker.close()
        raise
    if version != VERSION:
        await worker.close()
        if version > VERSION:
            raise errors.too_new(path)
        raise StoreError(f"{path} was last used by an older version: start the app once, then try again.")
    return _Reader(path, worker)


def _begin(db: sqlite3.Connection) -> int:
    """Read from here on what is there now, and none of what is written later; the schema's version."""
    db.execute("PRAGMA cell_size_check = ON")
    db.execute("PRAGMA trusted_schema = OFF")
    db.execute("PRAGMA temp_store = MEMORY")
    db.execute(f"PRAGMA cache_size = -{files.CACHE_KIB}")
    db.execute("BEGIN")
    return version_of(db)


class _Reader(SqliteStore):
    """Repairs nothing: that is for the one who may write."""

    def _repair(self, ledger: Ledger) -> None:
        raise StoreDamaged(
            f"Something in {self._path} is damaged: open the room in the app, which sets it aside and fetches it"
            " from the others, then try again."
        )
