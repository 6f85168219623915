"""The first screen: new rooms, joining, recent rooms, names; errors in their place."""

from __future__ import annotations

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input, OptionList, Static

from p2pchat_tui.ports.store import StoreError
from p2pchat_tui.ui.app import DEMO
from p2pchat_tui.ui.screens.chat import ChatScreen
from p2pchat_tui.ui.screens.home import Choice, HomeScreen
from tests.ui.world import World, chat_of, home_of, in_room, until


def field(pilot: Pilot[str | None], name: str) -> Input:
    return pilot.app.screen.query_one(f"#{name}", Input)


def error(pilot: Pilot[str | None]) -> str:
    return str(pilot.app.screen.query_one("#home-error", Static).visual)


async def test_a_new_room_shows_and_copies_its_invite_at_once() -> None:
    world = World()
    me = world.profile("maya")
    async with world.app(me).run_test() as pilot:
        await until(pilot, lambda: pilot.app.screen.query("#new-name"))
        assert field(pilot, "new-name").value, "a name is proposed"
        assert not any(box.cursor_blink for box in pilot.app.screen.query(Input)), "each blink goes over the line"
        field(pilot, "new-name").value = "orchard"
        await pilot.press("enter")
        chat = await in_room(pilot)
        await until(pilot, lambda: chat.card.invite)
        assert chat.card.invite == await me.invite("orchard")
        assert pilot.app.clipboard == chat.card.invite
        assert chat.card.display and not chat.timeline.display
        assert chat.view and chat.view.words in str(chat.card.query_one("#card-words", Static).visual)


async def test_a_taken_name_is_said_and_nothing_is_lost() -> None:
    world = World()
    me = world.profile("maya")
    await me.new_room("orchard")
    async with world.app(me).run_test() as pilot:
        await until(pilot, lambda: pilot.app.screen.query("#new-name"))
        field(pilot, "new-name").value = "orchard"
        await pilot.press("enter")
        await until(pilot, lambda: "orchard already" in error(pilot))
        assert field(pilot, "new-name").value == "orchard"


async def test_a_pasted_invite_is_masked_and_joins_even_with_line_breaks() -> None:
    world = World()
    ana, me = world.profile("ana"), world.profile("maya")
    await ana.new_room("orchard")
    invite = await ana.invite("orchard")
    async with world.app(me).run_test() as pilot:
        await until(pilot, lambda: pilot.app.screen.query("#join-what"))
        what = field(pilot, "join-what")
        what.focus()
        await pilot.pause()
        pilot.app.post_message(events.Paste(f"  {invite[:30]}\r\n{invite[30:]} \n"))
        await until(pilot, lambda: what.value == invite)
        assert what.password and not field(pilot, "phrase").display
        assert invite not in pilot.app.export_screenshot()
        await pilot.press("enter")
        chat = await in_room(pilot)
        assert chat.room and chat.room.name == "orchard"
        assert chat.view and chat.view.room == (await ana.rooms())[0].room


async def test_a_damaged_invite_is_said_and_kept() -> None:
    world = World()
    async with world.app(world.profile("maya")).run_test() as pilot:
        await until(pilot, lambda: pilot.app.screen.query("#join-what"))
        field(pilot, "join-what").focus()
        field(pilot, "join-what").value = "p2pchat:///orchard#AAAA"
        await pilot.press("enter")
        await until(pilot, lambda: "damaged" in error(pilot))
        assert field(pilot, "join-what").value == "p2pchat:///orchard#AAAA"


async def test_a_name_and_a_passphrase_meet() -> None:
    world = World()
    ana, me = world.profile("ana"), world.profile("maya")
    theirs = await ana.join_passphrase("Orchard", "five quiet apples fall down")
    async with world.app(me).run_test() as pilot:
        await until(pilot, lambda: pilot.app.screen.query("#join-what"))
        field(pilot, "join-what").focus()
        await pilot.press(*"orchard", "enter")
        assert pilot.app.focused is field(pilot, "phrase")
        await pilot.press(*"five quiet apples fall down")
        strength = str(pilot.app.screen.query_one("#strength", Static).visual)
        assert strength
        await pilot.press("enter")
        chat = await in_room(pilot)
        assert chat.view and chat.view.room == theirs.room


async def test_a_room_name_alone_is_not_enough() -> None:
    world = World()
    async with world.app(world.profile("maya")).run_test() as pilot:
        await until(pilot, lambda: pilot.app.screen.query("#join-what"))
        field(pilot, "join-what").value = "orchard"
        await pilot.click("#join")
        await until(pilot, lambda: "passphrase is needed" in error(pilot))


