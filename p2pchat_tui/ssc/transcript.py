"""The transcript of a room as a file: one JSON object a line, which anybody can check without the room's secret.

    header · entries, of each author by rising seq · proofs of forks · end

Lines are written in printable characters only (everything else is escaped, as JSON allows), so that a terminal
can show them. What a transcript proves, and what it does not, is in `audit`, which reads it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from hashlib import sha256
from typing import Annotated

import msgspec

from .entry import BODY_MAX, Entry, entry_id
from .frames import Natural, Positive
from .ids import EntryId, PeerId, RoomId, stamp_ms, stamp_of
from .wire import WireError, decode_proof
from .words import room_words

FORMAT = "p2pchat transcript"
VERSION = 1
LINE_MAX = 1024 * 1024
"""Bytes of one line. A body of 16 KiB takes at most 96 KiB as JSON; the proof of a fork can be longer than that."""

# `\Z`, since `$` would let a final newline through, which no id has.
Hex32 = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
Hex16 = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{32}\Z")]
Signature = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{128}\Z")]
Milliseconds = Annotated[int, msgspec.Meta(ge=0, lt=1 << 48)]
Counter = Annotated[int, msgspec.Meta(ge=0, lt=1 << 16)]


class TranscriptError(ValueError):
    """This is no transcript, or a line of it cannot be read; the text says why, for a person."""


class TranscriptTooNew(TranscriptError):
    """The transcript has a later version of the format."""


class Header(msgspec.Struct, frozen=True, tag_field="t", tag=FORMAT):
    """The first line. Nobody signs it: only `room` is borne out, by every entry's id."""

    version: Positive
    room: Hex16
    name: str
    """What the room is called where the transcript was made."""
    words: str
    made: Natural
    """When, Unix milliseconds."""


class EntryLine(msgspec.Struct, frozen=True, tag_field="t", tag="entry", omit_defaults=True):
    """One entry. Its stamp is in two parts, since a JSON number does not hold 64 bits everywhere."""

    author: Hex32
    seq: Positive
    at: Milliseconds
    counter: Counter
    prev: Hex32
    id: Hex32
    body: str = ""
    """The exact text."""
    body64: bytes = b""
    """Instead of `body` where that is no UTF-8."""
    signature: Signature = ""
    """Empty where a later entry vouches for this one."""


class ForkLine(msgspec.Struct, frozen=True, tag_field="t", tag="fork"):
    """The proof that an author's identity was copied: the feed ends before `seq`."""

    author: Hex32
    seq: Positive
    proof: bytes
    """As `wire.encode_proof` makes it."""


class End(msgspec.Struct, frozen=True, tag_field="t", tag="end"):
    """The last line: without it the file was cut off."""

    entries: Natural
    forks: Natural
    sha256: Hex32
    """Of every byte of the lines before, ends of line included: against chance, not against people."""


Line = Header | EntryLine | ForkLine | End


class _Kind(msgspec.Struct):
    t: str
    version: int = VERSION


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Line).decode
_decode_kind = msgspec.json.Decoder(_Kind).decode


class Writer:
    """Makes the lines of one transcript, as bytes with their ends, in the order in which they are to be written."""

    def __init__(self, room: RoomId) -> None:
        self._room = room
        self._digest = sha256()
        self.entries = 0
        """Entries written so far."""
        self.forks = 0

    def header(self, name: str, made_ms: int) -> bytes:
        """The first line; `made_ms` is Unix milliseconds."""
        return self._line(Header(VERSION, self._room.text, name, room_words(self._room), made_ms))

    def lines(self, entries: Iterable[Entry]) -> bytes:
        """The lines of some entries."""
        found = [self._line(_line_of(entry)) for entry in entries]
        self.entries += len(found)
        return b"".join(found)

    def fork(self, proof: bytes) -> bytes:
        """The line of a proof as it is kept on disk; nothing for one that cannot be read."""
        try:
            fork = decode_proof(proof)
        except WireError:
            return b""
        self.forks += 1
        return self._line(ForkLine(fork.author.text, fork.seq, proof))

    def end(self) -> bytes:
        """The last line."""
        return self._line(End(self.entries, self.forks, self._digest.hexdigest()))

    def _line(self, line: Line) -> bytes:
        data = printable(_encode(line).decode()).encode() + b"\n"
        self._digest.update(data)
        return data


def printable(text: str) -> str:
    """JSON `text` with every character escaped that is not printable; it means the same."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in text)


def parse_line(data: bytes) -> Line:
    """The line in `data`. Raises TranscriptError."""
    try:
        line: Line = _decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise TranscriptError("a line that cannot be read") from error
    return line


def parse_header(data: bytes) -> Header:
    """The first line of a transcript. Raises TranscriptError, TranscriptTooNew."""
    try:
        head = _decode_kind(data)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise TranscriptError("This is no transcript: make one by `export ROOM --format jsonl`.") from error
    if head.t != FORMAT:
        raise TranscriptError("This is no transcript, or its first line is missing.")
    if head.version > VERSION:
        raise TranscriptTooNew("This transcript was made by a newer version of p2pchat-tui: update this one.")
    try:
        line = parse_line(data)
    except TranscriptError as error:
        raise TranscriptError("This transcript is damaged: its first line cannot be read.") from error
    assert isinstance(line, Header)  # its tag says so
    return line


def stated(line: EntryLine, room: RoomId) -> tuple[Entry, EntryId]:
    """The entry that `line` states, with the id that follows from it, and the id that the line claims.

    Raises TranscriptError when no entry can be like that.
    """
    if line.body and line.body64:
        raise TranscriptError("an entry with two bodies")
    body = line.body64 or line.body.encode("utf-8", "surrogatepass")
    if len(body) > BODY_MAX:
        raise TranscriptError("an entry that is longer than any")
    author, prev = PeerId.from_text(line.author), EntryId.from_text(line.prev)
    stamp = stamp_of(line.at, line.counter)
    name = entry_id(room, author, line.seq, stamp, prev, body)
    entry = Entry(author, line.seq, stamp, prev, body, bytes.fromhex(line.signature), name)
    return entry, EntryId.from_text(line.id)


def _line_of(entry: Entry) -> EntryLine:
    at = stamp_ms(entry.stamp)
    counter = entry.stamp & 0xFFFF
    head = (entry.author.text, entry.seq, at, counter, entry.prev.text, entry.id.text)
    try:
        return EntryLine(*head, body=entry.body.decode(), signature=entry.signature.hex())
    except UnicodeDecodeError:
        return EntryLine(*head, body64=entry.body, signature=entry.signature.hex())
