"""What the disk has damaged is found, set aside and never shown; what is whole stays."""

# ruff: noqa: ASYNC240 — the test waits for its own small files, and nothing else runs meanwhile

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from p2pchat_tui.ports.store import EntriesDamaged, KnownPeer, StoreDamaged, StoreError
from p2pchat_tui.ssc.body import Edit, Profile, React, Say
from p2pchat_tui.store.sqlite import SqliteStore, open_store
from tests.contracts.store import ROOM, Writer, in_order, saved_room, segment

FLIPS = 300


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "rooms.db"


async def filled(path: Path) -> Writer:
    """A database with twelve messages of one author, closed."""
    ana = Writer(1)
    ana.say(12)
    store = await open_store(path)
    await store.save_room(saved_room("orchard"))
    await store.append(ROOM, ana.entries, durable=True)
    await store.close()
    return ana


def execute(path: Path, statement: str, values: tuple[Any, ...] = ()) -> None:
    other = sqlite3.connect(path)
    assert other.execute(statement, values).rowcount == 1
    other.commit()
    other.close()


def flipped(column: str, bit: int = 0) -> Callable[[Path], None]:
    """Turn one bit of the column of entry 5 over."""

    def flip(path: Path) -> None:
        other = sqlite3.connect(path)
        [value] = other.execute(f"SELECT {column} FROM entry WHERE seq = 5").fetchone()
        other.close()
        if isinstance(value, int):
            changed: Any = value ^ 1 << bit
        else:
            raw = value.encode() if isinstance(value, str) else value
            changed = bytes([raw[0] ^ 1 << bit]) + raw[1:]
            changed = changed.decode() if isinstance(value, str) else changed
        execute(path, f"UPDATE entry SET {column} = ? WHERE seq = 5", (changed,))

    return flip


@pytest.mark.parametrize(
    ("column", "call"),
    [
        *((column, "run") for column in ("body", "stamp", "prev", "signature", "hash", "kind", "sum", "room", "feed")),
        *((column, "newest") for column in ("body", "stamp", "prev", "signature", "hash", "kind", "sum", "seq")),
    ],
)
async def test_a_damaged_entry_is_set_aside_and_its_feed_split(path: Path, column: str, call: str) -> None:
    ana = await filled(path)
    flipped(column, 5)(path)
    store = await open_store(path)
    left = [entry for entry in ana.entries if entry.seq != 5]

    async def read() -> Any:
        return await (store.run(ROOM, ana.peer, 1, 12) if call == "run" else store.newest(ROOM, 12))

    with pytest.raises(EntriesDamaged, match="One stored message was damaged"):
        await read()
    assert in_order(await read()) == left
    assert [feed.segments for feed in await store.feeds(ROOM)] == [(segment(left[:4]), segment(left[4:]))]
    assert await store.entry(ROOM, ana.entries[4].id) is None
    aside = await store._worker.run(lambda db: db.execute("SELECT count(*) FROM damaged").fetchone()[0])
    assert aside == 1
    # A peer's copy heals it.
    await store.append(ROOM, ana.entries, durable=False)
    assert await store.run(ROOM, ana.peer, 1, 12) == ana.entries
    assert [feed.segments for feed in await store.feeds(ROOM)] == [(segment(ana.entries),)]
    await store.close()


@pytest.mark.parametrize("value", [None, 7, 1.5, "text", b"", b"short"])
@pytest.mark.parametrize("column", ["seq", "stamp", "prev", "body", "signature", "hash", "kind", "sum"])
async def test_a_column_of_another_type_is_damage(path: Path, column: str, value: Any) -> None:
    ana = await filled(path)
    other = sqlite3.connect(path)
    # As a flipped bit would: past every constraint.
    other.execute("PRAGMA writable_schema = ON")
    other.execute("UPDATE sqlite_master SET sql = replace(sql, ' NOT NULL', '') WHERE name = 'entry'")
    other.commit()
    other.close()
    if (column, value) == ("seq", 7):
        value = 700
    execute(path, f"UPDATE entry SET {column} = ? WHERE seq = 5", (value,))
    store = await open_store(path)
    with pytest.raises(EntriesDamaged):
        await store.run(ROOM, ana.peer, 1, 12)
    assert [entry.seq for entry in await store.run(ROOM, ana.peer, 1, 12)] == [1, 2, 3, 4, *range(6, 13)]
    await store.close()


