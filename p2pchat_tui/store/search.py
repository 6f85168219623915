"""Full-text search over the database: what runs in the connection's thread, one call at a time."""

from __future__ import annotations

from typing import Any

from ..ports.store import Hit, Search
from ..ssc.body import Edit, Say, decode_body
from ..ssc.ids import RoomId
from .ledger import Ledger
from .rows import STAMP_SHIFT

_NEXT = "SELECT id, room, feed, stamp, body, kind FROM entry WHERE id > ? ORDER BY id LIMIT ?"
_FREE = "SELECT 1 FROM search_place WHERE place = ?"
_ONE = "SELECT feed, seq FROM entry WHERE id = ?"


def index(ledger: Ledger, most: int) -> int:
    """See Store.index."""
    db = ledger.db
    upto = db.execute("SELECT upto FROM search_state").fetchone()[0]
    rows = db.execute(_NEXT, (upto, most)).fetchall()
    if rows:
        with ledger.writing():
            for number, room, feed, stamp, body, kind in rows:
                if kind in (b"say", b"edit"):
                    _index_one(ledger, number, room, feed, stamp, body)
            db.execute("UPDATE search_state SET upto = ?", (rows[-1][0],))
    if len(rows) < most:
        return 0
    return int(db.execute("SELECT count(*) FROM entry WHERE id > ?", (rows[-1][0],)).fetchone()[0])


def find(ledger: Ledger, search: Search) -> list[Hit]:
    """See Store.find."""
    rooms = {number: room for room in search.rooms if (number := ledger.directory.room(room)) is not None}
    if not rooms:
        return []
    conditions, values = _conditions(ledger, search, rooms)
    query = f"SELECT room, entry FROM search WHERE {' AND '.join(conditions)} ORDER BY rowid DESC LIMIT ?"
    found: list[Hit] = []
    for room, number in ledger.db.execute(query, (*values, search.limit)).fetchall():
        place = ledger.db.execute(_ONE, (number,)).fetchone()
        if place is None:
            continue  # damaged: a repair makes the tables anew
        author = ledger.directory.feed(place[0]).author
        found += [Hit(rooms[room], entry) for entry in ledger.run(rooms[room], author, place[1], place[1])]
    return found


def _conditions(ledger: Ledger, search: Search, rooms: dict[int, RoomId]) -> tuple[list[str], list[Any]]:
    conditions = [f"room IN ({', '.join(map(str, rooms))})"]
    values: list[Any] = []
    if search.words:
        conditions.append("search MATCH ?")
        values.append(" ".join(_quoted(word) for word in search.words))
    if search.authors is not None:
        feeds = [
            feed.number for room in rooms.values() for author in search.authors
            if (feed := ledger.directory.feed_by(room, author))
        ]  # fmt: skip
        conditions.append(f"feed IN ({', '.join(map(str, feeds))})")
    if search.before is not None:
        conditions.append("rowid < ?")
        values.append(search.before - STAMP_SHIFT)
    if search.after is not None:
        conditions.append("rowid >= ?")
        values.append(search.after - STAMP_SHIFT)
    if search.has_link:
        conditions.append("(text LIKE '%http://_%' OR text LIKE '%https://_%')")
    return conditions, values


def _quoted(word: str) -> str:
    """A word as FTS5 takes it for a beginning of words, whatever signs are in it."""
    return '"' + word.replace('"', '""') + '"*'


def _index_one(ledger: Ledger, number: int, room: int, feed: int, stamp: int, body: bytes) -> None:
    said = decode_body(body)
    if not isinstance(said, Say | Edit):
        return
    place = stamp
    while ledger.db.execute(_FREE, (place,)).fetchone():
        place += 1
    ledger.db.execute("INSERT INTO search_place VALUES (?, ?)", (number, place))
    values = (place, said.text, room, feed, number)
    ledger.db.execute("INSERT INTO search (rowid, text, room, feed, entry) VALUES (?, ?, ?, ?, ?)", values)
