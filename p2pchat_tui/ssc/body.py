"""What an entry says: the JSON text of one event, as typed values.

A body is `{"k": KIND, …}`. It is written once, by its author, and then only read: a body that cannot be read, or
whose kind is unknown here, is kept and forwarded all the same, and means nothing to this version.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import get_args

import msgspec

from .entry import BODY_MAX
from .ids import EntryId
from .text import TEXT_MAX_BYTES, clean, clean_line, clean_name

EMOJI_MAX = 32
"""Characters of one reaction: the longest emoji sequences have about a dozen code points."""
DECODED_KEPT = 1024
"""Bodies that stay decoded: those of one step are looked at several times on their way to disk and screen."""
TOPIC_MAX = 200
"""Characters of a room's topic, and of somebody's status."""
COLOUR = re.compile("#[0-9a-f]{6}")
"""How a colour is written."""


class Say(msgspec.Struct, frozen=True, tag_field="k", tag="say", omit_defaults=True):
    """A message."""

    text: str
    reply: str = ""
    """Hex id of the message that is answered, or empty."""


class Edit(msgspec.Struct, frozen=True, tag_field="k", tag="edit"):
    """A new text for one of the author's own messages."""

    target: str
    text: str


class Retract(msgspec.Struct, frozen=True, tag_field="k", tag="retract"):
    """One of the author's own messages is taken back."""

    target: str


class React(msgspec.Struct, frozen=True, tag_field="k", tag="react"):
    """An emoji put on anybody's message, or taken off."""

    target: str
    emoji: str
    on: bool = True


class Profile(msgspec.Struct, frozen=True, tag_field="k", tag="profile", omit_defaults=True):
    """How the author is called and seen."""

    name: str
    status: str = ""
    """What the author says of itself, in one line."""
    colour: str = ""
    """`#rrggbb`, or empty: the reader's own choice."""


class Topic(msgspec.Struct, frozen=True, tag_field="k", tag="topic"):
    """What the room is about."""

    text: str


class Unknown(msgspec.Struct, frozen=True):
    """A kind of a later version, or no readable event at all."""

    kind: str = ""


KINDS = frozenset({"say", "edit", "retract", "react", "profile", "topic"})

Body = Say | Edit | Retract | React | Profile | Topic
AnyBody = Body | Unknown


class BodyError(ValueError):
    """This cannot be written as a body; the text says why, for a person."""


class _Kind(msgspec.Struct):
    k: str = ""


_KIND_OF = {kind: str(kind.__struct_config__.tag) for kind in get_args(Body)}
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Body).decode
_decode_kind = msgspec.json.Decoder(_Kind).decode


def encode_body(body: Body) -> bytes:
    """The bytes that are hashed, stored and sent for ever. Raises BodyError when it says too much or nothing."""
    if isinstance(body, Say | Edit):
        if not body.text.strip():
            raise BodyError("A message needs some text.")
        if (length := len(body.text.encode("utf-8", "replace"))) > TEXT_MAX_BYTES:
            raise BodyError(f"This text has {length:,} bytes; a message holds {TEXT_MAX_BYTES:,}. Split it.")
    try:
        data = _encode(body)
    except (UnicodeEncodeError, msgspec.MsgspecError) as error:
        raise BodyError("This text holds characters that cannot be sent.") from error
    if len(data) > BODY_MAX:
        raise BodyError(f"This is {len(data):,} bytes long; an entry holds {BODY_MAX:,}. Split it.")
    return data


@lru_cache(maxsize=DECODED_KEPT)
def decode_body(data: bytes) -> AnyBody:
    """The event in `data`, its texts cleaned for display; Unknown for everything that is no event known here."""
    body = _read(data)
    match body:
        case Say():
            return Say(clean(body.text), body.reply)
        case Edit():
            return Edit(body.target, clean(body.text))
        case React():
            emoji = clean_line(body.emoji, EMOJI_MAX)
            return React(body.target, emoji, body.on) if emoji else Unknown()
        case Profile():
            colour = body.colour.lower()
            shown = colour if COLOUR.fullmatch(colour) else ""
            return Profile(clean_name(body.name), clean_line(body.status, TOPIC_MAX), shown)
        case Topic():
            return Topic(clean_line(body.text, TOPIC_MAX))
    return body


@lru_cache(maxsize=DECODED_KEPT)
def index_of(data: bytes) -> tuple[str, EntryId | None]:
    """What a store needs to find the entry again: its kind (empty when unreadable), and what it is about.

    The target is that of an edit, retraction or reaction; None for every other kind, and for a target that is no id.
    """
    body = _read(data)  # not cleaned for display, which takes longer than all the rest
    match body:
        case Say() | Profile() | Topic():
            return _KIND_OF[type(body)], None
        case Unknown(kind):
            return kind, None
        case React() if not clean_line(body.emoji, EMOJI_MAX):
            return Unknown().kind, None  # as it is decoded
        case _:
            return _KIND_OF[type(body)], target_of(body.target)


def target_of(text: str) -> EntryId | None:
    """The id written in `text`, or None when there is none."""
    try:
        return EntryId.from_text(text) if text else None
    except ValueError:
        return None


def _read(data: bytes) -> AnyBody:
    try:
        body: Body = _decode(data)
        return body
    except (msgspec.MsgspecError, ValueError, RecursionError):
        kind = _kind_of(data)
        return Unknown("" if kind in KINDS else kind)


def _kind_of(data: bytes) -> str:
    try:
        return clean_line(_decode_kind(data).k, 32)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return ""