async def test_a_missing_entry_is_missed(path: Path) -> None:
    ana = await filled(path)
    execute(path, "DELETE FROM entry WHERE seq = 5")
    store = await open_store(path)
    with pytest.raises(EntriesDamaged, match="One stored message"):
        await store.run(ROOM, ana.peer, 1, 12)
    # Nothing could be set aside; the feed now says what there is.
    assert [entry.seq for entry in await store.run(ROOM, ana.peer, 1, 12)] == [1, 2, 3, 4, *range(6, 13)]
    assert len((await store.feeds(ROOM))[0].segments) == 2
    await store.close()


@pytest.mark.parametrize("column", ["segments", "sum"])
async def test_damaged_segments_are_built_anew(path: Path, column: str) -> None:
    ana = await filled(path)
    change = "x'00' || substr(segments, 2) || x'01'" if column == "segments" else "sum + 1"
    execute(path, f"UPDATE feed SET {column} = {change}")
    store = await open_store(path)
    assert (await store.feeds(ROOM))[0].segments == (segment(ana.entries),)
    assert await store.run(ROOM, ana.peer, 1, 12) == ana.entries
    await store.close()


async def test_entries_whose_feed_is_lost_do_not_look_like_a_new_feed(path: Path) -> None:
    ana = await filled(path)
    execute(path, "DELETE FROM feed")
    store = await open_store(path)
    with pytest.raises(EntriesDamaged, match="12 stored messages were damaged"):
        await store.append(ROOM, ana.entries[:1], durable=True)
    assert await store.feeds(ROOM) == []
    await store.append(ROOM, ana.entries, durable=True)
    assert await store.run(ROOM, ana.peer, 1, 12) == ana.entries
    await store.close()


async def test_a_damaged_author_takes_nobody_elses_name(path: Path) -> None:
    ana = await filled(path)
    execute(path, "UPDATE feed SET author = ?", (Writer(2).peer,))
    store = await open_store(path)
    with pytest.raises(EntriesDamaged):
        await store.newest(ROOM, 12)
    assert await store.newest(ROOM, 12) == []
    await store.append(ROOM, ana.entries, durable=False)
    assert (await store.feeds(ROOM))[0].author == ana.peer
    await store.close()


async def test_a_damaged_table_of_rooms_stops_everything_untouched(path: Path) -> None:
    await filled(path)
    execute(path, "UPDATE room SET room = zeroblob(16)")
    before = path.read_bytes()
    store = await open_store(path)
    for _ in range(2):
        with pytest.raises(StoreDamaged, match="put a backup in its place"):
            await store.feeds(ROOM)
    with pytest.raises(StoreDamaged):
        await store.rooms()
    await store.close()
    assert path.read_bytes() == before


async def test_a_damaged_saved_room_is_named_once(path: Path) -> None:
    ana = await filled(path)
    execute(path, "UPDATE saved SET secret = zeroblob(16)")
    store = await open_store(path)
    with pytest.raises(StoreError, match="“orchard” was damaged") as caught:
        await store.rooms()
    assert "00" not in str(caught.value)
    assert await store.rooms() == []
    assert await store.run(ROOM, ana.peer, 1, 12) == ana.entries
    await store.close()


