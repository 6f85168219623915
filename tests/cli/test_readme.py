"""The README names what there is: commands, options, settings, slash commands and keys."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from p2pchat_tui import config
from p2pchat_tui.cli import parser
from p2pchat_tui.ui import bindings, commands

README = (Path(__file__).parents[2] / "README.md").read_text()
COMMANDS = sorted(parser._PARSERS.keys() - {"app"})
ROOMS = {"orchard", "ops"}
"""What rooms are called in its examples."""
PATHS = {"ws", "healthz", "metrics", "command"}
"""What begins with a slash, and is no command of the app."""


def options() -> set[str]:
    parsers = [make() for make in parser._PARSERS.values()]
    return {option for each in parsers for action in each._actions for option in action.option_strings}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_named(command: str) -> None:
    assert re.search(rf"`(p2pchat-tui )?{command}\b|^p2pchat-tui {command}\b", README, re.MULTILINE)


def test_what_follows_the_program_is_a_command_or_a_room() -> None:
    named = set(re.findall(r"\bp2pchat-tui ([a-z]+)\b", README))
    assert named and named <= {*COMMANDS, *ROOMS}


def test_every_option_that_is_named_is_there() -> None:
    others = {"--without-pip", "--python", "--port", "--host"}  # of python, pip and textual; the last two are ours, too
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", README)) - others
    assert named and named <= options()


@pytest.mark.parametrize("name", [key.name for key in config._KEYS] + ["keymap"])
def test_every_setting_is_named(name: str) -> None:
    assert re.search(rf"`{name}`|^\[?{name}\b", README, re.MULTILINE)


def test_every_slash_command_that_is_named_is_one() -> None:
    named = set(re.findall(r"(?<![\w./<:])/([a-z]+)\b", README)) - PATHS
    assert named and not [name for name in named if commands.find(name) is None]


def test_the_binding_of_its_example_is_one() -> None:
    known = {binding.id for scope in bindings.scopes() for binding in scope}
    named = set(re.findall(r'^"([a-z]+\.[a-z-]+)" = ', README, re.MULTILINE))
    assert named and named <= known


def test_help_says_where_everything_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parser.parse(["--help"])
    said = "".join(capsys.readouterr().out.split())
    assert f"{config.usual_home()}bydefault".replace(" ", "") in said
