"""Editing a line at a terminal: keys in, text out, and what stands on the terminal meanwhile."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from p2pchat_tui.ui.plain.drawing import Drawing
from p2pchat_tui.ui.plain.keys import PASTE_MAX, Key, Keys, Typed
from p2pchat_tui.ui.plain.line import LINE_MAX, Line
from p2pchat_tui.ui.text import clusters


def typed(data: bytes, line: Line | None = None) -> Line:
    """What a line is after `data` came from the terminal."""
    line = line or Line()
    for key in Keys().feed(data):
        line.take(key)
    return line


@pytest.mark.parametrize(
    ("data", "text", "cursor"),
    [
        ("abc", "abc", 3),
        ("abc\x1b[D\x1b[DX", "aXbc", 2),
        ("abc\x01X\x05Y", "XabcY", 5),
        ("abc\x7f\x7f", "a", 1),
        ("abc\x1b[D\x1b[3~", "ab", 2),
        ("one two\x17three", "one three", 9),
        ("one two\x1bb\x0b", "one ", 4),
        ("one two\x15\x19\x19", "one twoone two", 14),
        ("one two\x1b[1;5D\x1b[1;5Dx", "xone two", 1),
        ("one two\x01\x1bd", " two", 0),
        ("👨‍👩‍👧é\x7f\x7f", "", 0),
        ("a\x1b\rb", "a\nb", 3),
        ("\x1b[200~one\r\ntwo\tx\x1b[201~!", "one\ntwo    x!", 13),
        ("\x1b[200~\x1b]52;c;aGk=\x07\x1b[201~", "␛]52;c;aGk=␇", 12),
        ("a\x1b[99~\x1b[?1;2c\x1bOPb", "ab", 2),
    ],
)
def test_keys_do_what_they_do_in_a_shell(data: str, text: str, cursor: int) -> None:
    line = typed(data.encode())
    assert (line.text, line.cursor) == (text, cursor)


@settings(max_examples=40)
@given(st.text(max_size=12), st.data())
def test_it_is_the_same_however_the_bytes_are_cut(extra: str, data: st.DataObject) -> None:
    sent = f"\x1b[200~é{extra}\x1b[201~\x1b[D\x1b[1;5C日\x1bb\r".encode("utf-8", "ignore")
    cuts = sorted(data.draw(st.lists(st.integers(0, len(sent)), max_size=6)))
    keys, found = Keys(), list[Key | Typed]()
    for low, high in zip([0, *cuts], [*cuts, len(sent)], strict=True):
        found += keys.feed(sent[low:high])
    whole = list(Keys().feed(sent))
    assert "".join(each.text for each in found if isinstance(each, Typed)) == "".join(
        each.text for each in whole if isinstance(each, Typed)
    )
    assert [each for each in found if isinstance(each, Key)] == [each for each in whole if isinstance(each, Key)]


@given(st.binary(max_size=60))
def test_no_bytes_harm(data: bytes) -> None:
    line = typed(data)
    assert "\x1b" not in line.text and 0 <= line.cursor <= len(line.text)


def test_a_paste_and_a_line_have_an_end() -> None:
    keys = Keys()
    found = [*keys.feed(b"\x1b[200~" + b"x" * (2 * PASTE_MAX)), *keys.feed(b"y" * PASTE_MAX + b"\x1b[201~z")]
    assert found == [Typed("x" * PASTE_MAX), Typed("z")]
    line = Line()
    for _ in range(3):
        line.take(Typed("x" * PASTE_MAX))
    assert len(line.text) == LINE_MAX


def test_what_was_sent_comes_back_and_what_was_being_written_too() -> None:
    line = Line()
    sent = ["one"]
    line.history.use(sent)
    line.history.add("two")
    assert sent == ["one", "two"]
    typed(b"thr\x1b[A", line)
    assert line.text == "two"
    typed(b"\x10\x10", line)
    assert (line.text, line.cursor) == ("one", 3)
    typed(b"\x1b[B\x1b[B", line)
    assert line.text == "thr"
    assert line.submit() == "thr" and line.text == ""


def test_tab_completes_as_far_as_it_is_clear_and_then_says_what_there_is() -> None:
    line = Line()
    names = ("anabel ", "anastasia ", "bo ")
    line.complete = lambda before: (0, [name for name in names if name.startswith(before)])
    assert line.take(Typed("a")) == () == line.take(Key("tab"))
    assert line.text == "ana"
    assert line.take(Key("tab")) == ("anabel", "anastasia")
    line.take(Typed("b"))
    assert line.take(Key("tab")) == () and line.text == "anabel "
    line.take(Typed("?"))
    assert line.take(Key("tab")) == () and line.text == "anabel ?"


class Screen:
    """A terminal that knows what Drawing writes, with a cursor that waits at the right edge as real ones do."""

    def __init__(self, columns: int) -> None:
        self.columns = columns
        self.cells: dict[tuple[int, int], str] = {}
        self.row = self.column = 0
        self._waits = False

    def write(self, text: str) -> None:
        for control, piece in re.findall(r"(\x1b\[\d*[ABCJ]|[\b\r\n])|([^\x1b\b\r\n]+)", text):
            if control:
                self._control(control)
            else:
                for cluster in clusters(piece):
                    self._put(cluster)

    def _control(self, control: str) -> None:
        count = int(control[2:-1] or 1) if len(control) > 1 else 1
        self._waits = False
        match control[-1]:
            case "A":
                self.row -= count
            case "B":
                self.row += count
            case "C":
                self.column = min(self.columns - 1, self.column + count)
            case "J":
                here = (self.row, self.column)
                self.cells = {place: cell for place, cell in self.cells.items() if place < here}
            case "\b":
                self.column = max(0, self.column - 1)
            case "\r":
                self.column = 0
            case "\n":
                self.row, self.column = self.row + 1, 0
        assert self.row >= 0

    def _put(self, cluster: str) -> None:
        width = cell_len(cluster)
        if self._waits or self.column + width > self.columns:
            self.row, self.column = self.row + 1, 0
        self.cells[(self.row, self.column)] = cluster
        for more in range(1, width):
            self.cells[(self.row, self.column + more)] = ""
        self.column += width
        self._waits = self.column >= self.columns
        if self._waits:
            self.column = self.columns - 1

    @property
    def text(self) -> str:
        return "".join(self.cells[place] for place in sorted(self.cells)).rstrip()

    @property
    def before_cursor(self) -> str:
        here = (self.row, self.column)
        return "".join(cell for place, cell in sorted(self.cells.items()) if place < here)


TEXTS = st.text("ab日é👍x ", max_size=9).map(lambda text: text + ".")
EDITS = st.lists(st.tuples(TEXTS, st.integers(0, 10)), max_size=8)


@settings(max_examples=60)
@given(EDITS, st.integers(4, 13))
def test_the_terminal_shows_the_line_whatever_was_done_to_it(edits: list[tuple[str, int]], columns: int) -> None:
    drawing, screen = Drawing(columns, 50), Screen(columns)
    for text, at in [*edits, *((text, len(text)) for text, _ in edits)]:
        pieces = list(clusters(text))
        cursor = sum(len(piece) for piece in pieces[:at])
        screen.write(drawing.show(text, cursor))
        assert screen.text == text
        assert screen.before_cursor.rstrip(" ") == text[:cursor].rstrip(" ")
    screen.write(drawing.erase())
    assert screen.text == "" and (screen.row, screen.column) == (0, 0)


def test_typing_and_taking_back_write_no_more_than_that() -> None:
    drawing = Drawing(20, 24)
    assert drawing.show("hel", 3) == "hel"
    assert drawing.show("hell", 4) == "l"
    assert drawing.show("hel", 3) == "\b \b"
    assert drawing.show("hel", 1) == "\b\b"
    assert drawing.show("hel", 1) == ""
    assert drawing.leave() == "\x1b[2C\n"
    assert drawing.show("", 0) == "" == drawing.erase()


def test_a_text_that_is_higher_than_the_terminal_is_shown_around_its_cursor() -> None:
    drawing, screen = Drawing(10, 5), Screen(10)
    text = "".join(chr(ord("a") + index % 26) for index in range(400))
    for cursor in (400, 399, 200, 3, 0, 400):
        screen.write(drawing.show(text, cursor))
        assert screen.row < 5 and screen.text in text
        assert text[:cursor].endswith(screen.before_cursor)
