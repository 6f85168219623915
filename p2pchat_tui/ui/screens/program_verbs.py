"""The commands about the program: /help, /theme, /version, /quit, …"""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING

from ... import __version__
from ..commands import find
from ..rooms import OpenRoom
from ..text import shown_line
from ..theme import other_theme
from .help import HelpScreen

if TYPE_CHECKING:
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

    def do_theme(self, _room: OpenRoom, _argument: str) -> str | None:
        self._screen.app.theme = other_theme(self._screen.app.theme)
        return None

    def do_editor(self, _room: OpenRoom, _argument: str) -> str | None:
        self._screen.edit_outside()
        return None

    def do_version(self, _room: OpenRoom, _argument: str) -> str | None:
        self._screen.tell(f"p2pchat-tui {__version__} on Python {platform.python_version()}")
        return None

    def do_quit(self, _room: OpenRoom, _argument: str) -> str | None:
        self._screen.app.exit()
        return None
