"""Looks at the terminal: what its variables say, and what it answers when it is asked."""

from __future__ import annotations

import contextlib
import os
import re
import select
import sys
import termios
import time
import tty
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .findings import Finding, fail, ok, skip, warn

ANSWER_S = 1.0
"""For all answers: a terminal at the other end of a slow line needs a few tenths."""
MOUSE, FOCUS, PASTE = 1006, 1004, 2004
"""DEC private modes: mouse in SGR form, focus reports, bracketed paste."""
NAMES = {MOUSE: "the mouse", FOCUS: "focus", PASTE: "pasting as one piece"}
COLUMNS, LINES = 80, 24
"""The least size that the app is whole at."""

_QUESTION = "".join(f"\x1b[?{mode}$p" for mode in NAMES) + "\x1b[c"
"""DECRQM for each mode, then DA1: every terminal answers the last, so nobody waits for what does not come."""
_WIPE = b"\r\x1b[K"
"""For a terminal that shows the questions instead of understanding them."""
_MODE = re.compile(rb"\x1b\[\?(\d+);(\d)\$y")
_DA1 = re.compile(rb"\x1b\[\?[0-9;]*c")
_KNOWN = {1, 2, 3}
"""States of a mode that a terminal knows (set, reset, always set); 4 is one that it never sets."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What a terminal said."""

    came: bool
    """Whether it answered at all."""
    modes: Mapping[int, int]
    """Mode → state."""


def check_terminal(environ: Mapping[str, str], encoding: str, fd: int | None, size: tuple[int, int]) -> list[Finding]:
    """Judge the terminal at `fd` (None: there is none) of `size` (columns, lines). Blocks for ANSWER_S at most."""
    if fd is None:
        return [
            skip("terminal", "no-terminal", "There is no terminal here to look at.", "Run it in the one that you use.")
        ]
    if environ.get("TERM", "") in ("", "dumb"):
        return [
            fail(
                "terminal",
                "dumb",
                "This terminal (TERM) cannot draw a screen.",
                "Use another, or set TERM to what it is.",
            )
        ]
    return [_judge_colour(environ), *_judge_text(encoding, size), *_judge_answers(ask(fd))]


def find_terminal() -> int | None:
    """The terminal's descriptor, open for reading and writing, or None; to be closed by the caller."""
    if not sys.stdin or not sys.stdin.isatty():
        return None
    try:
        fd = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY)
    except OSError:
        return None
    if os.tcgetpgrp(fd) == os.getpgrp():
        return fd
    os.close(fd)  # in the background whoever changes the terminal is stopped
    return None


def _judge_colour(environ: Mapping[str, str]) -> Finding:
    term = environ.get("TERM", "")
    if "NO_COLOR" in environ:
        return ok("colour", "Colours are switched off by NO_COLOR; nothing in the app depends on them.")
    if environ.get("COLORTERM", "").lower() in ("truecolor", "24bit") or "direct" in term:
        return ok("colour", "The terminal has all colours.")
    if "256" in term:
        return ok("colour", "The terminal has 256 colours.")
    return warn(
        "colour",
        "few-colours",
        f"The terminal ({term}) names itself one of 16 colours or fewer: the app looks plain.",
        "Use one of 256 colours, or set TERM or COLORTERM to what it can do.",
    )


def _judge_text(encoding: str, size: tuple[int, int]) -> Iterator[Finding]:
    if encoding.lower().replace("-", "") != "utf8":
        yield warn(
            "text", "no-utf8", f"Text goes out as {encoding}, so most signs are lost.", "Set LANG to a UTF-8 locale."
        )
    columns, lines = size
    if columns < COLUMNS or lines < LINES:
        what = f"The window has {columns} columns and {lines} lines; the app wants {COLUMNS} and {LINES}."
        yield warn("size", "small", what, "Enlarge it, or choose a smaller font.")


def _judge_answers(answers: Answers) -> Iterator[Finding]:
    if not answers.came:
        yield warn(
            "modes",
            "no-answer",
            "The terminal does not say what it can do: mouse, focus and pasting may not work.",
            "Use another terminal; inside tmux or screen, update those.",
        )
    elif not answers.modes:
        yield skip("modes", "unknown", "The terminal does not tell whether it knows mouse, focus and pasting.")
    elif missing := [name for mode, name in NAMES.items() if answers.modes.get(mode) not in _KNOWN]:
        what = f"The terminal does not support {' and '.join(missing)}."
        do = "Everything works by keyboard too; another terminal gives you the rest."
        yield warn("modes", "modes-missing", what, do)
    else:
        yield ok("modes", "The terminal supports mouse, focus and pasting.")


def ask(fd: int) -> Answers:
    """Put the questions to the terminal at `fd`, which is left as it was. Blocks for ANSWER_S at most."""
    heard = b""
    with _raw(fd), contextlib.suppress(OSError):
        os.write(fd, _QUESTION.encode())
        until = time.monotonic() + ANSWER_S
        while not _DA1.search(heard) and (left := until - time.monotonic()) > 0:
            ready, _, _ = select.select([fd], [], [], left)
            more = os.read(fd, 1024) if ready else b""
            if not more or len(heard) > 4096:
                break
            heard += more
        os.write(fd, _WIPE)
    modes = {int(mode): int(state) for mode, state in _MODE.findall(heard)}
    return Answers(bool(_DA1.search(heard)), modes)


@contextlib.contextmanager
def _raw(fd: int) -> Iterator[None]:
    """Within: keys are not shown and not collected to lines. Whatever was typed meanwhile is thrown away."""
    try:
        before = termios.tcgetattr(fd)
    except termios.error:
        yield
        return
    try:
        tty.setcbreak(fd, termios.TCSANOW)
        yield
    finally:
        termios.tcsetattr(fd, termios.TCSAFLUSH, before)
