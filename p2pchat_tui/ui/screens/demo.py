"""The chat of the demo: with one line more, the tour, until it is done or skipped."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from ...session import api
from ..rooms import OpenRoom
from ..text import apart
from ..tour import HOLDERS, INVITE, Tour
from .chat import ChatScreen
from .invite import InviteScreen
from .message import MessageScreen

SKIP = "F8 ends it"
_LOOKS: dict[type[Screen[Any]], str] = {MessageScreen: HOLDERS, InviteScreen: INVITE}
"""What somebody did when such a screen is over the chat."""


class DemoScreen(ChatScreen):
    """Notices by itself what the person does."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("f8", "skip_tour", "Skip the tour", id="tour.skip", show=False)]

    _tour: Tour | None = None

    def on_mount(self) -> None:
        """Put the line over the composer."""
        self.mount(Static("", id="tour"), before="#banner")
        self.app.screen_change_signal.subscribe(self, self._looked_at)

    def take_up(self, room: OpenRoom) -> None:
        """See ChatScreen; the tour begins with the first room."""
        super().take_up(room)
        if self._tour is None:
            self._tour = Tour(room.session.view.me)
            self._show_tour()
            self.run_worker(self._follow(self._tour, room.session.events(lambda: api.NO_HISTORY)), group="tour")

    def action_skip_tour(self) -> None:
        """The person has seen enough."""
        if self._tour is not None:
            self._tour.skip()
            self._show_tour()

    def on_resize(self) -> None:
        """The line is as wide as the screen."""
        self._show_tour()

    async def _follow(self, tour: Tour, events: AsyncIterator[api.Event]) -> None:
        async for event in events:
            tour.take(event)
            self._show_tour()

    def _looked_at(self, screen: Screen[Any]) -> None:
        if self._tour is not None and (step := _LOOKS.get(type(screen))):
            self._tour.did(step)
            self._show_tour()

    def _show_tour(self) -> None:
        line = self._tour.line if self._tour else ""
        for shown in self.query("#tour").results(Static):
            shown.display = bool(line)
            shown.update(Content(apart(line, SKIP, max(20, self.size.width - 4))))
