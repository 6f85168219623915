"""The search, key by key: what is found as one types, how one gets there, and back."""

from __future__ import annotations

import asyncio

import pytest
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Static

from p2pchat_tui.session.api import EntryId, Say, Term
from p2pchat_tui.session.query import Query
from p2pchat_tui.session.search import Finder, Results
from p2pchat_tui.ssc.ids import Stamp
from p2pchat_tui.ui.filters import completions
from p2pchat_tui.ui.found import excerpt
from p2pchat_tui.ui.screens import search
from p2pchat_tui.ui.screens.chat import ChatScreen
from p2pchat_tui.ui.screens.search import SearchScreen
from tests.ui.search_scenes import looked_for, search_of, two_rooms
from tests.ui.world import HostedApp, World, chat_of, in_room, shown, until


def rooms() -> tuple[World, HostedApp]:
    """Maya's window of #orchard, beside #ops."""
    world = World()
    me = world.profile("maya", number=11)

    async def before() -> None:
        await me.new_room("ops")
        await me.new_room("orchard")

    return world, world.app(me, "orchard", before=before)


def texts(screen: SearchScreen) -> list[str]:
    return [each.message.text for each in screen.listed.found]


def state(screen: SearchScreen) -> str:
    return str(screen.query_one("#search-state").render())


def is_marked(chat: ChatScreen, text: str) -> bool:
    timeline = chat.timeline
    lines = [timeline._stacked.line(y)[0] for y in range(timeline._stacked.height)]
    return any(span.text == text and "hit" in span.style.split() for line in lines for span in line.spans)


async def back_in_chat(pilot: Pilot[str | None]) -> ChatScreen:
    await until(pilot, lambda: isinstance(pilot.app.screen, ChatScreen))
    return chat_of(pilot)


async def arrived(pilot: Pilot[str | None], target: EntryId) -> ChatScreen:
    chat = await back_in_chat(pilot)
    await until(pilot, lambda: chat.timeline.chosen == target and chat.timeline.is_settled)
    return chat


async def first_of(pilot: Pilot[str | None], word: str) -> EntryId:
    """Look for a word by the keys; the first message that was found."""
    await pilot.press("ctrl+f", *word)
    return (await looked_for(pilot, word)).listed.found[0].message.id


async def test_it_finds_as_one_types_and_the_keys_choose() -> None:
    world, app = rooms()
    async with app.run_test(size=(80, 24)) as pilot:
        chat = await two_rooms(world, pilot)
        await pilot.press("ctrl+f", *"lad")
        found = await looked_for(pilot, "lad")
        assert state(found) == "4 messages, newest first."
        assert [text[:9] for text in texts(found)] == ["Which lad", "I bring t", "Before we", "The ladde"]
        assert "secret" not in " ".join(texts(found)), "taken back"
        for keys, place in ((["down"], 1), (["down", "down", "down", "down"], 3), (["up"], 2)):
            await pilot.press(*keys)
            assert found.listed.highlighted == place
        await pilot.press("pageup")
        assert found.listed.highlighted == 0
        await pilot.press("pagedown")
        assert found.listed.highlighted == 3
        await pilot.press(*"der cr")
        await looked_for(pilot, "ladder cr")
        assert [text[:7] for text in texts(found)] == ["I bring", "Before "]
        assert found.listed.highlighted == 0
        await pilot.press("escape")
        assert await back_in_chat(pilot) is chat
        assert chat.composer.has_focus and chat.timeline.following and not chat.timeline.find


@pytest.mark.parametrize("width", [60, 80, 120])
async def test_what_can_be_typed_is_wrapped_beside_its_examples(width: int) -> None:
    _, app = rooms()
    async with app.run_test(size=(120, 20)) as pilot:
        await in_room(pilot)
        await pilot.press("ctrl+f")
        await until(pilot, lambda: isinstance(app.screen, SearchScreen))
        await pilot.resize_terminal(width, 20)
        await pilot.pause()
        help = str(app.screen.query_one("#search-help", Static).visual)
        lines = help.partition("\n\n")[0].splitlines()
        assert max(map(len, lines)) <= width - 4
        assert [line for line in lines if not line[:20].strip()] == [
            " " * 20 + rest for rest in (("me", "yesterday, 7d") if width == 60 else ())
        ]


