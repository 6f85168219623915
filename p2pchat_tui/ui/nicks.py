"""The colours of names: a theme has eight, all of which can be read; each key has one, unless its owner chose. Pure."""

from __future__ import annotations

import colorsys
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the theme is there before all that is imported with it
    from ..session.api import PeerId

COLOURS = {
    "blue": "#7fb4ff",
    "green": "#7fd1ae",
    "orange": "#e8b36b",
    "violet": "#d79bea",
    "red": "#ef9a9a",
    "teal": "#6fd0e0",
    "olive": "#c3cf75",
    "pink": "#f0a3c8",
}
"""What one may choose by name, in a theme's order: `#rrggbb` travels, and each theme shows the nearest of its own."""
STYLES = tuple(f"nick-{index}" for index in range(len(COLOURS)))
"""What a theme calls them."""
_GREY = 0.15
"""Saturation below which a colour is none."""


def nick_style(peer: PeerId, chosen: str = "") -> str:
    """The style of somebody's name, such as `nick-3`; `chosen`: the `#rrggbb` that its owner asks for."""
    nearest = _nearest(chosen) if chosen else None
    return STYLES[peer[-1] % len(STYLES) if nearest is None else nearest]


def colour_name(chosen: str) -> str:
    """What the colour is called that is shown for `#rrggbb`; empty when that is a grey."""
    nearest = _nearest(chosen)
    return "" if nearest is None else list(COLOURS)[nearest]


@lru_cache(maxsize=1024)
def _nearest(colour: str) -> int | None:
    hue = _hue(colour)
    if hue is None:
        return None
    hues = [_hue(each) or 0.0 for each in COLOURS.values()]
    return min(range(len(hues)), key=lambda index: min(abs(hues[index] - hue), 1 - abs(hues[index] - hue)))


def _hue(colour: str) -> float | None:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    hue, _, saturation = colorsys.rgb_to_hls(red, green, blue)
    return hue if saturation >= _GREY else None
