"""The log keeps its place: heights, following, jumping, asking for more."""

from __future__ import annotations

import pytest

from p2pchat_tui.session.api import Page
from p2pchat_tui.ui.window import WINDOW_MAX
from tests.ui.log_app import Shell, filled, on_screen, settled, shows
from tests.ui.messages import message, page


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


async def test_older_messages_are_asked_for_at_the_top_only_while_there_are_some() -> None:
    async with Shell().run_test(size=(60, 12)) as pilot:
        app = await filled(pilot, 100, 120, more=True)
        await pilot.press("home")
        assert "top" in app.reached
        app.reached.clear()
        app.window.more = False
        await pilot.press("home", "pageup")
        assert app.reached == []


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
