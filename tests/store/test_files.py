"""Opening: what cannot be opened is said in one sentence, and stays as it is."""

# ruff: noqa: ASYNC240 — the test waits for its own small files, and nothing else runs meanwhile

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from p2pchat_tui.ports.store import StoreDamaged, StoreError, StoreTooNew
from p2pchat_tui.ssc.body import Say
from p2pchat_tui.store.migrations import VERSION
from p2pchat_tui.store.sqlite import open_store
from tests.contracts.store import ROOM, Writer


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "rooms #1?.db"


def content(path: Path) -> dict[str, bytes]:
    """The database and its log. (The index of the log, `-shm`, is scratch space.)"""
    return {each.name: each.read_bytes() for each in path.parent.iterdir() if not each.name.endswith("-shm")}


async def test_an_empty_file_becomes_a_database(path: Path) -> None:
    path.touch()
    store = await open_store(path)
    await store.append(ROOM, Writer(1).say(1), durable=True)
    assert len(await store.messages(ROOM, 9)) == 1
    await store.close()
    assert path.stat().st_size > 0


async def test_a_newer_database_is_left_as_it_is(path: Path) -> None:
    store = await open_store(path)
    ana = Writer(1)
    ana.write(Say("from the future"))
    await store.append(ROOM, ana.entries, durable=True)
    await store._worker.run(lambda db: db.execute(f"PRAGMA user_version = {VERSION + 1}"))
    # Still open, as after a crash: the newer version's last words are in the log only.
    before = content(path)
    assert before[f"{path.name}-wal"]
    with pytest.raises(StoreTooNew, match="newer version"):
        await open_store(path)
    assert content(path) == before
    await store.close()
    before = content(path)
    with pytest.raises(StoreTooNew):
        await open_store(path)
    after = content(path)
    assert after[path.name] == before[path.name] and not after.get(f"{path.name}-wal")


@pytest.mark.parametrize("start", [b"", b"SQLite format 3\x00"])
async def test_what_is_no_database_is_left_as_it_is(path: Path, start: bytes) -> None:
    path.write_bytes(start + b"this is a letter, and no database. " * 300)
    before = content(path)
    with pytest.raises(StoreDamaged, match="put a backup in its place"):
        await open_store(path)
    assert content(path) == before


async def test_another_programs_database_is_left_as_it_is(path: Path) -> None:
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE bookmarks (url)")
    other.commit()
    other.close()
    before = content(path)
    with pytest.raises(StoreDamaged, match="no database of this program"):
        await open_store(path)
    assert content(path) == before


async def test_a_cut_off_database_is_told(path: Path) -> None:
    store = await open_store(path)
    ana = Writer(1)
    ana.say(200)
    await store.append(ROOM, ana.entries, durable=True)
    await store.close()
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(StoreError):
        store = await open_store(path)
        try:
            await store.run(ROOM, ana.peer, 1, 200)
        finally:
            await store.close()


async def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    # Also root cannot make a folder below a file.
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match=r"rooms\.db cannot be written \(not a directory\): make its folder"):
        await open_store(tmp_path / "file" / "folder" / "rooms.db")


async def test_a_folder_in_the_place_of_the_database_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError):
        await open_store(tmp_path)