async def test_enter_goes_to_the_place_and_escape_back() -> None:
    world, app = rooms()
    async with app.run_test(size=(80, 24)) as pilot:
        chat = await two_rooms(world, pilot)
        chat.composer.insert("half a word")
        await pilot.press("ctrl+f", *"script lad")
        found = await looked_for(pilot, "script lad")
        target = found.listed.found[0].message.id
        await pilot.press("enter")
        await arrived(pilot, target)
        assert chat.room is not None and chat.room.name == "ops"
        assert chat.timeline.has_focus and is_marked(chat, "script") and is_marked(chat, "lad")
        assert "Esc goes back" in str(chat.found_line.render())
        await pilot.press("escape")
        await until(pilot, lambda: chat.room and chat.room.name == "orchard")
        await until(pilot, lambda: chat.timeline.is_settled)
        assert chat.composer.has_focus and chat.composer.text == "half a word"
        assert chat.timeline.following and not chat.timeline.find and not chat.found_line.display
        # The second time escape has nowhere to go back to.
        await pilot.press("escape")
        assert chat.room is not None and chat.room.name == "orchard"
        await pilot.press("ctrl+f")
        again = await looked_for(pilot, "script lad")
        assert again.listed.chosen is not None and again.listed.chosen.message.id == target
        await pilot.press(*"apple")
        assert again.field.value == "apple", "what was looked for before gives way"


async def test_a_place_far_back_is_fetched_and_the_view_comes_back_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("p2pchat_tui.ui.rooms.PAGE", 40)
    world = World()
    me = world.profile("maya")

    async def before() -> None:
        await me.new_room("orchard")

    async with world.app(me, "orchard", before=before).run_test(size=(80, 24)) as pilot:
        chat = await in_room(pilot)
        assert chat.room is not None
        session = chat.room.session
        first = await session.do(Say("the needle"))
        for number in range(70):
            await session.do(Say(f"straw {number}"))
        await chat.room.load()
        chat.refresh_room()
        await until(pilot, lambda: chat.timeline.is_settled)
        assert first and not chat.room.window.get(first)
        chat.timeline.focus()
        await pilot.press("pageup")
        seen = chat.timeline.place
        assert seen is not None
        await pilot.press("ctrl+f", *"needle")
        await looked_for(pilot, "needle")
        await pilot.press("enter")
        await arrived(pilot, first)
        assert chat.room.window.cut_off and "the needle" in shown(chat)
        await pilot.press("escape")
        await until(pilot, lambda: chat.timeline.place == seen)
        assert not chat.timeline.following and chat.timeline.chosen is None


async def test_on_the_way_to_a_place_nothing_else_is_painted(monkeypatch: pytest.MonkeyPatch) -> None:
    world, app = rooms()
    async with app.run_test(size=(80, 24)) as pilot:
        chat = await two_rooms(world, pilot)
        target = await first_of(pilot, "script")
        painted: list[tuple[str, object]] = []

        def note(screen: Screen[object], _update: object) -> None:
            if screen is chat and not app._batch_count:
                painted.append((chat.room.name if chat.room else "", chat.timeline.chosen))

        monkeypatch.setattr(app, "_display", note)
        await pilot.press("enter")
        await arrived(pilot, target)
        await until(pilot, lambda: painted)
        assert set(painted) == {("ops", target)}


async def test_to_write_there_is_to_stay() -> None:
    world, app = rooms()
    async with app.run_test(size=(80, 24)) as pilot:
        chat = await two_rooms(world, pilot)
        target = await first_of(pilot, "script")
        await pilot.press("enter")
        await arrived(pilot, target)
        await pilot.press("r", *"fixed", "enter")
        await until(pilot, lambda: chat.room and any(m.text == "fixed" for m in chat.room.window.messages))
        assert not chat.timeline.find and not chat.found_line.display
        await pilot.press("escape")
        assert chat.room is not None and chat.room.name == "ops"


@pytest.mark.parametrize("command", ["/search from:bo crates", "/find from:bo crates"])
async def test_the_commands_search(command: str) -> None:
    world, app = rooms()
    async with app.run_test(size=(80, 24)) as pilot:
        chat = await two_rooms(world, pilot)
        chat.composer.fill(command)
        await pilot.press("enter")
        found = await looked_for(pilot, "from:bo crates")
        assert texts(found) == ["I bring the **ladder** and six crates"]
        assert found.field.value == "from:bo crates"


