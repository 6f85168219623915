"""What is done with what was typed, and with the keys in the timeline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...session import api
from .. import commands
from ..direct_verbs import DirectVerbs
from ..message_verbs import reaction
from ..person_verbs import PersonVerbs
from ..rooms import Aim
from ..verbs import Verbs
from ..widgets.excerpt import copied
from .answers import Answers
from .looks import Looks
from .persons import Persons
from .screen_front import ScreenFront
from .screen_verbs import ScreenVerbs

if TYPE_CHECKING:
    from .chat import ChatScreen


class Actions:
    """The hands of a ChatScreen."""

    def __init__(self, screen: ChatScreen) -> None:
        self._screen = screen
        self._looks = Looks(screen)
        self._front = ScreenFront(screen)
        self.answers = Answers(screen, DirectVerbs(self._front))
        self.persons = Persons(screen, PersonVerbs(self._front))
        self._verbs = Verbs(self._front, ScreenVerbs(screen, self._front), no_room="The room is still being opened.")

    def submit(self, text: str) -> None:
        """Send what was typed, or do what it says."""
        self._verbs.submit(text)

    def call(self, name: str) -> None:
        """Do what the command `name` does."""
        spec = commands.find(name)
        assert spec is not None
        self._verbs.call(spec)

    def drop_aim(self) -> None:
        """The next text is a new message again."""
        room = self._screen.room
        if room is not None and room.aim is not None:
            aim = room.aim
            if aim.what == "edit":
                self._screen.composer.fill(aim.kept)
            self._screen.writing.aim_at(room, aim.reply)

    def step(self, step: int) -> None:
        """Up in an empty composer: change my newest message; then, while it reads as it did, the one before it."""
        screen, room = self._screen, self._screen.room
        if room is None:
            return
        mine = [message for message in room.window.messages if message.mine and not message.retracted]
        aim, place = room.aim, len(mine)
        if aim is not None:
            if aim.what != "edit" or screen.composer.text != commands.typed(aim.message.text):
                return
            place = next((i for i, message in enumerate(mine) if message.id == aim.message.id), place)
        place -= step
        if place >= len(mine):
            self.drop_aim()
        elif place >= 0:
            self._front.change(room, mine[place])

    def on_message(self, what: str, message: api.MessageView | None, detail: str = "") -> None:
        """A key was pressed in the timeline, or the mouse; see Timeline.Asked."""
        room = self._screen.room
        if room is None:
            return
        if what == "leave":
            self._screen.action_write()
            return
        if message is None:
            self._screen.tell("Choose a message first, with up and down or the mouse.")
            return
        match what:
            case "reply":
                if room.aim is not None and room.aim.what == "edit":
                    self.drop_aim()
                self._screen.writing.aim_at(room, Aim("reply", message))
                self._screen.composer.focus()
            case "react" if detail:
                self._screen.ask(reaction(message, detail))
            case "react":
                self._screen.composer.interject("/react ")
            case "answered" | "open" | "info":
                self._looks.take(room, what, message, detail)
            case "copy":
                self._screen.app.copy_to_clipboard(copied(message))
                self._screen.tell("Copied.")
            case "edit" | "delete":
                self.call(what)
