"""Which rooms run in this window, and which of them is on the screen."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from ...session import api
from ...session.api import RoomId
from ...session.catalogue import RoomSummary
from ...session.directs import Ask
from ...session.profile import Profile
from ..addresses import hidden
from ..direct_verbs import asked_text
from ..importance import RoomItem, ordered
from ..rooms import OpenRoom
from ..spoken import is_hidden
from ..text import shown_line
from ..trouble import TROUBLE
from .home import Choice

if TYPE_CHECKING:
    from .chat import ChatScreen

SHOUTED = ("name-taken", "identity-copied")
"""Problems after which somebody may not be who he seems."""
SHOUT_S = 20.0
"""Seconds that such a sentence stays, unless it is clicked away."""


class Rooms:
    """The rooms of a ChatScreen. One worker for each turns its session's events into changes of its OpenRoom."""

    def __init__(self, screen: ChatScreen, profile: Profile) -> None:
        self._screen = screen
        self._profile = profile
        self.open: dict[str, OpenRoom] = {}
        """Every room that runs, by name."""
        self.current: OpenRoom | None = None
        """The one on the screen; None until the first is open."""
        self.saved: tuple[RoomSummary, ...] = ()
        """Every room that can be opened."""
        self.asks: tuple[Ask, ...] = ()
        """Who asks to talk to the reader alone."""
        self._left: set[RoomId] = set()
        """Rooms of two that were left in this run: nobody calls her back into them."""
        self.is_walking = False
        """Whether somebody goes from room to room in the list's order, which must not change meanwhile."""

    def enter(self, choice: Choice, *, walking: bool = False) -> None:
        """Open a saved room, or go back to it if it runs already. `walking`: by going through the list."""
        self.is_walking = walking
        self._screen.run_worker(self._enter(choice), exclusive=True, group="enter")

    async def leave(self, room: OpenRoom) -> None:
        """End a room's session; it stays saved."""
        if room is self.current:
            room.draft = self._screen.composer.draft
        await self._screen.writing.save(room)
        self._left.add(room.id)
        self.open.pop(room.name, None)
        await room.session.do(api.Leave())
        await self._gone(room)

    async def forget(self, room: OpenRoom) -> None:
        """End a room's session and erase the room. Raises RoomError, StoreError."""
        self.open.pop(room.name, None)
        await self._profile.forget(room.name)
        self._screen.tell(f"{shown_line(room.title)} is erased from this machine.")
        await self._gone(room)

    def read_all(self, room: OpenRoom) -> None:
        """Everything in `room` has been seen: nothing of it is new after a restart, and the others may know."""
        room.unread = room.mentions = 0
        newest = room.window.messages[-1].order if room.window.messages else None
        if newest is not None and newest[0] > room.session.read:
            self._screen.ask_in(room, api.MarkRead(newest))

    async def rename(self, room: OpenRoom, wanted: str) -> None:
        """Call a room something else on this machine. Raises RoomError, StoreError."""
        called = await self._profile.rename(room.name, wanted)
        self.open[called] = self.open.pop(room.name)
        room.name = called
        await self.read_saved()
        self._screen.refresh_room()

    def items(self) -> tuple[RoomItem, ...]:
        """Every saved room, in the order that the settings say; as it was while somebody looks at the list."""
        shown = self._screen.room_list
        before = [item.key for item in shown.items] if shown.is_looked_at or self.is_walking else []
        asking = (_asking(ask) for ask in self.asks)
        return ordered((*asking, *map(self._item, self.saved)), self._screen.settings.now.room_order, before)

    def _item(self, saved: RoomSummary) -> RoomItem:
        room = self.open.get(saved.name)
        level = (room.level if room is not None and room.loaded else saved.level) or self._screen.settings.now.notify
        newest = room.window.messages[-1].at_ms if room is not None and room.window.messages else 0
        return RoomItem(
            saved.name,
            current=room is not None and room is self.current,
            running=room is not None,
            unread=room.unread if room is not None else saved.unread,
            mentions=room.mentions if room is not None else saved.mentions,
            muted=level == "none",
            newest_ms=max(newest, saved.newest_ms) or saved.opened_ms,
            online=len(room.session.view.online) if room is not None else None,
            direct=saved.direct is not None,
        )

    async def read_saved(self) -> None:
        """Look again at which rooms there are."""
        try:
            self.saved = await self._profile.rooms()
            self.asks = await self._profile.asks()
        except TROUBLE as error:
            self._screen.tell(str(error), severity="error")
        if self.current is not None and self.current.invite:
            await self._fetch_invite(self.current)

    async def _enter(self, choice: Choice) -> None:
        try:
            room = await self._opened(choice)
        except TROUBLE as error:
            self._screen.tell(str(error), severity="error")
            if self.current is None:
                self._screen.give_up()
            return
        await self.read_saved()
        self._left.discard(room.id)
        if room.is_empty and not room.invite and room.session.view.direct is None:
            await self._fetch_invite(room)
        self._screen.put_away()
        self.current = room
        self._screen.take_up(room)

    async def _opened(self, choice: Choice) -> OpenRoom:
        session = await self._profile.open(choice.room)
        room = self.open.get(session.view.name)
        if room is None or room.session is not session:
            room = OpenRoom(session.view.name, session, fresh=choice.fresh)
            self.open[room.name] = room
            self._screen.notices.follow_away(room)
            # The ear first, then the history: nothing falls in between, and what comes twice does no harm.
            self._screen.run_worker(self._follow(room, session.events(room.since)), group="follow")
        if not room.loaded:
            await room.load()
            room.recall()
            await self._screen.notices.take_up(room)
            await self._screen.writing.take_up(room)
            await self._screen.places.take_up(room)
            # Only now: whoever goes elsewhere in between begins again here.
            room.loaded = True
        return room

    async def _asked(self, name: str) -> None:
        self._screen.tell(asked_text(name))
        await self.read_saved()
        self._screen.list_rooms()

    async def _look_who_asks(self) -> None:
        """Somebody is ignored, or not any more: her asking, too."""
        asks = await self._profile.asks()
        if asks != self.asks:
            self.asks = asks
            self._screen.list_rooms()

    async def _called(self, peer: api.PeerId) -> None:
        """The other one is in our room of two: have it run behind the one on the screen."""
        saved = await self._profile.direct_with(peer)
        if saved is not None and saved.name not in self.open and saved.room not in self._left:
            await self._opened(Choice(saved.name))
            await self.read_saved()
            self._screen.list_rooms()

    async def _fetch_invite(self, room: OpenRoom) -> None:
        try:
            room.invite = await self._profile.invite(room.name)
        except TROUBLE as error:
            self._screen.tell(str(error), severity="error")

    async def _gone(self, room: OpenRoom) -> None:
        if self.open.get(room.name) is room:
            del self.open[room.name]
        await self.read_saved()
        if room is not self.current:
            self._screen.list_rooms()
            return
        self.current = None
        if self.open:
            self.enter(Choice(next(iter(self.open))))
        else:
            await self._screen.places.remember(None)
            self._screen.dismiss(None)

    # ------------------------------------------------------------------------------------------------------- events

    async def _follow(self, room: OpenRoom, events: AsyncIterator[api.Event]) -> None:
        async for event in events:
            try:
                await self._take(room, event)
            except TROUBLE as error:
                self._screen.tell(str(error), severity="error")

    async def _take(self, room: OpenRoom, event: api.Event) -> None:
        screen = self._screen
        match event:
            case api.MessageAdded():
                self._message_added(room, event)
            case api.MessageChanged():
                room.change(event.message)
            case api.HoldersChanged():
                if room is self.current:
                    screen.timeline.refresh_marks()
            case api.Problem():
                if event.code in SHOUTED:
                    screen.tell(hidden(event.text), severity="error", seconds=SHOUT_S)
                else:
                    screen.tell(hidden(event.text), severity="warning")
            case api.DirectAsked(_, name):
                if not is_hidden(event, room.session.ignored):
                    await self._asked(name)
            case api.DirectCalled(peer):
                await self._called(peer)
            case api.HistoryErased():
                await room.let_go()
            case api.Resync():
                await room.load()
            case api.PeopleChanged() | api.RoomChanged():
                if isinstance(event, api.PeopleChanged):
                    await self._look_who_asks()
                if room is not self.current:
                    room.unread = room.session.view.unread
            case api.Ended():
                if self.open.get(room.name) is room:  # not one that was opened again meanwhile
                    screen.tell(f"{shown_line(room.title)} has ended: {event.reason}", severity="warning")
                    await self._gone(room)
                return
            case _:
                # What is left is in the session's view.
                pass
        if room is self.current:
            screen.refresh_soon()
        elif isinstance(event, api.MessageAdded | api.RoomChanged | api.PeopleChanged):
            screen.list_rooms()

    def _message_added(self, room: OpenRoom, event: api.MessageAdded) -> None:
        screen, message = self._screen, event.message
        here = room is self.current
        following = here and screen.timeline.following
        room.add(message, at_end=following or not here)
        if message.author in room.session.ignored:
            return
        if not (message.mine and event.backfill):
            is_seen = following and screen.is_active and screen.app.app_focus
            room.attended(message, backfill=event.backfill, seen=is_seen)
        if following:
            room.unread = room.mentions = 0
            if screen.is_active and screen.app.app_focus:
                self.read_all(room)
        if not message.mine and not event.backfill:
            screen.notices.heard(room, message)


def _asking(ask: Ask) -> RoomItem:
    return RoomItem(ask.name, current=False, running=False, unread=0, direct=True, asker=ask.peer)
