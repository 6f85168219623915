"""The commands about the network that need no screen: /lan, /relay, /retry."""

from __future__ import annotations

from ..session import api
from .commands import NOTHING
from .front import Front
from .relays import given_text, own_relays_text
from .rooms import OpenRoom
from .text import shown_line
from .trouble import TROUBLE

LAN_WORDS = {"on": True, "off": False, "default": None}
"""What may follow /lan; `default`: the room does as the settings say."""

_NO_RELAY = (NOTHING, "off", "none")
"""Words that are no names of machines, whatever they look like: who says one has no relay in mind."""


class NetworkVerbs:
    """See VERBS."""

    def __init__(self, front: Front) -> None:
        self._front = front

    def do_retry(self, _room: OpenRoom, _argument: str) -> str | None:
        self._front.ask(api.RetryNow())
        self._front.tell("Trying every link and relay again.")
        return None

    def do_lan(self, room: OpenRoom, word: str) -> str | None:
        word = word.lower()
        if word and word not in LAN_WORDS:
            return "/lan takes on, off, or default: as the settings say. Alone it tells how it is."
        self._front.run(self._use_lan(room, word), "lan")
        return None

    def do_relay(self, room: OpenRoom, urls: str) -> str | None:
        self._front.run(self._use_relays(room, urls), "relay")
        return None

    async def _use_relays(self, room: OpenRoom, urls: str) -> None:
        profile = self._front.profile
        try:
            if urls:
                given = await profile.use_relays(room.name, "" if urls.lower() in _NO_RELAY else urls)
                self._front.tell(given_text(room.session.view, given))
                await self._front.look_again()  # the invite that is on the screen is another one now
            else:
                self._front.tell(own_relays_text(room.session.view, await profile.relays(room.name)))
        except TROUBLE as error:
            if urls:
                self._front.give_back(f"/relay {urls}")
            self._front.tell(str(error), severity="error")

    async def _use_lan(self, room: OpenRoom, word: str) -> None:
        profile = self._front.profile
        try:
            if word:
                await profile.use_lan(room.name, LAN_WORDS[word])
            own = await profile.lan(room.name)
        except TROUBLE as error:
            self._front.tell(str(error), severity="error")
            return
        self._front.tell(lan_text(room.name, room.session.view.lan, own))


def lan_text(name: str, is_on: bool | None, own: bool | None) -> str:
    """Whether a room looks for others on the LAN, and what that tells whom. `own`: what the room says of itself."""
    room = f"#{shown_line(name, 40)}"
    if is_on is None:
        return (
            f"The LAN is never used for {room}: this is the demo, or links go through TURN servers only (relay-only)."
        )
    why = "" if own is not None else ", as the settings say"
    if is_on:
        return (
            f"The LAN is on for {room}{why}. Machines on this network can tell that this one runs p2pchat, "
            "not for which room or who you are; members of the room see its address."
        )
    return f"The LAN is off for {room}{why}: nothing is announced on this network. Links that stand stay."
