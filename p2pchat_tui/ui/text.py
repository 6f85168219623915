"""Pure helpers for what is shown: times, widths, wrapping, initials of colours. No widget, no clock."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo
from functools import lru_cache

from rich.cells import cell_len

from ..session.api import clean, clean_line

JUST_NOW = 10
"""Seconds that are not counted."""
INVITE_SCHEME = "p2pchat:"
ACTION = "/me "
"""How a message begins that tells what its author does."""

_MS_MIN, _MS_MAX = 0, 253_402_200_000_000
"""What `datetime` can show; a stamp can say more."""
_TAB = "    "
_URL = re.compile(r"\bhttps?://[^\s<>\"]+[^\s<>\".,;:!?)\]}']")
_WORD = re.compile(r"\S+|[^\S\n]+")
_JOINER = "\u200d"


def shown(text: str) -> str:
    """`text` as it may reach the terminal: the one door for everything that others wrote."""
    return clean(text).replace("\t", _TAB)


def shown_line(text: str, most: int = 200) -> str:
    """The same for one line of at most `most` characters."""
    return clean_line(text, most)


def looks_like_invite(text: str) -> bool:
    """Whether `text` means to be an invite, damaged or not, so that it must be treated as a secret."""
    return text.strip().lower().startswith(INVITE_SCHEME)


@lru_cache(maxsize=4096)
def local_time(ms: int, tz: tzinfo | None) -> datetime:
    """Unix milliseconds on the reader's wall."""
    return datetime.fromtimestamp(min(max(ms, _MS_MIN), _MS_MAX) / 1000, tz)


def clock_text(ms: int, tz: tzinfo | None) -> str:
    """`09:14`."""
    return local_time(ms, tz).strftime("%H:%M")


def day_text(ms: int, tz: tzinfo | None) -> str:
    """`Sunday 22 November 2026`."""
    day = local_time(ms, tz)
    return f"{day:%A} {day.day} {day:%B %Y}"


def ago_text(then_ms: int, now_ms: int) -> str:
    """How long ago, in few characters, rounded down: `just now`, `12s ago`, `4m ago`, `2h ago`, `3d ago`."""
    seconds = max(0, now_ms - then_ms) // 1000
    if seconds < JUST_NOW:
        return "just now"
    size, unit = next(each for each in ((86_400, "d"), (3_600, "h"), (60, "m"), (1, "s")) if seconds >= each[0])
    return f"{seconds // size}{unit} ago"


def opened_text(then_ms: int, now_ms: int, tz: tzinfo | None) -> str:
    """When a room was opened last: `today 09:14`, `yesterday`, `22 Nov 2026`."""
    then, now = local_time(then_ms, tz), local_time(now_ms, tz)
    if then.date() == now.date():
        return f"today {then:%H:%M}"
    if then.date() == now.date() - timedelta(days=1):
        return "yesterday"
    return f"{then.day} {then:%b %Y}"


def count_text(count: int, one: str, many: str = "") -> str:
    """`1 peer`, `3 peers`, `8,412 messages`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def names_text(names: tuple[str, ...] | list[str], most: int = 3) -> str:
    """`ana`, `ana and bo`, `ana, bo and 3 others`."""
    shown_names = list(names)
    if len(shown_names) > most:
        rest = len(shown_names) - most + 1
        shown_names = [*shown_names[: most - 1], f"{rest} others"]
    if len(shown_names) < 2:
        return "".join(shown_names)
    return f"{', '.join(shown_names[:-1])} and {shown_names[-1]}"


def cut(text: str, width: int) -> str:
    """`text` in at most `width` cells, with an ellipsis where something was cut off."""
    if cell_len(text) <= width:
        return text
    if width < 1:
        return ""
    out, used = [], 1
    for cluster in clusters(text):
        used += cell_len(cluster)
        if used > width:
            break
        out.append(cluster)
    return "".join(out) + "…"


def pad(text: str, width: int) -> str:
    """`text` in exactly `width` cells."""
    text = cut(text, width)
    return text + " " * max(0, width - cell_len(text))


def apart(left: str, right: str, width: int) -> str:
    """`left` at the left and `right` at the right of `width` cells; `left` gives way first."""
    room = max(0, width - cell_len(right) - 1)
    return cut(pad(left, room) + " " + right, width)


def clusters(text: str) -> Iterator[str]:
    """`text` in pieces that must not be taken apart: an emoji with all its parts, a letter with its marks."""
    piece = ""
    for char in text:
        joined = piece and (
            char == _JOINER
            or piece[-1] == _JOINER
            or unicodedata.category(char) in ("Mn", "Me", "Mc")
            or "\U0001f3fb" <= char <= "\U0001f3ff"
            or (len(piece) == 1 and _is_flag_letter(char) and _is_flag_letter(piece))
        )
        if piece and not joined:
            yield piece
            piece = ""
        piece += char
    if piece:
        yield piece


def wrap(text: str, width: int) -> list[tuple[int, int]]:
    """Where lines of at most `width` cells begin and end in `text`; blanks at a break belong to no line."""
    width = max(1, width)
    lines: list[tuple[int, int]] = []
    start = 0
    for paragraph in text.split("\n"):
        if len(paragraph) <= width and paragraph.isascii():
            lines.append((start, start + len(paragraph)))
        else:
            lines.extend((start + low, start + high) for low, high in _wrap_paragraph(paragraph, width))
        start += len(paragraph) + 1
    return lines


def wrap_code(text: str, width: int) -> list[tuple[int, int]]:
    """Like `wrap`, for text whose blanks count: lines are broken where they must be, and nothing is left out."""
    width = max(2, width)
    lines: list[tuple[int, int]] = []
    start = 0
    for row in text.split("\n"):
        if row.isascii():
            places = range(0, max(len(row), 1), width)
            lines.extend((start + low, start + min(low + width, len(row))) for low in places)
        else:
            low, place, used = start, start, 0
            for cluster in clusters(row):
                cells = cell_len(cluster)
                if used + cells > width:
                    lines.append((low, place))
                    low, used = place, 0
                place += len(cluster)
                used += cells
            lines.append((low, place))
        start += len(row) + 1
    return lines


def urls(text: str) -> list[tuple[int, int]]:
    """Where web addresses stand in `text`."""
    return [match.span() for match in _URL.finditer(text)] if "://" in text else []


def _wrap_paragraph(text: str, width: int) -> Iterator[tuple[int, int]]:
    begin, end, used = 0, 0, 0
    for match in _WORD.finditer(text):
        word = match.group()
        size = cell_len(word)
        if word.isspace():
            if used + size > width:
                yield begin, end
                begin, end, used = match.end(), match.end(), 0
            else:
                # Blanks count only once a word follows on the same line.
                used += size
            continue
        if used + size <= width:
            end, used = match.end(), used + size
            continue
        if size <= width:
            if end > begin:
                yield begin, end
            begin, end, used = match.start(), match.end(), size
            continue
        # A word wider than the line is broken where it must be, beginning on the line that it is on.
        place = match.start()
        for cluster in clusters(word):
            cells = cell_len(cluster)
            if used and used + cells > width:
                yield begin, max(end, begin)
                begin, used = place, 0
            place += len(cluster)
            end, used = place, used + cells
    yield begin, max(end, begin)


def _is_flag_letter(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"
