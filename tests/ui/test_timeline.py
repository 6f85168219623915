"""The timeline as a widget: choosing with keys and the mouse, and what is asked then."""

from __future__ import annotations

from p2pchat_tui.ui.widgets.timeline import Timeline
from tests.ui.log_app import Shell, filled, on_screen, place_of, shows
from tests.ui.messages import BO, ME, message, reaction


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


async def test_choosing_begins_where_one_has_scrolled_to() -> None:
    async with Shell().run_test(size=(60, 12)) as pilot:
        app = await filled(pilot)
        for keys, at in ((("pageup", "pageup", "up"), -1), (("pageup", "pageup", "down"), 0)):
            await pilot.press(*keys)
            y, seen = app.timeline.scroll_y, [line for line in on_screen(app) if "message " in line]
            assert app.timeline.chosen is not None
            chosen = app.window.get(app.timeline.chosen)
            assert chosen is not None and seen[at].endswith(chosen.text), "what is in view stays there"
            assert app.timeline.scroll_y == y


async def test_choosing_scrolls_and_the_mouse_chooses() -> None:
    async with Shell().run_test(size=(60, 12)) as pilot:
        app = await filled(pilot)
        await pilot.press(*["up"] * 20)
        assert app.timeline.chosen == app.window.messages[-20].id
        assert any(line.endswith("message 30") for line in on_screen(app))
        await pilot.press("end")
        await pilot.click(Timeline, offset=(30, 11))
        assert app.timeline.chosen == app.window.messages[-1].id


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


async def test_a_very_long_message_is_folded() -> None:
    async with Shell().run_test(size=(60, 12)) as pilot:
        app = await shows(pilot, message(0, "\n".join(f"{n}" for n in range(2_000))))
        assert app.timeline.virtual_size.height < 110
        await pilot.click(Timeline, offset=place_of(app, "… and more"))
        assert [what for what, _ in app.asked] == ["info"]
