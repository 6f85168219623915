"""Which part of its room's history a ChatScreen holds: further pages as one scrolls, and other places."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from ...session import api
from ..rooms import OpenRoom
from ..trouble import TROUBLE
from ..widgets.stack import Anchor

if TYPE_CHECKING:
    from .chat import ChatScreen

Load = Callable[[], Awaitable[object]]


class Paging:
    """The timeline's helper."""

    def __init__(self, screen: ChatScreen) -> None:
        self._screen = screen
        self._is_loading = False

    def older(self) -> None:
        """The top is in view: what is above it."""
        if self._screen.room is not None:
            self._once(self._screen.room, self._screen.room.load_older)

    def newer(self) -> None:
        """The bottom of what is here is in view: what is below it."""
        if self._screen.room is not None:
            self._once(self._screen.room, self._screen.room.load_newer)

    def newest(self) -> None:
        """The end, if what is here ends before it."""
        room = self._screen.room
        if room is not None and room.window.cut_off:
            self._begin(room, room.load)

    def jump(
        self, target: api.EntryId, back: Anchor | None = None, *, find: tuple[api.Term, ...] | None = None
    ) -> None:
        """Show a message of the current room, wherever it is, and choose it; or what was in view around it before.

        `find`: what is to be marked in all messages once it is there.
        """
        room = self._screen.room
        if room is None:
            return

        def show() -> None:
            if find is not None:
                self._screen.timeline.find = find
            if back is not None:
                self._screen.timeline.go_back(back)
            else:
                self._screen.timeline.jump(target)

        if room.window.get(target):
            show()
            return

        async def load() -> None:
            if not await room.load_around(target):
                self._screen.tell("That message is not here yet: it is shown once somebody brings it.")
            elif room is self._screen.room:
                self._screen.timeline.following = False
                self._screen.refresh_room()
                show()

        self._begin(room, load)

    def _once(self, room: OpenRoom, load: Load) -> None:
        if not self._is_loading:
            self._is_loading = True
            self._begin(room, load)

    def _begin(self, room: OpenRoom, load: Load) -> None:
        self._screen.run_worker(self._load(room, load), group="pages")

    async def _load(self, room: OpenRoom, load: Load) -> None:
        try:
            await load()
        except TROUBLE as error:
            self._screen.tell(str(error), severity="error")
        finally:
            self._is_loading = False
        if room is self._screen.room:
            self._screen.refresh_room()
