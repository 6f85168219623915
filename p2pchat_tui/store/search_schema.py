"""The tables for full-text search: made by a migration, made anew when they were damaged, tidied when entries go.

`search` holds the words of messages and of their edits (FTS5), as `terms` reads them: folded, with blanks between, so
that the tokenizer has nothing left to do; and in `facets` what else is asked for: `r1` the room, `f7` the author's
feed, `link`. Beginnings of one letter have an index of their own: no others are shared by so many words. A row's number
is its entry's stamp, or the next free number after it, so that the newest hits are read first without sorting.
`search_place` tells which row belongs to an entry. Entries are indexed in the order of their rows, some at a time, up
to the one in `search_state`.
"""

from __future__ import annotations

import sqlite3

MAKE = (
    """CREATE VIRTUAL TABLE search USING fts5(
        words, facets, room UNINDEXED, entry UNINDEXED, tokenize = "ascii", prefix = "1")""",
    "CREATE TABLE search_place (entry INTEGER PRIMARY KEY, place INTEGER NOT NULL UNIQUE)",
    "CREATE TABLE search_state (upto INTEGER NOT NULL)",
    "INSERT INTO search_state VALUES (0)",
)

DROP = (
    "DROP TABLE IF EXISTS search",
    "DROP TABLE IF EXISTS search_place",
    "DROP TABLE IF EXISTS search_state",
)


def tidy(db: sqlite3.Connection) -> None:
    """In the transaction that let entries go: let their texts go as well, and their words out of the index.

    (Not by a trigger: a virtual table in one counts as unsafe while the schema is not trusted.)
    """
    gone = db.execute("SELECT entry, place FROM search_place WHERE entry NOT IN (SELECT id FROM entry)").fetchall()
    db.executemany("DELETE FROM search WHERE rowid = ?", [(place,) for _, place in gone])
    db.executemany("DELETE FROM search_place WHERE entry = ?", [(entry,) for entry, _ in gone])
    # A row's number may be used again once the last row is gone.
    db.execute("UPDATE search_state SET upto = min(upto, coalesce((SELECT max(id) FROM entry), 0))")
    if gone:
        db.execute("INSERT INTO search (search) VALUES ('optimize')")
