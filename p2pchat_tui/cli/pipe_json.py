"""`pipe --json`: one JSON object a line, both ways. A public interface: fields are only ever added.

In    {"do": "say", "text": …, "reply_to": id?} · edit {id, text} · retract {id} · react {id, emoji, on} ·
      typing {on} · away {on} · name {name} · status {text} · colour {colour} · topic {text} ·
      history {limit, before: id?} · ignore {peer, on} · mute {peer, on} · alias {peer, alias} · keep {keep} ·
      lan {on} · relay {url} · retry · ask {peer} · accept {peer} · decline {peer} · leave
      and in each but leave {tag?}, a string of at most 64 characters
Out   {"event": "ready", "room", "room_id", "words", "me", "name", "status", "colour", "topic"} ·
      room {name, status, colour, topic} · network {text} · signaling {state, url, detail} ·
      peer {peer, name, state, path, rtt_ms, last_seen, status, colour, note} · typing {peer, on} ·
      message {id, author, name, text, at, mine, backfill, reply_to, edited, to_me} · edited {id, text} ·
      retracted {id} · reaction {id, author, emoji, on} · holders {id, holders, of} · synced {peer, received, sent} ·
      history {count, more, before} · asking {peer, room} · asked {peer, name} · accepted {peer, room} ·
      declined {peer} · done {tag} · problem {code, text, line} · bye {code}

`room`: the topic, or what one is called or says of oneself here, is new; what is not set is empty. The `note` of a peer
is what a person must know, such as a wrong clock. A message is `to_me` if it names or answers me, or is for me alone.
`network`: what is awaited and what to try, in a sentence; empty when nothing is. `detail`: why a relay is lost, if so.
`history`: that was all of the page that was asked for; with `more` there is an older one, `before` the message of that
id, which need not be one that was told: those of people who are ignored are left out.
The `line` of a problem is the number of the line of input that was not carried out; null for any other problem.

A request with a `tag` is answered by one line with that `tag`: the `message`, `edited`, `retracted` or `reaction` that
it became, the `history`, `asking`, `accepted` or `declined` that it asked for, the `problem` that it met, or `done`.
Whoever reads so slowly that he is told of that by the problem `behind` may miss some of these, too.

`keep` erases at once what is beyond; `lan` with null does as the settings say; `relay` gives the room this relay, or
several with blanks between, instead of those that it has, and with an empty text none. Who is ignored, muted or called
by an alias is so in all rooms of the profile; `ignore` and `mute` with `"on": false` end it.

`asked`: somebody would like to talk to the profile's owner alone. Told after `ready` of each who waits for an answer,
and once when one comes. `accept` and `decline` answer, as /msg and /decline do in the app: a no is for good, and nobody
is told of it. `ask` asks somebody of this room for one, as /msg does. After `accepted` and `asking` there is a saved
room of two; `pipe` of that name, once this one has ended, is in it.

Ids and peers are lower-case hex; `at` and `last_seen` are Unix milliseconds, null for somebody who was never seen.
"""

from __future__ import annotations

from typing import Any

import msgspec

from ..session import api
from .json_requests import parse_request
from .requests import Answer, Asked, Line

_encode = msgspec.json.Encoder().encode


