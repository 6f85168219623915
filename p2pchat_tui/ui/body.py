"""A message's pieces as lines of a width, with what concerns the reader marked: her name, and what she looks for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rich.cells import cell_len

from ..session.api import Term, places
from ..session.mentions import mention_pattern
from .code import highlighted
from .lines import Line, Span, marked, sliced
from .markdown import Piece
from .text import wrap, wrap_code

LINES_MAX = 100
"""Lines of one message in the timeline; the rest of a longer one is shown by its own screen."""
MORE = "↳"
"""Before what of a line of code did not fit into the one above."""
FOLDED = "… and more: i shows all of it"


class Look(NamedTuple):
    """What is marked in every message."""

    me: str = ""
    """The reader's name."""
    find: tuple[Term, ...] = ()
    """What was searched for."""


def lines_of(pieces: Sequence[Piece], width: int, look: Look) -> list[Line]:
    """The lines of `pieces`, at most LINES_MAX and one that says that there are more."""
    out: list[Line] = []
    for piece in pieces:
        if piece.gap:
            out.append(Line())
        for number, line in enumerate(_piece_lines(piece, width, look)):
            if piece.gap and not number:
                line = line._replace(joint="\n" + line.joint)
            if len(out) >= LINES_MAX:
                return [*out, Line((Span(FOLDED, "muted", "info"),))]
            out.append(line)
    if pieces and pieces[-1].code is not None:
        out.append(Line())  # so that it does not run into what follows
    return out


def _piece_lines(piece: Piece, width: int, look: Look) -> Iterator[Line]:
    width = max(4, width - sum(cell_len(span.text) for span in piece.lead))
    if piece.rule:
        lines = [Line((Span("─" * width, "day-rule"),))]
    elif piece.code is None:
        lines = list(_prose(piece, width, look))
    else:
        lines = list(_code(piece, width, look))
    for number, line in enumerate(lines):
        lead = piece.rest if number else piece.lead
        if piece.rule or not lead:
            yield line.after(lead)
        elif piece.code is None and not number:
            # Bullets and bars are copied with what they stand before.
            size = sum(len(span.text) for span in lead)
            yield line._replace(spans=lead + line.spans, size=line.size + size)
        else:
            yield line.after(lead)


def _prose(piece: Piece, width: int, look: Look) -> Iterator[Line]:
    text = "".join(span.text for span in piece.spans)
    spans = marked(piece.spans, _found(mention_pattern(look.me), text), "mention") if look.me else piece.spans
    spans = marked(spans, places(text, look.find), "hit") if look.find else spans
    ranges = wrap(text, width)
    end = 0
    for (low, high), part in zip(ranges, sliced(spans, ranges), strict=True):
        yield Line(part, 0, high - low, text[end:low] if end or low else "\n")
        end = high


def _code(piece: Piece, width: int, look: Look) -> Iterator[Line]:
    text = "".join(span.text for span in piece.spans)
    spans: Sequence[Span] = [Span(part, style) for part, style in highlighted(text, piece.code or "")]
    spans = marked(spans, places(text, look.find), "hit") if look.find else spans
    ranges = wrap_code(text, width - 2)
    end = 0
    for (low, high), part in zip(ranges, sliced(spans, ranges), strict=True):
        filling = " " * max(1, width - 1 - cell_len(text[low:high]))
        joint = text[end:low] if end or low else "\n"
        lead = Span(" " if joint else MORE, "code" if joint else "code-more")
        yield Line((lead, *part, Span(filling, "code")), 1, high - low, joint)
        end = high


def _found(pattern: re.Pattern[str], text: str) -> list[tuple[int, int]]:
    return [match.span() for match in pattern.finditer(text) if match.group()]
