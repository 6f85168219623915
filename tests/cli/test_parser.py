"""The command line as people type it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from p2pchat_tui import __version__
from p2pchat_tui.cli.parser import WAIT_S, UsageError, parse
from p2pchat_tui.ssc.room import secret_text

ROOT = Path(__file__).resolve().parents[2]
SECRET = secret_text(bytes(range(16)))


def test_no_command_is_the_app() -> None:
    assert parse([]).command == "app"
    assert parse([]).room is None
    assert parse(["orchard"]).room == "orchard"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["new", "garden", "--qr"], {"command": "new", "room": "garden", "qr": True}),
        (["join"], {"command": "join", "room": None}),
        (["join", "garden"], {"command": "join", "room": "garden"}),
        (["rooms", "--json"], {"command": "rooms", "json": True}),
        (["invite", "garden"], {"command": "invite", "room": "garden", "qr": False}),
        (["forget", "garden", "--yes"], {"command": "forget", "yes": True}),
        (["pipe", "garden"], {"command": "pipe", "json": False, "wait": WAIT_S}),
        (["pipe", "garden", "--json", "--wait", "0.5"], {"json": True, "wait": 0.5}),
        (["export", "garden"], {"command": "export", "format": "md", "output": None, "force": False}),
        (["export", "garden", "--format=jsonl", "--output", "f", "--force"], {"format": "jsonl", "output": "f"}),
        (["verify", "f", "--json"], {"command": "verify", "file": "f", "json": True}),
        (["relay", "--host", "::1", "--port", "0"], {"command": "relay", "host": "::1", "port": 0}),
        (["demo"], {"command": "demo"}),
    ],
)
def test_commands(arguments: list[str], expected: dict[str, object]) -> None:
    options = vars(parse(arguments))
    assert {key: options[key] for key in expected} == expected


GLOBALS = [
    "--home",
    "/h",
    "--profile=work",
    "--name",
    "ana",
    "--relay",
    "r",
    "--ice-address",
    "::1",
    "--local-port",
    "0",
]


@pytest.mark.parametrize("command", [["rooms"], ["pipe", "x"], ["new", "x"], ["relay"], ["demo"], ["x"], []])
def test_global_options_stand_before_or_after_the_command(command: list[str]) -> None:
    before, after = parse(GLOBALS + command), parse(command + GLOBALS)
    assert vars(before) == vars(after)
    assert (before.home, before.profile, before.name, before.relay) == ("/h", "work", "ana", ["r"])
    assert (before.ice_address, before.local_port) == (["::1"], "0")


def test_ice_addresses_add_up() -> None:
    assert parse(["--ice-address", "127.0.0.1", "rooms", "--ice-address=::1"]).ice_address == ["127.0.0.1", "::1"]


def test_a_room_may_be_called_like_a_command() -> None:
    options = parse(["--", "demo"])
    assert (options.command, options.room) == ("app", "demo")
    assert parse(["--name", "demo", "rooms"]).command == "rooms"
    assert parse(["pipe", "pipe"]).room == "pipe"


@pytest.mark.parametrize(
    "arguments",
    [
        ["--nonsense"],
        ["new"],
        ["new", "a", "b"],
        ["pipe"],
        ["pipe", "x", "--wait", "soon"],
        ["pipe", "x", "--wait", "-1"],
        ["pipe", "x", "--wait", "nan"],
        ["export"],
        ["export", "x", "--format", "html"],
        ["verify"],
        ["relay", "--port", "65536"],
        ["relay", "--port", "x"],
        ["relay", "--host", ""],
        ["rooms", "--home"],
        ["room", "another"],
    ],
)
def test_wrong_usage(arguments: list[str]) -> None:
    with pytest.raises(UsageError) as caught:
        parse(arguments)
    assert "--help" in str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["pipe", "x", "--wait", "soon"], "a wait is 0 to 86400 seconds"),
        (["relay", "--port", "x"], "a port is 0 to 65535"),
    ],
)
def test_wrong_values_are_told_with_those_that_there_are(arguments: list[str], why: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(arguments)
    assert f": {why}. See " in str(caught.value)


def test_a_wrong_choice_is_told_with_those_that_there_are_and_not_repeated() -> None:
    with pytest.raises(UsageError) as caught:
        parse(["export", "x", "--format", "hunter2 (choose from hunter3)"])
    assert "md" in str(caught.value) and "jsonl" in str(caught.value) and "hunter" not in str(caught.value)


@pytest.mark.parametrize(
    "surplus", [["join", "a", "hunter2"], ["join", "--pass=hunter2"], ["pipe", "a", "--wait=hunter2"]]
)
def test_values_are_not_quoted(surplus: list[str]) -> None:
    with pytest.raises(UsageError) as caught:
        parse(surplus)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "arguments",
    [
        [f"p2pchat:///garden#{SECRET}"],
        ["join", f"p2pchat://relay.example/garden#{SECRET}"],
        ["join", "garden", SECRET],
        ["join", "garden", SECRET.lower()],
        ["join", SECRET.replace("-", "")],
        ["join", SECRET[:-1] + ("0" if SECRET[-1] != "0" else "1")],
        ["new", "--relay", f"P2PCHAT://x/y#{SECRET}"],
        [f"--home=p2pchat:///garden#{SECRET}", "rooms"],
        ["--help", f"p2pchat:///garden#{SECRET}"],
    ],
)
def test_a_secret_on_the_command_line_is_refused_and_not_repeated(arguments: list[str]) -> None:
    with pytest.raises(UsageError) as caught:
        parse(arguments)
    text = str(caught.value)
    assert "join" in text and "P2PCHAT_INVITE" in text
    assert SECRET[:4] not in text.upper()


def test_a_long_name_is_no_secret() -> None:
    assert parse(["abcdefghijklmnopqrstuvwxyzabcdef"]).room


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["pipe", "--help"], ["--name", "x", "--help"]])
def test_version_and_help_come_at_once(arguments: list[str]) -> None:
    code = (
        "import sys; from p2pchat_tui.__main__ import main; code = main(sys.argv[1:]); "
        "print(sorted({'textual', 'aiortc', 'websockets', 'aiosqlite', 'cryptography', 'asyncio', 'msgspec'} "
        "& set(sys.modules)), file=sys.stderr); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr.strip()) == (0, "[]")
    assert __version__ in done.stdout if arguments == ["--version"] else "usage: p2pchat-tui" in done.stdout
