"""The input bar."""

from __future__ import annotations

import pytest
from textual import events
from textual.app import App, ComposeResult
from textual.message import Message
from textual.pilot import Pilot
from textual.widgets import Button

from p2pchat_tui.ui.app import ChatApp
from p2pchat_tui.ui.pasting import ASK_ABOVE, PASTE_MAX, as_code, pasted
from p2pchat_tui.ui.theme import DARK, THEMES
from p2pchat_tui.ui.widgets.composer import Composer, hint
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

    def on_composer_stepped(self, event: Composer.Stepped) -> None:
        self.heard.append(event)

    def on_composer_offered(self, event: Composer.Offered) -> None:
        self.heard.append(event)

    def on_composer_paste_asked(self, event: Composer.PasteAsked) -> None:
        self.heard.append(event)

    @property
    def offered(self) -> Composer.Offered:
        return [each for each in self.heard if isinstance(each, Composer.Offered)][-1]


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


async def test_a_long_paste_is_asked_about_and_a_long_one_of_few_lines_is_not() -> None:
    async with Shell().run_test() as pilot:
        app = await start(pilot)
        app.post_message(events.Paste("x\n" * ASK_ABOVE))
        await pilot.pause()
        asked = [each for each in app.heard if isinstance(each, Composer.PasteAsked)]
        assert [each.paste.lines for each in asked] == [ASK_ABOVE + 1] and app.composer.text == ""
        app.post_message(events.Paste("x\n" * (ASK_ABOVE - 1)))
        await pilot.pause()
        assert app.composer.text == "x\n" * (ASK_ABOVE - 1)


def test_a_huge_paste_is_cut_before_anything_looks_at_it() -> None:
    paste = pasted("ab\r\n" * PASTE_MAX)
    assert len(paste.text) <= PASTE_MAX and paste.cut == 3 * PASTE_MAX and "\r" not in paste.text


def test_code_with_fences_in_it_is_fenced_by_longer_ones() -> None:
    assert as_code("\na = 1\n\n") == "```\na = 1\n```\n"
    assert as_code("```py\nx\n```").startswith("````\n```py")


async def test_up_in_an_empty_composer_asks_for_the_last_message() -> None:
    async with Shell().run_test() as pilot:
        app = await start(pilot)
        await pilot.press("a", "enter", "up")
        assert [each.step for each in app.heard if isinstance(each, Composer.Stepped)] == [1]
        assert app.composer.text == ""


@pytest.mark.parametrize(("back", "forth"), [("ctrl+up", "ctrl+down"), ("alt+p", "alt+n")])
async def test_what_was_sent_comes_back_from_an_empty_composer_too(back: str, forth: str) -> None:
    async with Shell().run_test() as pilot:
        app = await start(pilot)
        await pilot.press("a", "enter", "b", "enter", back, back)
        assert app.composer.text == "a"
        await pilot.press(forth, forth)
        assert app.composer.text == ""


async def test_alt_with_a_letter_does_what_it_is_for_and_writes_no_letter() -> None:
    async with Shell().run_test() as pilot:
        app = await start(pilot)
        await pilot.press("a", "enter")
        # As most terminals send Alt+X and Alt+P: with the letter, which the keys of a pilot do not have.
        for key in ("alt+x", "alt+p"):
            app.post_message(events.Key(key, key[-1]))
            await pilot.pause()
        assert app.composer.text == "a"


async def test_while_a_message_is_changed_nothing_else_comes_back() -> None:
    async with Shell().run_test() as pilot:
        app = await start(pilot)
        await pilot.press("a", "enter")
        app.composer.fill("b")
        app.composer.changes = True
        await pilot.press("ctrl+up", "up", "down")
        assert app.composer.text == "b"
        assert [each.step for each in app.heard if isinstance(each, Composer.Stepped)] == [1, -1]


async def test_undo_and_redo() -> None:
    async with Shell().run_test() as pilot:
        app = await start(pilot)
        app.composer.people = ["ana"]
        await pilot.press("a", "tab")
        await pilot.press("ctrl+z")
        assert app.composer.text == "a"
        await pilot.press("ctrl+y")
        assert app.composer.text == "ana: "


async def test_emoji_by_name() -> None:
    async with Shell().run_test() as pilot:
        app = await start(pilot)
        await pilot.press(*"well :tad", "tab")
        assert app.composer.text == "well 🎉 "
        await pilot.press(*":d", "tab")
        assert app.composer.text == "well 🎉 :d"


async def test_typing_can_be_kept_to_oneself() -> None:
    async with Shell().run_test() as pilot:
        app = await start(pilot)
        app.composer.sends_typing = False
        await pilot.press(*"hello")
        assert app.typed == []


async def test_commands_are_offered_while_one_types_and_then_how_they_go_on() -> None:
    async with Shell().run_test() as pilot:
        app = await start(pilot)
        await pilot.press("/", "r", "e")
        assert "/reply" in app.offered.choices and "/react" in app.offered.choices
        await pilot.press(*"act")
        assert app.offered.choices == [] and app.offered.text.startswith("/react EMOJI")
        await pilot.press("ctrl+u")
        assert not app.offered.choices and not app.offered.text
        app.composer.people = ["ana", "Andrea"]
        await pilot.press("a", "tab")
        assert (app.offered.choices, app.offered.chosen) == (["ana:", "Andrea:"], 0)
        await pilot.press("x")
        assert not app.offered.choices


def test_the_hint_fits() -> None:
    for width in range(10, 120):
        assert len(hint("#orchard", width).plain) <= max(width, len("Message #orchard"))
    assert "Tab completes" in hint("#orchard", 100).plain
