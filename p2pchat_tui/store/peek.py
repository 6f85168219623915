"""A look at the rooms of a database that another process has open: reads, and changes nothing."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
from pathlib import Path

from ..ports import SavedRoom
from . import errors
from .directory import Unrepairable, read_rooms
from .migrations import SAVED_SINCE, VERSION, version_of
from .rows import Unsound, saved_of
from .worker import BUSY_MS

logger = logging.getLogger(__name__)


async def peek_rooms(path: Path) -> list[SavedRoom]:
    """The saved rooms in the database at `path`, the one opened last first; none when there is no database.

    A row that the disk has damaged is left out: its owner repairs it. Raises StoreError.
    """
    return await asyncio.to_thread(_peek, path)


def _peek(path: Path) -> list[SavedRoom]:
    if not path.exists():
        return []
    try:
        uri = f"{path.absolute().as_uri()}?mode=ro"
        with contextlib.closing(sqlite3.connect(uri, uri=True, timeout=BUSY_MS / 1000)) as db:
            version = version_of(db)
            if version > VERSION:
                raise errors.too_new(path)
            return _rooms(db) if version >= SAVED_SINCE else []
    except sqlite3.Error as error:
        raise errors.from_sqlite(error, path) from error
    except Unrepairable as error:
        raise errors.damaged(path) from error


def _rooms(db: sqlite3.Connection) -> list[SavedRoom]:
    db.text_factory = bytes  # as the checksums were made
    known = {number: room for room, number in read_rooms(db).items()}
    found: list[SavedRoom] = []
    for row in db.execute("SELECT room, name, secret, relay, opened, sum FROM saved"):
        try:
            found.append(saved_of(row, known[row[0]]))
        except (KeyError, Unsound):
            logger.warning("a saved room was left out: it is damaged")
    return sorted(found, key=lambda saved: (-saved.opened_ms, saved.name))
