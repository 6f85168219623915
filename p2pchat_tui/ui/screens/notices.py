"""Announces messages while nobody looks, says in the terminal's title how much is new, and knows when one is away."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from ...preferences import NOTIFY_LEVELS
from ...session import api
from ...session.catalogue import LEVEL
from ..idling import Idling
from ..notices import BELL_EVERY, desktop, is_wanted, notice_of
from ..rooms import OpenRoom
from ..text import local_time
from ..titles import window_title
from ..trouble import TROUBLE

if TYPE_CHECKING:
    from .chat import ChatScreen


class Notices:
    """The announcer of a ChatScreen."""

    def __init__(self, screen: ChatScreen, emit: Callable[[str], None], idle: Callable[[], float]) -> None:
        """`emit` writes a sequence to the terminal. `idle`: seconds since somebody touched anything."""
        self._screen = screen
        self._emit = emit
        self._idle = idle
        self._rang = float("-inf")
        self._title = ""
        self._idling = Idling(screen.ask_in)

    # ------------------------------------------------------------------------------------------------------- levels

    async def take_up(self, room: OpenRoom) -> None:
        """Look up what a room that was just opened wants."""
        try:
            level = await room.session.setting(LEVEL)
        except TROUBLE as error:
            self._screen.tell(str(error), severity="error")
            return
        room.level = level if level in NOTIFY_LEVELS else ""

    def level(self, room: OpenRoom) -> str:
        """What of a room is announced: its own level, or that of the settings."""
        return room.level or self._screen.settings.now.notify

    async def set_level(self, room: OpenRoom, level: str) -> None:
        """Give a room its own level; empty: that of the settings."""
        room.level = level
        self._screen.list_rooms()
        try:
            await room.session.set_setting(LEVEL, level)
        except TROUBLE as error:
            self._screen.tell(str(error), severity="error")

    # ------------------------------------------------------------------------------------------------------ messages

    def heard(self, room: OpenRoom, message: api.MessageView) -> None:
        """Somebody else wrote something new."""
        screen, now = self._screen, self._screen.now()
        if screen.app.app_focus or not self._is_wanted(room, message) or now - self._rang < BELL_EVERY:
            return
        self._rang = now
        by = screen.settings.now.notify_by
        if by in ("both", "bell"):
            screen.app.bell()
        if by in ("both", "desktop"):
            notice = notice_of(room.title, message, with_text=screen.settings.now.notify_text)
            self._emit(desktop(notice, os.environ))

    def _is_wanted(self, room: OpenRoom, message: api.MessageView) -> bool:
        time = local_time(round(self._screen.now() * 1000), self._screen.tz).time()
        is_quiet = self._screen.settings.now.is_quiet(time)
        return not is_quiet and is_wanted(message, room.session.view, self.level(room))

    def show_title(self, unread: int) -> None:
        """Say in the terminal's title how much is new."""
        title = window_title(unread)
        if title != self._title:
            self._title = title
            self._emit(title)

    def forget_title(self) -> None:
        """Somebody else had the terminal: what its title says is not known."""
        self._title = ""

    # --------------------------------------------------------------------------------------------------------- away

    def look_at_clock(self) -> None:
        """Go away after a while without a key, and come back with the next one; `/away` stays until `/back`."""
        screen = self._screen
        self._idling.look(screen.rooms.open.values(), self._idle(), screen.settings.now.away_after)
