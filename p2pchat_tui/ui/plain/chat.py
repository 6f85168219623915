"""The plain mode: lines in, lines out. What is typed is done one line after the other, in the order of the lines."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterable, Awaitable, Callable, Coroutine, Sequence
from datetime import tzinfo
from typing import Any

from ...preferences import set_text
from ...session import api
from ...session.catalogue import LEVEL, RoomSummary
from ...session.directs import Ask
from ...session.profile import Profile
from ..commands import IN_PLAIN, typed
from ..drafts import Draft, save_draft
from ..front import Severity
from ..glyphs import plain
from ..idling import Idling
from ..journal import redacted
from ..people import plain_name
from ..rooms import Aim, OpenRoom
from ..screens.words import words_after
from ..settings import Settings
from ..text import looks_like_invite, shown
from ..trouble import TROUBLE
from ..verbs import Verbs
from ..widgets.completion import complete
from .attention import Attention
from .line import Line
from .rooms import PlainRooms
from .unsent import together, unsent_in, unsent_line
from .verbs import PlainVerbs

CLOCK_S = 5.0
"""Seconds between two looks at how long nothing was typed."""
YES, NO = ("y", "yes"), ("", "n", "no")


class PlainChat:
    """See Front. The profile belongs to the caller, who closes it when `chat` has returned."""

    def __init__(
        self,
        profile: Profile,
        write: Callable[[str], None],
        *,
        settings: Settings,
        now: Callable[[], float] = time.time,
        tz: tzinfo | None = None,
        line: Line | None = None,
        bell: Callable[[], None] = lambda: None,
        emit: Callable[[str], None] | None = None,
        catch_up: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """`write` takes one line without its end, and never waits. `now`: Unix seconds. `line`: where lines are edited,
        if that is not left to the terminal; `catch_up` returns once all that was typed is in it. For `bell` and `emit`
        see Attention.
        """
        self.profile = profile
        self.settings = settings
        self._out = write
        self._now = now
        self._ended = asyncio.Event()
        self._trouble: BaseException | None = None
        self._todo: deque[Coroutine[Any, Any, None]] = deque()
        self._busy = asyncio.Lock()
        """Held while a line is carried out: no end comes in between."""
        self._asked: Callable[[], None] | None = None
        """What waits for a yes."""
        self.attention = Attention(settings, now, tz, bell, emit)
        self._idling = Idling(lambda room, command: self._todo.append(self._ask(room, command)))
        self._rooms = PlainRooms(profile, settings, self._write, now, tz, self.attention, self._idling, self._task_done)
        self._catch_up = catch_up
        self._line = line
        if line is not None:
            line.complete = self._complete
        self._own = PlainVerbs(self, self._rooms, self._rooms.numbers, self._write, tz, emit)
        self._verbs = Verbs(self, self._own, no_room="You are in no room. /join NAME opens one, /rooms lists them.")

    async def chat(self, lines: AsyncIterable[bytes | None], first: str | None) -> None:
        """Chat until the lines end, /quit, or `end`. Raises what nobody foresaw."""
        await self._rooms.read_saved()
        self._write(f"p2pchat, plain. /help lists what can be done, /quit leaves.{self._greeting()}")
        reading = asyncio.create_task(self._read(lines, first), name="input")
        ended = asyncio.create_task(self._ended.wait())
        looking = asyncio.create_task(self._look_at_clock(), name="clock")
        looking.add_done_callback(self._task_done)
        try:
            await asyncio.wait([reading, ended], return_when=asyncio.FIRST_COMPLETED)
            if reading.done():
                reading.result()
            elif self._catch_up is not None:
                await self._catch_up()
            async with self._busy:
                pass
            if self._trouble:
                raise self._trouble
            await self._keep_draft()
            await self._rooms.close()
            self._write("You have left.")
        finally:
            for task in (reading, ended, looking, *self._rooms.tasks):
                task.cancel()
                await asyncio.wait([task])
            for work in self._todo:
                work.close()

    def _greeting(self) -> str:
        return f" {self.profile.notice}" if self.profile.notice else ""

    async def _read(self, lines: AsyncIterable[bytes | None], first: str | None) -> None:
        if first is not None:
            self.enter(first)
        else:
            self.show_rooms()
        await self._do_all()
        await self._rooms.look_who_asks()
        async for line in lines:
            self.attention.touch()
            await self.look_at_clock()
            async with self._busy:
                self._take(line)
                await self._do_all()
            if self._ended.is_set():
                return

    def _take(self, line: bytes | None) -> None:
        try:
            text = line.decode() if line is not None else None
        except UnicodeDecodeError:
            text = None
        if text is None:
            self.tell(
                "That line is too long, or no UTF-8 text, and was not sent: shorten it, or set the terminal to UTF-8.",
                severity="warning",
            )
            return
        asked, self._asked = self._asked, None
        answer = text.strip().lower()
        if asked is not None:
            if answer in YES:
                asked()
                return
            self.tell("Nothing was done.")
            if answer in NO:
                return
        if answer:
            if self._line is not None:
                self._line.history.add(text)
            self._verbs.submit(text)

    async def _do_all(self) -> None:
        """Carry out what was asked for, in its order; that may ask for more."""
        while self._todo:
            try:
                await self._todo.popleft()
            except TROUBLE as error:
                self.tell(str(error), severity="error")

    async def look_at_clock(self) -> None:
        """Be away after a while in which nothing was typed, and back with the next line."""
        async with self._busy:
            self._idling.look(self._rooms.open.values(), self.attention.idle_s, self.settings.now.away_after)
            await self._do_all()

    async def _look_at_clock(self) -> None:
        while True:
            await asyncio.sleep(CLOCK_S)
            await self.look_at_clock()

    def _complete(self, before: str) -> tuple[int, list[str]]:
        room = self._rooms.current
        people = [plain_name(peer) for peer in room.session.view.peers] if room is not None else []
        return complete(before, people, self.room_names, lambda command: words_after(command, []), IN_PLAIN)

    def _task_done(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()):
            self._trouble = error
            self._ended.set()

    def _write(self, line: str) -> None:
        """The one way out: what others wrote can only be shown, and a line stays one."""
        line = shown(line).replace("\n", " ").rstrip()
        self._out(plain(line) if self.settings.now.glyphs == "plain" else line)

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

    def end(self) -> None:
        """End the program once what was asked for is done."""
        self._ended.set()

    # What is done ------------------------------------------------------------------------------------------------

    def run(self, work: Coroutine[Any, Any, None], group: str, *, exclusive: bool = False) -> None:
        self._todo.append(work)

    def ask(
        self, command: api.Command, text: str = "", aim: Aim | None = None, done: Callable[[], str] | None = None
    ) -> None:
        room = self._rooms.current
        if room is not None:
            self._todo.append(self._ask(room, command, text, done))

    async def _ask(
        self, room: OpenRoom, command: api.Command, text: str = "", done: Callable[[], str] | None = None
    ) -> None:
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
        self._todo.extend(self._ask(room, command) for room in self.open_rooms)

    def say(self, room: OpenRoom, text: str) -> None:
        self.ask(api.Say(text), text)

    def change(self, room: OpenRoom, message: api.MessageView) -> str | None:
        if self._line is None or self._line.text:
            return "Write the new wording after it: /edit TEXT."
        self._line.fill(f"/edit #{self._rooms.numbers.give(room.id, message)} {typed(message.text)}")
        return None

    def pick(self, room: OpenRoom, argument: str) -> tuple[api.MessageView | None, str]:
        return self._own.pick(room, argument)

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
        self._todo.append(self._enter(name))

    async def _enter(self, name: str) -> None:
        room = await self._rooms.enter(name)
        if self._line is not None:
            self._line.history.use(room.sent)
            if room.unsent != Draft() and not self._line.text:
                self._line.fill(unsent_line(room, room.unsent, self._rooms.numbers))
                # What waits while a message is changed has no line yet.
                room.unsent = Draft(room.unsent.text, room.unsent.reply) if room.unsent.edit else Draft()

    async def _keep_draft(self) -> None:
        """What is not sent yet is there next time; one with an invite in it is a key, and is not kept."""
        room, line = self._rooms.current, self._line
        if room is None or line is None or not room.session.is_running:
            return
        try:
            await save_draft(room.session, together(room.unsent, unsent_in(line.text.strip(), room, self._own.pick)))
        except TROUBLE as error:
            self.tell(str(error), severity="error")

    def ask_for_room(self, *, join: bool = False, name: str = "") -> None:
        if not join:
            self._todo.append(self._new(name))
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
