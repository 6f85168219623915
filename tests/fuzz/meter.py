"""What an input may cost, and how it is measured."""

from __future__ import annotations

import time
from collections import Counter

SLOW_S = 0.5
"""Processor time of one input, at most. The costliest honest one, a vector of thousands of ranges, takes a tenth."""
MEMORY_MAX_MB = 200
"""What the process may grow by while it is fed for as long as one likes."""


class Meter:
    """Counts inputs by what became of them, and finds the slowest."""

    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter()
        self.slowest_s = 0.0
        self._mark = time.thread_time()

    @property
    def inputs(self) -> int:
        """How many there were."""
        return self.outcomes.total()

    def begin(self) -> None:
        """The next input begins here: what was done before to prepare it costs nothing."""
        self._mark = time.thread_time()

    def did(self, outcome: str) -> None:
        """One input has been dealt with."""
        self.slowest_s = max(self.slowest_s, time.thread_time() - self._mark)
        self.outcomes[outcome] += 1

    def add(self, other: Meter) -> None:
        """Put two counts together."""
        self.outcomes += other.outcomes
        self.slowest_s = max(self.slowest_s, other.slowest_s)
