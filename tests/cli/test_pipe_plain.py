"""`pipe` for people."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from p2pchat_tui.cli.pipe_plain import PlainLines
from p2pchat_tui.cli.requests import Asked, BadLine, Line
from p2pchat_tui.session import api
from tests.cli.views import ENTRY, MESSAGE, PEER, RELAY, VIEW


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_each_line_is_a_message() -> None:
    form = PlainLines()
    assert form.parse("/quit grüße".encode()) == Asked(api.Say("/quit grüße"))
    assert form.parse(b"  ") is None
    with pytest.raises(BadLine, match="UTF-8"):
        form.parse(b"\xff")
    with pytest.raises(BadLine, match="8,193 bytes"):
        form.parse(b"x" * 8193)


def test_messages_are_the_only_data() -> None:
    form = PlainLines()
    assert form.event(api.MessageAdded(MESSAGE, False)) == [Line("22:13 bo: hi\n      there")]
    assert form.event(api.MessageAdded(MESSAGE, True)) == [Line("earlier 2023-11-14 22:13 bo: hi\n      there")]
    edited = replace(MESSAGE, text="ho", edited=True)
    assert form.event(api.MessageChanged(edited, "edited")) == [Line("22:13 bo (edited): ho")]
    mine = replace(MESSAGE, mine=True)
    assert form.event(api.MessageAdded(mine, False)) == form.event(api.MessageChanged(mine, "edited")) == []
    notes = [
        *form.ready(VIEW),
        *form.event(api.MessageChanged(MESSAGE, "retracted")),
        *form.event(api.Problem("x", "y")),
        *form.event(api.Resync()),
        *form.bye(3),
    ]
    assert len(notes) == 7 and all(note.is_note for note in notes)
    assert form.bye(0) == form.holders(ENTRY, 1, 1) == form.event(api.Synced(PEER.peer, 1, 1)) == []


def test_people_come_and_go_once() -> None:
    form = PlainLines()
    assert form.event(api.PeerChanged(replace(PEER, name="?abcd"))) == []
    assert form.event(api.PeerChanged(PEER)) == [Line("bo is here.", True)]
    assert form.event(api.PeerChanged(replace(PEER, rtt_ms=9))) == []
    assert form.event(api.PeerChanged(replace(PEER, state=api.PeerState.AWAY))) == [Line("bo is away.", True)]
    assert form.event(api.PeerChanged(replace(PEER, state=api.PeerState.OFFLINE))) == [Line("bo has left.", True)]


def test_a_relay_that_sleeps_is_no_news() -> None:
    form = PlainLines()
    assert form.event(api.SignalingChanged(RELAY)) == [Line("Relay ws://here/ws: open", True)]
    assert form.event(api.SignalingChanged(replace(RELAY, state=api.SignalingState.DORMANT))) == []
    lost = replace(RELAY, state=api.SignalingState.LOST, detail="It does not answer.")
    assert form.event(api.SignalingChanged(lost)) == [Line("Relay ws://here/ws: It does not answer.", True)]
