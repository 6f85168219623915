"""The commands about oneself and the others: /nick, /away, /names, /whois, /status, …"""

from __future__ import annotations

from ..session import api
from .front import Front
from .relays import relay_name, relay_text
from .rooms import OpenRoom
from .text import ago_text, shown_line
from .widgets.roster import path_text, peer_name, shared_names
from .widgets.status_line import network_text, waiting_text


class PeopleVerbs:
    """See VERBS."""

    def __init__(self, front: Front) -> None:
        self._front = front

    def do_nick(self, _room: OpenRoom, name: str) -> str | None:
        self._front.ask(api.SetName(name), f"/nick {name}")
        return None

    def do_away(self, _room: OpenRoom, _argument: str) -> str | None:
        self._front.ask(api.SetAway(True))
        return None

    def do_back(self, _room: OpenRoom, _argument: str) -> str | None:
        self._front.ask(api.SetAway(False))
        return None

    def do_names(self, room: OpenRoom, _argument: str) -> str | None:
        view = room.session.view
        shared = shared_names(view)
        people = [f"{peer_name(peer, shared)} ({path_text(peer) or peer.state.value})" for peer in view.peers]
        self._front.tell(", ".join(people) if people else "Nobody else was ever seen here.")
        return None

    def do_whois(self, room: OpenRoom, name: str) -> str | None:
        view = room.session.view
        shared = shared_names(view)
        wanted = name.lstrip("@").casefold()
        found = [p for p in view.peers if wanted in (p.name.casefold(), peer_name(p, shared).casefold())]
        if not found:
            return f"Nobody called {shown_line(name, 40)} is known here."
        for peer in found:
            parts = [f"{shown_line(peer.name, 40)} · key {peer.peer.text[:16]}… · {peer.state.value}"]
            parts += [path_text(peer)] if peer.path else []
            parts += [f"{peer.rtt_ms} ms"] if peer.rtt_ms is not None else []
            if peer.last_seen_ms and peer.state is api.PeerState.OFFLINE:
                parts.append(f"last seen {ago_text(peer.last_seen_ms, self._front.now_ms)}")
            parts += [shown_line(peer.note)] if peer.note else []
            self._front.tell(" · ".join(parts))
        return None

    def do_status(self, room: OpenRoom, text: str) -> str | None:
        if text:
            self._front.ask(api.SetStatus(text), f"/status {text}")
        else:
            self._front.tell(standing(room.session.view, self._front.now_ms))
        return None

    def do_kick(self, _room: OpenRoom, name: str) -> str | None:
        self._front.tell(
            f"Whoever has the key of a room is in it, so nobody can be put out. "
            f"To go on without {shown_line(name, 40)} make a new room (/new) and invite the others."
        )
        return None


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
