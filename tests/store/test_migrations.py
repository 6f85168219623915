"""Migrations: every step once, in its order, wholly or not at all."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest

from p2pchat_tui.store.migrations import STEPS, VERSION, Step, migrate, version_of


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    yield connection
    connection.close()


def tables(db: sqlite3.Connection) -> set[str]:
    return {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def test_an_empty_database_takes_every_step(db: sqlite3.Connection) -> None:
    assert migrate(db) == [step.name for step in STEPS]
    assert version_of(db) == VERSION == len(STEPS)
    assert {name for name in tables(db) if not name.startswith("search")} == {
        "room",
        "feed",
        "entry",
        "damaged",
        "saved",
        "peer",
        "fork",
        "setting",
        "person",
    }
    assert migrate(db) == []


def test_an_older_database_takes_the_steps_that_it_lacks(db: sqlite3.Connection) -> None:
    assert migrate(db, STEPS[:1]) == [STEPS[0].name]
    db.execute("INSERT INTO room VALUES (1, x'00', 0)")
    assert migrate(db) == [step.name for step in STEPS[1:]]
    assert db.execute("SELECT count(*) FROM room").fetchone() == (1,)


def test_a_step_that_fails_leaves_what_was_before(db: sqlite3.Connection) -> None:
    bad = Step("bad", ("CREATE TABLE half (a)", "CREATE TABLE room (a)"))
    with pytest.raises(sqlite3.OperationalError, match="already exists"):
        migrate(db, (*STEPS, bad))
    assert version_of(db) == VERSION and "half" not in tables(db)
    assert not db.in_transaction
    good = Step("good", ("CREATE TABLE whole (a)",))
    assert migrate(db, (*STEPS, good)) == ["good"]
    assert version_of(db) == VERSION + 1
