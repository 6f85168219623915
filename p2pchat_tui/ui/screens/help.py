"""Keys and commands, from the tables that the program itself goes by."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import zip_longest
from typing import ClassVar, TypeAlias

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.geometry import Size
from textual.screen import ModalScreen
from textual.widget import Widget

from ..commands import ON_SCREEN
from ..text import pad, wrap

KEYS: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    (
        "Everywhere",
        (
            ("F1", "this help"),
            ("Ctrl+P", "palette: every command and room, by searching"),
            ("Ctrl+K", "go to a room by a few letters of its name"),
            ("Alt+K", "the list of rooms: choose with up and down"),
            ("Ctrl+F", "search all rooms: words, from: in: before: after: has:link"),
            ("Ctrl+T", "show or hide the people"),
            ("Alt+Up, Alt+Down", "room before, room after"),
            ("F2, F12", "settings; log of all that was told"),
            ("F4", "links: path, round trip, what is tried now, every relay"),
            ("Alt+A", "next room with something new, mentions first"),
            ("Ctrl+C", "copy what is selected"),
            ("Ctrl+L", "draw everything again"),
            ("Ctrl+Q", "quit; rooms, history and identity stay"),
        ),
    ),
    (
        "Writing",
        (
            ("Enter", "send"),
            ("Ctrl+J, Shift+Enter", "new line (Shift+Enter where it arrives)"),
            ("Tab", "complete a name, command or :emoji; again: next"),
            ("Up", "in an empty line: change your last message"),
            ("Ctrl+Up, Ctrl+Down", "what you sent before (or Alt+P, Alt+N)"),
            ("Ctrl+Z, Ctrl+Y", "undo, redo"),
            ("Alt+E, Ctrl+O", "go on writing in $EDITOR"),
            ("PageUp, PageDown", "older and newer messages"),
            ("Esc", "drop a reply or a change"),
            ("Shift+Tab", "go to the messages, then on to people and rooms"),
        ),
    ),
    (
        "In the messages",
        (
            ("Up, Down, click", "choose a message"),
            ("R or Enter", "reply to it; on hidden messages Enter (or a click) shows and hides them"),
            ("E, D", "edit it; take it back (yours only)"),
            ("+", "react to it with an emoji"),
            ("C", "copy it as it was written"),
            ("G", "go to the message that it answers"),
            ("O", "open its link: first it shows where that leads"),
            ("I", "who has it, who has read it, its signature"),
            ("Home, End", "oldest message here, newest message"),
            ("mouse", "drag selects text over several messages; double click replies"),
            ("Esc", "back to writing"),
        ),
    ),
    (
        "In the people",
        (
            ("Up, Down, Enter", "all that is known of somebody"),
            ("M, V, A", "there: message them, compare safety words, pet name"),
            ("I, N, K", "there: ignore, mute, say that the name is theirs"),
        ),
    ),
)
MARKS = (
    ("·", "your message is only here so far"),
    ("✓2", "two others have it on disk"),
    ("✓✓", "everyone known in the room has it"),
    ("● ◐ ○ ⊘", "here, away, offline, ignored by you"),
    ("ana ✓", "you compared safety words with ana"),
    ("ana·wxyz", "somebody else's name looks like this one: the key's tag tells them apart"),
    ("≠ana", "another key had that name before: compare safety words"),
)
NOTES = (
    "Messages may hold Markdown: **bold**, *italic*, ~~gone~~, `code`, lists, > quotes, links, and ``` around code.",
    "A command may be shortened as long as it is clear. // at the start sends a slash.",
    "Hold Shift to select text with the terminal's own selection.",
)
KEY_WIDTH = 21
NARROW, NARROW_KEY_WIDTH = 60, 16
"""Under so many cells the keys have a column of only so many, in which they are wrapped, too."""
Changed: TypeAlias = Mapping[str, Mapping[str, str]]
_APART = re.compile(r", | or ")


class HelpScreen(ModalScreen[None]):
    """One page to scroll through."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,f1,q", "dismiss", "Close", id="help.close")]

    def __init__(self, changed: Changed | None = None) -> None:
        """`changed`: see help_content."""
        super().__init__()
        self._changed = changed or {}

    def compose(self) -> ComposeResult:
        """All tables, one under the other."""
        with VerticalScroll(id="help") as scroll:
            scroll.border_title = "help"
            scroll.border_subtitle = "Esc closes"
            yield HelpText(self._changed, id="help-text")

    def on_mount(self) -> None:
        """Let the arrow keys scroll at once."""
        self.query_one("#help").focus()


class HelpText(Widget):
    """All tables at the width that there is."""

    def __init__(self, changed: Changed, *, id: str) -> None:
        super().__init__(id=id)
        self._changed = changed

    def render(self) -> Content:
        """Wrapped under its own column, so that keys stand alone."""
        return help_content(self.size.width, self._changed)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as the text has at `width`."""
        return help_content(width, self._changed).plain.count("\n") + 1


def help_content(width: int, changed: Changed | None = None) -> Content:
    """Everything as one text of at most `width` cells. `changed`: by section, what now does what a key did."""
    parts: list[Content | str | tuple[str, str]] = []
    for title, keys in KEYS:
        now = (changed or {}).get(title, {})
        parts += _section(title, tuple((_in_force(key, now), text) for key, text in keys), width)
    parts += _section(
        "Commands", tuple((spec.line, _with_aliases(spec.help, spec.aliases)) for spec in ON_SCREEN), width
    )
    parts += _section("Marks", MARKS, width)
    for note in NOTES:
        parts += [(note[low:high] + "\n", "$quiet") for low, high in wrap(note, width)]
    return Content.assemble(*parts)


def _in_force(keys: str, now: Mapping[str, str]) -> str:
    parts = _APART.split(keys)
    if not any(part in now for part in parts):
        return keys
    return ", ".join(dict.fromkeys(now.get(part, part) for part in parts))


def _with_aliases(text: str, aliases: tuple[str, ...]) -> str:
    return f"{text} ({', '.join('/' + alias for alias in aliases)})" if aliases else text


def _section(title: str, lines: tuple[tuple[str, str], ...], width: int) -> list[Content | str | tuple[str, str]]:
    out: list[Content | str | tuple[str, str]] = [(title + "\n", "bold $ink-primary")]
    column = NARROW_KEY_WIDTH if width < NARROW else KEY_WIDTH
    for key, text in lines:
        keys = [key[low:high].strip() for low, high in wrap(key, column - 1)]
        parts = [text[low:high] for low, high in wrap(text, max(10, width - column))]
        for left, right in zip_longest(keys, parts, fillvalue=""):
            out += [(pad(left, column), "$ink-accent") if left else " " * column, right + "\n"]
    return [*out, "\n"]
