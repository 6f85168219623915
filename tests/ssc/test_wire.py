"""The wire codec: what is encoded comes back, and nothing else raises anything but WireError."""

from __future__ import annotations

import contextlib
import zlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pchat_tui.ssc.feed import Run, run_of
from p2pchat_tui.ssc.frames import (
    Batch,
    Control,
    Done,
    FeedState,
    Frame,
    Hello,
    Later,
    Notice,
    Ping,
    Pong,
    Presence,
    Recent,
    Vector,
    Want,
)
from p2pchat_tui.ssc.ids import EntryId, PeerId, stamp_of
from p2pchat_tui.ssc.wire import JOINED_MAX, MESSAGE_MAX, PLAIN_MAX, Decoder, WireError, encode
from tests.helpers import chain, identity

SPOKEN = Presence("ab" * 32, "ab" * 16, 1, "online", False, "", (), "", 0, "ab" * 64)
hex32 = st.binary(min_size=32, max_size=32).map(bytes.hex)
hex16 = st.binary(min_size=16, max_size=16).map(bytes.hex)
hex8 = st.binary(min_size=8, max_size=8).map(bytes.hex)
signature = st.binary(min_size=64, max_size=64).map(bytes.hex)
natural = st.integers(0, 2**53 - 1)
positive = st.integers(1, 2**53 - 1)
short = st.text(max_size=50)
pair = st.tuples(positive, positive)
states = st.builds(FeedState, st.lists(pair, max_size=5).map(tuple), hex8)
controls = st.one_of(
    st.builds(Hello, natural, hex32, hex16, natural, signature),
    st.builds(Vector, st.dictionaries(hex32, states, max_size=5), st.booleans()),
    st.builds(Recent, positive, st.integers(1, 500)),
    st.builds(Want, positive, hex32, positive, positive),
    st.builds(Done, positive),
    st.builds(
        Presence,
        hex32,
        hex16,
        natural,
        short,
        st.booleans(),
        short,
        st.lists(st.binary(min_size=4, max_size=4).map(bytes.hex), max_size=5).map(tuple),
        st.one_of(st.just(""), hex8),
        st.integers(0, 8),
        signature,
    ),
    st.builds(Ping, natural),
    st.builds(Pong, natural),
    st.builds(Notice, short, short),
)


@st.composite
def runs(draw: st.DrawFn) -> Run:
    steps = draw(st.lists(st.tuples(st.integers(0, 2**30), st.integers(0, 0xFFFF)), min_size=1, max_size=6))
    ms, items = 0, []
    for step, counter in steps:
        ms += step
        items.append((stamp_of(ms, counter), draw(st.binary(max_size=60))))
    first = draw(st.integers(1, 2**40))
    numbers = draw(st.sets(st.integers(0, len(items) - 1)))
    signatures = {first + number: draw(st.binary(min_size=64, max_size=64)) for number in sorted(numbers)}
    author = PeerId(draw(st.binary(min_size=32, max_size=32)))
    return Run(author, first, EntryId(draw(st.binary(min_size=32, max_size=32))), tuple(items), signatures)


batches = st.builds(Batch, natural, st.lists(runs(), max_size=3).map(tuple))


def decode_all(messages: list[str | bytes]) -> list[Frame]:
    decoder = Decoder()
    frames = [decoder.decode(message) for message in messages]
    return [frame for frame in frames if frame is not None]


@given(controls)
def test_control_frames_come_back(frame: Control) -> None:
    assert decode_all(encode(frame)) == [frame]


@given(batches)
def test_batches_come_back(batch: Batch) -> None:
    assert decode_all(encode(batch)) == [batch]


def test_no_message_is_over_the_limit() -> None:
    noise = bytes(identity(5).sign(b"%d" % number)[number % 64] for number in range(3_000))
    big = Batch(
        0, tuple(Run(identity(1).peer, 1 + n, EntryId(bytes(32)), ((stamp_of(n), noise * 5),), {}) for n in range(3))
    )
    messages = encode(big)
    assert all(len(message) <= MESSAGE_MAX for message in messages)
    assert decode_all(messages) == [big]
    vector = Vector({f"{number:064x}": FeedState(((1, 5),), f"{number:016x}") for number in range(1_000)}, whole=True)
    assert all(len(message) <= MESSAGE_MAX for message in encode(vector))
    assert decode_all(encode(vector)) == [vector]


