"""What `doctor` tells of terminals: of real ones (ptys), at whose other end somebody answers, or does not."""

from __future__ import annotations

import os
import select
import termios
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from p2pchat_tui.doctor import terminal
from p2pchat_tui.doctor.findings import Finding, Status
from p2pchat_tui.doctor.terminal import check_terminal

FINE = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
SIZE = (120, 36)
DA1 = b"\x1b[?62;22c"


def knows(**modes: int) -> bytes:
    """The answers of a terminal about its modes, then about itself."""
    numbers = {"mouse": 1006, "focus": 1004, "paste": 2004}
    return b"".join(b"\x1b[?%d;%d$y" % (numbers[name], state) for name, state in modes.items()) + DA1


@contextmanager
def answering(answer: bytes) -> Iterator[int]:
    """The descriptor of a terminal that says `answer` once it was asked something."""
    master, slave = os.openpty()

    def answer_once() -> None:
        heard = b""
        while not heard.endswith(b"\x1b[c") and select.select([master], [], [], 5)[0]:
            heard += os.read(master, 1024)
        left = answer
        # What nobody reads any more fills the terminal's buffer: this end must not wait for that to change.
        while left and not is_over.is_set():
            if select.select([], [master], [], 0.05)[1]:
                left = left[os.write(master, left) :]

    is_over = threading.Event()
    os.set_blocking(master, False)
    thread = threading.Thread(target=answer_once)
    thread.start()
    try:
        yield slave
    finally:
        is_over.set()
        thread.join()
        os.close(master)
        os.close(slave)


def look(answer: bytes = b"", environ: dict[str, str] | None = None, **more: object) -> dict[str, Finding]:
    options = {"encoding": "utf-8", "size": SIZE, **more}
    with answering(answer) as fd:
        before = termios.tcgetattr(fd)
        found = check_terminal(FINE if environ is None else environ, fd=fd, **options)  # type: ignore[arg-type]
        assert termios.tcgetattr(fd) == before
    return {finding.check: finding for finding in found}


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine an answer may take long."""
    monkeypatch.setattr(terminal, "ANSWER_S", 30.0)


def test_a_good_terminal() -> None:
    found = look(knows(mouse=2, focus=2, paste=1))
    assert {finding.status for finding in found.values()} == {Status.OK}
    assert set(found) == {"colour", "modes"}


@pytest.mark.parametrize(
    ("modes", "missing"),
    [
        ({"mouse": 0, "focus": 2, "paste": 2}, ["the mouse"]),
        ({"mouse": 2, "focus": 4, "paste": 0}, ["focus", "pasting"]),
        ({"paste": 2}, ["the mouse", "focus"]),
    ],
)
def test_what_a_terminal_does_not_support(modes: dict[str, int], missing: list[str]) -> None:
    finding = look(knows(**modes))["modes"]
    assert (finding.code, finding.status) == ("modes-missing", Status.WARN) and finding.do
    assert all(word in finding.what for word in missing)


def test_a_terminal_that_knows_nothing_of_modes() -> None:
    assert look(DA1)["modes"].code == "unknown"


@pytest.mark.parametrize("answer", [b"", b"\x1b[?1006;2$y", b"qqqq\n"])
def test_a_terminal_that_does_not_answer_keeps_nobody(answer: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal, "ANSWER_S", 0.3)
    assert look(answer)["modes"].code == "no-answer"


def test_a_terminal_that_never_ends_its_answer() -> None:
    assert look(b"\x1b[?1;1$y" * 2000)["modes"].code in ("no-answer", "modes-missing")


@pytest.mark.parametrize(
    ("environ", "code", "status"),
    [
        ({"TERM": "xterm", "COLORTERM": ""}, "few-colours", Status.WARN),
        ({"TERM": "vt100"}, "few-colours", Status.WARN),
        ({"TERM": "screen-256color"}, "ok", Status.OK),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, "ok", Status.OK),
        ({"TERM": "xterm", "NO_COLOR": ""}, "ok", Status.OK),
    ],
)
def test_colours(environ: dict[str, str], code: str, status: Status) -> None:
    finding = look(DA1, environ)["colour"]
    assert (finding.code, finding.status) == (code, status)


@pytest.mark.parametrize("environ", [{"TERM": "dumb"}, {"TERM": ""}, {}])
def test_a_dumb_terminal_is_asked_nothing(environ: dict[str, str]) -> None:
    [finding] = check_terminal(environ, "utf-8", 0, SIZE)
    assert (finding.code, finding.status) == ("dumb", Status.FAIL)


def test_size_and_encoding() -> None:
    found = look(DA1, size=(60, 20), encoding="ascii")
    assert (found["size"].code, found["text"].code) == ("small", "no-utf8")


def test_without_a_terminal() -> None:
    [finding] = check_terminal({}, "utf-8", None, SIZE)
    assert (finding.code, finding.status) == ("no-terminal", Status.SKIP)


def test_what_a_terminal_says_is_not_shown() -> None:
    """A terminal's answer, or what was typed meanwhile, is data, and no part of a sentence."""
    for finding in look(b"\x1b]0;evil\x07" + DA1).values():
        assert "evil" not in finding.what + finding.do
