"""Announces messages while nobody looks, says in the terminal's title how much is new, and knows when one is away."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ...preferences import NOTIFY_LEVELS
from ...session import api
from ...session.catalogue import LEVEL
from ..announcing import Announcer
from ..idling import Idling
from ..rooms import OpenRoom
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
        self._announcer = Announcer(screen.settings, screen.now, screen.tz, self._bell, self._write)
        self._title = ""
        self._idling = Idling(screen.ask_in)

    def _bell(self) -> None:
        self._screen.app.bell()

    def _write(self, sequence: str) -> None:
        self._emit(sequence)

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
        if not self._screen.app.app_focus and self._announcer.wants(room, message, self.level(room)):
            self._announcer.announce(room, message)

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

    def follow_away(self, room: OpenRoom) -> None:
        """A room has just begun to run: whoever is away is so in it, too."""
        if self._idling.is_away_in(room, self._screen.rooms.open.values()):
            self._screen.ask_in(room, api.SetAway(True))

    def look_at_clock(self) -> None:
        """Go away after a while without a key, and come back with the next one; `/away` stays until `/back`."""
        screen = self._screen
        self._idling.look(screen.rooms.open.values(), self._idle(), screen.settings.now.away_after)
