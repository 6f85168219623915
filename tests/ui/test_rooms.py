"""Many rooms: their list, its counts and its order, and the ways from one to another."""

from __future__ import annotations

from textual.widgets import Input, OptionList

from p2pchat_tui.session.api import Say
from p2pchat_tui.session.session import Session
from p2pchat_tui.ui.screens.home import HomeScreen
from p2pchat_tui.ui.screens.switcher import SwitchScreen, found
from tests.ui.pair import Pair, pair
from tests.ui.test_importance import item
from tests.ui.world import met, settled

ROOMS = ("orchard", "ops", "book-club")


async def open_both(p: Pair, name: str) -> Session:
    """Have a room run in my window, behind the one on the screen; her session in it."""
    was = p.chat.room.name  # type: ignore[union-attr]
    await p.write(f"/join {name}")
    await p.until(lambda: p.chat.room.name == name)  # type: ignore[union-attr]
    hers = await p.ana.open(name)
    await met(p.pilot, p.chat.room.session, hers)  # type: ignore[union-attr]
    await p.write(f"/join {was}")
    await p.until(lambda: p.chat.room.name == was)  # type: ignore[union-attr]
    return hers


async def hear(p: Pair, room: Session, text: str) -> None:
    p.world.clock.advance(1_000)
    await room.do(Say(text))
    await settled(p.pilot, room, p.chat.rooms.open[room.name].session)
    await p.until(lambda: text in [each.text for each in p.chat.rooms.open[room.name].window.messages])


def listed(p: Pair) -> list[str]:
    rooms = p.chat.room_list
    return [" ".join(str(rooms.get_option_at_index(i).prompt).split()) for i in range(rooms.option_count - 1)]


async def test_the_list_counts_mentions_beside_unread_and_puts_what_matters_first() -> None:
    async with pair(rooms=ROOMS) as p:
        ops, books = await open_both(p, "ops"), await open_both(p, "book-club")
        await hear(p, ops, "the build is green")
        await hear(p, ops, "and stays so")
        await p.until(lambda: listed(p) == ["│#ops 2", "│#book-club", "▌#orchard"])
        await hear(p, books, "maya, have you read it?")
        await p.until(lambda: listed(p) == ["│#book-club @1 1", "│#ops 2", "▌#orchard"])
        await p.pilot.press("alt+a")
        await p.until(lambda: p.chat.room.name == "book-club")  # type: ignore[union-attr]
        await p.until(lambda: listed(p) == ["│#ops 2", "▌#book-club", "│#orchard"])
        assert [each.mentions for each in await p.me.rooms()] == [0, 0, 0]


async def test_a_muted_room_counts_quietly_at_the_end() -> None:
    async with pair(rooms=ROOMS) as p:
        ops = await open_both(p, "ops")
        await p.write("/join ops")
        await p.until(lambda: p.chat.room.name == "ops")  # type: ignore[union-attr]
        await p.write("/mute")
        await p.write("/join orchard")
        await p.until(lambda: p.chat.room.name == "orchard")  # type: ignore[union-attr]
        titles: list[str] = []
        p.chat.notices._emit = titles.append
        await hear(p, ops, "maya! maya!")
        await p.until(lambda: listed(p)[-1] == "│#ops @1 1")
        assert not any("(" in title for title in titles), "the title does not count it"
        line = p.chat.room_list.get_option_at_index(2).prompt
        assert any("$quiet" in str(span.style) for span in line.spans)  # type: ignore[union-attr]


async def test_nothing_moves_while_somebody_chooses() -> None:
    async with pair(rooms=ROOMS) as p:
        ops = await open_both(p, "ops")
        await p.until(lambda: len(listed(p)) == 3)
        await p.pilot.press("alt+k")
        assert p.chat.room_list.has_focus
        before = [each.name for each in p.chat.room_list.items]
        assert before[0] != "ops"
        await hear(p, ops, "maya: now!")
        await p.until(lambda: any(each.mentions for each in p.chat.room_list.items))
        assert [each.name for each in p.chat.room_list.items] == before
        await p.pilot.press("escape")
        await p.until(lambda: listed(p)[0] == "│#ops @1 1")
        await p.pilot.hover("#rooms", offset=(3, 2))
        await p.until(lambda: p.chat.room_list.is_looked_at)
        books = await open_both(p, "book-club")
        before = [each.name for each in p.chat.room_list.items]
        await hear(p, books, "maya, and you?")
        await p.until(lambda: sum(each.mentions for each in p.chat.room_list.items) == 2)
        assert [each.name for each in p.chat.room_list.items] == before
        await p.pilot.hover("#timeline")
        await p.until(lambda: listed(p)[0] == "│#book-club @1 1")


