"""Garbage, other with each change of the package; and the worst inputs that are known."""

from __future__ import annotations

import time
import tracemalloc
import zlib
from collections.abc import Iterable
from functools import reduce
from pathlib import Path
from typing import get_args

import pytest

import p2pchat_tui
from p2pchat_tui.signaling import protocol
from p2pchat_tui.ssc import wire
from p2pchat_tui.ssc.body import Body, Unknown, decode_body
from p2pchat_tui.ssc.forks import ForkProof
from p2pchat_tui.ssc.frames import Batch, Control
from p2pchat_tui.ssc.seal import SignalKind
from p2pchat_tui.ssc.wire import INFLATED_MAX, JOINED_MAX, MESSAGE_MAX, Decoder, Message, WireError

from . import corpus
from .fuzz import TARGETS, Memory, Target, run_episode
from .meter import Meter

SOURCES = sorted(Path(p2pchat_tui.__file__).parent.rglob("*.py"))
"""What the seed is made from: one version gets the same garbage each time, the next one other garbage."""
DECODED_MAX_MB = 64
"""Memory that one message may need while it is decoded: objects of JSON are some 30 times as large as their text."""


def kinds(values: Iterable[object]) -> set[type]:
    return {type(each) for each in values}


def test_the_corpus_has_every_kind_of_what_comes_in() -> None:
    """What is new in the protocol is broken too, and nobody has to think of it."""
    assert kinds(corpus.frames()) == {*get_args(Control), Batch, ForkProof}
    assert kinds(map(decode_body, corpus.bodies())) == {*get_args(Body), Unknown}
    assert kinds(map(protocol.decode_from_client, corpus.from_clients())) == {*get_args(protocol.FromClient)}
    assert kinds(map(protocol.decode_from_relay, corpus.from_relays())) == {*get_args(protocol.FromRelay)}
    assert {signal.kind for signal in corpus.SIGNALS} == {*SignalKind}


@pytest.mark.slow
@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_garbage_is_refused_and_does_nothing(target: Target) -> None:
    seed = reduce(lambda seed, file: zlib.crc32(file.read_bytes(), seed), SOURCES, 0)
    print(f"seed {seed}")
    memory, meter = Memory(), Meter()
    for number in range(target.episodes):
        meter.add(run_episode(target, seed, number))
    memory.check()
    assert len(meter.outcomes) > 1, "the fuzzer makes nothing valid, or nothing invalid"


def packed(kind: int, text: bytes) -> list[Message]:
    """`text` deflated, in as few messages as it takes."""
    squeeze = zlib.compressobj(9, zdict=wire._DICTIONARY)
    return wire._cut(bytes([kind]) + squeeze.compress(text) + squeeze.flush(), 0)


def batch_of(count: bytes) -> bytes:
    """An inflated batch of one run that says it has `count` entries."""
    return b"\0\1" + bytes(32) + b"\1" + bytes(32) + count


@pytest.mark.parametrize(
    "messages",
    [
        packed(1, bytes(50_000_000)),
        packed(7, b"\x91" * 50_000_000),
        packed(6, bytes(50_000_000)),
        packed(5, bytes(50_000_000)),
        packed(7, b"\x93\xa6vector\xde\x10\x00" + (b"\xc4\x20" + bytes(32) + b"\x92\x90\xc4\x08" + bytes(8)) * 4096),
        packed(7, b"\x93\xa6vector\xdf\xff\xff\xff\xff"),
        packed(7, b"\x92\xa1x" + b"\x91" * (INFLATED_MAX - 100)),
        packed(7, b"\x92\xa1x\xdd\x00\x01\x00\x00" + b"\x90" * 65536),
        packed(7, b"\x92\xa4ping\xc6\x00\x07\xff\x00" + bytes(0x7FF00)),
        [b"\x02\xdd\xff\xff\xff\xff"],
        [b"\x02\x91\xdb\xff\xff\xff\xff"],
        packed(1, batch_of(b"\xff" * 8 + b"\x7f")),
        packed(1, b"\0\x80\x04" + bytes(INFLATED_MAX - 10)),
        packed(1, b"\0\xff\x7f" + bytes(INFLATED_MAX - 10)),
        [b"\3\0" + bytes(MESSAGE_MAX - 2)] * 100,
        [b"\3\0"] * 100_000,
        [b"\x02" + b"\x91" * (MESSAGE_MAX - 1)],
        [b"\x02\x91\xda\x0f\xa0" + "😀".encode() * 1_000],
    ],
    ids=range(18),
)
def test_the_worst_inputs_cost_little(messages: list[Message]) -> None:
    tracemalloc.start()
    try:
        began, decoder = time.thread_time(), Decoder()
        with pytest.raises(WireError):
            for message in messages:
                decoder.decode(message)
            raise WireError  # some are frames of a later version
        took = time.thread_time() - began
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < DECODED_MAX_MB * 2**20
    assert took < 5, "tracing makes it slow, but not that slow"
    assert sum(len(piece) for parts in decoder._parts for piece in parts) <= JOINED_MAX + 2 * MESSAGE_MAX
