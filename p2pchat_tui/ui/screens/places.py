"""Where one was: which room, and how far up in it; kept over restarts. Whoever follows the newest has no place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...session.api import EntryId, RoomId
from ..rooms import OpenRoom
from ..trouble import TROUBLE
from ..widgets.stack import Anchor
from ..widgets.timeline import Timeline

if TYPE_CHECKING:
    from .chat import ChatScreen

PLACE = "place"
"""Under which key a room's place is kept."""
LINES_MAX = 10_000
"""No message has more lines, so a number beyond it comes from a damaged disk."""


class Places:
    """The bookmark of a ChatScreen."""

    def __init__(self, screen: ChatScreen) -> None:
        self._screen = screen
        self._timeline: Timeline | None = None
        self._saved: dict[RoomId, str] = {}
        """What is on disk, by room."""

    async def take_up(self, room: OpenRoom) -> None:
        """Find the place in a room that was just opened, and have the messages around it."""
        text = self._saved[room.id] = await room.session.setting(PLACE)
        place = read_place(text)
        if place is not None and (room.window.get(place[0]) or await room.load_around(place[0])):
            room.place = place

    def watch(self, timeline: Timeline) -> None:
        """The place is that of `timeline`, also when the screen has let go of it already."""
        self._timeline = timeline

    def mark(self, room: OpenRoom) -> None:
        """Remember how far up the room on the screen is."""
        room.place = self._timeline.place if self._timeline is not None else None

    async def save(self, room: OpenRoom) -> None:
        """Keep a room's place on disk, and that one is in it."""
        text = write_place(room.place)
        try:
            if self._saved.get(room.id) != text and room.session.is_running:
                await room.session.set_setting(PLACE, text)
                self._saved[room.id] = text
        except TROUBLE as error:
            self._screen.tell(str(error), severity="error")

    async def remember(self, room: OpenRoom | None) -> None:
        """The next start begins in `room`; with None, on the first screen."""
        try:
            await self._screen.profile.remember_room(room.id if room is not None else None)
        except TROUBLE as error:
            self._screen.tell(str(error), severity="error")


def write_place(place: Anchor | None) -> str:
    """`ID LINES`; empty for no place."""
    return f"{place[0].text} {place[1]}" if place is not None else ""


def read_place(text: str) -> Anchor | None:
    """The place in `text`; None when it holds none."""
    name, _, lines = text.partition(" ")
    try:
        place = EntryId.from_text(name), int(lines)
    except ValueError:
        return None
    return place if abs(place[1]) <= LINES_MAX else None
