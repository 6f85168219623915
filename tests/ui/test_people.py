"""People on the screen: who they are, who only looks so, who is verified, and who is not shown."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from rich.cells import cell_len
from textual.widgets import Button, OptionList

from p2pchat_tui.session.api import (
    AcceptName,
    Path,
    PeerState,
    PeerView,
    Say,
    SetAlias,
    SetAway,
    SetIgnored,
    SetMuted,
    SetStatus,
    SetTyping,
    SetVerified,
    safety_words,
)  # fmt: skip
from p2pchat_tui.session.session import Session
from p2pchat_tui.ui.people import fit_name, people_called, split_name, which_one
from p2pchat_tui.ui.screens.message import MessageScreen
from p2pchat_tui.ui.screens.person import PersonScreen, PersonText
from p2pchat_tui.ui.screens.settings import LISTED, SettingsScreen
from p2pchat_tui.ui.screens.verify import VerifyScreen, words_content
from p2pchat_tui.ui.widgets.roster import peer_content
from p2pchat_tui.ui.widgets.timeline import Timeline
from tests.cli.views import PEER
from tests.helpers import identity
from tests.ui.pair import Pair, pair
from tests.ui.world import is_still, met, settled, shown


def person_text(p: Pair) -> str:
    widget = p.app.screen.query_one(PersonText)
    return widget.render().plain


def roster_text(p: Pair) -> str:
    roster = p.chat.roster
    return "\n".join(str(roster.get_option_at_index(index).prompt) for index in range(roster.option_count))


def hers(p: Pair) -> PeerView:
    return next(peer for peer in p.mine.view.peers if peer.peer == p.hers.view.me)


@asynccontextmanager
async def with_eve(nick: str = "Ana", size: tuple[int, int] = (120, 36)) -> AsyncIterator[tuple[Pair, Session]]:
    """Somebody comes who calls herself as ana does."""
    async with pair(size) as p:
        await p.until(lambda: "ana" in roster_text(p))
        eve = p.world.profile(nick)
        await eve.join_invite(await p.me.invite("orchard"))
        session = await eve.open("orchard")
        await met(p.pilot, p.mine, p.hers, session)
        yield p, session


# ------------------------------------------------------------------------------------------ the person's screen


async def test_enter_in_the_roster_shows_somebody_and_escape_goes_back() -> None:
    async with pair() as p:
        await p.until(lambda: p.chat.roster.option_count == 2)
        p.chat.roster.focus()
        await p.pilot.press("end", "enter")
        await p.until(lambda: isinstance(p.app.screen, PersonScreen))
        await p.until(lambda: "direct" in person_text(p) or "lan" in person_text(p))
        text = person_text(p)
        key = p.hers.view.me
        assert f"{key.tag} · {key.text[:4]} {key.text[4:8]}" in " ".join(text.split())
        for fact in ("nickname", "● online", "known since Sunday 22 November 2026", "not verified"):
            assert fact in " ".join(text.split())
        await p.pilot.press("c")
        assert p.app.clipboard == key.text
        await p.hers.do(SetAway(True))
        await p.until(lambda: "◐ away" in person_text(p))
        await p.pilot.press("escape")
        assert p.app.screen is p.chat


async def test_in_a_small_window_it_is_seen_who_it_is_and_what_can_be_done() -> None:
    async with pair((60, 20)) as p:
        await p.hers.do(SetStatus("in row 3"))
        await p.until(lambda: p.mine.view.peers[0].status)
        await p.write("/whois ana")
        await p.until(lambda: isinstance(p.app.screen, PersonScreen) and is_still(p.app))
        box = p.app.screen.query_one("#person")
        assert box.scroll_offset.y == 0
        for button in p.app.screen.query(".buttons Button"):
            assert not button.display or box.content_region.contains_region(button.region)


async def test_message_opens_the_room_of_two() -> None:
    async with pair() as p:
        await p.write("/whois ana")
        await p.until(lambda: isinstance(p.app.screen, PersonScreen))
        await p.pilot.press("m")
        await p.until(lambda: p.chat.view and p.chat.view.direct == p.hers.view.me)


async def test_the_pet_name_is_asked_for_where_one_writes() -> None:
    async with pair() as p:
        await p.hers.do(Say("hello"))
        await p.until(lambda: "hello" in shown(p.chat))
        await p.write("/whois ana")
        await p.until(lambda: isinstance(p.app.screen, PersonScreen))
        await p.pilot.press("a")
        await p.until(lambda: p.chat.composer.text == "/alias ana ")
        await p.pilot.press(*"Mum Lee", "enter")
        await p.until(lambda: "Mum Lee" in roster_text(p) and "Mum Lee" in shown(p.chat))
        await p.write("/whois mum lee")
        await p.until(lambda: isinstance(p.app.screen, PersonScreen))
        assert "Mum Lee, known to you alone" in " ".join(person_text(p).split())
        await p.pilot.press("escape")
        await p.write("/alias mum lee")
        await p.until(lambda: "ana" in roster_text(p) and "Mum Lee" not in shown(p.chat))
        await p.write("/alias ana")
        await p.until(lambda: any("has no pet name" in text for text in p.told))
        p.chat.composer.clear()
        await p.write("/whois Maya")
        await p.until(lambda: any("That is yourself" in text for text in p.told))
        p.chat.composer.clear()
        await p.write("/alias nobody x")
        await p.until(lambda: any("Nobody called nobody x" in text for text in p.told))


async def test_buttons_and_keys_ignore_and_mute_in_place() -> None:
    async with pair() as p:
        await p.write("/whois ana")
        await p.until(lambda: isinstance(p.app.screen, PersonScreen))
        await p.pilot.press("i")
        await p.until(lambda: "is ignored in every room" in " ".join(person_text(p).split()))
        button = p.app.screen.query_one("#person-ignore", Button)
        await p.until(lambda: str(button.label) == "Show again")
        await p.pilot.click("#person-ignore")
        await p.until(lambda: not p.mine.ignored and str(button.label) == "Ignore")
        await p.pilot.press("n")
        await p.until(lambda: hers(p).muted and "not announced" in person_text(p))
        await p.pilot.click("#person-mute")
        await p.until(lambda: not hers(p).muted)


# ------------------------------------------------------------------------------------------ verifying


async def test_words_are_compared_and_the_mark_shows_everywhere() -> None:
    async with pair() as p:
        await p.hers.do(Say("hello"))
        await p.until(lambda: "hello" in shown(p.chat))
        await p.write("/verify ana")
        await p.until(lambda: isinstance(p.app.screen, VerifyScreen))
        words = safety_words(p.hers.view.me, p.mine.view.me)
        assert p.app.screen.query("#verify-code")
        listed = str(p.app.screen.query_one("#verify-list").render())  # type: ignore[attr-defined]
        assert all(word in listed for word in words)
        await p.pilot.press("enter")
        assert p.app.screen is p.chat and not hers(p).verified_ms, "a stray Enter says nothing"
        await p.write("/verify ana")
        await p.until(lambda: isinstance(p.app.screen, VerifyScreen))
        await p.pilot.press("y")
        await p.until(lambda: "ana ✓" in roster_text(p))
        p.chat.timeline.focus()
        await p.pilot.press("up", "i")
        await p.until(lambda: isinstance(p.app.screen, MessageScreen))
        facts = p.app.screen.query_one("MessageText").render().plain  # type: ignore[attr-defined]
        assert "✓ verified: you compared safety words on Sunday 22 November 2026" in " ".join(facts.split())
        await p.pilot.press("escape")
        await p.write("/whois ana")
        await p.until(lambda: isinstance(p.app.screen, PersonScreen))
        assert "ana ✓" in person_text(p) and "✓ verified" in person_text(p)
        await p.pilot.press("escape")
        await p.write("/unverify ana")
        await p.until(lambda: "✓" not in roster_text(p))
        await p.write("/unverify ana")
        await p.until(lambda: any("is not verified;" in text for text in p.told))


async def test_words_that_do_not_match_mark_the_name_until_it_is_accepted() -> None:
    async with pair() as p:
        await p.write("/whois ana")
        await p.until(lambda: isinstance(p.app.screen, PersonScreen))
        await p.pilot.press("v")
        await p.until(lambda: isinstance(p.app.screen, VerifyScreen))
        await p.pilot.click("#verify-no")
        await p.until(lambda: "≠ana" in roster_text(p))
        assert any("pose as them" in text for text in p.told)
        await p.write("/whois ana")
        await p.until(lambda: isinstance(p.app.screen, PersonScreen))
        await p.until(lambda: p.app.screen.query_one("#person-accept", Button).display)
        await p.pilot.press("k")
        await p.until(lambda: "≠" not in roster_text(p))
        await p.until(lambda: not p.app.screen.query_one("#person-accept", Button).display)


def test_words_are_numbered_downwards() -> None:
    words = [f"word{number}" for number in range(1, 13)]
    lines = words_content(words).plain.split("\n")
    assert len(lines) == 4 and lines[0].split() == ["1", "word1", "5", "word5", "9", "word9"]


async def test_a_small_terminal_shows_the_words_without_the_code() -> None:
    async with pair((60, 22)) as p:
        await p.write("/verify ana")
        await p.until(lambda: isinstance(p.app.screen, VerifyScreen))
        assert not p.app.screen.query("#verify-code")
        for button in p.app.screen.query(Button):
            assert p.app.screen.region.contains_region(button.region)


# ------------------------------------------------------------------------------------------ trust on first use


async def test_another_key_with_a_known_name_is_shouted_logged_and_marked_in_the_timeline() -> None:
    async with with_eve() as (p, eve):
        tag = eve.view.me.tag
        await p.until(lambda: f"≠Ana·{tag}" in roster_text(p))
        assert any(f"({tag})" in text and "/verify" in text for text in p.told)
        assert any(record.severity == "error" and tag in record.text for record in p.app.journal.records)
        await eve.do(Say("lend me ten"))
        await p.until(lambda: "lend me ten" in shown(p.chat))
        assert f"≠Ana·{tag}" in shown(p.chat)
        await p.mine.do(AcceptName(eve.view.me))
        await p.until(lambda: "≠" not in shown(p.chat) and f"Ana·{tag}" in shown(p.chat))


async def test_who_is_meant_must_be_clear() -> None:
    async with with_eve() as (p, eve):
        await p.write("/ignore ana")
        await p.until(lambda: any("That may be" in text for text in p.told))
        assert not p.mine.ignored and p.chat.composer.text == "/ignore ana"
        p.chat.composer.clear()
        await p.write(f"/ignore {eve.view.me.tag}")
        await p.until(lambda: p.mine.ignored == {eve.view.me})


# ------------------------------------------------------------------------------------------ ignoring


async def test_what_the_ignored_wrote_folds_at_once_and_comes_back() -> None:
    async with pair() as p:
        await p.hers.do(Say("one"))
        await p.hers.do(Say("two"))
        await p.write("three")
        await settled(p.pilot, p.mine, p.hers)
        await p.until(lambda: all(word in shown(p.chat) for word in ("one", "two", "three")))
        await p.write("/ignore ana")
        await p.until(lambda: "2 messages hidden" in shown(p.chat))
        assert "one" not in shown(p.chat) and "three" in shown(p.chat)
        assert "⊘ ana" in roster_text(p) and "ignored" in roster_text(p)
        await p.hers.do(SetTyping(True))
        await p.hers.do(Say("four"))
        await p.until(lambda: "1 message hidden" in shown(p.chat))
        assert not p.app._notifications or not any("four" in text for text in p.told)
        p.chat.timeline.focus()
        await p.pilot.press("up", "up")
        assert p.chat.room and p.chat.timeline.chosen
        assert p.chat.room.window.get(p.chat.timeline.chosen).text == "three"  # type: ignore[union-attr]
        p.chat.composer.focus()
        await p.write("/ignore")
        await p.until(lambda: any("Ignored: ana" in text for text in p.told))
        await p.write("/unignore ana")
        await p.until(lambda: all(word in shown(p.chat) for word in ("one", "two", "three", "four")))
        await p.write("/unignore ana")
        await p.until(lambda: any("do not ignore anybody" in text for text in p.told))
        p.chat.composer.clear()
        await p.write("/ignore")
        await p.until(lambda: any("You ignore nobody" in text for text in p.told))
        stranger = identity(77).peer
        await p.me.decide(SetIgnored(stranger, True))
        await p.write(f"/unignore {stranger.tag}")
        await p.until(lambda: f"Everything of {stranger.tag} is shown again." in p.told)


async def test_the_line_of_the_hidden_shows_them_and_hides_them_again() -> None:
    async with pair() as p:
        timeline = p.chat.timeline
        await p.write("mine")
        await p.until(lambda: "mine" in shown(p.chat))
        await settled(p.pilot, p.mine, p.hers)
        await p.write("/ignore ana")
        await p.until(lambda: p.mine.ignored)
        for text in ("one", "two"):
            await p.hers.do(Say(text))
        await p.until(lambda: "▶ 2 messages hidden" in shown(p.chat))
        timeline.focus()
        await p.pilot.press("up", "r", "d")
        assert not isinstance(p.app.screen, MessageScreen) and p.chat.room and p.chat.room.aim is None, "not seen yet"
        await p.pilot.press("enter")
        await p.until(lambda: "▼ 2 messages shown" in shown(p.chat) and "one" in shown(p.chat))
        await p.hers.do(Say("three"))
        await p.until(lambda: "▶ 1 message hidden" in shown(p.chat))
        assert "two" in shown(p.chat) and "three" not in shown(p.chat), "what comes later is hidden"
        await p.pilot.press("down", "enter")
        await p.until(lambda: "▶ 3 messages hidden" in shown(p.chat) and "one" not in shown(p.chat))
        line = next(y for y, text in enumerate(shown(p.chat).splitlines()) if "▶ 3" in text)
        at = (30, line - round(timeline.scroll_y))
        assert await p.pilot.click(Timeline, offset=at)
        await p.until(lambda: "▼ 3 messages shown" in shown(p.chat) and "three" in shown(p.chat))
        line = next(y for y, text in enumerate(shown(p.chat).splitlines()) if "▼ 3" in text)
        assert await p.pilot.click(Timeline, offset=(30, line - round(timeline.scroll_y)))
        await p.until(lambda: "▶ 3 messages hidden" in shown(p.chat))


async def test_nothing_is_unread_or_announced_of_the_ignored_and_nothing_announced_of_the_muted() -> None:
    async with pair(rooms=("orchard", "ops")) as p:
        theirs = await p.ana.open("ops")
        ops = await p.me.open("ops")
        await p.write("/join ops")
        await p.until(lambda: p.chat.room and p.chat.room.name == "ops")
        await p.write("/join orchard")
        await p.until(lambda: p.chat.room and p.chat.room.name == "orchard")
        await met(p.pilot, ops, theirs)
        await theirs.do(Say("one"))
        item = lambda: next(each for each in p.chat.room_list.items if each.name == "ops")  # noqa: E731
        await p.until(lambda: item().unread == 1)
        await p.mine.do(SetIgnored(p.hers.view.me, True))
        await p.until(lambda: item().unread == 0)
        heard: list[str] = []
        p.chat.notices._emit = heard.append
        p.app.app_focus = False
        await theirs.do(Say("two"))
        await settled(p.pilot, ops, theirs)
        await p.until(lambda: p.chat.rooms.open["ops"].window.newest(mine=False).text == "two")  # type: ignore[union-attr]
        assert item().unread == 0 and not [each for each in heard if "two" in each]
        await p.mine.do(SetIgnored(p.hers.view.me, False))
        await p.until(lambda: item().unread == 2)
        await p.mine.do(SetMuted(p.hers.view.me, True))
        await theirs.do(Say("three"))
        await p.until(lambda: item().unread == 3)
        assert not [each for each in heard if "three" in each]
        await p.mine.do(SetMuted(p.hers.view.me, False))
        await theirs.do(Say("four"))
        await p.until(lambda: [each for each in heard if "four" in each])


async def test_mute_with_a_name_is_about_that_person() -> None:
    async with pair() as p:
        await p.write("/mute ana")
        await p.until(lambda: hers(p).muted)
        assert p.chat.room and p.chat.notices.level(p.chat.room) != "none"
        await p.write("/mute ana")
        await p.until(lambda: not hers(p).muted)


async def test_the_settings_list_whom_one_ignores_and_take_it_back() -> None:
    async with pair() as p:
        await p.mine.do(SetIgnored(p.hers.view.me, True))
        await p.pilot.press("f2")
        await p.until(lambda: isinstance(p.app.screen, SettingsScreen))
        listed = p.app.screen.query_one(OptionList)
        await p.until(lambda: listed.option_count == len(LISTED) + 1)
        assert "ana" in str(listed.get_option_at_index(len(LISTED)).prompt)
        await p.pilot.press("end", "left", "enter")
        await p.until(lambda: not p.mine.ignored and listed.option_count == len(LISTED))


# ------------------------------------------------------------------------------------------ pure


def test_the_roster_shows_path_and_round_trip_where_there_is_room() -> None:
    peer = replace(PEER, name="ana", state=PeerState.ONLINE, path=Path.RELAYED, rtt_ms=41)
    assert peer_content(peer, 26, 0).plain == "● ana         relayed 41ms"
    assert peer_content(replace(peer, name="amber-otter-x"), 26, 0).plain == "● amber-otter-x    relayed"
    assert (
        peer_content(replace(peer, name="amber-otter-and-fox-21"), 26, 0).plain.rstrip() == "● amber-otter-and-fox-21"
    )
    marked = peer_content(replace(peer, name="amber-otter-and-fox-42·wxyz", verified_ms=1, doubt="x"), 26, 0).plain
    assert marked.startswith("● ≠amber") and marked.rstrip().endswith("·wxyz ✓") and cell_len(marked) == 26
    muted = replace(peer, muted=True)
    assert peer_content(muted, 26, 0).plain == "● ana ⊖       relayed 41ms"
    assert "⊖" not in peer_content(replace(muted, ignored=True), 26, 0).plain
    away = replace(peer, state=PeerState.AWAY)
    assert peer_content(away, 26, 0).plain == "● ana    away relayed 41ms".replace("●", "◐")


@pytest.mark.parametrize("width", range(1, 24))
def test_a_name_fits_and_keeps_its_tag_where_it_can(width: int) -> None:
    for name in ("ana", "≠ana·wxyz", "amber-otter·wxyz", "日本のりんご·wxyz"):
        fitted = fit_name(name, width)
        assert cell_len(fitted) <= width
        if width >= 8 and "·" in name:
            assert fitted.endswith("·wxyz")


async def test_people_are_found_by_every_name_they_have() -> None:
    async with with_eve("Ana Lee") as (p, eve):
        view = p.mine.view
        for typed in ("ana", "@ANA", p.hers.view.me.tag, p.hers.view.me.text):
            assert [peer.peer for peer in people_called(view, typed)] == [p.hers.view.me], typed
        found, rest = split_name(view, "ana lee the tall one")
        assert [peer.peer for peer in found] == [eve.view.me] and rest == "the tall one"
        assert split_name(view, "nobody at all") == ([], "")
        assert which_one([], "x\x1b") == "Nobody called x␛ is known here; /names says who is."
        await p.mine.do(SetAlias(p.hers.view.me, "Mum"))
        assert [peer.peer for peer in people_called(p.mine.view, "ana")] == [p.hers.view.me], "still by her nickname"
        await p.mine.do(SetVerified(p.hers.view.me, True))
        assert [peer.peer for peer in people_called(p.mine.view, "mum")] == [p.hers.view.me]
