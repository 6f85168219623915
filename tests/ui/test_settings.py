"""Settings in the app: changed, applied at once, written down; themes by looking; other keys; plain glyphs."""

from __future__ import annotations

import ast
from pathlib import Path

from p2pchat_tui.preferences import Preferences
from p2pchat_tui.ui.app import ChatApp
from p2pchat_tui.ui.glyphs import plain
from p2pchat_tui.ui.screens.chat import ChatScreen
from p2pchat_tui.ui.screens.help import HelpScreen
from p2pchat_tui.ui.screens.settings import LISTED, SettingsScreen
from p2pchat_tui.ui.screens.themes import ThemeScreen
from p2pchat_tui.ui.settings import Settings
from p2pchat_tui.ui.theme import DARK, LIGHT
from tests.ui.pair import pair
from tests.ui.world import World, home_of, in_room, until


async def test_the_screen_changes_and_writes_down() -> None:
    kept: list[tuple[str, object]] = []
    world = World()
    me = world.profile("maya")
    await me.new_room("orchard")
    app = world.app(me, "orchard")
    app.settings._keep = lambda name, value: kept.append((name, value)) or ""  # type: ignore[func-returns-value]
    async with app.run_test() as pilot:
        chat = await in_room(pilot)
        await pilot.press("f2")
        assert isinstance(app.screen, SettingsScreen)
        for index, preference in enumerate(LISTED):
            await pilot.press(*["home", *["down"] * index, "right"])
            value = getattr(app.settings.now, preference.name)
            assert kept[-1] == (preference.name, value) and value != getattr(Preferences(), preference.name)
            await pilot.press("left")
            if preference.name != "theme":
                assert app.settings.now == Preferences() or preference.name == "quiet_hours", preference.name
        await pilot.press("home", *["down"] * [each.name for each in LISTED].index("typing"), "enter")
        assert not app.settings.now.typing and not chat.composer.sends_typing
        await pilot.press("f2")
        assert isinstance(app.screen, ChatScreen)


async def test_commands_change_settings_and_refuse_what_makes_no_sense() -> None:
    async with pair() as p:
        await p.write("/set typing off")
        await p.until(lambda: not p.chat.composer.sends_typing)
        await p.until(lambda: p.told == ["typing is off now."])
        await p.write("/set Quiet_Hours 22:00-7:00")
        await p.until(lambda: p.told[-1] == "quiet_hours is 22:00-7:00 now.")
        await p.write("/set away_after soon")
        await p.until(lambda: any("must be a number" in text for text in p.told))
        await p.write("/theme no-such-theme")
        await p.until(lambda: any("no theme" in text for text in p.told))
        await p.write("/theme nord")
        await p.until(lambda: p.app.theme == "nord")
        p.app.settings._keep = lambda _name, _value: "The disk is full."
        await p.write(f"/theme {LIGHT.name}")
        await p.until(lambda: any("disk is full" in text for text in p.told))
        assert p.app.theme == LIGHT.name, "it holds for now"
        await p.write("/set")
        await p.until(lambda: any("glyphs unicode" in text for text in p.told))


async def test_themes_are_chosen_by_looking_at_them() -> None:
    async with pair() as p:
        await p.write("/theme")
        await p.until(lambda: isinstance(p.app.screen, ThemeScreen))
        await p.pilot.press("down")
        await p.until(lambda: p.app.theme == LIGHT.name)
        await p.pilot.press("escape")
        await p.until(lambda: p.app.theme == DARK.name)
        await p.write("/theme")
        await p.until(lambda: isinstance(p.app.screen, ThemeScreen))
        for name in p.app.theme_names[1:]:
            await p.pilot.press("down")
            await p.until(lambda name=name: p.app.theme == name)
        await p.pilot.press("enter")
        await p.until(lambda: p.app.settings.now.theme == p.app.theme_names[-1])


async def test_a_keymap_moves_keys_and_an_unknown_theme_is_said() -> None:
    world = World()
    app = world.app(world.profile("maya"))
    app.settings = Settings(Preferences(theme="not-there", keymap={"app.settings": "f7"}))
    async with app.run_test() as pilot:
        home_of(pilot)
        await pilot.press("f2")
        assert not isinstance(app.screen, SettingsScreen)
        await pilot.press("f7")
        await until(pilot, lambda: isinstance(app.screen, SettingsScreen))
        assert any("no theme not-there" in note.message for note in app._notifications)
        assert app.theme == DARK.name


async def test_the_command_help_follows_the_keymap_as_its_key_does() -> None:
    async with pair() as p:
        p.app.settings.now = Preferences(keymap={"chat.search": "f6"})
        await p.write("/help")
        await p.until(lambda: isinstance(p.app.screen, HelpScreen))
        await p.pilot.pause()
        assert "F6" in drawn(p.app) and "Ctrl+F" not in drawn(p.app)


async def test_plain_glyphs_draw_nothing_beyond_ascii() -> None:
    async with pair() as p:
        beyond = {char for char in drawn(p.app) if ord(char) > 127}
        assert {"●", "│"} <= beyond
        await p.write("/set glyphs plain")
        await p.until(lambda: p.app.settings.now.glyphs == "plain")
        await p.pilot.pause()
        assert {char for char in drawn(p.app) if ord(char) > 127} <= {"\xa0"}


def test_every_sign_of_the_program_has_a_plain_one() -> None:
    """But for QR codes, which could not be read, emoji, which are chosen by name, and the shrug."""
    folder = Path(ChatApp.CSS_PATH).parent
    exempt = {folder / "emoji.py", folder / "qr.py", folder / "markdown.py", folder / "text.py"}
    for path in set(folder.rglob("*.py")) - exempt:
        tree = ast.parse(path.read_text())
        docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        strings = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
        for node in strings:
            assert id(node) in docs or plain(node.value).isascii(), f"{path}:{node.lineno}: {node.value}"


def drawn(app: object) -> str:
    import html
    import re

    svg = app.export_screenshot()  # type: ignore[attr-defined]
    return html.unescape("".join(re.findall(r">([^<>]+)</text>", svg)))
