"""What goes to the terminal, in bytes: over SSH this is what a slow line has to carry. By hand:

    python -m tests.bench.bench_bytes [seconds at rest]

For the app with one peer linked, and for weechat in its own buffer where it is installed (messages through its FIFO);
both in pseudo-terminals of 80 × 24 and 120 × 36 that answer no question.
"""

from __future__ import annotations

import os
import pty
import select
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from fcntl import ioctl
from functools import partial
from pathlib import Path
from termios import TIOCSWINSZ

from tests.cli.program import environment, run
from tests.machine import free_port

from .driving import row

SIZES = ((80, 24), (120, 36))
LINE = "the quick brown fox jumps over the lazy dog"
MESSAGE = "message {} of the benchmark, about as long as what people write"
MESSAGES = 15
QUIET_S = 0.6
"""Silence after which all of it has come. Presence and pings go on, and are what `at rest` counts."""
LIMIT_S = 60.0


class Screen:
    """A pseudo-terminal with a program in it."""

    def __init__(self, command: Sequence[str], env: dict[str, str], size: tuple[int, int]) -> None:
        self.seen = b""
        self.pid, self._terminal = pty.fork()
        if self.pid == 0:
            os.execvpe(command[0], list(command), env)
        self.resize(size)

    def resize(self, size: tuple[int, int]) -> None:
        ioctl(self._terminal, TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))

    def type(self, text: str) -> None:
        os.write(self._terminal, text.encode())

    def count(self, seconds: float, *, quiet: float | None = None) -> int:
        """Bytes that come within so many seconds; with `quiet`, only until nothing came for so long."""
        before, end = len(self.seen), time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            ready, _, _ = select.select([self._terminal], [], [], min(left, quiet or left))
            if not ready:
                break
            self.seen += os.read(self._terminal, 65_536)
        return len(self.seen) - before

    def after(self, act: Callable[[], object]) -> int:
        """Bytes that `act` causes."""
        act()
        return self.count(2, quiet=QUIET_S)

    def until(self, text: bytes) -> None:
        end = time.monotonic() + LIMIT_S
        while text not in self.seen:
            self.count(0.2)
            if time.monotonic() > end:
                raise TimeoutError(f"{text!r} was never drawn")

    def close(self) -> None:
        os.kill(self.pid, 9)
        os.waitpid(self.pid, 0)
        os.close(self._terminal)


@contextmanager
def app(size: tuple[int, int]) -> Iterator[tuple[Screen, Callable[[str], object]]]:
    """The app in a room with one peer; what has the peer write."""
    with tempfile.TemporaryDirectory(prefix="p2pchat-bench-") as name:
        ana, bo, port = Path(name, "ana"), Path(name, "bo"), str(free_port())
        invite = run(ana, "new", "garden").stdout
        run(bo, "join", given=invite)
        common = ("--local-port", port, "--ice-address", "127.0.0.1")
        env = environment(ana, TERM="xterm-256color", COLORTERM="truecolor", LANG="C.UTF-8")
        env.pop("COLUMNS", None), env.pop("LINES", None)
        screen = Screen([sys.executable, "-m", "p2pchat_tui", "garden", "--name", "ana", *common], env, size)
        peer = subprocess.Popen(
            [sys.executable, "-m", "p2pchat_tui", "pipe", "garden", "--name", "bo", *common],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment(bo),
        )  # fmt: skip
        assert peer.stdin
        say = peer_says(peer)
        try:
            say("hello")
            screen.until(b"hello")
            yield screen, say
        finally:
            peer.kill()
            peer.wait()
            peer.stdin.close()
            screen.close()


def peer_says(peer: subprocess.Popen[bytes]) -> Callable[[str], object]:
    """What has the peer write a message."""

    def say(text: str) -> None:
        assert peer.stdin
        peer.stdin.write(text.encode() + b"\n")
        peer.stdin.flush()

    return say


@contextmanager
def weechat(size: tuple[int, int]) -> Iterator[tuple[Screen, Callable[[str], object]]]:
    """weechat in its own buffer; what prints a message there."""
    with tempfile.TemporaryDirectory(prefix="p2pchat-bench-") as name:
        env = {**os.environ, "TERM": "xterm-256color", "LANG": "C.UTF-8", "HOME": name}
        env.pop("COLUMNS", None), env.pop("LINES", None)
        command = ["weechat-curses", "--dir", name, "--no-connect"]
        screen = Screen([*command, "-r", "/set fifo.file.enabled on", "-r", "/fifo enable"], env, size)
        try:
            screen.count(8, quiet=2)
            (fifo,) = Path(name).glob("weechat_fifo_*")

            def say(text: str) -> None:
                fifo.write_text(f"core.weechat */print -core bo\t{text}\n")

            yield screen, say
        finally:
            screen.close()


def measure(name: str, screen: Screen, say: Callable[[str], object], size: tuple[int, int], rest: float) -> None:
    """One row."""
    screen.count(6, quiet=2)
    keys = []
    for char in LINE:
        screen.type(char)
        keys.append(screen.count(0.25))
    screen.type("\x15")  # Ctrl+U: the line is empty again
    screen.count(3, quiet=QUIET_S)
    messages = [screen.after(partial(say, MESSAGE.format(number))) for number in range(MESSAGES)]
    resizes = [
        screen.after(partial(screen.resize, other)) for _ in range(3) for other in ((size[0] - 10, size[1] - 2), size)
    ]
    resting = screen.count(rest)
    figures = [f"{statistics.median(each):.0f} [{min(each)}-{max(each)}]" for each in (keys, messages, resizes)]
    row(name, f"{size[0]} × {size[1]}", *figures, f"{resting * 60 / rest:.0f}")


def main() -> None:
    """Print the table."""
    rest = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    row("", "terminal", "a key", "a message", "a resize", "a minute at rest")
    row(*["---"] * 6)
    for size in SIZES:
        with app(size) as (screen, say):
            measure("p2pchat-tui", screen, say, size, rest)
        if shutil.which("weechat-curses"):
            with weechat(size) as (screen, say):
                measure("weechat", screen, say, size, rest)


if __name__ == "__main__":
    main()
