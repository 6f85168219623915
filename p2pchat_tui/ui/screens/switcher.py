"""The way to another room by a few letters of its name: the most important first, while nothing is typed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.fuzzy import Matcher
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from ..importance import RoomItem, by_importance
from ..text import apart, shown_line
from ..widgets.field import Field
from ..widgets.room_list import count_of, mentions_text

LISTED_MAX = 200
"""Rooms listed at once; whoever has more types a letter."""
OTHER = "+ new or join"


class SwitchScreen(ModalScreen[RoomItem | str | None]):
    """Ends with the room to open, with a name that no room here has, or with None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "Before", id="switch.up", show=False, priority=True),
        Binding("down", "move(1)", "Next", id="switch.down", show=False, priority=True),
        Binding("pageup", "move(-8)", "Page up", id="switch.page-up", show=False, priority=True),
        Binding("pagedown", "move(8)", "Page down", id="switch.page-down", show=False, priority=True),
        Binding("escape,ctrl+k", "dismiss(None)", "Close", id="switch.close", priority=True),
    ]

    def __init__(self, items: Sequence[RoomItem]) -> None:
        super().__init__()
        # Whoever wants another room does not want the one on the screen.
        self._items = sorted(by_importance(items), key=lambda item: item.current)
        self._found: list[RoomItem] = []

    def compose(self) -> ComposeResult:
        """A field, and what fits what is typed there."""
        with Vertical(id="switch", classes="box") as box:
            box.border_title = "go to a room"
            box.border_subtitle = "Enter opens · Esc closes"
            yield Field(placeholder="a few letters of its name", id="switch-text", compact=True)
            yield OptionList(id="switch-list", compact=True, markup=False)

    def on_mount(self) -> None:
        """The most important first."""
        self._fill("")
        self.query_one(Input).focus()

    def on_resize(self) -> None:
        """Counts stand at the right, however wide it is."""
        self.call_after_refresh(self._fill_again)

    def _fill_again(self) -> None:
        if field := self.query_one_optional(Input):  # else it was closed meanwhile
            self._fill(field.value)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self._fill(event.value)

    @on(Input.Submitted)
    def _entered(self) -> None:
        self._choose(self.query_one(OptionList).highlighted or 0)

    @on(OptionList.OptionSelected)
    def _clicked(self, event: OptionList.OptionSelected) -> None:
        self._choose(event.option_index)

    def action_move(self, step: int) -> None:
        """Up and down in the list, while one goes on typing."""
        listed = self.query_one(OptionList)
        if listed.option_count:
            listed.highlighted = min(max((listed.highlighted or 0) + step, 0), listed.option_count - 1)

    def _choose(self, place: int) -> None:
        if place < len(self._found):
            self.dismiss(self._found[place])
        else:
            self.dismiss(self.query_one(Input).value.strip().lstrip("#@"))

    def _fill(self, text: str) -> None:
        listed = self.query_one(OptionList)
        self._found = found(self._items, text)[:LISTED_MAX]
        width = max(20, listed.scrollable_content_region.width)
        matcher = Matcher(wanted(text)) if wanted(text) else None
        listed.set_options(Option(line(item, width, matcher)) for item in self._found)
        listed.add_option(Option(Content(f"{OTHER} {shown_line(text, 40)}".rstrip()).stylize("$quiet")))
        listed.highlighted = 0


def wanted(text: str) -> str:
    """What of `text` is looked for: a sign in front says what people call a room anyway."""
    return text.strip().lstrip("#@")


def found(items: Sequence[RoomItem], text: str) -> list[RoomItem]:
    """Those whose name holds the letters of `text` in their order, the best first; among equals, as they stood."""
    query = wanted(text)
    if not query:
        return list(items)
    matcher = Matcher(query)
    scores = ((matcher.match(shown_line(item.name, 40)), item) for item in items)
    return [item for score, item in sorted(scores, key=lambda pair: -pair[0]) if score > 0]


def line(item: RoomItem, width: int, matcher: Matcher | None = None) -> Content:
    """`#orchard        3 there   @2 5`, with the letters that were looked for marked."""
    name = shown_line(item.name, 40)
    counts = f"{mentions_text(item):>4} {count_of(item.unread):>3}"
    text = apart(item.title[0] + name, f"{standing(item):>8} {counts}", width)
    content = Content(text)
    if matcher is not None:
        for place in matcher.highlight(name).spans:
            content = content.stylize("$ink-accent underline", place.start + 1, place.end + 1)
    style = "$quiet" if item.muted and not item.unread else "bold" if item.unread and not item.muted else ""
    return content.stylize(style) if style else content


def standing(item: RoomItem) -> str:
    """Who is there, as far as is known, or what else there is to say."""
    if item.asked:
        return "asks you"
    if item.online is None:
        return "closed"
    return f"{item.online} there" if item.online else "nobody"
