"""The way from a ChatScreen to what was found, and back to where one was."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.content import Content

from ...session.api import EntryId, Term
from ..rooms import OpenRoom
from ..text import cut, shown_line
from ..widgets.stack import Anchor
from .home import Choice
from .search import Chosen, SearchScreen

if TYPE_CHECKING:
    from .chat import ChatScreen

HELD_S = 0.3
"""Seconds that the picture may stay as it is while a place is on its way: then what there is is shown."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody is, or wants to be."""

    room: str
    anchor: Anchor | None
    """What is in view; None for the newest message."""
    terms: tuple[Term, ...] = ()
    """With what was found: what is marked there."""
    is_found: bool = False


class Searching:
    """What belongs to the search of one window, between two looks at its screen."""

    def __init__(self, screen: ChatScreen) -> None:
        self._screen = screen
        self._text = ""
        self._last: EntryId | None = None
        self._origin: Place | None = None
        self._going: Place | None = None
        self._held = ExitStack()
        self._is_held = False

    def open(self, text: str = "") -> None:
        """Show the search: for `text`, or for what was looked for last."""
        screen = self._screen
        last = None if text else self._last
        finder = screen.profile.finder(screen.tz)
        now_ms = round(screen.now() * 1000)
        screen.app.push_screen(SearchScreen(finder, now_ms, screen.tz, text or self._text, last), self._ended)

    def _ended(self, chosen: Chosen | None) -> None:
        if chosen is None:
            return
        self._text = chosen.text
        if chosen.found is not None:
            self._last = chosen.found.message.id
            self._origin = self._origin or self._here()
            self._hold()
            self._go(Place(chosen.found.room, (self._last, 0), chosen.terms, is_found=True))

    def _hold(self) -> None:
        # The search gives way, its page comes, the place is found: each would paint the whole chat.
        self.arrived()
        self._held.enter_context(self._screen.app.batch_update())
        self._is_held = True
        self._screen.set_timer(HELD_S, self.arrived)

    def arrived(self) -> None:
        """What is wanted stands where it shall: paint it."""
        if self._is_held:
            self._is_held = False
            self._held.close()
            # What was painted meanwhile was painted for nobody.
            self._screen.refresh(layout=True)

    def leave(self) -> bool:
        """Go back to where one was before; whether there was somewhere to go back to."""
        if self._origin is None:
            return False
        self._go(self._origin)
        return True

    def forget(self) -> None:
        """One stays where one is."""
        self._origin = self._going = None
        self._screen.timeline.find = ()
        self._screen.remove_class("-found")

    def taken_up(self, room: OpenRoom) -> None:
        """Another room is on the screen now."""
        going, origin = self._going, self._origin
        self.forget()
        if going is not None and going.room == room.name:
            self._origin = origin
            self._arrive(going)

    def _here(self) -> Place | None:
        room = self._screen.room
        return Place(room.name, self._screen.timeline.place) if room is not None else None

    def _go(self, place: Place) -> None:
        if self._screen.room is not None and self._screen.room.name == place.room:
            self._arrive(place)
        else:
            self._going = place
            self._screen.enter(Choice(place.room))

    def _arrive(self, place: Place) -> None:
        screen = self._screen
        if not place.is_found:
            self.forget()
            screen.composer.focus()
            if place.anchor is None:
                screen.timeline.to_end()
            else:
                screen.paging.jump(place.anchor[0], place.anchor)
            return
        screen.add_class("-found")
        words = " ".join(f"“{shown_line(term.text, 40)}”" for term in place.terms)
        text = f"Found {words}".rstrip()
        ending = "   Esc goes back · Ctrl+F shows the others"
        screen.found_line.update(Content(cut(text, max(10, screen.timeline.size.width - len(ending) - 4)) + ending))
        if place.anchor is not None:
            screen.paging.jump(place.anchor[0], find=place.terms)
        screen.timeline.focus()
