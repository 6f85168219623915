"""Bodies: written once, read by anybody, harmless whatever they hold."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pchat_tui.ssc.body import (
    KINDS,
    Body,
    BodyError,
    Edit,
    Profile,
    React,
    Retract,
    Say,
    Topic,
    Unknown,
    decode_body,
    encode_body,
    index_of,
    target_of,
)
from p2pchat_tui.ssc.entry import BODY_MAX
from p2pchat_tui.ssc.ids import EntryId

TARGET = "ab" * 32


@pytest.mark.parametrize(
    ("body", "kind", "target"),
    [
        (Say("hi"), "say", None),
        (Say("hi", TARGET), "say", None),
        (Edit(TARGET, "ho"), "edit", TARGET),
        (Retract(TARGET), "retract", TARGET),
        (React(TARGET, "👍"), "react", TARGET),
        (Profile("ana", "away"), "profile", None),
        (Topic("apples"), "topic", None),
    ],
)
def test_every_kind_comes_back(body: Body, kind: str, target: str | None) -> None:
    data = encode_body(body)
    assert decode_body(data) == body
    assert json.loads(data)["k"] == kind
    assert index_of(data) == (kind, EntryId.from_text(target) if target else None)
    assert kind in KINDS


def test_unknown_kinds_are_kept_by_name_and_mean_nothing() -> None:
    assert decode_body(b'{"k":"poll","options":[1]}') == Unknown("poll")
    assert index_of(b'{"k":"poll"}') == ("poll", None)


@pytest.mark.parametrize(
    "data",
    [b"", b"null", b"[]", b"\xff", b'{"k":5}', b'{"k":"say"}', b'{"k":"say","text":5}', b"[" * 16_000, b'{"text":"x"}'],
)
def test_what_is_no_event_means_nothing(data: bytes) -> None:
    assert decode_body(data) == Unknown("")


@given(st.binary(max_size=300))
def test_any_bytes_can_be_read(data: bytes) -> None:
    decode_body(data)
    index_of(data)


def test_texts_are_cleaned_when_read_and_kept_as_written() -> None:
    data = encode_body(Say("\x1b]0;x\x07"))
    assert b"\\u001b" in data
    assert decode_body(data) == Say("␛]0;x␇")


@pytest.mark.parametrize("text", ["", "  \n", "x" * 8193, "é" * 4097])
def test_too_much_or_nothing_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(BodyError, match=r"\."):
        encode_body(Say(text))


def test_a_body_that_escapes_to_too_much_is_refused() -> None:
    with pytest.raises(BodyError, match=f"{BODY_MAX:,}"):
        encode_body(Say("\x01" * 8000))


def test_a_lone_surrogate_is_refused() -> None:
    with pytest.raises(BodyError, match="cannot be sent"):
        encode_body(Say("\ud800"))


def test_a_target_that_is_no_id_is_none() -> None:
    assert target_of("zz") is None
    assert target_of(TARGET) == EntryId.from_text(TARGET)