class JsonLines:
    """Reads requests from JSON lines, and writes events as such."""

    def __init__(self) -> None:
        self._told: dict[str, Line] = {}
        """The last line about each peer and relay: what says nothing new is not repeated."""

    def parse(self, line: bytes) -> Asked | None:
        """What a line asks for; None for a blank one. Raises BadLine."""
        return parse_request(line)

    def ready(self, view: api.RoomView) -> list[Line]:
        """The first line, and how things stand."""
        where = {"room": view.name, "room_id": view.room.text, "words": view.words, "me": view.me.text}
        lines = [_line("ready", **where, **_terms(view))]
        self._told["network"] = _line("network", text="")
        lines += self.room(view)[1:]  # the first line has told the rest
        for relay in view.relays:
            lines += self.event(api.SignalingChanged(relay))
        for peer in view.peers:
            lines += self.event(api.PeerChanged(peer))
        return lines

    def room(self, view: api.RoomView) -> list[Line]:
        """What is new of the topic and of oneself, and of what the network waits for."""
        network = _line("network", text=view.network)
        return self._once("room", _line("room", **_terms(view))) + self._once("network", network)

    def event(self, event: api.Event, tag: str | None = None) -> list[Line]:
        """The lines that tell of `event`; none for what this interface does not know."""
        match event:
            case api.MessageAdded(message, backfill):
                return self._whole(message, backfill, tag)
            case api.MessageChanged(message, what, reaction):
                if what == "edited":
                    return [_line("edited", id=message.id.text, text=message.text, **_tagged(tag))]
                if what == "retracted":
                    return [_line("retracted", id=message.id.text, **_tagged(tag))]
                if reaction:
                    return [_reaction(message, *reaction, tag)]
            case api.PeerChanged(peer):
                return self._once(f"peer {peer.peer.text}", _peer(peer))
            case api.SignalingChanged(relay):
                line = _line("signaling", state=relay.state.value, url=relay.url, detail=relay.detail)
                return self._once(f"relay {relay.url}", line)
            case api.TypingChanged(peer, _, on):
                return [_line("typing", peer=peer.text, on=on)]
            case api.Synced(peer, received, sent):
                return [_line("synced", peer=peer.text, received=received, sent=sent)]
            case api.DirectAsked(peer, name):
                return [_line("asked", peer=peer.text, name=name)]
            case api.Problem(code, text):
                return self.problem(code, text)
            case api.Resync():
                return self.problem("behind", "You read too slowly, so events were left out: ask for the history.")
        return []

    def history(self, page: api.Page, before: api.EntryId | None, tag: str | None = None) -> list[Line]:
        """The messages of a page, each followed by what became of it, and that this was all of it."""
        lines = [line for message in page.messages for line in self._whole(message, True)]
        place = before.text if before else None
        return [*lines, _line("history", count=len(page.messages), more=page.more, before=place, **_tagged(tag))]

    def _whole(self, message: api.MessageView, backfill: bool, tag: str | None = None) -> list[Line]:
        """A message, and what became of it by the time when it is told: reactions may have come with it."""
        lines = [self._message(message, backfill, tag)]
        if message.retracted:
            lines.append(_line("retracted", id=message.id.text))
        for reaction in message.reactions:
            lines += [_reaction(message, author, reaction.emoji, True) for author in reaction.authors]
        return lines

    def holders(self, entry: api.EntryId, holders: int, of: int) -> list[Line]:
        """How many of how many others have one of my messages."""
        return [_line("holders", id=entry.text, holders=holders, of=of)]

    def answered(self, answer: Answer, room: str, tag: str | None = None) -> list[Line]:
        """What was answered, and the room of two after a yes."""
        if answer.yes:
            return [_line("accepted", peer=answer.peer.text, room=room, **_tagged(tag))]
        return [_line("declined", peer=answer.peer.text, **_tagged(tag))]

    def asking(self, peer: api.PeerId, room: str, tag: str | None = None) -> list[Line]:
        """Who is asked for a room of two, and what that is called here."""
        return [_line("asking", peer=peer.text, room=room, **_tagged(tag))]

    def done(self, tag: str | None) -> list[Line]:
        """That a request was carried out, for whoever wants to know it by its tag."""
        return [_line("done", tag=tag)] if tag is not None else []

    def problem(self, code: str, text: str, line: int = 0, tag: str | None = None) -> list[Line]:
        """Something that is not as it should be."""
        return [_line("problem", code=code, text=text, line=line or None, **_tagged(tag))]

    def bye(self, code: int) -> list[Line]:
        """The last line."""
        return [_line("bye", code=code)]

    def _message(self, message: api.MessageView, backfill: bool, tag: str | None) -> Line:
        return _line(
            "message",
            id=message.id.text,
            author=message.author.text,
            name=message.name,
            text=message.text,
            at=message.at_ms,
            mine=message.mine,
            backfill=backfill,
            reply_to=message.reply_to.text if message.reply_to else None,
            edited=message.edited,
            to_me=message.to_me,
            **_tagged(tag),
        )

    def _once(self, about: str, line: Line) -> list[Line]:
        if self._told.get(about) == line:
            return []
        self._told[about] = line
        return [line]


def _line(event: str, **fields: Any) -> Line:
    return Line(_encode({"event": event, **fields}).decode())


def _peer(peer: api.PeerView) -> Line:
    return _line(
        "peer",
        peer=peer.peer.text,
        name=peer.name,
        state=peer.state.value,
        path=peer.path.value if peer.path else None,
        rtt_ms=peer.rtt_ms,
        last_seen=peer.last_seen_ms,
        status=peer.status,
        colour=peer.colour,
        note=peer.note,
    )


def _terms(view: api.RoomView) -> dict[str, str]:
    return {"name": view.my_name, "status": view.my_status, "colour": view.my_colour, "topic": view.topic}


def _reaction(message: api.MessageView, author: api.PeerId, emoji: str, on: bool, tag: str | None = None) -> Line:
    return _line("reaction", id=message.id.text, author=author.text, emoji=emoji, on=on, **_tagged(tag))


def _tagged(tag: str | None) -> dict[str, str]:
    """A tag as a field: only where there is one."""
    return {} if tag is None else {"tag": tag}
