"""The commands about one person: /whois, /verify, /alias, /ignore, …"""

from __future__ import annotations

from ..session import api
from .front import Front
from .people import marked_name, people_called, plain_name, split_name, tagged_name, which_one
from .rooms import OpenRoom
from .text import ago_text, shown_line
from .trouble import TROUBLE
from .widgets.roster import path_text


class PersonVerbs:
    """See VERBS. A front with a screen has its own /whois, and its own /verify for who has not compared yet."""

    def __init__(self, front: Front) -> None:
        self._front = front

    def do_whois(self, room: OpenRoom, name: str) -> str | None:
        person = meant(room, name)
        if isinstance(person, str):
            return person
        self._front.tell(person_line(person, self._front.now_ms))
        return None

    def do_verify(self, room: OpenRoom, argument: str) -> str | None:
        found, answer = split_name(room.session.view, argument)
        person = which_one(found, argument)
        if isinstance(person, str):
            return person
        name = plain_name(person)
        match answer.casefold():
            case "":
                words = " ".join(api.safety_words(room.session.view.me, person.peer))
                self._front.tell(
                    f"You and {name}: {words}. Compare them over another way, then /verify {name} yes, or no."
                )
            case "yes" | "y":
                self.judge(person, match=True)
            case "no" | "n":
                self.judge(person, match=False)
            case _:
                return (
                    f"Nobody called {shown_line(argument, 40)} is known here (/names says who is); "
                    "after the name comes yes, no or nothing."
                )
        return None

    def judge(self, person: api.PeerView, *, match: bool) -> None:
        """The safety words were compared: keep what came of it."""
        name = plain_name(person)
        self._front.ask(api.SetVerified(person.peer, True) if match else api.Distrust(person.peer))
        if match:
            self._front.tell(f"{name} is verified. Whoever else takes that name is marked.")
        else:
            self._front.tell(
                f"Then that key may not be {name}'s: somebody may pose as them. Say nothing that is meant for them "
                "alone, and ask them which key is theirs.",
                severity="error",
            )

    def do_unverify(self, room: OpenRoom, name: str) -> str | None:
        person = meant(room, name)
        if isinstance(person, str):
            return person
        if not person.verified_ms:
            return f"{plain_name(person)} is not verified; /verify compares safety words."
        self._front.ask(api.SetVerified(person.peer, False), f"/unverify {name}")
        self._front.tell(f"{plain_name(person)} is not verified any more.")
        return None

    def do_alias(self, room: OpenRoom, argument: str) -> str | None:
        found, alias = split_name(room.session.view, argument)
        person = which_one(found, argument)
        if isinstance(person, str):
            return person
        if not alias and not person.alias:
            return f"{plain_name(person)} has no pet name; /alias NAME ALIAS gives one."

        def done() -> str:
            now = next((peer for peer in room.session.view.peers if peer.peer == person.peer), person)
            name = tagged_name(now)
            return f"You alone call {name} {plain_name(now)} now." if now.alias else f"{name} has no pet name any more."

        self._front.ask(api.SetAlias(person.peer, alias), f"/alias {argument}", done=done)
        return None

    def do_ignore(self, room: OpenRoom, name: str) -> str | None:
        if not name:
            self._front.run(self._list_ignored(), "ignored")
            return None
        person = meant(room, name)
        if isinstance(person, str):
            return person
        self._front.ask(api.SetIgnored(person.peer, True), f"/ignore {name}")
        called = plain_name(person)
        self._front.tell(f"Nothing of {called} is shown any more, in any room. /unignore {called} takes it back.")
        return None

    def do_unignore(self, room: OpenRoom, name: str) -> str | None:
        found = [person for person in people_called(room.session.view, name) if person.ignored]
        if not found:
            self._front.run(self._unignore_elsewhere(name), "ignored")
            return None
        person = which_one(found, name)
        if isinstance(person, str):
            return person
        shown = f"Everything of {plain_name(person)} is shown again."
        self._front.ask(api.SetIgnored(person.peer, False), f"/unignore {name}", done=lambda: shown)
        return None

    async def _list_ignored(self) -> None:
        try:
            asking = {ask.peer for ask in await self._front.profile.asks(ignored=True)}
            names = [
                f"{shown_line(name, 40)}{' (asks to talk to you alone)' if peer in asking else ''}"
                for peer, name in await self._front.profile.ignored()
            ]
        except TROUBLE as error:
            self._front.tell(str(error), severity="error")
            return
        listed = f"Ignored: {', '.join(names)}. /unignore NAME takes it back." if names else "You ignore nobody."
        self._front.tell(listed)

    async def _unignore_elsewhere(self, name: str) -> None:
        """Somebody who was never in this room."""
        wanted = name.strip().removeprefix("@").casefold()
        try:
            ignored = await self._front.profile.ignored()
            found = [peer for peer, called in ignored if wanted in (called.casefold(), peer.tag, peer.text)]
            for peer in found:
                await self._front.profile.decide(api.SetIgnored(peer, False))
        except TROUBLE as error:
            self._front.tell(str(error), severity="error")
            return
        if found:
            self._front.tell(f"Everything of {shown_line(name, 40)} is shown again.")
        else:
            self._front.tell(
                f"You do not ignore anybody called {shown_line(name, 40)}; /ignore alone says whom.", severity="warning"
            )

    def mute(self, room: OpenRoom, name: str) -> str | None:
        """Announce nothing of somebody any more; again takes it back."""
        person = meant(room, name)
        if isinstance(person, str):
            return person
        self._front.ask(api.SetMuted(person.peer, not person.muted), f"/mute {name}")
        what = "are announced again" if person.muted else "are shown, not announced any more"
        self._front.tell(f"Messages of {plain_name(person)} {what}.")
        return None


def meant(room: OpenRoom, name: str) -> api.PeerView | str:
    """Who in the room is called so, or why that is not clear."""
    view = room.session.view
    found = people_called(view, name)
    if not found and name.strip().removeprefix("@").casefold() in (view.my_name.casefold(), view.me.tag, "me", "you"):
        return "That is yourself: name somebody else."
    return which_one(found, name)


def person_line(peer: api.PeerView, now_ms: int) -> str:
    """What is known of somebody, in one sentence."""
    parts = [f"{marked_name(peer)} · key {peer.peer.tag} {peer.peer.text[:16]}… · {peer.state.value}"]
    parts += [f"calls themselves {shown_line(peer.nick)}"] if peer.alias else []
    parts += [path_text(peer)] if peer.path else []
    parts += [f"{peer.rtt_ms} ms"] if peer.rtt_ms is not None else []
    if peer.last_seen_ms and peer.state is api.PeerState.OFFLINE:
        parts.append(f"last seen {ago_text(peer.last_seen_ms, now_ms)}")
    parts += ["verified"] if peer.verified_ms else []
    parts += ["ignored"] if peer.ignored else []
    parts += ["muted"] if peer.muted else []
    parts += [shown_line(peer.note)] if peer.note else []
    return " · ".join(parts)
