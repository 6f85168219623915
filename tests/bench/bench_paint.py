"""Time from the start of the process to the first paint, beside a Textual app with one label; and memory. By hand:

    python -m tests.bench.bench_paint [rounds]

Both run in a pseudo-terminal of 100 × 30, in turn, so that a machine that drifts drifts for both. Of the program also:
until a key that was pressed at the first text is on the screen, and until the room is there, which is opened by name.
"""

from __future__ import annotations

import os
import pty
import select
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from fcntl import ioctl
from pathlib import Path
from termios import TIOCSWINSZ
from typing import NamedTuple

EMPTY = """
from textual.app import App
from textual.widgets import Static

class Empty(App):
    def compose(self):
        yield Static("No account")

Empty().run()
"""
LABEL = b"No account"
ROOM = "orchard"
FRAME = b"opening"
"""What the first frame says."""
KEY = b"\xc3\xa6"
"""A key that stands nowhere else on the screen."""
THERE = b"#orchard"
"""What the top line says once the room is open."""
LIMIT_S = 60.0


class Paint(NamedTuple):
    """What was measured of one start."""

    seconds: tuple[float, ...]
    """From the start of the process until each of the marks was on the screen."""
    cpu: float
    """CPU seconds of all its threads at the first mark."""
    resident: float
    """MB at the first mark."""


def start(command: Sequence[str], env: dict[str, str], marks: Sequence[bytes], key: bytes = b"") -> Paint:
    """Start a program, press `key` at the first of `marks`, and end it at the last."""
    began = time.perf_counter()
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvpe(command[0], list(command), env)
    ioctl(terminal, TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    seen, taken = b"", list[float]()
    cpu = resident = 0.0
    try:
        while len(taken) < len(marks):
            ready, _, _ = select.select([terminal], [], [], LIMIT_S)
            if not ready:
                raise TimeoutError(f"never seen: {marks[len(taken)]!r}")
            seen += os.read(terminal, 65536)
            while len(taken) < len(marks) and marks[len(taken)] in seen:
                taken.append(time.perf_counter() - began)
                if len(taken) == 1:
                    cpu, resident = _cpu(pid), _resident(pid)
                    os.write(terminal, key)
    finally:
        os.kill(pid, 9)
        os.waitpid(pid, 0)
        os.close(terminal)
    return Paint(tuple(taken), cpu, resident)


def _cpu(pid: int) -> float:
    threads = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e9


def _resident(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def spread(values: Sequence[float], factor: float = 1000, digits: int = 0) -> str:
    """`median [least-most]`."""
    scaled = sorted(value * factor for value in values)
    return f"{statistics.median(scaled):.{digits}f} [{scaled[0]:.{digits}f}-{scaled[-1]:.{digits}f}]"


def main() -> None:
    """Print medians and the ratios pair by pair."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    with tempfile.TemporaryDirectory() as home:
        env = {**os.environ, "TERM": "xterm-256color", "P2PCHAT_HOME": home, "P2PCHAT_LOCAL_PORT": "0"}
        env["P2PCHAT_ICE_ADDRESS"] = "127.0.0.1"
        for name in ("COLUMNS", "LINES", "PYTHONDONTWRITEBYTECODE"):  # as installed: compiled once
            env.pop(name, None)
        program = [sys.executable, "-m", "p2pchat_tui"]
        subprocess.run([*program, "new", ROOM], env=env, check=True, capture_output=True)
        ours: list[Paint] = []
        theirs: list[Paint] = []
        for number in range(rounds + 1):
            pair = (
                start([*program, ROOM], env, (FRAME, KEY, THERE), KEY),
                start([sys.executable, "-c", EMPTY], env, (LABEL,)),
            )
            if number:  # the first round fills the caches
                ours.append(pair[0])
                theirs.append(pair[1])
    for name, rows in (("p2pchat-tui", ours), ("one label", theirs)):
        memory = statistics.median(row.resident for row in rows)
        first, cpu = spread([row.seconds[0] for row in rows]), spread([row.cpu for row in rows])
        print(f"{name:<12} first paint {first} ms, CPU {cpu} ms, memory {memory:.0f} MB")
    for what, number in (("the key that was pressed then", 1), ("the room", 2)):
        print(f"{what} {spread([row.seconds[number] for row in ours])} ms")
    pairs = list(zip(ours, theirs, strict=True))
    print(f"ratio, pair by pair: {spread([one.seconds[0] / two.seconds[0] for one, two in pairs], 1, 2)}")
    print(f"ratio of CPU times: {spread([one.cpu / two.cpu for one, two in pairs], 1, 2)}")


if __name__ == "__main__":
    main()
