"""SqliteStore does what every Store does, and what only a disk asks for: kill -9, a full disk, private files."""

# ruff: noqa: ASYNC240 — the test waits for its own small files, and nothing else runs meanwhile

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import stat
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from p2pchat_tui.ports.store import EntriesDamaged, KnownPeer, SavedRoom, Store, StoreError, StoreFull
from p2pchat_tui.ssc.body import Say
from p2pchat_tui.store.errors import from_sqlite
from p2pchat_tui.store.sqlite import SqliteStore, open_store
from tests.contracts.store import OTHER_ROOM, ROOM, OpenStore, StoreContract, Writer, saved_room

SECONDS = 20
"""Far more than anything here takes, also on a busy machine."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "profile" / "rooms.db"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[SqliteStore]:
    store = await open_store(path)
    yield store
    await store.close()


class TestSqliteStore(StoreContract):
    @pytest.fixture
    async def open_store(self, path: Path) -> AsyncIterator[OpenStore]:
        """Whatever was opened is closed: the thread of a connection would hold up the end of the run."""
        async with AsyncExitStack() as stack:

            async def open_() -> Store:
                store = await open_store(path)
                stack.push_async_callback(store.close)
                return store

            yield open_


async def test_files_and_folders_are_private(path: Path, store: SqliteStore) -> None:
    await store.append(ROOM, Writer(1).say(1), durable=True)
    modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()}
    assert modes == {"rooms.db": 0o600, "rooms.db-wal": 0o600, "rooms.db-shm": 0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(path.parent.parent.stat().st_mode) == 0o700


async def test_a_file_left_open_to_others_is_closed_to_them(path: Path) -> None:
    await (await open_store(path)).close()
    path.chmod(0o644)
    await (await open_store(path)).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_a_durable_append_syncs_before_it_returns(store: SqliteStore) -> None:
    statements: list[str] = []
    await store._worker.set_trace_callback(statements.append)
    ana = Writer(1)
    ana.say(2)
    await store.append(ROOM, ana.entries[:1], durable=True)
    full = statements.index("PRAGMA synchronous = FULL")
    assert full < statements.index("BEGIN IMMEDIATE") < statements.index("COMMIT")
    assert statements[-1] == "PRAGMA synchronous = NORMAL"
    statements.clear()
    await store.append(ROOM, ana.entries[1:], durable=False)
    assert statements[0] == "BEGIN IMMEDIATE" and statements[-1] == "COMMIT"
    level = await store._worker.run(lambda db: db.execute("PRAGMA synchronous").fetchone()[0])
    assert level == 1


async def test_a_durable_append_of_what_is_held_still_has_something_to_sync(path: Path, store: SqliteStore) -> None:
    entries = Writer(1).say(1)
    await store.append(ROOM, entries, durable=False)
    log = path.with_name("rooms.db-wal")
    before = log.stat().st_size
    await store.append(ROOM, entries, durable=True)
    assert log.stat().st_size > before


async def test_after_a_failure_appends_are_ordinary_again(store: SqliteStore) -> None:
    await limit_pages(store, 0)
    with pytest.raises(StoreFull):
        await store.append(ROOM, Writer(1).say(2000), durable=True)
    level = await store._worker.run(lambda db: db.execute("PRAGMA synchronous").fetchone()[0])
    assert level == 1


async def test_a_full_disk_refuses_wholly_reads_on_and_recovers(store: SqliteStore) -> None:
    ana = Writer(1)
    ana.say(1000)
    await store.save_room(saved_room("orchard"))
    await store.append(ROOM, ana.entries[:100], durable=True)
    await limit_pages(store, 10)
    with pytest.raises(StoreFull, match="free some space"):
        await store.append(ROOM, ana.entries[100:], durable=True)
    assert await store.run(ROOM, ana.peer, 1, 1000) == ana.entries[:100]
    assert (await store.feeds(ROOM))[0].segments[0].high == 100
    assert await store.rooms() == [saved_room("orchard")]
    await limit_pages(store, 1_000_000)
    await store.append(ROOM, ana.entries[100:], durable=True)
    assert await store.run(ROOM, ana.peer, 1, 1000) == ana.entries


async def limit_pages(store: SqliteStore, more: int) -> None:
    """Let the database grow by `more` pages only: what SQLite then reports is what a full disk gives."""

    def limit(db: sqlite3.Connection) -> None:
        pages = db.execute("PRAGMA page_count").fetchone()[0]
        db.execute(f"PRAGMA max_page_count = {pages + more}")

    await store._worker.run(limit)


def test_a_disk_that_has_no_room_to_read_is_full_and_not_broken(path: Path) -> None:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = sqlite3.SQLITE_IOERR_SHMSIZE
    assert "free some space" in str(from_sqlite(error, path))
    error.sqlite_errorcode = sqlite3.SQLITE_IOERR_READ
    assert "check the disk" in str(from_sqlite(error, path))


async def test_a_database_in_use_is_named(path: Path, store: SqliteStore) -> None:
    await store._worker.run(lambda db: db.execute("PRAGMA busy_timeout = 1"))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="Another program"):
        await store.append(ROOM, Writer(1).say(1), durable=False)
    other.execute("ROLLBACK")
    other.close()
    await store.append(ROOM, Writer(1).say(1), durable=False)


async def test_forgetting_erases_from_the_files(path: Path, store: SqliteStore) -> None:
    secret, nickname, relay = b"\xa5SECRET of 16 b\x5a", "nickname of a peer", "wss://relay.of.the.room/ws"
    ana, bo = Writer(1), Writer(2, OTHER_ROOM)
    for number in range(400):
        ana.write(Say(f"a hidden message {number} " + "filler " * (number % 40)))
        bo.write(Say(f"one that stays {number}"))
        if number % 40 == 39:
            await store.append(ROOM, ana.entries[-40:][::-1], durable=number % 80 == 39)
            await store.append(OTHER_ROOM, bo.entries[-40:], durable=False)
    await store.save_room(SavedRoom("hidden name", ROOM, secret, relay, 1))
    await store.save_room(SavedRoom("hidden name", ROOM, secret, relay, 2))
    await store.save_peers(ROOM, [KnownPeer(ana.peer, 1, nickname, {ana.peer: ((1, 400),)})])
    damage(path, "UPDATE entry SET body = replace(body, 'hidden', 'hIdden') WHERE id % 97 = 0")
    with pytest.raises(EntriesDamaged):
        await store.run(ROOM, ana.peer, 1, 400)
    traces = [b"hidden", b"hIdden", secret, nickname.encode(), relay.encode(), ana.entries[9].id, ana.peer]
    written = all_bytes(path)
    assert all(trace in written for trace in traces)
    await store.forget_room(ROOM)
    left = all_bytes(path)
    assert [trace for trace in traces if trace in left] == []
    assert b"one that stays" in left
    assert path.with_name("rooms.db-wal").stat().st_size == 0
    assert await store.run(OTHER_ROOM, bo.peer, 1, 400) == bo.entries


async def test_forgetting_again_erases_what_a_failure_left(path: Path, store: SqliteStore) -> None:
    ana = Writer(1)
    ana.say(50)
    await store.append(ROOM, ana.entries, durable=True)
    await store._worker.run(lambda db: db.execute("PRAGMA busy_timeout = 1"))
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM entry").fetchone()
    with pytest.raises(StoreError, match="traces"):
        await store.forget_room(ROOM)
    assert await store.feeds(ROOM) == []
    reader.close()
    await store.forget_room(ROOM)
    assert b"message" not in all_bytes(path)


def all_bytes(path: Path) -> bytes:
    return b"".join(each.read_bytes() for each in sorted(path.parent.iterdir()))


def damage(path: Path, statement: str) -> None:
    other = sqlite3.connect(path)
    assert other.execute(statement).rowcount
    other.commit()
    other.close()


WRITE_FOR_EVER = """
import asyncio, sys
from pathlib import Path
from p2pchat_tui.store.sqlite import open_store
from tests.contracts.store import ROOM, Writer

