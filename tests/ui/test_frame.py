"""What is left out of an update must be on the terminal already: a small terminal tells."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.control import Control
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.geometry import Region, Size
from textual.strip import Strip

from p2pchat_tui.ui.frame import Difference, Frame
from p2pchat_tui.ui.writer import Pen, Writer, change, look_of

CONSOLE = Console(color_system="truecolor", force_terminal=True, _environ={})
SIZE = Size(24, 9)
BETWEEN = ("", "", "lift", "\x1b[1;4;38;2;1;2;3m\x1b[5;5H", "\x1b[m\x1b[H")
"""What happens between frames: nothing, we make way for others, or others write."""
SPLIT = 9
"""Where the two widgets of a row meet."""
STYLES = (
    *(Style(), Style(bold=True), Style(color="red", bgcolor="#102030"), Style(color="blue")),
    *(Style(color="#a0b0c0", bgcolor="#102030"), Style(color="#a0b0c0", bgcolor="#102030", bold=True, reverse=True)),
    *(Style(dim=True, bold=True, underline=True), Style(dim=True, strike=True, italic=True, color="color(200)")),
    *(Style(link="https://a.example", underline=True, bgcolor="bright_blue"), Style(link="https://b.example")),
)
_TOKEN = re.compile(r"\x1b\[([0-9;]*)([HCDmrM])|\x1b\]8;[^;]*;([^\x1b]*)\x1b\\|(\n)|(.)", re.DOTALL)
_ATTRIBUTES = {1: "bold", 2: "dim", 3: "italic", 4: "underline", 7: "reverse", 9: "strike"}
_ENDS = {22: ("bold", "dim"), 23: ("italic",), 24: ("underline",), 27: ("reverse",), 29: ("strike",)}


def sgr(look: dict[str, str], parameters: str) -> dict[str, str]:
    """What a terminal makes of a sequence for colours: ECMA-48, and those of 8 and 24 bits."""
    look = dict(look)
    codes = [int(each or 0) for each in parameters.split(";")]
    while codes:
        code = codes.pop(0)
        if code == 0:
            look.clear()
        elif code in _ATTRIBUTES:
            look[_ATTRIBUTES[code]] = "on"
        elif code in _ENDS:
            for name in _ENDS[code]:
                look.pop(name, None)
        elif code in (39, 49):
            look.pop("ink" if code == 39 else "ground", None)
        elif code in (38, 48):
            count = 4 if codes[0] == 2 else 2
            look["ink" if code == 38 else "ground"] = ";".join(map(str, codes[:count]))
            del codes[:count]
        elif code // 10 in (3, 9, 4, 10):
            look["ink" if code // 10 in (3, 9) else "ground"] = str(code)
        else:
            raise AssertionError(f"{code} is not among what all terminals know")
    return look


def seen(look: dict[str, str]) -> dict[str, str]:
    """Reversed colours that both are said are the same as colours that changed places."""
    ink, ground = look.get("ink", ""), look.get("ground", "")
    if "reverse" not in look or ";" not in ink or ";" not in ground:
        return look
    return {**{name: value for name, value in look.items() if name != "reverse"}, "ink": ground, "ground": ink}


class Terminal:
    """Cells with the look that each was written in."""

    def __init__(self) -> None:
        self.cells = {(x, y): ("?", "") for x in range(SIZE.width) for y in range(SIZE.height)}
        self._place = 0, 0
        self._look: dict[str, str] = {}

    def write(self, data: str) -> None:
        x, y = self._place
        look = self._look
        bottom, link = SIZE.height - 1, ""
        for parameters, function, url, newline, char in _TOKEN.findall(data):
            numbers = [int(each or 1) for each in parameters.split(";")] if function in ("H", "C", "D", "M") else []
            if function == "r":
                bottom = int(parameters.partition(";")[2] or SIZE.height) - 1
            elif function == "M":
                self._delete(y, bottom, numbers[0])
            elif function == "H":
                y, x = numbers[0] - 1, (numbers[1] if len(numbers) > 1 else 1) - 1
            elif function in ("C", "D"):
                assert x < SIZE.width, "behind the last cell a terminal may be in the next row"
                x += numbers[0] if function == "C" else -numbers[0]
            elif function == "m":
                look = sgr(look, parameters)
            elif newline:
                x, y = 0, y + 1
            elif not char:
                link = url
            elif width := cell_len(char):
                for place in range(width):
                    self.cells[x + place, y] = (char if not place else "", f"{sorted(seen(look).items())}{link}")
                x += width
            else:
                before, there = self.cells[x - 1, y]
                self.cells[x - 1, y] = (before + char, there)
        self._place, self._look = (x, y), look
        assert not link, "others begin with none"

    def _delete(self, top: int, bottom: int, count: int) -> None:
        for y in range(top, bottom + 1):
            for x in range(SIZE.width):
                self.cells[x, y] = self.cells[x, y + count] if y + count <= bottom else (" ", "[]")


def strip(width: int, parts: list[tuple[str, int]]) -> Strip:
    segments = [Segment(text, STYLES[style]) for text, style in parts]
    return Strip(segments).adjust_cell_length(width, Style()).simplify()


parts = st.lists(st.tuples(st.text("ab .─●é世🎉", max_size=6), st.integers(0, len(STYLES) - 1)), max_size=3)
rows = st.lists(
    st.tuples(parts, parts).map(lambda both: (strip(SPLIT, both[0]), strip(SIZE.width - SPLIT, both[1]))),
    min_size=SIZE.height,
    max_size=SIZE.height,
)
ups = st.integers(1, 3)
"""By how many rows everything goes up, as when messages come."""
cursors = st.tuples(st.integers(0, SIZE.width - 1), st.integers(0, SIZE.height - 1))
spans = st.lists(st.tuples(st.integers(0, SIZE.height - 1), st.booleans(), st.booleans()), min_size=1, max_size=5)


def difference(
    frame: Frame, update: LayoutUpdate | ChopsUpdate, size: Size, cursor: tuple[int, int] | None = None
) -> Difference:
    new = frame.difference(update, size, cursor)
    assert new is not None, "Textual has another inside: see ui/frame.py"
    return new


def full(lines: list[tuple[Strip, Strip]]) -> LayoutUpdate:
    return LayoutUpdate([list(line) for line in lines], Region(0, 0, *SIZE))


def partial(lines: list[tuple[Strip, Strip]], which: list[tuple[int, bool, bool]]) -> ChopsUpdate:
    chops = [{0: line[0], SPLIT: line[1]} for line in lines]
    ends = [[SPLIT, SIZE.width] for _ in lines]
    places = [(y, 0 if left else SPLIT, SIZE.width if right else SPLIT) for y, left, right in which if left or right]
    return ChopsUpdate(chops, places or [(0, 0, SIZE.width)], ends)


@settings(max_examples=40)
@given(rows, st.lists(st.tuples(rows | ups, st.none() | spans, cursors, st.sampled_from(BETWEEN)), max_size=6))
def test_it_looks_as_if_all_had_been_written(lines: list[tuple[Strip, Strip]], steps: list[tuple[Any, ...]]) -> None:
    frame, ours, theirs = Frame(), Terminal(), Terminal()
    cursor = 0, 0
    for number, (then, which, place, between) in enumerate([(lines, None, cursor, ""), *steps]):
        if between == "lift":
            ours.write(frame.lift())
        elif between:
            frame.forget()
            ours.write(between)
        lines = [*lines[then:], *lines[:then]] if isinstance(then, int) else then
        update = partial(lines, which) if which and number and between in ("", "lift") else full(lines)
        theirs.write(update.render_segments(CONSOLE))
        ours.write(difference(frame, update, SIZE, cursor).render_segments(CONSOLE))
        assert ours.cells == theirs.cells
        # As Textual does behind each update.
        cursor = place
        ours.write(Control.move_to(*cursor).segment.text)


def test_the_inside_of_textual_is_the_one_that_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Control, "move_to", lambda *_: pytest.fail("another inside: see ui/writer.py"))
    lines = [(strip(SPLIT, [("left", 1)]), strip(SIZE.width - SPLIT, [("a", 2), ("b", 4)])) for _ in range(SIZE.height)]
    assert difference(Frame(), full(lines), SIZE).render_segments(CONSOLE)


def test_an_update_that_is_made_in_another_way_is_left_to_textual() -> None:
    frame = Frame()
    lines = [(strip(SPLIT, [("left", 1)]), strip(SIZE.width - SPLIT, [])) for _ in range(SIZE.height)]
    whole = len(difference(frame, full(lines), SIZE).parts)
    other = partial(lines, [(0, True, True)])
    del other.chop_ends
    assert frame.difference(other, SIZE) is None
    assert len(difference(frame, full(lines), SIZE).parts) == whole, "what it wrote is not known"


def test_what_is_typed_costs_a_change_and_its_character() -> None:
    frame = Frame()
    ink, caret = Style(color="#a0b0c0", bgcolor="#102030"), Style(color="#102030", bgcolor="#a0b0c0")
    written = []
    for typed in ("", "a", "ab"):
        line = Strip([Segment(typed, ink), Segment(" ", caret), Segment(" " * (SIZE.width - 1 - len(typed)), ink)])
        update = LayoutUpdate([[line]], Region(0, 3, SIZE.width, 1))
        written.append(difference(frame, update, SIZE, (max(0, len(typed) - 1), 3)).render_segments(CONSOLE))
    assert written[2] == "\x1b[7mb\x1b[27m "


def test_what_is_there_is_not_written_again() -> None:
    frame = Frame()
    lines = [(strip(SPLIT, [("left", 1)]), strip(SIZE.width - SPLIT, [(f"🎉 {y}", 2)])) for y in range(SIZE.height)]
    assert len(difference(frame, full(lines), SIZE).parts) == 2 * SIZE.height
    assert not difference(frame, full(lines), SIZE).parts
    lines[2] = (strip(SPLIT, [("lift", 1)]), lines[2][1])
    assert [(x, y, part.text) for x, y, part in difference(frame, full(lines), SIZE).parts] == [(1, 2, "i")]


def test_a_terminal_of_another_size_or_that_somebody_wrote_on_is_drawn_whole() -> None:
    frame = Frame()
    lines = [(strip(SPLIT, [("left", 1)]), strip(SIZE.width - SPLIT, [])) for _ in range(SIZE.height)]
    whole = len(difference(frame, full(lines), SIZE).parts)
    frame.forget()
    assert len(difference(frame, full(lines), SIZE).parts) == whole
    assert len(difference(frame, full(lines), Size(SIZE.width, SIZE.height + 1)).parts) == whole


def test_rows_that_go_up_are_moved_and_what_stands_beside_them_stays() -> None:
    frame, terminal = Frame(), Terminal()
    lines = [(strip(SPLIT, [("", 0)]), strip(SIZE.width - SPLIT, [(f"line {y} 🎉", 2)])) for y in range(SIZE.height)]
    terminal.write(difference(frame, full(lines), SIZE).render_segments(CONSOLE))
    lines = [*lines[2:], *lines[:2]]
    update = difference(frame, full(lines), SIZE)
    assert update.moved == (0, SIZE.height - 1, 2) and {y for _, y, _ in update.parts} == {7, 8}
    terminal.write(update.render_segments(CONSOLE))
    # The right half alone goes on: the left one has other things to say.
    lines = [(strip(SPLIT, [(f"{y}", 1)]), right) for y, (_, right) in enumerate(lines)]
    terminal.write(difference(frame, full(lines), SIZE).render_segments(CONSOLE))
    lines = [(left, lines[(y + 1) % SIZE.height][1]) for y, (left, _) in enumerate(lines)]
    update = difference(frame, partial(lines, [(y, False, True) for y in range(SIZE.height)]), SIZE)
    assert update.moved is None
    terminal.write(update.render_segments(CONSOLE))
    whole = Terminal()
    whole.write(full(lines).render_segments(CONSOLE))
    assert terminal.cells == whole.cells


def test_colours_are_written_once() -> None:
    ink = Style(color="#a0b0c0", bgcolor="#102030")
    pen = Pen()
    writer = Writer(CONSOLE, 80, pen)
    writer.put(3, 2, Strip([Segment("ab", ink), Segment("c", ink + Style(bold=True))]), is_simple=True)
    writer.put(9, 2, Strip([Segment("d", ink)]), is_simple=True)
    assert writer.finish() == ("\x1b[3;4H\x1b[0;38;2;160;176;192;48;2;16;32;48mab\x1b[1mc\x1b[3C\x1b[22md")
    writer = Writer(CONSOLE, 80, pen, (5, 6))
    writer.put(5, 6, Strip([Segment("e", ink)]), is_simple=True)
    assert writer.finish() == "e"
    assert pen.lift() == "\x1b[m" and pen.lift() == ""


def test_attributes_that_are_not_known_here_are_written_as_they_are() -> None:
    assert change(look_of("1"), look_of("53;38;2;1;2;3")) == "\x1b[0;53;38;2;1;2;3m"
    assert change(look_of("53"), look_of("1")) == "\x1b[0;1m"


def test_another_textual_is_painted_as_it_does_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(Strip, "render_ansi")
    new = Difference([(3, 2, Strip([Segment("plain")]))], width=80, pen=Pen())
    monkeypatch.setattr(Writer, "put", lambda *_, **__: Strip.render_ansi)  # type: ignore[attr-defined]
    assert new.render_segments(CONSOLE) == "\x1b[m\x1b[3;4Hplain"
