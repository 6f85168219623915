"""The network in words: what is said of links, attempts and relays, and what is not said unless it is asked for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC

import pytest

from p2pchat_tui.session.api import Doing, SignalingState
from p2pchat_tui.ui.addresses import hidden
from p2pchat_tui.ui.amounts import seconds_until, size_text, span_text
from p2pchat_tui.ui.inspection import Facts, Inspection, report
from p2pchat_tui.ui.relays import relay_name
from p2pchat_tui.ui.screens.inspector import Card, InspectorScreen
from tests.ui.link_scenes import FACTS, NOW_MS, inspector, linked, relay_lost, retrying

PRIVATE = ("192.168.1.5", "198.51.100.7", "198.51.100.99", "10.0.0.9", "2001:db8::9", "203.0.113.80")


def said(facts: Facts, width: int = 90, *, addresses: bool = False) -> str:
    return "\n\n".join(card.plain for card in Inspection(facts, width, UTC, addresses=addresses).cards())


def test_links_say_what_they_stand_on() -> None:
    text = said(linked())
    for part in (
        "2 linked (1 lan, 1 relayed)",
        "● ana  lan · 2 ms · for 12 min",
        "● bo  relayed · 41 ms · for 2 h 5 min",
        "between     TURN server here, address outside there",
        "tried       4 ways: 1 works, 1 being tried, 2 failed",
        "sent        3.1 MB in 2,961 messages",
        "received    812 B in 1 message\n",
        "lost        15% of the last pings",
        "not linked with cy (2h ago)",
        "relay.example.org  dormant since 09:12 · 0 frames and 1.2 kB since then",
        "this machine, port 7345  open",
        "local network  off; /lan on",
    ):
        assert part in text
    assert "press R" not in text


def test_attempts_say_what_is_done_and_when() -> None:
    text = said(retrying())
    assert "retrying in 8 s · bo · press R to try now" in text
    assert "◌ bo  retrying in 8 s" in text and "no link yet No path works" in text
    assert "4 failed; it is tried for ever" in text and "messages go through ana" in text
    assert "◌ somebody  trying the addresses of both sides" in text
    assert "nothing came for 9 s: another link is tried beside it" in text


@pytest.mark.parametrize("doing", Doing)
def test_every_state_of_an_attempt_has_words(doing: Doing) -> None:
    before = retrying()
    attempt = replace(before.attempts[0], doing=doing)
    assert "◌ bo  " in said(replace(before, attempts=(attempt,)))


def test_relays_say_when_they_are_tried_again() -> None:
    text = said(relay_lost())
    assert "relay.example.org  lost · next try in 12 s\n  Nothing listens at relay.example.org" in text
    assert "local network  on · dormant since 09:19 · 0 frames and 96 B since then" in text
    turn_only = replace(linked(), view=replace(linked().view, lan=None, relays=(), ready=False))
    assert relay_name("ws://127.0.0.1/ws") == "this machine", "the demo's"
    assert "never used: links go through TURN servers only" in said(turn_only)
    assert "Starting the network." in said(turn_only) and "none: /relay URL" in said(turn_only)


@pytest.mark.parametrize("scene", FACTS)
@pytest.mark.parametrize("width", [40, 54, 98])
def test_it_fits_and_hides_addresses_unless_asked(scene: str, width: int) -> None:
    facts = FACTS[scene]()
    text = said(facts, width)
    assert max(map(len, text.split("\n"))) <= width
    assert not any(address in text for address in PRIVATE)
    assert "192.168.1.5:50312" in said(facts, width, addresses=True)


@pytest.mark.parametrize("scene", FACTS)
def test_a_report_names_nobody(scene: str) -> None:
    facts = FACTS[scene]()
    text = report(facts, UTC, "p2pchat-tui 1", addresses=False)
    for private in (*PRIVATE, "ana", "cy", "orchard", "maya", "amber otter", "relay.example.org"):
        assert private not in text
    assert text.startswith("p2pchat-tui 1\n") and "peer 1" in text and "relay 1" in text
    full = report(facts, UTC, "p2pchat-tui 1", addresses=True)
    assert "192.168.1.5:50312" in full and "relay.example.org" in full and "ana" not in full


def test_what_comes_from_others_is_one_clean_line() -> None:
    before = relay_lost()
    relay = replace(before.view.relays[0], detail="one\ntwo\x1b[31m", state=SignalingState.LOST)
    text = said(replace(before, view=replace(before.view, relays=(relay,))))
    assert "\x1b" not in text and "one two" in text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("here (10.0.0.1, 192.168.1.5:4000 outside).", "here (address, address outside)."),
        ("at [2001:db8::1]:443, or fe80::1%eth0.", "at address, or address."),
        ("::1 and 2001:db8::9", "address and address"),
        ("version 1.2.3, at 09:12:30, 4:3, p.m. … 1.5 s", "version 1.2.3, at 09:12:30, 4:3, p.m. … 1.5 s"),
        ("relay.example.org:7345 and cafe:babe", "relay.example.org:7345 and cafe:babe"),
        ("no path.", "no path."),
    ],
)
def test_addresses_are_told_from_other_words(text: str, expected: str) -> None:
    assert hidden(text) == expected


def test_amounts() -> None:
    assert [size_text(size) for size in (0, 999, 1000, 12_449, 999_949, 999_950, 3_104_882)] == [
        *("0 B", "999 B", "1.0 kB", "12.4 kB", "999.9 kB", "1.0 MB", "3.1 MB")
    ]
    times = (-5, 59_999, 60_000, 3_600_000, 7_500_000, 172_800_000)
    assert [span_text(ms) for ms in times] == ["0 s", "59 s", "1 min", "1 h 0 min", "2 h 5 min", "2 days"]
    assert [seconds_until(NOW_MS + ms, NOW_MS) for ms in (-9, 0, 999, 7_400)] == [1, 1, 1, 8]


def test_relay_names() -> None:
    assert relay_name("wss://relay.example.org:7345/ws") == "relay.example.org:7345"
    assert relay_name("ws://[::1]:7345/ws") == "this machine, port 7345"
    assert relay_name("memory:") == "memory:"


async def test_nothing_is_wrapped_anew_once_the_scroll_bar_is_there() -> None:
    scene = inspector("retrying")
    async with scene.app.run_test(size=(60, 20)) as pilot:
        await scene.play(pilot)
        screen = pilot.app.screen
        assert isinstance(screen, InspectorScreen) and screen.query_one("#inspector").show_vertical_scrollbar
        first = [str(card.render()) for card in screen.query(Card)]
        await screen.show()
        assert [str(card.render()) for card in screen.query(Card)] == first
