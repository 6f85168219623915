"""Writes cells to a terminal in few bytes: of colours what changes, of moves the shortest. Pure.

Textual writes every piece's style whole and takes it back behind it; two colours of 24 bits are 35 bytes. Here the
terminal's state is known from one piece to the next, and from one frame to the next until somebody else writes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from rich.color import ColorSystem
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

_OFF = {"1": "22", "2": "22", "3": "23", "4": "24", "5": "25", "7": "27", "9": "29"}
"""What ends an attribute that all terminals know; 22 ends two of them."""
_BRIGHT = range(90, 98)


class Look(NamedTuple):
    """How a terminal writes just now."""

    on: frozenset[str] = frozenset()
    """Attributes, as their numbers."""
    ink: str = ""
    """The colour's parameters; empty for the terminal's own."""
    ground: str = ""
    other: str = ""
    """Parameters that are not known here: they are written as they are, and ended by forgetting everything."""


PLAIN = Look()
UNKNOWN = Look(other="?")
"""Somebody else may have written: whatever comes next says all of it."""


@lru_cache(maxsize=4096)
def look_of(parameters: str) -> Look:
    """The look that begins with these parameters, after everything was forgotten."""
    on: set[str] = set()
    ink = ground = ""
    parts = iter(parameters.split(";") if parameters else ())
    for part in parts:
        if part in ("38", "48"):
            kind = next(parts, "")
            rest = [next(parts, "") for _ in range({"2": 3, "5": 1}.get(kind, 0))]
            colour = ";".join((part, kind, *rest))
            ink, ground = (colour, ground) if part == "38" else (ink, colour)
        elif part in _OFF:
            on.add(part)
        elif part.isdigit() and (30 <= int(part) <= 37 or int(part) in _BRIGHT):
            ink = part
        elif part.isdigit() and (40 <= int(part) <= 47 or 100 <= int(part) <= 107):
            ground = part
        elif part not in ("39", "49"):
            return Look(other=parameters)
    return Look(frozenset(on), ink, ground)


@lru_cache(maxsize=4096)
def change(old: Look, new: Look) -> str:
    """The shortest sequence from one look to the other."""
    if old == new:
        return ""
    fresh = [*sorted(new.on), *filter(None, (new.ink, new.ground, new.other))]
    anew = f"\x1b[{';'.join(['0', *fresh])}m" if fresh else "\x1b[m"
    if old.other or new.other:
        return anew
    ends = {_OFF[each] for each in old.on - new.on}
    begins = [each for each in sorted(new.on) if each not in old.on or _OFF[each] in ends]
    parts = [*sorted(ends), *begins]
    parts += [new.ink or "39"] if new.ink != old.ink else []
    parts += [new.ground or "49"] if new.ground != old.ground else []
    return min(f"\x1b[{';'.join(parts)}m", anew, key=len)


@lru_cache(maxsize=4096)
def way(old: Look, new: Look) -> tuple[str, Look]:
    """The shortest sequence after which the terminal writes what reads as `new`, and the look that it has then."""
    # Ink and ground changed places are as good as reversed: that is what a caret mostly is.
    others = [_reversed(new)] if _is_reversible(new) else []
    return min(((change(old, look), look) for look in (new, *others)), key=lambda each: len(each[0]))


def _is_reversible(look: Look) -> bool:
    # Of the 16 colours some terminals make bold ones bright, and which of two is dim is not the same everywhere.
    return look.ink.startswith("38;") and look.ground.startswith("48;") and "2" not in look.on and not look.other


def _reversed(look: Look) -> Look:
    return Look(look.on ^ {"7"}, f"38{look.ground[2:]}", f"48{look.ink[2:]}")


@dataclass(slots=True)
class Pen:
    """How a terminal is known to write between frames."""

    look: Look = UNKNOWN

    def lift(self) -> str:
        """What has the terminal write as it did at first, so that others may."""
        sequence, self.look = change(self.look, PLAIN), PLAIN
        return sequence


class Writer:
    """One frame's way to the terminal."""

    def __init__(self, console: Console, width: int, pen: Pen, place: tuple[int, int] | None = None) -> None:
        """`width`: of the terminal, behind whose last cell the cursor's place is not the same everywhere.

        `pen`: how the terminal is found, and left. `place`: column and row of the cursor, when that is sure.
        """
        self._console = console
        self._width = width
        self._pen = pen
        self._look = pen.look
        self._link = ""
        self._place = place
        self._out: list[str] = []

    def put(self, x: int, y: int, strip: Strip, *, is_simple: bool) -> None:
        """Write `strip` in that column and row. `is_simple`: whether each character is one cell on all terminals."""
        self._go(x, y)
        for segment in strip:
            if segment.control is None and segment.text:
                self._segment(segment)
        x += strip.cell_length
        self._place = (x, y) if is_simple and x < self._width else None

    def finish(self) -> str:
        """All of it, after which the terminal goes on writing as it did last."""
        self._turn(self._look, "")
        self._pen.look = self._look
        return "".join(self._out)

    def _go(self, x: int, y: int) -> None:
        ways = [f"\x1b[{y + 1};{x + 1}H" if x else f"\x1b[{y + 1}H"]
        if self._place is not None and self._place[1] == y:
            by = x - self._place[0]
            ways += [""] if not by else [f"\x1b[{abs(by) if abs(by) > 1 else ''}{'C' if by > 0 else 'D'}"]
        self._out.append(min(ways, key=len))

    def _segment(self, segment: Segment) -> None:
        style = segment.style or Style.null()
        # As in Strip.render: the parameters that Textual itself would write.
        if (parameters := style._ansi) is None:
            parameters = Strip.render_ansi(style, self._console._color_system or ColorSystem.TRUECOLOR)
        link = f"id={style._link_id};{style._link}" if style._link else ""
        self._turn(look_of(parameters), link)
        self._out.append(segment.text)

    def _turn(self, look: Look, link: str) -> None:
        sequence, self._look = way(self._look, look)
        self._out.append(sequence)
        if link != self._link:
            self._out.append(f"\x1b]8;{link or ';'}\x1b\\")
        self._link = link