async def test_a_damaged_peer_is_left_out(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    ana, bo = Writer(1).peer, Writer(2).peer
    store = await open_store(path)
    whole = KnownPeer(bo, 2, "bo", {ana: ((1, 9),)})
    await store.save_peers(ROOM, [KnownPeer(ana, 1, "ana", {}), whole])
    execute(path, "UPDATE peer SET vector = ? WHERE name = 'ana'", (b"{",))
    assert await store.peers(ROOM) == [whole]
    assert "left out" in caplog.text
    await store.close()


async def test_an_index_that_leads_astray_is_built_anew(path: Path) -> None:
    ana = await filled(path)
    other = sqlite3.connect(path, isolation_level=None)
    # Two indexes change places with each other's pages: every entry is found at a wrong key.
    other.execute("PRAGMA writable_schema = ON")
    [pages] = [dict(other.execute("SELECT name, rootpage FROM sqlite_master WHERE type = 'index'").fetchall())]
    for name, page in (("entry_order", pages["entry_seq"]), ("entry_seq", pages["entry_order"])):
        other.execute("UPDATE sqlite_master SET rootpage = ? WHERE name = ?", (page, name))
    other.close()
    store = await open_store(path)
    assert await store.run(ROOM, ana.peer, 1, 12) == ana.entries
    assert await store.newest(ROOM, 12) == ana.entries[::-1]
    sound = await store._worker.run(lambda db: db.execute("PRAGMA integrity_check").fetchall())
    assert sound == [(b"ok",)]
    await store.close()


async def test_a_schema_that_is_no_text_is_damage(path: Path) -> None:
    await filled(path)
    content = path.read_bytes()
    at = content.index(b"CREATE TABLE entry")
    path.write_bytes(content[:at] + b"CREATE TABLE entry".replace(b"C", b"\xc5") + content[at + 18 :])
    with pytest.raises(StoreDamaged):
        await (await open_store(path)).close()


# ------------------------------------------------------------------------------------------------------- bit flips


async def test_a_flipped_bit_never_becomes_a_wrong_text(path: Path) -> None:
    """After each of 300 seeded flips, what is read is what was written, or an error tells.

    A flip inside an index may still hide an entry from a list: less is allowed here, other is not.
    """
    writers = [Writer(number) for number in (1, 2, 3)]
    for writer in writers:
        writer.write(Profile(f"author {writer.peer.tag}"))
        writer.say(12)
        writer.write(Edit(writer.entries[3].id.text, "edited"))
        writer.write(React(writers[0].entries[4].id.text, "+"))
        writer.write(Say("a long one " * 740))
    entries = in_order([entry for writer in writers for entry in writer.entries])
    known = KnownPeer(writers[0].peer, 5, "ana", {writers[1].peer: ((1, 16),)})
    store = await open_store(path)
    await store.save_room(saved_room("orchard"))
    await store.append(ROOM, entries, durable=False)
    await store.save_peers(ROOM, [known])
    expected = await everything(store, writers)
    await store.close()
    assert expected["newest"] == entries[::-1]
    content = path.read_bytes()
    chance = random.Random(1)
    told = 0
    for _ in range(FLIPS):
        at = chance.randrange(len(content))
        damaged = bytearray(content)
        damaged[at] ^= 1 << chance.randrange(8)
        path.write_bytes(damaged)
        told += await is_told(path, writers, expected)
    # Most bits of a database are content: a checker that sees nothing would pass the comparisons, but not this.
    assert told > FLIPS // 4


async def is_told(path: Path, writers: list[Writer], expected: dict[str, list[Any]]) -> bool:
    """Whether opening or reading reported the damage. What is read is what was written, or less of it."""
    try:
        store = await open_store(path)
    except StoreError:
        return True
    told = False
    try:
        for _ in range(3):
            try:
                found = await everything(store, writers)
            except StoreError:
                told = True
                continue
            for what, values in found.items():
                whole = [value for value in expected[what] if value in values]
                assert what == "feeds" or values == whole, f"{what} differs"
            break
    finally:
        await close_damaged(store)
    return told


async def close_damaged(store: SqliteStore) -> None:
    try:
        await store.close()
    except StoreError as error:
        assert isinstance(error, StoreDamaged)


async def everything(store: SqliteStore, writers: list[Writer]) -> dict[str, list[Any]]:
    """What can be read, by every method."""
    first = writers[0].entries
    found: dict[str, list[Any]] = {
        "rooms": await store.rooms(),
        "feeds": await store.feeds(ROOM),
        "peers": await store.peers(ROOM),
        "newest": await store.newest(ROOM, 100),
        "messages": await store.messages(ROOM, 100),
        "about": await store.about(ROOM, [entry.id for entry in first]),
        "latest": await store.latest(ROOM, "profile"),
        "entry": [entry for entry in [await store.entry(ROOM, first[2].id)] if entry],
    }
    for feed in found["feeds"]:
        found[f"run {feed.author.tag}"] = await store.run(ROOM, feed.author, 1, 100)
        held = [seq for each in feed.segments for seq in range(each.low, each.high + 1)]
        assert [entry.seq for entry in found[f"run {feed.author.tag}"]] == held
    return found


async def test_a_repair_keeps_how_far_a_feed_was_pruned(path: Path) -> None:
    ana = await filled(path)
    store = await open_store(path)
    assert await store.prune(ROOM, ana.entries[3].stamp) == 3
    await store.close()
    flipped("body")(path)
    store = await open_store(path)
    with pytest.raises(EntriesDamaged):
        await store.run(ROOM, ana.peer, 1, 12)
    (feed,) = await store.feeds(ROOM)
    assert feed.floor == 4
    assert [(piece.low, piece.high) for piece in feed.segments] == [(4, 4), (6, 12)]
    await store.close()
