"""The plain mode: lines in, lines out. What is typed is done one line after the other, in the order of the lines."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterable, Awaitable, Callable
from datetime import tzinfo

from ...session.profile import Profile
from ..commands import IN_PLAIN
from ..glyphs import plain
from ..idling import Idling
from ..people import plain_name
from ..screens.words import words_after
from ..settings import Settings
from ..text import shown
from ..verbs import Verbs
from ..widgets.completion import complete
from .attention import Attention
from .line import Line
from .plain_front import PlainFront
from .rooms import PlainRooms
from .todo import Todo
from .verbs import PlainVerbs

CLOCK_S = 5.0
"""Seconds between two looks at how long nothing was typed."""


class PlainChat:
    """The loop. The profile belongs to the caller, who closes it when `chat` has returned."""

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
        self._notice = profile.notice
        self._settings = settings
        self._out = write
        self._ended = asyncio.Event()
        self._trouble: BaseException | None = None
        self._todo = Todo()
        self._busy = asyncio.Lock()
        """Held while a line is carried out: no end comes in between."""
        self.attention = Attention(settings, now, tz, bell, emit)
        self._idling = Idling(lambda room, command: self._todo.add(self.front.carry_out(room, command)))
        self._rooms = PlainRooms(profile, settings, self._write, now, tz, self.attention, self._idling, self._task_done)
        self.front = PlainFront(
            profile, self._rooms, self._todo, settings=settings, write=self._write, now=now, line=line, end=self.end
        )
        """What the commands see."""
        self._catch_up = catch_up
        self._line = line
        if line is not None:
            line.complete = self._complete
        self._own = PlainVerbs(self.front, self._rooms, self._write, tz, emit)
        self._verbs = Verbs(
            self.front, self._own, no_room="You are in no room. /join NAME opens one, /rooms lists them."
        )

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
            await self.front.keep_draft()
            await self._rooms.close()
            self._write("You have left.")
        finally:
            for task in (reading, ended, looking, *self._rooms.tasks):
                task.cancel()
                await asyncio.wait([task])
            self._todo.close()

    def _greeting(self) -> str:
        return f" {self._notice}" if self._notice else ""

    async def _read(self, lines: AsyncIterable[bytes | None], first: str | None) -> None:
        if first is not None:
            self.front.enter(first)
        else:
            self.front.show_rooms()
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
            self.front.tell(
                "That line is too long, or no UTF-8 text, and was not sent: shorten it, or set the terminal to UTF-8.",
                severity="warning",
            )
            return
        if not self.front.answered(text) and text.strip():
            if self._line is not None:
                self._line.history.add(text)
            self._verbs.submit(text)

    async def _do_all(self) -> None:
        await self._todo.do_all(lambda why: self.front.tell(why, severity="error"))

    async def look_at_clock(self) -> None:
        """Be away after a while in which nothing was typed, and back with the next line."""
        async with self._busy:
            self._idling.look(self._rooms.open.values(), self.attention.idle_s, self._settings.now.away_after)
            await self._do_all()

    async def _look_at_clock(self) -> None:
        while True:
            await asyncio.sleep(CLOCK_S)
            await self.look_at_clock()

    def _complete(self, before: str) -> tuple[int, list[str]]:
        room = self._rooms.current
        people = [plain_name(peer) for peer in room.session.view.peers] if room is not None else []
        return complete(before, people, self.front.room_names, lambda command: words_after(command, []), IN_PLAIN)

    def _task_done(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()):
            self._trouble = error
            self._ended.set()

    def _write(self, line: str) -> None:
        """The one way out: what others wrote can only be shown, and a line stays one."""
        line = shown(line).replace("\n", " ").rstrip()
        self._out(plain(line) if self._settings.now.glyphs == "plain" else line)

    def end(self) -> None:
        """End the program once what was asked for is done."""
        self._ended.set()
