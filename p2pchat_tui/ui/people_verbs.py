"""The commands about oneself and the others: /nick, /away, /names, /status, …"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..session import api
from .commands import NOTHING
from .front import Front
from .nicks import COLOURS, colour_name
from .people import marked_name
from .relays import relay_name, relay_text
from .rooms import OpenRoom
from .text import shown_line
from .widgets.roster import path_text
from .widgets.status_line import network_text, waiting_text

_RGB = re.compile(r"#[0-9a-f]{6}")


class PeopleVerbs:
    """See VERBS."""

    def __init__(self, front: Front) -> None:
        self._front = front

    def do_nick(self, room: OpenRoom, name: str) -> str | None:
        def done() -> str:
            return f"You are called {shown_line(room.session.view.my_name, 40)} now."

        self._front.ask(api.SetName(name), f"/nick {name}", done=done)
        return None

    def do_away(self, _room: OpenRoom, _argument: str) -> str | None:
        self._front.ask_everywhere(api.SetAway(True))
        return None

    def do_back(self, _room: OpenRoom, _argument: str) -> str | None:
        self._front.ask_everywhere(api.SetAway(False))
        return None

    def do_names(self, room: OpenRoom, _argument: str) -> str | None:
        view = room.session.view
        people = [f"{marked_name(peer)} ({', '.join(_standing(peer))})" for peer in view.peers]
        self._front.tell(", ".join(people) if people else "Nobody else was ever seen here.")
        return None

    def do_colour(self, room: OpenRoom, wanted: str) -> str | None:
        def done() -> str:
            chosen = room.session.view.my_colour
            return f"Your name is {colour_name(chosen) if chosen else 'in the colour of your key'} for all here."

        wanted = wanted.lower()
        names, colour = ", ".join(COLOURS), COLOURS.get(wanted, wanted)
        if not wanted:
            self._front.tell(f"{done()} /colour takes {names}, one as #rrggbb, or none.")
        elif wanted in ("none", NOTHING):
            self._front.ask(api.SetColour(""), done=done)
        elif _RGB.fullmatch(colour) and colour_name(colour):
            self._front.ask(api.SetColour(colour), f"/colour {wanted}", done=done)
        else:
            return f"Of the colours for a name this is none: {names}, one as #rrggbb that is no grey, or none."
        return None

    def do_status(self, room: OpenRoom, text: str) -> str | None:
        def done() -> str:
            status = shown_line(room.session.view.my_status)
            return f"Under your name stands “{status}”." if status else "Nothing stands under your name any more."

        if text:
            self._front.ask(api.SetStatus("" if text == NOTHING else text), f"/status {text}", done=done)
        else:
            self._front.tell(standing(room.session.view, self._front.now_ms))
        return None

    def do_kick(self, _room: OpenRoom, name: str) -> str | None:
        self._front.tell(
            f"Whoever has the key of a room is in it, so nobody can be put out. "
            f"To go on without {shown_line(name, 40)} make a new room (/new) and invite the others; to see nothing of "
            "them, /ignore."
        )
        return None


def _standing(peer: api.PeerView) -> Iterator[str]:
    """How somebody is reached, and what the reader decided about them."""
    path = path_text(peer)
    if peer.state is api.PeerState.AWAY or not path:
        yield peer.state.value
    if path:
        yield path
    if peer.ignored or peer.muted:
        yield "ignored" if peer.ignored else "muted"


def standing(view: api.RoomView, now_ms: int) -> str:
    """How things stand in a room: who is there, how they are reached, what the relays do, and the room words."""
    parts = [f"{shown_line(view.title, 40)} as {shown_line(view.my_name, 40)}{' (away)' if view.away else ''}"]
    parts += [f"“{shown_line(view.my_status)}”"] if view.my_status else []
    parts.append(network_text(view))
    parts += [f"{relay_name(relay.url)} {relay_text(relay, now_ms)}" for relay in view.relays]
    parts += ["LAN never used" if view.lan is None else "LAN off"] if not view.lan else []
    parts.append(f"room words: {view.words}")
    parts += [waiting_text(view)] if view.network else []
    return " · ".join(parts)
