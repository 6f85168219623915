"""The public interface of `pipe --json`, line by line."""

from __future__ import annotations

import contextlib
import json
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pchat_tui.cli.json_requests import HISTORY_MAX, HISTORY_USUAL
from p2pchat_tui.cli.parser import parse
from p2pchat_tui.cli.pipe_json import JsonLines
from p2pchat_tui.cli.requests import Answer, AskAlone, BadLine, GiveRelays, History, Line, UseLan
from p2pchat_tui.session import api
from tests.cli.views import ENTRY, MESSAGE, PEER, RELAY, VIEW

ID = ENTRY.text


def objects(lines: list[Line]) -> list[dict[str, Any]]:
    assert all(not line.is_note and "\n" not in line.text for line in lines)
    return [json.loads(line.text) for line in lines]


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ('{"do":"say","text":"hi"}', api.Say("hi")),
        ('{"do":"say","text":"hi\\nthere","reply_to":null,"later":[1]}', api.Say("hi\nthere")),
        (f'{{"do":"say","text":"hi","reply_to":"{ID}"}}', api.Say("hi", ENTRY)),
        (f'{{"do":"edit","id":"{ID}","text":"ho"}}', api.Edit(ENTRY, "ho")),
        (f'{{"do":"retract","id":"{ID}"}}', api.Retract(ENTRY)),
        (f'{{"do":"react","id":"{ID}","emoji":"👍"}}', api.React(ENTRY, "👍", True)),
        (f'{{"do":"react","id":"{ID}","emoji":"👍","on":false}}', api.React(ENTRY, "👍", False)),
        ('{"do":"typing","on":true}', api.SetTyping(True)),
        ('{"do":"typing","on":false}', api.SetTyping(False)),
        ('{"do":"away"}', api.SetAway(True)),
        ('{"do":"name","name":"ana"}', api.SetName("ana")),
        ('{"do":"status","text":"busy"}', api.SetStatus("busy")),
        ('{"do":"colour","colour":""}', api.SetColour("")),
        ('{"do":"topic","text":"apples"}', api.SetTopic("apples")),
        ('{"do":"history","limit":7}', History(7)),
        (f'{{"do":"history","before":"{ID}"}}', History(HISTORY_USUAL, ENTRY)),
        (f'{{"do":"ask","peer":"{PEER.peer.text}"}}', AskAlone(PEER.peer)),
        (f'{{"do":"accept","peer":"{PEER.peer.text}"}}', Answer(PEER.peer, True)),
        (f'{{"do":"decline","peer":"{PEER.peer.text}"}}', Answer(PEER.peer, False)),
        (f'{{"do":"ignore","peer":"{PEER.peer.text}"}}', api.SetIgnored(PEER.peer, True)),
        (f'{{"do":"mute","peer":"{PEER.peer.text}","on":false}}', api.SetMuted(PEER.peer, False)),
        (f'{{"do":"alias","peer":"{PEER.peer.text}","alias":""}}', api.SetAlias(PEER.peer, "")),
        ('{"do":"keep","keep":"30d"}', api.SetRetention("30d")),
        ('{"do":"lan","on":true}', UseLan(True)),
        ('{"do":"lan","on":null}', UseLan(None)),
        ('{"do":"relay","url":"relay.example.org"}', GiveRelays("relay.example.org")),
        ('{"do":"retry"}', api.RetryNow()),
        ('{"do":"leave"}', api.Leave()),
        (" ", None),
    ],
)
def test_what_can_be_asked(line: str, asked: object) -> None:
    found = JsonLines().parse(line.encode())
    assert found == (asked and (asked, None))


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("hi", "JSON"),
        ("[]", "expected object"),
        ("{}", "do"),
        ('{"do":"dance"}', "say, edit"),
        ('{"do":3}', "do"),
        ('{"do":"say"}', "text"),
        ('{"do":"say","text":3}', "text"),
        ('{"do":"say","text":"x","reply_to":"short"}', "64 lower-case hex digits"),
        (f'{{"do":"edit","id":"{ID.upper()}","text":"x"}}', "hex"),
        (f'{{"do":"react","id":"{ID}"}}', "emoji"),
        ('{"do":"accept"}', "peer"),
        ('{"do":"accept","peer":"bo"}', "a peer is 64 lower-case hex digits"),
        (f'{{"do":"decline","peer":"{PEER.peer.text} "}}', "a peer is"),
        ('{"do":"history","limit":0}', str(HISTORY_MAX)),
        (f'{{"do":"history","limit":{HISTORY_MAX + 1}}}', str(HISTORY_MAX)),
        ('{"do":"say","text":"%s"}' % ("ä" * 4097), "8,194 bytes"),
        ('{"do":"say","text":"x"} {}', "JSON"),
        ("[" * 5000, "JSON"),
        ('{"do":"ignore","peer":"bo"}', "a peer is 64 lower-case hex digits"),
        ('{"do":"keep"}', "keep"),
        ('{"do":"retry","tag":7}', "tag"),
        ('{"do":"retry","tag":"%s"}' % ("x" * 65), "at most 64 characters"),
        ('{"do":"say","text":"\udcff"}', "JSON"),
    ],
)
def test_what_cannot(line: str, why: str) -> None:
    with pytest.raises(BadLine) as caught:
        JsonLines().parse(line.encode("utf-8", "surrogateescape"))
    text = str(caught.value)
    assert "`" not in text and "$" not in text and "jSON" not in text
    assert why in text or why == "JSON"


