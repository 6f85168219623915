"""Two people in a room: me before the screen, ana somewhere else, with real sessions on both sides."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from textual.pilot import Pilot

from p2pchat_tui.session.api import MessageView
from p2pchat_tui.session.profile import Profile
from p2pchat_tui.session.session import Session
from p2pchat_tui.ui.screens.chat import ChatScreen
from tests.ui.world import HostedApp, World, in_room, met, until


@dataclass(slots=True)
class Pair:
    """Me before the screen, ana somewhere else."""

    world: World
    pilot: Pilot[str | None]
    app: HostedApp
    chat: ChatScreen
    me: Profile
    ana: Profile
    mine: Session
    hers: Session

    async def until(self, is_so: object) -> None:
        await until(self.pilot, is_so)  # type: ignore[arg-type]

    async def write(self, text: str) -> None:
        self.chat.composer.focus()
        self.chat.composer.insert(text)
        await self.pilot.press("enter")

    async def newest(self) -> MessageView:
        return (await self.hers.history(1)).messages[-1]

    @property
    def told(self) -> list[str]:
        return [note.message for note in self.app._notifications]


@asynccontextmanager
async def pair(
    size: tuple[int, int] = (120, 36), rooms: tuple[str, ...] = ("orchard",), *, notifications: bool = False
) -> AsyncIterator[Pair]:
    """`notifications`: whether what is told is drawn, too."""
    world = World()
    me, ana = world.profile("maya"), world.profile("ana")
    for name in rooms:
        await me.new_room(name)
        await ana.join_invite(await me.invite(name))
    app = world.app(me, rooms[0])
    async with app.run_test(size=size, notifications=notifications) as pilot:
        chat = await in_room(pilot)
        assert chat.room
        mine, hers = chat.room.session, await ana.open(rooms[0])
        await met(pilot, mine, hers)
        yield Pair(world, pilot, app, chat, me, ana, mine, hers)
