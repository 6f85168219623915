"""The chat screen, as the commands see it: what they tell becomes toasts, what they ask becomes dialogs."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any, cast

from ...preferences import set_text
from ...session import api
from ...session.catalogue import RoomSummary
from ...session.directs import Ask
from ...session.profile import Profile
from ..commands import typed
from ..front import Severity
from ..rooms import Aim, OpenRoom
from ..settings import Settings
from .confirm import ConfirmScreen
from .home import Choice
from .invite import InviteScreen

if TYPE_CHECKING:
    from ..app import ChatApp
    from .chat import ChatScreen


class ScreenFront:
    """See Front."""

    def __init__(self, screen: ChatScreen) -> None:
        self._screen = screen

    @property
    def profile(self) -> Profile:
        return self._screen.profile

    @property
    def settings(self) -> Settings:
        return self._screen.settings

    @property
    def room(self) -> OpenRoom | None:
        return self._screen.room

    @property
    def now_ms(self) -> int:
        return round(self._screen.now() * 1000)

    # What is said to the person ----------------------------------------------------------------------------------

    def tell(self, text: str, *, severity: Severity = "information") -> None:
        self._screen.tell(text, severity=severity)

    def give_back(self, text: str) -> None:
        self._screen.composer.give_back(text)

    def confirm(self, question: str, yes: str, then: Callable[[], None]) -> None:
        def answered(agreed: bool | None) -> None:
            if agreed:
                then()

        self._screen.app.push_screen(ConfirmScreen(question, yes), answered)

    def show_help(self) -> None:
        cast("ChatApp", self._screen.app).action_help()

    def show_rooms(self) -> None:
        self._screen.action_switch()

    def show_invite(self, room: str, words: str, *, relay: bool, invite: str) -> None:
        self._screen.app.push_screen(InviteScreen(room, words, relay, invite))

    def end(self) -> None:
        self._screen.app.exit()

    # What is done ------------------------------------------------------------------------------------------------

    def run(self, work: Coroutine[Any, Any, None], group: str, *, exclusive: bool = False) -> None:
        self._screen.run_worker(work, group=group, exclusive=exclusive)

    def ask(
        self, command: api.Command, text: str = "", aim: Aim | None = None, done: Callable[[], str] | None = None
    ) -> None:
        self._screen.ask(command, text, aim, done)

    def ask_everywhere(self, command: api.Command) -> None:
        for room in self.open_rooms:
            self._screen.ask_in(room, command)

    def say(self, room: OpenRoom, text: str) -> None:
        screen = self._screen
        aim = room.aim
        screen.writing.aim_at(room, aim.reply if aim else None)
        if aim is None:
            screen.ask(api.Say(text), text)
        elif aim.what == "reply":
            screen.ask(api.Say(text, aim.message.id), text, aim)
        else:
            # Something may be there already: keys are quicker than messages.
            screen.composer.fill("\n".join(filter(None, (aim.kept, screen.composer.text))))
            screen.ask(api.Edit(aim.message.id, text), text, aim)
        screen.timeline.to_end()

    def change(self, room: OpenRoom, message: api.MessageView) -> str | None:
        kept = self._screen.writing.kept_draft(room)
        reply = room.aim.reply if room.aim and room.aim.what == "edit" else room.aim
        self._screen.composer.fill(typed(message.text))
        self._screen.writing.aim_at(room, Aim("edit", message, kept, reply))
        return None

    def pick(self, room: OpenRoom, argument: str) -> tuple[api.MessageView | None, str]:
        chosen = self._screen.timeline.chosen
        return (room.window.get(chosen) if chosen is not None else None), argument

    # Rooms -------------------------------------------------------------------------------------------------------

    @property
    def open_rooms(self) -> Sequence[OpenRoom]:
        return list(self._screen.rooms.open.values())

    @property
    def saved(self) -> Sequence[RoomSummary]:
        return self._screen.rooms.saved

    @property
    def asks(self) -> Sequence[Ask]:
        return self._screen.rooms.asks

    async def look_again(self) -> None:
        await self._screen.rooms.read_saved()
        self._screen.list_rooms()
        self._screen.refresh_room()

    @property
    def room_names(self) -> Sequence[str]:
        return [saved.name for saved in self._screen.rooms.saved]

    def enter(self, name: str) -> None:
        self._screen.enter(Choice(name))

    def ask_for_room(self, *, join: bool = False, name: str = "") -> None:
        self._screen.ask_for_room(join=join, name=name)

    def next_room(self) -> None:
        self._screen.action_unread()

    async def leave(self, room: OpenRoom) -> None:
        await self._screen.rooms.leave(room)

    async def forget(self, room: OpenRoom) -> None:
        await self._screen.rooms.forget(room)

    async def rename(self, room: OpenRoom, wanted: str) -> None:
        await self._screen.rooms.rename(room, wanted)

    def level(self, room: OpenRoom) -> str:
        return self._screen.notices.level(room)

    async def set_level(self, room: OpenRoom, level: str) -> None:
        await self._screen.notices.set_level(room, level)

    def change_setting(self, name: str, value: str) -> None:
        if cast("ChatApp", self._screen.app).change_setting(name, value):
            self.tell(set_text(self.settings.now, name))
