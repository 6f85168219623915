"""The input bar."""

from __future__ import annotations

import pytest
from textual import events
from textual.app import App, ComposeResult
from textual.message import Message
from textual.pilot import Pilot
from textual.widgets import Button

from p2pchat_tui.ui.app import ChatApp
from p2pchat_tui.ui.theme import DARK, THEMES
from p2pchat_tui.ui.widgets.composer import PASTE_MAX, Composer, hint
from tests.ui.world import nothing_blinks


class Shell(App[None]):
    CSS_PATH = ChatApp.CSS_PATH

    def __init__(self) -> None:
        super().__init__()
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = DARK.name
        self.time = 100.0
        self.heard: list[Message] = []

    def compose(self) -> ComposeResult:
        yield Composer(id="composer", clock=lambda: self.time)
        yield Button("next")

    @property
    def composer(self) -> Composer:
        return self.query_one(Composer)

    @property
    def sent(self) -> list[str]:
        return [each.text for each in self.heard if isinstance(each, Composer.Submitted)]

    @property
    def typed(self) -> list[bool]:
        return [each.on for each in self.heard if isinstance(each, Composer.Typed)]

    def on_composer_submitted(self, event: Composer.Submitted) -> None:
        self.heard.append(event)

    def on_composer_typed(self, event: Composer.Typed) -> None:
        self.heard.append(event)

    def on_composer_shortened(self, event: Composer.Shortened) -> None:
        self.heard.append(event)


async def start(pilot: Pilot[None]) -> Shell:
    assert isinstance(pilot.app, Shell)
    pilot.app.composer.focus()
    nothing_blinks(pilot.app)  # type: ignore[arg-type]
    await pilot.pause()
    return pilot.app


async def test_enter_sends_and_empties() -> None:
    async with Shell().run_test() as pilot:
        app = await start(pilot)
        await pilot.press(*"hello", "enter", "enter", "space", "enter")
        assert app.sent == ["hello"]
        assert app.composer.text.strip() == ""


@pytest.mark.parametrize("key", ["ctrl+j", "shift+enter"])
async def test_new_lines(key: str) -> None:
    async with Shell().run_test() as pilot:
        app = await start(pilot)
        await pilot.press("a", key, "b", "enter")
        assert app.sent == ["a\nb"]


async def test_it_grows_to_six_rows() -> None:
    async with Shell().run_test() as pilot:
        app = await start(pilot)
        heights = []
        for _ in range(9):
            heights.append(app.composer.size.height)
            await pilot.press("x", "ctrl+j")
            await pilot.pause()
        assert heights == [1, 2, 3, 4, 5, 6, 6, 6, 6]


async def test_up_and_down_bring_back_what_was_sent_and_the_draft() -> None:
    async with Shell().run_test() as pilot:
        app = await start(pilot)
        await pilot.press("a", "enter", "b", "enter", "c")
        seen = []
        for key in ("up", "up", "up", "down", "down", "down"):
            await pilot.press(key)
            seen.append(app.composer.text)
        assert seen == ["b", "a", "a", "b", "c", "c"]


async def test_up_within_a_text_moves_the_cursor() -> None:
    async with Shell().run_test() as pilot:
        app = await start(pilot)
        await pilot.press("a", "enter", "b", "ctrl+j", "c", "up")
        assert app.composer.text == "b\nc"
        assert app.composer.cursor_location[0] == 0


async def test_tab_goes_through_what_is_possible() -> None:
    async with Shell().run_test() as pilot:
        app = await start(pilot)
        app.composer.people = ["ana", "Andrea", "bo"]
        await pilot.press("a", "tab")
        assert app.composer.text == "ana: "
        await pilot.press("tab")
        assert app.composer.text == "Andrea: "
        await pilot.press(*"hi b", "tab")
        assert app.composer.text == "Andrea: hi bo "
        await pilot.press("ctrl+j", "a", "tab")
        assert app.composer.text == "Andrea: hi bo \nana "


async def test_tab_in_an_empty_composer_goes_on() -> None:
    async with Shell().run_test() as pilot:
        app = await start(pilot)
        await pilot.press("tab")
        assert isinstance(app.focused, Button)


async def test_a_paste_of_many_lines_is_kept_and_sent_as_one() -> None:
    async with Shell().run_test() as pilot:
        app = await start(pilot)
        app.post_message(events.Paste("one\r\ntwo\rthree"))
        await pilot.pause()
        assert app.sent == []
        await pilot.press("enter")
        assert app.sent == ["one\ntwo\nthree"]


async def test_a_huge_paste_loses_its_end_and_says_so() -> None:
    async with Shell().run_test() as pilot:
        app = await start(pilot)
        app.post_message(events.Paste("x" * (PASTE_MAX + 5)))
        await pilot.pause()
        assert len(app.composer.text) == PASTE_MAX
        assert any(isinstance(each, Composer.Shortened) for each in app.heard)


async def test_typing_is_told_sparingly_and_its_end_at_once() -> None:
    async with Shell().run_test() as pilot:
        app = await start(pilot)
        await pilot.press(*"hello")
        assert app.typed == [True]
        app.time += 2.9
        await pilot.press("!")
        assert app.typed == [True]
        app.time += 0.2
        await pilot.press("!")
        assert app.typed == [True, True]
        await pilot.press("enter")
        assert app.typed == [True, True, False]


async def test_commands_are_not_typing() -> None:
    async with Shell().run_test() as pilot:
        app = await start(pilot)
        await pilot.press(*"/nick x", "enter")
        assert app.typed == []


async def test_what_cannot_be_sent_comes_back_before_what_was_written_since() -> None:
    async with Shell().run_test() as pilot:
        app = await start(pilot)
        await pilot.press(*"first", "enter", *"second")
        app.composer.give_back("first")
        assert app.composer.text == "first\nsecond"
        assert app.composer.sent == []


async def test_invites_are_not_remembered() -> None:
    async with Shell().run_test() as pilot:
        app = await start(pilot)
        app.post_message(events.Paste("/join p2pchat:///orchard#ABCD"))
        await pilot.press("enter")
        assert app.sent == ["/join p2pchat:///orchard#ABCD"]
        await pilot.press("up")
        assert app.composer.text == ""


def test_the_hint_fits() -> None:
    for width in range(10, 120):
        assert len(hint("orchard", width).plain) <= max(width, len("Message #orchard"))
    assert "Tab completes" in hint("orchard", 100).plain
