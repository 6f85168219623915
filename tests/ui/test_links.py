"""What the network does, on the screen: the inspector, the countdown in the people panel, and the LAN's switch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from textual.app import App, ComposeResult
from textual.content import Content

from p2pchat_tui.session import api
from p2pchat_tui.ui.screens.chat import ChatScreen
from p2pchat_tui.ui.screens.inspector import Card, InspectorScreen
from p2pchat_tui.ui.widgets.roster import Roster, peer_content
from p2pchat_tui.ui.widgets.status_line import NetworkLine, StatusLine
from tests.ui.link_scenes import NOW_MS, linked
from tests.ui.pair import Pair, pair
from tests.ui.world import World, in_room, until


def inspector(p: Pair) -> InspectorScreen:
    assert isinstance(p.app.screen, InspectorScreen)
    return p.app.screen


def read(p: Pair) -> str:
    return "\n\n".join(card._shown.plain for card in inspector(p).query(Card))


async def opened(p: Pair, *keys: str) -> InspectorScreen:
    await p.pilot.press(*keys)
    await p.until(lambda: isinstance(p.app.screen, InspectorScreen) and p.app.screen.query(Card))
    return inspector(p)


async def parted(p: Pair) -> None:
    """Nobody reaches anybody any more, and it was noticed: the next try waits for the clock, which stands still."""
    p.world.net.death = 0.01
    p.world.net.partition()
    await p.until(lambda: p.mine.attempts() and p.mine.attempts()[0].doing is api.Doing.WAITING)


async def test_it_is_opened_and_closed_by_keys_command_and_mouse() -> None:
    async with pair() as p:
        for way in ("f4", "/links", "/net", "#status"):
            if way.startswith("/"):
                await p.write(way)
            elif way.startswith("#"):
                await p.pilot.click(way)
            await opened(p, *(["f4"] if way == "f4" else []))
            assert "● ana  lan" in read(p) and "local network  off" in read(p)
            await p.pilot.press({"f4": "f4", "/links": "q"}.get(way, "escape"))
            assert isinstance(p.app.screen, ChatScreen)


async def test_addresses_are_shown_only_after_asking() -> None:
    async with pair() as p:
        await opened(p, "f4")
        assert "memory:" not in read(p).split("relays")[0]
        await p.pilot.press("a")
        stats = p.mine.links()[0].stats
        assert stats is not None
        await p.until(lambda: stats.local_address in read(p) and stats.remote_address in read(p))
        await p.pilot.press("a")
        await p.until(lambda: stats.local_address not in read(p))


async def test_a_report_is_copied_without_names() -> None:
    async with pair() as p:
        await opened(p, "f4", "c")
        assert "peer 1  lan" in p.app.clipboard and "ana" not in p.app.clipboard and "orchard" not in p.app.clipboard
        assert "memory:0" not in p.app.clipboard
        assert any("without names" in text for text in p.told)
        await p.pilot.press("a", "c")
        assert "memory:0" in p.app.clipboard and "ana" not in p.app.clipboard
        assert any("mind who gets it" in text for text in p.told)


async def test_it_counts_down_and_tries_now_when_asked() -> None:
    async with pair() as p:
        await parted(p)
        screen = await opened(p, "f4")
        await screen.show()
        assert "0 linked · 1 around and not linked" in read(p)
        retry_at = p.mine.attempts()[0].retry_at_ms
        assert retry_at is not None
        wait = (retry_at - p.world.clock.wall_ms()) // 1000 + 1
        assert f"retrying in {wait} s · ana · press R to try now" in read(p)
        assert "◌ ana  retrying in" in read(p) and "no link yet" in read(p)
        p.world.net.heal()
        await p.pilot.press("r")
        await p.until(lambda: p.mine.links() and p.mine.links()[0].path)
        await screen.show()
        assert "● ana  lan" in read(p) and "press R" not in read(p)


async def test_what_is_unchanged_is_not_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[Card] = []
    async with pair() as p:
        screen = await opened(p, "f4")
        facts = screen._look()
        screen._look = lambda: facts
        await screen.show()
        update = Card.update

        def noted(card: Card, content: Content, *, layout: bool) -> None:
            drawn.append(card)
            update(card, content, layout=layout)

        monkeypatch.setattr(Card, "update", noted)
        await screen.show()
        await screen.show()
        assert drawn == []
        slower = replace(facts.links[0], rtt_ms=73)
        screen._look = lambda: replace(facts, links=(slower,))
        await screen.show()
        assert [card._shown.plain.split("\n")[0] for card in drawn] == ["● ana  lan · 73 ms · for 0 s"]  # type: ignore[attr-defined]
        screen._look = lambda: replace(facts, links=())
        await screen.show()
        assert "73 ms" not in read(p) and len(screen.query(Card)) == 3


async def test_the_people_panel_counts_down_while_somebody_is_waited_for() -> None:
    async with pair() as p:
        assert p.chat.countdown_ms == 0
        await parted(p)
        p.chat.refresh_room()
        p.chat._tick()
        await p.pilot.pause()
        roster = p.chat.query_one(Roster)
        assert "retrying in" in str(roster.get_option_at_index(1).prompt)
        assert "F4 shows more; R there tries now." in str(p.chat.query_one(NetworkLine).render())
        p.world.net.heal()
        await p.mine.do(api.RetryNow())
        await p.until(lambda: p.mine.links())
        p.chat.refresh_room()
        p.chat._tick()
        assert p.chat.countdown_ms == 0


def test_the_countdown_gives_way_to_the_name() -> None:
    peer = replace(linked().view.peers[2], retry_at_ms=NOW_MS + 7_400)
    assert peer_content(peer, 25, NOW_MS, NOW_MS).plain == "○ cy      retrying in 8 s"
    long = replace(peer, name="annabel-lee")
    assert peer_content(long, 25, NOW_MS, NOW_MS).plain == "○ annabel-lee      in 8 s"
    assert "ago" in peer_content(peer, 25, NOW_MS).plain


async def test_the_people_panel_says_how_long_ago_by_the_second_and_draws_only_what_is_new(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawn: list[str] = []

    class Panel(App[None]):
        def compose(self) -> ComposeResult:
            yield Roster()

    app = Panel()
    async with app.run_test(size=(30, 10)) as pilot:
        roster = app.query_one(Roster)
        roster.now_ms = NOW_MS
        gone = replace(linked().view.peers[2], state=api.PeerState.OFFLINE, last_seen_ms=NOW_MS)
        roster.view = replace(linked().view, peers=(gone,))
        await pilot.pause()
        monkeypatch.setattr(Roster, "_fill", _noting(drawn, Roster._fill))
        for seconds in (0, 5, 9, 12, 12.5, 59, 60, 61, 119, 120):
            roster.now_ms = NOW_MS + round(seconds * 1000)
            await pilot.pause()
    assert drawn == ["12s ago", "59s ago", "1m ago", "2m ago"]


def _noting(drawn: list[str], fill: Callable[[Roster], None]) -> Callable[[Roster], None]:
    """`fill`, that also notes what is said of the first of the others."""

    def filled(roster: Roster) -> None:
        fill(roster)
        drawn.append(" ".join(str(roster.get_option_at_index(1).prompt).split()[-2:]))

    return filled


async def test_status_says_it_in_one_line() -> None:
    async with pair() as p:
        await p.until(lambda: p.mine.view.relays[0].dormant_since_ms)
        await p.write("/status")
        await p.until(lambda: any("dormant for 0 s · 0 frames and 0 B since then · LAN off" in text for text in p.told))


# ------------------------------------------------------------------------------------------------------------- lan


async def test_the_lan_is_switched_for_the_room() -> None:
    async with pair() as p:
        await p.write("/lan")
        await p.until(lambda: any("is off for #orchard, as the settings say" in text for text in p.told))
        await p.write("/lan on")
        await p.until(lambda: p.mine.view.lan)
        await p.until(lambda: any("can tell that this one runs p2pchat" in text for text in p.told))
        assert await p.me.lan("orchard") is True
        await p.until(lambda: "lan on" in str(p.chat.query_one(StatusLine).render()))
        await opened(p, "f4")
        assert "local network  on" in read(p)
        await p.pilot.press("escape")
        await p.write("/lan off")
        await p.until(lambda: p.mine.view.lan is False)
        await p.until(lambda: any("is off for #orchard: nothing is announced" in text for text in p.told))
        assert "lan on" not in str(p.chat.query_one(StatusLine).render())
        await p.write("/lan perhaps")
        await p.until(lambda: any("takes on, off, or default" in text for text in p.told))
        assert await p.me.lan("orchard") is False


@pytest.mark.parametrize("nothing", ["-", "off"])
async def test_a_room_is_given_a_relay_and_loses_it_again(nothing: str) -> None:
    async with pair() as p:
        await p.write("/relay")
        await p.until(lambda: any("#orchard has no relay of its own: /relay URL gives it one" in t for t in p.told))
        await p.write("/relay relay.example.org")
        url = "wss://relay.example.org/ws"
        await p.until(lambda: any(f"#orchard has the relay {url} now, and its invite names it" in t for t in p.told))
        assert url in [relay.url for relay in p.mine.view.relays]
        assert "//relay.example.org/orchard#" in await p.me.invite("orchard")
        await opened(p, "f4")
        assert "relay.example.org" in read(p)
        await p.pilot.press("escape")
        await p.write("/relay http://relay.example.org")
        await p.until(lambda: any("begins with ws:// or wss://" in text for text in p.told))
        await p.until(lambda: p.chat.composer.text == "/relay http://relay.example.org")
        assert await p.me.relays("orchard") == url
        p.chat.composer.clear()
        await p.write("/relay")
        await p.until(lambda: any(f"#orchard has the relay {url}. /relay URL gives" in text for text in p.told))
        await p.write("/relay one.example.org two.example.org")
        await p.until(lambda: any("two.example.org/ws now, and its invite names them" in text for text in p.told))
        await p.write(f"/relay {nothing}")
        await p.until(lambda: any("has no relay of its own any more" in text for text in p.told))
        assert url not in [relay.url for relay in p.mine.view.relays] and await p.me.relays("orchard") == ""


async def test_the_invite_that_is_on_the_screen_names_it_at_once() -> None:
    world = World()
    me = world.profile("maya")
    await me.new_room("orchard")
    app = world.app(me, "orchard")
    async with app.run_test() as pilot:
        chat = await in_room(pilot)
        assert "p2pchat:///orchard#" in chat.card.invite
        chat.run_command("/relay relay.example.org")
        await until(pilot, lambda: "p2pchat://relay.example.org/orchard#" in chat.card.invite)
        chat.run_command("/rename garden")
        await until(pilot, lambda: "p2pchat://relay.example.org/garden#" in chat.card.invite)


async def test_the_setting_holds_for_rooms_that_say_nothing() -> None:
    async with pair(rooms=("orchard", "ops")) as p:
        await p.me.use_lan("ops", False)
        ops = await p.me.open("ops")
        await p.write("/set lan on")
        await p.until(lambda: p.mine.view.lan)
        assert ops.view.lan is False
        await p.write("/lan off")
        await p.until(lambda: p.mine.view.lan is False)
        await p.write("/lan default")
        await p.until(lambda: p.mine.view.lan)
        await p.write("/set lan off")
        await p.until(lambda: p.mine.view.lan is False)


async def test_where_there_can_be_no_lan_nothing_is_written_down() -> None:
    world = World()
    me = world.profile("maya", can_use_lan=False)
    await me.new_room("orchard")
    app = world.app(me, "orchard")
    async with app.run_test() as pilot:
        chat = await in_room(pilot)
        for line in ("/lan", "/lan on", "/set lan on"):
            app.clear_notifications()
            chat.run_command(line)
            await until(pilot, lambda: any("relay-only" in note.message for note in app._notifications))
        assert app.settings.now.lan is False and await me.lan("orchard") is None
