"""How one message becomes lines: pure, from a message and a width to styled spans. No widget, no terminal."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import tzinfo
from typing import NamedTuple

from rich.cells import cell_len

from ...session.api import MessageView, PeerId
from ..body import Look, lines_of
from ..lines import Line, Span
from ..markdown import Piece, flat, inline, pieces_of
from ..people import Cast, fit_name
from ..text import ACTION, clock_text, count_text, cut, day_text, local_time, pad, shown, shown_line, wrap

COLUMNS_FROM = 56
"""Cells from which time and name have columns of their own; under it they stand on a line over the text."""
NAME_WIDE, NAME_NARROW = 12, 10
NAME_WIDE_FROM = 84
TIME_WIDTH = 5
MARK_WIDTH = 4
"""Cells at the right for who holds the message: `✓99` and a blank."""
NO_LOOK = Look()
NOBODY = Cast()
FOLD = "fold"
"""What a click on a fold's line does."""
QUOTE_HIDDEN = "somebody whom you ignore"


class Fold(NamedTuple):
    """Messages of people who are ignored, behind one line."""

    many: int
    """How many the line stands for, at the first of them; 0 at the others."""
    is_open: bool = False
    """Whether they are shown all the same, under that line."""


@dataclass(frozen=True, slots=True)
class Row:
    """All that decides how a message is laid out at a width."""

    message: MessageView
    name: str
    """The name that is shown: `you`, or what the cast says."""
    new_day: bool
    first_new: bool
    """Whether the "new" line stands over it."""
    nick: str
    """The style of the name."""
    grouped: bool
    """Whether time and name of the message before hold for this one too."""
    quote: str = ""
    """The message that is answered, in one line; empty where none is."""
    fold: Fold | None = None
    """Of somebody ignored; None: of others."""

    @property
    def is_hidden(self) -> bool:
        """Whether the message itself is not shown."""
        return self.fold is not None and not self.fold.is_open


@dataclass(frozen=True, slots=True)
class Block:
    """One message laid out."""

    row: Row
    lines: tuple[Line, ...]
    head: int
    """Lines over the message itself (day, new)."""
    mark: int
    """The line that the holders mark belongs to."""
    fold: int = -1
    """The line that folds and unfolds; -1: none."""


def row(
    message: MessageView,
    last: MessageView | None,
    tz: tzinfo | None,
    cast: Cast = NOBODY,
    *,
    first_new: bool = False,
    fold: Fold | None = None,
) -> Row:
    """`message` with what the one before it decides. `fold`: see Row."""
    when = local_time(message.at_ms, tz)
    before = local_time(last.at_ms, tz) if last else None
    new_day = before is None or before.date() != when.date()
    grouped = (
        last is not None
        and before is not None
        and not (new_day or first_new or (fold and fold.many))
        and last.author == message.author
        and last.name == message.name
        and (before.hour, before.minute) == (when.hour, when.minute)
        and not is_action(message)
        and not is_action(last)
    )
    name = "you" if message.mine else cast.called(message.author, message.name)
    nick, quote = cast.style(message.author), _quote(message, cast)
    return Row(_without(message, cast.hidden), name, new_day, first_new, nick, grouped, quote, fold)


def _without(message: MessageView, hidden: frozenset[PeerId]) -> MessageView:
    """`message` without what the hidden put on it."""
    if not hidden or not any(author in hidden for each in message.reactions for author in each.authors):
        return message
    left = (replace(each, authors=tuple(a for a in each.authors if a not in hidden)) for each in message.reactions)
    return replace(message, reactions=tuple(each for each in left if each.authors))


def _quote(message: MessageView, cast: Cast) -> str:
    if message.reply_to is None:
        return ""
    author = message.reply_author
    if author is not None and author in cast.hidden:
        return QUOTE_HIDDEN
    name = shown_line(message.reply_name, 40)
    who = cast.called(author, name) if author is not None else name
    return f"{who}: {flat(shown_line(message.reply_text))}" if who else "a message that is not here yet"


def is_action(message: MessageView) -> bool:
    """Whether it tells what somebody does (`/me waves`)."""
    return message.text.startswith(ACTION)


def body_width(width: int) -> int:
    """Cells that a message's own text has in a timeline of `width` cells."""
    return max(8, width - _indent(width) - MARK_WIDTH)


def _indent(width: int) -> int:
    return TIME_WIDTH + _name_width(width) + 3 if width >= COLUMNS_FROM else 2


def _name_width(width: int) -> int:
    return NAME_WIDE if width >= NAME_WIDE_FROM else NAME_NARROW


