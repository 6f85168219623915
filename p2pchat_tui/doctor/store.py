"""Looks at the folder and the database of the profile, and changes neither."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
from pathlib import Path

from ..ports.store import StoreDamaged, StoreError, StoreFull, StoreTooNew
from ..store.errors import from_os
from ..store.peek import check_database, peek_newest_ms
from .findings import Finding, fail, ok, warn
from .relay import CLOCK_WARN_MS, span

PROBE_BYTES = 256 * 1024
"""What is written and erased again: more than any batch that a chat commits."""
LOW_BYTES = 50 * 1024 * 1024
"""Free space below which the disk is as good as full."""


async def check_store(folder: Path, database: Path) -> Finding:
    """Whether what is written in a chat can be kept, and what was can be read."""
    return await asyncio.to_thread(_check, folder, database)


async def check_stamps(database: Path, now_ms: int) -> list[Finding]:
    """Whether something is kept that was written in the future: by this clock, then, the others' are ahead."""
    try:
        newest = await peek_newest_ms(database)
    except StoreError:
        return []  # told by `check_store`
    if newest is None or newest < now_ms + CLOCK_WARN_MS:
        return []
    return [
        warn(
            "clock",
            "clock-behind",
            f"A message that is kept here was written {span(newest - now_ms)} in the future, by this machine's clock.",
            "Set the clock of this machine, unless its author's was wrong.",
        )
    ]


def _check(folder: Path, database: Path) -> Finding:
    try:
        there = _nearest(folder)
        _write_probe(there)
        check_database(database)
    except OSError as error:
        return _of(from_os(error, folder))
    except StoreError as error:
        return _of(error)
    free = shutil.disk_usage(there).free
    if free < LOW_BYTES:
        return warn(
            "store",
            "disk-low",
            f"The disk that holds {there} has only {free // 2**20} MiB left.",
            "Free some space: without any, nothing that you write can be kept.",
        )
    if not database.exists():
        return ok("store", f"Nothing is kept in {folder} yet, and it can be written.")
    return ok("store", f"{database} can be read and written.")


def _of(error: StoreError) -> Finding:
    what, _, do = str(error).rpartition(": ")
    match error:
        case StoreTooNew():
            code = "store-too-new"
        case StoreDamaged():
            code = "store-damaged"
        case StoreFull():
            code = "disk-full"
        case _:
            code = "store-not-writable"
    return fail("store", code, what + ".", do[:1].upper() + do[1:])


def _nearest(folder: Path) -> Path:
    """The folder, or where it would have to be made. Raises NotADirectoryError."""
    while not folder.exists() and folder.parent != folder:
        folder = folder.parent
    if not folder.is_dir():
        raise NotADirectoryError(20, "not a folder", str(folder))
    return folder


def _write_probe(folder: Path) -> None:
    """Write and erase a file. Raises OSError."""
    path = folder / f".doctor-{os.getpid()}"
    try:
        with path.open("xb") as file:
            file.write(bytes(PROBE_BYTES))
            file.flush()
            os.fsync(file.fileno())
    finally:
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
