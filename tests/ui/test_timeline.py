"""The timeline as a widget: heights, following, paging, choosing, selecting."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path

import pytest
from textual.app import App, ComposeResult
from textual.geometry import Offset
from textual.pilot import Pilot
from textual.selection import Selection

from p2pchat_tui.session.api import MessageView, Page, Term
from p2pchat_tui.ui.theme import DARK, LIGHT, THEMES
from p2pchat_tui.ui.widgets import timeline as timeline_module
from p2pchat_tui.ui.widgets.timeline import Timeline
from p2pchat_tui.ui.window import WINDOW_MAX, MessageWindow
from tests.ui.messages import BO, ME, START_MS, message, page, reaction

CSS = Path(timeline_module.__file__).parents[1] / "chat.tcss"


class Shell(App[None]):
    CSS_PATH = CSS

    def __init__(self) -> None:
        super().__init__()
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = DARK.name
        self.window = MessageWindow()
        self.asked: list[tuple[str, MessageView | None]] = []
        self.details: list[str] = []
        self.reached: list[str] = []
        self.marks = {"mark": "✓2"}

    def compose(self) -> ComposeResult:
        yield Timeline(lambda each: self.marks["mark"] if each.mine else "", UTC, id="timeline")

    @property
    def timeline(self) -> Timeline:
        return self.query_one(Timeline)

    def show(self, **more: object) -> None:
        self.timeline.show(self.window, **more)  # type: ignore[arg-type]

    def on_timeline_asked(self, event: Timeline.Asked) -> None:
        self.asked.append((event.what, event.message))
        self.details.append(event.detail)

    def on_timeline_top_reached(self) -> None:
        self.reached.append("top")

    def on_timeline_bottom_reached(self) -> None:
        self.reached.append("bottom")

    def on_timeline_end_reached(self) -> None:
        self.reached.append("end")


async def filled(pilot: Pilot[None], low: int = 0, high: int = 50, *, more: bool = False) -> Shell:
    app = pilot.app
    assert isinstance(app, Shell)
    app.window.reset(page(low, high, more=more))
    app.show()
    await pilot.pause()
    app.timeline.focus()
    await pilot.pause()
    return app


async def settled(pilot: Pilot[None]) -> None:
    """Wait until what is not in view is laid out too."""
    app = pilot.app
    assert isinstance(app, Shell)
    for _ in range(1_000):
        if app.timeline.is_settled:
            return
        await pilot.pause()
    raise AssertionError("the timeline does not settle")


def on_screen(app: Shell) -> list[str]:
    return [app.timeline.render_line(y).text.rstrip() for y in range(app.timeline.size.height)]


async def test_it_begins_at_the_end_and_follows() -> None:
    async with Shell().run_test(size=(60, 12)) as pilot:
        app = await filled(pilot)
        assert on_screen(app)[-1].endswith("message 49")
        app.window.add(message(50, "news"), at_end=True)
        app.show()
        await pilot.pause()
        assert on_screen(app)[-1].endswith("news")


async def test_who_reads_above_is_not_moved() -> None:
    async with Shell().run_test(size=(60, 12)) as pilot:
        app = await filled(pilot, 100, 150)
        await pilot.press("pageup", "pageup")
        before = on_screen(app)
        assert not app.timeline.following
        app.window.add(message(150, "news"), at_end=False)
        app.window.add_older(page(50, 100))
        app.show()
        await pilot.pause()
        # The day line has moved up to what is now the oldest message, if it was in view.
        assert on_screen(app)[1:] == before[1:]
        await pilot.press("end")
        assert on_screen(app)[-1].endswith("news")
        assert app.reached == ["end"]


async def test_few_messages_stand_at_the_bottom() -> None:
    async with Shell().run_test(size=(60, 12)) as pilot:
        app = await filled(pilot, 0, 2)
        found = on_screen(app)
        assert found[-1].endswith("message 1") and found[-2].endswith("message 0")
        assert set(found[:-3]) == {""}


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


async def test_reflow_keeps_the_end_in_view() -> None:
    async with Shell().run_test(size=(100, 20)) as pilot:
        app = pilot.app
        assert isinstance(app, Shell)
        app.window.reset(Page(tuple(message(n, f"{n} " + "word " * 30) for n in range(40)), False))
        app.show()
        await pilot.pause()
        for size in ((60, 20), (130, 12), (40, 30)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            assert app.timeline.following
            assert app.timeline.scroll_y == app.timeline.max_scroll_y
            assert "word" in on_screen(app)[-1]


async def test_older_messages_are_asked_for_at_the_top_only_while_there_are_some() -> None:
    async with Shell().run_test(size=(60, 12)) as pilot:
        app = await filled(pilot, 100, 120, more=True)
        await pilot.press("home")
        assert "top" in app.reached
        app.reached.clear()
        app.window.more = False
        await pilot.press("home", "pageup")
        assert app.reached == []


async def test_choosing_and_the_keys_that_act() -> None:
    async with Shell().run_test(size=(60, 12)) as pilot:
        app = await filled(pilot)
        await pilot.press("up", "up", "r")
        assert app.asked == [("reply", app.window.messages[-2])]
        await pilot.press("down", "e", "plus", "d", "c", "g", "o", "i")
        newest = app.window.messages[-1]
        assert app.asked[1:] == [(what, newest) for what in ("react", "copy", "info")], "it is not mine, and plain"
        app.asked.clear()
        mine = message(50, "see https://example.org", author=ME, reply_to=newest.id)
        app.window.add(mine, at_end=True)
        app.show()
        await pilot.pause()
        await pilot.press("down", *"edgo")
        assert app.asked == [(what, mine) for what in ("edit", "delete", "answered", "open")]
        app.asked.clear()
        await pilot.press("up", "escape")
        assert app.timeline.chosen is None
        assert app.asked == [("leave", newest)]


async def test_choosing_scrolls_and_the_mouse_chooses() -> None:
    async with Shell().run_test(size=(60, 12)) as pilot:
        app = await filled(pilot)
        await pilot.press(*["up"] * 20)
        assert app.timeline.chosen == app.window.messages[-20].id
        assert any(line.endswith("message 30") for line in on_screen(app))
        await pilot.press("end")
        await pilot.click(Timeline, offset=(30, 11))
        assert app.timeline.chosen == app.window.messages[-1].id


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


async def test_a_burst_is_laid_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Shell().run_test(size=(60, 12)) as pilot:
        app = await filled(pilot)
        calls = []
        layout = app.timeline._blocks
        real = layout.take
        monkeypatch.setattr(layout, "take", lambda *a: calls.append(1) or real(*a))
        for number in range(50, 150):
            app.window.add(message(number), at_end=True)
            app.show()
        await pilot.pause()
        assert len(calls) == 1
        assert on_screen(app)[-1].endswith("hello")


async def test_a_full_window_is_laid_out_and_read_to_its_top() -> None:
    async with Shell().run_test(size=(60, 12)) as pilot:
        app = await filled(pilot, 0, WINDOW_MAX)
        app.show(opening="Here begins #orchard")
        await pilot.pause()
        await pilot.press("home")
        assert "Here begins #orchard" in on_screen(app)[0]


async def test_the_new_line_and_cut_off_messages() -> None:
    async with Shell().run_test(size=(60, 12)) as pilot:
        app = await filled(pilot)
        app.window.cut_off = True
        app.show(first_new=app.window.messages[-1].order)
        await pilot.pause()
        found = on_screen(app)
        assert " new " in found[-3]
        assert "newer messages follow" in found[-1]


async def test_text_can_be_selected() -> None:
    async with Shell().run_test(size=(60, 12)) as pilot:
        app = await filled(pilot, 0, 2)
        last = app.timeline.virtual_size.height - 1
        selection = Selection(Offset(20, last - 1), Offset(26, last))
        assert app.timeline.get_selection(selection) == ("09:14 ana: essage 0\n09:15 ana: message", "\n")


async def test_a_changed_theme_changes_what_is_drawn() -> None:
    async with Shell().run_test(size=(60, 12)) as pilot:
        app = await filled(pilot)

        def colours() -> set[object]:
            return {segment.style.color for segment in app.timeline.render_line(11) if segment.style}

        dark = colours()
        app.theme = LIGHT.name
        await pilot.pause()
        assert colours().isdisjoint(dark)


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


async def shows(pilot: Pilot[None], *messages: MessageView, **more: object) -> Shell:
    """A timeline of just these."""
    app = pilot.app
    assert isinstance(app, Shell)
    app.window.reset(Page(messages, False))
    app.show(**more)
    await pilot.pause()
    app.timeline.focus()
    await pilot.pause()
    return app


def place_of(app: Shell, text: str) -> tuple[int, int]:
    """Where `text` begins on the screen."""
    for y, line in enumerate(on_screen(app)):
        if text in line:
            return line.index(text), y
    raise AssertionError(f"{text} is not on the screen")


async def test_clicks_on_parts_of_a_message_do_what_they_promise() -> None:
    async with Shell().run_test(size=(70, 12)) as pilot:
        answer = message(
            1, "see [the map](https://example.org/map)", BO, reply_to=message(0).id, reply_name="ana",
            reply_text="where", reactions=(reaction("🎉", BO),),
        )  # fmt: skip
        mine = message(2, "mine", ME)
        app = await shows(pilot, message(0, "where"), answer, mine)
        for text, what, about, detail in (
            ("the map", "open", answer, "https://example.org/map"),
            ("┃ ana: where", "answered", answer, ""),
            ("🎉 1", "react", answer, "🎉"),
            ("✓2", "info", mine, ""),
        ):
            app.asked.clear()
            app.details.clear()
            await pilot.click(Timeline, offset=place_of(app, text))
            assert (app.asked, app.details) == ([(what, about)], [detail]), text
            assert app.timeline.chosen == about.id
        app.asked.clear()
        await pilot.click(Timeline, offset=place_of(app, "mine"))
        assert app.asked == []
        await pilot.click(Timeline, offset=place_of(app, "mine"), times=2)
        assert app.asked == [("reply", mine)]
        await pilot.click(Timeline, offset=(30, 0))
        assert app.timeline.chosen is None


async def test_the_mouse_over_a_link_shows_where_it_leads() -> None:
    async with Shell().run_test(size=(70, 12), tooltips=True) as pilot:
        app = await shows(pilot, message(0, "see [the map](https://example.org/map)"), message(1, "other"))
        ground = app.timeline._strip(app.timeline.virtual_size.height - 1, None)
        await pilot.hover(Timeline, offset=place_of(app, "the map"))
        assert app.timeline.hovered == (message(0).id, "link:https://example.org/map")
        assert str(app.timeline.tooltip) == "https://example.org/map"
        await pilot.hover(Timeline, offset=place_of(app, "other"))
        assert app.timeline.tooltip is None
        assert app.timeline.hovered == (message(1).id, "")
        y = app.timeline.virtual_size.height - 1
        assert [s.style for s in app.timeline._strip(y, None)] != [s.style for s in ground], "it is seen"
        await pilot.hover(None, offset=(69, 0))
        assert app.timeline.hovered == (None, "")


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


async def test_jumping_chooses_and_shows_a_message() -> None:
    async with Shell().run_test(size=(60, 12)) as pilot:
        app = await filled(pilot, 0, 200)
        target = app.window.messages[20]
        app.timeline.jump(target.id)
        await settled(pilot)
        assert app.timeline.chosen == target.id
        assert not app.timeline.following
        assert any(line.startswith("▌") and line.endswith("message 20") for line in on_screen(app))
        app.timeline.jump(app.window.messages[-1].id)
        assert app.timeline.following


async def test_newer_messages_are_asked_for_only_while_they_are_cut_off() -> None:
    async with Shell().run_test(size=(60, 12)) as pilot:
        app = await filled(pilot)
        app.window.cut_off = True
        app.show()
        await pilot.press("pageup", "pagedown", "pagedown")
        assert "bottom" in app.reached and "end" not in app.reached
        assert not app.timeline.following
        app.window.add_newer(page(50, 60))
        app.reached.clear()
        app.show()
        await pilot.pause()
        assert not on_screen(app)[-1].endswith("message 59"), "who reads is not moved"
        await pilot.press("pagedown", "pagedown", "pagedown")
        assert app.reached == ["end"]
        assert app.timeline.following


async def test_the_text_stays_where_it_is_while_what_is_above_is_laid_out() -> None:
    async with Shell().run_test(size=(80, 20)) as pilot:
        app = await shows(pilot, *(message(n, f"{n} " + "- word\n" * (n % 7)) for n in range(400)))
        await settled(pilot)
        await pilot.press(*["pageup"] * 12)
        top = next(line for line in on_screen(app) if " ana " in line)
        await pilot.resize_terminal(60, 20)
        first = on_screen(app)
        await settled(pilot)
        assert on_screen(app) == first
        assert top.split()[2] in " ".join(first).split()


async def test_a_very_long_message_is_folded() -> None:
    async with Shell().run_test(size=(60, 12)) as pilot:
        app = await shows(pilot, message(0, "\n".join(f"{n}" for n in range(2_000))))
        assert app.timeline.virtual_size.height < 110
        await pilot.click(Timeline, offset=place_of(app, "… and more"))
        assert [what for what, _ in app.asked] == ["info"]


async def test_links_leave_as_the_terminals_own_and_only_safe_ones() -> None:
    async with Shell().run_test(size=(70, 12)) as pilot:
        app = await shows(pilot, message(0, "https://example.org [x](file:///etc/passwd) <javascript:alert(1)>"))
        strips = [app.timeline.render_line(y) for y in range(app.timeline.size.height)]
        links = {segment.style.link for strip in strips for segment in strip if segment.style and segment.style.link}
        assert links == {"https://example.org"}