def fragments(stream: int) -> tuple[Batch, list[str | bytes]]:
    noise = b"".join(identity(5).sign(b"%d %d" % (stream, number)) for number in range(250))
    batch = Batch(stream, (Run(identity(1).peer, 1, EntryId(bytes(32)), ((stamp_of(1), noise),), {}),))
    bodies = tuple((stamp_of(number), noise) for number in range(1, 4))
    batch = Batch(stream, (Run(identity(1).peer, 1, EntryId(bytes(32)), bodies, {}),))
    messages = encode(batch, stream)
    return batch, messages


def test_fragments_of_two_streams_may_mix() -> None:
    one, first = fragments(0)
    two, second = fragments(1)
    mixed = [message for pair in zip(first, second, strict=True) for message in pair]
    assert len(first) > 1
    assert decode_all(mixed) == [one, two]


def test_later_frames_are_skipped() -> None:
    assert Decoder().decode('{"t":"poll","x":1}') == Later("poll")
    ping = Decoder().decode('{"t":"ping","number":1,"later":true}')
    assert ping == Ping(1)


@pytest.mark.parametrize(
    "message",
    [
        "",
        "null",
        "{}",
        '{"t":5}',
        '{"t":"ping"}',
        '{"t":"ping","number":-1}',
        '{"t":"ping","number":9007199254740992}',
        '{"t":"hello","version":1,"peer":"x","session":"","started":0,"signature":""}',
        '{"t":"vector","feeds":{"zz":[[],""]},"whole":true}',
        '{"t":"want","request":1,"author":"' + "ab" * 32 + '\\n","low":1,"high":2}',
        msgspec.json.encode(SPOKEN).decode().replace('"read":""', '"read":"\\n"'),
        "[" * 10_000,
        "\ud800",
        b"",
        b"\x00",
        b"\x01",
        b"\x01garbage",
        b"\x02",
        b"\x03",
        b"\x04\x05",
        b"\x04\x00",
        b"\x09abc",
        "x" * (MESSAGE_MAX + 1),
        bytes(MESSAGE_MAX + 1),
    ],
)
def test_what_is_no_frame_is_a_wire_error(message: str | bytes) -> None:
    with pytest.raises(WireError):
        Decoder().decode(message)


@given(st.one_of(st.binary(max_size=300), st.text(max_size=300)), st.integers(0, 5))
def test_any_message_is_a_frame_or_a_wire_error(message: str | bytes, kind: int) -> None:
    decoder = Decoder()
    for each in (message, bytes([kind]) + message if isinstance(message, bytes) else message):
        with contextlib.suppress(WireError):
            decoder.decode(each)


@given(st.data())
def test_mutated_batches_are_frames_or_wire_errors(data: st.DataObject) -> None:
    raw = bytearray(encode(Batch(3, (run_of(chain(identity(1), 3)),)))[0])
    inflate = zlib.decompressobj(zdict=_dictionary())
    plain = bytearray(inflate.decompress(bytes(raw[1:])))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(plain) - 1))
        plain[place] = data.draw(st.integers(0, 255))
    squeeze = zlib.compressobj(6, zdict=_dictionary())
    message = b"\x01" + squeeze.compress(bytes(plain)) + squeeze.flush()
    with contextlib.suppress(WireError):
        Decoder().decode(message)


def _dictionary() -> bytes:
    from p2pchat_tui.ssc import wire

    return wire._DICTIONARY


def test_bombs_do_not_go_off() -> None:
    squeeze = zlib.compressobj(9, zdict=_dictionary())
    bomb = b"\x01" + squeeze.compress(bytes(10_000_000)) + squeeze.flush()
    assert len(bomb) <= MESSAGE_MAX
    with pytest.raises(WireError, match="too much"):
        Decoder().decode(bomb)


def test_endless_fragments_end() -> None:
    decoder = Decoder()
    with pytest.raises(WireError, match="join to too much"):
        for _ in range(JOINED_MAX // MESSAGE_MAX + 3):
            decoder.decode(b"\x03\x00" + bytes(MESSAGE_MAX - 2))


def test_control_frames_that_are_not_short_travel_deflated_and_are_read_either_way() -> None:
    assert encode(Ping(7)) == ['{"t":"ping","number":7}']
    text = msgspec.json.encode(SPOKEN).decode()
    assert len(text) > PLAIN_MAX
    [squeezed] = encode(SPOKEN)
    assert isinstance(squeezed, bytes) and len(squeezed) < len(text) / 2
    assert Decoder().decode(text) == Decoder().decode(squeezed) == SPOKEN
