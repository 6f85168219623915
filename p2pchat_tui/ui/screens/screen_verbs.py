"""The commands that need a screen, or have one: /theme, /settings, /log, /links, /search, /whois, /verify, …"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ...session import api
from ..front import Front
from ..inspection import Facts
from ..person_verbs import PersonVerbs, meant
from ..rooms import OpenRoom
from ..widgets.excerpt import copied
from ..window import MessageWindow
from .inspector import InspectorScreen
from .looks import Looks

if TYPE_CHECKING:
    from ..app import ChatApp
    from .chat import ChatScreen


class ScreenVerbs:
    """The chat screen's own; see `verbs`."""

    def __init__(self, screen: ChatScreen, front: Front) -> None:
        self._screen = screen
        self._front = front

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

    def do_whois(self, room: OpenRoom, name: str) -> str | None:
        person = meant(room, name)
        if isinstance(person, str):
            return person
        self._screen.persons.show(room, person.peer)
        return None

    def do_verify(self, room: OpenRoom, argument: str) -> str | None:
        person = meant(room, argument)
        if isinstance(person, str):
            # Perhaps it says what came of it, too.
            return PersonVerbs(self._front).do_verify(room, argument)
        self._screen.persons.verify(room, person)
        return None

    def do_links(self, room: OpenRoom, _argument: str) -> str | None:
        def look() -> Facts:
            session = room.session
            return Facts(session.view, session.links(), session.attempts(), round(self._screen.now() * 1000))

        def retry() -> None:
            self._screen.ask_in(room, api.RetryNow())

        self._app.push_screen(InspectorScreen(look, retry, self._screen.tz))
        return None

    def do_editor(self, _room: OpenRoom, _argument: str) -> str | None:
        self._screen.edit_outside()
        return None

    def do_copy(self, room: OpenRoom, _argument: str) -> str | None:
        message = self._message(room)
        if message is None or message.retracted:
            return "There is no text to be copied: choose a message with the arrow keys."
        self._app.copy_to_clipboard(copied(message))
        self._screen.tell("Copied.")
        return None

    def do_facts(self, room: OpenRoom, _argument: str) -> str | None:
        message = self._message(room)
        if message is None:
            return "Nothing was written here yet: write the first message."
        Looks(self._screen).take(room, "info", message, "")
        return None

    def _message(self, room: OpenRoom) -> api.MessageView | None:
        chosen, _ = self._front.pick(room, "")
        return chosen or room.window.newest(but=room.session.ignored)

    def do_search(self, _room: OpenRoom, text: str) -> str | None:
        self._screen.searching.open(text)
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