@given(st.binary(max_size=200))
def test_no_line_raises_anything_else(line: bytes) -> None:
    with contextlib.suppress(BadLine):
        JsonLines().parse(line)


@pytest.mark.parametrize(
    "line",
    [
        '{"do":"dance","tag":"t"}',
        '{"do":"say","tag":"t"}',
        '{"do":"edit","id":"x","text":"y","tag":"t"}',
        '{"tag":"t"}',
    ],
)
def test_a_tag_is_known_of_a_line_that_cannot_be_carried_out(line: str) -> None:
    with pytest.raises(BadLine) as caught:
        JsonLines().parse(line.encode())
    assert caught.value.tag == "t"
    asked = JsonLines().parse(b'{"do":"retry","tag":""}')
    assert asked == (api.RetryNow(), "")


def test_ready_tells_how_things_stand() -> None:
    first, *rest = objects(JsonLines().ready(VIEW))
    assert first == {
        "event": "ready",
        "room": "garden",
        "room_id": VIEW.room.text,
        "words": "one two three",
        "me": VIEW.me.text,
        "name": "ana",
        "status": "",
        "colour": "",
        "topic": "",
    }
    assert rest == [
        {"event": "signaling", "state": "open", "url": "ws://here/ws", "detail": ""},
        {
            "event": "peer",
            "peer": PEER.peer.text,
            "name": "bo",
            "state": "online",
            "path": "lan",
            "rtt_ms": 3,
            "last_seen": 1_700_000_000_000,
            "status": "",
            "colour": "",
            "note": "",
        },
    ]


def test_events() -> None:
    form = JsonLines()
    (message,) = objects(form.event(api.MessageAdded(MESSAGE, True)))
    assert message == {
        "event": "message",
        "id": ID,
        "author": PEER.peer.text,
        "name": "bo",
        "text": "hi\nthere",
        "at": 1_700_000_000_000,
        "mine": False,
        "backfill": True,
        "reply_to": None,
        "edited": False,
        "to_me": False,
    }
    answer = replace(MESSAGE, reply_to=ENTRY)
    assert objects(form.event(api.MessageAdded(answer, False)))[0]["reply_to"] == ID
    told = {
        api.MessageChanged(MESSAGE, "edited"): {"event": "edited", "id": ID, "text": "hi\nthere"},
        api.MessageChanged(MESSAGE, "retracted"): {"event": "retracted", "id": ID},
        api.MessageChanged(MESSAGE, "reaction", (PEER.peer, "👍", False)): {
            "event": "reaction",
            "id": ID,
            "author": PEER.peer.text,
            "emoji": "👍",
            "on": False,
        },
        api.TypingChanged(PEER.peer, "bo", True): {"event": "typing", "peer": PEER.peer.text, "on": True},
        api.Synced(PEER.peer, 3, 4): {"event": "synced", "peer": PEER.peer.text, "received": 3, "sent": 4},
        api.DirectAsked(PEER.peer, "bo"): {"event": "asked", "peer": PEER.peer.text, "name": "bo"},
        api.Problem("clock-ahead", "x"): {
            "event": "problem",
            "code": "clock-ahead",
            "text": "x",
            "line": None,
        },
    }
    for event, expected in told.items():
        assert objects(form.event(event)) == [expected]
    assert objects(form.event(api.Resync()))[0]["code"] == "behind"
    assert form.event(api.RoomChanged()) == form.event(api.HoldersChanged(PEER.peer)) == []
    assert objects(form.holders(ENTRY, 2, 3)) == [{"event": "holders", "id": ID, "holders": 2, "of": 3}]
    assert objects(form.bye(3)) == [{"event": "bye", "code": 3}]


