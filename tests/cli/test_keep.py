"""`keep`, and `--keep` of `new` and `join`: how much of a room stays on this machine."""

from __future__ import annotations

from pathlib import Path

from tests.cli.program import run


def test_how_much_is_kept_can_be_told_and_changed(tmp_path: Path) -> None:
    assert run(tmp_path, "new", "orchard").returncode == 0
    assert run(tmp_path, "keep", "orchard").stdout == "all\n"
    assert run(tmp_path, "keep", "orchard", "2").stdout == "2\n"
    assert run(tmp_path, "keep", "Orchard").stdout == "2\n"
    for text in ("one", "two", "three", "four"):
        assert run(tmp_path, "pipe", "orchard", "--wait", "0", given=text + "\n").returncode == 3
    assert run(tmp_path, "keep", "orchard", "30 days").stdout == "30d\n"
    done = run(tmp_path, "pipe", "orchard", "--json", given='{"do":"history","limit":9}\n{"do":"leave"}\n')
    assert '"three"' in done.stdout
    assert '"four"' in done.stdout
    assert '"one"' not in done.stdout


def test_what_erases_messages_asks_first(tmp_path: Path) -> None:
    run(tmp_path, "new", "orchard")
    run(tmp_path, "pipe", "orchard", "--wait", "0", given="one\ntwo\nthree\n")
    done = run(tmp_path, "keep", "orchard", "1")
    assert done.returncode == 2
    assert "Erase 2 messages of orchard" in done.stderr and "--yes" in done.stderr
    assert run(tmp_path, "keep", "orchard").stdout == "all\n"
    assert "one" in run(tmp_path, "export", "orchard").stdout
    assert run(tmp_path, "keep", "orchard", "1", "--yes").returncode == 0
    left = run(tmp_path, "export", "orchard").stdout
    assert "three" in left and "two" not in left
    assert run(tmp_path, "keep", "orchard", "5").returncode == 0


def test_to_join_once_more_erases_nothing(tmp_path: Path) -> None:
    invite = run(tmp_path, "new", "orchard", "--keep", "30d").stdout
    done = run(tmp_path, "join", "--keep", "1", given=invite)
    assert done.returncode == 1 and "saved already, as orchard" in done.stderr
    assert run(tmp_path, "keep", "orchard").stdout == "30d\n"
    assert run(tmp_path, "join", "--keep", "30d", given=invite).returncode == 0


def test_words_that_say_nothing_change_nothing(tmp_path: Path) -> None:
    run(tmp_path, "new", "orchard", "--keep", "7d")
    done = run(tmp_path, "keep", "orchard", "a bit")
    assert done.returncode == 2
    assert "30d" in done.stderr
    assert run(tmp_path, "keep", "orchard").stdout == "7d\n"
    assert run(tmp_path, "new", "other", "--keep", "some").returncode == 2
    assert run(tmp_path, "keep", "other").returncode == 1


def test_nothing_on_disk_is_decided_once(tmp_path: Path) -> None:
    invite = run(tmp_path, "new", "orchard", "--keep", "none").stdout
    assert run(tmp_path, "keep", "orchard").stdout == "none\n"
    done = run(tmp_path, "pipe", "orchard", "--wait", "0", given="between us\n")
    assert done.returncode == 3
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or b"between us" not in path.read_bytes(), path
    again = run(tmp_path, "pipe", "orchard", "--json", given='{"do":"history","limit":9}\n{"do":"leave"}\n')
    assert "between us" not in again.stdout
    assert run(tmp_path, "keep", "orchard", "all").returncode == 1
    assert run(tmp_path, "join", "--keep", "all", given=invite).returncode == 1
    assert run(tmp_path, "forget", "orchard", "--yes").returncode == 0
    assert run(tmp_path, "join", "--keep", "all", given=invite).returncode == 0
    assert run(tmp_path, "keep", "orchard").stdout == "all\n"
