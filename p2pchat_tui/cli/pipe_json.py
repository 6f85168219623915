"""`pipe --json`: one JSON object a line, both ways. A public interface: fields are only ever added.

In    {"do": "say", "text": …, "reply_to": id?} · edit {id, text} · retract {id} · react {id, emoji, on} ·
      typing {on} · away {on} · name {name} · status {text} · colour {colour} · topic {text} ·
      history {limit, before: id?} · ask {peer} · accept {peer} · decline {peer} · leave
Out   {"event": "ready", "room", "room_id", "words", "me", "name", "status", "colour", "topic"} ·
      room {name, status, colour, topic} · network {text} · signaling {state, url, detail} ·
      peer {peer, name, state, path, rtt_ms, last_seen, status, colour, note} · typing {peer, on} ·
      message {id, author, name, text, at, mine, backfill, reply_to, edited, to_me} · edited {id, text} ·
      retracted {id} · reaction {id, author, emoji, on} · holders {id, holders, of} · synced {peer, received, sent} ·
      history {count, more} · asking {peer, room} · asked {peer, name} · accepted {peer, room} · declined {peer} ·
      problem {code, text, line} · bye {code}

`room`: the topic, or what one is called or says of oneself here, is new; what is not set is empty. The `note` of a peer
is what a person must know, such as a wrong clock. A message is `to_me` if it names or answers me, or is for me alone.
`network`: what is awaited and what to try, in a sentence; empty when nothing is. `detail`: why a relay is lost, if so.
`history`: that was all of the page that was asked for; with `more` there is an older one `before` its first message.
The `line` of a problem is the number of the line of input that was not carried out; null for any other problem.

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
from ..ssc.text import TEXT_MAX_BYTES, clean_line
from .requests import Answer, AskAlone, BadLine, History, Line, Request

HISTORY_MAX = 1000
"""Messages given at once."""
HISTORY_USUAL = 50
"""Messages given when no number is asked for."""


class _Say(msgspec.Struct, tag_field="do", tag="say"):
    text: str
    reply_to: str | None = None


class _Edit(msgspec.Struct, tag_field="do", tag="edit"):
    id: str
    text: str


class _Retract(msgspec.Struct, tag_field="do", tag="retract"):
    id: str


class _React(msgspec.Struct, tag_field="do", tag="react"):
    id: str
    emoji: str
    on: bool = True


class _Typing(msgspec.Struct, tag_field="do", tag="typing"):
    on: bool = True


class _Away(msgspec.Struct, tag_field="do", tag="away"):
    on: bool = True


class _Name(msgspec.Struct, tag_field="do", tag="name"):
    name: str


class _Status(msgspec.Struct, tag_field="do", tag="status"):
    text: str


class _Colour(msgspec.Struct, tag_field="do", tag="colour"):
    colour: str


class _Topic(msgspec.Struct, tag_field="do", tag="topic"):
    text: str


class _History(msgspec.Struct, tag_field="do", tag="history"):
    limit: int = HISTORY_USUAL
    before: str | None = None


class _Ask(msgspec.Struct, tag_field="do", tag="ask"):
    peer: str


class _Accept(msgspec.Struct, tag_field="do", tag="accept"):
    peer: str


class _Decline(msgspec.Struct, tag_field="do", tag="decline"):
    peer: str


class _Leave(msgspec.Struct, tag_field="do", tag="leave"):
    pass


_DO = "say, edit, retract, react, typing, away, name, status, colour, topic, history, ask, accept, decline and leave"
_Asked = _Say | _Edit | _Retract | _React | _Typing | _Away | _Name | _Status | _Colour | _Topic
_decode = msgspec.json.Decoder(_Asked | _History | _Ask | _Accept | _Decline | _Leave).decode
_encode = msgspec.json.Encoder().encode


class JsonLines:
    """Reads requests from JSON lines, and writes events as such."""

    def __init__(self) -> None:
        self._told: dict[str, Line] = {}
        """The last line about each peer and relay: what says nothing new is not repeated."""

    def parse(self, line: bytes) -> Request | None:
        """What a line asks for; None for a blank one. Raises BadLine."""
        if not line.strip():
            return None
        try:
            asked = _decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise BadLine(_plain(error)) from None
        match asked:
            case _Say(text, reply_to):
                return api.Say(_text(text), _id(reply_to) if reply_to else None)
            case _Edit(target, text):
                return api.Edit(_id(target), _text(text))
            case _Retract(target):
                return api.Retract(_id(target))
            case _React(target, emoji, on):
                return api.React(_id(target), emoji, on)
            case _Typing(on):
                return api.SetTyping(on)
            case _Away(on):
                return api.SetAway(on)
            case _Name(name):
                return api.SetName(name)
            case _Status(text):
                return api.SetStatus(text)
            case _Colour(colour):
                return api.SetColour(colour)
            case _Topic(text):
                return api.SetTopic(text)
            case _History(limit, before):
                if not 1 <= limit <= HISTORY_MAX:
                    raise BadLine(f"a limit is 1 to {HISTORY_MAX}")
                return History(limit, _id(before) if before else None)
            case _Ask(peer):
                return AskAlone(_peer_id(peer))
            case _Accept(peer) | _Decline(peer):
                return Answer(_peer_id(peer), isinstance(asked, _Accept))
            case _:
                return api.Leave()

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

    def event(self, event: api.Event) -> list[Line]:
        """The lines that tell of `event`; none for what this interface does not know."""
        match event:
            case api.MessageAdded(message, backfill):
                return self._whole(message, backfill)
            case api.MessageChanged(message, what, reaction):
                if what == "edited":
                    return [_line("edited", id=message.id.text, text=message.text)]
                if what == "retracted":
                    return [_line("retracted", id=message.id.text)]
                if reaction:
                    return [_reaction(message, *reaction)]
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

    def history(self, page: api.Page) -> list[Line]:
        """The messages of a page, each followed by what became of it, and that this was all of it."""
        lines = [line for message in page.messages for line in self._whole(message, True)]
        return [*lines, _line("history", count=len(page.messages), more=page.more)]

    def _whole(self, message: api.MessageView, backfill: bool) -> list[Line]:
        """A message, and what became of it by the time when it is told: reactions may have come with it."""
        lines = [self._message(message, backfill)]
        if message.retracted:
            lines.append(_line("retracted", id=message.id.text))
        for reaction in message.reactions:
            lines += [_reaction(message, author, reaction.emoji, True) for author in reaction.authors]
        return lines

    def holders(self, entry: api.EntryId, holders: int, of: int) -> list[Line]:
        """How many of how many others have one of my messages."""
        return [_line("holders", id=entry.text, holders=holders, of=of)]

    def answered(self, answer: Answer, room: str) -> list[Line]:
        """What was answered, and the room of two after a yes."""
        if answer.yes:
            return [_line("accepted", peer=answer.peer.text, room=room)]
        return [_line("declined", peer=answer.peer.text)]

    def asking(self, peer: api.PeerId, room: str) -> list[Line]:
        """Who is asked for a room of two, and what that is called here."""
        return [_line("asking", peer=peer.text, room=room)]

    def problem(self, code: str, text: str, line: int = 0) -> list[Line]:
        """Something that is not as it should be."""
        return [_line("problem", code=code, text=text, line=line or None)]

    def bye(self, code: int) -> list[Line]:
        """The last line."""
        return [_line("bye", code=code)]

    def _message(self, message: api.MessageView, backfill: bool) -> Line:
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


def _reaction(message: api.MessageView, author: api.PeerId, emoji: str, on: bool) -> Line:
    return _line("reaction", id=message.id.text, author=author.text, emoji=emoji, on=on)


def _id(text: str) -> api.EntryId:
    try:
        return api.EntryId.from_text(text)
    except ValueError:
        raise BadLine("an id is 64 lower-case hex digits, as in the events") from None


def _peer_id(text: str) -> api.PeerId:
    try:
        return api.PeerId.from_text(text)
    except ValueError:
        raise BadLine("a peer is 64 lower-case hex digits, as in the events") from None


def _text(text: str) -> str:
    length = len(text.encode("utf-8", "replace"))
    if length > TEXT_MAX_BYTES:
        raise BadLine(f"this text has {length:,} bytes, and a message holds {TEXT_MAX_BYTES:,}: split it")
    return text


def _plain(error: Exception) -> str:
    """What is wrong with a line, without msgspec's marks."""
    text = clean_line(str(error)).replace("`", "")
    if text.startswith("Invalid value") and text.endswith("at $.do"):
        return f'there is no such thing to "do"; there are {_DO}'
    text = text.replace(" - at $.", ", in ").replace(" - at $", "")
    return text if text.startswith("JSON") else text[:1].lower() + text[1:]
