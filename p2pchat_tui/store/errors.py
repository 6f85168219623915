"""What went wrong in the database or on the disk, as one sentence for a person, with the next step."""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path

from ..ports.store import StoreDamaged, StoreError, StoreFull, StoreTooNew

_FULL_ERRNOS = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}


def from_sqlite(error: sqlite3.Error, path: Path) -> StoreError:
    """The StoreError for what SQLite reports."""
    code = primary_code(error)
    if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_IOERR_SHMSIZE:
        code = sqlite3.SQLITE_FULL  # no room even for the index of the journal, without which nothing can be read
    match code:
        case sqlite3.SQLITE_FULL:
            return StoreFull(f"The disk is full: free some space on the disk that holds {path}, then try again.")
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM:
            return StoreFull(f"{path} is read-only: make it and its folder writable, then try again.")
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return StoreError(f"Another program is using {path}: close that program, then try again.")
        case sqlite3.SQLITE_CANTOPEN:
            return StoreError(f"{path} cannot be opened: check that its folder exists and is writable.")
        case sqlite3.SQLITE_IOERR:
            return StoreError(f"The disk that holds {path} reports errors: check the disk, then try again.")
        case sqlite3.SQLITE_NOMEM:
            return StoreError("There is too little memory for the database: close other programs, then try again.")
    # The statements of this package fit its schema, so every other complaint means that the file does not.
    return damaged(path)


def from_os(error: OSError, path: Path) -> StoreError:
    """The StoreError for what the operating system reports about the file or its folder."""
    if error.errno in _FULL_ERRNOS:
        return StoreFull(f"There is no room to write {path}: free some space or choose another folder by --home.")
    reason = (error.strerror or "unknown error").lower()
    return StoreError(f"{path} cannot be written ({reason}): make its folder writable or choose another by --home.")


def not_closed(path: Path) -> StoreError:
    """The database cannot be read without writing beside it, and that cannot be."""
    return StoreError(
        f"{path} was not closed properly, and what was written last can be read only where its folder is writable: "
        "make it so, or copy the home folder to where it is and name that by --home."
    )


def damaged(path: Path) -> StoreDamaged:
    """The file is no database of ours, or one that cannot be trusted any more."""
    return StoreDamaged(
        f"{path} is damaged or no database of this program: put a backup in its place, or move it away and join"
        " your rooms again by their invites; the messages come back from the others."
    )


def too_new(path: Path) -> StoreTooNew:
    """The file was written by a later version."""
    return StoreTooNew(f"{path} was written by a newer version of p2pchat-tui: update this one, then try again.")


def closed() -> StoreError:
    """The store was used after `close`."""
    return StoreError("The store is closed: open the room again.")


def primary_code(error: sqlite3.Error) -> int:
    """SQLite's result code without its extension; 0 when Python itself raised the error."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF
