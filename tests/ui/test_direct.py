"""Rooms of two in the app: /msg, /query, /decline, the question, and what is called where."""

from __future__ import annotations

import asyncio

import pytest
from textual.widgets import OptionList

from p2pchat_tui.session.api import DirectAsked, DirectCalled, Say
from p2pchat_tui.session.session import Session
from p2pchat_tui.ui.addressing import Person, addressed
from p2pchat_tui.ui.screens.ask import AskScreen
from p2pchat_tui.ui.screens.chat import ChatScreen
from tests.helpers import identity
from tests.ui.pair import Pair, pair
from tests.ui.test_rooms import listed
from tests.ui.world import met, settled, shown


async def heard(session: Session, kind: type[object]) -> object:
    async with asyncio.timeout(10):
        async for event in session.events():
            if isinstance(event, kind):
                return event
    raise AssertionError("the room ended")


async def asked(p: Pair) -> None:
    """She asks me for a room of two."""
    await p.ana.direct(p.mine.view.me, "maya", "orchard")
    await p.until(lambda: p.chat.rooms.asks)


async def test_msg_opens_a_room_of_two_and_says_the_text_there() -> None:
    async with pair() as p:
        told = asyncio.create_task(heard(p.hers, DirectAsked))
        await p.write("/msg @ANA are you coming?")
        await p.until(lambda: p.chat.room.name == "ana")  # type: ignore[union-attr]
        await p.until(lambda: "are you coming?" in shown(p.chat))
        assert "Here begins @ana" in shown(p.chat) and not p.chat.card.display
        assert str(p.chat.query_one("#status").render()).startswith("@ana")
        assert str(p.chat.composer.placeholder).startswith("Message @ana")
        await p.pilot.press("f4")
        await p.until(lambda: p.app.screen.query_one("#inspector").border_title == "links · @ana")
        await p.pilot.press("escape")
        assert listed(p)[:2] == ["▌@ana", "│#orchard"]
        assert await told == DirectAsked(p.mine.view.me, "maya")
        theirs = await p.ana.direct(p.mine.view.me, "maya", "orchard")
        hers = await p.ana.open(theirs.name)
        await met(p.pilot, p.chat.room.session, hers)  # type: ignore[union-attr]
        await hers.do(Say("yes, at noon"))
        await p.until(lambda: "yes, at noon" in shown(p.chat))
        await p.write("/invite")
        await p.until(lambda: any("room of two" in text for text in p.told))
        assert isinstance(p.app.screen, ChatScreen)
        p.chat.composer.clear()
        await p.write("/join #orchard")
        await p.until(lambda: p.chat.room.name == "orchard")  # type: ignore[union-attr]
        await p.write("/query ana")
        await p.until(lambda: p.chat.room.name == "ana")  # type: ignore[union-attr]
        assert len(await p.me.rooms()) == 2, "the same room again"


async def test_nobody_is_led_into_a_room_of_two_without_a_yes() -> None:
    async with pair() as p:
        await asked(p)
        assert any("ana would like to talk to you alone" in text for text in p.told)
        assert listed(p) == ["?@ana", "▌#orchard"]
        assert [room.name for room in await p.me.rooms()] == ["orchard"]
        await p.pilot.press("ctrl+k")
        rooms = p.app.screen.query_one("#switch-list", OptionList)
        await p.until(lambda: "asks you" in str(rooms.get_option_at_index(0).prompt))
        await p.pilot.press("enter")
        await p.until(lambda: isinstance(p.app.screen, AskScreen))
        await p.pilot.press("escape")
        assert p.app.screen is p.chat and p.chat.rooms.asks, "it may wait"
        called = asyncio.create_task(heard(p.hers, DirectCalled))
        await p.pilot.click("#rooms", offset=(3, 1))
        await p.until(lambda: isinstance(p.app.screen, AskScreen))
        await p.pilot.click("#ask-yes")
        await p.until(lambda: p.chat.room.name == "ana")  # type: ignore[union-attr]
        assert p.chat.rooms.asks == () and listed(p)[0] == "▌@ana"
        await called


