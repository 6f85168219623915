"""Rows ⇄ values: every row of the database is made and read here, with a checksum over what no hash covers.

An entry's id covers its author, seq, stamp, prev and body; `sum` covers the rest. SQLite itself does not notice a
bit that the disk has turned over.
"""

from __future__ import annotations

from collections.abc import Sequence
from struct import Struct
from typing import Any
from zlib import crc32

import msgspec

from ..ports.store import KnownPeer, SavedRoom
from ..ssc.body import index_of
from ..ssc.entry import Entry, entry_id
from ..ssc.ids import EntryId, PeerId, RoomId, Stamp
from ..ssc.people import Person
from ..ssc.ranges import Ranges
from ..ssc.segments import Segment

Row = tuple[Any, ...]

STAMP_SHIFT = 1 << 63
"""SQLite's integers are signed, stamps are not: shifted, they keep their order."""
STANDING_KINDS = ("profile", "topic")
"""Of these the newest of every author stays when entries are pruned: they say how things are, not what happened."""
ENTRY_COLUMNS = "room, feed, seq, stamp, prev, body, signature, hash, kind, target, sum"
"""The columns of `entry_row` and `entry_of`."""

_segment = Struct(">QQ32s32sQQ")
_Vector = dict[str, list[tuple[int, int]]]
_decode_nicks = msgspec.json.Decoder(tuple[str, ...]).decode
_decode_vector = msgspec.json.Decoder(_Vector).decode


class Unsound(Exception):
    """A row does not say what was written: the disk has damaged it, or an index leads to the wrong place."""


def checksum(*parts: bytes | int) -> int:
    """CRC-32 over the parts; against chance, not against people."""
    total = 0
    for part in parts:
        total = crc32(part.to_bytes(8, "big", signed=True) if isinstance(part, int) else part, total)
    return total


# --------------------------------------------------------------------------------------------------------- entries


def entry_row(room: int, feed: int, entry: Entry) -> Row:
    """`entry` as a row; `room` and `feed` are the database's numbers for them."""
    name, target = index_of(entry.body)
    kind = name.encode()
    total = crc32(entry.id + entry.signature + kind + (target or b""))
    return (
        room, feed, entry.seq, entry.stamp - STAMP_SHIFT, entry.prev, entry.body, entry.signature or None,
        entry.id, name, target, total,
    )  # fmt: skip


def signature_sum(row: Row, signature: bytes) -> int:
    """The checksum of an entry's row once it has `signature`."""
    digest, kind, target = row[7:10]
    return crc32(digest + signature + kind + (target or b""))


def entry_of(row: Row, room: RoomId, author: PeerId) -> Entry:
    """The entry in `row`, hashed again. Raises Unsound when it is not what was stored."""
    _, _, seq, shifted, prev, body, signature, digest, kind, target, total = row
    try:
        signature = signature or b""
        stamp = Stamp(shifted + STAMP_SHIFT)
        before = EntryId(prev)
        name = entry_id(room, author, seq, stamp, before, body)
        is_whole = name == digest and crc32(digest + signature + kind + (target or b"")) == total
    except (TypeError, ValueError, OverflowError, AttributeError) as error:
        raise Unsound("an entry's row has columns of another type") from error
    if not is_whole:
        raise Unsound("an entry no longer hashes to its id")
    return Entry(author, seq, stamp, before, bytes(body), signature, name)


# ----------------------------------------------------------------------------------------------------------- feeds


def room_sum(number: int, room: bytes) -> int:
    """The checksum of a row of `room`."""
    return checksum(number, room)


FEED_COLUMNS = "id, room, author, segments, sum, floor"
"""The columns of `feed_of`."""


def feed_row(number: int, room: int, author: PeerId, segments: Sequence[Segment], floor: int) -> Row:
    """(segments, sum, floor) of a row of `feed`."""
    packed = b"".join(
        _segment.pack(each.low, each.high, each.prev, each.last, each.low_stamp, each.high_stamp) for each in segments
    )
    return packed, _feed_sum(number, room, author, packed, floor), floor


def _feed_sum(number: int, room: int, author: bytes, packed: bytes, floor: int) -> int:
    # Feeds that were never pruned have the checksum that they had before there was a floor.
    return checksum(number, room, author, packed, *((floor,) if floor != 1 else ()))


