"""The colours of names."""

from __future__ import annotations

import pytest

from p2pchat_tui.session.api import PeerId
from p2pchat_tui.ui.nicks import COLOURS, STYLES, colour_name, nick_style

KEY = PeerId(bytes(31) + b"\x0b")


def test_the_colour_is_the_keys() -> None:
    assert nick_style(KEY) == "nick-3"


@pytest.mark.parametrize("name", COLOURS)
def test_a_colour_by_name_is_that_of_each_theme(name: str) -> None:
    assert colour_name(COLOURS[name]) == name
    assert nick_style(KEY, COLOURS[name]) == STYLES[list(COLOURS).index(name)]


@pytest.mark.parametrize(
    ("wanted", "shown"),
    [("#ff0000", "red"), ("#0000ff", "blue"), ("#00ff00", "green"), ("#ffff00", "olive"), ("#f00010", "red")],
)
def test_others_are_the_nearest(wanted: str, shown: str) -> None:
    assert colour_name(wanted) == shown


@pytest.mark.parametrize("grey", ["#000000", "#ffffff", "#808080"])
def test_a_grey_is_no_colour(grey: str) -> None:
    assert colour_name(grey) == ""
    assert nick_style(KEY, grey) == nick_style(KEY)
