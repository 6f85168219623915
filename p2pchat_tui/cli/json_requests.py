"""What `pipe --json` is asked for: one JSON object a line. See `pipe_json`, which writes the answers."""

from __future__ import annotations

import msgspec

from ..session import api
from ..ssc.text import TEXT_MAX_BYTES, clean_line
from .requests import Answer, AskAlone, Asked, BadLine, GiveRelays, History, Request, UseLan

HISTORY_MAX = 1000
"""Messages given at once."""
HISTORY_USUAL = 50
"""Messages given when no number is asked for."""
TAG_MAX = 64
"""Characters of a tag: enough for a number or a UUID."""


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


class _Ignore(msgspec.Struct, tag_field="do", tag="ignore"):
    peer: str
    on: bool = True


class _Mute(msgspec.Struct, tag_field="do", tag="mute"):
    peer: str
    on: bool = True


class _Alias(msgspec.Struct, tag_field="do", tag="alias"):
    peer: str
    alias: str


class _Keep(msgspec.Struct, tag_field="do", tag="keep"):
    keep: str


class _Lan(msgspec.Struct, tag_field="do", tag="lan"):
    on: bool | None = True


class _Relay(msgspec.Struct, tag_field="do", tag="relay"):
    url: str


class _Retry(msgspec.Struct, tag_field="do", tag="retry"):
    pass


class _Leave(msgspec.Struct, tag_field="do", tag="leave"):
    pass


class _Tagged(msgspec.Struct):
    tag: str | None = None


_Writing = _Say | _Edit | _Retract | _React | _Name | _Status | _Colour | _Topic
_About = _Ignore | _Mute | _Alias | _Ask | _Accept | _Decline
_Network = _Lan | _Relay | _Retry
_decode = msgspec.json.Decoder(_Writing | _About | _Network | _Typing | _Away | _History | _Keep | _Leave).decode
_decode_tag = msgspec.json.Decoder(_Tagged).decode
_DO = (
    "say, edit, retract, react, typing, away, name, status, colour, topic, history, ignore, mute, alias, keep, lan, "
    "relay, retry, ask, accept, decline and leave"
)


def parse_request(line: bytes) -> Asked | None:
    """What a line asks for; None for a blank one. Raises BadLine."""
    if not line.strip():
        return None
    tag = _tag(line)
    try:
        return Asked(_request(line), tag)
    except BadLine as error:
        raise BadLine(str(error), tag) from None


def _request(line: bytes) -> Request:
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
        case _Ignore(peer, on):
            return api.SetIgnored(_peer_id(peer), on)
        case _Mute(peer, on):
            return api.SetMuted(_peer_id(peer), on)
        case _Alias(peer, alias):
            return api.SetAlias(_peer_id(peer), alias)
        case _Keep(keep):
            return api.SetRetention(keep)
        case _Lan(on):
            return UseLan(on)
        case _Relay(url):
            return GiveRelays(url)
        case _Retry():
            return api.RetryNow()
        case _Ask(peer):
            return AskAlone(_peer_id(peer))
        case _Accept(peer) | _Decline(peer):
            return Answer(_peer_id(peer), isinstance(asked, _Accept))
        case _:
            return api.Leave()


def _tag(line: bytes) -> str | None:
    """The tag of a line, be it as it must be otherwise or not. Raises BadLine."""
    try:
        tag = _decode_tag(line).tag
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        if not str(error).endswith("at `$.tag`"):
            return None  # what is wrong with it is told of the whole line
        tag = None
        is_bad = True
    else:
        is_bad = tag is not None and len(tag) > TAG_MAX
    if is_bad:
        raise BadLine(f"a tag is a string of at most {TAG_MAX} characters")
    return tag


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
