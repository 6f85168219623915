"""Signals: open for one receiver, from one sender, once signed by a member."""

from __future__ import annotations

import zlib
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from p2pchat_tui.ssc.ids import LinkId, SessionId
from p2pchat_tui.ssc.room import room_keys
from p2pchat_tui.ssc.seal import DOMAIN, NONCE_BYTES, Signal, SignalError, SignalKind, seal, unseal
from tests.helpers import identity

KEYS = room_keys(bytes(16))
OTHER_KEYS = room_keys(b"x" * 16)
ANA = identity(1)
BO = identity(2)
A, B, C = (SessionId(bytes([number]) * 16) for number in range(3))
SDP = "v=0\r\na=fingerprint:sha-256 AB:CD\r\na=candidate:1 1 udp 1 192.0.2.7 5000 typ host\r\n"
SIGNAL = Signal(SignalKind.OFFER, LinkId(b"12345678"), ANA.peer, SDP)
SEALED = seal(SIGNAL, ANA, KEYS, A, B, b"n" * 12)


def test_the_receiver_reads_it() -> None:
    assert unseal(SEALED, KEYS, A, B) == SIGNAL


def test_a_relay_sees_nothing_of_it() -> None:
    for part in (SDP.encode(), b"192.0.2.7", b"AB:CD", ANA.peer, ANA.peer.text.encode(), b"offer"):
        assert part not in SEALED


@pytest.mark.parametrize(("keys", "sender", "receiver"), [(OTHER_KEYS, A, B), (KEYS, B, A), (KEYS, A, C), (KEYS, C, B)])
def test_nowhere_else_does_it_open(keys: object, sender: SessionId, receiver: SessionId) -> None:
    with pytest.raises(SignalError):
        unseal(SEALED, keys, sender, receiver)  # type: ignore[arg-type]


def test_every_byte_of_it_counts() -> None:
    for place in range(len(SEALED)):
        broken = bytearray(SEALED)
        broken[place] ^= 1
        with pytest.raises(SignalError):
            unseal(bytes(broken), KEYS, A, B)


@given(st.binary(max_size=200))
def test_any_bytes_are_an_error(data: bytes) -> None:
    with pytest.raises(SignalError):
        unseal(data, KEYS, A, B)


def test_a_member_cannot_speak_as_another() -> None:
    forged = seal(replace(SIGNAL, peer=BO.peer), ANA, KEYS, A, B, b"n" * 12)
    with pytest.raises(SignalError, match="not signed"):
        unseal(forged, KEYS, A, B)


def test_a_member_cannot_reuse_anothers_signature() -> None:
    """Mallory, a member, got ana's signal, and seals her words anew for bo: the sessions do not fit."""
    for sender, receiver in ((C, B), (A, C)):
        again = seal(SIGNAL, ANA, KEYS, A, B, b"m" * 12)
        with pytest.raises(SignalError):
            unseal(again, KEYS, sender, receiver)


def test_a_bomb_does_not_go_off() -> None:
    bomb = seal(replace(SIGNAL, description="x" * 5_000_000), ANA, KEYS, A, B, b"n" * 12)
    assert len(bomb) < 10_000
    with pytest.raises(SignalError, match="too long"):
        unseal(bomb, KEYS, A, B)


def test_nested_json_within_the_seal_is_an_error() -> None:
    text = zlib.compress(b'{"kind":"offer","more":' + b"[" * 20_000)
    nonce = b"n" * NONCE_BYTES
    sealed = nonce + AESGCM(KEYS.signal).encrypt(nonce, text, DOMAIN + KEYS.room + A + B)
    with pytest.raises(SignalError, match="no sense"):
        unseal(sealed, KEYS, A, B)
