"""Draws the line that is typed under what was told: as few bytes as can be, for whoever hears them. Pure."""

from __future__ import annotations

from itertools import accumulate

from rich.cells import cell_len

from ..text import clusters

NEW_LINE = "␊"
"""What stands for the end of a line within one message."""
_WRAP = " \r"
"""Sent after a row that is just full: terminals differ in where the cursor is then."""


class Drawing:
    """What stands on the terminal at the moment."""

    def __init__(self, columns: int = 80, rows: int = 24) -> None:
        self.resize(columns, rows)

    def resize(self, columns: int, rows: int) -> None:
        """The terminal has another size, and holds nothing of ours that can be found again."""
        self._columns, self._rows = max(2, columns), max(3, rows)
        self._pieces: list[str] = []
        self._place = 0
        """Pieces before the cursor."""

    def show(self, text: str, cursor: int, *, new_line: str = NEW_LINE) -> str:
        """What to write so that `text` stands there, with the cursor behind `cursor` of its characters."""
        pieces = [new_line if piece == "\n" else piece for piece in clusters(text)]
        place = sum(end <= cursor for end in accumulate(map(len, pieces)))
        pieces, place = self._in_view(pieces, place)
        old, at = self._pieces, self._place
        self._pieces, self._place = pieces, place
        if pieces == old:
            return self._move(at, place)
        if at == len(old) and place == len(pieces) and pieces[: len(old)] == old:
            return self._written(len(old))
        if at == len(old) and place == len(pieces) == len(old) - 1 and old[:-1] == pieces and self._fits(old):
            width = cell_len(old[-1])
            return "\b" * width + " " * width + "\b" * width
        return self._to_origin(old, at) + "\x1b[J" + self._written(0) + self._move(len(pieces), place)

    def erase(self) -> str:
        """What to write so that nothing of it stands there."""
        out = self._to_origin(self._pieces, self._place) + "\x1b[J" if self._pieces else ""
        self._pieces, self._place = [], 0
        return out

    def leave(self) -> str:
        """What to write so that the line stays, and the cursor is under it."""
        out = self._move(self._place, len(self._pieces)) + "\n"
        self._pieces, self._place = [], 0
        return out

    # ------------------------------------------------------------------------------------------------------- places

    def _in_view(self, pieces: list[str], place: int) -> tuple[list[str], int]:
        """As much around the cursor as surely fits on the terminal, which cannot go back over its upper edge."""
        most = self._columns * (self._rows - 1) // 2 - 1
        if len(pieces) <= most:
            return pieces, place
        begin = max(0, min(place - most // 2, len(pieces) - most))
        return pieces[begin : begin + most], place - begin

    def _at(self, pieces: list[str], count: int) -> tuple[int, int]:
        """Row and column behind the first `count` of `pieces`."""
        row = column = 0
        for piece in pieces[:count]:
            width = cell_len(piece)
            if column + width > self._columns:
                row, column = row + 1, 0
            column += width
            if column >= self._columns:
                row, column = row + 1, 0
        return row, column

    def _fits(self, pieces: list[str]) -> bool:
        """Whether they stand in one row."""
        return self._at(pieces, len(pieces))[0] == 0

    def _written(self, begin: int) -> str:
        out = "".join(self._pieces[begin:])
        is_full = self._pieces and self._at(self._pieces, len(self._pieces))[1] == 0
        return out + _WRAP if out and is_full else out

    def _to_origin(self, pieces: list[str], place: int) -> str:
        row, column = self._at(pieces, place)
        return (f"\x1b[{row}A" if row else "") + ("\r" if column or row else "")

    def _move(self, old: int, new: int) -> str:
        """The way from one place in what is written to another."""
        (row, column), (to_row, to_column) = self._at(self._pieces, old), self._at(self._pieces, new)
        if row == to_row:
            if to_column < column:
                return "\b" * (column - to_column)
            return f"\x1b[{to_column - column}C" if to_column > column else ""
        vertical = f"\x1b[{row - to_row}A" if to_row < row else f"\x1b[{to_row - row}B"
        return vertical + "\r" + (f"\x1b[{to_column}C" if to_column else "")
