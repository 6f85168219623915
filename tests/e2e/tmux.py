"""Real terminal windows, in a tmux server of their own: keys in, screens out."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.cli.program import environment

LIMIT_S = 60
"""Seconds for something to appear: far more than it takes, since the machine may be busy."""
LOOK_S = 0.1
"""Between two looks at a screen."""

MISSING = "tmux is not installed" if shutil.which("tmux") is None else ""
"""Why windows cannot be opened here; empty when they can."""


class Terminal:
    """A tmux server with windows of one size; to be closed."""

    def __init__(self, folder: Path, width: int = 110, height: int = 34) -> None:
        # A socket's path may be only about a hundred bytes long.
        self._socket = os.path.relpath(folder / "tmux") if len(str(folder)) > 90 else str(folder / "tmux")
        self._folder = folder
        self._width, self._height = str(width), str(height)
        self.windows: list[Window] = []

    def tmux(self, *arguments: str, given: str | None = None) -> str:
        """Run one tmux command; what it prints."""
        done = subprocess.run(
            ["tmux", "-S", self._socket, "-f", "/dev/null", *arguments],
            input=given,
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=True,
        )
        return done.stdout

    def open(self, home: Path, *arguments: str) -> Window:
        """A window in which the program runs with `arguments`; it stays when the program ends."""
        env = environment(home, TERM="xterm-256color", LANG="C.UTF-8", PYTHONUTF8="1", **options(arguments))
        wanted = {key: value for key, value in env.items() if key.startswith(("P2PCHAT_", "PYTHON", "LANG", "PATH"))}
        program = [sys.executable, "-m", "p2pchat_tui", *arguments]
        name = f"w{len(self.windows)}"
        notes = self._folder / name
        # A size in the environment would win over the window's own.
        command = shlex.join(
            [
                "exec",
                "env",
                "-u",
                "COLUMNS",
                "-u",
                "LINES",
                *(f"{key}={value}" for key, value in wanted.items()),
                *program,
            ]
        )
        # The shell notes both: tmux itself does not always learn how a pane's program ended.
        pid, end = shlex.quote(f"{notes}.pid"), shlex.quote(f"{notes}.end")
        line = f"sh -c {shlex.quote(f'echo $$ >{pid}; {command}')}; echo $? >{end}"
        self.tmux(
            *("start-server", ";", "set-option", "-g", "remain-on-exit", "on", ";"),
            *("new-session", "-d", "-x", self._width, "-y", self._height, "-s", name, line),
        )
        window = Window(self, name, notes)
        self.windows.append(window)
        return window

    def close(self) -> None:
        """End the server and all that runs in it."""
        for window in self.windows:
            window.kill()
        subprocess.run(["tmux", "-S", self._socket, "kill-server"], capture_output=True, check=False)


def options(arguments: tuple[str, ...]) -> dict[str, str]:
    """What no window may do: look for others outside of this machine's loopback."""
    return {"P2PCHAT_ICE_ADDRESS": "127.0.0.1"} if "demo" not in arguments else {}


class Window:
    """One window."""

    def __init__(self, terminal: Terminal, name: str, notes: Path) -> None:
        self._terminal = terminal
        self._pid = notes.with_suffix(".pid")
        self._end = notes.with_suffix(".end")
        self._name = name

    @property
    def screen(self) -> str:
        """What is on it now, long lines joined."""
        return self._terminal.tmux("capture-pane", "-p", "-J", "-t", self._name)

    def until(self, fits: str | Callable[[str], bool], what: str = "") -> str:
        """The screen, once a text is on it or it fits."""
        deadline = time.monotonic() + LIMIT_S
        while True:
            screen = self.screen
            if fits in screen if isinstance(fits, str) else fits(screen):
                return screen
            assert time.monotonic() < deadline, f"never seen: {what or fits}\n{screen}"
            time.sleep(LOOK_S)

    def keys(self, *keys: str) -> None:
        """Press keys by their tmux names."""
        self._terminal.tmux("send-keys", "-t", self._name, *keys)

    def press(self, *keys: str, until: str) -> None:
        """Press keys until `until` is on the screen: whoever presses before a field is there must press again."""
        deadline = time.monotonic() + LIMIT_S
        while until not in self.screen:
            assert time.monotonic() < deadline, f"never seen: {until}\n{self.screen}"
            self.keys(*keys)
            time.sleep(LOOK_S)

    def type(self, text: str) -> None:
        """Type `text` and Enter."""
        self._terminal.tmux("send-keys", "-t", self._name, "-l", text)
        self.keys("Enter")

    def paste(self, text: str) -> None:
        """Paste `text` as a terminal does."""
        self._terminal.tmux("load-buffer", "-", given=text)
        self._terminal.tmux("paste-buffer", "-p", "-d", "-t", self._name)

    def kill(self) -> None:
        """As a power cut would."""
        if not self._end.exists():
            os.kill(int(self._pid.read_text()), signal.SIGKILL)

    def ended(self) -> int:
        """The program's exit code, 128 and more for a signal, once it has ended."""
        deadline = time.monotonic() + LIMIT_S
        while not (self._end.exists() and (end := self._end.read_text().strip())):
            assert time.monotonic() < deadline, f"did not end\n{self.screen}"
            time.sleep(LOOK_S)
        return int(end)
