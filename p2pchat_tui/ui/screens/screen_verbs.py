"""The commands that need a screen: /theme, /settings, /log, /editor, /clear, …"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ..rooms import OpenRoom
from ..window import MessageWindow

if TYPE_CHECKING:
    from ..app import ChatApp
    from .chat import ChatScreen


class ScreenVerbs:
    """The chat screen's own; see `verbs`."""

    def __init__(self, screen: ChatScreen) -> None:
        self._screen = screen

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

    def do_editor(self, _room: OpenRoom, _argument: str) -> str | None:
        self._screen.edit_outside()
        return None

    def do_clear(self, room: OpenRoom, _argument: str) -> str | None:
        cleared = MessageWindow()
        cleared.more = bool(room.window.messages) or room.window.more
        room.window = cleared
        room.first_new = None
        self._screen.refresh_room()
        return None

    @property
    def _app(self) -> ChatApp:
        return cast("ChatApp", self._screen.app)
