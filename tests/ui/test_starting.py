"""The first frame: what it says, that nothing typed into it is lost, and that nothing heavy is loaded before it."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from datetime import UTC
from pathlib import Path

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input, Static

from p2pchat_tui.session.catalogue import RoomError
from p2pchat_tui.session.profile import Profile
from p2pchat_tui.ui.loading import load_screens
from p2pchat_tui.ui.screens.home import HomeScreen
from p2pchat_tui.ui.starting import Start, StartingApp, StartScreen
from tests.helpers import entropy
from tests.ui.world import World, chat_of, in_room, shown, until

ROOT = Path(__file__).resolve().parents[2]


class HeldOpening:
    """A profile that is opened when the test says so."""

    def __init__(self, profile: Profile, room: str | None = None, error: Exception | None = None) -> None:
        self.go_on = asyncio.Event()
        self.was_cancelled = False
        self._start = Start(profile, room)
        self._error = error

    def load(self) -> None:
        pass

    async def open(self) -> Start:
        try:
            await self.go_on.wait()
        except asyncio.CancelledError:
            self.was_cancelled = True
            raise
        if self._error:
            raise self._error
        return self._start


class Window(StartingApp):
    def __init__(self, world: World, opening: HeldOpening, *, has_rooms: bool = True) -> None:
        super().__init__(
            opening, "opening garden…", has_rooms=has_rooms, now=world.clock.seconds, tz=UTC, entropy=entropy(99)
        )
        self.animation_level = "none"
        self.world = world

    async def on_unmount(self) -> None:
        await self.world.close()


def on_screen(pilot: Pilot[str | None]) -> str:
    return "\n".join(str(line.visual) for line in pilot.app.screen.query(Static))


async def test_what_is_typed_at_the_first_frame_is_shown_and_then_sent_and_written_on() -> None:
    world = World()
    me = world.profile("maya")
    await me.new_room("garden")
    opening = HeldOpening(me, "garden")
    app = Window(world, opening)
    async with app.run_test() as pilot:
        assert isinstance(app.screen, StartScreen) and "opening garden…" in on_screen(pilot)
        await pilot.press("h", "i", "x", "backspace", "enter")
        app.post_message(events.Paste("and [b]more"))
        await pilot.press("backspace", "E")
        await until(pilot, lambda: "hi\nand [b]morE" in on_screen(pilot))
        opening.go_on.set()
        chat = await in_room(pilot)
        await until(pilot, lambda: shown(chat).endswith(" hi"))
        await until(pilot, lambda: chat.composer.text == "and [b]morE")
        await pilot.press("!")
        assert chat.composer.text == "and [b]morE!"


async def test_a_message_typed_where_no_room_comes_waits_for_the_first_one_unsent() -> None:
    world = World()
    opening = HeldOpening(world.profile("maya"))
    app = Window(world, opening)
    async with app.run_test() as pilot:
        await pilot.press("h", "i", "enter")
        opening.go_on.set()
        await until(pilot, lambda: isinstance(app.screen, HomeScreen) and app.screen.focused)
        name = app.screen.query_one("#new-name", Input)
        await pilot.press("enter")
        chat = await in_room(pilot)
        await until(pilot, lambda: chat.composer.text == "hi\n")
        assert chat.room and chat.room.name == name.value and not chat.room.window.messages


async def test_where_there_was_no_room_ever_the_first_frame_is_that_of_the_next_screen() -> None:
    world = World()
    opening = HeldOpening(world.profile("maya"))
    app = Window(world, opening, has_rooms=False)
    async with app.run_test() as pilot:
        assert "No account" in on_screen(pilot) and not app.screen.query_one("#start-input").display
        await pilot.press("ctrl+a", "x")
        opening.go_on.set()
        await until(pilot, lambda: isinstance(app.screen, HomeScreen) and app.screen.focused)
        await until(pilot, lambda: app.screen.query_one("#new-name", Input).value.startswith("x"))


async def test_why_it_cannot_be_opened_is_left_to_the_caller() -> None:
    world = World()
    error = RoomError("There is no such room.")
    opening = HeldOpening(world.profile("maya"), error=error)
    opening.go_on.set()
    app = Window(world, opening)
    async with app.run_test() as pilot:
        await until(pilot, lambda: not app.is_running)
    assert app.trouble is error


async def test_quitting_does_not_wait_for_the_profile() -> None:
    world = World()
    opening = HeldOpening(world.profile("maya"))
    app = Window(world, opening)
    async with app.run_test() as pilot:
        await pilot.press("a", "ctrl+q")
        await until(pilot, lambda: not app.is_running)
    await asyncio.sleep(0)
    assert app.trouble is None


async def test_all_looks_of_the_first_screens_are_read_before_they_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    me = world.profile("maya")
    await me.new_room("garden")
    opening = HeldOpening(me, "garden")
    opening.go_on.set()
    app = Window(world, opening)
    async with app.run_test() as pilot:
        await in_room(pilot)
        read = set(load_screens(app.stylesheet).source)
        app.notify("told")
        await pilot.pause()
        assert set(app.stylesheet.source) <= read
        assert chat_of(pilot).has_class("-narrow")


HEAVY = {
    *("cryptography", "sqlite3", "aiosqlite", "websockets", "aiortc", "zeroconf", "msgspec"),
    *("pygments", "markdown_it", "segno", "tomllib", "p2pchat_tui.ssc.room", "p2pchat_tui.session.api"),
    *("p2pchat_tui.session.session", "p2pchat_tui.store", "p2pchat_tui.transport", "p2pchat_tui.ui.screens.chat"),
    *("textual.widgets._text_area", "textual.widgets._footer"),
}
FIRST_FRAME = f"""
import asyncio, sys
import p2pchat_tui.__main__, p2pchat_tui.cli.run, p2pchat_tui.cli.app
from p2pchat_tui.ui.starting import StartingApp

class Opening:
    def load(self):
        print(*sorted({HEAVY!r} & set(sys.modules)), file=sys.__stdout__)
        raise ValueError
    async def open(self):
        raise AssertionError

app = StartingApp(Opening(), "opening", has_rooms=True)
asyncio.run(app.run_async(headless=True))
assert isinstance(app.trouble, ValueError)
"""


def test_nothing_heavy_is_loaded_before_the_first_frame() -> None:
    done = subprocess.run([sys.executable, "-c", FIRST_FRAME], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []


async def test_what_was_written_for_a_room_that_cannot_be_opened_is_not_lost_and_makes_no_room() -> None:
    world = World()
    me = world.profile("maya")
    opening = HeldOpening(me, "garden")  # which was forgotten meanwhile
    app = Window(world, opening)
    async with app.run_test() as pilot:
        await pilot.press("h", "i", "enter", "y", "o")
        opening.go_on.set()
        await until(pilot, lambda: isinstance(app.screen, HomeScreen) and app._held is None)
        later = "".join(event.character or "" for event in app._for_later if isinstance(event, events.Key))
        assert "".join((app.clipboard + later).split()) == "hiyo", "a part of it may have reached the chat"
        assert not await me.rooms()