async def test_a_filter_that_finds_nothing_can_be_dropped_and_a_bad_one_says_why() -> None:
    world, app = rooms()
    async with app.run_test(size=(80, 24)) as pilot:
        await two_rooms(world, pilot)
        await pilot.press("ctrl+f")
        found = await looked_for(pilot, "")
        found.field.value = "crates from:me in:orchard"
        await looked_for(pilot, "crates from:me in:orchard")
        assert state(found) == "Nothing was found: no message holds “crates” from me in #orchard."
        await pilot.press("down", "up", "enter")
        await looked_for(pilot, "crates in:orchard")
        assert len(texts(found)) == 2
        for text, why in (
            ("crates before:soon", "before:soon is no day"),
            ("crates from:nobody", "Nobody called nobody"),
            ("in:", "Say what comes after in:"),
            ("*", "Signs alone"),
        ):
            found.field.value = text
            await looked_for(pilot, text)
            assert why in state(found) and not texts(found)
            await pilot.press("enter", "down", "pagedown")
            assert pilot.app.screen is found
        found.field.value = ""
        await looked_for(pilot, "")
        assert state(found) == "" and found.query_one("#search-help").display


async def test_a_click_opens_and_ctrl_f_begins_again() -> None:
    world, app = rooms()
    async with app.run_test(size=(80, 24)) as pilot:
        await two_rooms(world, pilot)
        await pilot.press("ctrl+f", *"ladder")
        found = await looked_for(pilot, "ladder")
        await pilot.press("ctrl+f", *"crates")
        await looked_for(pilot, "crates")
        target = found.listed.found[1].message.id
        await pilot.click("#found", offset=(5, 3))
        await arrived(pilot, target)


class SlowFinder(Finder):
    """Answers when it is told to."""

    asked: list[str]
    gate: asyncio.Event

    async def find(self, query: Query, limit: int, below: Stamp | None = None) -> Results:
        self.asked.append(query.text)
        await self.gate.wait()
        return await super().find(query, limit, below)


async def test_what_was_typed_last_wins_and_typing_never_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    world, app = rooms()
    async with app.run_test(size=(80, 24)) as pilot:
        await two_rooms(world, pilot)
        SlowFinder.asked, SlowFinder.gate = [], asyncio.Event()
        monkeypatch.setattr("p2pchat_tui.session.profile.Finder", SlowFinder)
        await pilot.press("ctrl+f", *"crates")
        found = search_of(pilot)
        await until(pilot, lambda: SlowFinder.asked)
        await pilot.press(*" long")
        await until(pilot, lambda: SlowFinder.asked[-1] == "crates long")
        assert found.field.value == "crates long" and not texts(found)
        SlowFinder.gate.set()
        await looked_for(pilot, "crates long")
        assert [text[:6] for text in texts(found)] == ["Before"]
        await pilot.pause()
        assert found._shown == "crates long"


class LateFinder(Finder):
    """Has something to make ready first."""

    gate: asyncio.Event
    left: int

    async def make_ready(self) -> int:
        if LateFinder.left:
            await self.gate.wait()
            LateFinder.left -= 1
        return LateFinder.left

    async def find(self, query: Query, limit: int, below: Stamp | None = None) -> Results:
        return Results((), None, LateFinder.left) if LateFinder.left else await super().find(query, limit, below)


async def test_what_is_not_ready_yet_is_said_and_found_later(monkeypatch: pytest.MonkeyPatch) -> None:
    world, app = rooms()
    async with app.run_test(size=(80, 24)) as pilot:
        await two_rooms(world, pilot)
        LateFinder.gate, LateFinder.left = asyncio.Event(), 2
        monkeypatch.setattr("p2pchat_tui.session.profile.Finder", LateFinder)
        await pilot.press("ctrl+f", *"crates")
        found = await looked_for(pilot, "crates")
        assert not texts(found) and state(found) == "Nothing yet. Still reading 2 entries…"
        LateFinder.gate.set()
        await until(pilot, lambda: len(texts(found)) == 2)
        assert state(found) == "2 messages, newest first."


