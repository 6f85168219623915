"""What was found, as lines for people: where, who, when, and the part of the text that was looked for. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

from rich.cells import cell_len

from ..session.api import Term, places
from ..session.query import EXAMPLES, Query
from ..session.search import Found
from .lines import Line, Span, marked
from .markdown import said
from .nicks import nick_style
from .text import clusters, cut, local_time, shown_line

INDENT = "  "
LINES = 2
"""Of one message that was found."""
TEXT_MAX = 2_000
"""Characters of a message that an excerpt is chosen from."""
BEFORE = 3
"""An excerpt that does not begin with its text has so much of its width before what was found: one in BEFORE."""


def found_lines(found: Found, terms: Sequence[Term], width: int, now_ms: int, tz: tzinfo | None) -> tuple[Line, Line]:
    """Where and when, then an excerpt; each at most `width` cells."""
    message = found.message
    when = when_text(message.at_ms, now_ms, tz) + (" · edited" if message.edited else "")
    room = f"#{shown_line(found.room, 40)}"
    name = "you" if message.mine else shown_line(message.name, 40)
    space = max(8, width - cell_len(when) - 2)
    room = cut(room, max(4, space // 2))
    name = cut(name, space - cell_len(room) - 2)
    gap = " " * max(1, width - cell_len(room) - cell_len(name) - cell_len(when) - 2)
    nick = nick_style(message.author)
    head = (Span(room, "room"), Span("  "), Span(name, nick), Span(gap), Span(when, "quiet"))
    text, spans = excerpt(message.text, terms, width - len(INDENT))
    return Line(head), Line((Span(INDENT), *marked((Span(text),), spans, "hit")))


def excerpt(text: str, terms: Sequence[Term], width: int) -> tuple[str, list[tuple[int, int]]]:
    """One line of `text` in `width` cells in which the first hit can be seen, and where the hits are in it.

    Without its Markdown, unless what was found is in that alone, as in the address behind a link.
    """
    line = shown_line(said(text), TEXT_MAX)
    if terms and not places(line, terms) and places(raw := shown_line(text, TEXT_MAX), terms):
        line = raw
    if cell_len(line) > width:
        first = next(iter(places(line, terms)), (0, 0))
        if cell_len(line[: first[1]]) >= width:
            line = "…" + line[_beginning(line, first[0], width // BEFORE) :]
        line = cut(line, width)
    return line, places(line, terms)


def _beginning(line: str, low: int, cells: int) -> int:
    """Where to begin so that at most `cells` cells are before `low`: at a word, if one begins there."""
    place = low
    for cluster in reversed(list(clusters(line[max(0, low - cells) : low]))):
        cells -= cell_len(cluster)
        if cells < 0:
            break
        place -= len(cluster)
    blank = line.find(" ", place, low)
    return blank + 1 if blank >= 0 else place


def when_text(then_ms: int, now_ms: int, tz: tzinfo | None) -> str:
    """`today 09:14`, `Sat 21 Nov 17:40`, `3 Jan 2025`."""
    then, now = local_time(then_ms, tz), local_time(now_ms, tz)
    if then.date() == now.date():
        return f"today {then:%H:%M}"
    if then.year == now.year:
        return f"{then:%a} {then.day} {then:%b %H:%M}"
    return f"{then.day} {then:%b %Y}"


def sought_text(query: Query) -> str:
    """What was looked for, as a sentence goes on: `“ladder” and “the press” from ana in #orchard`."""
    parts = [" and ".join(f"“{shown_line(term.text, 40)}”" for term in query.terms)]
    parts += [f"from {_either(query.senders)}"] if query.senders else []
    parts += [f"in {_either([f'#{room}' for room in query.rooms])}"] if query.rooms else []
    parts += [f"since {query.after}"] if query.after else []
    parts += [f"before {query.before}"] if query.before else []
    parts += ["with a link"] if query.has_link else []
    return " ".join(filter(None, parts))


def _either(values: Sequence[str]) -> str:
    return " or ".join(shown_line(value, 40) for value in values)


HELP: tuple[tuple[str, str], ...] = (
    ("press lad", "messages with words that begin so"),
    ('"the press"', "with these words in a row"),
    (EXAMPLES["from"], "of one person: a nickname, a key, or me"),
    (EXAMPLES["in"], "in one room"),
    (EXAMPLES["before"], "before that day; also 2026-11, yesterday, 7d"),
    (EXAMPLES["after"], "on that day or later"),
    (EXAMPLES["has"], "with a web address"),
)
"""What can be typed, and what it does."""