async def test_recent_rooms_open_the_newest_first() -> None:
    world = World()
    me = world.profile("maya")
    for name in ("ops", "orchard"):
        world.clock.advance(60_000)
        await me.new_room(name)
    async with world.app(me).run_test() as pilot:
        await until(pilot, lambda: pilot.app.screen.query("#recent"))
        recent = pilot.app.screen.query_one("#recent", OptionList)
        await until(pilot, lambda: recent.option_count == 2)
        recent.focus()
        await pilot.press("down", "down", "enter")
        chat = await in_room(pilot)
        assert chat.room and chat.room.name == "ops"


async def test_the_name_is_kept_for_new_rooms() -> None:
    world = World()
    me = world.profile("amber-otter")
    async with world.app(me).run_test() as pilot:
        await until(pilot, lambda: pilot.app.screen.query("#nick"))
        assert field(pilot, "nick").value == "amber-otter"
        field(pilot, "nick").value = " @maya\x1b "
        await pilot.press("enter")
        chat = await in_room(pilot)
        assert me.nickname == "maya␛"
        assert chat.view and chat.view.my_name == "maya␛"


async def test_the_demo_is_the_callers() -> None:
    world = World()
    app = world.app(world.profile("maya"))
    async with app.run_test() as pilot:
        await until(pilot, lambda: pilot.app.screen.query("#demo"))
        await pilot.click("#demo")
        await until(pilot, lambda: app.return_value)
    assert app.return_value == DEMO


async def test_a_notice_is_told_where_one_begins_in_a_room_too() -> None:
    world = World()
    me = world.profile("maya", notice="[red]guest[/red] 1")
    await me.new_room("orchard")
    async with world.app(me, "orchard").run_test() as pilot:
        await in_room(pilot)
        assert [each.message for each in pilot.app._notifications] == ["[red]guest[/red] 1"]


async def test_what_is_found_damaged_while_one_looks_for_the_last_room_is_told() -> None:
    world = World()
    me = world.profile("maya")

    async def damaged() -> str:
        raise StoreError("The saved room “orchard” was damaged on the disk: join it again by its invite.")

    me.last_room = damaged  # type: ignore[method-assign]
    async with world.app(me).run_test() as pilot:
        await until(pilot, lambda: isinstance(pilot.app.screen, HomeScreen))
        assert ["orchard" in each.message for each in pilot.app._notifications] == [True]


async def test_a_notice_is_shown_as_text_and_whole() -> None:
    world = World()
    notice = f"[red]guest[/red] 1{' and more to know' * 20}."
    async with world.app(world.profile("maya", notice=notice)).run_test() as pilot:
        await until(pilot, lambda: pilot.app.screen.query("#home-notice"))
        assert str(pilot.app.screen.query_one("#home-notice", Static).visual) == notice


async def test_a_start_room_that_is_not_there_leads_home() -> None:
    world = World()
    async with world.app(world.profile("maya"), "nowhere").run_test() as pilot:
        await until(pilot, lambda: isinstance(pilot.app.screen, HomeScreen))
        assert any("no saved room called nowhere" in note.message for note in pilot.app._notifications)


@pytest.mark.parametrize("size", [(80, 24), (60, 20)])
async def test_everything_is_in_view_in_a_small_terminal(size: tuple[int, int]) -> None:
    world = World()
    me = world.profile("maya")
    await me.new_room("orchard")
    async with world.app(me).run_test(size=size) as pilot:
        await until(pilot, lambda: pilot.app.screen.query("#recent") and pilot.app.screen.query_one("#recent").display)
        for name in ("nick", "new-name", "create", "join-what", "phrase", "join", "recent"):
            assert pilot.app.screen.query_one(f"#{name}").region.bottom <= size[1] - 1, name


async def test_a_second_room_from_the_chat_and_back() -> None:
    world = World()
    me = world.profile("maya")
    await me.new_room("orchard")
    async with world.app(me, "orchard").run_test() as pilot:
        await in_room(pilot)
        await pilot.press(*"/new", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, HomeScreen))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, ChatScreen))
        await pilot.press(*"/new ops", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, HomeScreen))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ChatScreen))
        await until(pilot, lambda: chat_of(pilot).room and chat_of(pilot).room.name == "ops")  # type: ignore[union-attr]
        assert set(chat_of(pilot).rooms.open) == {"orchard", "ops"}


async def test_a_room_is_chosen_before_the_screen_was_drawn_again() -> None:
    world = World()
    me = world.profile("maya")
    await me.new_room("orchard")
    async with world.app(me).run_test() as pilot:
        await until(pilot, lambda: isinstance(pilot.app.screen, HomeScreen))
        home = home_of(pilot)
        home.dismiss(Choice("orchard"))
        home.on_resize()
        await in_room(pilot)
        await until(pilot, lambda: not home.is_running)
