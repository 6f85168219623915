"""A rate with a burst: what one peer, or one client of a relay, may have of what all share."""

from __future__ import annotations


class TokenBucket:
    """A rate with a burst. Time is an argument, in seconds."""

    __slots__ = ("_at", "_burst", "_rate", "_tokens")

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self._rate, self._burst, self._tokens, self._at = rate, burst, burst, now

    def take(self, cost: float, now: float) -> bool:
        """Whether `cost` was left; if not, nothing is taken."""
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
        if cost > self._tokens:
            return False
        self._tokens -= cost
        return True
