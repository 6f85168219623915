"""Text of the timeline as it is copied: what people wrote, without columns and without our line breaks."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from textual.selection import Selection

from ...session.api import MessageView
from ..lines import Line
from ..text import clusters, shown
from .entry_row import Block
from .painter import LEAD


def copied(message: MessageView) -> str:
    """What goes to the clipboard for a whole message."""
    return shown(message.text)


def selected_part(line: Line, span: tuple[int, int] | None) -> tuple[int, int] | None:
    """The characters of `line` that a selection of `span` (on the screen, LEAD included) takes; None for none."""
    if span is None or not line.size:
        return None
    low = max(span[0] - LEAD, line.gutter)
    high = line.gutter + line.size
    if span[1] >= 0:
        high = min(high, span[1] - LEAD)
    if low >= high:
        return None
    text = line.text
    if text.isascii():
        return low, high
    place = 0
    bounds = [0]
    for cluster in clusters(text):
        place += len(cluster)
        bounds.append(place)
    # What cannot be taken apart is taken whole.
    return max(bound for bound in bounds if bound <= low), min(bound for bound in bounds if bound >= high)


def excerpt(
    selection: Selection,
    lines: Iterable[tuple[int, Line, Block | None]],
    heading: Callable[[Block], str],
) -> str:
    """The text of `selection`. Of several messages each begins with its `heading`; `lines`: number, line, message."""
    found: list[tuple[Block, str]] = []
    for y, line, block in lines:
        part = selected_part(line, selection.get_span(y))
        if block is None or part is None:
            continue
        text = line.text[part[0] : part[1]]
        if found and found[-1][0] is block:
            found[-1] = (block, found[-1][1] + line.joint + text)
        else:
            found.append((block, text))
    if len(found) == 1:
        return found[0][1]
    return "\n".join(heading(block) + text for block, text in found)
