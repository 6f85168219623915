"""How one message becomes lines: pure, from a message and a width to styled spans. No widget, no terminal.

A style is a word that the timeline looks up in the theme: `text`, `muted`, `nick-3`, …
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo

from rich.cells import cell_len

from ...session.api import MessageView
from ..text import clock_text, cut, day_text, local_time, nick_colour, pad, shown, shown_line, urls, wrap

Span = tuple[str, str]
"""(text, style)"""
Line = tuple[Span, ...]

COLUMNS_FROM = 56
"""Cells from which time and name have columns of their own; under it they stand on a line over the text."""
NAME_WIDE, NAME_NARROW = 12, 10
NAME_WIDE_FROM = 84
TIME_WIDTH = 5
MARK_WIDTH = 4
"""Cells at the right for who holds the message: `✓99` and a blank."""
ACTION = "/me "
"""How a message begins that tells what its author does."""


@dataclass(frozen=True, slots=True)
class Row:
    """All that decides how a message is laid out at a width."""

    message: MessageView
    name: str
    """The name that is shown: the nickname, `you`, or with the key's tag where two share one."""
    new_day: bool
    first_new: bool
    """Whether the "new" line stands over it."""
    grouped: bool
    """Whether time and name of the message before hold for this one too."""


@dataclass(frozen=True, slots=True)
class Block:
    """One message laid out."""

    row: Row
    lines: tuple[Line, ...]
    head: int
    """Lines over the message itself (day, new)."""
    mark: int
    """The line that the holders mark belongs to."""


def rows(
    messages: Sequence[MessageView],
    tz: tzinfo | None,
    first_new: tuple[int, bytes, int] | None,
    shared: frozenset[str],
) -> list[Row]:
    """Each message with what its neighbour decides. `shared`: case-folded names that more than one person has."""
    out: list[Row] = []
    last: MessageView | None = None
    marked = first_new is None
    for message in messages:
        when = local_time(message.at_ms, tz)
        before = local_time(last.at_ms, tz) if last else None
        new_day = before is None or before.date() != when.date()
        is_new = not marked and first_new is not None and message.order >= first_new
        marked = marked or is_new
        grouped = (
            last is not None
            and before is not None
            and not (new_day or is_new)
            and last.author == message.author
            and last.name == message.name
            and (before.hour, before.minute) == (when.hour, when.minute)
            and not is_action(message)
            and not is_action(last)
        )
        out.append(Row(message, shown_name(message, shared), new_day, is_new, grouped))
        last = message
    return out


def shown_name(message: MessageView, shared: frozenset[str]) -> str:
    """What the author is called on the screen."""
    if message.mine:
        return "you"
    name = shown_line(message.name, 40) or "?"
    return f"{name}~{message.author.tag}" if name.casefold() in shared else name


def is_action(message: MessageView) -> bool:
    """Whether it tells what somebody does (`/me waves`)."""
    return message.text.startswith(ACTION)


def lay_out(row: Row, width: int, tz: tzinfo | None) -> Block:
    """The lines of `row`, each of at most `width` cells."""
    message = row.message
    lines: list[Line] = []
    if row.new_day:
        lines.append(rule(day_text(message.at_ms, tz), width, "day"))
    if row.first_new:
        lines.append(rule("new", width, "new"))
    head = len(lines)
    columns = width >= COLUMNS_FROM
    name_width = NAME_WIDE if width >= NAME_WIDE_FROM else NAME_NARROW
    indent = TIME_WIDTH + name_width + 3 if columns else 2
    body = _body(row, max(8, width - indent - MARK_WIDTH))
    nick = f"nick-{nick_colour(message.author)}"
    when = clock_text(message.at_ms, tz)
    if columns:
        lead: Line = ((" " * indent, "text"),)
        if not row.grouped:
            name = "✱" if is_action(message) and not message.retracted else row.name
            lead = ((f"{when}  ", "time"), (pad(name, name_width) + " ", nick))
        lines.append(lead + body[0])
        lines.extend(((" " * indent, "text"), *line) for line in body[1:])
    else:
        if not row.grouped:
            lines.append(((f"{when}  ", "time"), (cut(row.name, max(1, width - 12)), nick)))
        lines.extend((("  ", "text"), *line) for line in body)
    return Block(row, tuple(lines), head, head)


def rule(label: str, width: int, style: str) -> Line:
    """A line across with a word in its middle."""
    label = f" {cut(label, max(1, width - 6))} "
    left = max(0, width - cell_len(label)) // 2
    right = max(0, width - cell_len(label) - left)
    return (("─" * left, f"{style}-rule"), (label, style), ("─" * right, f"{style}-rule"))


def sentence(text: str, width: int, style: str = "muted") -> tuple[Line, ...]:
    """A centred sentence of the program itself."""
    lines = []
    for low, high in wrap(text, max(8, width - 4)):
        part = text[low:high]
        lines.append(((" " * (max(0, width - cell_len(part)) // 2) + part, style),))
    return tuple(lines)


def spans(text: str, width: int, style: str, ending: str = "") -> list[Line]:
    """`text` wrapped to `width`, its web addresses underlined; `ending` follows in a quiet colour."""
    whole = text + ending
    marks = [(low, high, "url") for low, high in urls(text)]
    if ending:
        marks.append((len(text), len(whole), "muted"))
    return [_styled(whole, low, high, marks, style) for low, high in wrap(whole, width)]


def _styled(text: str, low: int, high: int, marks: list[tuple[int, int, str]], style: str) -> Line:
    out: list[Span] = []
    place = low
    for begin, end, mark in marks:
        begin, end = max(begin, low), min(end, high)
        if begin >= end:
            continue
        if place < begin:
            out.append((text[place:begin], style))
        out.append((text[begin:end], mark))
        place = end
    if place < high or not out:
        out.append((text[place:high], style))
    return tuple(out)


def _body(row: Row, width: int) -> list[Line]:
    message = row.message
    out: list[Line] = []
    if message.reply_to is not None:
        who = shown_line(message.reply_name, 40)
        quote = f"{who}: {shown_line(message.reply_text)}" if who else "a message that is not here yet"
        out.append((("┃ ", "quote-bar"), (cut(quote, width - 2), "quote")))
    ending = " (edited)" if message.edited else ""
    if message.retracted:
        out.append((("message taken back", "retracted"),))
    elif is_action(message):
        out.extend(spans(f"{row.name} {shown(message.text[len(ACTION) :])}", width, "action", ending))
    else:
        out.extend(spans(shown(message.text), width, "text", ending))
    if message.reactions and not message.retracted:
        out.extend(_reactions(message, width))
    return out


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
            lines.append(tuple(line))
            line, used = [], 0
        line += [(label, "reaction-mine" if reaction.mine else "reaction"), (" ", "text")]
        used += size
    lines.append(tuple(line))
    return lines
