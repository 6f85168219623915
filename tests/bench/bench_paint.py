"""Time from the start of the process to the first paint, beside an empty Textual app; and memory. By hand:

    python -m tests.bench.bench_paint [rounds]

Both run in a pseudo-terminal of 100 × 30, in turn, so that a machine that drifts drifts for both.
"""

from __future__ import annotations

import os
import pty
import select
import statistics
import struct
import sys
import tempfile
import time
from collections.abc import Sequence
from fcntl import ioctl
from pathlib import Path
from termios import TIOCSWINSZ

EMPTY = """
from textual.app import App
from textual.widgets import Static

class Empty(App):
    def compose(self):
        yield Static("No account")

Empty().run()
"""
PAINTED = b"No account"
"""A text that is on both screens."""
LIMIT_S = 20.0


def first_paint(command: Sequence[str], env: dict[str, str], mark: bytes) -> tuple[float, float]:
    """Seconds until `mark` is on the screen, and the process's memory then, in MB."""
    start = time.perf_counter()
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvpe(command[0], list(command), env)
    ioctl(terminal, TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    seen = b""
    try:
        while mark not in seen:
            ready, _, _ = select.select([terminal], [], [], LIMIT_S)
            if not ready:
                raise TimeoutError("nothing was painted")
            seen += os.read(terminal, 65536)
        taken = time.perf_counter() - start
        resident = int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    finally:
        os.kill(pid, 9)
        os.waitpid(pid, 0)
        os.close(terminal)
    return taken, resident


def main() -> None:
    """Print medians and the ratio pair by pair."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    with tempfile.TemporaryDirectory() as home:
        env = {**os.environ, "TERM": "xterm-256color", "P2PCHAT_HOME": home, "P2PCHAT_LOCAL_PORT": "0"}
        env.pop("COLUMNS", None), env.pop("LINES", None)
        empty = [sys.executable, "-c", EMPTY]
        app = [sys.executable, "-m", "p2pchat_tui"]
        ours: list[tuple[float, float]] = []
        theirs: list[tuple[float, float]] = []
        for number in range(rounds + 1):
            pair = (
                first_paint(app, env, PAINTED),
                first_paint(empty, env, PAINTED),
            )
            if number:  # the first round fills the caches
                ours.append(pair[0])
                theirs.append(pair[1])
    for name, rows in (("p2pchat-tui", ours), ("empty Textual app", theirs)):
        times = [row[0] for row in rows]
        memory = statistics.median(row[1] for row in rows)
        print(
            f"{name:<18} first paint {statistics.median(times) * 1000:5.0f} ms "
            f"[{min(times) * 1000:.0f}-{max(times) * 1000:.0f}], memory {memory:.0f} MB"
        )
    ratios = [one[0] / two[0] for one, two in zip(ours, theirs, strict=True)]
    print(f"ratio, pair by pair: median {statistics.median(ratios):.2f} [{min(ratios):.2f}-{max(ratios):.2f}]")


if __name__ == "__main__":
    main()
