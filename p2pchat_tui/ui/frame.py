"""What the terminal shows, so that only what is new is written: over a slow line the rest would be in the way.

Textual writes whole lines, and after every change of the layout the whole screen, whether it reads differently or not.
This stands between it and the terminal, and leaves out each cell that is there already. It knows the inside of a
release of Textual, which is why that is pinned; where the inside is another after all, Textual writes as it does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from rich.console import Console
from rich.control import Control
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.geometry import Size
from textual.strip import Strip

from .writer import UNKNOWN, Pen, Writer

MOVES_FROM = 5
"""Rows that must have moved together before they are moved on the terminal."""
MOVE_MAX = 8
"""Rows by which they may have moved: a message of that height."""
GAP = 4
"""Cells that are written again rather than skipped: to go on elsewhere takes as many bytes."""

# One cell each, everywhere. What is not among them may be wider on some terminal than is thought: it is written whole.
_SIMPLE = re.compile(r"[\x20-\x7e\xa0-\u024f\u2010-\u2027\u2030-\u205e\u2190-\u21ff\u2500-\u25e5\u2713\u2731]*")
_Cell: TypeAlias = tuple[str, Style | None]
_Row: TypeAlias = list[_Cell]
_UNKNOWN: _Cell = ("", None)
_COVERED: _Cell = ("\0", None)
"""Part of a piece that is written whole."""
_OTHER_INSIDE = (AttributeError, IndexError, KeyError, TypeError, ValueError)
"""What comes of a Textual that is made in another way than the one we know."""


class Difference(CompositorUpdate):
    """The parts of an update that are new."""

    def __init__(
        self,
        parts: list[tuple[int, int, Strip]],
        moved: tuple[int, int, int] | None = None,
        *,
        width: int,
        pen: Pen,
        cursor: tuple[int, int] | None = None,
    ) -> None:
        """Of each part: column, row, and what is there now. `width`: of the terminal, which writes as `pen` says.

        `moved`: before that the rows from the first to the second, both included, go up by the third.
        `cursor`: column and row where the terminal's is, when that is sure.
        """
        self.parts = parts
        self.moved = moved
        self._width = width
        self._pen = pen
        self._cursor = None if moved else cursor

    def render_segments(self, console: Console) -> str:
        """See CompositorUpdate."""
        moving = ""
        if self.moved:
            top, bottom, by = self.moved
            # Within these margins, delete the first rows; even the console of Linux can do that.
            moving = f"\x1b[{top + 1};{bottom + 1}r\x1b[{top + 1};1H\x1b[{by}M\x1b[r"
        try:
            return moving + self.written(console)
        except _OTHER_INSIDE:
            # Then as Textual does it, in more bytes.
            return (
                self._pen.lift()
                + moving
                + "".join(f"{Control.move_to(x, y).segment.text}{strip.render(console)}" for x, y, strip in self.parts)
            )

    def written(self, console: Console) -> str:
        """The parts in few bytes."""
        writer = Writer(console, self._width, self._pen, self._cursor)
        for x, y, strip in self.parts:
            writer.put(x, y, strip, is_simple=_is_simple(strip))
        return writer.finish()


class Frame:
    """The cells of a terminal, as far as they are known."""

    def __init__(self) -> None:
        self._size = Size(0, 0)
        self._rows: list[_Row] = []
        self._pen = Pen()

    def forget(self) -> None:
        """Somebody else may have written on the terminal: all of it is new."""
        self._size = Size(0, 0)
        self._pen.look = UNKNOWN

    def lift(self) -> str:
        """What is to be written before somebody else writes on the terminal."""
        return self._pen.lift()

    def difference(
        self, update: LayoutUpdate | ChopsUpdate, size: Size, cursor: tuple[int, int] | None = None
    ) -> Difference | None:
        """What of `update` is not on a terminal of this size yet; from now on it is.

        `cursor`: column and row where it was left. None: that cannot be said, so `update` is to be written as it is.
        """
        try:
            return self._difference(update, size, cursor)
        except _OTHER_INSIDE:
            self.forget()
            return None

    def _difference(self, update: LayoutUpdate | ChopsUpdate, size: Size, cursor: tuple[int, int] | None) -> Difference:
        if size != self._size:
            cursor = None
            self._size = size
            self._rows = [[_UNKNOWN] * size.width for _ in range(size.height)]
        places = ((x, y, strip) for x, y, strip in _pieces(update) if x < size.width and 0 <= y < size.height)
        pieces = [(x, y, strip, *_cells(strip)) for x, y, strip in places]
        moved = self._move(pieces)
        parts = [
            (start, y, part)
            for x, y, strip, cells, is_whole in pieces
            for start, part in self._new(x, self._rows[y], strip, cells, is_whole)
        ]
        return Difference(parts, moved, width=size.width, pen=self._pen, cursor=cursor)

    def _move(self, pieces: list[tuple[int, int, Strip, _Row, bool]]) -> tuple[int, int, int] | None:
        """Move rows up if that leaves less to be written, as when a message comes below others; see Difference."""
        after = [*self._rows]
        covered = [0] * len(after)
        """Cells of each row that the pieces hold: where that is not all, the rest must not move."""
        for x, y, _, cells, _ in pieces:
            covered[y] += len(cells)
            if after[y][x : x + len(cells)] != cells:
                row = after[y] = [*after[y]]
                row[x : x + len(cells)] = cells[: len(row) - x]
        changed = [y for y, row in enumerate(after) if row is not self._rows[y]]
        if len(changed) < MOVES_FROM:
            return None
        best: list[int] = []
        for by in range(1, MOVE_MAX + 1):
            same = [y for y in changed if y + by < len(after) and after[y] == self._rows[y + by]]
            if len(same) > len(best):
                best, up = same, by
        if len(best) < MOVES_FROM:
            return None
        top, bottom = best[0], best[-1] + up
        if any(covered[y] < self._size.width and y not in best for y in range(top, bottom + 1)):
            return None
        self._rows[top : bottom + 1 - up] = [[*row] for row in self._rows[top + up : bottom + 1]]
        self._rows[bottom + 1 - up : bottom + 1] = [[_UNKNOWN] * self._size.width for _ in range(up)]
        return top, bottom, up

    def _new(self, x: int, row: _Row, strip: Strip, cells: _Row, is_whole: bool) -> Iterable[tuple[int, Strip]]:
        """The parts of a piece that are new in its row."""
        end = x + len(cells)
        before = row[x:end]
        if before == cells:
            return ()
        row[x:end] = cells[: len(before)]
        if is_whole or len(before) < len(cells):
            return ((x, strip),)
        return [(x + low, strip.crop(low, high)) for low, high in _spans(before, cells)]


def _spans(before: _Row, now: _Row) -> list[tuple[int, int]]:
    """Where the two differ, with small gaps filled."""
    spans: list[tuple[int, int]] = []
    for place, (old, new) in enumerate(zip(before, now, strict=True)):
        if old == new:
            continue
        if spans and place - spans[-1][1] <= GAP:
            spans[-1] = spans[-1][0], place + 1
        else:
            spans.append((place, place + 1))
    return spans


def _is_simple(strip: Strip) -> bool:
    return all(segment.control is None and _SIMPLE.fullmatch(segment.text) for segment in strip)


def _cells(strip: Strip) -> tuple[_Row, bool]:
    """The cells of a piece, and whether it is written whole or not at all."""
    if _is_simple(strip):
        return [(char, segment.style) for segment in strip for char in segment.text], False
    whole = [_COVERED] * strip.cell_length
    whole[:1] = [(repr([(segment.text, str(segment.style)) for segment in strip]), None)]
    return whole, True


def _pieces(update: LayoutUpdate | ChopsUpdate) -> Iterator[tuple[int, int, Strip]]:
    """What the update would write: column, row, strip. See `render_segments` of both."""
    if isinstance(update, LayoutUpdate):
        for y, line in enumerate(update.strips, update.region.y):
            x = update.region.x
            for strip in line:
                yield x, y, strip
                x += strip.cell_length
        return
    for y, x1, x2 in update.spans:
        for end, (x, chop) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            if chop is None or x > x2 or end <= x1:
                continue
            yield x, y, chop if x2 > x >= x1 and end <= x2 else chop.crop(0, min(end, x2) - x)
