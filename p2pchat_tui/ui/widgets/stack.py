"""What stands on which line of the timeline: an opening, the messages, and a word at the end when more follow."""

from __future__ import annotations

from collections.abc import Callable

from rich.cells import cell_len

from ...session.api import EntryId, MessageView
from ..lines import Line
from .entry_row import FOLD, MARK_WIDTH, Block, sentence
from .layout import Layout

CUT_OFF = "newer messages follow: End shows them"

Anchor = tuple[EntryId, int]
"""A message, and how many lines below its first own one: a place that stays when messages come in over it."""


class Stack:
    """The lines from the first to the last; knows no scrolling."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._top: tuple[Line, ...] = ()
        self._tail: tuple[Line, ...] = ()
        self._width = 0

    @property
    def height(self) -> int:
        """All lines."""
        return len(self._top) + self._layout.height + len(self._tail)

    def frame(self, opening: str, *, cut_off: bool, width: int, least: int) -> None:
        """Put the program's own words around the messages; `least`: lines that there are in any case."""
        self._width = width
        self._top = (*sentence(opening, width), Line()) if opening else ()
        self._tail = sentence(CUT_OFF, width, "new") if cut_off else ()
        # Few messages stand at the bottom, next to where one writes.
        self._top = (Line(),) * max(0, least - self.height) + self._top

    def start(self, index: int) -> int:
        """The first line of the message at `index`."""
        return len(self._top) + self._layout.start(index)

    def at(self, y: int) -> int | None:
        """The index of the message that has line `y`."""
        return self._layout.at(y - len(self._top))

    def mark_line(self, block: Block) -> int:
        """The line that says who holds a message; -1 when it is not here."""
        index = self._layout.index(block.row.message.id)
        return -1 if index is None else self.start(index) + block.mark

    def line(self, y: int) -> tuple[Line, Block | None]:
        """Line `y`, and the message that it belongs to; none for lines between messages."""
        index = self.at(y)
        if index is not None:
            block = self._layout.block(index)
            number = y - self.start(index)
            if 0 <= number < len(block.lines):
                return block.lines[number], block if number >= block.head and not block.row.is_hidden else None
            return Line(), None
        if y < len(self._top):
            return (self._top[y] if y >= 0 else Line()), None
        end = y - len(self._top) - self._layout.height
        return (self._tail[end] if 0 <= end < len(self._tail) else Line()), None

    def fold(self, y: int) -> MessageView | None:
        """The first of the messages that line `y` folds away or brings back; None when it is no such line."""
        index = self.at(y)
        if index is None or not self._layout.fold(index):
            return None
        block = self._layout.block(index)
        return block.row.message if y - self.start(index) == block.fold else None

    def under(self, x: int, y: int, mark: Callable[[MessageView], str]) -> tuple[MessageView | None, str]:
        """The message at cell `x` of line `y`, and what a click there does; empty: nothing but to choose it.

        A fold's line is that of the first message behind it. `x` is negative in what is drawn before the lines. `mark`
        says who holds a message: a click on that tells more.
        """
        line, block = self.line(y)
        if block is None:
            folded = self.fold(y)
            return folded, FOLD if folded else ""
        message, end = block.row.message, 0
        if x >= self._width - MARK_WIDTH and y == self.mark_line(block) and mark(message):
            return message, "info"
        for span in line.spans if x >= 0 else ():
            end += cell_len(span.text)
            if x < end:
                return message, span.does
        return message, ""

    def anchor(self, y: int) -> Anchor | None:
        """Where line `y` is, in words that outlast a change; lines over the messages count from the first."""
        if not len(self._layout):
            return None
        index = self.at(y)
        index = index if index is not None else 0
        return self._layout.message(index).id, y - self._body(index)

    def place(self, anchor: Anchor | None) -> int | None:
        """The line where `anchor` is now; None when that message is gone."""
        index = self._layout.index(anchor[0]) if anchor else None
        return self._body(index) + anchor[1] if anchor and index is not None else None

    def _body(self, index: int) -> int:
        # The lines over a message come and go with its neighbours.
        return self.start(index) + self._layout.head(index)
