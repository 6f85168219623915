"""`--plain` as it is used: at a terminal that can draw nothing, and with pipes at both ends."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.program import environment, run
from tests.e2e.pipes import homes
from tests.machine import free_port

pytestmark = pytest.mark.slow
LIMIT_S = 30
CTRL_C, CTRL_D = b"\x03", b"\x04"


class Plain:
    """One `--plain` process, at a terminal of its own or with pipes."""

    def __init__(self, home: Path, port: int, *arguments: str, terminal: bool, kind: str = "dumb") -> None:
        command = [sys.executable, "-m", "p2pchat_tui", "--plain", "--name", home.name, "--local-port", str(port)]
        command += ["--ice-address", "127.0.0.1", *arguments]
        env = environment(home, TERM=kind, LANG="C.UTF-8", TZ="UTC")
        self.output = b""
        if terminal:
            self._ours, theirs = pty.openpty()
            # Its own terminal, so that Ctrl+C is a signal.
            self.process = subprocess.Popen(
                command,
                stdin=theirs,
                stdout=theirs,
                stderr=theirs,
                env=env,
                start_new_session=True,
                preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
            )
            os.close(theirs)
            self._in = self._out = self._ours
        else:
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env)
            assert self.process.stdin and self.process.stdout
            self._in, self._out = self.process.stdin.fileno(), self.process.stdout.fileno()

    @property
    def text(self) -> str:
        return self.output.decode().replace("\r\n", "\n")

    def type(self, data: str | bytes) -> None:
        os.write(self._in, data.encode() if isinstance(data, str) else data)

    def until(self, wanted: str) -> str:
        """All of its output, once a text is in it."""
        deadline = time.monotonic() + LIMIT_S
        while wanted not in self.text:
            assert self._more(deadline), f"{wanted} was never read in {self.text}"
        return self.text

    def _more(self, deadline: float) -> bool:
        ready, _, _ = select.select([self._out], [], [], max(0.0, deadline - time.monotonic()))
        try:
            data = os.read(self._out, 65_536) if ready else b""
        except OSError:  # a terminal whose other end is closed
            data = b""
        self.output += data
        return bool(data)

    def hang_up(self) -> None:
        """The end of its input."""
        if self.process.stdin:
            self.process.stdin.close()
        else:
            self.type(CTRL_D)

    def ended(self) -> int:
        deadline = time.monotonic() + LIMIT_S
        while self._more(deadline):
            pass
        return self.process.wait(timeout=LIMIT_S)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        if self.process.stdin and self.process.stdout:
            self.process.stdin.close()
            self.process.stdout.close()
        else:
            os.close(self._ours)


@pytest.fixture
def started() -> Iterator[list[Plain]]:
    started: list[Plain] = []
    yield started
    for each in started:
        each.close()


def test_two_talk_one_at_a_dumb_terminal_and_one_by_pipe(tmp_path: Path, started: list[Plain]) -> None:
    folders, port = homes(tmp_path, "ana", "bo"), free_port()
    ana = Plain(folders["ana"], port, "garden", terminal=True)
    started.append(ana)
    ana.until("In #garden as ana")
    bo = Plain(folders["bo"], port, "garden", terminal=False)
    started.append(bo)
    bo.until("ana is here")
    ana.until("bo is here")

    bo.type("hello ana\n")
    ana.until("bo: hello ana")
    # Ctrl+C in the middle of a line takes nothing of it away.
    ana.type("half a ")
    ana.type(CTRL_C)
    ana.until("What you have typed is still there")
    ana.type("thought\n/react tada\n")
    bo.until("ana: half a thought")
    bo.until("ana put 🎉 on their own message")
    bo.type("/reply the other half\n")
    ana.until("bo answers you: the other half")

    # Whatever was shown is on the disk already.
    bo.type("kept\n")
    bo.until("you: kept")
    bo.process.send_signal(signal.SIGKILL)
    assert bo.ended() == -signal.SIGKILL
    ana.type("not sent by Enter")
    ana.hang_up()
    ana.hang_up()
    assert ana.ended() == 0
    assert "you: not sent by Enter" in ana.text and ana.text.endswith("You have left.\n")
    assert "kept" in run(folders["bo"], "export", "garden").stdout
    for control in (b"\x1b", b"\x07", b"\x08", b"\x9b"):
        assert control not in ana.output.replace(b"\xc2\x9b", b"") and control not in bo.output


def test_at_a_terminal_the_line_is_edited_and_kept(tmp_path: Path, started: list[Plain]) -> None:
    assert run(tmp_path, "new", "garden").returncode == 0
    plain = Plain(tmp_path, 0, "garden", terminal=True, kind="xterm")
    started.append(plain)
    plain.until("Nothing was written here yet")
    plain.type("wrong word\x1b[D\x1b[D\x1b[D\x1b[D\x17right \r")
    plain.until("you: right word")
    plain.type("\x1b[A\x01\x1b[200~two\nlines \x1b[201~\r")
    plain.until("you, 2 lines: two\n  lines right word")
    plain.type("/hist\t\r")
    plain.until("#1 ")
    plain.type("half a thought")
    plain.until("half a thought")
    plain.type(CTRL_C)
    plain.until("What you have typed is still there")
    plain.type(", and more")  # a signal is heard before what was typed
    plain.process.send_signal(signal.SIGTERM)
    assert plain.ended() == 143 and b"\x1b[?2004l" in plain.output
    assert termios.tcgetattr(plain._ours)[3] & termios.ICANON, "the terminal is as it was"
    again = Plain(tmp_path, 0, "garden", terminal=True, kind="xterm")
    started.append(again)
    again.until("Not sent last time: half a thought, and more")
    again.type("\x15")
    again.type(CTRL_D)
    assert again.ended() == 0 and again.text.endswith("You have left.\n\x1b[?1004l\x1b[?2004l")


def test_whoever_reads_no_more_ends_it(tmp_path: Path, started: list[Plain]) -> None:
    assert run(tmp_path, "new", "garden").returncode == 0
    plain = Plain(tmp_path, 0, "garden", terminal=False)
    started.append(plain)
    plain.until("Nothing was written here yet")
    assert plain.process.stdin and plain.process.stdout
    plain.process.stdout.close()
    plain.type("into the void\n")
    assert plain.process.wait(timeout=LIMIT_S) == 0
    plain.process.stdin.close()
    assert "into the void" in run(tmp_path, "export", "garden").stdout


def test_the_end_of_input_and_quit_and_signals_end_it(tmp_path: Path, started: list[Plain]) -> None:
    assert run(tmp_path, "new", "garden").returncode == 0
    by_end = Plain(tmp_path, 0, "garden", terminal=False)
    started.append(by_end)
    by_end.type("last words")
    by_end.hang_up()
    assert by_end.ended() == 0 and "you: last words\n" in by_end.text
    for what, code in ((b"/quit\n", 0), (signal.SIGTERM, 143)):
        plain = Plain(tmp_path, 0, terminal=True)
        started.append(plain)
        plain.until("/join NAME opens one")
        if isinstance(what, bytes):
            plain.type(what)
        else:
            plain.process.send_signal(what)
        assert plain.ended() == code and "You have left." in plain.text


def test_a_dumb_terminal_is_shown_the_way(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    try:
        done = subprocess.run(
            [sys.executable, "-m", "p2pchat_tui"],
            stdin=theirs,
            stdout=subprocess.PIPE,
            stderr=theirs,
            env=environment(tmp_path, TERM="dumb"),
            timeout=LIMIT_S,
            check=False,
        )
        assert done.returncode == 2
        assert b"p2pchat-tui --plain" in os.read(ours, 4096)
    finally:
        os.close(ours)
        os.close(theirs)
