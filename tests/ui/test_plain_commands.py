"""The plain mode: older messages by number, search, rooms of two, links, notices, away, the edited line."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest

from p2pchat_tui.session import api
from p2pchat_tui.session.session import Session
from p2pchat_tui.ui.clipboard import clipboard_sequence
from p2pchat_tui.ui.drafts import Draft, kept_form, load_draft, save_draft
from p2pchat_tui.ui.plain.line import Line
from p2pchat_tui.ui.plain.numbers import Numbers, leading_number
from p2pchat_tui.ui.plain.teller import Teller
from tests.cli.views import MESSAGE, VIEW
from tests.ui.test_plain import Person, at_work, two
from tests.ui.world import PATIENCE, World


@pytest.fixture
async def world() -> AsyncIterator[World]:
    world = World()
    yield world
    await world.close()


async def until(session: Session, text: str) -> api.MessageView:
    """The message of that text, once it is here."""
    async with asyncio.timeout(PATIENCE):
        while True:
            for message in (await session.history(50)).messages:
                if message.text == text:
                    return message
            await asyncio.sleep(0)


async def wait(is_so: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not is_so():  # noqa: ASYNC110  # nothing else tells
            await asyncio.sleep(0)


def test_a_number_stays_with_its_message() -> None:
    numbers, room, other = Numbers(), VIEW.room, api.RoomId(b"o" * 16)
    second = replace(MESSAGE, id=api.EntryId(b"2" * 32))
    assert [numbers.give(room, MESSAGE), numbers.give(room, second), numbers.give(other, MESSAGE)] == [1, 2, 3]
    assert numbers.give(room, replace(MESSAGE, text="new")) == 1
    found = numbers.get(1)
    assert found and found.message.text == "new" and numbers.get(0) is None and numbers.get(4) is None
    assert list(numbers.of(other)) == [MESSAGE.id]


@pytest.mark.parametrize(
    ("argument", "number", "rest"),
    [
        ("#3 yes", 3, "yes"),
        ("#3", 3, ""),
        ("#3\ntwo lines", 3, "two lines"),
        ("##3 works for me", None, "#3 works for me"),
        ("3 apples", None, "3 apples"),
        ("#3rd", None, "#3rd"),
        ("", None, ""),
    ],
)
def test_how_a_number_is_written(argument: str, number: int | None, rest: str) -> None:
    assert leading_number(argument) == (number, rest)


async def test_what_erases_messages_asks_first(world: World) -> None:
    person, _ = await two(world)
    async with at_work(person, "garden"):
        await person.read("ana is here")
        person.type("one", "two", "three", "/keep 1", "no")
        await person.read(
            "Erase 2 messages of #garden from this machine? What nobody else keeps is gone for good. Answer"
        )
        await person.read("Nothing was done.")
        person.type("/keep 1", "yes")
        await person.read("Of #garden this machine keeps 1 message.")


async def test_a_relay_of_its_own(world: World) -> None:
    person, _ = await two(world)
    async with at_work(person, "garden"):
        await person.read("ana is here")
        person.type("/relay one.example.org two.example.org", "/invite", "/relay ftp://one", "/relay -", "/relay")
        await person.read("#garden has the relays wss://one.example.org/ws and wss://two.example.org/ws now")
        await person.read("p2pchat://one.example.org,two.example.org/garden#")
        await person.read("Not done: /relay ftp://one")
        await person.read("Problem: A relay's address begins with ws://")
        await person.read("#garden has no relay of its own any more, and its invite names none.")
        await person.read("#garden has no relay of its own: /relay URL")


async def test_where_there_is_no_terminal_a_text_is_copied_by_hand(world: World) -> None:
    person, ana = await two(world)
    person.chat._own._emit = None
    async with at_work(person, "garden"):
        await person.read("ana is here")
        await ana.do(api.Say("pears?\n  plums?"))
        await person.read("2 lines")
        person.type("/copy", "/names")
        at = person.lines.index(await person.read("No clipboard can be reached from here."))
        await person.read(lambda line: line == "  pears?")
        await person.read("ana (lan)")
        assert person.lines[at + 1 : at + 3] == ["  pears?", "    plums?"]
        assert not any(text.startswith("\x1b]52") for text in person.heard)


async def test_older_messages_are_meant_by_number(world: World) -> None:
    person, ana = await two(world)
    async with at_work(person, "garden"):
        await person.read("ana is here")
        person.type("first")
        await until(ana, "first")
        for text in ("apples?", "pears?", "plums?"):
            await ana.do(api.Say(text))
            await person.read(f"ana: {text}")
        person.type(
            "/history", "/reply #2 yes, apples", "/react #3 tada", "/edit #1 the first", "/copy #4", "/facts #2"
        )
        await person.read("#2 09:20 ana: apples?")
        await person.read("you answer ana: yes, apples (to “apples?”)")
        await person.read("you put 🎉 on a message of ana “pears?”.")
        await person.read("you edited: the first")
        await person.read("Message #2 of ana, Sunday 22 November 2026, 09:20:")
        await person.read("  signature: good: the author's key signed it")
        assert clipboard_sequence("plums?") in person.heard, "/copy reaches the clipboard"
        assert "Copied, if the terminal lets programs do that: “plums?”" in person.lines
        person.type("/delete #2", "/reply #9 what", "/delete #1", "yes", "/history 2", "/more", "/go 2")
        await person.read("Only messages of yours can be taken back")
        await person.read("No message has the number 9.")
        await person.read("you took back a message of 09:20.")
        await person.read("/more gives older ones.")
        await person.read("#3 09:20 ana: pears?")
        await person.read("#2 this one 09:20 ana: apples?")
        answer = await until(ana, "yes, apples")
        assert answer.reply_text == "apples?"
        person.type("/reply ##1 is mine")
        await until(ana, "#1 is mine")


async def test_search_finds_in_all_rooms_and_goes_there(world: World) -> None:
    person, ana = await two(world)
    async with at_work(person, "garden"):
        await person.read("ana is here")
        for number in range(12):
            await ana.do(api.Say(f"ladder {number}"))
        await person.read("ladder 11")
        world.clock.advance(60_000)
        person.type("/new ops", "the ladder is here", "/search ladder", "/search", "/search from:nobody")
        await person.read("#1 #ops today 09:21 you: the ladder is here")
        await person.read("#10 #garden today 09:20 ana: ladder 3")
        await person.read("/more gives the next ones. /go #NUMBER goes to one.")
        await person.read("  from:ana: of one person")
        await person.read("Nobody called nobody is known")
        person.type("/search ladder", "/more", "/more", "/reply #13 which one?", "/go #13", "/search press")
        await person.read("#13 #garden today 09:20 ana: ladder 0")
        await person.read("That is all.")
        await person.read("There is no next page.")
        await person.read("Message #13 is in another room. /go #13 goes there.")
        await person.read("In #garden, around that message:")
        await person.read("#13 this one 09:20 ana: ladder 0")
        await person.read("Nothing was found: “press”")


async def test_rooms_of_two_are_asked_for_opened_and_declined(world: World) -> None:
    person, ana = await two(world)
    hers = world.profiles[1]
    async with at_work(person, "garden"):
        await person.read("ana is here")
        person.type("/decline")
        await person.read("Nobody asks for a room of two.")
        theirs = await hers.open((await hers.direct(ana.view.peers[0].peer, "maya", "garden")).name)
        await theirs.do(api.Say("psst"))
        await person.read("ana would like to talk to you alone. /msg ana opens it, /decline ana says no.")
        person.type("/msg ana hush", "/rooms")
        await person.read("In @ana as maya")
        await until(theirs, "hush")
        await person.read("mention 09:20 ana: psst")
        await person.read("@ana, you are here.")
        person.type("/msg nobody hi")
        await person.read("Nobody called nobody hi is known here")
        person.type("/part")
        await person.read("You left @ana; it stays saved.")


async def test_who_is_declined_is_not_heard_again(world: World) -> None:
    person, ana = await two(world)
    async with at_work(person, "garden"):
        await person.read("ana is here")
        await world.profiles[1].direct(ana.view.peers[0].peer, "maya", "garden")
        await person.read("ana would like")
        person.type("/rooms", "/decline ana", "/rooms")
        await person.read("Declined: ana.")
    assert sum("would like" in line for line in person.lines) == 2, "once when it came, once in the first list"
    assert not await world.profiles[0].asks()


async def test_a_room_of_two_that_is_called_runs_behind_the_current_one(world: World) -> None:
    person, ana = await two(world)
    async with at_work(person, "garden"):
        await person.read("ana is here")
        person.type("/msg ana hello", "/join garden", "/part", "/join garden")
        await person.read("In @ana")
        hers = world.profiles[1]
        theirs = await hers.open((await hers.direct(ana.view.peers[0].peer, "maya", "garden")).name)
        await until(theirs, "hello")
        await theirs.do(api.Say("here I am"))
        await person.read("@ana mention 09:20 ana: here I am")


async def test_links_are_lines_and_addresses_only_when_asked_for(world: World) -> None:
    person, _ana = await two(world)
    async with at_work(person, "garden"):
        await person.read("ana is here")
        person.type("/links", "/links everything", "/links addresses")
        await person.read("1 linked")
        await person.read(lambda line: line.startswith("linked with ana: "))
        await person.read("  between: ")
        await person.read("local network: off; /lan on")
        await person.read("or the word addresses")
        await person.read("  here: ")
    assert not [line for line in person.lines if any(sign in line for sign in "●◌○")]


async def test_it_rings_by_level_and_hour_while_nobody_looks(world: World) -> None:
    person, ana = await two(world)

    async def says(text: str) -> int:
        """How often it rang for that."""
        person.heard.clear()
        world.clock.advance(6_000)
        await ana.do(api.Say(text))
        await person.read(text)
        return person.heard.count("bell")

    async with at_work(person, "garden"):
        await person.read("ana is here")
        assert await says("just typed") == 0
        world.clock.advance(60_000)
        assert await says("to nobody") == 1
        assert any("ana: to nobody" in sequence for sequence in person.heard), "and on the desktop"
        person.type("/notify mentions")
        await person.read("Announced of #garden: mentions")
        person.chat.attention.is_looked_at = False
        assert await says("to all") == 0
        assert await says("maya, look") == 1
        person.chat.attention.is_looked_at = True
        assert await says("maya, you look already") == 0
        person.chat.attention.is_looked_at = False
        person.type("/set quiet_hours 09:00-10:00", "/new ops")
        await person.read("In #ops")
        assert await says_nothing_of(person, ana, "maya, sleep")
        person.type("/set quiet_hours none")
        await person.read("quiet_hours is none now.")
        assert await says("maya, wake up") == 1
        person.type("/set notify_by none")
        await person.read("notify_by is none now.")
        assert await says("maya, softly") == 0 and not person.heard


async def says_nothing_of(person: Person, ana: Session, text: str) -> bool:
    """In quiet hours nothing is told of the other rooms; it is unread there."""
    await ana.do(api.Say(text))
    await wait(lambda: person.chat.front.open_rooms[0].unread)
    return not person.heard and not any(text in line for line in person.lines)


async def test_away_after_a_while_and_back_with_the_next_line(world: World) -> None:
    person, ana = await two(world)

    async def seen(state: api.PeerState) -> None:
        await wait(lambda: ana.view.peers[0].state is state)

    async with at_work(person, "garden"):
        await person.read("ana is here")
        await person.chat.look_at_clock()
        assert ana.view.peers[0].state is api.PeerState.ONLINE
        world.clock.wall += 10 * 60_000
        await person.chat.look_at_clock()
        await seen(api.PeerState.AWAY)
        await person.read("You are away now.")
        person.type("here")
        await seen(api.PeerState.ONLINE)
        await person.read("You are back.")
        person.type("/away")
        await seen(api.PeerState.AWAY)
        world.clock.wall += 10 * 60_000
        await person.chat.look_at_clock()
        person.type("still away, by my own word")
        await until(ana, "still away, by my own word")
        assert ana.view.peers[0].state is api.PeerState.AWAY
        person.type("/new ops")
        await person.read("In #ops")
        assert person.chat.front.room and person.chat.front.room.session.view.away
        person.type("/back", "/join garden")
        await seen(api.PeerState.ONLINE)
        assert not any(room.session.view.away for room in person.chat.front.open_rooms)


async def test_the_edited_line_has_each_rooms_history_its_draft_and_what_was_refused(world: World) -> None:
    maya = world.profile("maya")
    await maya.new_room("garden")
    await (await maya.open("garden")).do(api.Say("//not a command"[1:]))
    line = Line()
    person = Person(maya, world, line=line)
    async with at_work(person, "garden"):
        await person.read("In #garden")
        person.type("one", "/new ops", "two", "/join garden")
        await wait(lambda: line.history.sent == ["//not a command", "one", "/new ops"])
        person.type("/nosuch thing", "/edit")
        await person.read("There is no command /nosuch")
        assert line.text == "/nosuch thing" and "/nosuch thing" not in line.history.sent
        assert line.complete("/hist")[1] == ["/history "] and line.complete("/join g")[1] == ["garden"]
        line.submit()
        person.type("/edit")
        await wait(lambda: line.text == "/edit #1 one")
        line.fill("half a thought")
    assert await (await maya.open("garden")).setting("draft") == "half a thought"
    again = Line()
    person = Person(maya, world, line=again)
    async with at_work(person, "garden"):
        await person.read("Not sent last time: half a thought")
        assert again.text == "half a thought"
        again.submit()
    assert await (await maya.open("garden")).setting("draft") == ""


async def test_an_answer_in_the_line_answers_the_same_message_next_time(world: World) -> None:
    maya = world.profile("maya")
    await maya.new_room("garden")
    asked = await (await maya.open("garden")).do(api.Say("pears?"))
    await (await maya.open("garden")).do(api.Say("palms"))
    for typed, told, again in (
        ("/reply #1 yes, so", "Not sent last time, to yourself “pears?”: yes, so", "/reply #1 yes, so"),
        ("/edit plums", "Not changed last time, “palms”: plums", "/edit #1 plums"),
        ("/reply #9 what", "Not sent last time: /reply #9 what", "/reply #9 what"),
    ):
        line = Line()
        person = Person(maya, world, line=line)
        async with at_work(person, "garden"):
            person.type("/history")
            await person.read("Nothing is older.")
            line.fill(typed)
        line = Line()
        person = Person(maya, world, line=line)
        async with at_work(person, "garden"):
            await person.read(told)
            await wait(lambda line=line, again=again: line.text == again)
            line.submit()
            if "yes" in typed:
                person.type(again)
                await person.read("09:20 you answer")
                sent = (await (await maya.open("garden")).history(1)).messages[0]
                assert sent.reply_to == asked
                await (await maya.open("garden")).do(api.Retract(sent.id))


async def test_what_waits_while_a_message_is_changed_has_its_turn_after_it(world: World) -> None:
    maya = world.profile("maya")
    await maya.new_room("garden")
    session = await maya.open("garden")
    await session.do(api.Say("pears?"))
    await session.do(api.Say("palms"))
    asked, wrong = (await session.history(2)).messages
    before = Draft("yes, so", asked, wrong, "plums")
    await save_draft(session, before)
    for emptied in (False, True):
        line = Line()
        person = Person(maya, world, line=line)
        async with at_work(person, "garden"):
            await person.read("Not sent last time, to yourself “pears?”: yes, so")
            await wait(lambda line=line: line.text == "/edit #1 plums")
            if emptied:
                line.submit()
        left = await load_draft(await maya.open("garden"))
        assert kept_form(left) == kept_form(Draft("yes, so", asked) if emptied else before)


async def test_a_key_in_the_line_is_no_draft(world: World) -> None:
    maya = world.profile("maya")
    await maya.new_room("garden")
    line = Line()
    person = Person(maya, world, line=line)
    async with at_work(person, "garden"):
        await person.read("In #garden")
        line.fill(f"look {await maya.invite('garden')}")
    assert await (await maya.open("garden")).setting("draft") == ""


def test_an_own_absence_is_told_once() -> None:
    teller = Teller(None)
    assert "You are away now." in teller.news(replace(VIEW, away=True))
    assert teller.news(replace(VIEW, away=True)) == []
    assert teller.news(VIEW) == ["You are back."]


def test_what_is_missing_need_not_be_messages() -> None:
    teller = Teller(None)
    assert "2 earlier entries not here yet." in teller.news(replace(VIEW, gap=api.Gap(2, ())))
    assert teller.news(replace(VIEW, gap=api.Gap(1, ()))) == []
    assert teller.news(VIEW) == ["All that was missing is here."]


async def test_who_is_muted_or_ignored_is_marked_among_the_names(world: World) -> None:
    person, ana = await two(world)
    async with at_work(person, "garden"):
        await person.read("ana is here")
        for command, word in (("/mute", "muted"), ("/ignore", "ignored")):
            person.type(f"{command} ana", "/names")
            await person.read(f"ana (lan, {word})")
        person.type("/unignore ana", "/mute ana")
        await ana.do(api.SetAway(True))
        await person.read("ana is away")
        person.type("/names")
        await person.read("ana (away, lan)")


async def test_who_is_ignored_asks_unheard_until_that_is_taken_back(world: World) -> None:
    person, ana = await two(world)
    async with at_work(person, "garden"):
        await person.read("ana is here")
        person.type("/ignore ana")
        await person.read("Nothing of ana is shown")
        await world.profiles[1].direct(ana.view.peers[0].peer, "maya", "garden")
        async with asyncio.timeout(PATIENCE):
            while not await world.profiles[0].asks(ignored=True):  # noqa: ASYNC110  # nothing else tells
                await asyncio.sleep(0)
        person.type("/rooms", "/decline", "/ignore")
        await person.read("Nobody asks for a room of two.")
        await person.read("Ignored: ana (asks to talk to you alone).")
        assert not any("would like" in line for line in person.lines) and not person.heard
        person.type("/unignore ana")
        await person.read("ana would like to talk to you alone.")