async def test_no_is_said_once() -> None:
    async with pair() as p:
        await p.write("/decline")
        await p.until(lambda: any("Nobody asks for a room of two" in text for text in p.told))
        await asked(p)
        await p.pilot.press("alt+k", "up", "enter")
        await p.until(lambda: isinstance(p.app.screen, AskScreen))
        await p.pilot.press("right", "right", "enter")
        await p.until(lambda: listed(p) == ["▌#orchard"])
        p.world.clock.advance(10_000)
        await p.ana.direct(p.mine.view.me, "maya", "orchard")
        await p.hers.do(Say("did you hear me?"))
        await p.until(lambda: "did you hear me?" in shown(p.chat))
        assert p.chat.rooms.asks == () and await p.me.asks() == ()


async def test_declining_by_command() -> None:
    async with pair() as p:
        await asked(p)
        await p.write("/decline bo")
        await p.until(lambda: any("There ask for a room of two: ana." in text for text in p.told))
        p.chat.composer.clear()
        await p.write("/decline @Ana")
        await p.until(lambda: p.chat.rooms.asks == ())
        await p.write("/msg ana")
        await p.until(lambda: p.chat.room.name == "ana")  # type: ignore[union-attr]


async def test_who_is_called_finds_the_room_behind_the_one_on_the_screen() -> None:
    async with pair() as p:
        await p.write("/msg ana")
        await p.until(lambda: p.chat.room.name == "ana")  # type: ignore[union-attr]
        theirs = await p.ana.direct(p.mine.view.me, "maya", "orchard")
        hers = await p.ana.open(theirs.name)
        await met(p.pilot, p.chat.room.session, hers)  # type: ignore[union-attr]
        await p.chat.rooms.open["ana"].session.close()  # as after a restart: saved, and not running
        await p.until(lambda: list(p.chat.rooms.open) == ["orchard"] and p.chat.room)
        p.world.clock.advance(10_000)
        await p.ana.direct(p.mine.view.me, "maya", "orchard")
        await p.until(lambda: "ana" in p.chat.rooms.open and p.chat.rooms.open["ana"].loaded)
        assert p.chat.room.name == "orchard"  # type: ignore[union-attr]
        await hers.do(Say("there you are"))
        await settled(p.pilot, hers, p.chat.rooms.open["ana"].session)
        await p.until(lambda: listed(p)[0] == "│@ana 1")
        await p.write("/join @ana")
        await p.until(lambda: p.chat.room.name == "ana")  # type: ignore[union-attr]
        await p.write("/part")
        await p.until(lambda: p.chat.room and p.chat.room.name == "orchard")
        p.world.clock.advance(10_000)
        await p.ana.direct(p.mine.view.me, "maya", "orchard")
        await p.hers.do(Say("come back"))
        await p.until(lambda: "come back" in shown(p.chat))
        assert "ana" not in p.chat.rooms.open, "who left it is not called back"


async def test_what_cannot_be_is_said() -> None:
    async with pair() as p:
        await p.write("/msg")
        await p.until(lambda: any(text == "/msg needs more: /msg NICK [TEXT]." for text in p.told))
        p.chat.composer.clear()
        await p.write("/msg nobody hello")
        await p.until(lambda: any("Nobody called nobody hello is known here" in text for text in p.told))
        assert p.chat.composer.text == "/msg nobody hello"
        assert len(await p.me.rooms()) == 1


PEOPLE = [
    Person(identity(1).peer, ("ana", "ana~1111"), "orchard"),
    Person(identity(2).peer, ("ana maria", "ana maria"), "orchard"),
    Person(identity(3).peer, ("ana", "ana~3333"), "orchard"),
    Person(identity(4).peer, ("İlker", "İlker"), "orchard"),
]


@pytest.mark.parametrize(
    ("text", "who", "rest"),
    [
        ("ana maria hi  there", [1], "hi  there"),
        ("ANA MARIA", [1], ""),
        ("ana hi", [0, 2], "hi"),
        ("@ana~3333 hi", [2], "hi"),
        ("anab hi", [], ""),
        ("İlker hi", [3], "hi"),
        ("", [], ""),
    ],
)
def test_the_longest_name_counts(text: str, who: list[int], rest: str) -> None:
    found, said = addressed(text, PEOPLE)
    assert (found, said) == ([PEOPLE[index] for index in who], rest)
