"""Looks at people and what is decided about them, from the roster and by commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...session import api
from ..people import marked_name, plain_name
from ..person_verbs import PersonVerbs
from ..rooms import OpenRoom
from .person import PersonScreen
from .verify import VerifyScreen

if TYPE_CHECKING:
    from .chat import ChatScreen


class Persons:
    """The people of a ChatScreen's rooms."""

    def __init__(self, screen: ChatScreen, verbs: PersonVerbs) -> None:
        self._screen = screen
        self._verbs = verbs

    def show(self, room: OpenRoom, peer: api.PeerId) -> None:
        """Show all that is known of somebody in `room`."""

        def look() -> tuple[api.RoomView, api.PeerView | None]:
            view = room.session.view
            return view, person_in(view, peer)

        def chosen(what: str | None) -> None:
            person = look()[1]
            if person is not None and what:
                self._go_on(room, person, what)

        screen = self._screen
        events = room.session.events(lambda: api.NO_HISTORY)
        screen.app.push_screen(
            PersonScreen(look, events, lambda command: screen.ask_in(room, command), screen.now, screen.tz), chosen
        )

    def verify(self, room: OpenRoom, person: api.PeerView) -> None:
        """Have safety words compared, and keep what came of it."""

        def answered(match: bool | None) -> None:
            if match is not None:
                self._verbs.judge(person, match=match)

        words = api.safety_words(room.session.view.me, person.peer)
        self._screen.app.push_screen(VerifyScreen(marked_name(person), words), answered)

    def _go_on(self, room: OpenRoom, person: api.PeerView, what: str) -> None:
        name = plain_name(person)
        match what:
            case "verify":
                self.verify(room, person)
            case "alias":
                self._screen.composer.interject(f"/alias {name} ")
            case _:
                self._screen.run_command(f"/msg {name}")


def person_in(view: api.RoomView, peer: api.PeerId) -> api.PeerView | None:
    """Somebody in the room, by key."""
    return next((each for each in view.peers if each.peer == peer), None)