def lay_out(row: Row, width: int, tz: tzinfo | None, look: Look = NO_LOOK) -> Block:
    """The lines of `row`, each of at most `width` cells."""
    message = row.message
    lines: list[Line] = []
    if row.new_day:
        lines.append(rule(day_text(message.at_ms, tz), width, "day"))
    if row.first_new:
        lines.append(rule("new", width, "new"))
    fold = -1
    if row.fold is not None and row.fold.many:
        fold = len(lines)
        lines.append(_fold_line(row.fold, width))
    if row.is_hidden:
        head = len(lines) - (fold >= 0)
        return Block(row, tuple(lines), head, head, fold)
    head = len(lines)
    indent = (Span(" " * _indent(width)),)
    body = _body(row, body_width(width), look)
    when = clock_text(message.at_ms, tz)
    if row.grouped:
        lines.append(body[0].after(indent))
    elif width >= COLUMNS_FROM:
        name = "✱" if is_action(message) and not message.retracted else row.name
        lines.append(
            body[0].after(
                (
                    Span(f"{when}  ", "time"),
                    Span(pad(fit_name(name, _name_width(width)), _name_width(width)) + " ", row.nick),
                )
            )
        )
    else:
        lines.append(Line((Span(f"{when}  ", "time"), Span(fit_name(row.name, max(1, width - 12)), row.nick))))
        lines.append(body[0].after(indent))
    lines.extend(line.after(indent) for line in body[1:])
    return Block(row, tuple(lines), head, head, fold)


def _fold_line(fold: Fold, width: int) -> Line:
    """Its sign hangs out to the left, so that the words stand where a message's do."""
    text = f"{count_text(fold.many, 'message')} {'shown' if fold.is_open else 'hidden'} (people you ignore)"
    indent = max(0, _indent(width) - 2)
    words = cut(f"{'▼' if fold.is_open else '▶'} {text}", width - indent)
    return Line((Span(" " * indent), Span(words, "muted", FOLD)))


def rule(label: str, width: int, style: str) -> Line:
    """A line across with a word in its middle."""
    label = f" {cut(label, max(1, width - 6))} "
    left = max(0, width - cell_len(label)) // 2
    right = max(0, width - cell_len(label) - left)
    return Line((Span("─" * left, f"{style}-rule"), Span(label, style), Span("─" * right, f"{style}-rule")))


def sentence(text: str, width: int, style: str = "muted") -> tuple[Line, ...]:
    """A centred sentence of the program itself."""
    lines = []
    for low, high in wrap(text, max(8, width - 4)):
        part = text[low:high]
        lines.append(Line((Span(" " * (max(0, width - cell_len(part)) // 2) + part, style),)))
    return tuple(lines)


def _body(row: Row, width: int, look: Look) -> list[Line]:
    message = row.message
    out: list[Line] = []
    if row.quote:
        out.append(Line((Span("┃ ", "quote-bar", "answered"), Span(cut(row.quote, width - 2), "quote", "answered"))))
    out.extend(lines_of(_pieces(row), width, look._replace(me="") if message.mine else look))
    if message.reactions and not message.retracted:
        out.extend(_reactions(message, width))
    return out


def _pieces(row: Row) -> tuple[Piece, ...]:
    message = row.message
    if message.retracted:
        return (Piece((Span("message taken back", "retracted"),)),)
    if is_action(message):
        does = inline(shown(message.text[len(ACTION) :]), "action")
        pieces: tuple[Piece, ...] = (Piece((Span(f"{row.name} ", "action"), *does)),)
    else:
        pieces = pieces_of(message.text)
    if not message.edited:
        return pieces
    *before, last = pieces
    if last.code is not None or last.rule:
        return (*pieces, Piece((Span("(edited)", "muted"),)))
    return (*before, last._replace(spans=(*last.spans, Span(" (edited)", "muted"))))


def _reactions(message: MessageView, width: int) -> list[Line]:
    lines: list[Line] = []
    line: list[Span] = []
    used = 0
    for reaction in message.reactions:
        count = len(reaction.authors)
        label = f"{shown_line(reaction.emoji, 32)} {count}" + (" you" if reaction.mine else "")
        label = f" {cut(label, max(4, width - 3))} "
        size = cell_len(label) + 1
        if line and used + size > width:
            lines.append(Line(tuple(line)))
            line, used = [], 0
        style = "reaction-mine" if reaction.mine else "reaction"
        line += [Span(label, style, f"reaction:{reaction.emoji}"), Span(" ")]
        used += size
    lines.append(Line(tuple(line)))
    return lines
