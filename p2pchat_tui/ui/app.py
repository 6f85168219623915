"""The app: themes, keys that work everywhere, and the way between home and chat.

What only later screens need is imported where it is used: the first frame waits for nothing (see `starting`).
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, runtime_checkable

from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.command import Provider
from textual.dom import DOMNode
from textual.filter import LineFilter
from textual.notifications import SeverityLevel
from textual.screen import Screen

from .clipboard import clipboard_sequence
from .garbage import LOOK_S, Sweeper
from .glyphs import PlainGlyphs
from .journal import Journal, redacted
from .keymap import replaced, troubles
from .settings import Settings
from .terminal import TerminalApp
from .theme import DARK, THEMES, completed

if TYPE_CHECKING:
    from ..session.profile import Profile
    from .screens.home import Choice

DEMO = "demo"
"""What the app returns when the demo was asked for; the caller starts it."""
NOTICE_S = 20.0
"""Seconds that what is new of a profile stays on the screen: a few sentences that nobody expects."""


@runtime_checkable
class UsesSettings(Protocol):
    """A screen that does something else when the settings change."""

    def use_settings(self) -> None:
        """Do as the settings say now."""
        ...


def _commands() -> type[Provider]:
    from .palette import ChatCommands

    return ChatCommands


class ChatApp(TerminalApp, inherit_bindings=False):
    """One window. The profile belongs to the caller, who closes it when `run_async` has returned."""

    TITLE = "p2pchat"
    CSS_PATH = Path(__file__).with_name("chat.tcss")
    COMMANDS = App.COMMANDS | {_commands}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f1", "help", "Help", id="app.help", key_display="F1", priority=True),
        Binding("ctrl+p", "command_palette", "Palette", id="app.palette", priority=True),
        Binding("f2", "settings", "Settings", id="app.settings", key_display="F2", show=False, priority=True),
        Binding("f12", "log", "Log", id="app.log", key_display="F12", show=False, priority=True),
        Binding("ctrl+l", "redraw", "Draw anew", id="app.redraw", show=False, priority=True),
        Binding("ctrl+q", "quit", "Quit", id="app.quit", priority=True),
        Binding("ctrl+c", "help_quit", "How to quit", id="app.hint", show=False, system=True),
    ]

    def __init__(
        self,
        profile: Profile | None,
        *,
        start_room: str | None = None,
        demo: bool = False,
        now: Callable[[], float] = time.time,
        tz: tzinfo | None = None,
        entropy: Callable[[int], bytes] = os.urandom,
        settings: Settings | None = None,
        config_path: str = "",
    ) -> None:
        """`profile`: None while it is not open yet. `start_room`: a saved room to open at once.

        `demo`: this is the demo: it has a tour, and offers no demo.
        `now`: Unix seconds. `tz`: None for the machine's own. `entropy`: for the name proposed for a new room.
        `config_path`: where `settings` are written to, for people; empty: nowhere.
        """
        self.settings = settings or Settings()
        self.journal = Journal()
        self._plain_glyphs = PlainGlyphs(enabled=False)
        self._sweeper = Sweeper(self.idle)
        super().__init__(now)
        self._profile = profile
        self._start_room = start_room
        self._demo = demo
        self._tz = tz
        self._entropy = entropy
        self._config_path = config_path
        for theme in THEMES:
            self.register_theme(theme)
        # The right colours from the first frame on, and the style sheets read once.
        self.theme = self.settings.now.theme if self.settings.now.theme in self.available_themes else DARK.name

    @property
    def profile(self) -> Profile:
        """Whose rooms these are; there once it is open."""
        assert self._profile is not None, "nothing that needs the profile is on the screen before it is open"
        return self._profile

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """What themes of others do not have."""
        return completed(self.current_theme)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Everything that is drawn goes through these."""
        plain = [self._plain_glyphs] if self._plain_glyphs.enabled else []
        return [*super().get_line_filters(), *plain]

    async def on_mount(self) -> None:
        """Take the terminal, and show where to begin: where one was last, unless a room was asked for."""
        self.take_terminal()
        self._use_settings()
        self._check_keymap()
        self._sweeper.start()
        self.set_interval(LOOK_S, self._sweeper.look)
        await self.begin()

    async def begin(self) -> None:
        """Show the first screen: the room that was asked for, else where one was last, else where one begins."""
        from .screens.home import Choice

        start = self._start_room if self._start_room is not None else await self._last_room()
        if not start:
            self._show_home()  # where the notice stands as long as one is there
            return
        self._show_chat(Choice(start))
        if self.profile.notice:
            self.notify(self.profile.notice, severity="warning", timeout=NOTICE_S, markup=False)

    async def _last_room(self) -> str:
        from .trouble import TROUBLE

        try:
            return await self.profile.last_room()
        except TROUBLE as error:
            self.notify(str(error), severity="error", timeout=NOTICE_S, markup=False)  # some trouble is told only once
            return ""

    def on_unmount(self) -> None:
        """The terminal, and what collects garbage, are as before."""
        self._sweeper.stop()
        self.leave_terminal()

    def _show_home(self, _result: None = None) -> None:
        from .screens.home import HomeScreen

        home = HomeScreen(self.profile, now=self._now, tz=self._tz, entropy=self._entropy, offers_demo=not self._demo)
        self.push_screen(home, self._chosen)

    def _chosen(self, choice: Choice | None) -> None:
        if choice is None:
            self.exit()
        elif choice.demo:
            self.exit(DEMO)
        else:
            self._show_chat(choice)

    def _show_chat(self, choice: Choice) -> None:
        from .screens.chat import ChatScreen
        from .screens.demo import DemoScreen

        chat = (DemoScreen if self._demo else ChatScreen)(
            self.profile,
            choice,
            now=self._now,
            tz=self._tz,
            entropy=self._entropy,
            settings=self.settings,
            emit=self.emit,
            idle=self.idle,
        )
        self.push_screen(chat, self._show_home)

    def action_help(self) -> None:
        """Keys and commands; again closes them."""
        from .screens.help import HelpScreen

        if isinstance(self.screen, HelpScreen):
            self.screen.dismiss()
        else:
            self.push_screen(HelpScreen(self._changed_keys()))

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """See App; no widget of ours is of any use as the only one on the screen."""
        return (each for each in super().get_system_commands(screen) if each.title != "Maximize")

    def copy_to_clipboard(self, text: str) -> None:
        """See App; as the plain mode does it."""
        self._clipboard = text
        if self._driver is not None:
            self._driver.write(clipboard_sequence(text))

    # --------------------------------------------------------------------------------------------------------- log

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        """See App; what is told stays in the log, and holds no key in either place."""
        self.journal.add(round(self._now() * 1000), severity, message)
        super().notify(redacted(message), title=title, severity=severity, timeout=timeout, markup=markup)

    def action_log(self) -> None:
        """All that was told in this run; again closes it."""
        from .screens.log import LogScreen

        if isinstance(self.screen, LogScreen):
            self.screen.dismiss()
        else:
            self.clear_notifications()  # all of them are in it
            self.push_screen(LogScreen(self.journal.records, self._tz))

    # ---------------------------------------------------------------------------------------------------- settings

    @property
    def theme_names(self) -> list[str]:
        """Every theme: ours first, then Textual's by name."""
        own = [theme.name for theme in THEMES]
        return own + sorted(name for name in self.available_themes if name not in own)

    def change_setting(self, name: str, value: str) -> bool:
        """Apply a setting as somebody typed it, and write it down; whether it is so now. What goes wrong is told."""
        from ..session.lan import NO_LAN
        from .text import shown_line

        try:
            if name == "theme" and value.strip().lower() not in self.available_themes:
                raise ValueError(f"There is no theme {shown_line(value, 40)}; /theme shows them all.")
            if name == "lan" and not self.profile.can_use_lan:
                raise ValueError(NO_LAN)
            trouble = self.settings.change(name, value)
        except ValueError as error:
            self.notify(str(error), severity="warning", markup=False)
            return False
        if trouble:
            self.notify(shown_line(trouble, 300), severity="warning", markup=False)
        self._use_settings()
        if name == "lan":
            self.run_worker(self._use_lan(), group="lan", exclusive=True)
        return True

    async def _use_lan(self) -> None:
        from .trouble import TROUBLE

        try:
            await self.profile.use_lan_everywhere(self.settings.now.lan)
        except TROUBLE as error:
            self.notify(str(error), severity="error", markup=False)

    def show_theme(self, name: str) -> None:
        """Put a theme on for a look."""
        self.theme = name

    def choose_theme(self) -> None:
        """Have a theme chosen by looking at it."""
        from .screens.themes import ThemeScreen

        before = self.theme

        def chosen(name: str | None) -> None:
            self.theme = before
            if name is not None:
                self.change_setting("theme", name)

        self.push_screen(ThemeScreen(self.theme_names, before, self.show_theme), chosen)

    def action_change_theme(self) -> None:
        """What Textual's own palette offers, the way that keeps the choice."""
        self.choose_theme()

    def action_settings(self) -> None:
        """See and change the settings; again closes them."""
        from .screens.settings import SettingsScreen

        if isinstance(self.screen, SettingsScreen):
            self.screen.dismiss()
            return
        path = f"Kept in {self._config_path}" if self._config_path else "Kept until you leave"
        self.push_screen(SettingsScreen(self.settings, self.theme_names, self.change_setting, path, self.profile))

    def _use_settings(self) -> None:
        now = self.settings.now
        if now.theme in self.available_themes:
            self.theme = now.theme
        else:
            self.notify(f"There is no theme {now.theme}; /theme shows them all.", severity="warning", markup=False)
        self.set_keymap(dict(now.keymap))
        plain = now.glyphs == "plain"
        if plain != self._plain_glyphs.enabled:
            self._plain_glyphs.enabled = plain
            for screen in self.screen_stack:
                screen.refresh(layout=True, recompose=False)
                for widget in screen.query("*"):
                    widget.notify_style_update()
                    widget.refresh()
        for screen in self.screen_stack:
            if isinstance(screen, UsesSettings):
                screen.use_settings()

    def _changed_keys(self) -> dict[str, dict[str, str]]:
        """For the help: by its sections, what now does what a key did."""
        keymap = self.settings.now.keymap
        if not keymap:
            return {}
        from .bindings import SECTIONS, own

        return {title: replaced(own(*owners), keymap) for title, owners in SECTIONS.items()}

    def _check_keymap(self) -> None:
        """Tell what of the user's own keys cannot be meant so."""
        if keymap := self.settings.now.keymap:
            from .bindings import scopes
            from .text import shown_line

            for trouble in troubles(keymap, scopes()):
                self.notify(shown_line(trouble, 300), severity="warning", markup=False)

    def handle_bindings_clash(self, clashed_bindings: set[Binding], node: DOMNode) -> None:
        """What Textual finds with every key that is pressed was told when the program began."""

    def action_help_quit(self) -> None:
        """Ctrl+C copies what is selected; with nothing selected it says how to leave."""
        self.notify("Ctrl+Q quits. Ctrl+C copies what is selected.", markup=False)
