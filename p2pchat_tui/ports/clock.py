"""The Clock port: both kinds of time."""

from __future__ import annotations

from typing import Protocol


class Clock(Protocol):
    """Both kinds of time. Waiting is done by the event loop, whose time is `monotonic`."""

    def wall_ms(self) -> int:
        """Unix milliseconds: may jump either way."""
        ...

    def monotonic_ms(self) -> int:
        """Milliseconds from an arbitrary start, never backwards."""
        ...
