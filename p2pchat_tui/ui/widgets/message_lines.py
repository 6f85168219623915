"""Messages as they are drawn, line by line, and their text when it is selected; not which ones, nor where one is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import tzinfo
from typing import ClassVar

from rich.style import Style
from textual.content import Content
from textual.geometry import Offset
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip

from ...session.api import EntryId, MessageView
from ..nicks import STYLES as NICK_STYLES
from ..text import clock_text
from .entry_row import MARK_WIDTH, Block
from .excerpt import excerpt, selected_part
from .layout import Layout
from .painter import LEAD, Painter, link_of
from .stack import Anchor, Stack

STYLES = (
    *("text", "muted", "time", "day", "day-rule", "new", "new-rule", "quote", "quote-bar", "url", "action"),
    *("retracted", "reaction", "reaction-mine", "mark", "cursor", "hovered-link"),
    *("strong", "em", "strike", "bullet", "inline-code", "mention", "hit"),
    *(
        "code",
        "code-more",
        "code-comment",
        "code-gone",
        "code-keyword",
        "code-name",
        "code-new",
        "code-number",
        "code-string",
    ),
    *NICK_STYLES,
)


class MessageLines(ScrollView):
    """Draws a Stack, with the message that is chosen and the one under the mouse set off from the others.

    Who lays out anew clears `_strips`. The parts are named after the timeline, which is what a style sheet knows.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"timeline--{style}" for style in (*STYLES, "selected", "selection", "hovered")
    }
    ALLOW_SELECT = True

    chosen: reactive[EntryId | None] = reactive(None)
    """The message that stands out, with a bar before it."""
    hovered: reactive[tuple[EntryId | None, str]] = reactive((None, ""))
    """The message under the mouse, and what a click would do there."""

    def __init__(self, mark: Callable[[MessageView], str], tz: tzinfo | None = None, *, id: str | None = None) -> None:
        """`mark` gives the few cells that say who holds a message."""
        super().__init__(id=id)
        self._mark = mark
        self._tz = tz
        self._blocks = Layout(tz)
        self._stacked = Stack(self._blocks)
        self._width = 0
        """Cells that the lines are laid out for."""
        self._painter = Painter(self._component)
        self._strips: dict[int, Strip] = {}
        """By line, what was drawn and is the same still."""
        self._ground: Style | None = None

    def refresh_marks(self) -> None:
        """Ask again who holds what is in view."""
        self._strips.clear()
        self.refresh()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._painter.forget()
        self._strips.clear()
        self._ground = None

    def watch_chosen(self, old: EntryId | None, new: EntryId | None) -> None:
        for target in {old, new}:
            self._redraw(target)

    def watch_hovered(self, old: tuple[EntryId | None, str], new: tuple[EntryId | None, str]) -> None:
        for target in {old[0], new[0]}:
            self._redraw(target)
        link = link_of(new[1])
        # What a peer wrote is content, never markup.
        self.tooltip = Content(link) if link else None

    def _redraw(self, target: EntryId | None) -> None:
        index = self._blocks.index(target)
        if index is None:
            return
        start, height = self._stacked.start(index), len(self._blocks.block(index).lines)
        for y in range(start, start + height):
            self._strips.pop(y, None)
        self.refresh_lines(start, height)

    def render_line(self, y: int) -> Strip:
        y += round(self.scroll_y)
        selection = self.text_selection
        if selection is None and y in self._strips:
            return self._strips[y]
        strip = self._strip(y, selection)
        if selection is None:
            self._strips[y] = strip
        return strip

    def _strip(self, y: int, selection: Selection | None) -> Strip:
        line, block = self._stacked.line(y)
        if self._ground is None:
            self._ground = self.rich_style  # put together from all that this widget is in: not for each line
        ground = self._ground
        owner = block.row.message if block is not None else self._stacked.fold(y)
        is_chosen = owner is not None and owner.id == self.chosen
        hovered = self.hovered if owner is not None and owner.id == self.hovered[0] else (None, "")
        if is_chosen:
            ground += self._component("selected")
        elif hovered[0]:
            ground += self._component("hovered")
        mark = self._mark(block.row.message) if block is not None and y == self._stacked.mark_line(block) else ""
        return self._painter.strip(
            line,
            self._width + LEAD,
            ground,
            bar=is_chosen,
            mark=f"{mark:>{MARK_WIDTH - 1}} " if mark else "",
            hovered=hovered[1],
            selected=selected_part(line, selection.get_span(y)) if selection else None,
            selection=self._component("selection") if selection else None,
        ).apply_offsets(0, y)

    def _component(self, style: str) -> Style:
        return self.get_component_rich_style(f"timeline--{style}", partial=True)

    # ---------------------------------------------------------------------------------------------------- selection

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The text under a selection made with the mouse; over several messages each begins with who wrote it when."""
        first = selection.start.y if selection.start else 0
        last = selection.end.y if selection.end else self._stacked.height - 1
        text = excerpt(selection, ((y, *self._stacked.line(y)) for y in range(first, last + 1)), self._heading)
        return (text, "\n") if text else None

    def _heading(self, block: Block) -> str:
        return f"{clock_text(block.row.message.at_ms, self._tz)} {block.row.name}: "

    def selection_updated(self, selection: Selection | None) -> None:
        self._strips.clear()
        self.refresh()

    def _selection_anchor(self) -> Anchor | None:
        selection = self.text_selection if self.is_attached else None
        return self._stacked.anchor(selection.start.y) if selection and selection.start else None

    def _keep_selection(self, anchor: Anchor | None) -> None:
        """Let what is selected be the same text after messages came in over it."""
        selection, place = self.text_selection, self._stacked.place(anchor)
        if selection is None or selection.start is None or place is None or place == selection.start.y:
            return
        moved = Offset(0, place - selection.start.y)
        end = selection.end + moved if selection.end else None
        self.screen.selections = {**self.screen.selections, self: Selection(selection.start + moved, end)}
