"""The messages of a room: a line-API log over a window of messages, with exact heights at every width."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from datetime import tzinfo
from itertools import accumulate
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip

from ...session.api import EntryId, MessageView
from ..text import NICK_COLOURS, shown
from ..window import MessageWindow
from .entry_row import MARK_WIDTH, Block, Line, lay_out, rows, sentence

STYLES = (
    *("text", "muted", "time", "day", "day-rule", "new", "new-rule", "quote", "quote-bar", "url", "action"),
    *("retracted", "reaction", "reaction-mine", "mark"),
    *(f"nick-{index}" for index in range(NICK_COLOURS)),
)
TOP_NEAR = 2
"""Lines from the top at which the next older page is asked for."""
CUT_OFF = "newer messages follow: End shows them"


class Timeline(ScrollView, can_focus=True):
    """Shows a MessageWindow; holds no messages of its own."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"timeline--{style}" for style in (*STYLES, "selected")}
    ALLOW_SELECT = True
    HELP = "Up and down choose a message; then r replies, e edits, + reacts, d takes back, c copies."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "choose(-1)", "Older", id="timeline.up", show=False),
        Binding("down", "choose(1)", "Newer", id="timeline.down", show=False),
        Binding("pageup", "page_up", "Page up", id="timeline.page-up", show=False),
        Binding("pagedown", "page_down", "Page down", id="timeline.page-down", show=False),
        Binding("home", "scroll_home", "Oldest", id="timeline.home", show=False),
        Binding("end", "to_end", "Newest", id="timeline.end", show=False),
        Binding("enter,r", "ask('reply')", "Reply", id="timeline.reply", key_display="r"),
        Binding("e", "ask('edit')", "Edit", id="timeline.edit"),
        Binding("plus", "ask('react')", "React", id="timeline.react", key_display="+"),
        Binding("d,delete", "ask('delete')", "Take back", id="timeline.delete", key_display="d"),
        Binding("c", "ask('copy')", "Copy", id="timeline.copy"),
        Binding("escape", "ask('leave')", "Back to writing", id="timeline.leave"),
    ]

    chosen: reactive[EntryId | None] = reactive(None)
    """The message that keys act on."""
    following: reactive[bool] = reactive(True, repaint=False)
    """Whether the newest message stays in view; a flag, since positions are known too late when sizes change."""

    class Asked(Message):
        """Something shall be done with the chosen message (None when there is none)."""

        def __init__(self, what: str, message: MessageView | None) -> None:
            super().__init__()
            self.what = what
            """`reply`, `edit`, `react`, `delete`, `copy` or `leave`."""
            self.message = message

    class TopReached(Message):
        """Older messages are wanted."""

    class EndReached(Message):
        """The newest messages are in view, or wanted while they are cut off."""

    def __init__(self, mark: Callable[[MessageView], str], tz: tzinfo | None = None, *, id: str | None = None) -> None:
        """`mark` gives the few cells that say who holds a message."""
        super().__init__(id=id)
        self._mark = mark
        self._tz = tz
        self._window = MessageWindow()
        self._first_new: tuple[int, bytes, int] | None = None
        self._shared: frozenset[str] = frozenset()
        self._opening = ""
        self._blocks: list[Block] = []
        self._starts: list[int] = []
        self._top: tuple[Line, ...] = ()
        self._tail: tuple[Line, ...] = ()
        self._cache: dict[EntryId, Block] = {}
        self._laid_width = 0
        self._placing = False
        self._stale = False
        self._strips: dict[int, Strip] = {}

    # ------------------------------------------------------------------------------------------------- what to show

    def show(
        self,
        window: MessageWindow,
        first_new: tuple[int, bytes, int] | None = None,
        shared: frozenset[str] = frozenset(),
        opening: str = "",
    ) -> None:
        """Show `window` as it is now; call again after every change of it, as often as one likes.

        `first_new`: the message that the "new" line stands over. `shared`: names that more than one has.
        `opening`: a sentence over the oldest message.
        """
        if window is not self._window:
            self._window = window
            self._cache.clear()
            self.chosen = None
            self.following = True
        self._first_new = first_new
        self._shared = shared
        self._opening = opening
        if not self._stale:
            # A burst of changes is laid out once.
            self._stale = True
            self.call_next(self._lay_out)

    def refresh_marks(self) -> None:
        """Ask again who holds what is in view."""
        self._strips.clear()
        self.refresh()

    def to_end(self) -> None:
        """Show the newest message and follow from now on."""
        self.following = True
        self._place()
        self.post_message(self.EndReached())

    # ------------------------------------------------------------------------------------------------------- layout

    def _lay_out(self) -> None:
        self._stale = False
        width = self.scrollable_content_region.width
        if width <= 0:
            return
        anchor = None if self.following else self._anchor()
        if width != self._laid_width:
            self._cache.clear()
            self._laid_width = width
        cache = self._cache
        blocks: list[Block] = []
        for row in rows(self._window.messages, self._tz, self._first_new, self._shared):
            block = cache.get(row.message.id)
            if block is None or block.row != row:
                block = lay_out(row, width, self._tz)
            blocks.append(block)
        self._cache = {block.row.message.id: block for block in blocks}
        self._blocks = blocks
        self._top = (*sentence(self._opening, width), ()) if self._opening else ()
        self._tail = sentence(CUT_OFF, width, "new") if self._window.cut_off else ()
        height = len(self._top) + sum(len(block.lines) for block in blocks) + len(self._tail)
        # Few messages stand at the bottom, next to where one writes.
        spare = max(0, self.scrollable_content_region.height - height)
        self._top = ((),) * spare + self._top
        self._starts = list(accumulate((len(block.lines) for block in blocks), initial=len(self._top)))
        self._strips.clear()
        self._placing = True
        try:
            self.virtual_size = Size(width, height + spare)
        finally:
            self._placing = False
        self._place(anchor)
        self.refresh()

    def _anchor(self) -> tuple[EntryId, int] | None:
        index = self._block_at(round(self.scroll_y))
        if index is None:
            index = 0
        if not self._blocks:
            return None
        return self._blocks[index].row.message.id, round(self.scroll_y) - self._starts[index]

    def _place(self, anchor: tuple[EntryId, int] | None = None) -> None:
        y = self.max_scroll_y
        if not self.following:
            y = round(self.scroll_y)
            if anchor:
                for block, start in zip(self._blocks, self._starts, strict=False):
                    if block.row.message.id == anchor[0]:
                        y = start + anchor[1]
                        break
        self._placing = True
        try:
            self.scroll_to(y=y, animate=False, immediate=True, force=True)
        finally:
            self._placing = False

    def _block_at(self, y: int) -> int | None:
        index = bisect_right(self._starts, y) - 1
        return index if 0 <= index < len(self._blocks) else None

    # ------------------------------------------------------------------------------------------------------- events

    def on_resize(self, _event: events.Resize) -> None:
        self._lay_out()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._strips.clear()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self._strips.clear()
        if self._placing or old_value == new_value:
            return
        was = self.following
        self.following = round(new_value) >= self.max_scroll_y
        if self.following and not was:
            self.post_message(self.EndReached())
        if new_value < old_value:
            self._want_older()

    def watch_chosen(self) -> None:
        self._strips.clear()
        self.refresh()

    def on_mouse_scroll_up(self) -> None:
        self._want_older()

    def on_click(self, event: events.Click) -> None:
        index = self._block_at(round(self.scroll_y) + event.y)
        self.chosen = None if index is None else self._blocks[index].row.message.id

    def _want_older(self) -> None:
        if self.scroll_target_y <= TOP_NEAR and self._window.more:
            self.post_message(self.TopReached())

    # ------------------------------------------------------------------------------------------------------ actions

    def action_choose(self, step: int) -> None:
        if not self._blocks:
            self._want_older()
            return
        index = next((i for i, b in enumerate(self._blocks) if b.row.message.id == self.chosen), None)
        index = len(self._blocks) - 1 if index is None else index + step
        if index < 0:
            self._want_older()
        if index >= len(self._blocks):
            self.to_end()
        index = min(max(index, 0), len(self._blocks) - 1)
        block, start = self._blocks[index], self._starts[index]
        self.chosen = block.row.message.id
        top, height = round(self.scroll_y), self.scrollable_content_region.height
        if start < top:
            self.scroll_to(y=start, animate=False, immediate=True)
        elif start + len(block.lines) > top + height:
            self.scroll_to(y=start + len(block.lines) - height, animate=False, immediate=True)

    def action_page_up(self) -> None:
        page = max(1, self.scrollable_content_region.height - 2)
        self.scroll_to(y=self.scroll_y - page, animate=False, immediate=True)
        self._want_older()

    def action_page_down(self) -> None:
        page = max(1, self.scrollable_content_region.height - 2)
        self.scroll_to(y=self.scroll_y + page, animate=False, immediate=True)

    def action_scroll_home(self) -> None:
        self.scroll_to(y=0, animate=False, immediate=True)
        self._want_older()

    def action_to_end(self) -> None:
        self.to_end()

    def action_ask(self, what: str) -> None:
        message = self._window.get(self.chosen) if self.chosen else None
        if what == "leave":
            self.chosen = None
        self.post_message(self.Asked(what, message))

    # ---------------------------------------------------------------------------------------------------- rendering

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
        line, block = self._line(y)
        width = self._laid_width
        base = self.rich_style
        if block is not None and block.row.message.id == self.chosen:
            base += self.get_component_rich_style("timeline--selected", partial=True)
        parts = [(text, base + self._style(style)) for text, style in line]
        if selection is not None and (span := selection.get_span(y)) is not None:
            chosen = self.screen.get_component_rich_style("screen--selection")
            parts = _highlight(parts, *span, chosen)
        strip = Strip([Segment(text, style) for text, style in parts]).adjust_cell_length(width, base)
        if block is not None and y == self._starts[self._blocks.index(block)] + block.mark:
            mark = self._mark(block.row.message)
            if mark:
                room = max(0, width - MARK_WIDTH)
                end = Segment(f"{mark:>{MARK_WIDTH - 1}} ", base + self._style("mark"))
                strip = Strip.join([strip.adjust_cell_length(room, base), Strip([end])])
        return strip.apply_offsets(0, y)

    def _line(self, y: int) -> tuple[Line, Block | None]:
        if y < len(self._top):
            return self._top[y], None
        index = self._block_at(y)
        if index is not None:
            block = self._blocks[index]
            number = y - self._starts[index]
            return block.lines[number], block if number >= block.head else None
        end = y - (self._starts[-1] if self._starts else 0)
        return (self._tail[end] if 0 <= end < len(self._tail) else ()), None

    def _style(self, style: str) -> Style:
        return self.get_component_rich_style(f"timeline--{style}", partial=True)

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The text under a selection made with the mouse."""
        total = round(self.virtual_size.height)
        text = "\n".join("".join(part for part, _style in self._line(y)[0]) or " " for y in range(total))
        return selection.extract(text), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        self._strips.clear()
        self.refresh()


def copied(message: MessageView) -> str:
    """What goes to the clipboard for a message."""
    return shown(message.text)


def _highlight(parts: list[tuple[str, Style]], start: int, end: int, style: Style) -> list[tuple[str, Style]]:
    out: list[tuple[str, Style]] = []
    place = 0
    for text, old in parts:
        low = min(max(start - place, 0), len(text))
        high = len(text) if end < 0 else min(max(end - place, 0), len(text))
        out += [(text[:low], old), (text[low:high], old + style), (text[max(low, high) :], old)]
        place += len(text)
    return [(text, old) for text, old in out if text]
