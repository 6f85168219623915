"""From a line to what the terminal gets: words become the theme's styles, links the terminal's own."""

from __future__ import annotations

from collections.abc import Callable

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from ..lines import Line, Span

LEAD = 1
"""Cells before every line, for the bar that shows which message is chosen."""
_LINK = "link:"


def link_of(does: str) -> str:
    """The URL that a click opens; empty when it does something else."""
    return does.removeprefix(_LINK) if does.startswith(_LINK) else ""


class Painter:
    """Turns lines into strips; remembers the styles until the theme changes."""

    def __init__(self, look_up: Callable[[str], Style]) -> None:
        """`look_up` gives the theme's style for one word."""
        self._look_up = look_up
        self._styles: dict[tuple[str, str], Style] = {}

    def forget(self) -> None:
        """The theme is another one."""
        self._styles.clear()

    def style(self, words: str, does: str = "") -> Style:
        """The words' styles, each over the one before; with a link when a click opens one."""
        link = link_of(does)
        style = self._styles.get((words, link))
        if style is None:
            style = Style.combine([self._look_up(word) for word in words.split()])
            if link:
                style += Style(link=link)
            self._styles[words, link] = style
        return style

    def strip(
        self,
        line: Line,
        width: int,
        ground: Style,
        *,
        bar: bool = False,
        mark: str = "",
        hovered: str = "",
        selected: tuple[int, int] | None = None,
        selection: Style | None = None,
    ) -> Strip:
        """`line` in `width` cells (LEAD included).

        `bar`: whether it belongs to the chosen message. `mark`: who holds it, at the right. `hovered`: what a click
        would do just now. `selected`: characters of the line that are selected, drawn in `selection`.
        """
        lead = ("▌", ground + self.style("cursor")) if bar else (" ", ground)
        parts = [lead, *((span.text, self._span_style(span, ground, hovered)) for span in line.spans)]
        if selected is not None and selection is not None:
            parts = _highlighted(parts, selected[0] + LEAD, selected[1] + LEAD, selection)
        strip = Strip([Segment(text, style) for text, style in parts if text])
        if not mark:
            return strip.adjust_cell_length(width, ground)
        strip = strip.adjust_cell_length(max(0, width - len(mark)), ground)
        return Strip.join([strip, Strip([Segment(mark, ground + self.style("mark"))])])

    def _span_style(self, span: Span, ground: Style, hovered: str) -> Style:
        style = ground + self.style(span.style, span.does)
        return style + self.style("hovered-link") if hovered and span.does == hovered else style


def _highlighted(parts: list[tuple[str, Style]], start: int, end: int, style: Style) -> list[tuple[str, Style]]:
    out: list[tuple[str, Style]] = []
    place = 0
    for text, old in parts:
        low = min(max(start - place, 0), len(text))
        high = max(low, min(end - place, len(text)))
        out += [(text[:low], old), (text[low:high], old + style), (text[high:], old)]
        place += len(text)
    return out
