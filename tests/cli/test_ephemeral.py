"""`--ephemeral`: people meet and talk, and not one file is written."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.program import LIMIT_S, environment, run

WATCHED = """
import os, sys
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
def hear(event, arguments):
    if event == "open":
        path, mode, flags = arguments
        if isinstance(path, int) or not (flags or 0) & WRITES:
            return
    elif event in ("sqlite3.connect", "os.mkdir", "os.rename", "os.link", "os.symlink"):
        path = arguments[0]
    else:
        return
    if str(path) != os.devnull:
        os.write(2, f"WRITES {path}\\n".encode())
sys.addaudithook(hear)
from p2pchat_tui.__main__ import main
sys.exit(main())
"""
"""The program, telling of every file that it opens to write."""


def watched(home: Path, *arguments: str, given: str, **more: str) -> subprocess.CompletedProcess[str]:
    env = environment(home, PYTHONDONTWRITEBYTECODE="1", HOME=str(home), TMPDIR=str(home), **more)
    command = [sys.executable, "-c", WATCHED, *arguments]
    return subprocess.run(command, input=given, capture_output=True, text=True, env=env, cwd=home, timeout=LIMIT_S)


@pytest.mark.slow
def test_no_file_is_written(tmp_path: Path) -> None:
    made, home = tmp_path / "made", tmp_path / "home"
    home.mkdir()
    invite = run(made, "new", "orchard").stdout.strip()
    lines = '{"do":"say","text":"nobody will know"}\n{"do":"history","limit":5}\n{"do":"leave"}\n'
    done = watched(home, "--ephemeral", "pipe", "orchard", "--json", given=lines, P2PCHAT_INVITE=invite)
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert [each["text"] for each in events if each["event"] == "message"][:1] == ["nobody will know"], done.stderr
    assert "WRITES" not in done.stderr
    assert list(home.rglob("*")) == []
    assert done.returncode in (0, 3)


@pytest.mark.slow
def test_the_watch_would_have_seen_it(tmp_path: Path) -> None:
    made, home = tmp_path / "made", tmp_path / "home"
    home.mkdir()
    invite = run(made, "new", "orchard").stdout.strip()
    assert watched(home, "join", given=invite).stderr.count("WRITES") > 3


@pytest.mark.parametrize("command", ["new", "join", "rooms", "invite", "keep", "forget", "export"])
def test_saved_rooms_and_keeping_nothing_do_not_go_together(command: str, tmp_path: Path) -> None:
    room = [] if command == "rooms" else ["orchard"]
    done = run(tmp_path / "home", "--ephemeral", command, *room)
    assert (done.returncode, done.stdout) == (2, "")
    assert "--ephemeral goes with the app and with pipe" in done.stderr and len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "home").exists()
    assert "--ephemeral" not in run(tmp_path / "home", command, "--help").stdout