def test_what_says_nothing_new_is_not_repeated() -> None:
    form = JsonLines()
    assert form.event(api.PeerChanged(PEER)) and not form.event(api.PeerChanged(PEER))
    away = replace(PEER, state=api.PeerState.AWAY, path=None)
    (changed,) = objects(form.event(api.PeerChanged(away)))
    assert (changed["state"], changed["path"]) == ("away", None)
    assert form.event(api.PeerChanged(PEER))


def test_what_is_new_of_the_room_is_told_once() -> None:
    form = JsonLines()
    form.ready(VIEW)
    assert not form.room(VIEW)
    (told,) = objects(form.room(replace(VIEW, topic="apples", my_status="busy")))
    assert told == {"event": "room", "name": "ana", "status": "busy", "colour": "", "topic": "apples"}


def test_what_is_awaited_is_told() -> None:
    form = JsonLines()
    assert [each["event"] for each in objects(form.ready(replace(VIEW, network="Starting.")))][:2] == [
        "ready",
        "network",
    ]
    assert objects(form.room(VIEW)) == [{"event": "network", "text": ""}]
    assert not form.room(VIEW)
    lost = replace(RELAY, state=api.SignalingState.LOST, detail="Nothing listens there.")
    assert objects(form.event(api.SignalingChanged(lost)))[0]["detail"] == "Nothing listens there."


def test_history_says_what_became_of_a_message() -> None:
    gone = replace(MESSAGE, text="", retracted=True)
    liked = replace(MESSAGE, reactions=(api.Reaction("👍", (VIEW.me, PEER.peer), True),))
    events = objects(JsonLines().history(api.Page((gone, liked), more=True), ENTRY))
    *events, end = events
    assert [event["event"] for event in events] == ["message", "retracted", "message", "reaction", "reaction"]
    assert end == {"event": "history", "count": 2, "more": True, "before": ID}
    (end,) = objects(JsonLines().history(api.Page((), more=False), None, "t"))
    assert end == {"event": "history", "count": 0, "more": False, "before": None, "tag": "t"}
    assert all(event.get("backfill", True) for event in events)


def test_what_came_with_a_message_is_told_behind_it() -> None:
    liked = replace(MESSAGE, reactions=(api.Reaction("👍", (VIEW.me,), True),))
    told, reaction = objects(JsonLines().event(api.MessageAdded(liked, False)))
    assert (told["event"], told["backfill"]) == ("message", False)
    assert reaction == {"event": "reaction", "id": ID, "author": VIEW.me.text, "emoji": "👍", "on": True}
    gone = replace(MESSAGE, text="", retracted=True)
    assert [each["event"] for each in objects(JsonLines().event(api.MessageAdded(gone, False)))] == [
        "message",
        "retracted",
    ]


def test_answers() -> None:
    form = JsonLines()
    assert objects(form.answered(Answer(PEER.peer, True), "bo")) == [
        {"event": "accepted", "peer": PEER.peer.text, "room": "bo"}
    ]
    assert objects(form.answered(Answer(PEER.peer, False), "")) == [{"event": "declined", "peer": PEER.peer.text}]


def test_the_help_names_all_that_can_be_done(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(["pipe", "--help"])
    helped = re.findall(r'"do":"(\w+)"', capsys.readouterr().out)
    with pytest.raises(BadLine) as caught:
        JsonLines().parse(b'{"do":"dance"}')
    assert helped == re.split(", | and ", str(caught.value).rpartition("there are ")[2])
