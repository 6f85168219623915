"""A reader sees one moment of a database that somebody else is writing to, and changes nothing in it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from p2pchat_tui.ports.store import StoreDamaged, StoreError, StoreTooNew
from p2pchat_tui.store.migrations import VERSION
from p2pchat_tui.store.reader import open_reader
from p2pchat_tui.store.sqlite import open_store
from tests.contracts.store import ROOM, Writer, saved_room


async def test_it_reads_what_was_there_when_it_was_opened(tmp_path: Path) -> None:
    path, ana = tmp_path / "rooms.db", Writer(1)
    store = await open_store(path)
    await store.save_room(saved_room("garden"))
    await store.append(ROOM, ana.say(3), durable=True)
    reader = await open_reader(path)
    assert await reader.messages(ROOM, 9) == ana.entries
    before = list(ana.entries)
    await store.append(ROOM, ana.say(2), durable=True)
    assert await reader.messages(ROOM, 9) == before
    assert await reader.run(ROOM, ana.peer, 1, 9) == before
    await reader.close()
    again = await open_reader(path)
    assert len(await again.messages(ROOM, 9)) == 5
    await again.close()
    await store.close()


async def test_it_changes_nothing(tmp_path: Path) -> None:
    path, ana = tmp_path / "rooms.db", Writer(1)
    store = await open_store(path)
    await store.append(ROOM, ana.say(3), durable=True)
    files = {each: each.read_bytes() for each in (path, tmp_path / "rooms.db-wal")}
    reader = await open_reader(path)
    await reader.feeds(ROOM)
    for change in (
        reader.append(ROOM, ana.say(1), durable=True),
        reader.forget_room(ROOM),
        reader.save_room(saved_room("x")),
    ):
        with pytest.raises(StoreError):
            await change
    await reader.close()
    assert {each: each.read_bytes() for each in files} == files
    await store.close()


async def test_damage_is_told_and_left_to_the_owner(tmp_path: Path) -> None:
    path = tmp_path / "rooms.db"
    store = await open_store(path)
    await store.append(ROOM, Writer(1).say(3), durable=True)
    await store.close()
    with sqlite3.connect(path) as db:
        db.execute("UPDATE entry SET body = 'x' WHERE seq = 2")
    db.close()
    damaged = path.read_bytes()
    reader = await open_reader(path)
    with pytest.raises(StoreDamaged, match="open the room in the app"):
        await reader.messages(ROOM, 9)
    await reader.close()
    assert path.read_bytes() == damaged


async def test_no_database_or_another_version(tmp_path: Path) -> None:
    path = tmp_path / "rooms.db"
    with pytest.raises(StoreError):
        await open_reader(path)
    assert not path.exists()
    await (await open_store(path)).close()
    for version, error in ((VERSION + 1, StoreTooNew), (VERSION - 1, StoreError)):
        with sqlite3.connect(path) as db:
            db.execute(f"PRAGMA user_version = {version}")
        db.close()
        with pytest.raises(error, match="version"):
            await open_reader(path)
