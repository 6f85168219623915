"""The rooms of the plain mode: which run, which is the current one, and what is told of each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import tzinfo

from ...preferences import NOTIFY_LEVELS
from ...session import api
from ...session.catalogue import LEVEL, RoomSummary
from ...session.directs import Ask
from ...session.profile import Profile
from ..commands import typed
from ..direct_verbs import asked_text
from ..drafts import Draft, load_draft
from ..idling import Idling
from ..rooms import OpenRoom
from ..settings import Settings
from ..spoken import is_hidden
from ..text import count_text, shown_line
from ..trouble import TROUBLE
from .attention import Attention
from .numbers import Numbers
from .teller import Teller

BACKFILL_TOLD = 20
"""Messages from before that are told one by one while they are fetched; of more, how many there were."""


@dataclass(slots=True, eq=False)
class PlainRoom(OpenRoom):
    """A running room, and what was told of it."""

    teller: Teller = field(default_factory=lambda: Teller(None))
    backfilled: int = 0
    """Messages from before that came since this was said last."""
    told: set[api.EntryId] = field(default_factory=set)
    """What was told already when the room was entered; its events may be on their way."""
    unsent: Draft = field(default_factory=Draft)
    """What was half written when it was last open, until there is a line for it."""
    held: bool = True
    """Whether it was told that everybody has my newest message."""


class PlainRooms:
    """Opens, follows and leaves rooms; tells what happens in them."""

    def __init__(
        self,
        profile: Profile,
        settings: Settings,
        write: Callable[[str], None],
        now: Callable[[], float],
        tz: tzinfo | None,
        attention: Attention,
        idling: Idling,
        failed: Callable[[asyncio.Task[None]], None],
    ) -> None:
        """`write` takes one line. `now`: Unix seconds. `failed` is told of each task that has ended."""
        self._profile = profile
        self._settings = settings
        self._write = write
        self._now = now
        self._tz = tz
        self._attention = attention
        self._idling = idling
        self._failed = failed
        self.open: dict[str, PlainRoom] = {}
        """Every room that runs, by name."""
        self.current: PlainRoom | None = None
        self.saved: tuple[RoomSummary, ...] = ()
        self.asks: tuple[Ask, ...] = ()
        """Who asks to talk to the reader alone."""
        self._told_asks: set[api.PeerId] = set()
        self.numbers = Numbers()
        self._left: set[api.RoomId] = set()
        """Rooms that were left in this run: nobody calls the reader back into them."""
        self._closing = False
        self.tasks: set[asyncio.Task[None]] = set()
        """Those that listen to the rooms."""

    async def read_saved(self) -> None:
        """Look which rooms there are, and who asks for one. Raises StoreError."""
        self.saved = await self._profile.rooms()
        self.asks = await self._profile.asks()

    def level(self, room: OpenRoom) -> str:
        """What is told of a room while it is not the current one."""
        return room.level or self._settings.now.notify

    async def enter(self, name: str) -> PlainRoom:
        """Open a saved room, or go back to it. Raises RoomError, StoreError."""
        room = await self._opened(name)
        self.current = room
        self._left.discard(room.id)
        room.told = {message.id for message in room.window.messages}
        room.loaded = True
        self._tell(room, room.teller.begin(room, room.unsent, room.session.view, self._now_ms()))
        await self._read(room)
        await self.read_saved()
        return room

    async def _opened(self, name: str) -> PlainRoom:
        """The room, running, with its newest messages at hand."""
        session = await self._profile.open(name)
        room = self.open.get(session.view.name)
        if room is None or room.session is not session:
            room = PlainRoom(session.view.name, session, teller=Teller(self._tz))
            self.open[room.name] = room
            if self._idling.is_away_in(room, self.open.values()):
                await session.do(api.SetAway(True))
            # The ear first, then the history: nothing falls in between.
            task = asyncio.create_task(self._follow(room, session.events(room.since)), name=f"follow {room.name}")
            task.add_done_callback(self._followed)
            self.tasks.add(task)
            await room.load()
            room.recall()
            level = await session.setting(LEVEL)
            room.level = level if level in NOTIFY_LEVELS else ""
            room.unsent = await load_draft(session)
            room.sent[:0] = [typed(message.text) for message in room.window.messages if message.mine and message.text]
            for target in self.numbers.of(room.id):  # found before the room was opened
                if message := await session.message(target):
                    self.numbers.change(room.id, message)
        return room

    async def do(self, room: OpenRoom, command: api.Command) -> None:
        """Have a room's session do something; the messages at hand show it at once. Raises what `Session.do` does."""
        written = await room.session.do(command)
        match command:
            case api.Say() if written is not None:
                if message := await room.session.message(written):
                    room.add(message, at_end=True)
            case api.Edit(target, _) | api.Retract(target) | api.React(target, _, _):
                if message := await room.session.message(target):
                    room.change(message)
            case _:
                pass

    def _followed(self, task: asyncio.Task[None]) -> None:
        self.tasks.discard(task)
        self._failed(task)

    async def close(self) -> None:
        """Leave every room, once all that happened was told."""
        self._closing = True
        rooms, self.open = list(self.open.values()), {}
        for room in rooms:
            await room.session.do(api.Leave())
        if self.tasks:
            await asyncio.wait(self.tasks)

    async def leave(self, room: OpenRoom) -> None:
        """End a room's session; it stays saved."""
        self.open.pop(room.name, None)
        self._left.add(room.id)
        await room.session.do(api.Leave())
        self._write(f"You left {shown_line(room.title)}; it stays saved.")
        await self._gone(room)

    async def forget(self, room: OpenRoom) -> None:
        """End a room's session and erase the room. Raises RoomError, StoreError."""
        self.open.pop(room.name, None)
        await self._profile.forget(room.name)
        self._write(f"{shown_line(room.title)} is erased from this machine.")
        await self._gone(room)

    async def rename(self, room: OpenRoom, wanted: str) -> None:
        """Call a room something else on this machine. Raises RoomError, StoreError."""
        before = room.title
        called = await self._profile.rename(room.name, wanted)
        self.open[called] = self.open.pop(room.name)
        self._write(f"{shown_line(before)} is called {shown_line(room.title)} here now.")
        room.name = called
        await self.read_saved()

    def next_name(self) -> str:
        """The next room with something new; empty when there is none."""
        for saved in self.saved:
            running = self.open.get(saved.name)
            if running is not self.current and (running.unread if running else saved.unread):
                return saved.name
        return ""

    def listing(self) -> list[str]:
        """Whoever asks for a room of two, and every saved room, a line for each."""
        lines = [asked_text(ask.name) for ask in self.asks]
        self._told_asks |= {ask.peer for ask in self.asks}
        for saved in sorted(self.saved, key=lambda saved: saved.name.casefold()):
            running = self.open.get(saved.name)
            unread = running.unread if running else saved.unread
            words = [shown_line(saved.title)]
            words += ["you are here"] if running and running is self.current else ["running"] if running else []
            words += [f"{unread} unread"] if unread else []
            lines.append(", ".join(words) + ".")
        return lines or ["There is no room yet: /new NAME makes one, /join and an invite join one."]

    async def _gone(self, room: OpenRoom) -> None:
        await self.read_saved()
        if room is self.current:
            self.current = None
            if self.open:
                await self.enter(next(iter(self.open)))
            else:
                self._write("You are in no room. /join NAME opens one, /rooms lists them, /quit leaves.")

    # ------------------------------------------------------------------------------------------------------- events

    async def _follow(self, room: PlainRoom, events: AsyncIterator[api.Event]) -> None:
        async for event in events:
            try:
                await self._take(room, event)
            except TROUBLE as error:
                self._write(shown_line(str(error), 400))

    async def _take(self, room: PlainRoom, event: api.Event) -> None:
        view = room.session.view
        if is_hidden(event, view.ignored):
            if isinstance(event, api.MessageAdded | api.MessageChanged):
                room.add(event.message, at_end=True)  # it is there when it is wanted again
            return
        match event:
            case api.MessageAdded(message, backfill):
                room.add(message, at_end=True)
                await self._heard(room, message, view, backfill=backfill)
            case api.HistoryAdded(count):
                if room is self.current:
                    room.backfilled += count
            case api.MessageChanged():
                room.change(event.message)
                self.numbers.change(room.id, event.message)
                if room is self.current:
                    self._tell(room, room.teller.changed(event, view, self._now_ms()))
            case api.HoldersChanged():
                self._count_holders(room)
            case api.Problem():
                self._tell(room, [shown_line(event.text, 400)])
            case api.DirectAsked() | api.PeopleChanged():
                await self.look_who_asks()
                self._tell_news(room, view)
            case api.DirectCalled(peer):
                await self._called(peer)
            case api.HistoryErased():
                await room.let_go()
            case api.Resync():
                await room.load()
                self._tell(room, ["So much came at once that some of it was not told here: /history gives it."])
            case api.Ended():
                if self.open.get(room.name) is room:  # not one that was opened again meanwhile
                    del self.open[room.name]
                    self._tell(room, [f"{shown_line(room.title)} has ended: {event.reason}"])
                    await self._gone(room)
            case _:
                self._end_backfill(room)
                self._tell_news(room, view)

    def _tell_news(self, room: PlainRoom, view: api.RoomView) -> None:
        if room.loaded and room is self.current:
            self._tell(room, room.teller.news(view))

    async def look_who_asks(self) -> None:
        """Tell who asks and was not told before: somebody who came, or who is not ignored any more."""
        self.asks = await self._profile.asks()
        told, self._told_asks = self._told_asks, {ask.peer for ask in self.asks}
        for ask in self.asks:
            if ask.peer not in told:
                self._write(asked_text(ask.name))

    async def _called(self, peer: api.PeerId) -> None:
        """The other one is in our room of two: have it run behind the current one."""
        saved = await self._profile.direct_with(peer)
        if saved is not None and saved.name not in self.open and not self._closing and saved.room not in self._left:
            room = await self._opened(saved.name)
            room.told = {message.id for message in room.window.messages}
            room.loaded = True
            await self.read_saved()

    async def _heard(self, room: PlainRoom, message: api.MessageView, view: api.RoomView, *, backfill: bool) -> None:
        if not room.loaded or message.id in room.told:
            return
        if message.mine:
            room.held = backfill
        is_wanted = not (message.mine or backfill) and self._attention.wants(room, message, self.level(room))
        if is_wanted:
            self._attention.announce(room, message)
        if room is not self.current:
            room.attended(message, backfill=backfill, seen=False)
            if not is_wanted:
                return
        if backfill:
            room.backfilled += 1
            if room.backfilled > BACKFILL_TOLD:
                return
        now_ms = self._now_ms()
        self._tell(room, room.teller.message(message, view, now_ms, *(("earlier",) if backfill else ())))
        if room is self.current:
            if not backfill:  # reactions that came with it; those to older ones are for whoever asks
                self._tell(room, room.teller.reactions(message, view, now_ms))
            await self._read(room)

    def _end_backfill(self, room: PlainRoom) -> None:
        """All of what was fetched is here: say how much of it was not told."""
        more, room.backfilled = room.backfilled - BACKFILL_TOLD, 0
        if more > 0:
            self._tell(room, [f"And {count_text(more, 'earlier message')} more."])

    def _count_holders(self, room: PlainRoom) -> None:
        """Say once that everybody has my newest message."""
        newest = room.window.newest(mine=True)
        if room.held or newest is None or room is not self.current:
            return
        held, known = room.session.holders(newest.author, newest.seq)
        if known and held >= known:
            room.held = True
            self._tell(room, ["Everybody has what you wrote."])

    async def _read(self, room: PlainRoom) -> None:
        """Everything in the room was told: nothing of it is new after a restart."""
        room.unread, room.first_new = 0, None
        newest = room.window.messages[-1].order if room.window.messages else None
        if newest is not None and newest[0] > room.session.read:
            await room.session.do(api.MarkRead(newest))

    def _tell(self, room: OpenRoom, lines: list[str]) -> None:
        where = "" if room is self.current else f"{shown_line(room.title)} "
        for line in lines:
            self._write(where + line)

    def _now_ms(self) -> int:
        return round(self._now() * 1000)