async def test_more_come_as_one_goes_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "PAGE", 5)
    world = World()
    me = world.profile("maya")

    async def before() -> None:
        await me.new_room("orchard")

    async with world.app(me, "orchard", before=before).run_test(size=(80, 24)) as pilot:
        chat = await in_room(pilot)
        assert chat.room is not None
        for number in range(23):
            await chat.room.session.do(Say(f"apple {number}"))
        await pilot.press("ctrl+f", *"apple")
        found = await looked_for(pilot, "apple")
        assert state(found).startswith("5 messages and more")
        for _ in range(30):
            count = len(texts(found))
            await pilot.press("down")
            await until(pilot, lambda: not found._paging)
            assert len(texts(found)) >= count
        assert texts(found) == [f"apple {number}" for number in range(22, -1, -1)]
        assert state(found) == "23 messages, newest first." and found.listed.highlighted == 22


def test_an_excerpt_shows_the_first_hit() -> None:
    text = "word " * 40 + "the needle is here " + "word " * 40
    line, spans = excerpt(text, [Term("needle")], 40)
    assert len(line) <= 40 and [line[low:high] for low, high in spans] == ["needle"]
    wide, spans = excerpt("日本の" * 30 + "りんご" + "です" * 30, [Term("りんご")], 40)
    assert [wide[low:high] for low, high in spans] == ["りんご"]
    assert excerpt("a\nshort \x1b one", [], 40) == ("a short ␛ one", [])


@pytest.mark.parametrize(
    ("text", "word", "line"),
    [
        ("the build is **green** and `fast`", "green", "the build is green and fast"),
        ("bring:\n\n- apples\n- *pears*", "pears", "bring: • apples • pears"),
        ("```py\nprint(1)\n```", "print", "print(1)"),
        ("# Sunday\nthe ~~old~~ press", "press", "Sunday the old press"),
        ("no_markdown_at_all * 2", "all", "no_markdown_at_all * 2"),
        ("[here](https://orchard.example/map)", "nothing", "here"),
    ],
)
def test_an_excerpt_is_without_markdown(text: str, word: str, line: str) -> None:
    assert excerpt(text, [Term(word)], 60)[0].startswith(line)


def test_what_is_found_in_the_markdown_alone_is_shown_as_it_was_written() -> None:
    line, spans = excerpt("look *here*\n```fortran\nx\n```", [Term("fortran")], 60)
    assert [line[low:high] for low, high in spans] == ["fortran"]


PEOPLE, ROOMS = ["ana", "Anton", "bo b"], ["orchard", "ops"]


@pytest.mark.parametrize(
    ("before", "start", "values"),
    [
        ("", 0, ["from:", "in:", "before:", "after:", "has:link "]),
        ("ladder fr", 7, ["from:"]),
        ("from:an", 5, ["ana ", "Anton "]),
        ("ladder from:", 12, ["me ", "ana ", "Anton ", '"bo b" ']),
        ('from:"bo', 5, ['"bo b" ']),
        ("FROM:@a", 5, ["ana ", "Anton "]),
        ("in:#o", 3, ["orchard ", "ops "]),
        ("has:", 4, ["link "]),
        ("before:y", 7, ["yesterday "]),
        ("nothing", 0, []),
        ("notfrom:a", 0, []),
    ],
)
def test_what_tab_makes_of_a_filter(before: str, start: int, values: list[str]) -> None:
    assert completions(before, PEOPLE, ROOMS) == (start, values)


async def test_tab_completes_filters_and_goes_on_to_the_next() -> None:
    world, app = rooms()
    async with app.run_test(size=(80, 24)) as pilot:
        await two_rooms(world, pilot)
        await pilot.press("ctrl+f", *"ladder fr", "tab")
        found = await looked_for(pilot, "ladder from:")
        await pilot.press("tab")
        await until(pilot, lambda: found.field.value == "ladder from:me ")
        await pilot.press("tab")
        await until(pilot, lambda: found.field.value == "ladder from:ana ")
        assert found.field.has_focus and found.field.cursor_position == len("ladder from:ana ")
        await pilot.press("shift+tab")
        await until(pilot, lambda: found.field.value == "ladder from:me ")
        await looked_for(pilot, "ladder from:me ")
        assert [text[:5] for text in texts(found)] == ["Which", "The l"], "hers alone"
        await pilot.press(*"in:o", "tab")
        await until(pilot, lambda: found.field.value.startswith("ladder from:me in:o") and found.field.value[-1] == " ")
