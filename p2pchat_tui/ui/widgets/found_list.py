"""The messages that were found: a line-API list that makes only the lines that are in view."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from typing import ClassVar

from rich.style import Style
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from ...session.api import EntryId, Term
from ...session.search import Found
from ..found import LINES, found_lines
from ..lines import Line
from ..nicks import STYLES as NICK_STYLES
from .painter import LEAD, Painter

STYLES = ("text", "quiet", "room", "hit", "cursor", *NICK_STYLES)
NEAR = 8
"""Messages from the end at which the next page is asked for."""


class FoundList(ScrollView, can_focus=False):
    """Shows what it is given; the keys are the screen's."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"found--{style}" for style in (*STYLES, "selected")}

    highlighted: reactive[int] = reactive(0)
    """Which of the messages is chosen."""

    class Chosen(Message):
        """A message was clicked."""

        def __init__(self, found: Found) -> None:
            super().__init__()
            self.found = found

    class EndNear(Message):
        """More are wanted."""

    def __init__(self, now_ms: int, tz: tzinfo | None, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._now_ms = now_ms
        self._tz = tz
        self._found: list[Found] = []
        self._terms: tuple[Term, ...] = ()
        self._lines: dict[int, tuple[Line, Line]] = {}
        self._painter = Painter(self._component)

    @property
    def found(self) -> Sequence[Found]:
        """All that is shown."""
        return self._found

    @property
    def chosen(self) -> Found | None:
        """The message that Enter opens."""
        return self._found[self.highlighted] if self.highlighted < len(self._found) else None

    def show(self, found: Sequence[Found], terms: tuple[Term, ...], chosen: EntryId | None = None) -> None:
        """Show these instead, with `chosen` chosen if it is among them, else the first."""
        self._found, self._terms = list(found), terms
        self._lay_out()
        ids = [each.message.id for each in found]
        self.highlighted = ids.index(chosen) if chosen in ids else 0
        self._reveal()

    def add(self, found: Sequence[Found]) -> None:
        """Show these, too; what is there already stays as it is."""
        known = {each.message.id for each in self._found}
        self._found += [each for each in found if each.message.id not in known]
        self._lay_out()

    def move(self, step: int) -> None:
        """Choose another one, so many further down."""
        self.highlighted = min(max(0, self.highlighted + step), max(0, len(self._found) - 1))
        self._reveal()
        if self.highlighted >= len(self._found) - NEAR:
            self.post_message(self.EndNear())

    @property
    def page(self) -> int:
        """How many are in view together."""
        return max(1, self.scrollable_content_region.height // LINES)

    def _lay_out(self) -> None:
        self._lines.clear()
        self.virtual_size = Size(self.scrollable_content_region.width, LINES * len(self._found))
        self.refresh()

    def _reveal(self) -> None:
        top, height = round(self.scroll_y), self.scrollable_content_region.height
        start = LINES * self.highlighted
        if start < top:
            self.scroll_to(y=start, animate=False, immediate=True, force=True)
        elif start + LINES > top + height:
            self.scroll_to(y=start + LINES - height, animate=False, immediate=True, force=True)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if new_value > old_value and new_value + self.size.height >= LINES * (len(self._found) - NEAR):
            self.post_message(self.EndNear())

    def on_resize(self, _event: events.Resize) -> None:
        self._lay_out()
        self._reveal()

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        index = (offset.y + round(self.scroll_y)) // LINES if offset else len(self._found)
        if index < len(self._found):
            self.highlighted = index
            self.post_message(self.Chosen(self._found[index]))

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._painter.forget()

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        index, number = divmod(y + round(self.scroll_y), LINES)
        if index >= len(self._found):
            return Strip.blank(width, self.rich_style)
        if index not in self._lines:
            self._lines[index] = found_lines(self._found[index], self._terms, width - LEAD - 1, self._now_ms, self._tz)
        is_chosen = index == self.highlighted
        ground = self.rich_style + self._component("selected") if is_chosen else self.rich_style
        return self._painter.strip(self._lines[index][number], width, ground, bar=is_chosen)

    def _component(self, style: str) -> Style:
        return self.get_component_rich_style(f"found--{style}", partial=True)
