"""The terminal is found plain by whoever writes on it next, and drawn on by Textual alone where we do not know it."""

from __future__ import annotations

import os
import pty
import select
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.widgets import Static

from p2pchat_tui.ui.terminal import TerminalApp

PLAIN = "\x1b[m"
ROOT = Path(__file__).resolve().parent.parent.parent
LIMIT_S = 30.0


class Small(TerminalApp):
    """One line on an otherwise empty screen."""

    CSS = "Static { color: #a0b0c0; background: #102030; }"

    def __init__(self) -> None:
        super().__init__(lambda: 0.0)

    def compose(self) -> ComposeResult:
        """See App."""
        yield Static("hello")

    def on_mount(self) -> None:
        """Take the terminal."""
        self.take_terminal()

    def on_unmount(self) -> None:
        """Give it back."""
        self.leave_terminal()


async def drawn(pilot: Pilot[str], written: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Have what goes to the terminal put into `written`, and all of it drawn anew."""
    app = pilot.app
    assert isinstance(app, Small) and app._driver
    monkeypatch.setattr(Small, "is_headless", False)
    monkeypatch.setattr(app._driver, "write", written.append)
    app.action_redraw()
    await pilot.pause()
    assert any("hello" in each for each in written)


@pytest.fixture
def written() -> Iterator[list[str]]:
    """What was written, and `stopped` where a driver would stop the program."""
    out: list[str] = []
    before = signal.signal(signal.SIGTSTP, lambda *_: out.append("stopped"))
    yield out
    signal.signal(signal.SIGTSTP, before)


async def test_who_stops_or_ends_it_finds_no_colours_of_ours(
    written: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Small().run_test() as pilot:
        await drawn(pilot, written, monkeypatch)
        assert not written[-1].endswith(PLAIN), "a frame leaves the terminal in its colours"
        os.kill(os.getpid(), signal.SIGTSTP)
        assert written[-2:] == [PLAIN, "stopped"]
        await drawn(pilot, written, monkeypatch)
    assert written[-1].startswith(PLAIN)
    os.kill(os.getpid(), signal.SIGTSTP)
    assert written[-1] == "stopped", "the driver's own way is there again"


async def test_who_borrows_the_terminal_finds_no_colours_of_ours(
    written: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def suspend(_app: App[str]) -> Iterator[None]:
        written.append("lent")
        yield

    monkeypatch.setattr(App, "suspend", suspend)
    async with Small().run_test() as pilot:
        await drawn(pilot, written, monkeypatch)
        with pilot.app.suspend():
            assert written[-2:] == [PLAIN, "lent"]
        del written[:]
        await drawn(pilot, written, monkeypatch)
        assert "\x1b[0;" in "".join(written), "nothing is left out after somebody else"


async def test_another_textual_draws_by_itself(written: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("p2pchat_tui.ui.frame._pieces", lambda update: update.another_name)
    async with Small().run_test() as pilot:
        await drawn(pilot, written, monkeypatch)
        assert "".join(written).endswith("\x1b[1;1H") and "\x1b[0m" in "".join(written)


def test_it_ends_when_its_terminal_is_gone() -> None:
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(ROOT)
        program = "from tests.ui.test_terminal import Small; raise SystemExit(Small().run())"
        os.execve(sys.executable, [sys.executable, "-c", program], {**os.environ, "TERM": "xterm-256color"})
    seen = b""
    while b"hello" not in seen and select.select([terminal], [], [], LIMIT_S)[0]:
        seen += os.read(terminal, 65_536)
    assert b"hello" in seen
    os.close(terminal)
    child = os.pidfd_open(pid)
    ended, _, _ = select.select([child], [], [], LIMIT_S)
    if not ended:
        os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    os.close(child)
    assert ended, "whoever holds a profile and hangs lets nobody else have it"
