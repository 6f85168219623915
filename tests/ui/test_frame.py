"""What is left out of an update must be on the terminal already: a small terminal tells."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.geometry import Region, Size
from textual.strip import Strip

from p2pchat_tui.ui.frame import Frame

CONSOLE = Console(color_system="truecolor", force_terminal=True, _environ={})
SIZE = Size(24, 9)
SPLIT = 9
"""Where the two widgets of a row meet."""
STYLES = (Style(), Style(bold=True), Style(color="red", bgcolor="#102030"), Style(color="blue"))
_TOKEN = re.compile(r"\x1b\[(\d+);(\d+)H|(\x1b\[[0-9;]*m)|(\n)|\x1b\[([0-9;]*)([rM])|(.)", re.DOTALL)


class Terminal:
    """Cells with the look that each was written in."""

    def __init__(self) -> None:
        self.cells = {(x, y): ("?", "") for x in range(SIZE.width) for y in range(SIZE.height)}

    def write(self, data: str) -> None:
        x = y = 0
        look, bottom = "", SIZE.height - 1
        for row, column, sgr, newline, arguments, function, char in _TOKEN.findall(data):
            if function == "r":
                bottom = int(arguments.partition(";")[2] or SIZE.height) - 1
            elif function == "M":
                self._delete(y, bottom, int(arguments))
            elif row:
                x, y = int(column) - 1, int(row) - 1
            elif sgr:
                look = "" if sgr == "\x1b[0m" else look + sgr
            elif newline:
                x, y = 0, y + 1
            elif width := cell_len(char):
                for place in range(width):
                    self.cells[x + place, y] = (char if not place else "", look)
                x += width
            else:
                before, there = self.cells[x - 1, y]
                self.cells[x - 1, y] = (before + char, there)

    def _delete(self, top: int, bottom: int, count: int) -> None:
        for y in range(top, bottom + 1):
            for x in range(SIZE.width):
                self.cells[x, y] = self.cells[x, y + count] if y + count <= bottom else (" ", "")


def strip(width: int, parts: list[tuple[str, int]]) -> Strip:
    segments = [Segment(text, STYLES[style]) for text, style in parts]
    return Strip(segments).adjust_cell_length(width, Style()).simplify()


parts = st.lists(st.tuples(st.text("ab .─●é世🎉", max_size=6), st.integers(0, 3)), max_size=3)
rows = st.lists(
    st.tuples(parts, parts).map(lambda both: (strip(SPLIT, both[0]), strip(SIZE.width - SPLIT, both[1]))),
    min_size=SIZE.height,
    max_size=SIZE.height,
)
ups = st.integers(1, 3)
"""By how many rows everything goes up, as when messages come."""
spans = st.lists(st.tuples(st.integers(0, SIZE.height - 1), st.booleans(), st.booleans()), min_size=1, max_size=5)


def full(lines: list[tuple[Strip, Strip]]) -> LayoutUpdate:
    return LayoutUpdate([list(line) for line in lines], Region(0, 0, *SIZE))


def partial(lines: list[tuple[Strip, Strip]], which: list[tuple[int, bool, bool]]) -> ChopsUpdate:
    chops = [{0: line[0], SPLIT: line[1]} for line in lines]
    ends = [[SPLIT, SIZE.width] for _ in lines]
    places = [(y, 0 if left else SPLIT, SIZE.width if right else SPLIT) for y, left, right in which if left or right]
    return ChopsUpdate(chops, places or [(0, 0, SIZE.width)], ends)


@settings(max_examples=40, deadline=None)
@given(rows, st.lists(st.tuples(rows | ups, st.none() | spans), max_size=6))
def test_it_looks_as_if_all_had_been_written(lines: list[tuple[Strip, Strip]], steps: list[tuple[Any, Any]]) -> None:
    frame, ours, theirs = Frame(), Terminal(), Terminal()
    for number, (then, which) in enumerate([(lines, None), *steps]):
        lines = [*lines[then:], *lines[:then]] if isinstance(then, int) else then
        update = partial(lines, which) if which and number else full(lines)
        theirs.write(update.render_segments(CONSOLE))
        ours.write(frame.difference(update, SIZE).render_segments(CONSOLE))
        assert ours.cells == theirs.cells


def test_what_is_there_is_not_written_again() -> None:
    frame = Frame()
    lines = [(strip(SPLIT, [("left", 1)]), strip(SIZE.width - SPLIT, [(f"🎉 {y}", 2)])) for y in range(SIZE.height)]
    assert len(frame.difference(full(lines), SIZE).parts) == 2 * SIZE.height
    assert not frame.difference(full(lines), SIZE).parts
    lines[2] = (strip(SPLIT, [("lift", 1)]), lines[2][1])
    assert [(x, y, part.text) for x, y, part in frame.difference(full(lines), SIZE).parts] == [(1, 2, "i")]


def test_a_terminal_of_another_size_or_that_somebody_wrote_on_is_drawn_whole() -> None:
    frame = Frame()
    lines = [(strip(SPLIT, [("left", 1)]), strip(SIZE.width - SPLIT, [])) for _ in range(SIZE.height)]
    whole = len(frame.difference(full(lines), SIZE).parts)
    frame.forget()
    assert len(frame.difference(full(lines), SIZE).parts) == whole
    assert len(frame.difference(full(lines), Size(SIZE.width, SIZE.height + 1)).parts) == whole


def test_rows_that_go_up_are_moved_and_what_stands_beside_them_stays() -> None:
    frame, terminal = Frame(), Terminal()
    lines = [(strip(SPLIT, [("", 0)]), strip(SIZE.width - SPLIT, [(f"line {y} 🎉", 2)])) for y in range(SIZE.height)]
    terminal.write(frame.difference(full(lines), SIZE).render_segments(CONSOLE))
    lines = [*lines[2:], *lines[:2]]
    update = frame.difference(full(lines), SIZE)
    assert update.moved == (0, SIZE.height - 1, 2) and {y for _, y, _ in update.parts} == {7, 8}
    terminal.write(update.render_segments(CONSOLE))
    # The right half alone goes on: the left one has other things to say.
    lines = [(strip(SPLIT, [(f"{y}", 1)]), right) for y, (_, right) in enumerate(lines)]
    terminal.write(frame.difference(full(lines), SIZE).render_segments(CONSOLE))
    lines = [(left, lines[(y + 1) % SIZE.height][1]) for y, (left, _) in enumerate(lines)]
    update = frame.difference(partial(lines, [(y, False, True) for y in range(SIZE.height)]), SIZE)
    assert update.moved is None
    terminal.write(update.render_segments(CONSOLE))
    whole = Terminal()
    whole.write(full(lines).render_segments(CONSOLE))
    assert terminal.cells == whole.cells
