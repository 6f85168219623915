"""Runs the real program, as people do."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LIMIT_S = 60
"""Seconds after which a run that does not end is a failure; far more than any needs."""


def environment(home: Path, **more: str) -> dict[str, str]:
    """An environment in which nothing of this machine's user matters, the size of their terminal included.

    Compiled code may be kept, or each of the many programs of a run compiles the whole package: a quarter of its start.
    """
    left_out = ("PYTHONDONTWRITEBYTECODE", "COLUMNS", "LINES")
    kept = {key: value for key, value in os.environ.items() if key not in left_out and not key.startswith("P2PCHAT_")}
    return {**kept, "P2PCHAT_HOME": str(home), "P2PCHAT_LOCAL_PORT": "0", "PYTHONPATH": str(ROOT), **more}


def run(home: Path, *arguments: str, given: str | bytes = b"", **more: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, with `given` as its standard input."""
    return _ended([sys.executable, "-m", "p2pchat_tui", *arguments], home, given, **more)


def run_in_shell(home: Path, command: str, *, given: str | bytes = b"") -> subprocess.CompletedProcess[str]:
    """The same of a command line as one types it behind the program's name, for instance to close a stream: `>&-`."""
    return _ended(["/bin/sh", "-c", f"exec {sys.executable} -m p2pchat_tui {command}"], home, given)


def reading_only() -> list[str]:
    """What to put before a program so that rights count for it, as they do not for root. May skip the test."""
    if os.getuid():
        return []
    if shutil.which("setpriv") is None:
        pytest.skip("root needs setpriv to do without its privileges")
    return ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]


def run_reading_only(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a home that it cannot write."""
    before = {path: path.stat().st_mode for path in (home, *home.rglob("*"))}
    for path, mode in before.items():
        path.chmod(mode & ~0o222)
    try:
        return _ended([*reading_only(), sys.executable, "-m", "p2pchat_tui", *arguments], home, b"")
    finally:
        for path, mode in before.items():
            path.chmod(mode)


def _ended(line: list[str], home: Path, given: str | bytes, **more: str) -> subprocess.CompletedProcess[str]:
    data = given.encode() if isinstance(given, str) else given
    done = subprocess.run(
        line,
        input=data,
        capture_output=True,
        env=environment(home, **more),
        timeout=LIMIT_S,
        check=False,
    )
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())
