"""People with real profiles and sessions; only what is outside (disk, network, relay, clock) is in memory."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input, TextArea

from p2pchat_tui.ports.transport import Transport
from p2pchat_tui.session.api import Page, SetTyping
from p2pchat_tui.session.profile import Connections, Profile
from p2pchat_tui.session.session import Session
from p2pchat_tui.signaling.memory import MemoryHub, MemorySignaling
from p2pchat_tui.signaling.urls import normal_relay_urls
from p2pchat_tui.ssc.ids import RoomId, SessionId
from p2pchat_tui.ssc.room import RoomKeys
from p2pchat_tui.store.memory import MemoryStore
from p2pchat_tui.transport.memory import MemoryNet, MemoryTransport
from p2pchat_tui.ui.app import ChatApp
from p2pchat_tui.ui.screens.chat import ChatScreen
from p2pchat_tui.ui.screens.home import HomeScreen
from tests.helpers import entropy, identity

NOW = datetime(2026, 11, 22, 9, 20, 5, tzinfo=UTC)
PATIENCE = 10.0
"""Seconds that a test waits for something that takes milliseconds, on a machine that is busy."""


class HandClock:
    """The Clock port, moved by hand: pictures hold the same times in every run."""

    def __init__(self) -> None:
        self.wall = round(NOW.timestamp() * 1000)
        self.mono = 1_000_000

    def wall_ms(self) -> int:
        return self.wall

    def monotonic_ms(self) -> int:
        return self.mono

    def seconds(self) -> float:
        return self.wall / 1000

    def at(self, day: int, hour: int, minute: int, second: int = 0) -> None:
        """Set the wall clock within November 2026, UTC."""
        moment = datetime(2026, 11, day, hour, minute, second, tzinfo=UTC)
        self.wall = round(moment.timestamp() * 1000)

    def advance(self, ms: int) -> None:
        self.wall += ms
        self.mono += ms


class MemoryLan(MemorySignaling):
    """A LAN in memory, called as the real one is."""

    @property
    def url(self) -> str:
        return "lan"


class MemoryRelay(MemorySignaling):
    """One of several relays in memory."""

    def __init__(self, url: str, hub: MemoryHub, room: RoomId, session: SessionId) -> None:
        super().__init__(hub, room, session)
        self._url = url

    @property
    def url(self) -> str:
        return self._url


class World:
    """Everybody on one network with one relay."""

    def __init__(self) -> None:
        self.clock = HandClock()
        self.hub = MemoryHub(random.Random(1))
        self.lan = MemoryHub(random.Random(3))
        """Whoever looks for others on the LAN meets them here."""
        self.relays: dict[str, MemoryHub] = {}
        """Those that rooms name, by URL: made when somebody comes."""
        self.net = MemoryNet(random.Random(2))
        self.profiles: list[Profile] = []
        self.transports: dict[Profile, MemoryTransport] = {}
        self.closed = False

    def profile(self, nickname: str, *, number: int = 0, notice: str = "", can_use_lan: bool = True) -> Profile:
        """Another person; the same number gives the same key and the same rooms."""
        number = number or len(self.profiles) + 1

        async def transport() -> Transport:
            self.transports[profile] = self.net.transport()
            return self.transports[profile]

        def signaling(room: RoomId, session: SessionId, relay: str) -> list[MemorySignaling]:
            own = [
                MemoryRelay(url, self.relays.setdefault(url, MemoryHub(random.Random(4))), room, session)
                for url in relay.split()
            ]
            return [MemorySignaling(self.hub, room, session), *own]

        def lan(keys: RoomKeys, session: SessionId) -> MemoryLan:
            return MemoryLan(self.lan, keys.room, session)

        profile = Profile(
            identity(number),
            MemoryStore(),
            Connections(transport, signaling, lan if can_use_lan else None, normal_relay_urls),
            clock=self.clock,
            entropy=entropy(number),
            scratch=MemoryStore,
            nickname=nickname,
            notice=notice,
        )
        self.profiles.append(profile)
        return profile

    def app(
        self,
        profile: Profile,
        start_room: str | None = None,
        *,
        before: Callable[[], Awaitable[None]] | None = None,
        demo: bool = False,
    ) -> HostedApp:
        """A window of `profile`; closing it closes everybody else too. `before`: done before the first screen."""
        return HostedApp(self, profile, start_room, before, demo=demo)

    async def close(self) -> None:
        if not self.closed:
            self.closed = True
            for profile in self.profiles:
                await profile.close()

    async def pass_time(self, ms: int) -> None:
        """Let time pass, and have every session look at its clock."""
        self.clock.mono += ms
        for profile in self.profiles:
            for session in profile._sessions.values():
                if session.is_running:
                    await session.do(SetTyping(False))


class HostedApp(ChatApp):
    """The app with a clock moved by hand and no blinking, that closes its world when it ends."""

    CSS = "* { transition: none; }"

    def __init__(
        self,
        world: World,
        profile: Profile,
        start_room: str | None,
        before: Callable[[], Awaitable[None]] | None,
        *,
        demo: bool,
    ) -> None:
        super().__init__(
            profile, start_room=start_room, demo=demo, now=world.clock.seconds, tz=UTC, entropy=entropy(99)
        )
        self.world = world
        self.animation_level = "none"
        self._before = before

    def notify(self, message: str, **options: Any) -> None:
        """See App; what was told once stays, however long a busy machine takes to look."""
        super().notify(message, **{**options, "timeout": 3600.0})

    async def on_mount(self) -> None:
        if self._before:
            await self._before()

    async def on_unmount(self) -> None:
        await self.world.close()


def nothing_blinks(app: ChatApp) -> None:
    """Keep every cursor still, in every screen there is."""
    for screen in app.screen_stack:
        for field in screen.query(Input):
            field.cursor_blink = False
        for area in screen.query(TextArea):
            area.cursor_blink = False


async def until(pilot: Pilot[str | None], is_so: Callable[[], object]) -> None:
    """Let everything run until something holds."""
    async with asyncio.timeout(PATIENCE):
        while not is_so():
            await pilot.pause()
            # Sessions run beside the app: they need the loop, not the app's idleness.
            await asyncio.sleep(0)
    await pilot.pause()


def is_still(app: ChatApp) -> bool:
    """Whether the screen on top is as it stays: all of it mounted, every message handled, nothing left to draw."""
    top = app.screen
    widgets = [widget for screen in app.screen_stack for widget in screen.walk_children(with_self=True)]
    return (
        all(each._is_mounted and each._message_queue.empty() and not each._next_callbacks for each in widgets)
        and not any(each._layout_required or each._repaint_required for each in top.walk_children(with_self=True))
        and not (top._dirty_widgets or top._callbacks)
    )


async def opened(pilot: Pilot[str | None], kind: type[Screen[Any]]) -> None:
    """Wait until a screen of that kind is on top, and filled."""
    await until(pilot, lambda: isinstance(pilot.app.screen, kind) and is_still(pilot.app))  # type: ignore[arg-type]


def chat_of(pilot: Pilot[str | None]) -> ChatScreen:
    """The chat, also when another screen is over it."""
    return next(screen for screen in pilot.app.screen_stack if isinstance(screen, ChatScreen))


def home_of(pilot: Pilot[str | None]) -> HomeScreen:
    screen = pilot.app.screen
    assert isinstance(screen, HomeScreen)
    return screen


async def in_room(pilot: Pilot[str | None]) -> ChatScreen:
    """Wait until the chat has its room."""
    await until(pilot, lambda: isinstance(pilot.app.screen, ChatScreen) and chat_of(pilot).view)
    chat = chat_of(pilot)
    await until(pilot, lambda: chat.room and chat.room.loaded and chat.room.session.view.ready)
    nothing_blinks(pilot.app)  # type: ignore[arg-type]
    await pilot.pause()
    return chat


def shown(chat: ChatScreen) -> str:
    """All that the timeline says, as text."""
    timeline = chat.timeline
    height = round(timeline.virtual_size.height)
    return "\n".join(timeline._stacked.line(y)[0].text.rstrip() for y in range(height))


async def met(pilot: Pilot[str | None], *sessions: Session) -> None:
    """Wait until all of `sessions` see each other online."""

    def all_there() -> bool:
        return all(len(session.view.online) == len(sessions) - 1 for session in sessions)

    await until(pilot, all_there)


def _said(page: Page) -> tuple[object, ...]:
    return tuple(
        (m.id, m.text, m.retracted, tuple((r.emoji, frozenset(r.authors)) for r in m.reactions)) for m in page.messages
    )


async def settled(pilot: Pilot[str | None], *sessions: Session) -> None:
    """Wait until all have the same messages."""
    async with asyncio.timeout(PATIENCE):
        while True:
            pages = [await session.history(1000) for session in sessions]
            if len({_said(page) for page in pages}) == 1 and not any(session.view.gap for session in sessions):
                break
            await pilot.pause()
    await pilot.pause()
