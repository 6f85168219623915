"""Where one was is where one begins: the room, and how far up in it; over switches and over restarts."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot

from p2pchat_tui.session.api import Say
from p2pchat_tui.ui.screens.chat import ChatScreen
from p2pchat_tui.ui.screens.home import HomeScreen
from p2pchat_tui.ui.screens.places import read_place, write_place
from tests.ui.messages import message
from tests.ui.pair import pair
from tests.ui.test_rooms import hear, open_both
from tests.ui.world import World, in_room, until

ID = message(1).id.text
MANY = 260
"""More than the newest page."""


def top(chat: ChatScreen) -> str:
    """The first whole message that can be seen."""
    timeline = chat.timeline
    lines = [timeline._stacked.line(y)[0].text for y in range(round(timeline.scroll_y), round(timeline.scroll_y) + 6)]
    return next(line.split("number ")[1].strip() for line in lines if "number " in line)


async def ready(pilot: Pilot[str | None]) -> ChatScreen:
    chat = await in_room(pilot)
    await until(pilot, lambda: chat.timeline.is_settled and chat.timeline._stacked.height > 100)
    return chat


async def test_the_next_start_begins_in_the_same_room_at_the_same_place() -> None:
    world = World()
    me = world.profile("maya")
    await me.new_room("orchard")
    await me.new_room("ops")
    session = await me.open("ops")
    for number in range(MANY):
        world.clock.advance(1_000)
        await session.do(Say(f"number {number}"))
    world.closed = True  # the profile outlives the windows
    async with world.app(me, "ops").run_test() as pilot:
        chat = await ready(pilot)
        chat.timeline.focus()
        await pilot.press("home")
        await until(pilot, lambda: len(chat.room.window.messages) == MANY and chat.timeline.is_settled)  # type: ignore[union-attr]
        await pilot.press("home", "pagedown")
        assert not chat.timeline.following
        seen = top(chat)
    async with world.app(me).run_test() as pilot:
        chat = await ready(pilot)
        assert chat.room and chat.room.name == "ops"
        await until(pilot, lambda: not chat.timeline.following and top(chat) == seen)
        assert chat.room.window.cut_off, "the newest page is not held, and would be far away"
        await pilot.press("escape")
        chat.timeline.focus()
        await pilot.press("end")
        await until(pilot, lambda: chat.timeline.following)
        await pilot.press("escape", *"/join orchard", "enter")
        await until(pilot, lambda: chat.room and chat.room.name == "orchard")
    async with world.app(me).run_test() as pilot:
        chat = await in_room(pilot)
        assert chat.room and chat.room.name == "orchard"
        await pilot.press(*"/join ops", "enter")
        await until(pilot, lambda: chat.room and chat.room.name == "ops")
        await until(pilot, lambda: chat.timeline.is_settled and "259" in chat.room.window.messages[-1].text)  # type: ignore[union-attr]
        assert chat.timeline.following, "who was at the newest is there again"
        await pilot.press(*"/part", "enter")
        await until(pilot, lambda: chat.room and chat.room.name == "orchard")
        await pilot.press(*"/part", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, HomeScreen))
    async with world.app(me).run_test() as pilot:
        await until(pilot, lambda: isinstance(pilot.app.screen, HomeScreen))
    world.closed = False
    await world.close()


async def test_a_room_that_was_left_for_another_is_as_one_left_it_but_news_are_gone_to() -> None:
    async with pair(rooms=("orchard", "ops")) as p:
        ops = await open_both(p, "ops")
        for number in range(60):
            p.world.clock.advance(1_000)
            await p.mine.do(Say(f"number {number}"))
        await p.until(lambda: p.chat.timeline.is_settled and len(p.chat.room.window.messages) == 60)  # type: ignore[union-attr]
        await p.pilot.press("pageup", "pageup")
        await p.until(lambda: not p.chat.timeline.following)
        seen = top(p.chat)
        await hear(p, ops, "over here")
        await p.pilot.press("alt+a")
        await p.until(lambda: p.chat.room.name == "ops")  # type: ignore[union-attr]
        await p.pilot.press("alt+down")
        await p.until(lambda: p.chat.room.name == "orchard" and not p.chat.timeline.following)  # type: ignore[union-attr]
        await p.until(lambda: p.chat.timeline.is_settled and top(p.chat) == seen)
        await p.pilot.press("alt+down")
        await p.until(lambda: p.chat.room.name == "ops")  # type: ignore[union-attr]
        p.world.clock.advance(1_000)
        await p.hers.do(Say("number 60"))
        await p.until(lambda: any(item.unread for item in p.chat.room_list.items))
        await p.pilot.press("alt+a")
        await p.until(lambda: p.chat.room.name == "orchard" and p.chat.timeline.following)  # type: ignore[union-attr]


@pytest.mark.parametrize("text", ["", "zz 1", ID, f"{ID} x", f"{ID} 99999"])
def test_a_place_that_the_disk_has_spoilt_is_none(text: str) -> None:
    assert read_place(text) is None


def test_a_place_reads_as_it_was_written() -> None:
    assert read_place(write_place((message(1).id, -2))) == (message(1).id, -2)
    assert write_place(None) == ""
