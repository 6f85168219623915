"""The commands about the program: /help, /theme, /version, /quit, …"""

from __future__ import annotations

import platform

from .. import __version__
from ..preferences import BY_NAME, CHANGEABLE, shown_value
from .commands import find
from .front import Front
from .rooms import OpenRoom
from .text import shown_line


class ProgramVerbs:
    """See VERBS."""

    def __init__(self, front: Front) -> None:
        self._front = front

    def do_help(self, _room: OpenRoom | None, name: str) -> str | None:
        spec = find(name.lstrip("/").lower())
        if not name:
            self._front.show_help()
        elif spec is None:
            return f"There is no command /{shown_line(name, 20)}. /help lists all."
        else:
            self._front.tell(f"{spec.line}: {spec.help}")
        return None

    def do_set(self, _room: OpenRoom | None, argument: str) -> str | None:
        name, blank, value = argument.partition(" ")
        name, now = name.lower(), self._front.settings.now
        if name in CHANGEABLE and not blank:
            self._front.tell(f"{name} is {shown_value(getattr(now, name))}: {BY_NAME[name].help}.")
            return None
        if argument:
            self._front.change_setting(name, value.strip().strip('"'))
            return None
        self._front.tell(" · ".join(f"{each} {shown_value(getattr(now, each))}" for each in CHANGEABLE))
        return None

    def do_version(self, _room: OpenRoom | None, _argument: str) -> str | None:
        self._front.tell(f"p2pchat-tui {__version__} on Python {platform.python_version()}")
        return None

    def do_quit(self, _room: OpenRoom | None, _argument: str) -> str | None:
        self._front.end()
        return None