def feed_of(row: Row) -> tuple[int, int, PeerId, tuple[Segment, ...], int]:
    """(number, room, author, segments, floor) of a row of FEED_COLUMNS. Raises Unsound."""
    number, room, author, packed, total, floor = row
    try:
        if _feed_sum(number, room, author, packed, floor) != total:
            raise Unsound("a feed's row does not fit its checksum")
        segments = tuple(
            Segment(low, high, EntryId(prev), EntryId(last), Stamp(low_stamp), Stamp(high_stamp))
            for low, high, prev, last, low_stamp, high_stamp in _segment.iter_unpack(packed)
        )
        return number, room, PeerId(author), segments, floor
    except (TypeError, ValueError, OverflowError) as error:
        raise Unsound("a feed's row has columns of another type") from error


# ------------------------------------------------------------------------------------------------- rooms and peers


def saved_row(number: int, saved: SavedRoom) -> Row:
    """A row (room, name, secret, relay, opened, sum) of `saved`."""
    total = checksum(number, saved.name.encode(), saved.secret, saved.relay.encode(), saved.opened_ms)
    return number, saved.name, saved.secret, saved.relay, saved.opened_ms, total


def saved_of(row: Row, room: RoomId) -> SavedRoom:
    """The saved room in a row of `saved`. Raises Unsound."""
    number, name, secret, relay, opened, total = row
    try:
        if checksum(number, name, secret, relay, opened) != total:
            raise Unsound("a saved room does not fit its checksum")
        return SavedRoom(name.decode(), room, secret, relay.decode(), opened)
    except (TypeError, ValueError, OverflowError, AttributeError) as error:
        raise Unsound("a saved room has columns of another type") from error


def peer_row(room: int, known: KnownPeer) -> Row:
    """A row (room, peer, seen, name, vector, sum) of `peer`."""
    vector = msgspec.json.encode({author.text: ranges for author, ranges in known.vector.items()})
    total = checksum(room, known.peer, known.last_seen_ms, known.name.encode(), vector)
    return room, known.peer, known.last_seen_ms, known.name, vector, total


def peer_of(row: Row) -> KnownPeer:
    """The peer in a row of `peer`. Raises Unsound."""
    room, peer, seen, name, vector, total = row
    try:
        if checksum(room, peer, seen, name, vector) != total:
            raise Unsound("a known peer does not fit its checksum")
        held: dict[PeerId, Ranges] = {
            PeerId.from_text(author): tuple(ranges) for author, ranges in _decode_vector(vector).items()
        }
        return KnownPeer(PeerId(peer), seen, name.decode(), held)
    except (TypeError, ValueError, OverflowError, AttributeError, msgspec.MsgspecError) as error:
        raise Unsound("a known peer has columns of another type") from error


# ---------------------------------------------------------------------------------------------------------- people

PERSON_COLUMNS = "peer, first, nicks, alias, verified, means, ignored, muted, doubt, decided, sum"
"""The columns of `person_row` and `person_of`."""


def person_row(person: Person) -> Row:
    """A row of PERSON_COLUMNS."""
    row = (
        person.peer, person.first_seen_ms, msgspec.json.encode(person.nicks), person.alias, person.verified_ms,
        person.verified_by, int(person.ignored), int(person.muted), person.doubt, int(person.is_decided),
    )  # fmt: skip
    return *row, checksum(*(part.encode() if isinstance(part, str) else part for part in row))


def person_of(row: Row) -> Person:
    """The person in a row of PERSON_COLUMNS. Raises Unsound."""
    peer, first, nicks, alias, verified, means, ignored, muted, doubt, _, total = row
    try:
        if checksum(*row[:-1]) != total:
            raise Unsound("a person does not fit its checksum")
        return Person(
            PeerId(peer),
            first,
            _decode_nicks(nicks),
            alias.decode(),
            verified,
            means.decode(),
            bool(ignored),
            bool(muted),
            doubt.decode(),
        )
    except (TypeError, ValueError, OverflowError, AttributeError, msgspec.MsgspecError) as error:
        raise Unsound("a person has columns of another type") from error


# -------------------------------------------------------------------------------------------------------- settings


def setting_row(room: int, key: str, value: str) -> Row:
    """A row (room, key, value, sum) of `setting`."""
    return room, key, value, checksum(room, key.encode(), value.encode())


def setting_of(row: Row) -> str:
    """The value in a row of `setting`. Raises Unsound."""
    room, key, value, total = row
    try:
        if checksum(room, key, value) != total:
            raise Unsound("a setting does not fit its checksum")
        return str(value, "utf-8")
    except (TypeError, ValueError, OverflowError) as error:
        raise Unsound("a setting has columns of another type") from error
