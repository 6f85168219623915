"""Full-text search over the database: what runs in the connection's thread, one call at a time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..ports.store import Hit, Search
from ..ssc.body import Edit, Say, decode_body
from ..ssc.ids import RoomId, Stamp
from ..ssc.terms import Term, has_link, words_of
from .ledger import Ledger
from .rows import STAMP_SHIFT

LINK = "link"
"""The facet of texts with a web address."""

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
    query = f"SELECT room, entry, rowid FROM search WHERE {' AND '.join(conditions)} ORDER BY rowid DESC LIMIT ?"
    found: list[Hit] = []
    for room, number, place in ledger.db.execute(query, (*values, search.limit)).fetchall():
        row = ledger.db.execute(_ONE, (number,)).fetchone()
        if row is None:
            continue  # damaged: a repair makes the tables anew
        author = ledger.directory.feed(row[0]).author
        entries = ledger.run(rooms[room], author, row[1], row[1])
        found += [Hit(rooms[room], entry, Stamp(place + STAMP_SHIFT)) for entry in entries]
    return found


def _conditions(ledger: Ledger, search: Search, rooms: dict[int, RoomId]) -> tuple[list[str], list[Any]]:
    conditions, values = ["TRUE"], list[Any]()
    wanted = _wanted(ledger, search, rooms)
    if wanted:
        conditions.append("search MATCH ?")
        values.append(wanted)
    if search.before is not None:
        conditions.append("rowid < ?")
        values.append(search.before - STAMP_SHIFT)
    if search.after is not None:
        conditions.append("rowid >= ?")
        values.append(search.after - STAMP_SHIFT)
    return conditions, values


def _wanted(ledger: Ledger, search: Search, rooms: dict[int, RoomId]) -> str:
    """What FTS5 shall look for, in its language; empty: everything."""
    parts = [f"words : {_phrase(term)}" for term in search.terms if term.words]
    if search.authors is not None:
        feeds = (ledger.directory.feed_by(room, author) for room in rooms.values() for author in search.authors)
        parts.append(_any(f"f{feed.number}" for feed in feeds if feed))
    if len(rooms) < ledger.db.execute("SELECT count(*) FROM room").fetchone()[0]:
        parts.append(_any(f"r{room}" for room in rooms))
    if search.has_link:
        parts.append(_any([LINK]))
    return " AND ".join(parts)


def _phrase(term: Term) -> str:
    # Words have neither quotes nor blanks in them, whatever was typed.
    return f'"{" ".join(term.words)}"{"" if term.whole else " *"}'


def _any(facets: Iterable[str]) -> str:
    return f"facets : ({' OR '.join(sorted(facets)) or 'none'})"


def _index_one(ledger: Ledger, number: int, room: int, feed: int, stamp: int, body: bytes) -> None:
    said = decode_body(body)
    if not isinstance(said, Say | Edit):
        return
    place = stamp
    while ledger.db.execute(_FREE, (place,)).fetchone():
        place += 1
    ledger.db.execute("INSERT INTO search_place VALUES (?, ?)", (number, place))
    words = " ".join(word.text for word in words_of(said.text))
    facets = f"r{room} f{feed}{f' {LINK}' if has_link(said.text) else ''}"
    ledger.db.execute(
        "INSERT INTO search (rowid, words, facets, room, entry) VALUES (?, ?, ?, ?, ?)",
        (place, words, facets, room, number),
    )