async def test_whoever_walks_through_the_rooms_comes_through_all_of_them() -> None:
    async with pair(rooms=ROOMS) as p:
        for name in ("ops", "book-club"):
            await hear(p, await open_both(p, name), f"news of {name}")
        await p.until(lambda: [each.unread for each in p.chat.room_list.items] == [1, 1, 0])
        seen = []
        for _ in ROOMS:
            before = p.chat.room
            await p.pilot.press("alt+down")
            await p.until(lambda before=before: p.chat.room is not before)
            seen.append(p.chat.room.name)  # type: ignore[union-attr]
        assert sorted(seen) == sorted(ROOMS)
        assert p.chat.room.name == "orchard"  # type: ignore[union-attr]


async def test_the_order_can_be_by_name() -> None:
    async with pair(rooms=ROOMS) as p:
        ops = await open_both(p, "ops")
        await hear(p, ops, "first")
        await p.until(lambda: listed(p)[0] == "│#ops 1")
        await p.write("/set room_order name")
        await p.until(lambda: [each.name for each in p.chat.room_list.items] == sorted(ROOMS))


def offered(p: Pair) -> list[str]:
    rooms = p.app.screen.query_one("#switch-list", OptionList)
    return [" ".join(str(rooms.get_option_at_index(i).prompt).split()) for i in range(rooms.option_count)]


async def test_the_switcher_offers_what_matters_first_and_finds_by_a_few_letters() -> None:
    async with pair(rooms=ROOMS) as p:
        await hear(p, await open_both(p, "ops"), "maya, the build is red")
        await p.until(lambda: p.chat.room_list.items[0].unread)
        await p.write("half a thou")  # sent; what follows is a draft
        p.chat.composer.focus()
        await p.pilot.press(*"draft", "ctrl+k")
        assert isinstance(p.app.screen, SwitchScreen)
        await p.pilot.pause()
        assert offered(p) == ["#ops 1 there @1 1", "#book-club closed", "#orchard 1 there", "+ new or join"]
        await p.pilot.press(*"bkc")
        await p.until(lambda: offered(p) == ["#book-club closed", "+ new or join bkc"])
        await p.pilot.press("escape")
        assert p.app.screen is p.chat and p.chat.room.name == "orchard"  # type: ignore[union-attr]
        assert p.chat.composer.text == "draft"
        await p.pilot.press("ctrl+k", "enter")
        await p.until(lambda: p.chat.room.name == "ops")  # type: ignore[union-attr]
        await p.pilot.press("ctrl+k", *"#ORCH", "enter")
        await p.until(lambda: p.chat.room.name == "orchard")  # type: ignore[union-attr]
        assert p.chat.composer.text == "draft"
        await p.pilot.press("ctrl+k", "down", "down", "down", "down", "up", "up", "enter")
        await p.until(lambda: p.chat.room.name == "book-club")  # type: ignore[union-attr]
        await p.pilot.press("ctrl+k", "ctrl+k")
        assert p.app.screen is p.chat
        await p.write("/rooms")
        await p.until(lambda: isinstance(p.app.screen, SwitchScreen))
        await p.pilot.click("#switch-list", offset=(3, 0))
        await p.until(lambda: p.app.screen is p.chat and p.chat.room.name != "book-club")  # type: ignore[union-attr]


async def test_a_name_that_no_room_has_leads_to_where_rooms_are_made() -> None:
    async with pair(size=(60, 20)) as p:
        await p.pilot.press("ctrl+k", *"#cellar")
        await p.until(lambda: offered(p) == ["+ new or join #cellar"])
        await p.pilot.press("enter")
        await p.until(lambda: isinstance(p.app.screen, HomeScreen))
        await p.until(lambda: p.app.screen.query_one("#new-name", Input).value == "cellar")


def test_letters_in_their_order_find_a_room_and_the_best_comes_first() -> None:
    rooms = [item("orchard"), item("north"), item("torch")]
    assert [each.name for each in found(rooms, "orc")] == ["orchard", "torch"]
    assert [each.name for each in found(rooms, " #ORTH ")] == ["north"]
    assert found(rooms, "@") == rooms
    assert found(rooms, "xyz") == []
