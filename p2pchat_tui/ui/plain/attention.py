"""Whether somebody is at the keyboard of the plain mode, and how she is called there."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import tzinfo

from ...session import api
from ..notices import BELL_EVERY, desktop, is_wanted, notice_of
from ..rooms import OpenRoom
from ..settings import Settings
from ..text import local_time

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
        self._settings = settings
        self._now = now
        self._tz = tz
        self._bell = bell
        self._emit = emit
        self._touched = now()
        self._rang = float("-inf")
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
        time = local_time(round(self._now() * 1000), self._tz).time()
        return not self._settings.now.is_quiet(time) and is_wanted(message, room.session.view, level)

    def announce(self, room: OpenRoom, message: api.MessageView) -> None:
        """Ring for a message that is wanted, unless somebody looks."""
        is_there = self.idle_s < ATTENDED_S if self.is_looked_at is None else self.is_looked_at
        if is_there or self._now() - self._rang < BELL_EVERY:
            return
        self._rang = self._now()
        by = self._settings.now.notify_by
        if by in ("both", "bell"):
            self._bell()
        if self._emit is not None and by in ("both", "desktop"):
            self._emit(desktop(notice_of(room.title, message, with_text=self._settings.now.notify_text), os.environ))