async def main():
    store = await open_store(Path(sys.argv[1]))
    ana = Writer(1)
    for number in range(100_000):
        await store.append(ROOM, ana.say(1 + number % 7), durable=number % 2 == 0)
        print(len(ana.entries), flush=True)

asyncio.run(main())
"""


@pytest.mark.parametrize("after", [3, 40, 101])
async def test_kill_9_loses_nothing_that_was_acknowledged(path: Path, after: int) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WRITE_FOR_EVER, str(path), cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout
    async with asyncio.timeout(SECONDS):
        acknowledged = [int(await process.stdout.readline()) for _ in range(after)][-1]
        process.send_signal(signal.SIGKILL)
        # Lines that were written before the kill count as acknowledged too.
        rest = (await process.stdout.read()).split(b"\n")[:-1]
        await process.wait()
    acknowledged = max([acknowledged, *map(int, rest)])
    store = await open_store(path)
    ana = Writer(1)
    ana.say(acknowledged + 7)
    [feed] = await store.feeds(ROOM)
    [piece] = feed.segments
    assert piece.low == 1 and acknowledged <= piece.high <= acknowledged + 7
    assert await store.run(ROOM, ana.peer, 1, piece.high) == ana.entries[: piece.high]
    await store.append(ROOM, ana.entries, durable=True)
    assert await store.run(ROOM, ana.peer, 1, acknowledged + 7) == ana.entries
    await store.close()
