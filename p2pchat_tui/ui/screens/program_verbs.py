"""The commands about the program: /help, /theme, /version, /quit, …"""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING, cast

from ... import __version__
from ...preferences import BY_NAME, CHANGEABLE, shown_value
from ..commands import find
from ..rooms import OpenRoom
from ..text import shown_line
from .help import HelpScreen

if TYPE_CHECKING:
    from ..app import ChatApp
    from .chat import ChatScreen


class ProgramVerbs:
    """See VERBS."""

    def __init__(self, screen: ChatScreen) -> None:
        self._screen = screen

    def do_help(self, _room: OpenRoom, name: str) -> str | None:
        spec = find(name.lstrip("/").lower())
        if not name:
            self._screen.app.push_screen(HelpScreen())
        elif spec is None:
            return f"There is no command /{shown_line(name, 20)}. F1 lists all."
        else:
            self._screen.tell(f"{spec.line}: {spec.help}")
        return None

    def do_theme(self, _room: OpenRoom, name: str) -> str | None:
        if name:
            self._app.change_setting("theme", name)
        else:
            self._app.choose_theme()
        return None

    def do_settings(self, _room: OpenRoom, _argument: str) -> str | None:
        self._app.action_settings()
        return None

    def do_log(self, _room: OpenRoom, _argument: str) -> str | None:
        self._app.action_log()
        return None

    def do_set(self, _room: OpenRoom, argument: str) -> str | None:
        name, blank, value = argument.partition(" ")
        now = self._screen.settings.now
        if name in CHANGEABLE and not blank:
            self._screen.tell(f"{name} is {shown_value(getattr(now, name))}: {BY_NAME[name].help}.")
            return None
        if argument:
            self._app.change_setting(name, value.strip().strip('"'))
            return None
        self._screen.tell(" · ".join(f"{each} {shown_value(getattr(now, each))}" for each in CHANGEABLE))
        return None

    @property
    def _app(self) -> ChatApp:
        return cast("ChatApp", self._screen.app)

    def do_editor(self, _room: OpenRoom, _argument: str) -> str | None:
        self._screen.edit_outside()
        return None

    def do_version(self, _room: OpenRoom, _argument: str) -> str | None:
        self._screen.tell(f"p2pchat-tui {__version__} on Python {platform.python_version()}")
        return None

    def do_quit(self, _room: OpenRoom, _argument: str) -> str | None:
        self._screen.app.exit()
        return None
