"""The app: themes, keys that work everywhere, and the way between home and chat.

It leaves the terminal as it found it, whatever ends it: a key, a signal, or a fault of its own.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable
from datetime import tzinfo
from pathlib import Path
from typing import ClassVar

from rich.segment import Segments
from rich.traceback import Traceback
from textual.app import App
from textual.binding import Binding, BindingType

from ..session.profile import Profile
from .palette import ChatCommands
from .screens.chat import ChatScreen
from .screens.help import HelpScreen
from .screens.home import Choice, HomeScreen
from .theme import DARK, THEMES, other_theme

DEMO = "demo"
"""What the app returns when the demo was asked for; the caller starts it."""
_SIGNALS = (signal.SIGTERM, signal.SIGHUP)


class ChatApp(App[str], inherit_bindings=False):
    """One window. The profile belongs to the caller, who closes it when `run_async` has returned."""

    TITLE = "p2pchat"
    CSS_PATH = Path(__file__).with_name("chat.tcss")
    COMMANDS = App.COMMANDS | {ChatCommands}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f1", "help", "Help", id="app.help", key_display="F1", priority=True),
        Binding("ctrl+p", "command_palette", "Palette", id="app.palette", priority=True),
        Binding("ctrl+q", "quit", "Quit", id="app.quit", priority=True),
        Binding("ctrl+c", "help_quit", "How to quit", id="app.hint", show=False, system=True),
    ]

    def __init__(
        self,
        profile: Profile,
        *,
        start_room: str | None = None,
        demo: bool = False,
        now: Callable[[], float] = time.time,
        tz: tzinfo | None = None,
        entropy: Callable[[int], bytes] = os.urandom,
    ) -> None:
        """`start_room`: a saved room to open at once. `demo`: this is the demo, so that it offers none.

        `now`: Unix seconds. `tz`: None for the machine's own. `entropy`: for the name proposed for a new room.
        """
        super().__init__()
        self._profile = profile
        self._start_room = start_room
        self._demo = demo
        self._now = now
        self._tz = tz
        self._entropy = entropy
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = DARK.name

    def on_mount(self) -> None:
        """Listen for signals, and show where to begin."""
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.add_signal_handler(number, self._ended_by, number)
        if self._start_room is None:
            self._show_home()
        else:
            self._show_chat(Choice(self._start_room))

    def on_unmount(self) -> None:
        """Signals do again what they did before."""
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.remove_signal_handler(number)

    def _ended_by(self, number: signal.Signals) -> None:
        self.exit(return_code=128 + number)

    def _show_home(self, _result: None = None) -> None:
        home = HomeScreen(self._profile, now=self._now, tz=self._tz, entropy=self._entropy, offers_demo=not self._demo)
        self.push_screen(home, self._chosen)

    def _chosen(self, choice: Choice | None) -> None:
        if choice is None:
            self.exit()
        elif choice.demo:
            self.exit(DEMO)
        else:
            self._show_chat(choice)

    def _show_chat(self, choice: Choice) -> None:
        chat = ChatScreen(self._profile, choice, now=self._now, tz=self._tz, entropy=self._entropy)
        self.push_screen(chat, self._show_home)

    def action_help(self) -> None:
        """Keys and commands; again closes them."""
        if isinstance(self.screen, HelpScreen):
            self.screen.dismiss()
        else:
            self.push_screen(HelpScreen())

    def action_toggle_theme(self) -> None:
        """Dark or light."""
        self.theme = other_theme(self.theme)

    def action_help_quit(self) -> None:
        """Ctrl+C copies what is selected; with nothing selected it says how to leave."""
        self.notify("Ctrl+Q quits. Ctrl+C copies what is selected.", markup=False)

    def _fatal_error(self) -> None:
        # As in Textual, but without the values of variables: among them may be an invite or a message.
        self.bell()
        traceback = Traceback(show_locals=False, width=None)
        self._exit_renderables.append(Segments(self.console.render(traceback, self.console.options)))
        self._close_messages_no_wait()
