"""Lines of styled text, as plain values. No widget, no terminal.

A style is one or more words, joined by blanks, that the timeline looks up in the theme: `text`, `text strong`, …
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple


class Span(NamedTuple):
    """Some text of one look."""

    text: str
    style: str = "text"
    does: str = ""
    """What a click on it does: `link:URL`, `reaction:EMOJI`, `answered`, or nothing."""


class Line(NamedTuple):
    """One line of the timeline."""

    spans: tuple[Span, ...] = ()
    gutter: int = 0
    """Characters before those that can be selected: time, name, indent."""
    size: int = 0
    """Characters that can be selected."""
    joint: str = "\n"
    """What stands between the line before and this one when both are copied: a blank where a text was wrapped."""

    @property
    def text(self) -> str:
        """All of it."""
        return "".join(span.text for span in self.spans)

    def after(self, lead: tuple[Span, ...]) -> Line:
        """This line with `lead`, which is not selected, before it."""
        return self._replace(spans=lead + self.spans, gutter=self.gutter + sum(len(span.text) for span in lead))


def sliced(spans: Sequence[Span], ranges: Iterable[tuple[int, int]]) -> Iterator[tuple[Span, ...]]:
    """The parts of `spans`, taken as one text, that lie in each of `ranges`, which ascend."""
    index, begin = 0, 0
    for low, high in ranges:
        while index < len(spans) and begin + len(spans[index].text) <= low:
            begin += len(spans[index].text)
            index += 1
        out: list[Span] = []
        at, place = index, begin
        while at < len(spans) and place < high:
            span = spans[at]
            part = span.text[max(low - place, 0) : high - place]
            if part:
                out.append(span if len(part) == len(span.text) else span._replace(text=part))
            place += len(span.text)
            at += 1
        yield tuple(out)


def marked(spans: Sequence[Span], ranges: Sequence[tuple[int, int]], word: str) -> tuple[Span, ...]:
    """`spans` with `word` added to the style of what lies in `ranges`, which ascend and do not overlap."""
    if not ranges:
        return tuple(spans)
    end = sum(len(span.text) for span in spans)
    bounds = [0, *(place for pair in ranges for place in pair), end]
    parts = list(sliced(spans, pairwise(bounds)))
    # Every second part lies in a range.
    for number in range(1, len(parts), 2):
        parts[number] = tuple(span._replace(style=f"{span.style} {word}") for span in parts[number])
    return tuple(span for part in parts for span in part)
