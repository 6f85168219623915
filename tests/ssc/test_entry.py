"""Entries: what is signed cannot be changed, not by one bit."""

from __future__ import annotations

from dataclasses import replace

import pytest

from p2pchat_tui.ssc.entry import BODY_MAX, entry_id, is_authentic, sign_entry
from p2pchat_tui.ssc.identity import Identity, is_signed
from p2pchat_tui.ssc.ids import GENESIS, RoomId, Stamp
from tests.helpers import ROOM, chain, identity


def test_an_entry_is_authentic() -> None:
    entry = chain(identity(1), 1)[0]
    assert is_authentic(entry)
    assert entry.id == entry_id(ROOM, entry.author, entry.seq, entry.stamp, entry.prev, entry.body)


def test_every_field_is_under_the_id() -> None:
    entry = chain(identity(1), 1)[0]
    other = identity(2).peer
    fields = (entry.author, entry.seq, entry.stamp, entry.prev, entry.body)
    ids = {entry_id(ROOM, *fields)}
    ids.add(entry_id(RoomId(bytes(16)), *fields))
    ids.add(entry_id(ROOM, other, *fields[1:]))
    ids.add(entry_id(ROOM, entry.author, 2, *fields[2:]))
    ids.add(entry_id(ROOM, entry.author, 1, Stamp(entry.stamp + 1), *fields[3:]))
    ids.add(entry_id(ROOM, entry.author, 1, entry.stamp, entry.id, entry.body))
    ids.add(entry_id(ROOM, *fields[:4], entry.body + b" "))
    assert len(ids) == 7


def test_a_flipped_bit_in_the_signature_shows() -> None:
    entry = chain(identity(1), 1)[0]
    for place in range(64):
        broken = bytearray(entry.signature)
        broken[place] ^= 1
        assert not is_authentic(replace(entry, signature=bytes(broken)))
    assert not is_signed(entry.author, b"", entry.id)


def test_a_body_has_a_limit() -> None:
    with pytest.raises(ValueError, match="at most"):
        sign_entry(ROOM, identity(1), 1, Stamp(1), GENESIS, bytes(BODY_MAX + 1))


def test_an_identity_never_shows_its_secret() -> None:
    who = Identity(b"\x07" * 32)
    assert "07" * 4 not in repr(who)
    assert b"\x07" * 4 not in repr(who).encode()
    with pytest.raises(ValueError, match="32"):
        Identity(b"short")
