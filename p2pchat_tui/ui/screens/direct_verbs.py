"""The commands about rooms of two: /msg, /decline; and the answer to somebody who asks for one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...session import api
from ...session.directs import Ask
from ..addressing import Person, addressed
from ..people import plain_name, tagged_name
from ..rooms import OpenRoom
from ..text import names_text, shown_line
from ..trouble import TROUBLE
from .ask import AskScreen
from .home import Choice

if TYPE_CHECKING:
    from .chat import ChatScreen

ALL = "all"


class DirectVerbs:
    """See VERBS."""

    def __init__(self, screen: ChatScreen) -> None:
        self._screen = screen

    def do_msg(self, room: OpenRoom, argument: str) -> str | None:
        found, text = self._find(room, argument)
        if not found:
            return f"Nobody called {shown_line(argument, 40)} is known here; /names says who is."
        if len(found) > 1:
            return f"There are several of that name: {names_text([person.names[-1] for person in found])}."
        self._screen.run_worker(self._open(found[0], text, f"/msg {argument}"), group="direct")
        return None

    def _find(self, room: OpenRoom, argument: str) -> tuple[list[Person], str]:
        """Who is meant: first of those in the room, then of all who are known elsewhere."""
        rooms = self._screen.rooms
        elsewhere = [person for each in rooms.open.values() if each is not room for person in people_of(each)]
        elsewhere += [Person(ask.peer, (shown_line(ask.name, 40),), room.name) for ask in rooms.asks]
        elsewhere += [Person(saved.direct, (saved.name,), saved.name) for saved in rooms.saved if saved.direct]
        for people in (people_of(room), elsewhere):
            found, text = addressed(argument, people)
            if found:
                return found, text
        return [], ""

    async def _open(self, person: Person, text: str, typed: str) -> None:
        screen = self._screen
        try:
            saved = await screen.profile.direct(person.peer, person.names[0], person.room)
            if text:
                await (await screen.profile.open(saved.name)).do(api.Say(text))
        except TROUBLE as error:
            screen.tell(str(error), severity="error")
            if text:
                screen.composer.give_back(typed)
            return
        screen.enter(Choice(saved.name))

    def do_decline(self, _room: OpenRoom, name: str) -> str | None:
        asks = self._screen.rooms.asks
        wanted = name.removeprefix("@").casefold()
        chosen = [ask for ask in asks if wanted in (ALL, shown_line(ask.name, 40).casefold())]
        if not wanted and len(asks) == 1:
            chosen = list(asks)
        if not chosen:
            return f"There ask for a room of two: {_names(asks)}. /decline NICK, or all." if asks else "Nobody asks."
        self._screen.run_worker(self._decline(chosen), group="direct")
        return None

    async def _decline(self, asks: list[Ask]) -> None:
        screen = self._screen
        try:
            for ask in asks:
                await screen.profile.decline(ask.peer)
        except TROUBLE as error:
            screen.tell(str(error), severity="error")
            return
        screen.tell(f"Declined: {_names(asks)}. Whoever thinks better of it says /msg.")
        await screen.rooms.read_saved()
        screen.list_rooms()

    def answer(self, ask: Ask) -> None:
        """Have somebody say yes or no to `ask`."""
        screen = self._screen
        met = next((saved for saved in screen.rooms.saved if saved.room == ask.room), None)

        def answered(yes: bool | None) -> None:
            if yes and screen.room is not None:
                among = met.name if met else screen.room.name
                screen.run_worker(self._open(Person(ask.peer, (ask.name,), among), "", ""), group="direct")
            elif yes is False:
                screen.run_worker(self._decline([ask]), group="direct")

        screen.app.push_screen(AskScreen(ask, shown_line(met.title, 40) if met else ""), answered)


def _names(asks: Sequence[Ask]) -> str:
    return names_text([shown_line(ask.name, 40) for ask in asks])


def people_of(room: OpenRoom) -> list[Person]:
    """Everybody else who is known in a room."""
    view = room.session.view
    return [Person(peer.peer, (plain_name(peer), tagged_name(peer)), room.name) for peer in view.peers]
