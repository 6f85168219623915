"""When Python looks through all objects for garbage: while the person rests, not between a key and the screen.

A full collection takes 50 to 150 ms with a long history in memory, and everything stands still meanwhile. Python begins
one when many objects were made, so most often in the middle of a search or a jump. What is young is collected as ever.
"""

from __future__ import annotations

import gc
from collections.abc import Callable

REST_S = 0.5
"""Seconds without a key or a click after which nobody is waiting for anything: longer than between two keys."""
LOOK_S = 1.0
"""Seconds between two looks at whether the person rests."""
DUE = 10
"""Collections of the middle generation after which a full one is worth its time: as many as Python waits for."""
OVERDUE = 100
"""The same after which it is done at once, whoever waits: some hundred thousand objects, so that memory is bounded."""


class Sweeper:
    """Chooses the time of full collections, from `start` to `stop`."""

    def __init__(self, idle: Callable[[], float]) -> None:
        """`idle`: seconds since the person last touched anything."""
        self._idle = idle
        self._before: tuple[int, int, int] | None = None

    def start(self) -> None:
        """From now on Python begins no full collection by itself unless it is overdue."""
        self._before = gc.get_threshold()
        gc.set_threshold(*self._before[:2], OVERDUE)

    def stop(self) -> None:
        """Everything is as it was before `start`."""
        if self._before is not None:
            gc.set_threshold(*self._before)
            self._before = None

    def look(self) -> None:
        """To be called now and then: collect if it is due and the person rests."""
        if gc.get_count()[2] >= DUE and self._idle() >= REST_S:
            gc.collect()
