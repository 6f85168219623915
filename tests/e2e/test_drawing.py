"""What a real terminal shows after much has changed is what it shows when everything is drawn again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.program import run
from tests.e2e.tmux import MISSING, Terminal

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(MISSING), reason=MISSING or "tmux")]


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    terminal = Terminal(tmp_path, 100, 30)
    yield terminal
    terminal.close()


def test_nothing_stale_stays_on_the_screen(tmp_path: Path, terminal: Terminal) -> None:
    assert run(tmp_path, "new", "garden").returncode == 0
    window = terminal.open(tmp_path, "garden", "--name", "ana", "--local-port", "0")
    window.until("#garden")
    for text in ("plain words", "party 🎉 and 世界 and é", "**bold** `code`", "/topic apples"):
        window.type(text)
    window.until("apples")
    window.keys("F1")
    window.until("Esc closes")
    window.keys("Escape")
    window.until(lambda screen: "Esc closes" not in screen)
    window.keys("C-t")
    window.until(lambda screen: "people" not in screen.split("\n")[1])
    window.type("once more 🎉")
    window.until("once more")
    terminal.tmux("resize-window", "-t", "w0", "-x", "92", "-y", "26")
    window.until(lambda screen: max(map(len, screen.split("\n"))) <= 92)
    window.keys("h", "a", "l", "f")
    window.until("half")

    def look() -> str:
        return terminal.tmux("capture-pane", "-p", "-e", "-t", "w0")

    before = look()
    tty = terminal.tmux("display-message", "-p", "-t", "w0", "#{pane_tty}").strip()
    Path(tty).write_text("\x1b[5;5HSOMEBODY ELSE WROTE HERE")
    window.until("SOMEBODY ELSE")
    window.keys("C-l")
    # Half of it may be drawn when one looks.
    window.until(lambda _: look() == before, "the same as before")
