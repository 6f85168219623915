"""The hybrid logical clock: near to wall time, never backwards, always after what was seen.

After Kulkarni et al., "Logical Physical Clocks" (2014), with the 16-bit counter allowed to carry into the
milliseconds, so that a tick never fails.
"""

from __future__ import annotations

from typing import NamedTuple

from .ids import Stamp, stamp_ms, stamp_of

MAX_AHEAD_MS = 10 * 60 * 1000
"""A stamp further ahead of our wall clock than this is not taken in yet: one wrong clock must not drag the room's."""


class Now(NamedTuple):
    """One reading of both clocks, handed to every state machine with every input."""

    wall: int
    """Unix milliseconds: what people's messages are stamped with. May jump."""
    mono: int
    """Milliseconds from an arbitrary start, never backwards: what deadlines are made of."""


def next_beat(now: Now, every_ms: int) -> int:
    """The `mono` of the next whole multiple of `every_ms` by the wall clock: within that time, however clocks jump.

    Peers whose clocks are right so speak at one time, and each wakes up once for all of them.
    """
    return now.mono + every_ms - now.wall % every_ms


class Clock:
    """Hands out the stamps of one author in one room."""

    def __init__(self, last: Stamp | None = None) -> None:
        self._last = last or Stamp(0)

    @property
    def last(self) -> Stamp:
        """The newest stamp given out or observed."""
        return self._last

    def tick(self, now_ms: int) -> Stamp:
        """A stamp after every one given out or observed; `now_ms` is Unix milliseconds."""
        self._last = Stamp(max(self._last + 1, stamp_of(max(now_ms, 0))))
        return self._last

    def observe(self, stamp: Stamp) -> None:
        """Make every later tick sort after `stamp`."""
        self._last = max(self._last, stamp)


def is_ahead(stamp: Stamp, now_ms: int) -> bool:
    """Whether `stamp` lies too far in the future of a wall clock at `now_ms` to be taken in."""
    return stamp_ms(stamp) > now_ms + MAX_AHEAD_MS
