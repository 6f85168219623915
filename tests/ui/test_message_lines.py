"""What is drawn of messages, and the text that is selected in them."""

from __future__ import annotations

import pytest
from textual.geometry import Offset
from textual.selection import Selection

from p2pchat_tui.session.api import Page, Term
from p2pchat_tui.ui.theme import LIGHT
from p2pchat_tui.ui.widgets.timeline import Timeline
from tests.ui.log_app import Shell, filled, on_screen, place_of, settled, shows
from tests.ui.messages import BO, ME, START_MS, message, reaction


@pytest.mark.parametrize("width", [24, 57, 80, 120])
async def test_heights_counted_are_heights_drawn(width: int) -> None:
    async with Shell().run_test(size=(width, 20)) as pilot:
        app = pilot.app
        assert isinstance(app, Shell)
        texts = ["short", "日本の" * 30, "word " * 60, "a\nb\n\nc", "🙂" * 50, "https://example.org/" + "x" * 150]
        app.window.reset(
            Page(tuple(message(n, texts[n % 6], reactions=(reaction("👍", BO),) * (n % 3)) for n in range(60)), False)
        )
        app.show()
        await pilot.pause()
        timeline = app.timeline
        await settled(pilot)
        blocks = [timeline._blocks.block(index) for index in range(len(timeline._blocks))]
        assert timeline.virtual_size.height == sum(len(block.lines) for block in blocks)
        inside = timeline.scrollable_content_region.width
        for y in range(timeline.virtual_size.height):
            assert timeline._strip(y, None).cell_length == inside


async def test_marks_are_asked_again() -> None:
    async with Shell().run_test(size=(60, 12)) as pilot:
        app = await filled(pilot)
        app.window.add(message(50, "mine", author=ME), at_end=True)
        app.show()
        await pilot.pause()
        assert on_screen(app)[-1].endswith("✓2")
        app.marks["mark"] = "✓✓"
        app.timeline.refresh_marks()
        assert on_screen(app)[-1].endswith("✓✓")


async def test_a_changed_theme_changes_what_is_drawn() -> None:
    async with Shell().run_test(size=(60, 12)) as pilot:
        app = await filled(pilot)

        def colours() -> set[object]:
            return {segment.style.color for segment in app.timeline.render_line(11) if segment.style}

        dark = colours()
        app.theme = LIGHT.name
        await pilot.pause()
        assert colours().isdisjoint(dark)


async def test_names_and_what_is_looked_for_are_marked() -> None:
    async with Shell().run_test(size=(60, 12)) as pilot:
        app = await shows(pilot, message(0, "ask @maya, not mayana"), message(1, "me, maya", ME), me="maya")
        app.timeline.find = (Term("ask"),)
        await settled(pilot)

        def marked(style: str) -> list[str]:
            ground = app.timeline._component(style).bgcolor
            strips = [app.timeline.render_line(y) for y in range(app.timeline.size.height)]
            return [segment.text for strip in strips for segment in strip if segment.style.bgcolor == ground]  # type: ignore[union-attr]

        assert marked("mention") == ["@maya"]
        assert marked("hit") == ["ask"]
        app.timeline.find = ()
        await settled(pilot)
        assert marked("hit") == []


async def test_markup_and_controls_are_shown_as_text() -> None:
    async with Shell().run_test(size=(60, 12)) as pilot:
        app = await filled(pilot)
        hostile = "[@click=app.quit]x[/] [/b] \x1b]0;gotcha\x07"
        app.window.add(message(50, hostile, name="[red]", at_ms=START_MS + 9_000_000), at_end=True)
        app.show()
        await pilot.pause()
        assert "[@click=app.quit]x[/] [/b]" in "".join(on_screen(app))
        assert "\x1b" not in "".join(on_screen(app))
        await pilot.click(Timeline, offset=(20, 11))
        assert app.is_running


async def test_links_leave_as_the_terminals_own_and_only_safe_ones() -> None:
    async with Shell().run_test(size=(70, 12)) as pilot:
        app = await shows(pilot, message(0, "https://example.org [x](file:///etc/passwd) <javascript:alert(1)>"))
        strips = [app.timeline.render_line(y) for y in range(app.timeline.size.height)]
        links = {segment.style.link for strip in strips for segment in strip if segment.style and segment.style.link}
        assert links == {"https://example.org"}


async def test_text_can_be_selected() -> None:
    async with Shell().run_test(size=(60, 12)) as pilot:
        app = await filled(pilot, 0, 2)
        last = app.timeline.virtual_size.height - 1
        selection = Selection(Offset(20, last - 1), Offset(26, last))
        assert app.timeline.get_selection(selection) == ("09:14 ana: essage 0\n09:15 ana: message", "\n")


async def test_text_is_dragged_over_several_messages_and_copied() -> None:
    async with Shell().run_test(size=(60, 12)) as pilot:
        long = "a line that is **too long** for this window and is wrapped, with 日本 in it"
        app = await shows(pilot, message(0, "first words"), message(1, long, BO, reactions=(reaction("👍", ME),)))
        end = (58, place_of(app, "👍")[1] - 1)
        await pilot.mouse_down(Timeline, offset=place_of(app, "words"))
        await pilot.hover(Timeline, offset=end)
        await pilot.mouse_up(Timeline, offset=end)
        whole = long.replace("**", "")
        assert app.screen.get_selected_text() == f"09:14 ana: words\n09:15 bo: {whole}"
        assert app.timeline.chosen is None, "the end of a drag is no click"
        await pilot.press("ctrl+c")
        assert app.clipboard == f"09:14 ana: words\n09:15 bo: {whole}"
        # What is selected stays what it is when older messages come in over it.
        app.window.add_older(Page((message(-1, "older"),), False))
        app.show()
        await pilot.pause()
        assert app.screen.get_selected_text() == f"09:14 ana: words\n09:15 bo: {whole}"


async def test_one_message_is_copied_without_its_author_and_code_with_its_blanks() -> None:
    async with Shell().run_test(size=(60, 14)) as pilot:
        code = "def f():\n    return 1" + " + 1" * 20
        app = await shows(pilot, message(0, f"so:\n```py\n{code}\n```"))
        last = app.timeline.virtual_size.height - 1
        assert app.timeline.get_selection(Selection(Offset(0, 0), Offset(0, last))) == (f"so:\n{code}", "\n")


async def test_emoji_are_selected_whole() -> None:
    async with Shell().run_test(size=(60, 12)) as pilot:
        app = await shows(pilot, message(0, "x👨\u200d👩\u200d👧y"))
        y = app.timeline.virtual_size.height - 1
        for x in range(1, 6):
            assert app.timeline.get_selection(Selection(Offset(20, y), Offset(20 + x, y))) == (
                "👨\u200d👩\u200d👧",
                "\n",
            )
