"""What the slash commands and the keys in the timeline do.

Each command of the table has a method `do_NAME`: those about messages here, the others in the classes of VERBS. It gets
the room and what follows the command, and returns why it cannot be done, or None.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ...session import api
from .. import commands
from ..emoji import EMOJI, emoji_of
from ..rooms import Aim, OpenRoom
from ..text import looks_like_invite, shown_line
from ..widgets.timeline import copied
from ..window import MessageWindow
from .confirm import ConfirmScreen
from .looks import Looks
from .people_verbs import PeopleVerbs
from .program_verbs import ProgramVerbs
from .room_verbs import RoomVerbs

if TYPE_CHECKING:
    from .chat import ChatScreen

Verb = Callable[[OpenRoom, str], str | None]


class Actions:
    """The verbs of a ChatScreen."""

    def __init__(self, screen: ChatScreen) -> None:
        self._screen = screen
        self._about_to_send = ""
        self._looks = Looks(screen)
        self._verbs = (self, RoomVerbs(screen), PeopleVerbs(screen), ProgramVerbs(screen))

    def submit(self, text: str) -> None:
        """Send what was typed, or do what it says."""
        match commands.parse(text):
            case commands.Text(said):
                self._say(said)
            case commands.Unknown(hint):
                self._screen.composer.give_back(text)
                self._screen.tell(hint, severity="warning")
            case commands.Call(spec, argument):
                self.call(spec.name, argument, text)

    def call(self, name: str, argument: str = "", typed: str = "") -> None:
        """Do what the command `name` does. `typed` comes back into the composer when it cannot be done."""
        if self._screen.room is None:
            if typed:
                self._screen.composer.give_back(typed)
            self._screen.tell("The room is still being opened.")
            return
        problem = self._verb(name)(self._screen.room, argument)
        if problem:
            if typed:
                self._screen.composer.give_back(typed)
            self._screen.tell(problem, severity="warning")

    def _verb(self, name: str) -> Verb:
        verb: Verb = next(getattr(owner, f"do_{name}") for owner in self._verbs if hasattr(owner, f"do_{name}"))
        return verb

    def drop_aim(self) -> None:
        """The next text is a new message again."""
        room = self._screen.room
        if room is not None and room.aim is not None:
            aim, room.aim = room.aim, None
            if aim.what == "edit":
                self._screen.composer.fill(aim.kept)
            self._screen.show_aim()

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
            self._change(room, mine[place])

    def _change(self, room: OpenRoom, message: api.MessageView) -> None:
        kept = self._screen.writing.current_draft(room)
        room.aim = Aim("edit", message, kept)
        self._screen.composer.fill(commands.typed(message.text))
        self._screen.show_aim()

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
                room.aim = Aim("reply", message)
                self._screen.show_aim()
                self._screen.composer.focus()
            case "react" if detail:
                self._react(message, detail, "")
            case "react":
                self._screen.composer.interject("/react ")
            case "answered" | "open" | "info":
                self._looks.take(room, what, message, detail)
            case "copy":
                self._screen.app.copy_to_clipboard(copied(message))
                self._screen.tell("Copied.")
            case "edit" | "delete":
                self.call(what)

    # ------------------------------------------------------------------------------------------------------- texts

    def _say(self, text: str) -> None:
        screen, room = self._screen, self._screen.room
        if room is None:
            screen.composer.give_back(text)
            screen.tell("The room is still being opened.")
            return
        if looks_like_invite(text) and self._about_to_send != text:
            self._about_to_send = text
            screen.composer.give_back(text)
            screen.tell(
                "This is an invite, the key to a room. To open that room put /join in front and leave the rest away, "
                "then paste it there; press Enter again to really send it to everybody here.",
                severity="warning",
            )
            return
        self._about_to_send = ""
        aim, room.aim = room.aim, None
        screen.show_aim()
        if aim is None:
            screen.ask(api.Say(text), text)
        elif aim.what == "reply":
            screen.ask(api.Say(text, aim.message.id), text, aim)
        else:
            # Something may be there already: keys are quicker than messages.
            screen.composer.fill("\n".join(filter(None, (aim.kept, screen.composer.text))))
            screen.ask(api.Edit(aim.message.id, text), text, aim)
        screen.timeline.to_end()

    def _target(self, room: OpenRoom, *, mine: bool | None) -> api.MessageView | None:
        chosen = self._screen.timeline.chosen
        if chosen is not None and (message := room.window.get(chosen)):
            return message if mine in (None, message.mine) else None
        return room.window.newest(mine=mine)

    def do_reply(self, room: OpenRoom, text: str) -> str | None:
        message = self._target(room, mine=None if self._screen.timeline.chosen else False)
        if message is None:
            return "There is nothing to reply to yet."
        self._screen.ask(api.Say(text, message.id), f"/reply {text}")
        return None

    def do_edit(self, room: OpenRoom, text: str) -> str | None:
        message = self._target(room, mine=True)
        if message is None or message.retracted:
            return "Only messages of yours can be changed; choose one in the timeline, or write one."
        if text:
            self._screen.ask(api.Edit(message.id, text), f"/edit {text}")
            return None
        self._change(room, message)
        return None

    def do_delete(self, room: OpenRoom, _argument: str) -> str | None:
        message = self._target(room, mine=True)
        if message is None or message.retracted:
            return "Only messages of yours can be taken back; choose one in the timeline."

        def answered(yes: bool | None) -> None:
            if yes:
                self._screen.ask(api.Retract(message.id))

        question = f"Take back “{shown_line(message.text, 120)}”? Others may have read it already."
        self._screen.app.push_screen(ConfirmScreen(question, "Take it back"), answered)
        return None

    def do_react(self, room: OpenRoom, argument: str) -> str | None:
        message = self._target(room, mine=None)
        if message is None or message.retracted:
            return "There is nothing to react to yet."
        emoji = emoji_of(argument) or argument
        if emoji.isascii():
            return f"{argument[:20]} is no emoji known here; type one, or a name such as {', '.join(EMOJI)}."
        self._react(message, emoji, f"/react {argument}")
        return None

    def _react(self, message: api.MessageView, emoji: str, typed: str) -> None:
        has = any(reaction.mine and reaction.emoji == emoji for reaction in message.reactions)
        self._screen.ask(api.React(message.id, emoji, not has), typed)

    def do_clear(self, room: OpenRoom, _argument: str) -> str | None:
        cleared = MessageWindow()
        cleared.more = bool(room.window.messages) or room.window.more
        room.window = cleared
        room.first_new = None
        self._screen.refresh_room()
        return None


VERBS = (Actions, RoomVerbs, PeopleVerbs, ProgramVerbs)
"""Where the commands are carried out."""
