"""Commands that only read, in a home that cannot be written: a medium, a backup, somebody else's."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from pathlib import Path

from p2pchat_tui.cli.logs import LOG_MAX
from tests.cli.program import run, run_reading_only


def test_they_read_and_write_nothing(tmp_path: Path) -> None:
    home = tmp_path / "home"
    invite = run(home, "new", "orchard").stdout
    run(home, "pipe", "orchard", "--wait", "0", given="hello\n")
    (home / "log.txt").write_bytes(b"x" * (LOG_MAX + 1))
    before = {path: path.stat().st_mtime_ns for path in home.rglob("*")}
    for arguments, told in (
        (("rooms",), "orchard"),
        (("invite", "orchard"), invite),
        (("keep", "orchard"), "all"),
        (("export", "orchard"), "hello"),
        (("export", "orchard", "--format", "jsonl"), "hello"),
    ):
        done = run_reading_only(home, *arguments)
        assert (done.returncode, done.stderr) == (0, ""), arguments
        assert told in done.stdout
    assert {path: path.stat().st_mtime_ns for path in home.rglob("*")} == before


def test_what_was_not_closed_is_read_where_its_log_has_an_index_and_else_says_so(tmp_path: Path) -> None:
    home, copy = tmp_path / "home", tmp_path / "copy"
    run(home, "new", "orchard")
    with contextlib.closing(sqlite3.connect(home / "profiles" / "default" / "rooms.db")) as db:
        db.execute("CREATE TABLE aside (number INTEGER)")
        db.commit()
        shutil.copytree(home, copy)
    log, index = (copy / "profiles" / "default" / f"rooms.db-{end}" for end in ("wal", "shm"))
    assert log.stat().st_size
    assert "orchard" in run_reading_only(copy, "rooms").stdout
    index.unlink()
    done = run_reading_only(copy, "rooms")
    assert done.returncode == 1 and "was not closed properly" in done.stderr and "--home" in done.stderr
    log.unlink()
    assert "orchard" in run_reading_only(copy, "rooms").stdout
