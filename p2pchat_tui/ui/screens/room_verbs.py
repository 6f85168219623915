"""The commands about rooms: /join, /invite, /rename, /forget, …"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...preferences import NOTIFY_LEVELS
from ...session import api
from ..rooms import OpenRoom
from ..text import looks_like_invite, shown_line
from ..trouble import TROUBLE
from .confirm import ConfirmScreen
from .home import Choice
from .invite import InviteScreen

if TYPE_CHECKING:
    from .chat import ChatScreen


class RoomVerbs:
    """See VERBS."""

    def __init__(self, screen: ChatScreen) -> None:
        self._screen = screen

    def do_topic(self, room: OpenRoom, topic: str) -> str | None:
        if topic:
            self._screen.ask(api.SetTopic(topic), f"/topic {topic}")
        else:
            self._screen.tell(room.session.view.topic or "This room has no topic. /topic TEXT sets one.")
        return None

    def do_invite(self, room: OpenRoom, _argument: str) -> str | None:
        self._screen.run_worker(self._show_invite(room), group="invite", exclusive=True)
        return None

    async def _show_invite(self, room: OpenRoom) -> None:
        try:
            invite = await self._screen.profile.invite(room.name)
            saved = next(s for s in await self._screen.profile.rooms() if s.name == room.name)
        except TROUBLE as error:
            self._screen.tell(str(error), severity="error")
            return
        self._screen.app.push_screen(InviteScreen(room.name, saved.words, bool(saved.relay), invite))

    def do_join(self, _room: OpenRoom, name: str) -> str | None:
        if looks_like_invite(name):
            self._screen.run_worker(self._join_invite(name), group="invite", exclusive=True)
        elif any(saved.name.casefold() == name.lstrip("#").casefold() for saved in self._screen.room_list.items):
            self._screen.enter(Choice(name.lstrip("#")))
        else:
            self._screen.ask_for_room(join=True, name=name.lstrip("#"))
        return None

    async def _join_invite(self, invite: str) -> None:
        try:
            room = await self._screen.profile.join_invite(invite)
        except TROUBLE as error:
            self._screen.tell(str(error), severity="error")
            return
        self._screen.enter(Choice(room.name))

    def do_new(self, _room: OpenRoom, name: str) -> str | None:
        self._screen.ask_for_room(name=name.lstrip("#"))
        return None

    def do_rooms(self, _room: OpenRoom, _argument: str) -> str | None:
        self._screen.action_rooms()
        return None

    def do_part(self, room: OpenRoom, _argument: str) -> str | None:
        self._screen.run_worker(self._screen.rooms.leave(room), group="leave")
        return None

    def do_forget(self, room: OpenRoom, _argument: str) -> str | None:
        def answered(yes: bool | None) -> None:
            if yes:
                self._screen.run_worker(self._forget(room), group="leave")

        question = (
            f"Erase #{shown_line(room.name)} from this machine: its key, its whole history, and who was in it? "
            "Without an invite there is no way back."
        )
        self._screen.app.push_screen(ConfirmScreen(question, "Erase it"), answered)
        return None

    async def _forget(self, room: OpenRoom) -> None:
        try:
            await self._screen.rooms.forget(room)
        except TROUBLE as error:
            self._screen.tell(str(error), severity="error")

    def do_next(self, _room: OpenRoom, _argument: str) -> str | None:
        self._screen.action_unread()
        return None

    def do_rename(self, room: OpenRoom, name: str) -> str | None:
        self._screen.run_worker(self._rename(room, name), group="rename")
        return None

    async def _rename(self, room: OpenRoom, name: str) -> None:
        try:
            await self._screen.rooms.rename(room, name)
        except TROUBLE as error:
            self._screen.tell(str(error), severity="error")

    def do_mute(self, room: OpenRoom, _argument: str) -> str | None:
        notices, settings = self._screen.notices, self._screen.settings.now
        if notices.level(room) != "none":
            return self.do_notify(room, "none")
        if settings.notify == "none":
            return self.do_notify(room, "all")
        self._screen.run_worker(notices.set_level(room, ""), group="level")
        self._screen.tell(f"Of #{shown_line(room.name, 40)} is announced what the settings say: {settings.notify}.")
        return None

    def do_notify(self, room: OpenRoom, level: str) -> str | None:
        level = level.lower()
        if level and level not in NOTIFY_LEVELS:
            return f"There are three levels: {', '.join(NOTIFY_LEVELS)}."
        if level:
            self._screen.run_worker(self._screen.notices.set_level(room, level), group="level")
        self._screen.tell(f"Of #{shown_line(room.name, 40)} is announced: {level or self._screen.notices.level(room)}.")
        return None

    def do_keep(self, room: OpenRoom, how: str) -> str | None:
        if how:
            self._screen.ask(api.SetRetention(how), f"/keep {how}")
        else:
            self._screen.tell(f"Of this room this machine keeps: {room.session.view.keep}. /keep 30d changes that.")
        return None

    def do_retry(self, _room: OpenRoom, _argument: str) -> str | None:
        self._screen.ask(api.RetryNow())
        self._screen.tell("Trying every link and relay again.")
        return None
