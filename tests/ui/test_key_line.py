"""The line of keys: whole keys alone, what matters most stays, and the keys are those in force."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from p2pchat_tui.preferences import Preferences
from p2pchat_tui.ui.screens.help import HelpScreen
from p2pchat_tui.ui.settings import Settings
from p2pchat_tui.ui.widgets.key_line import Key, KeyLine, fitting

from .world import World, home_of, until

KEYS = (
    Key("chat.switch", "ctrl+k", "^k", "Rooms"),
    Key("chat.search", "ctrl+f", "^f", "Search"),
    Key("chat.people", "ctrl+t", "^t", "People"),
    Key("app.help", "f1", "F1", "Help"),
    Key("app.palette", "ctrl+p", "^p", "Palette"),
    Key("app.quit", "ctrl+q", "^q", "Quit"),
)


def ids(width: int) -> list[str]:
    return [key.id for key in fitting(KEYS, width)]


def test_what_matters_least_goes_first() -> None:
    whole = sum(key.width for key in KEYS) - 1
    assert ids(whole) == [key.id for key in KEYS]
    assert ids(whole - 1) == ["chat.switch", "chat.search", "chat.people", "app.help", "app.quit"]
    assert ids(20) == ["app.help", "app.quit"]
    assert ids(9) == ["app.quit"]
    assert ids(3) == []


@given(st.integers(0, 120))
def test_nothing_is_cut(width: int) -> None:
    assert sum(key.width for key in fitting(KEYS, width)) <= width + 1


async def test_it_shows_the_keys_in_force_and_a_click_is_as_good() -> None:
    world = World()
    app = world.app(world.profile("maya"))
    app.settings = Settings(Preferences(keymap={"app.help": "f7"}))
    async with app.run_test(size=(60, 24)) as pilot:
        line = home_of(pilot).query_one(KeyLine)
        await until(pilot, lambda: line.keys)
        text = line.render_line(0).text
        assert "F7 Help" in text or "f7 Help" in text
        assert "F1" not in text
        await pilot.hover(line, offset=(text.index("Quit") + 2, 0))
        assert line.hovered == "app.quit"
        await pilot.click(line, offset=(text.index("7 Help") + 1, 0))
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
