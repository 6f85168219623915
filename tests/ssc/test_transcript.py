"""Transcripts as text: everything comes back exactly, and a terminal can show it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pchat_tui.ssc.body import Say, encode_body
from p2pchat_tui.ssc.entry import BODY_MAX, sign_entry
from p2pchat_tui.ssc.ids import GENESIS, STAMP_MAX, Stamp
from p2pchat_tui.ssc.transcript import (
    LINE_MAX,
    EntryLine,
    TranscriptError,
    TranscriptTooNew,
    Writer,
    parse_header,
    parse_line,
    printable,
    stated,
)
from p2pchat_tui.ssc.words import room_words
from tests.helpers import ROOM, START_MS, identity
from tests.ssc.transcripts import changed, write

ANA = identity(1)
BODIES = st.one_of(st.binary(max_size=200), st.text(max_size=100).map(lambda text: text.encode("utf-8", "ignore")))


@given(BODIES, st.integers(0, STAMP_MAX), st.booleans())
def test_entries_come_back_as_they_were(body: bytes, stamp: int, is_signed: bool) -> None:
    entry = sign_entry(ROOM, ANA, 1, Stamp(stamp), GENESIS, body)
    (line,) = write([entry])[1:-1]
    assert line.decode().isprintable(), "a terminal can show it"
    parsed = parse_line(line)
    assert isinstance(parsed, EntryLine)
    assert stated(parsed, ROOM) == (entry, entry.id)


@pytest.mark.parametrize("byte", [b"\x01", b"\xff", b'"', "\x80".encode()])
def test_the_longest_body_fits_in_a_line(byte: bytes) -> None:
    body = byte * (BODY_MAX // len(byte))
    entry = sign_entry(ROOM, ANA, 1, Stamp(STAMP_MAX), GENESIS, body)
    line = write([entry])[1]
    assert len(line) < LINE_MAX
    parsed = parse_line(line)
    assert isinstance(parsed, EntryLine) and stated(parsed, ROOM)[0].body == body


def test_what_is_written_can_be_read_by_others() -> None:
    entry = sign_entry(ROOM, ANA, 1, Stamp(START_MS << 16 | 7), GENESIS, encode_body(Say("¡olé! 🎉\u202e\x9b")))
    header, line, end = map(json.loads, write([entry], name="gar\x1bten"))
    assert header == {
        "t": "p2pchat transcript",
        "version": 1,
        "room": ROOM.text,
        "name": "gar\x1bten",
        "words": room_words(ROOM),
        "made": START_MS,
    }
    assert line["body"].encode() == entry.body and (line["at"], line["counter"]) == (START_MS, 7)
    assert bytes.fromhex(line["signature"]) == entry.signature
    assert (end["t"], end["entries"], end["forks"]) == ("end", 1, 0)
    assert "🎉" in write([entry])[1].decode(), "what can be shown is readable"


@given(st.text())
def test_escaping_changes_no_meaning(text: str) -> None:
    once = json.dumps(text, ensure_ascii=False)
    assert json.loads(printable(once)) == text
    assert printable(once).isprintable()


@given(st.binary(max_size=300))
def test_any_bytes_raise_only_the_one_error(data: bytes) -> None:
    for read in (parse_line, parse_header):
        with pytest.raises(TranscriptError):
            read(data)


@pytest.mark.parametrize("line", [b"[" * 100_000, b'{"t":' * 50_000, b'{"t":"entry"}', b"null", b'{"t":"new"}', b""])
def test_odd_lines(line: bytes) -> None:
    for read in (parse_line, parse_header):
        with pytest.raises(TranscriptError):
            read(line)


def test_a_newer_version_is_told_apart_whatever_else_it_has() -> None:
    header = write([])[0]
    with pytest.raises(TranscriptTooNew, match="newer version"):
        parse_header(changed(header, version=2, room=["other"]))
    for broken in (changed(header, version=0), changed(header, room="x"), header[:-1]):
        with pytest.raises(TranscriptError) as caught:
            parse_header(broken)
        assert not isinstance(caught.value, TranscriptTooNew)


def test_a_proof_that_cannot_be_read_is_left_out() -> None:
    writer = Writer(ROOM)
    assert (writer.fork(b"nothing"), writer.forks) == (b"", 0)
