"""What `doctor` tells of the folder and the database of a profile."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from pathlib import Path

import pytest

from p2pchat_tui.doctor.findings import Status
from p2pchat_tui.doctor.store import check_stamps, check_store
from p2pchat_tui.store.sqlite import open_store
from tests.helpers import ROOM, chain, entropy, identity


async def code(folder: Path) -> str:
    """What is found; the folder is left as it was."""
    before = files(folder)
    finding = await check_store(folder, folder / "rooms.db")
    if finding.status is Status.FAIL:
        assert finding.do
    assert files(folder) == before
    return finding.code


def files(folder: Path) -> list[str]:
    """What is in the folder, but for what SQLite leaves beside a database that somebody reads."""
    return sorted(path.name for path in folder.glob("*") if not path.name.endswith(("-wal", "-shm")))


async def database(folder: Path) -> Path:
    path = folder / "rooms.db"
    await (await open_store(path)).close()
    return path


async def test_a_profile_that_is_not_there_yet(tmp_path: Path) -> None:
    assert await code(tmp_path / "home" / "profiles" / "default") == "ok"
    assert not (tmp_path / "home").exists()


async def test_a_profile_in_order(tmp_path: Path) -> None:
    await database(tmp_path)
    assert await code(tmp_path) == "ok"


async def test_a_database_of_a_newer_version(tmp_path: Path) -> None:
    db = sqlite3.connect(await database(tmp_path))
    db.execute("PRAGMA user_version = 999")
    db.close()
    assert await code(tmp_path) == "store-too-new"


async def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "rooms.db").write_bytes(b"not a database at all" * 500)
    assert await code(tmp_path) == "store-damaged"


async def test_a_database_with_a_damaged_page(tmp_path: Path) -> None:
    path = await database(tmp_path)
    data = bytearray(path.read_bytes())
    data[4096 * 2 : 4096 * 3] = entropy(1)(4096)
    path.write_bytes(data)
    assert await code(tmp_path) == "store-damaged"


async def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    assert await code(tmp_path / "home") == "store-not-writable"


@pytest.mark.parametrize(("number", "expected"), [(errno.ENOSPC, "disk-full"), (errno.EACCES, "store-not-writable")])
async def test_what_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, expected: str
) -> None:
    def fsync(_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fsync)
    assert await code(tmp_path) == expected


async def test_little_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(100, 99, 1))  # type: ignore[attr-defined]
    assert await code(tmp_path) == "disk-low"


@pytest.mark.parametrize(("ahead_ms", "codes"), [(0, []), (5_000, []), (8 * 60_000, ["clock-behind"])])
async def test_messages_from_the_future(tmp_path: Path, ahead_ms: int, codes: list[str]) -> None:
    now_ms = 1_800_000_000_000
    path = tmp_path / "rooms.db"
    store = await open_store(path)
    await store.append(ROOM, chain(identity(1), 3, end_ms=now_ms + ahead_ms), durable=True)
    await store.close()
    found = await check_stamps(path, now_ms)
    assert [each.code for each in found] == codes
    assert all("8 minutes" in each.what for each in found)
    assert not await check_stamps(tmp_path / "none.db", now_ms)
