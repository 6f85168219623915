"""The commands about rooms: /join, /invite, /rename, /forget, …"""

from __future__ import annotations

from ..preferences import NOTIFY_LEVELS
from ..session import api
from ..session.keeper import erasing_text
from .commands import NOTHING
from .front import Front
from .person_verbs import PersonVerbs
from .rooms import OpenRoom
from .text import count_text, looks_like_invite, shown_line
from .trouble import TROUBLE

NO_WAY_BACK = "Without an invite there is no way back."
DIRECT_WAY_BACK = "/msg opens it again, and brings what the other one keeps."


class RoomVerbs:
    """See VERBS."""

    def __init__(self, front: Front) -> None:
        self._front = front

    def do_topic(self, room: OpenRoom, topic: str) -> str | None:
        if topic:
            self._front.ask(api.SetTopic("" if topic == NOTHING else topic), f"/topic {topic}")
        else:
            self._front.tell(room.session.view.topic or "This room has no topic. /topic TEXT sets one.")
        return None

    def do_invite(self, room: OpenRoom, _argument: str) -> str | None:
        if room.session.view.direct is not None:
            return "This is a room of two: nobody else can be invited. /new makes one for more."
        self._front.run(self._show_invite(room), "invite", exclusive=True)
        return None

    async def _show_invite(self, room: OpenRoom) -> None:
        try:
            invite = await self._front.profile.invite(room.name)
            saved = next(s for s in await self._front.profile.rooms() if s.name == room.name)
        except TROUBLE as error:
            self._front.tell(str(error), severity="error")
            return
        self._front.show_invite(room.name, saved.words, relay=bool(saved.relay), invite=invite)

    def do_join(self, _room: OpenRoom | None, name: str) -> str | None:
        if looks_like_invite(name):
            self._front.run(self._join_invite(name), "invite", exclusive=True)
        elif name.lstrip("#@").casefold() in map(str.casefold, self._front.room_names):
            self._front.enter(name.lstrip("#@"))
        else:
            self._front.ask_for_room(join=True, name=name.lstrip("#"))
        return None

    async def _join_invite(self, invite: str) -> None:
        try:
            room = await self._front.profile.join_invite(invite)
        except TROUBLE as error:
            self._front.tell(str(error), severity="error")
            return
        self._front.enter(room.name)

    def do_new(self, _room: OpenRoom | None, name: str) -> str | None:
        self._front.ask_for_room(name=name.lstrip("#"))
        return None

    def do_rooms(self, _room: OpenRoom | None, _argument: str) -> str | None:
        self._front.show_rooms()
        return None

    def do_part(self, room: OpenRoom, _argument: str) -> str | None:
        self._front.run(self._front.leave(room), "leave")
        return None

    def do_forget(self, room: OpenRoom, _argument: str) -> str | None:
        is_direct = room.session.view.direct is not None
        question = (
            f"Erase {shown_line(room.title)} from this machine: its key, its whole history, and who was in it? "
            + (DIRECT_WAY_BACK if is_direct else NO_WAY_BACK)
        )
        self._front.confirm(question, "Erase it", lambda: self._front.run(self._forget(room), "leave"))
        return None

    async def _forget(self, room: OpenRoom) -> None:
        try:
            await self._front.forget(room)
        except TROUBLE as error:
            self._front.tell(str(error), severity="error")

    def do_next(self, _room: OpenRoom | None, _argument: str) -> str | None:
        self._front.next_room()
        return None

    def do_rename(self, room: OpenRoom, name: str) -> str | None:
        self._front.run(self._rename(room, name), "rename")
        return None

    async def _rename(self, room: OpenRoom, name: str) -> None:
        try:
            await self._front.rename(room, name)
        except TROUBLE as error:
            self._front.give_back(f"/rename {name}")
            self._front.tell(str(error), severity="error")

    def do_mute(self, room: OpenRoom, name: str) -> str | None:
        if name:
            return PersonVerbs(self._front).mute(room, name)
        settings = self._front.settings.now
        if self._front.level(room) != "none":
            return self.do_notify(room, "none")
        if settings.notify == "none":
            return self.do_notify(room, "all")
        self._front.run(self._front.set_level(room, ""), "level")
        self._front.tell(f"Announced of {shown_line(room.title, 40)} is what the settings say: {settings.notify}.")
        return None

    def do_notify(self, room: OpenRoom, level: str) -> str | None:
        level = level.lower()
        if level and level not in NOTIFY_LEVELS:
            return f"There are three levels: {', '.join(NOTIFY_LEVELS)}. /notify alone says which one holds."
        if level:
            self._front.run(self._front.set_level(room, level), "level")
        self._front.tell(f"Announced of {shown_line(room.title, 40)}: {level or self._front.level(room)}.")
        return None

    def do_keep(self, room: OpenRoom, how: str) -> str | None:
        if how:
            self._front.run(self._ask_to_keep(room, how), "keep")
        else:
            fixed = room.session.view.keep == "none"
            takes = (
                "That was decided when it was joined." if fixed else "/keep takes all, days (30d) or messages (5000)."
            )
            self._front.tell(f"{kept_text(room.session.view)} {takes}")
        return None

    async def _ask_to_keep(self, room: OpenRoom, how: str) -> None:
        """Keep so much; whoever would lose messages by that is asked first."""
        try:
            gone = await self._front.profile.count_erased(room.name, how)
        except TROUBLE as error:
            self._front.give_back(f"/keep {how}")
            self._front.tell(str(error), severity="error")
            return
        if not gone:
            await self._keep(room, how)
            return
        self._front.confirm(
            erasing_text(shown_line(room.title, 40), gone),
            "Erase them",
            lambda: self._front.run(self._keep(room, how), "keep"),
        )

    async def _keep(self, room: OpenRoom, how: str) -> None:
        try:
            await self._front.profile.keep(room.name, how)
        except TROUBLE as error:
            self._front.give_back(f"/keep {how}")
            self._front.tell(str(error), severity="error")
        else:
            self._front.tell(kept_text(room.session.view))


def kept_text(view: api.RoomView) -> str:
    """How much of a room is kept on this machine."""
    if view.keep in ("all", "none"):
        kept = "everything" if view.keep == "all" else "nothing"
    else:
        count = int(view.keep.removesuffix("d"))
        kept = count_text(count, "day") if view.keep.endswith("d") else count_text(count, "message")
    return f"Of {shown_line(view.title, 40)} this machine keeps {kept}."
