"""Keys: each can be remapped, each arrives from an old terminal, and the help names what there is."""

from __future__ import annotations

import string
from pathlib import Path

import pytest
from textual.binding import Binding

from p2pchat_tui.ui.app import ChatApp
from p2pchat_tui.ui.bindings import OWNERS, SECTIONS, own, scopes
from p2pchat_tui.ui.commands import ON_SCREEN
from p2pchat_tui.ui.keymap import key_name, replaced, troubles
from p2pchat_tui.ui.screens.chat import ChatScreen
from p2pchat_tui.ui.screens.help import help_content
from p2pchat_tui.ui.text import looks_like_invite
from p2pchat_tui.ui.widgets.composer import Composer
from p2pchat_tui.ui.widgets.timeline import Timeline

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


def test_no_class_with_bindings_is_left_out() -> None:
    folder = Path(ChatApp.CSS_PATH).parent
    with_bindings = {path.stem for path in folder.rglob("*.py") if "BINDINGS: ClassVar" in path.read_text()}
    assert with_bindings == {owner.__module__.rsplit(".", 1)[1] for owner in OWNERS}


def test_there_is_nothing_but_bindings() -> None:
    assert len(own(*OWNERS)) == sum(len(vars(owner)["BINDINGS"]) for owner in OWNERS)


def test_every_binding_has_an_id_of_its_own() -> None:
    ids = [binding.id for binding in own(*OWNERS)]
    assert all(ids)
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("binding", own(*OWNERS), ids=lambda binding: binding.id)
def test_every_action_has_a_key_that_old_terminals_send(binding: Binding) -> None:
    assert any(key in OLD_TERMINAL for key in binding.key.split(","))


@pytest.mark.parametrize("width", [40, 52, 70, 78, 120])
def test_the_help_names_every_key_and_command_and_fits(width: int) -> None:
    lines = help_content(width).plain.split("\n")
    text = " ".join(" ".join(lines).split())
    column = 16 if width < 60 else 21
    keys = " ".join(" ".join(line[:column] for line in lines).split())
    for owner in (ChatApp, ChatScreen, Composer, Timeline):
        for binding in vars(owner)["BINDINGS"]:
            assert any(f" {key_name(key)}" in text for key in binding.key.split(",")), binding.id
    for spec in ON_SCREEN:
        assert spec.line in keys
        assert all(f"/{alias}" in text for alias in spec.aliases)
    assert max(map(len, lines)) <= width
    assert not any(looks_like_invite(line) for line in lines)


@pytest.mark.parametrize(
    ("keymap", "told"),
    [
        ({}, []),
        ({"chat.rooms": "f6", "timeline.reply": "r,enter,f7"}, []),
        ({"chat.room": "f6"}, ["The keymap has chat.room, which is no key of this program. Did you mean chat.rooms?"]),
        (
            {"chat.search": "ctrl+k"},
            ["The keymap gives chat.search and chat.switch the same key: only one of them can have it."],
        ),
        ({"chat.search": "ctrl+k", "chat.switch": "ctrl+f"}, []),
        (
            {"timeline.edit": "+"},
            ["The keymap gives timeline.edit and timeline.react the same key: only one of them can have it."],
        ),
        ({"help.close": "f9", "log.close": "f9"}, []),
    ],
)
def test_a_keymap_that_cannot_be_meant_so_is_told(keymap: dict[str, str], told: list[str]) -> None:
    assert troubles(keymap, scopes()) == told


def test_the_help_tells_the_keys_in_force() -> None:
    keymap = {"app.settings": "f6", "timeline.reply": "ctrl+r", "composer.editor": "alt+w"}
    changed = {title: replaced(own(*owners), keymap) for title, owners in SECTIONS.items()}
    lines = help_content(100, changed).plain.split("\n")
    assert any(line.startswith("F6, F12 ") for line in lines)
    assert any(line.startswith("Ctrl+R ") and "reply" in line for line in lines)
    assert any(line.startswith("Alt+W ") and "$EDITOR" in line for line in lines)
    assert not any("F2" in line or "Alt+E" in line for line in lines)
