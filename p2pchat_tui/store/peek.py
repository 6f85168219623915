"""A look at the rooms of a database that another process has open: reads, and changes nothing."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

from ..ports.store import SavedRoom
from ..ssc.ids import RoomId, Stamp, stamp_ms
from ..ssc.people import Person
from . import errors
from .directory import Unrepairable, read_rooms
from .files import read_only
from .migrations import PEOPLE_SINCE, SAVED_SINCE, SETTINGS_SINCE, VERSION, version_of
from .persons import read_people
from .rows import STAMP_SHIFT, Unsound, saved_of, setting_of
from .worker import BUSY_MS

logger = logging.getLogger(__name__)

T = TypeVar("T")


async def peek_rooms(path: Path) -> list[SavedRoom]:
    """The saved rooms in the database at `path`, the one opened last first; none when there is no database.

    A row that the disk has damaged is left out: its owner repairs it. Raises StoreError.
    """
    return await asyncio.to_thread(_peek, path, _rooms, SAVED_SINCE) or []


async def peek_settings(path: Path, key: str) -> dict[RoomId, str]:
    """What is kept under `key`, by room, where anything is; as Store.setting. Raises StoreError."""
    return await asyncio.to_thread(_peek, path, partial(_settings, key=key), SETTINGS_SINCE) or {}


async def peek_people(path: Path) -> list[Person]:
    """Whom the profile of the database at `path` knows; as Store.people. Raises StoreError."""
    return await asyncio.to_thread(_peek, path, read_people, PEOPLE_SINCE) or []


async def peek_newest_ms(path: Path) -> int | None:
    """What the newest entry of all rooms is stamped with, in Unix milliseconds; None without any. Raises StoreError."""
    return await asyncio.to_thread(_peek, path, _newest_ms, 1)


def _newest_ms(db: sqlite3.Connection) -> int | None:
    (shifted,) = db.execute("SELECT MAX(stamp) FROM entry").fetchone()
    return None if shifted is None else stamp_ms(Stamp(shifted + STAMP_SHIFT))


def check_database(path: Path) -> None:
    """Read every page of the database at `path`, if there is one. Blocks. Raises StoreError when it cannot be used."""
    _peek(path, _check, 0)


def _check(db: sqlite3.Connection) -> None:
    if db.execute("PRAGMA quick_check(1)").fetchone()[0] != b"ok":
        raise Unrepairable


def _peek(path: Path, look: Callable[[sqlite3.Connection], T], since: int) -> T | None:
    """What `look` finds; None when there is no database, or one that has not been through the step `since` yet."""
    if not path.exists():
        return None
    try:
        with contextlib.closing(sqlite3.connect(read_only(path), uri=True, timeout=BUSY_MS / 1000)) as db:
            version = version_of(db)
            if version > VERSION:
                raise errors.too_new(path)
            db.text_factory = bytes  # as the checksums were made
            return look(db) if version >= since else None
    except sqlite3.Error as error:
        raise errors.from_sqlite(error, path) from error
    except Unrepairable as error:
        raise errors.damaged(path) from error


def _rooms(db: sqlite3.Connection) -> list[SavedRoom]:
    known = {number: room for room, number in read_rooms(db).items()}
    found: list[SavedRoom] = []
    for row in db.execute("SELECT room, name, secret, relay, opened, sum FROM saved"):
        try:
            found.append(saved_of(row, known[row[0]]))
        except (KeyError, Unsound):
            logger.warning("a saved room was left out: it is damaged")
    return sorted(found, key=lambda saved: (-saved.opened_ms, saved.name))


def _settings(db: sqlite3.Connection, key: str) -> dict[RoomId, str]:
    rooms = {number: room for room, number in read_rooms(db).items()}
    found: dict[RoomId, str] = {}
    for row in db.execute("SELECT room, key, value, sum FROM setting WHERE key = ?", (key,)):
        with contextlib.suppress(KeyError, Unsound):
            found[rooms[row[0]]] = setting_of(row)
    return found
