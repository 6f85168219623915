"""The schema, as named steps in their order; the database's `user_version` counts the steps it has been through."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from . import search_schema


@dataclass(frozen=True, slots=True)
class Step:
    """One change of the schema: a transaction of its own. Steps are only ever added at the end."""

    name: str
    statements: tuple[str, ...]


STEPS: tuple[Step, ...] = (
    Step(
        "rooms, feeds and entries",
        (
            # Every room that anything is kept of. Numbers stand for rooms and authors elsewhere: rows stay small.
            "CREATE TABLE room (id INTEGER PRIMARY KEY, room BLOB NOT NULL, sum INTEGER NOT NULL)",
            # `segments`: what is held, so that opening a room reads no entries.
            """CREATE TABLE feed (
                id INTEGER PRIMARY KEY,
                room INTEGER NOT NULL REFERENCES room ON DELETE CASCADE,
                author BLOB NOT NULL, segments BLOB NOT NULL, sum INTEGER NOT NULL)""",
            # A table with rowids: bodies are long, and a dangling index entry is an error there, not a missing row.
            # `stamp` is shifted into the signed range; `kind` and `target` come from `body`; `hash` is the id.
            """CREATE TABLE entry (
                id INTEGER PRIMARY KEY,
                room INTEGER NOT NULL,
                feed INTEGER NOT NULL REFERENCES feed ON DELETE CASCADE,
                seq INTEGER NOT NULL, stamp INTEGER NOT NULL, prev BLOB NOT NULL, body BLOB NOT NULL,
                signature BLOB, hash BLOB NOT NULL, kind TEXT NOT NULL, target BLOB, sum INTEGER NOT NULL)""",
            "CREATE UNIQUE INDEX entry_seq ON entry (feed, seq)",
            "CREATE UNIQUE INDEX entry_hash ON entry (hash)",
            "CREATE INDEX entry_order ON entry (room, stamp)",
            "CREATE INDEX entry_say ON entry (room, stamp) WHERE kind = 'say'",
            "CREATE INDEX entry_target ON entry (target) WHERE target IS NOT NULL",
            "CREATE INDEX entry_kind ON entry (feed, kind, stamp) WHERE kind <> 'say'",
            # What no longer hashed to its id. Kept as it was found, and never read by the program.
            """CREATE TABLE damaged (
                id INTEGER PRIMARY KEY, room, feed, seq, stamp, prev, body, signature, hash, kind, target, sum)""",
        ),
    ),
    Step(
        "saved rooms and known peers",
        (
            """CREATE TABLE saved (
                room INTEGER PRIMARY KEY REFERENCES room ON DELETE CASCADE,
                name TEXT NOT NULL, secret BLOB NOT NULL, relay TEXT NOT NULL, opened INTEGER NOT NULL,
                sum INTEGER NOT NULL)""",
            """CREATE TABLE peer (
                room INTEGER NOT NULL REFERENCES room ON DELETE CASCADE,
                peer BLOB NOT NULL, seen INTEGER NOT NULL, name TEXT NOT NULL, vector BLOB NOT NULL,
                sum INTEGER NOT NULL,
                PRIMARY KEY (room, peer)) WITHOUT ROWID""",
        ),
    ),
    Step(
        "proofs of forks",
        (
            # No checksum: a proof is checked by the signatures in it.
            """CREATE TABLE fork (
                room INTEGER NOT NULL REFERENCES room ON DELETE CASCADE,
                author BLOB NOT NULL, seq INTEGER NOT NULL, proof BLOB NOT NULL,
                PRIMARY KEY (room, author)) WITHOUT ROWID""",
        ),
    ),
    Step(
        "settings of rooms, and feeds that were pruned",
        (
            """CREATE TABLE setting (
                room INTEGER NOT NULL REFERENCES room ON DELETE CASCADE,
                key TEXT NOT NULL, value TEXT NOT NULL, sum INTEGER NOT NULL,
                PRIMARY KEY (room, key)) WITHOUT ROWID""",
            "ALTER TABLE feed ADD COLUMN floor INTEGER NOT NULL DEFAULT 1",
        ),
    ),
    Step("search", search_schema.MAKE),
    Step(
        "people of the profile",
        (
            # `nicks` is a JSON list; `decided`: whether the user gave a pet name, verified, ignored or muted.
            """CREATE TABLE person (
                peer BLOB PRIMARY KEY, first INTEGER NOT NULL, nicks BLOB NOT NULL, alias TEXT NOT NULL,
                verified INTEGER NOT NULL, means TEXT NOT NULL, ignored INTEGER NOT NULL, muted INTEGER NOT NULL,
                doubt TEXT NOT NULL, decided INTEGER NOT NULL, sum INTEGER NOT NULL) WITHOUT ROWID""",
        ),
    ),
    # Its tables are made from the entries, so that others take their place without a loss.
    Step("search by room, author and link", (*search_schema.DROP, *search_schema.MAKE)),
)

SAVED_SINCE = 2
"""The step from which on there are saved rooms, in the form that they still have."""
SETTINGS_SINCE = 4
"""The step from which on rooms have settings."""

PEOPLE_SINCE = 1 + next(number for number, step in enumerate(STEPS) if step.name == "people of the profile")
"""The step from which on the people of the profile are known, in the form that they still have."""

VERSION = len(STEPS)
"""The schema that this version of the program knows."""


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """All of what is done inside, or nothing."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def migrate(db: sqlite3.Connection, steps: tuple[Step, ...] = STEPS) -> list[str]:
    """Take the database through the steps that it lacks; the names of those."""
    done: list[str] = []
    for number, step in enumerate(steps, 1):
        with transaction(db):
            # Read inside the transaction: another process may just have done it.
            if version_of(db) >= number:
                continue
            for statement in step.statements:
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {number}")
        done.append(step.name)
    return done


def version_of(db: sqlite3.Connection) -> int:
    """How many steps the database has been through."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])
