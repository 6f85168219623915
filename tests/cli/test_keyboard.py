"""A terminal whose lines are edited: nothing that was typed is lost when the program ends."""

from __future__ import annotations

import asyncio
import os
import pty
from collections.abc import Iterator

import pytest

from p2pchat_tui.cli.keyboard import Keyboard
from p2pchat_tui.cli.streams import Output
from p2pchat_tui.ui.plain.attention import Attention
from p2pchat_tui.ui.plain.line import Line
from p2pchat_tui.ui.settings import Settings


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """The ends of whoever types, and of the program."""
    ours, theirs = pty.openpty()
    yield ours, theirs
    os.close(ours)
    os.close(theirs)


async def test_what_was_typed_just_before_the_end_is_in_the_line(terminal: tuple[int, int]) -> None:
    ours, theirs = terminal
    line, output = Line(), Output(theirs, theirs)
    keyboard = Keyboard(theirs, output, line, is_ascii=False)
    attention = Attention(Settings(), lambda: 0.0, None, lambda: None, None)
    with keyboard.held():
        lines = keyboard.lines(attention)
        first = asyncio.ensure_future(anext(lines))
        os.write(ours, b"first\r")
        assert await first == b"first"
        os.write(ours, b"nobody\rtakes\rthis")
        await keyboard.catch_up()
        assert line.text == "nobody\ntakes\nthis"
        os.write(ours, b"\r")
        await keyboard.catch_up()
        assert line.text == "nobody\ntakes\nthis\n", "nothing is sent any more"
        await lines.aclose()
    await output.close()
