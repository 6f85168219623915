"""Labels and proofs on a LAN: members know each other, and nobody else learns or gets anything."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pchat_tui.signaling.lan_proof import (
    LABEL_NONCE_BYTES,
    NONCE_BYTES,
    PROOF_BYTES,
    SLOT_MS,
    LanError,
    check_accept,
    check_dial,
    is_label,
    is_ours,
    make_accept,
    make_dial,
    make_label,
    make_sealers,
    slot_of,
)
from tests.helpers import entropy

OURS, THEIRS = b"o" * 32, b"t" * 32
NONCE = bytes(range(NONCE_BYTES))


chance = entropy(1)


def label(slot: int = 7, key: bytes = OURS, nonce: bytes | None = None) -> str:
    return make_label(key, slot, chance(LABEL_NONCE_BYTES) if nonce is None else nonce)


def test_a_member_knows_a_label_of_its_slot_and_the_neighbours() -> None:
    assert [slot for slot in range(15) if is_ours(OURS, slot, label(7))] == [6, 7, 8]
    assert slot_of(SLOT_MS * 7) == slot_of(SLOT_MS * 8 - 1) == 7
    assert SLOT_MS == 600_000


def test_nobody_else_does() -> None:
    assert not any(is_ours(THEIRS, slot, label(7)) for slot in range(15))


@given(st.text(alphabet="0123456789abcdefG-\n", max_size=60))
def test_what_is_no_label_is_not_ours(text: str) -> None:
    assert not is_ours(OURS, 7, text)


def test_a_changed_label_is_not_ours() -> None:
    right = label()
    for place in range(len(right)):
        wrong = right[:place] + ("0" if right[place] != "0" else "1") + right[place + 1 :]
        assert is_label(wrong) and not is_ours(OURS, 7, wrong)


def test_labels_have_nothing_in_common() -> None:
    """Neither in one slot nor across slots: no part stays, and each bit is as often set as not."""
    labels = [label(slot) for slot in range(40) for _ in range(25)]
    assert len({each[:24] for each in labels}) == len({each[24:] for each in labels}) == len(labels)
    for bit in range(224):
        ones = sum(int(each, 16) >> bit & 1 for each in labels)
        assert 400 < ones < 600


def test_one_nonce_gives_another_tag_in_each_slot_and_room() -> None:
    nonce = bytes(LABEL_NONCE_BYTES)
    tags = {label(slot, key, nonce)[24:] for slot in range(20) for key in (OURS, THEIRS)}
    assert len(tags) == 40


def test_both_prove_themselves() -> None:
    name = label()
    dial = make_dial(OURS, name, NONCE)
    check_dial(OURS, name, dial)
    accept = make_accept(OURS, name, dial, NONCE)
    check_accept(OURS, name, dial, accept)
    assert len(dial) == len(accept) == PROOF_BYTES


def test_no_proof_serves_for_another_room_label_or_side() -> None:
    name, other = label(), label()
    dial = make_dial(OURS, name, NONCE)
    accept = make_accept(OURS, name, dial, NONCE)
    later = make_dial(OURS, name, b"z" * 32)
    for check, arguments in (
        (check_dial, (THEIRS, name, dial)),
        (check_dial, (OURS, other, dial)),
        (check_dial, (OURS, name, accept)),
        (check_dial, (OURS, name, b"")),
        (check_accept, (THEIRS, name, dial, accept)),
        (check_accept, (OURS, other, dial, accept)),
        (check_accept, (OURS, name, later, accept)),  # an answer that was recorded
        (check_accept, (OURS, name, dial, dial)),  # our own words, sent back
    ):
        with pytest.raises(LanError):
            check(*arguments)  # type: ignore[operator]


@given(place=st.integers(0, PROOF_BYTES - 1), flip=st.integers(1, 255))
def test_no_byte_of_a_proof_can_change(place: int, flip: int) -> None:
    name = label(nonce=bytes(LABEL_NONCE_BYTES))
    dial = bytearray(make_dial(OURS, name, NONCE))
    dial[place] ^= flip
    with pytest.raises(LanError):
        check_dial(OURS, name, bytes(dial))


def test_frames_open_in_order_on_the_other_side_only() -> None:
    dial, accept = chance(PROOF_BYTES), chance(PROOF_BYTES)
    one = make_sealers(OURS, dial, accept, dialed=True)
    two = make_sealers(OURS, dial, accept, dialed=False)
    first, second = one.out.seal(b"first"), one.out.seal(b"second")
    assert two.into.open(first) == b"first" and two.into.open(second) == b"second"
    assert one.into.open(two.out.seal(b"back")) == b"back"
    with pytest.raises(LanError):
        two.into.open(second)  # repeated
    with pytest.raises(LanError):
        one.into.open(one.out.seal(b"mine"))  # sent back
    eavesdropper = make_sealers(THEIRS, dial, accept, dialed=False)
    with pytest.raises(LanError):
        eavesdropper.into.open(first)
