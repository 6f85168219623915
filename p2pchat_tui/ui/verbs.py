"""Carries out what is typed, by the one table of commands, for the chat screen and for the plain mode alike.

Each command of the table has a method `do_NAME` in one of the classes of VERBS, or where a front has it for itself. It
gets the room and what follows the command, and returns why it cannot be done, or None.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import commands
from .direct_verbs import DirectVerbs
from .front import Front, NotPicked
from .message_verbs import MessageVerbs
from .network_verbs import NetworkVerbs
from .people_verbs import PeopleVerbs
from .person_verbs import PersonVerbs
from .program_verbs import ProgramVerbs
from .room_verbs import RoomVerbs
from .text import looks_like_invite

VERBS = (MessageVerbs, RoomVerbs, DirectVerbs, PeopleVerbs, PersonVerbs, NetworkVerbs, ProgramVerbs)
"""Where the commands are carried out that need no screen."""
_SENDS_INVITE = (
    "This is an invite, the key to a room. To open that room put /join in front and leave the rest away, "
    "then paste it there; send it once more to really give it to everybody here."
)


class Verbs:
    """The commands of one front."""

    def __init__(self, front: Front, *own: object, no_room: str) -> None:
        """`own`: objects with methods `do_NAME`, which come before those of VERBS. `no_room`: what to say of a command
        that needs a room.
        """
        self._front = front
        self._owners = (*own, *(verbs(front) for verbs in VERBS))
        self._no_room = no_room
        self._about_to_send = ""

    def submit(self, text: str) -> None:
        """Send what was typed, or do what it says."""
        match commands.parse(text):
            case commands.Text(said):
                self._say(said)
            case commands.Unknown(hint):
                self._refuse(text, hint)
            case commands.Call(spec, argument):
                self.call(spec, argument, text)

    def call(self, spec: commands.Spec, argument: str = "", typed: str = "") -> None:
        """Do what a command does. What was `typed` is given back when it cannot be done."""
        room = self._front.room
        if room is None and not spec.anywhere:
            self._refuse(typed, self._no_room)
            return
        verb = self._verb(spec.name)
        try:
            problem = verb(room, argument) if verb else _not_here(spec)
        except NotPicked as error:
            problem = str(error)
        if problem:
            self._refuse(typed, problem)

    def _verb(self, name: str) -> Callable[[Any, str], str | None] | None:
        # Only what is done `anywhere` is called without a room.
        return next((getattr(owner, f"do_{name}") for owner in self._owners if hasattr(owner, f"do_{name}")), None)

    def _refuse(self, typed: str, why: str) -> None:
        if typed:
            self._front.give_back(typed)
        self._front.tell(why, severity="warning")

    def _say(self, text: str) -> None:
        room = self._front.room
        if room is None:
            self._refuse(text, self._no_room)
        elif looks_like_invite(text) and self._about_to_send != text:
            self._about_to_send = text
            self._refuse(text, _SENDS_INVITE)
        else:
            self._about_to_send = ""
            self._front.say(room, text)


def _not_here(spec: commands.Spec) -> str:
    if spec.plain:
        return f"/{spec.name} is for --plain, where messages have numbers: here you choose one with the arrow keys."
    return f"/{spec.name} needs the screen: start without --plain for it. /help lists what can be done here."
