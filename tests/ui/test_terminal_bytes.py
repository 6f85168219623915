"""What leaves the real driver: nothing of a hostile peer acts on the terminal, which is given back at the end."""

from __future__ import annotations

import os
import pty
import re
import select
import struct
import sys
from fcntl import ioctl
from pathlib import Path
from termios import TIOCSWINSZ

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
LIMIT_S = 30.0


def run_in_terminal(module: str) -> tuple[bytes, int]:
    """All that a module writes to its terminal, and its exit code."""
    env = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "COLUMNS", "LINES")}
    env.update(TERM="xterm-256color", PYTHONPATH=str(ROOT))
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(ROOT)
        os.execvpe(sys.executable, [sys.executable, "-m", module], env)
    ioctl(terminal, TIOCSWINSZ, struct.pack("HHHH", 36, 120, 0, 0))
    written = b""
    try:
        while select.select([terminal], [], [], LIMIT_S)[0]:
            part = os.read(terminal, 65536)
            if not part:
                break
            written += part
    except OSError:  # the other end is gone: that is how a terminal ends on Linux
        pass
    os.close(terminal)
    _, status = os.waitpid(pid, 0)
    return written, os.waitstatus_to_exitcode(status)


@pytest.mark.slow
def test_a_hostile_peer_only_writes_text() -> None:
    written, code = run_in_terminal("tests.ui.hostile_app")
    text = written.decode("utf-8", "strict")
    assert code == 0, text[-2000:]
    assert "that was all" in text
    assert "say" in text and "topic" in text
    for forbidden in (
        "\x1b]52",
        "\x1b]0;owned",
        "\x9d",
        "\x9b",
        "\x1bP1$r",
        "\x1bc",
        "\x1b[6n",
        "\x08",
        "\x7f",
        "\x00",
    ):
        assert forbidden not in text, repr(forbidden)
    assert not {"\u202e", "\u202c", "\u2066"} & set(text)
    links = set(re.findall("\x1b]8;[^;]*;([^\x1b]+)\x1b", text))
    assert "https://good.example/path" in links
    assert {link.split(":")[0] for link in links} == {"https"}
    assert all(link.isascii() and link.isprintable() for link in links)
    assert "␛" in text, "what was taken out leaves a picture"
    assert "[/x]" in text, "markup of others is text"
    assert text.rindex("\x1b[?1049l") > text.rindex("that was all"), "the terminal is given back"
    assert "\x1b[?1000l" in text
    assert re.findall(r"\x1b\[[0-9;]*m", text)[-1] == "\x1b[m", "in its own colours"
