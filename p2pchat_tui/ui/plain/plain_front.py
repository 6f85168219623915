"""The plain mode, as the commands see it: what they tell and ask becomes lines. See `chat` for the loop over lines."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from ...preferences import set_text
from ...session import api
from ...session.catalogue import LEVEL, RoomSummary
from ...session.directs import Ask
from ...session.profile import Profile
from ..commands import IN_PLAIN, typed
from ..drafts import Draft, save_draft
from ..front import NotPicked, Severity
from ..journal import redacted
from ..rooms import Aim, OpenRoom
from ..settings import Settings
from ..text import looks_like_invite
from ..trouble import TROUBLE
from .line import Line
from .numbers import Numbered, leading_number
from .rooms import PlainRooms
from .todo import Todo
from .unsent import together, unsent_in, unsent_line

YES, NO = ("y", "yes"), ("", "n", "no")


class PlainFront:
    """See Front."""

    def __init__(
        self,
        profile: Profile,
        rooms: PlainRooms,
        todo: Todo,
        *,
        settings: Settings,
        write: Callable[[str], None],
        now: Callable[[], float],
        line: Line | None,
        end: Callable[[], None],
    ) -> None:
        """`todo`: where what takes a while goes. `write` takes one line. `line`: where lines are edited, if that is not
        left to the terminal. `end`: end the program once what was asked for is done.
        """
        self.profile = profile
        self.settings = settings
        self.end = end
        self._rooms = rooms
        self._todo = todo
        self._write = write
        self._now = now
        self._line = line
        self._asked: Callable[[], None] | None = None
        """What waits for a yes."""

    def answered(self, text: str) -> bool:
        """Whether a line is the answer to what was asked before it; what is something else is a no, too."""
        asked, self._asked = self._asked, None
        if asked is None:
            return False
        answer = text.strip().lower()
        if answer in YES:
            asked()
            return True
        self.tell("Nothing was done.")
        return answer in NO

    # What is said to the person ----------------------------------------------------------------------------------

    @property
    def room(self) -> OpenRoom | None:
        return self._rooms.current

    @property
    def now_ms(self) -> int:
        return round(self._now() * 1000)

    def tell(self, text: str, *, severity: Severity = "information") -> None:
        self._write(("Problem: " if severity == "error" else "") + redacted(text))

    def give_back(self, text: str) -> None:
        # An invite is a key, and stays where it was typed.
        if any(map(looks_like_invite, text.split())):
            return
        if self._line is not None and not self._line.text:
            self._line.history.take_back(text)
            self._line.fill(text)
        else:
            self._write(f"Not done: {text}")

    def confirm(self, question: str, yes: str, then: Callable[[], None]) -> None:
        self._asked = then
        self._write(f"{question} Answer yes or no.")

    def show_help(self) -> None:
        self._write("A line is a message; one that begins with / is a command, and // sends a slash.")
        for spec in IN_PLAIN:
            also = f" Also {', '.join('/' + alias for alias in spec.aliases)}." if spec.aliases else ""
            self._write(f"{spec.line}: {spec.help}.{also}")
        self._write(
            "Commands about a message mean the newest, unless a number follows: /reply #3 TEXT answers message 3. "
            "/history and /search give the numbers. Ctrl+D leaves, too; Ctrl+C loses nothing."
        )

    def show_rooms(self) -> None:
        for line in self._rooms.listing():
            self._write(line)
        self._write("/join NAME opens one, /new NAME makes one, /join and an invite join one.")

    def show_invite(self, room: str, words: str, *, relay: bool, invite: str) -> None:
        reach = "It works from anywhere that reaches the relay in it."
        if not relay:
            reach = "It works on this machine only; /relay URL makes it work from elsewhere."
        self._write(f"The next line is the invite to #{room}. Whoever has it can read and write there. {reach}")
        self._write(invite)

    # What is done ------------------------------------------------------------------------------------------------

    def run(self, work: Coroutine[Any, Any, None], group: str, *, exclusive: bool = False) -> None:
        self._todo.add(work)

    def ask(
        self, command: api.Command, text: str = "", aim: Aim | None = None, done: Callable[[], str] | None = None
    ) -> None:
        room = self._rooms.current
        if room is not None:
            self._todo.add(self.carry_out(room, command, text, done))

    async def carry_out(
        self, room: OpenRoom, command: api.Command, text: str = "", done: Callable[[], str] | None = None
    ) -> None:
        """Have the session of any room do something; see `ask`."""
        try:
            await self._rooms.do(room, command)
        except TROUBLE as error:
            if text:
                self.give_back(text)
            self.tell(str(error), severity="error")
        else:
            if done is not None:
                self.tell(done())

    def ask_everywhere(self, command: api.Command) -> None:
        for room in self.open_rooms:
            self._todo.add(self.carry_out(room, command))

    def say(self, room: OpenRoom, text: str) -> None:
        self.ask(api.Say(text), text)

    def change(self, room: OpenRoom, message: api.MessageView) -> str | None:
        if self._line is None or self._line.text:
            return "Write the new wording after it: /edit TEXT."
        self._line.fill(f"/edit #{self._rooms.numbers.give(room.id, message)} {typed(message.text)}")
        return None

    def pick(self, room: OpenRoom, argument: str) -> tuple[api.MessageView | None, str]:
        number, rest = leading_number(argument)
        if number is None:
            return None, rest
        numbered = self.numbered(number)
        if numbered.room != room.id:
            raise NotPicked(f"Message #{number} is in another room. /go #{number} goes there.")
        return numbered.message, rest

    def numbered(self, number: int) -> Numbered:
        """The message of that number, in whichever room. Raises NotPicked."""
        numbered = self._rooms.numbers.get(number)
        if numbered is None:
            raise NotPicked(
                f"No message has the number {number}. /history and /search give numbers; "
                f"a text that begins so is written ##{number}."
            )
        return numbered

    # Rooms -------------------------------------------------------------------------------------------------------

    @property
    def open_rooms(self) -> Sequence[OpenRoom]:
        return list(self._rooms.open.values())

    @property
    def saved(self) -> Sequence[RoomSummary]:
        return self._rooms.saved

    @property
    def asks(self) -> Sequence[Ask]:
        return self._rooms.asks

    async def look_again(self) -> None:
        await self._rooms.read_saved()

    @property
    def room_names(self) -> Sequence[str]:
        return [saved.name for saved in self._rooms.saved]

    def enter(self, name: str) -> None:
        self._todo.add(self._enter(name))

    async def _enter(self, name: str) -> None:
        room = await self._rooms.enter(name)
        if self._line is not None:
            self._line.history.use(room.sent)
            if room.unsent != Draft() and not self._line.text:
                self._line.fill(unsent_line(room, room.unsent, self._rooms.numbers))
                # What waits while a message is changed has no line yet.
                room.unsent = Draft(room.unsent.text, room.unsent.reply) if room.unsent.edit else Draft()

    async def keep_draft(self) -> None:
        """What is not sent yet is there next time; one with an invite in it is a key, and is not kept."""
        room, line = self._rooms.current, self._line
        if room is None or line is None or not room.session.is_running:
            return
        try:
            await save_draft(room.session, together(room.unsent, unsent_in(line.text.strip(), room, self.pick)))
        except TROUBLE as error:
            self.tell(str(error), severity="error")

    def ask_for_room(self, *, join: bool = False, name: str = "") -> None:
        if not join:
            self._todo.add(self._new(name))
        elif name:
            self.tell(
                f"There is no room {name} here. /join and an invite join one; for a passphrase leave, and "
                "run `p2pchat-tui join NAME`, which does not show it."
            )
        else:
            self.show_rooms()

    async def _new(self, name: str) -> None:
        room = await self.profile.new_room(name)
        await self._enter(room.name)

    def next_room(self) -> None:
        if name := self._rooms.next_name():
            self.enter(name)
        else:
            self.tell("Nothing new in the other rooms.")

    async def leave(self, room: OpenRoom) -> None:
        await self._rooms.leave(room)

    async def forget(self, room: OpenRoom) -> None:
        await self._rooms.forget(room)

    async def rename(self, room: OpenRoom, wanted: str) -> None:
        await self._rooms.rename(room, wanted)

    def level(self, room: OpenRoom) -> str:
        return self._rooms.level(room)

    async def set_level(self, room: OpenRoom, level: str) -> None:
        room.level = level
        await room.session.set_setting(LEVEL, level)

    def change_setting(self, name: str, value: str) -> None:
        try:
            trouble = self.settings.change(name, value)
        except ValueError as error:
            self.tell(str(error), severity="warning")
            return
        self.tell(trouble or set_text(self.settings.now, name))
