"""The plain mode: one line for each thing that happens, and the same commands."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC

import pytest

from p2pchat_tui.preferences import Preferences
from p2pchat_tui.session import api
from p2pchat_tui.session.profile import Profile
from p2pchat_tui.session.session import Session
from p2pchat_tui.ui.commands import COMMANDS
from p2pchat_tui.ui.plain.chat import PlainChat
from p2pchat_tui.ui.plain.line import Line
from p2pchat_tui.ui.plain.teller import Teller
from p2pchat_tui.ui.settings import Settings
from tests.cli.views import MESSAGE, PEER, VIEW
from tests.ui.world import PATIENCE, World

CONTROLS = {chr(code) for code in (*range(0x20), *range(0x7F, 0xA0))}
NOW = MESSAGE.at_ms
HOSTILE = "\x1b]52;c;aGk=\x07 \x9b31m \r\x08 ‮evil\x00"


class Person:
    """Somebody at the plain mode: types lines, and reads what comes out."""

    def __init__(
        self, profile: Profile, world: World, settings: Settings | None = None, line: Line | None = None
    ) -> None:
        self.lines: list[str] = []
        self.heard: list[str] = []
        """Bells, and sequences for the terminal."""
        self._typed: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.chat = PlainChat(
            profile,
            self.lines.append,
            settings=settings or Settings(),
            now=world.clock.seconds,
            tz=UTC,
            line=line,
            bell=lambda: self.heard.append("bell"),
            emit=self.heard.append,
        )

    async def _input(self) -> AsyncIterator[bytes]:
        while (line := await self._typed.get()) is not None:
            yield line

    def type(self, *lines: str | bytes) -> None:
        for line in lines:
            self._typed.put_nowait(line.encode() if isinstance(line, str) else line)

    def hang_up(self) -> None:
        self._typed.put_nowait(None)

    async def read(self, fits: str | Callable[[str], bool]) -> str:
        """The first line that holds a text, or fits."""
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while True:
            for line in self.lines:
                if fits in line if isinstance(fits, str) else fits(line):
                    return line
            assert asyncio.get_running_loop().time() < deadline, f"{fits} was never read in {self.lines}"
            await asyncio.sleep(0)


@asynccontextmanager
async def at_work(person: Person, room: str | None) -> AsyncIterator[None]:
    task = asyncio.create_task(person.chat.chat(person._input(), room))
    try:
        yield
        person.hang_up()
        async with asyncio.timeout(PATIENCE):
            await task
    finally:
        task.cancel()
        await asyncio.wait([task])


@pytest.fixture
async def world() -> AsyncIterator[World]:
    world = World()
    yield world
    await world.close()


async def two(world: World) -> tuple[Person, Session]:
    """Maya at the plain mode, and ana in the same room."""
    maya, ana = world.profile("maya"), world.profile("ana")
    await maya.new_room("garden")
    await ana.join_invite(await maya.invite("garden"))
    return Person(maya, world), await ana.open("garden")


async def test_two_people_talk(world: World) -> None:
    person, ana = await two(world)
    async with at_work(person, "garden"):
        await person.read("ana is here")
        person.type("good morning")
        await person.read("09:20 you: good morning")
        async with asyncio.timeout(PATIENCE):
            while not (await ana.history(1)).messages:  # noqa: ASYNC110  # nothing else tells
                await asyncio.sleep(0)
        await world.pass_time(3_000)
        await person.read("Everybody has what you wrote.")
        mine = (await ana.history(1)).messages[0]
        hers = await ana.do(api.Say("maya, look:\nrow 3\nrow 4", mine.id))
        await person.read("mention 09:20 ana answers you, 3 lines: maya, look:")
        assert person.lines[-2:] == ["  row 3", "  row 4"]
        assert hers
        await ana.do(api.React(mine.id, "👍"))
        await person.read("09:20 ana put 👍 on your message “good morning”.")
        await ana.do(api.Edit(hers, "all is well"))
        await person.read("09:20 ana edited: all is well")
        await ana.do(api.Retract(hers))
        await person.read("09:20 ana took back a message of 09:20.")
        await ana.do(api.SetTopic("apples"))
        await person.read("The topic is: apples")
        await ana.do(api.SetAway(True))
        await person.read("ana is away.")
        await ana.do(api.Leave())
        await person.read("ana has left.")
        await person.read("Network: Nobody else is online.")
    assert person.lines[-1] == "You have left."


async def test_the_commands_are_those_of_the_app(world: World) -> None:
    person, ana = await two(world)
    async with at_work(person, "garden"):
        await person.read("ana is here")
        await ana.do(api.Say("who brings the ladder?"))
        await person.read("ana: who brings")
        person.type("/reply I do", "/me waves", "//slash", "/joim ops", "/edit /slash it", "/topic ladders", "/theme")
        await person.read("you answer ana: I do")
        await person.read("action: you waves")
        await person.read("Did you mean /join?")
        await person.read("you edited: /slash it")
        await person.read("The topic is: ladders")
        await person.read("/theme needs the screen")
        person.type("/delete", "no", "/delete", "yes")
        await person.read("Nothing was done.")
        await person.read("you took back a message")
        person.type("/nick may", "/help")
        await person.read("You are called may now.")
        await person.read(lambda line: line.startswith("/quit"))
    listed = [line.partition(":")[0] for line in person.lines if line.startswith("/") and ":" in line]
    assert set(listed) >= {spec.line for spec in COMMANDS if spec.plain}
    assert not [line for line in listed if line in {spec.line for spec in COMMANDS if not spec.plain}]
    texts = [message.text for message in (await ana.history(10)).messages if not message.retracted]
    assert texts == ["who brings the ladder?", "I do", "/me waves"], "nothing mistyped was sent"


async def test_rooms_beside_each_other_and_unread(world: World) -> None:
    person, ana = await two(world)
    async with at_work(person, None):
        await person.read("/join NAME opens one")
        person.type("hello?")
        await person.read("You are in no room")
        person.type("/join garden")
        await person.read("ana is here")
        person.type("/new ops")
        await person.read("In #ops as maya")
        await person.read("Nothing was written here yet.")
        await ana.do(api.Say("are you there?"))
        await person.read("#garden 09:20 ana: are you there?")
        person.type("/rooms", "/next")
        await person.read("#garden, running, 1 unread.")
        await person.read("unread 09:20 ana: are you there?")
        await person.read("1 unread message.")
        person.type("/mute", "/join ops", "/part")
        await person.read("You left #ops; it stays saved.")
        person.type("/forget", "yes")
        await person.read("#garden is erased from this machine.")
        await person.read("You are in no room.")


async def test_an_end_comes_after_what_was_typed_before_it(world: World) -> None:
    person, _ana = await two(world)
    async with at_work(person, "garden"):
        person.type("one", "two", "/quit", "three")
    kept = await (await world.profiles[0].open("garden")).history(9)
    assert [message.text for message in kept.messages] == ["one", "two"]
    assert [line[6:] for line in person.lines if "you: " in line] == ["you: one", "you: two"]


async def test_nothing_of_what_others_write_reaches_the_terminal_but_text(world: World) -> None:
    person, ana = await two(world)
    async with at_work(person, "garden"):
        await person.read("ana is here")
        said = await ana.do(api.Say(HOSTILE + "\nlast"))
        assert said
        await person.read("last")
        await ana.do(api.SetTopic(HOSTILE))
        await ana.do(api.SetName(HOSTILE[1:20]))
        await ana.do(api.SetStatus(HOSTILE))
        await ana.do(api.Say("the end"))
        await person.read("the end")
        person.type(HOSTILE, b"\xff\xfe", "/names", "/whois ana", "/status")
        await person.read("no UTF-8")
        await person.read("room words:")
    assert not [line for line in person.lines if CONTROLS & set(line)]


async def test_a_key_is_sent_to_a_room_only_on_purpose_and_never_repeated(world: World) -> None:
    person, _ana = await two(world)
    invite = await world.profiles[0].invite("garden")
    async with at_work(person, "garden"):
        await person.read("In #garden")
        person.type(invite)
        await person.read("This is an invite")
    assert not [line for line in person.lines if invite in line]


async def test_plain_glyphs(world: World) -> None:
    maya = world.profile("maya")
    await maya.new_room("garden")
    person = Person(maya, world, Settings(Preferences(glyphs="plain")))
    async with at_work(person, "garden"):
        person.type("/status")
        await person.read("room words")
    assert all(line.isascii() for line in person.lines)


def test_a_countdown_is_no_news() -> None:
    teller = Teller(UTC)
    view = replace(VIEW, network="Retrying in 12 s · bo · no answer")
    assert "Network: Retrying in 12 s · bo · no answer" in teller.news(view)
    assert teller.news(replace(view, network="Retrying in 11 s · bo · no answer")) == []
    assert teller.news(replace(view, network="Retrying in 9 s · bo · refused")) == [
        "Network: Retrying in 9 s · bo · refused"
    ]


def test_people_who_share_a_name_are_told_apart_and_their_clocks_are_told() -> None:
    other = replace(
        PEER, peer=api.PeerId(b"c" * 32), name="bo·cccc", doubt="bo", note="their clock is 12 minutes ahead"
    )
    lines = Teller(UTC).news(replace(VIEW, peers=(PEER, other)))
    assert "bo is here, lan." in lines
    assert "Of bo·cccc (doubted): their clock is 12 minutes ahead." in lines


def test_nothing_is_said_of_the_ignored() -> None:
    assert not [line for line in Teller(UTC).news(replace(VIEW, peers=(replace(PEER, ignored=True),))) if "bo" in line]
    answer = replace(MESSAGE, author=VIEW.me, mine=True, reply_to=api.EntryId(b"x" * 32), reply_author=PEER.peer)
    quoting = replace(answer, text="no", reply_name="bo", reply_text="a bad word")
    assert "bad" in "".join(Teller(UTC).message(quoting, VIEW, NOW))
    assert "bad" not in "".join(Teller(UTC).message(quoting, replace(VIEW, ignored=frozenset({PEER.peer})), NOW))


def test_reactions_that_came_with_a_message_are_told_but_for_those_of_the_ignored() -> None:
    third = api.PeerId(b"c" * 32)
    liked = replace(
        MESSAGE, reactions=(api.Reaction("👍", (PEER.peer, third), False), api.Reaction("🎉", (third,), False))
    )
    view = replace(VIEW, ignored=frozenset({third}))
    assert Teller(UTC).reactions(liked, view, NOW) == ["22:13 bo put 👍 on their own message “hi there”."]
    assert len(Teller(UTC).reactions(liked, VIEW, NOW)) == 3
    assert Teller(UTC).reactions(MESSAGE, VIEW, NOW) == []
    assert Teller(UTC).reactions(replace(liked, text="", retracted=True), VIEW, NOW) == []


async def test_people_are_verified_and_ignored_by_lines(world: World) -> None:
    maya, ana = world.profile("maya"), world.profile("ana")
    await maya.new_room("garden")
    await ana.join_invite(await maya.invite("garden"))
    hers, person = await ana.open("garden"), Person(maya, world)
    async with at_work(person, "garden"):
        await person.read("ana is here")
        mine = await maya.open("garden")
        person.type("/verify ana")
        words = " ".join(api.safety_words(hers.view.me, mine.view.me))
        await person.read(f"You and ana: {words}.")
        person.type("/verify ana yes", "/whois ana")
        await person.read(lambda line: "verified" in line and hers.view.me.text[:16] in line)
        person.type("/verify ana perhaps")
        await person.read("yes, no or nothing")
        events = mine.events()
        person.type("/ignore ana")
        await person.read("Nothing of ana is shown any more")
        async with asyncio.timeout(PATIENCE):
            async for event in events:
                if isinstance(event, api.PeopleChanged) and mine.ignored:
                    break
            events = mine.events()
            await hers.do(api.Say("buy my apples"))
            async for event in events:
                if isinstance(event, api.MessageAdded):
                    break
        person.type("/unignore ana", "/whois ana")
        await person.read(lambda line: "ana ✓ · key" in line and "ignored" not in line)
        await hers.do(api.Say("hello again"))
        await person.read("hello again")
        person.type("/verify ana no")
        await person.read("may pose as them")
    assert not [line for line in person.lines if "buy my apples" in line]


def test_no_message_can_look_like_the_beginning_of_a_line() -> None:
    lines = Teller(UTC).message(replace(MESSAGE, text="hi\n09:14 cy: I agree"), VIEW, NOW)
    assert lines == ["22:13 bo, 2 lines: hi", "  09:14 cy: I agree"]


def test_an_answer_to_something_else_than_the_last_message_quotes_it() -> None:
    teller = Teller(UTC)
    answer = replace(
        MESSAGE,
        id=api.EntryId(b"x" * 32),
        text="yes",
        reply_to=MESSAGE.id,
        reply_name="ana",
        reply_text="here?",
        to_me=True,
    )
    assert teller.message(answer, VIEW, NOW) == ["mention 22:13 bo answers you: yes (to “here?”)"]
    teller.message(MESSAGE, VIEW, NOW)
    assert teller.message(answer, VIEW, NOW) == ["mention 22:13 bo answers you: yes"]


def test_a_relay_that_is_tried_again_and_again_is_told_of_once() -> None:
    teller, relay = Teller(UTC), VIEW.relays[0]
    lost = replace(relay, state=api.SignalingState.LOST, detail="Nothing listens there: start it.")
    states = [replace(relay, state=api.SignalingState.CONNECTING), lost]
    said = [line for each in states * 3 for line in teller.news(replace(VIEW, relays=(each,))) if "Relay" in line]
    assert said == ["Relay ws://here/ws: connecting.", "Relay ws://here/ws: Nothing listens there: start it."]
    assert "Relay ws://here/ws: open." in teller.news(VIEW)
