"""Keys: each can be remapped, each arrives from an old terminal, and the help names what there is."""

from __future__ import annotations

import string
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.binding import Binding
from textual.dom import DOMNode

from p2pchat_tui.ui.app import ChatApp
from p2pchat_tui.ui.commands import ON_SCREEN
from p2pchat_tui.ui.screens.ask import AskScreen
from p2pchat_tui.ui.screens.chat import ChatScreen
from p2pchat_tui.ui.screens.confirm import ConfirmScreen
from p2pchat_tui.ui.screens.demo import DemoScreen
from p2pchat_tui.ui.screens.help import HelpScreen, help_content
from p2pchat_tui.ui.screens.home import HomeScreen
from p2pchat_tui.ui.screens.inspector import InspectorScreen
from p2pchat_tui.ui.screens.invite import InviteScreen
from p2pchat_tui.ui.screens.link import LinkScreen
from p2pchat_tui.ui.screens.log import LogScreen
from p2pchat_tui.ui.screens.message import MessageScreen
from p2pchat_tui.ui.screens.paste import PasteScreen
from p2pchat_tui.ui.screens.person import PersonScreen
from p2pchat_tui.ui.screens.search import SearchScreen
from p2pchat_tui.ui.screens.settings import SettingsScreen
from p2pchat_tui.ui.screens.switcher import SwitchScreen
from p2pchat_tui.ui.screens.themes import ThemeScreen
from p2pchat_tui.ui.screens.verify import VerifyScreen
from p2pchat_tui.ui.text import looks_like_invite
from p2pchat_tui.ui.widgets.composer import Composer
from p2pchat_tui.ui.widgets.timeline import Timeline

OWNERS: tuple[type[DOMNode], ...] = (
    *(ChatApp, ChatScreen, HomeScreen, HelpScreen, InviteScreen, ConfirmScreen, PasteScreen),
    *(SettingsScreen, ThemeScreen, LogScreen, DemoScreen, InspectorScreen, SwitchScreen, AskScreen),
    *(Composer, Timeline, LinkScreen, MessageScreen, PersonScreen, VerifyScreen, SearchScreen),
)
MOVES = ("up", "down", "left", "right", "home", "end", "pageup", "pagedown")
# Ctrl+I is Tab, Ctrl+M is Enter, and Ctrl+H is Backspace on many terminals.
OLD_TERMINAL = {
    *string.ascii_lowercase,
    *MOVES,
    *("enter", "tab", "shift+tab", "escape", "backspace", "delete", "plus"),
    *(f"f{number}" for number in range(1, 13)),
    *(f"ctrl+{letter}" for letter in string.ascii_lowercase if letter not in "him"),
    *(f"alt+{letter}" for letter in string.ascii_lowercase),
    *("alt+up", "alt+down"),
}
"""What reaches a program from a terminal that knows nothing newer than xterm's own sequences."""


def own() -> Iterator[Binding]:
    for owner in OWNERS:
        for binding in vars(owner)["BINDINGS"]:
            assert isinstance(binding, Binding), f"{owner.__name__}: {binding}"
            yield binding


def test_no_class_with_bindings_is_left_out() -> None:
    folder = Path(ChatApp.CSS_PATH).parent
    with_bindings = {path.stem for path in folder.rglob("*.py") if "BINDINGS: ClassVar" in path.read_text()}
    assert with_bindings == {owner.__module__.rsplit(".", 1)[1] for owner in OWNERS}


def test_every_binding_has_an_id_of_its_own() -> None:
    ids = [binding.id for binding in own()]
    assert all(ids)
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("binding", own(), ids=lambda binding: binding.id)
def test_every_action_has_a_key_that_old_terminals_send(binding: Binding) -> None:
    assert any(key in OLD_TERMINAL for key in binding.key.split(","))


def name(key: str) -> str:
    """A key as people read it: `Ctrl+P`, `PageUp`."""
    special = {"plus": "+", "escape": "Esc", "pageup": "PageUp", "pagedown": "PageDown"}
    return special.get(key) or "+".join(part.capitalize() for part in key.split("+"))


@pytest.mark.parametrize("width", [40, 70, 78, 120])
def test_the_help_names_every_key_and_command_and_fits(width: int) -> None:
    lines = help_content(width).plain.split("\n")
    text = " ".join(" ".join(lines).split())
    for owner in (ChatApp, ChatScreen, Composer, Timeline):
        for binding in vars(owner)["BINDINGS"]:
            assert any(f" {name(key)}" in text for key in binding.key.split(",")), binding.id
    for spec in ON_SCREEN:
        assert spec.line in text
        assert all(f"/{alias}" in text for alias in spec.aliases)
    assert max(map(len, lines)) <= width
    assert not any(looks_like_invite(line) for line in lines)
