"""The database file: made private, looked at before anything in it is touched, then set up."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from . import errors
from .migrations import VERSION, migrate, version_of

FOLDER_MODE = 0o700
FILE_MODE = 0o600
"""Room secrets and messages are for their owner alone."""
OTHERS = 0o077

WAL_KEPT = 8 * 1024 * 1024
"""Bytes of write-ahead log that stay after a checkpoint; a bulk sync may have made it longer."""
CACHE_KIB = 8 * 1024
"""The page cache: the index pages of a room with 100,000 entries."""


def prepare(path: Path) -> None:
    """Make the folder and an empty file where there is none, and look whether what is there can be opened.

    Raises StoreError, StoreTooNew or StoreDamaged. A file that was there is only read.
    """
    try:
        if not path.exists():
            _make_folder(path.parent)
            _make_file(path)
        elif not os.access(path, os.R_OK | os.W_OK):
            raise PermissionError(13, "permission denied")
        is_empty = path.stat().st_size == 0
    except OSError as error:
        raise errors.from_os(error, path) from error
    if not is_empty:
        _inspect(path)


def protect(path: Path) -> None:
    """Take a database that was let open by mistake away from everybody else."""
    try:
        if path.stat().st_mode & OTHERS:
            path.chmod(FILE_MODE)
    except OSError as error:
        raise errors.from_os(error, path) from error


def read_only(path: Path) -> str:
    """The URI by which a database is opened for reading: not even its write-ahead log is emptied.

    SQLite reads one only where it finds or can make an index of that log beside it. Where it can do neither, as on a
    read-only medium, and the log holds nothing, the file is read as one that nobody changes. Raises StoreError where
    the log holds something.
    """
    uri = f"{path.absolute().as_uri()}?mode=ro"
    log, index = (path.with_name(path.name + end) for end in ("-wal", "-shm"))
    if index.exists() or os.access(path.parent, os.W_OK):
        return uri
    if log.exists() and log.stat().st_size:
        raise errors.not_closed(path)
    return f"{uri}&immutable=1"


def set_up(db: sqlite3.Connection) -> None:
    """The connection's settings, then the schema."""
    db.execute("PRAGMA cell_size_check = ON")
    db.execute("PRAGMA trusted_schema = OFF")
    db.execute("PRAGMA foreign_keys = ON")
    db.execute("PRAGMA secure_delete = ON")
    # No file outside the profile's folder ever holds a message.
    db.execute("PRAGMA temp_store = MEMORY")
    db.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    db.execute("PRAGMA journal_mode = WAL")
    db.execute(f"PRAGMA journal_size_limit = {WAL_KEPT}")
    db.execute("PRAGMA synchronous = NORMAL")
    migrate(db)


def _inspect(path: Path) -> None:
    try:
        # Read-only: a connection that may write would empty the write-ahead log of a newer version's database.
        db = sqlite3.connect(read_only(path), uri=True, timeout=5, isolation_level=None)
        try:
            version = version_of(db)
            is_ours = version > 0 or db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
        finally:
            db.close()
    except sqlite3.Error as error:
        raise errors.from_sqlite(error, path) from error
    except UnicodeDecodeError as error:
        # SQLite quotes a damaged schema in its complaint, and Python cannot read that.
        raise errors.damaged(path) from error
    if version > VERSION:
        raise errors.too_new(path)
    if not is_ours:
        raise errors.damaged(path)


def _make_folder(folder: Path) -> None:
    for each in (*reversed(folder.parents), folder):
        if not each.exists():
            each.mkdir(mode=FOLDER_MODE, exist_ok=True)


def _make_file(path: Path) -> None:
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, FILE_MODE))
    if os.name != "posix":
        return
    # The name must be on the platter too before an entry in the file counts as kept.
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
