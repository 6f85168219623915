"""The relay's wire format: what is a frame, and that nothing else gets through or raises anything else."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pchat_tui.signaling import protocol
from p2pchat_tui.signaling.protocol import (
    FRAME_MAX,
    VERSION,
    Gone,
    Ice,
    Join,
    ProtocolError,
    Refusal,
    Refused,
    Seen,
    SignalFrom,
    SignalTo,
    Welcome,
    decode_from_client,
    decode_from_relay,
    encode,
)
from p2pchat_tui.ssc.ids import SIGNAL_MAX

ID, OTHER = "0a" * 16, "ff" * 16
FROM_CLIENT = [Join(VERSION, ID, OTHER, "ab" * 32), SignalTo(ID, b"\0\xff"), SignalTo(ID, bytes(SIGNAL_MAX))]
FROM_RELAY = [
    Welcome(VERSION, []),
    Welcome(VERSION, [ID] * 64, [Ice("turn:127.0.0.1", "u" * 512, "c" * 512)] * 8),
    Seen(ID),
    Gone(ID),
    SignalFrom(ID, bytes(SIGNAL_MAX)),
    Refused(Refusal.ROOM_FULL, "x" * 200),
]


@pytest.mark.parametrize("frame", FROM_CLIENT)
def test_client_frames_come_back(frame: protocol.FromClient) -> None:
    assert decode_from_client(encode(frame)) == frame
    assert len(encode(frame)) <= FRAME_MAX


@pytest.mark.parametrize("frame", FROM_RELAY)
def test_relay_frames_come_back(frame: protocol.FromRelay) -> None:
    assert decode_from_relay(encode(frame)) == frame
    assert len(encode(frame)) <= FRAME_MAX


def test_the_text_on_the_wire() -> None:
    assert json.loads(encode(FROM_CLIENT[0])) == {
        "t": "join", "v": 1, "room": ID, "session": OTHER, "resume": "ab" * 32,
    }  # fmt: skip
    assert json.loads(encode(SignalTo(ID, b"\0\xff"))) == {"t": "signal", "to": ID, "data": "AP8="}
    assert json.loads(encode(SignalFrom(ID, b"\0\xff"))) == {"t": "signal", "from": ID, "data": "AP8="}
    assert json.loads(encode(Seen(ID))) == {"t": "seen", "session": ID}


def test_secrets_are_not_in_reprs() -> None:
    assert "ab" * 8 not in repr(FROM_CLIENT[0])
    assert "topsecret" not in repr(Ice("turn:127.0.0.1", "u", "topsecret"))


def test_unknown_fields_are_ignored() -> None:
    assert decode_from_relay(b'{"t":"seen","session":"%s","since":3}' % ID.encode()) == Seen(ID)


def _join(**changed: object) -> bytes:
    fields = {"t": "join", "v": VERSION, "room": ID, "session": OTHER, "resume": "ab" * 16} | changed
    return json.dumps(fields).encode()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"null",
        b'{"t":"join"}',
        b'{"t":"shout"}',
        b"\xff\xfe",
        b'{"t":"signal","to":"%s","data":"\xff"}' % ID.encode(),
        b"[" * 20_000,
        _join(room=ID.upper()),
        _join(room=ID + "\n"),
        _join(session=ID[1:]),
        _join(session=1),
        _join(resume="ab" * 15),
        _join(resume="ab" * 33),
        _join(resume="ab" * 16 + "a"),
        _join(v="1"),
        _join(v=2**70),
        b'{"t":"signal","to":"%s","data":"%%%%"}' % ID.encode(),
        b'{"t":"signal","to":"%s","data":""}' % ID.encode(),
        encode(SignalTo(ID, bytes(SIGNAL_MAX + 1))),
        encode(Seen(ID)),
        bytes(FRAME_MAX + 1),
    ],
)
def test_what_is_not_a_frame_of_a_client(data: bytes) -> None:
    assert decode_from_client(_join())
    with pytest.raises(ProtocolError) as raised:
        decode_from_client(data)
    assert raised.value.code in (Refusal.BAD_FRAME, Refusal.TOO_LONG, Refusal.TOO_NEW)


@pytest.mark.parametrize(
    "frame",
    [
        Welcome(VERSION, [ID] * 257),
        Welcome(VERSION, ["x" * 32]),
        Welcome(VERSION, [], [Ice("turn:127.0.0.1")] * 9),
        Welcome(VERSION, [], [Ice("turn:127.0.0.1", "x" * 513)]),
        Refused("room-full", "x" * 201),
        SignalFrom("x", b"1"),
        *FROM_CLIENT,
    ],
)
def test_what_is_not_a_frame_of_a_relay(frame: protocol.FromRelay) -> None:
    with pytest.raises(ProtocolError):
        decode_from_relay(encode(frame))


def test_versions_that_do_not_fit_are_told_apart() -> None:
    for version, code in ((0, Refusal.TOO_OLD), (VERSION + 1, Refusal.TOO_NEW)):
        for data in (_join(v=version), _join(v=version, room=None, rooms=["x"])):
            with pytest.raises(ProtocolError) as raised:
                decode_from_client(data)
            assert raised.value.code is code
        with pytest.raises(ProtocolError) as raised:
            decode_from_relay(b'{"t":"welcome","v":%d}' % version)
        assert raised.value.code is code


def _only_protocol_errors(data: bytes) -> None:
    for decode in (decode_from_client, decode_from_relay):
        try:
            frame = decode(data)
        except ProtocolError as error:
            assert isinstance(error.code, Refusal)
        else:
            assert decode(encode(frame)) == frame


@given(st.binary(max_size=300))
def test_random_bytes(data: bytes) -> None:
    _only_protocol_errors(data)


# A small alphabet with the signs that matter; the whole of Unicode takes Hypothesis seconds to set up.
_TEXTS = st.text('a0=" \\\0\n\u00e9\u202e\ud800\U0001f600', max_size=8)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _TEXTS | st.sampled_from([ID, "AP8="]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXTS, inner, max_size=3),
    max_leaves=5,
)
_FIELDS = ("v", "room", "session", "resume", "to", "data", "from", "peers", "ice", "code", "text")
_NAMES = st.sampled_from(_FIELDS)
_KINDS = st.sampled_from(["join", "signal", "welcome", "seen", "gone", "refused", "other"])


@given(_KINDS, st.dictionaries(_NAMES, _VALUES, max_size=6))
def test_random_fields(kind: str, fields: dict[str, object]) -> None:
    _only_protocol_errors(json.dumps({"t": kind} | fields).encode("utf-8", "surrogatepass"))


@given(st.sampled_from(FROM_CLIENT[:2] + FROM_RELAY[1:4]), st.data())
def test_mutated_frames(frame: msgspec.Struct, data: st.DataObject) -> None:
    text = bytearray(msgspec.json.encode(frame))
    for _ in range(data.draw(st.integers(1, 4))):
        text[data.draw(st.integers(0, len(text) - 1))] = data.draw(st.integers(0, 255))
    _only_protocol_errors(bytes(text))
