"""Announces messages by the bell and by the desktop, as the settings say. Whether somebody looks the caller knows."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import tzinfo

from ..session import api
from .notices import BELL_EVERY, desktop, is_wanted, notice_of
from .rooms import OpenRoom
from .settings import Settings
from .text import local_time


class Announcer:
    """One window's bell and desktop notices."""

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
        self._rang = float("-inf")

    def wants(self, room: OpenRoom, message: api.MessageView, level: str) -> bool:
        """Whether a new message of somebody else is announced where `level` holds."""
        time = local_time(round(self._now() * 1000), self._tz).time()
        return not self._settings.now.is_quiet(time) and is_wanted(message, room.session.view, level)

    def announce(self, room: OpenRoom, message: api.MessageView) -> None:
        """Ring, and show a notice; not again within BELL_EVERY."""
        if self._now() - self._rang < BELL_EVERY:
            return
        self._rang = self._now()
        by = self._settings.now.notify_by
        if by in ("both", "bell"):
            self._bell()
        if self._emit is not None and by in ("both", "desktop"):
            self._emit(desktop(notice_of(room.title, message, with_text=self._settings.now.notify_text), os.environ))
