"""The people whom a profile knows, in the database: what runs in the connection's thread, one call at a time."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Sequence

from ..ssc.people import Person
from .ledger import Ledger
from .rows import PERSON_COLUMNS, Unsound, person_of, person_row

logger = logging.getLogger(__name__)

_SAVE = f"REPLACE INTO person ({PERSON_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_DROP = """DELETE FROM person WHERE decided = 0
    AND peer NOT IN (SELECT peer FROM peer) AND peer NOT IN (SELECT author FROM feed)"""


def people(ledger: Ledger) -> list[Person]:
    """See Store.people."""
    return read_people(ledger.db)


def read_people(db: sqlite3.Connection) -> list[Person]:
    """Everybody in the database. What is damaged is left out: that key is seen for the first time once more."""
    found: list[Person] = []
    for row in db.execute(f"SELECT {PERSON_COLUMNS} FROM person ORDER BY peer").fetchall():
        try:
            found.append(person_of(row))
        except Unsound as error:
            logger.warning("left out what was known of a person: %s", str(error))
    return found


def save_people(ledger: Ledger, known: Sequence[Person]) -> None:
    """See Store.save_people."""
    if known:
        with ledger.writing():
            ledger.db.executemany(_SAVE, [person_row(each) for each in known])


def drop_unmet(db: sqlite3.Connection) -> None:
    """In the transaction that erased a room: let go of those who were in no other one, and about whom nothing was
    decided.
    """
    db.execute(_DROP)
