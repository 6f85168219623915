"""What commands without a screen say and ask: data on standard output, notes on standard error."""

from __future__ import annotations

import getpass
import os
import sys
import time
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

from .errors import Exit, Failure
from .parser import PROGRAM

INVITE_VARIABLE = "P2PCHAT_INVITE"
"""Where an invite may be given to a program that nobody can ask."""
STANDARD = "-"
"""As the name of a file: standard input or output."""
SECRET_INPUT_MAX = 4096
"""Bytes of an invite or a passphrase that are read: four times the longest, with blanks and line breaks around it."""


def check_terminal(command: str = "") -> None:
    """Raises Failure unless there is a terminal to draw on and to type at. `command`: which one wants it."""
    if os.environ.get("TEXTUAL_DRIVER"):
        return  # a browser draws, see `textual serve`
    plain = " ".join(filter(None, (f"`{PROGRAM}", command, "--plain`")))
    # Textual draws on standard error, so that output may well be a file.
    has_terminal = all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))
    if not has_terminal:
        scripts = "" if command else f", and `{PROGRAM} pipe ROOM` is for scripts"
        raise Failure(f"The app needs a terminal; without one, {plain} chats line by line{scripts}.", Exit.USAGE)
    if os.environ.get("TERM", "") in ("", "dumb"):
        raise Failure(f"This terminal (TERM) cannot draw a screen; {plain} chats line by line.", Exit.USAGE)


PROGRESS_S = 0.5
"""Seconds between two counts on the terminal, and before the first: short work shows none."""


def say(text: str) -> None:
    """One line of data."""
    print(text, flush=True)


def note(text: str) -> None:
    """One line for a person."""
    print(text, file=sys.stderr, flush=True)


def complain(text: str) -> None:
    """One line that says why the command ends."""
    note(f"{PROGRAM}: {text}")


def drop_output() -> None:
    """Nobody takes what is written to standard output: let the rest of it lead nowhere, without another complaint."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def telling_of(done: str, how: str) -> Iterator[None]:
    """Writes to standard output that `done` was done. Where that cannot be written it is done all the same: raises
    Failure, which says so, and by `how` what to do for what could not be read.
    """
    try:
        yield
    except OSError as error:
        drop_output()
        reason = (error.strerror or type(error).__name__).lower()
        raise Failure(f"{done}, but nobody could be told ({reason}). {how}") from error


@contextmanager
def progress(what: str, *, to_screen: bool = False) -> Iterator[Callable[[int], None]]:
    """Tells a person who looks on, now and then, how many of `what` are done; the line is gone at the end.

    `to_screen`: the data itself goes to standard output, and says enough when that is a terminal.
    """
    if not sys.stderr.isatty() or (to_screen and sys.stdout.isatty()):
        yield lambda count: None
        return
    due = time.monotonic() + PROGRESS_S

    def show(count: int) -> None:
        nonlocal due
        if time.monotonic() >= due:
            due = time.monotonic() + PROGRESS_S
            print(f"\r{count:,} {what}…", end="", file=sys.stderr, flush=True)

    try:
        yield show
    finally:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def ask_secret(question: str) -> str:
    """A secret, asked for without showing it when somebody is there, else all of standard input."""
    if sys.stdin is None:
        return ""
    if sys.stdin.isatty():
        try:
            return getpass.getpass(question, stream=sys.stderr)
        except EOFError:
            return ""
    return sys.stdin.buffer.read(SECRET_INPUT_MAX).decode("utf-8", "replace").strip()


def ask_yes(question: str) -> bool | None:
    """Whether a person agrees; None when nobody is there to be asked."""
    if sys.stdin is None or not sys.stdin.isatty():
        return None
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().casefold() in ("y", "yes")


def draw_qr(text: str) -> None:
    """`text` as a QR code: black on white on a terminal, whatever its colours."""
    from ..ui.qr import qr_lines

    paint, plain = ("\x1b[30;107m", "\x1b[0m") if sys.stdout.isatty() else ("", "")
    for line in qr_lines(text):
        say(f"{paint}{line}{plain}")


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows as lines with their columns under each other."""
    widths = [max(cell_width(row[column]) for row in rows) for column in range(len(rows[0]))] if rows else []
    return [
        "  ".join(cell + " " * (width - cell_width(cell)) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def cell_width(text: str) -> int:
    """How many columns of a terminal `text` takes, as far as Unicode tells."""
    return sum(
        0 if unicodedata.combining(char) or char == "\u200d" else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )
