"""The wire codec: what is encoded comes back, and nothing else raises anything but WireError."""

from __future__ import annotations

import contextlib
import zlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

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
from p2pchat_tui.ssc.runs import Run, run_of
from p2pchat_tui.ssc.wire import JOINED_MAX, MESSAGE_MAX, WINDOW, BulkEncoder, Decoder, Message, WireError, encode
from tests.helpers import chain, identity

NOISE = bytes(identity(5).sign(b"%d" % number)[number % 64] for number in range(3_000))
SPOKEN = Presence(b"a" * 32, b"b" * 16, 1, "online", False, "", (), 0, 0, b"c" * 64)
id32 = st.binary(min_size=32, max_size=32)
id16 = st.binary(min_size=16, max_size=16)
short8 = st.binary(min_size=8, max_size=8)
signature = st.binary(min_size=64, max_size=64)
natural = st.integers(0, 2**53 - 1)
positive = st.integers(1, 2**53 - 1)
short = st.text(max_size=50)
pair = st.tuples(positive, positive)
states = st.builds(FeedState, st.lists(pair, max_size=5).map(tuple), short8)
controls = st.one_of(
    st.builds(Hello, natural, natural, signature),
    st.builds(Vector, st.dictionaries(id32, states, max_size=5), st.booleans()),
    st.builds(Recent, positive, st.integers(1, 500)),
    st.builds(Want, positive, id32, positive, positive),
    st.builds(Done, positive),
    st.builds(
        Presence,
        id32,
        id16,
        natural,
        short,
        st.booleans(),
        short,
        st.lists(st.binary(min_size=4, max_size=4), max_size=5).map(tuple),
        st.integers(0, 2**64 - 1),
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


def decode_all(messages: list[Message]) -> list[Frame]:
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
    big = Batch(
        0, tuple(Run(identity(1).peer, 1 + n, EntryId(bytes(32)), ((stamp_of(n), NOISE * 5),), {}) for n in range(3))
    )
    messages = encode(big)
    assert all(len(message) <= MESSAGE_MAX for message in messages)
    assert decode_all(messages) == [big]
    vector = Vector(
        {number.to_bytes(32): FeedState(((1, 5),), NOISE[number : number + 8]) for number in range(1_000)}, whole=True
    )
    assert all(len(message) <= MESSAGE_MAX for message in encode(vector))
    assert decode_all(encode(vector)) == [vector]


def fragments(stream: int) -> tuple[Batch, list[Message]]:
    noise = b"".join(identity(5).sign(b"%d %d" % (stream, number)) for number in range(250))
    batch = Batch(stream, (Run(identity(1).peer, 1, EntryId(bytes(32)), ((stamp_of(1), noise),), {}),))
    bodies = tuple((stamp_of(number), noise) for number in range(1, 4))
    batch = Batch(stream, (Run(identity(1).peer, 1, EntryId(bytes(32)), bodies, {}),))
    messages = encode(batch) if stream == 0 else BulkEncoder().encode(batch)
    return batch, messages


def test_fragments_of_two_streams_may_mix() -> None:
    one, first = fragments(0)
    two, second = fragments(1)
    mixed = [message for pair in zip(first, second, strict=True) for message in pair]
    assert len(first) > 1
    assert decode_all(mixed) == [one, two]


def test_pages_of_one_link_are_deflated_with_the_pages_before() -> None:
    pages = [Batch(1, (run_of(chain(identity(1), 100)[low : low + 50]),)) for low in (0, 50)]
    bulk = BulkEncoder()
    first, second = (bulk.encode(page) for page in pages)
    assert decode_all([*first, *encode(Ping(1)), *second]) == [pages[0], Ping(1), pages[1]]
    assert len(second[0]) < 0.9 * len(encode(pages[1])[0])
    with pytest.raises(WireError, match="not inflate"):
        Decoder().decode(second[0])


def test_what_is_remembered_of_bulk_is_bounded() -> None:
    bulk, decoder = BulkEncoder(), Decoder()
    for number in range(5):
        page = Batch(1, (Run(identity(1).peer, 1, EntryId(bytes(32)), ((stamp_of(number), NOISE * 5),), {}),))
        frames = [decoder.decode(message) for message in bulk.encode(page)]
        assert frames[-1] == page
    assert bulk._window.text == decoder._window.text
    assert len(decoder._window.text) == WINDOW


def control(*fields: object) -> bytes:
    """A control frame as it would be without any check."""
    return b"\x02" + msgspec.msgpack.encode(fields)


def test_later_frames_and_later_fields_are_skipped() -> None:
    assert Decoder().decode(control("poll", 1)) == Later("poll")
    assert Decoder().decode(control("ping", 1, {"later": True})) == Ping(1)


@pytest.mark.parametrize(
    "message",
    [
        "",
        "null",
        "\ud800",
        control(),
        control(5),
        control("ping"),
        control("ping", -1),
        control("ping", 2**53),
        control("ping", 1) + b"x",
        control("hello", 1, 0, b"x"),
        control("vector", {b"zz": ((), bytes(8))}, True, {}),
        control("vector", {bytes(32): ((), bytes(7))}, True, {}),
        control("want", 1, bytes(33), 1, 2),
        control("want", 1, "a" * 32, 1, 2),
        control(*msgspec.to_builtins(SPOKEN, builtin_types=(bytes,))[:-1]),
        b"\x02" + msgspec.msgpack.encode({"t": "ping", "number": 1}),
        b"\x02" + b"\x91" * 10_000,
        b"\x02\x91\xc1",
        b"\x02\x91\xa4\xff\xff\xff\xff",
        b"\x02\xdd\xff\xff\xff\xff",
        b"",
        b"\x00",
        b"\x01",
        b"\x01garbage",
        b"\x02",
        b"\x03",
        b"\x04\x05",
        b"\x04\x00",
        b"\x06garbage",
        b"\x07garbage",
        b"\x09abc",
        "x" * (MESSAGE_MAX + 1),
        bytes(MESSAGE_MAX + 1),
    ],
)
def test_what_is_no_frame_is_a_wire_error(message: str | bytes) -> None:
    with pytest.raises(WireError):
        Decoder().decode(message)


@given(st.one_of(st.binary(max_size=300), st.text(max_size=300)), st.integers(0, 7))
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


def test_control_frames_are_deflated_where_that_makes_them_shorter() -> None:
    assert encode(Ping(7)) == [b"\x02\x92\xa4ping\x07"]
    keys = Vector({NOISE[at : at + 32]: FeedState(((1, 5),), bytes(8)) for at in range(0, 320, 32)}, whole=True)
    pieces = Vector({bytes(32): FeedState(tuple((at, at + 1) for at in range(1, 700, 3)), bytes(8))}, whole=False)
    (squeezed,) = encode(pieces)
    assert squeezed[0] == 7 and len(squeezed) < len(msgspec.msgpack.encode(pieces)) * 0.8
    assert Decoder().decode(squeezed) == pieces
    assert Decoder().decode(b"\x02" + msgspec.msgpack.encode(pieces)) == pieces, "it is read either way"
    assert decode_all(encode(keys)) == [keys]
    assert encode(SPOKEN)[0][0] == 2 and len(encode(SPOKEN)[0]) < 160
