"""The chat with real sessions on both sides: what is typed here arrives there, and the other way round."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from textual.screen import Screen
from textual.widgets import Static

from p2pchat_tui.session.api import Edit, MessageAdded, PeerState, React, Say, SetAway, SetIgnored, SetTopic, SetTyping
from p2pchat_tui.ui.screens.chat import ChatScreen
from p2pchat_tui.ui.screens.confirm import ConfirmScreen
from p2pchat_tui.ui.screens.help import HelpScreen
from p2pchat_tui.ui.screens.home import Choice, HomeScreen
from p2pchat_tui.ui.screens.invite import InviteScreen
from p2pchat_tui.ui.theme import LIGHT
from p2pchat_tui.ui.widgets.roster import Roster
from p2pchat_tui.ui.widgets.status_line import StatusLine
from p2pchat_tui.ui.widgets.timeline import Timeline
from p2pchat_tui.ui.widgets.typing_line import TypingLine
from tests.ui.pair import Pair, pair
from tests.ui.world import World, chat_of, in_room, met, settled, shown, until


async def test_what_is_typed_arrives_and_what_arrives_is_shown() -> None:
    async with pair() as p:
        await p.write("hello ana")
        await p.until(lambda: "hello ana" in shown(p.chat))
        await settled(p.pilot, p.mine, p.hers)
        assert (await p.newest()).text == "hello ana"
        await p.hers.do(Say("hello maya"))
        await p.until(
            lambda: "ana        hello maya" in " ".join(shown(p.chat).split("  ")) or "hello maya" in shown(p.chat)
        )
        assert p.chat.timeline.display and not p.chat.card.display


async def test_holders_are_shown_once_others_have_it() -> None:
    async with pair() as p:
        await p.write("hold this")
        await p.until(lambda: "hold this" in shown(p.chat))
        await settled(p.pilot, p.mine, p.hers)
        await p.world.pass_time(5_000)
        last = p.chat.room.window.messages[-1]  # type: ignore[union-attr]
        await p.until(lambda: p.chat.room.mark(last) == "✓✓")  # type: ignore[union-attr]
        bottom = p.chat.timeline.size.height - 1
        await p.until(lambda: "✓✓" in p.chat.timeline.render_line(bottom).text)


async def test_my_message_alone_says_that_it_is_only_here() -> None:
    world = World()
    me = world.profile("maya")
    await me.new_room("orchard")
    async with world.app(me, "orchard").run_test() as pilot:
        chat = await in_room(pilot)
        await pilot.press(*"alone", "enter")
        await until(pilot, lambda: "alone" in shown(chat))
        assert chat.timeline.render_line(chat.timeline.size.height - 1).text.rstrip().endswith("·")


async def test_edits_reactions_replies_and_taking_back() -> None:
    async with pair() as p:
        said = await p.hers.do(Say("frist"))
        await p.until(lambda: "frist" in shown(p.chat))
        await p.hers.do(Edit(said, "first"))  # type: ignore[arg-type]
        await p.until(lambda: "first (edited)" in shown(p.chat))
        await p.write("/react tada")
        await p.until(lambda: "🎉 1 you" in shown(p.chat))
        await p.write("/react tada")
        await p.until(lambda: "🎉" not in shown(p.chat))
        await p.write("/reply yes it is")
        await p.until(lambda: "┃ ana: first" in shown(p.chat))
        await p.write("/edit yes it was")
        await p.until(lambda: "yes it was (edited)" in shown(p.chat))
        await p.write("/delete")
        await p.until(lambda: isinstance(p.app.screen, ConfirmScreen))
        await p.pilot.click("#yes")
        await p.until(lambda: "message taken back" in shown(p.chat))
        await settled(p.pilot, p.mine, p.hers)
        assert (await p.newest()).retracted


async def test_keys_on_a_chosen_message() -> None:
    async with pair() as p:
        said = await p.hers.do(Say("shall we?"))
        await p.until(lambda: "shall we?" in shown(p.chat))
        p.chat.timeline.focus()
        await p.pilot.press("up", "r")
        assert p.chat.banner.display and "shall we?" in str(p.chat.banner.visual)
        await p.pilot.press(*"yes", "enter")
        await p.until(lambda: "┃ ana: shall we?" in shown(p.chat))
        assert not p.chat.banner.display
        await settled(p.pilot, p.mine, p.hers)
        assert (await p.newest()).reply_to == said
        p.chat.timeline.focus()
        await p.pilot.press("end", "escape", "shift+tab")
        p.chat.timeline.chosen = None
        p.chat.timeline.focus()
        await p.pilot.press("up", "e")
        assert p.chat.composer.text == "yes"
        await p.pilot.press("escape")
        assert p.chat.composer.text == "" and not p.chat.banner.display


async def test_a_refused_text_comes_back() -> None:
    async with pair() as p:
        long = "x" * 9_000
        await p.write(long)
        await p.until(lambda: p.told)
        assert "8,192" in p.told[0]
        assert p.chat.composer.text == long
        assert not (await p.mine.history(10)).messages


async def test_unknown_commands_are_never_sent() -> None:
    async with pair() as p:
        await p.write("/joim ops")
        await p.until(lambda: p.told)
        assert "/join" in p.told[0]
        assert p.chat.composer.text == "/joim ops"
        await p.pilot.press("ctrl+u")
        await p.write("//joim")
        await p.until(lambda: "/joim" in shown(p.chat))
        assert [m.text for m in (await p.mine.history(10)).messages] == ["/joim"]


async def test_typing_presence_topic_and_names_are_shown() -> None:
    async with pair() as p:
        await p.hers.do(SetTyping(True))
        await p.until(lambda: "ana is typing…" in str(p.chat.query_one("#typing").render()))
        await p.hers.do(SetAway(True))
        await p.until(lambda: "◐ ana" in roster(p))
        await p.hers.do(SetTopic("apples"))
        await p.until(lambda: "#orchard  apples" in str(p.chat.query_one("#status").render()))
        await p.write("/nick mia")
        await p.until(lambda: p.hers.view.peers[0].name == "mia")
        await p.write("/away")
        await p.until(lambda: p.hers.view.peers[0].state == "away")
        await p.ana.close()
        await p.until(lambda: "○ ana" in roster(p))


def roster(p: Pair) -> str:
    return "\n".join(str(p.chat.roster.get_option_at_index(i).prompt) for i in range(p.chat.roster.option_count))


async def test_who_types_is_drawn_in_its_own_line_and_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    async with pair() as p:
        await p.write("hello ana")
        await p.until(lambda: "hello ana" in shown(p.chat))
        await settled(p.pilot, p.mine, p.hers)
        await p.until(lambda: p.chat.timeline.is_settled)
        done: list[str] = []
        for owner, name in (
            *((Timeline, "_lay_out"), (Timeline, "render_line"), (Roster, "set_options"), (Roster, "render_line")),
            *((StatusLine, "render"), (TypingLine, "render"), (Screen, "_refresh_layout")),
        ):
            monkeypatch.setattr(owner, name, _noted(done, f"{owner.__name__}.{name}", getattr(owner, name)))
        await p.hers.do(SetTyping(True))
        await p.until(lambda: "ana is typing…" in p.chat.query_one(TypingLine).text)
        assert set(done) == {"TypingLine.render"}
        done.clear()
        await p.hers.do(SetAway(True))
        await p.until(lambda: p.chat.view and any(peer.state is PeerState.AWAY for peer in p.chat.view.peers))
        assert "Roster.set_options" in done and "Timeline._lay_out" not in done
        await p.hers.do(SetTopic("harvest"))
        await p.until(lambda: "harvest" in p.chat.query_one("#status", StatusLine).texts[0])
        assert "StatusLine.render" in done and "Timeline._lay_out" not in done


def _noted(done: list[str], name: str, call: Callable[..., object]) -> Callable[..., object]:
    def noted(*args: object, **more: object) -> object:
        done.append(name)
        return call(*args, **more)

    return noted


@pytest.mark.parametrize(("width", "others"), [(80, []), (120, ["people", "rooms"])])
async def test_shift_tab_goes_to_the_messages_then_on_to_people_and_rooms(width: int, others: list[str]) -> None:
    async with pair((width, 36)) as p:
        await p.write("hello")
        await p.until(lambda: "hello" in shown(p.chat))
        for place in ("timeline", *others, "composer"):
            await p.pilot.press("shift+tab")
            assert p.app.focused is not None and p.app.focused.id == place


async def test_my_typing_is_seen() -> None:
    async with pair() as p:
        p.chat.composer.focus()
        await p.pilot.press("h")
        await p.until(lambda: p.hers.view.peers[0].typing)
        await p.pilot.press("backspace")
        await p.until(lambda: not p.hers.view.peers[0].typing)


async def test_other_rooms_run_on_and_count_what_is_new() -> None:
    async with pair(rooms=("orchard", "ops")) as p:
        await p.pilot.press(*"half a thou", "alt+up")
        await p.until(lambda: p.chat.room.name == "ops")  # type: ignore[union-attr]
        assert p.chat.composer.text == ""
        await p.hers.do(Say("are you there?"))
        await p.until(lambda: [i.unread for i in p.chat.room_list.items if i.name == "orchard"] == [1])
        await p.pilot.press("alt+a")
        await p.until(lambda: p.chat.room.name == "orchard")  # type: ignore[union-attr]
        assert p.chat.composer.text == "half a thou", "the draft is the room's"
        await p.until(lambda: "are you there?" in shown(p.chat))
        assert " new " in shown(p.chat)
        assert [i.unread for i in p.chat.room_list.items] == [0, 0]
        p.chat.composer.text = ""
        await p.write("yes")
        await p.until(lambda: "yes" in shown(p.chat) and " new " not in shown(p.chat))


async def test_messages_go_on_arriving_under_a_modal() -> None:
    async with pair() as p:
        await p.pilot.press("f1")
        assert isinstance(p.app.screen, HelpScreen)
        await p.hers.do(Say("meanwhile"))
        await p.until(lambda: "meanwhile" in shown(p.chat))
        await p.pilot.press("f1")
        assert isinstance(p.app.screen, ChatScreen)


async def test_rooms_and_people_by_keys_at_every_width() -> None:
    for width, has_rooms, has_people in ((80, False, False), (110, False, True), (130, True, True)):
        async with pair(size=(width, 30)) as p:
            assert (p.chat.room_list.region.width > 0) is has_rooms
            assert (p.chat.roster.region.width > 0) is has_people
            await p.pilot.press("alt+k")
            await p.pilot.pause()
            assert p.chat.room_list.has_focus and p.chat.room_list.region.width > 0
            await p.pilot.press("escape")
            await p.pilot.pause()
            assert p.chat.composer.has_focus
            assert (p.chat.room_list.region.width > 0) is has_rooms
            await p.pilot.press("ctrl+t")
            await p.pilot.pause()
            assert (p.chat.roster.region.width > 0) is not has_people
            await p.pilot.press("ctrl+t")
            await p.pilot.pause()
            assert (p.chat.roster.region.width > 0) is has_people


async def test_the_invite_screen_copies() -> None:
    async with pair() as p:
        await p.write("/invite")
        await p.until(lambda: isinstance(p.app.screen, InviteScreen))
        await p.pilot.press("c")
        assert p.app.clipboard == await p.me.invite("orchard")
        await p.pilot.press("escape")
        assert isinstance(p.app.screen, ChatScreen)


async def test_an_invite_is_not_sent_by_mistake() -> None:
    async with pair() as p:
        invite = await p.me.invite("orchard")
        await p.write(invite)
        await p.until(lambda: p.told)
        assert not (await p.mine.history(5)).messages
        assert p.chat.composer.text == invite
        await p.pilot.press("enter")
        await p.until(lambda: p.chat.room.window.messages)  # type: ignore[union-attr]


async def test_forgetting_asks_and_erases() -> None:
    async with pair(rooms=("orchard", "ops")) as p:
        await p.write("/forget")
        await p.until(lambda: isinstance(p.app.screen, ConfirmScreen))
        await p.pilot.press("escape")
        assert len(await p.me.rooms()) == 2
        await p.write("/forget")
        await p.until(lambda: isinstance(p.app.screen, ConfirmScreen))
        await p.pilot.click("#yes")
        await p.until(lambda: isinstance(p.app.screen, HomeScreen))
        assert [room.name for room in await p.me.rooms()] == ["ops"]


async def test_leaving_a_room_goes_to_another_running_one() -> None:
    async with pair(rooms=("orchard", "ops")) as p:
        await p.write("/join ops")
        await p.until(lambda: p.chat.room.name == "ops")  # type: ignore[union-attr]
        await p.write("/part")
        await p.until(lambda: p.chat.room and p.chat.room.name == "orchard")
        assert not any(item.running for item in p.chat.room_list.items if item.name == "ops")
        assert len(await p.me.rooms()) == 2
        await p.write("/part")
        await p.until(lambda: isinstance(p.app.screen, HomeScreen))


async def test_a_long_history_is_paged() -> None:
    async with pair(size=(80, 24)) as p:
        for number in range(450):
            await p.hers.do(Say(f"message {number}"))
        await settled(p.pilot, p.mine, p.hers)
        await p.until(lambda: "message 449" in shown(p.chat))
        await p.write("/clear")
        await p.until(lambda: "message" not in shown(p.chat))
        p.chat.timeline.focus()
        for expected in (250, 50, 0):
            await p.pilot.press("home", "pageup")
            await p.until(lambda expected=expected: f"message {expected}\n" in shown(p.chat) + "\n")
        await p.pilot.press("home")
        assert "Here begins #orchard" in p.chat.timeline.render_line(0).text


async def test_the_network_is_told_when_everybody_is_lost() -> None:
    async with pair() as p:
        await p.hers.do(Say("hi"))
        await p.until(lambda: "hi" in shown(p.chat))
        await p.ana.close()
        p.world.hub.cut()
        await p.pilot.pause()
        await p.world.pass_time(2_000)  # a shorter loss is not shown
        await p.until(lambda: "relay lost" in str(p.chat.query_one("#status").render()))
        network = p.chat.query_one("#network")
        await p.until(lambda: network.display and "relay" in str(network.render()).lower())
        p.world.hub.heal()
        await p.until(lambda: "relay lost" not in str(p.chat.query_one("#status").render()))


async def test_two_of_one_name_are_told_apart() -> None:
    async with pair() as p:
        twin = p.world.profile("ana")
        await twin.join_invite(await p.me.invite("orchard"))
        theirs = await twin.open("orchard")
        await met(p.pilot, p.mine, p.hers, theirs)
        await theirs.do(Say("i am ana"))
        await p.until(lambda: f"ana·{theirs.view.me.tag}"[:12] in shown(p.chat))
        assert f"ana·{p.hers.view.me.tag}" in roster(p)


async def test_theme_help_and_react_by_name() -> None:
    async with pair() as p:
        await p.write(f"/theme {LIGHT.name}")
        await p.until(lambda: p.app.theme == LIGHT.name)
        await p.hers.do(Say("hm"))
        await p.until(lambda: "hm" in shown(p.chat))
        await p.write("/react nonsense")
        await p.until(lambda: any("no emoji" in text for text in p.told))
        assert not (await p.newest()).reactions


async def test_reactions_of_others_arrive() -> None:
    async with pair() as p:
        await p.write("look")
        await settled(p.pilot, p.mine, p.hers)
        await p.hers.do(React((await p.newest()).id, "👀"))
        await p.until(lambda: "👀 1" in shown(p.chat))


async def test_a_small_terminal_says_so_and_loses_nothing() -> None:
    async with pair() as p:
        await p.pilot.press(*"draft")
        await p.pilot.resize_terminal(40, 10)
        await p.pilot.pause()
        cover = p.chat.query_one("#too-small", Static)
        assert cover.display and cover.region.size == p.app.size
        await p.pilot.resize_terminal(100, 30)
        await p.pilot.pause()
        assert not cover.display and p.chat.composer.text == "draft"


async def test_what_the_empty_line_says_and_what_is_answered_take_the_room_that_there_is() -> None:
    async with pair((60, 24)) as p:
        await p.hers.do(Say("shall we go there on Sunday, or is that too late for the apples, as they say?"))
        await p.until(lambda: "shall we" in shown(p.chat))
        p.chat.timeline.focus()
        await p.pilot.press("up", "r")
        assert "Tab completes" not in str(p.chat.composer.placeholder) and "say?”" not in str(p.chat.banner.visual)
        await p.pilot.resize_terminal(140, 24)
        await p.until(lambda: "Tab completes" in str(p.chat.composer.placeholder))
        await p.until(lambda: "say?”" in str(p.chat.banner.visual))


async def test_who_is_away_is_so_in_every_room_that_runs() -> None:
    async with pair(rooms=("orchard", "ops")) as p:
        await p.write("/join ops")
        await p.until(lambda: len(p.chat.rooms.open) == 2 and p.chat.room.name == "ops")  # type: ignore[union-attr]
        for typed, away in (("/away", True), ("/back", False)):
            await p.write(typed)
            rooms = p.chat.rooms.open.values()
            await p.until(lambda rooms=rooms, away=away: {each.session.view.away for each in rooms} == {away})


async def test_who_is_away_is_so_in_a_room_that_is_opened_meanwhile() -> None:
    async with pair(rooms=("orchard", "ops")) as p:
        await p.write("/away")
        await p.until(lambda: p.mine.view.away)
        ops = await p.ana.open("ops")
        await p.write("/join ops")
        await p.until(lambda: p.chat.room and p.chat.room.name == "ops" and p.chat.room.session.view.away)
        await p.until(lambda: ops.view.peers and ops.view.peers[0].state is PeerState.AWAY)
        await p.write("/back")
        await p.until(lambda: not any(room.session.view.away for room in p.chat.rooms.open.values()))


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("/nick may", "You are called may now."),
        ("/status baking", "Under your name stands “baking”."),
        ("/status -", "Nothing stands under your name any more."),
        ("/colour Pink", "Your name is pink for all here."),
        ("/colour #00ff00", "Your name is green for all here."),
        ("/colour none", "Your name is in the colour of your key for all here."),
        ("/colour #808080", "Of the colours for a name this is none: "),
        ("/colour #12", "Of the colours for a name this is none: "),
        ("/alias ana Mum", "You alone call ana·{tag} Mum now."),
        ("/unignore ana", "Everything of ana is shown again."),
        ("/keep 5000", "Of #orchard this machine keeps 5,000 messages."),
        ("/keep 1d", "Of #orchard this machine keeps 1 day."),
        ("/keep", "Of #orchard this machine keeps everything."),
    ],
)
async def test_a_command_whose_effect_a_narrow_window_does_not_show_says_what_it_did(typed: str, told: str) -> None:
    async with pair((80, 24)) as p:
        if typed.startswith("/unignore"):
            await p.mine.do(SetIgnored(p.hers.view.me, True))
        await p.write(typed)
        await p.until(lambda: any(text.startswith(told.format(tag=p.hers.view.me.tag)) for text in p.told))


async def test_a_command_that_is_refused_says_nothing_else() -> None:
    async with pair() as p:
        await p.write("/keep some")
        await p.until(lambda: p.told)
        p.chat.composer.clear()
        await p.write("/keep 30d")
        await p.until(lambda: len(p.told) == 2)
        assert p.told[1] == "Of #orchard this machine keeps 30 days."


async def test_keep_that_erases_messages_asks_first() -> None:
    async with pair() as p:
        await p.hers.do(Say("the only one of hers"))
        await p.until(lambda: "the only one of hers" in shown(p.chat))
        for number in range(5):
            await p.mine.do(Say(f"line {number}"))
        await p.write("/keep 3")
        await p.until(lambda: isinstance(p.app.screen, ConfirmScreen))
        question = str(p.app.screen.query_one(Static).render())
        assert question.startswith("Erase 2 messages of #orchard from this machine?")
        await p.pilot.press("escape")
        await p.until(lambda: not isinstance(p.app.screen, ConfirmScreen))
        assert p.mine.view.keep == "all" and len((await p.mine.history(9)).messages) == 6
        await p.write("/keep 3")
        await p.until(lambda: isinstance(p.app.screen, ConfirmScreen))
        await p.pilot.click("#yes")
        await p.until(lambda: p.told == ["Of #orchard this machine keeps 3 messages."])
        await p.until(lambda: "line 1" not in shown(p.chat) and "line 2" in shown(p.chat))
        left = [message.text for message in (await p.mine.history(9)).messages]
        assert left == ["the only one of hers", "line 2", "line 3", "line 4"]


async def test_of_a_room_that_is_nowhere_on_disk_keep_says_why_that_stays_so() -> None:
    async with pair() as p:
        await p.me.new_room("attic", keep="none")
        p.chat.enter(Choice("attic"))
        await p.until(lambda: p.chat.view and p.chat.view.name == "attic")
        await p.write("/keep")
        await p.until(lambda: p.told)
        assert p.told == ["Of #attic this machine keeps nothing. That was decided when it was joined."]


async def test_the_palette_knows_rooms_and_commands() -> None:
    async with pair(rooms=("orchard", "ops")) as p:
        await p.until(lambda: len(p.chat.room_list.items) == 2)
        await p.pilot.press("ctrl+p")
        await p.until(lambda: p.app.screen.query("CommandInput"))
        await p.pilot.press(*"open #ops")
        await p.until(lambda: p.app.screen.query_one("CommandList").option_count)  # type: ignore[attr-defined]
        await p.pilot.press("enter")
        await p.until(lambda: isinstance(p.app.screen, ChatScreen) and chat_of(p.pilot).room.name == "ops")  # type: ignore[union-attr]


async def test_the_palette_does_not_offer_to_show_one_widget_alone() -> None:
    async with pair() as p:
        assert p.app.focused is p.chat.composer
        titles = [each.title for each in p.app.get_system_commands(p.chat)]
        assert "Maximize" not in titles and "Theme" in titles


async def test_what_was_not_read_is_new_after_a_restart() -> None:
    world = World()
    ana, bo = world.profile("ana"), world.profile("bo")

    async def before() -> None:
        await ana.new_room("orchard")
        await bo.join_invite(await ana.invite("orchard"))
        hers, his = await ana.open("orchard"), await bo.open("orchard")
        world.clock.wall += 60_000
        events = hers.events()
        await his.do(Say("while you were away"))
        async for event in events:
            if isinstance(event, MessageAdded):
                break
        await hers.close()
        assert [room.unread for room in await ana.rooms()] == [1]

    async with world.app(ana, "orchard", before=before).run_test() as pilot:
        chat = await in_room(pilot)
        await until(pilot, lambda: "while you were away" in shown(chat))
        assert chat.room
        assert chat.room.first_new == chat.room.window.messages[-1].order, "under the line, for it was not read"
        await until(pilot, lambda: chat.room is not None and chat.room.session.view.unread == 0)
        assert [room.unread for room in await ana.rooms()] == [0]
