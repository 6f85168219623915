"""Value types keep their lengths and their texts."""

from __future__ import annotations

import pytest

from p2pchat_tui.ssc.ids import EntryId, PeerId, RoomId, SessionId, stamp_ms, stamp_of


def test_an_id_has_one_length_and_one_text() -> None:
    peer = PeerId(bytes(range(32)))
    assert PeerId.from_text(peer.text) == peer
    for wrong in (b"", bytes(31), bytes(33)):
        with pytest.raises(ValueError, match="32 bytes"):
            PeerId(wrong)
    for text in ("", "0" * 63, "G" * 64, "AB" * 32, " " + "0" * 63):
        with pytest.raises(ValueError, match="EntryId takes 64"):
            EntryId.from_text(text)


def test_a_repr_is_short() -> None:
    assert repr(RoomId(b"\x01" * 16)) == "RoomId(01010101…)"
    assert len(SessionId(bytes(16)).text) == 32


def test_a_tag_is_four_crockford_digits() -> None:
    assert PeerId(b"\xff" * 32).tag == "zzzz"
    assert PeerId(bytes(32)).tag == "0000"


def test_a_stamp_is_milliseconds_and_a_counter() -> None:
    stamp = stamp_of(1_700_000_000_000, 7)
    assert stamp_ms(stamp) == 1_700_000_000_000
    assert stamp & 0xFFFF == 7
