"""The commands about rooms of two: /msg, /decline."""

from __future__ import annotations

from collections.abc import Sequence

from ..session import api
from ..session.directs import Ask
from .addressing import Person, addressed
from .front import Front
from .people import plain_name, tagged_name
from .rooms import OpenRoom
from .text import names_text, shown_line
from .trouble import TROUBLE

ALL = "all"


class DirectVerbs:
    """See VERBS."""

    def __init__(self, front: Front) -> None:
        self._front = front

    def do_msg(self, room: OpenRoom, argument: str) -> str | None:
        found, text = self._find(room, argument)
        if not found:
            return f"Nobody called {shown_line(argument, 40)} is known here; /names says who is."
        if len(found) > 1:
            return f"There are several of that name, say which: {names_text([person.names[-1] for person in found])}."
        self._front.run(self.open(found[0], text, f"/msg {argument}"), "direct")
        return None

    def _find(self, room: OpenRoom, argument: str) -> tuple[list[Person], str]:
        """Who is meant: first of those in the room, then of all who are known elsewhere."""
        front = self._front
        elsewhere = [person for each in front.open_rooms if each is not room for person in people_of(each)]
        elsewhere += [Person(ask.peer, (shown_line(ask.name, 40),), room.name) for ask in front.asks]
        elsewhere += [Person(saved.direct, (saved.name,), saved.name) for saved in front.saved if saved.direct]
        for people in (people_of(room), elsewhere):
            found, text = addressed(argument, people)
            if found:
                return found, text
        return [], ""

    async def open(self, person: Person, text: str, typed: str) -> None:
        """Go to the room of two with `person`, and say `text` there; what was `typed` comes back if that fails."""
        profile = self._front.profile
        try:
            saved = await profile.direct(person.peer, person.names[0], person.room)
            if text:
                await (await profile.open(saved.name)).do(api.Say(text))
        except TROUBLE as error:
            self._front.tell(str(error), severity="error")
            if text:
                self._front.give_back(typed)
            return
        self._front.enter(saved.name)

    def do_decline(self, _room: OpenRoom, name: str) -> str | None:
        asks = self._front.asks
        wanted = name.removeprefix("@").casefold()
        chosen = [ask for ask in asks if wanted in (ALL, shown_line(ask.name, 40).casefold())]
        if not wanted and len(asks) == 1:
            chosen = list(asks)
        if not chosen:
            return f"There ask for a room of two: {asking_names(asks)}. /decline NICK, or all." if asks else NOBODY_ASKS
        self._front.run(self.decline(chosen), "direct")
        return None

    async def decline(self, asks: Sequence[Ask]) -> None:
        """Say no to those who ask."""
        try:
            for ask in asks:
                await self._front.profile.decline(ask.peer)
        except TROUBLE as error:
            self._front.tell(str(error), severity="error")
            return
        self._front.tell(f"Declined: {asking_names(asks)}. Whoever thinks better of it says /msg.")
        await self._front.look_again()


NOBODY_ASKS = "Nobody asks for a room of two. /msg NICK asks somebody."


def asking_names(asks: Sequence[Ask]) -> str:
    """Who asks, in a few words."""
    return names_text([shown_line(ask.name, 40) for ask in asks])


def asked_text(name: str) -> str:
    """What is said when somebody asks to talk to the reader alone."""
    who = shown_line(name, 40)
    return f"{who} would like to talk to you alone. /msg {who} opens it, /decline {who} says no."


def people_of(room: OpenRoom) -> list[Person]:
    """Everybody else who is known in a room."""
    view = room.session.view
    return [Person(peer.peer, (plain_name(peer), tagged_name(peer)), room.name) for peer in view.peers]
