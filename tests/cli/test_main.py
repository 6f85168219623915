"""Exit codes, and that a foreseeable error is one sentence."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import signal
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from p2pchat_tui.cli import errors
from p2pchat_tui.cli import run as runner
from p2pchat_tui.cli.errors import Exit, Failure, explain
from p2pchat_tui.cli.parser import parse
from tests.cli.program import LIMIT_S, environment, run, run_in_shell


def one_sentence(done: subprocess.CompletedProcess[str]) -> str:
    (line,) = done.stderr.splitlines()
    assert line.startswith("p2pchat-tui: ") and "Traceback" not in line
    return line


@pytest.mark.parametrize(
    ("command", "instead"),
    [
        ([], "`p2pchat-tui --plain` chats line by line, and `p2pchat-tui pipe ROOM` is"),
        (["garden"], "`p2pchat-tui --plain` chats line by line, and `p2pchat-tui pipe ROOM` is"),
        (["demo"], "`p2pchat-tui demo --plain` chats line by line."),
    ],
)
def test_the_app_without_a_terminal_says_what_does_without(tmp_path: Path, command: list[str], instead: str) -> None:
    done = run(tmp_path, *command)
    assert done.returncode == 2 and instead in one_sentence(done)
    assert not list(tmp_path.iterdir())


def test_the_app_on_a_terminal_that_cannot_draw(tmp_path: Path) -> None:
    master, slave = pty.openpty()
    try:
        done = subprocess.run(
            [sys.executable, "-m", "p2pchat_tui"],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environment(tmp_path, TERM="dumb"),
            timeout=LIMIT_S,
            check=False,
        )
        assert done.returncode == 2
        assert b"TERM" in os.read(master, 4096)
    finally:
        os.close(master)
        os.close(slave)


def test_wrong_usage(tmp_path: Path) -> None:
    done = run(tmp_path, "pipe")
    assert done.returncode == 2 and "--help" in one_sentence(done)


def test_wrong_settings(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("colour = 'red'")
    done = run(tmp_path, "rooms")
    assert done.returncode == 2 and "colour" in one_sentence(done)


def test_a_secret_as_argument(tmp_path: Path) -> None:
    done = run(tmp_path, "join", "p2pchat:///x#ABCD-EFGH-JKMN-PQRS-TVWX-YZ01-2345-6789")
    assert done.returncode == 2 and "ABCD" not in one_sentence(done)


def test_a_home_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = run(tmp_path, "--home", str(tmp_path / "file" / "x"), "new", "garden")
    assert done.returncode == 1 and "--home" in one_sentence(done)
    done = run(tmp_path, "--home", str(tmp_path / "file"), "rooms")
    assert done.returncode == 1 and "not a directory" in one_sentence(done)


def test_an_output_that_knows_few_characters(tmp_path: Path) -> None:
    """What it cannot write is written as numbers; in JSON it is not lost either."""
    few = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "1"}  # the latter for what is given to it, in any locale
    run(tmp_path, "new", "jardín")
    told = run(tmp_path, "rooms", **few)
    assert told.returncode == 0 and "jard\\xedn" in told.stdout
    (room,) = run(tmp_path, "rooms", "--json", **few).stdout.splitlines()
    assert json.loads(room)["name"] == "jardín"
    for command in (["--help"], ["invite", "jardín", "--qr"], ["new", "ñandú"]):
        done = run(tmp_path, *command, **few)
        assert done.returncode == 0 and "Traceback" not in done.stderr


def test_a_newer_and_a_damaged_database(tmp_path: Path) -> None:
    run(tmp_path, "new", "garden")
    database = tmp_path / "profiles" / "default" / "rooms.db"
    db = sqlite3.connect(database)
    db.execute("PRAGMA user_version = 999")
    db.close()
    for command in (["rooms"], ["new", "kitchen"], ["pipe", "garden"]):
        done = run(tmp_path, *command)
        assert done.returncode == 4 and "newer version" in done.stderr
    database.write_bytes(b"no database at all" * 1000)
    for command in (["rooms"], ["new", "kitchen"]):
        done = run(tmp_path, *command)
        assert done.returncode == 1 and "damaged" in one_sentence(done)
    assert database.read_bytes().startswith(b"no database")


def test_a_damaged_identity(tmp_path: Path) -> None:
    run(tmp_path, "new", "garden")
    (tmp_path / "profiles" / "default" / "identity.key").write_text("x")
    done = run(tmp_path, "new", "kitchen")
    assert done.returncode == 1 and "identity.key" in one_sentence(done)


def test_a_room_that_is_not_there(tmp_path: Path) -> None:
    done = run(tmp_path, "pipe", "garden")
    assert done.returncode == 1 and "garden" in done.stderr
    done = run(tmp_path, "pipe", "garden", "--json")
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1] == '{"event":"bye","code":1}'


def test_a_port_in_use(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = run(tmp_path, "relay", "--port", str(taken.getsockname()[1]))
    assert done.returncode == 1 and "--port" in one_sentence(done)


def test_tls_needs_both_files_and_good_ones(tmp_path: Path) -> None:
    done = run(tmp_path, "relay", "--port", "0", "--tls-cert", "x")
    assert done.returncode == 2 and "--tls-key" in one_sentence(done)
    done = run(tmp_path, "relay", "--port", "0", "--tls-cert", "/nowhere/x", "--tls-key", "/nowhere/y")
    assert done.returncode == 2 and "cannot be read" in one_sentence(done)
    (tmp_path / "bad.pem").write_text("no key")
    bad = str(tmp_path / "bad.pem")
    done = run(tmp_path, "relay", "--port", "0", "--tls-cert", bad, "--tls-key", bad)
    assert done.returncode == 2 and "PEM" in one_sentence(done)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_relay_runs_until_it_is_told_to_stop(tmp_path: Path, number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "p2pchat_tui", "relay", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(tmp_path),
        text=True,
    ) as relay:
        assert relay.stdout
        url = relay.stdout.readline().strip()
        host, _, port = url.removeprefix("ws://").removesuffix("/ws").partition(":")
        with socket.create_connection((host, int(port)), timeout=10) as client:
            client.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert client.recv(4096).startswith(b"HTTP/1.1 200 ")
        relay.send_signal(number)
        assert relay.wait(LIMIT_S) == 0


@pytest.mark.parametrize("command", ["rooms", "invite garden --qr", "export garden", "new orchard"])
def test_a_closed_output(tmp_path: Path, command: str) -> None:
    run(tmp_path, "new", "garden")
    done = run_in_shell(tmp_path, f"{command} >&-")
    assert done.returncode == 0 and "p2pchat-tui: " not in done.stderr


def test_an_error_is_never_written_where_the_data_belongs(tmp_path: Path) -> None:
    done = run_in_shell(tmp_path, "invite garden 2>&-")
    assert (done.returncode, done.stdout) == (1, "")


def test_a_reader_that_goes_away_costs_no_words(tmp_path: Path) -> None:
    run(tmp_path, "new", "garden")
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "p2pchat_tui", "invite", "garden"],
        stdout=writing,
        stderr=subprocess.PIPE,
        env=environment(tmp_path),
        timeout=LIMIT_S,
        check=False,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (1, b"")


def test_an_unforeseen_error_goes_to_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def broken(*_: object) -> int:
        raise TypeError("nobody foresaw this")

    monkeypatch.setattr("p2pchat_tui.cli.listing.rooms", broken)
    monkeypatch.setattr(runner.logging.getLogger(), "handlers", [])
    monkeypatch.setattr(runner.logging.getLogger(), "level", runner.logging.WARNING)
    options = parse(["rooms", "--home", str(tmp_path / "home")])
    try:
        assert runner.run(options) == 1
    finally:
        for handler in runner.logging.getLogger().handlers:
            handler.close()
        runner.logging.captureWarnings(False)
    log = tmp_path / "home" / "log.txt"
    line = capsys.readouterr().err
    assert str(log) in line and "TypeError" in line and "foresaw this" not in line
    assert "TypeError: nobody foresaw this" in log.read_text()
    assert log.stat().st_mode & 0o777 == 0o600


def test_ctrl_c(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def interrupted(*_: object) -> int:
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.get_running_loop().create_future()
        return 0

    monkeypatch.setattr("p2pchat_tui.cli.listing.rooms", interrupted)
    monkeypatch.setattr(runner, "start_log", lambda config: None)
    assert runner.run(parse(["rooms", "--home", str(tmp_path)])) == 130


def test_what_costs_what() -> None:
    assert explain(Failure("x", Exit.REFUSED)) == (4, "x")
    assert explain(OSError(28, "No space left on device", "/x"))[1].startswith("/x: no space left")  # type: ignore[index]
    assert explain(ValueError("x")) is None
    assert errors.Exit.QUEUED == 3
