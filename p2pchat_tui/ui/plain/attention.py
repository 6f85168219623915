"""Whether somebody is at the keyboard of the plain mode, and how she is called there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import tzinfo

from ...session import api
from ..announcing import Announcer
from ..rooms import OpenRoom
from ..settings import Settings

ATTENDED_S = 60.0
"""Seconds after the last key in which somebody is there, where the terminal does not tell who looks."""


class Attention:
    """Announces messages while nobody looks, by the levels and the quiet hours of the settings."""

    def __init__(
        self,
        settings: Settings,
        now: Callable[[], float],
        tz: tzinfo | None,
        bell: Callable[[], None],
        emit: Callable[[str], None] | None,
    ) -> None:
        """`now`: Unix seconds. `emit` writes a sequence to the terminal; None where it knows none."""
        self._announcer = Announcer(settings, now, tz, bell, emit)
        self._now = now
        self._touched = now()
        self.is_looked_at: bool | None = None
        """Whether the terminal is in front; None where it does not say."""

    def touch(self) -> None:
        """Somebody typed something."""
        self._touched = self._now()

    @property
    def idle_s(self) -> float:
        """Seconds since then."""
        return self._now() - self._touched

    def wants(self, room: OpenRoom, message: api.MessageView, level: str) -> bool:
        """Whether a new message of somebody else is announced where `level` holds."""
        return self._announcer.wants(room, message, level)

    def announce(self, room: OpenRoom, message: api.MessageView) -> None:
        """Ring for a message that is wanted, unless somebody looks."""
        is_there = self.idle_s < ATTENDED_S if self.is_looked_at is None else self.is_looked_at
        if not is_there:
            self._announcer.announce(room, message)
