"""Sessions with everything real but the outside: stores, network and relay in memory, time virtual."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from typing import Self, TypeVar

from p2pchat_tui.ports.store import Store
from p2pchat_tui.ports.transport import NetworkChanged, Transport
from p2pchat_tui.session import api
from p2pchat_tui.session.session import Session
from p2pchat_tui.session.setup import Adapters, Setup
from p2pchat_tui.signaling.memory import MemoryHub, MemorySignaling
from p2pchat_tui.ssc.ids import LinkId, SessionId
from p2pchat_tui.ssc.room import RoomKeys, room_keys
from p2pchat_tui.store.memory import MemoryStore
from p2pchat_tui.transport.memory import MemoryNet, MemoryTransport
from tests.helpers import entropy, identity
from tests.virtual_time import LoopClock

SECRET = b"secret of a test"
Found = TypeVar("Found", bound=api.Event)


def in_memory(room: str, keys: RoomKeys, number: int, adapters: Adapters) -> Session:
    """A session of person `number` whose disk is memory."""
    return Session(
        Setup(
            room,
            keys,
            identity(number),
            MemoryStore(),
            adapters,
            clock=LoopClock(),
            entropy=entropy(number),
            nickname=f"person {number}",
        )
    )


class Member:
    """One person: a session, its store, and everything that it told."""

    def __init__(
        self,
        world: World,
        name: str,
        number: int,
        store: Store,
        skew_ms: int,
        shares_reading: bool,
        hubs: Sequence[MemoryHub] | None = None,
        since: api.Since = api.all_history,
    ) -> None:
        self.world = world
        self.hubs = hubs
        self.since = since
        self.name = name
        self.store = store
        self.identity = identity(number)
        self.transport: MemoryTransport | None = None
        self.clock = LoopClock(skew_ms)
        self.seed = number
        self.shares_reading = shares_reading
        self.events: list[api.Event] = []
        self._news = asyncio.Event()
        self.session = self._session()

    def _session(self) -> Session:
        self.seed += 1000

        async def transport() -> Transport:
            self.transport = self.world.net.transport()
            return self.transport

        def signaling(session: SessionId) -> list[object]:
            hubs = [self.world.hub] if self.hubs is None else self.hubs
            return [MemorySignaling(hub, self.world.keys.room, session) for hub in hubs]

        return Session(
            Setup(
                "orchard",
                self.world.keys,
                self.identity,
                self.store,
                Adapters(transport, signaling),  # type: ignore[arg-type]
                clock=self.clock,
                entropy=entropy(self.seed),
                nickname=self.name,
                shares_reading=self.shares_reading,
            )
        )

    async def start(self) -> None:
        self._listening = asyncio.create_task(self._listen(self.session))
        await asyncio.sleep(0)
        await self.session.__aenter__()

    def link_to(self, other: Member) -> LinkId:
        """The link that it has with `other`."""
        return next(link.id for link in self.session._parts.network.neighbours if link.peer == other.identity.peer)

    async def restart(self) -> None:
        """Leave, if still there, and come back with the same disk."""
        await self.stop()
        self.events.clear()
        self.session = self._session()
        await self.start()

    async def stop(self) -> None:
        await self.session.close()
        await self._listening

    async def _listen(self, session: Session) -> None:
        async for event in session.events(self.since):
            self.events.append(event)
            self._news.set()

    def move(self) -> None:
        """Its computer is in another network now, as its transport sees it; nothing where there is none yet."""
        if self.transport is not None:
            self.transport.inbox.put(NetworkChanged())

    async def until(self, is_so: Callable[[], bool], seconds: float = 60) -> None:
        """Wait until something holds; asked again after every event and every second."""
        async with asyncio.timeout(seconds):
            while not is_so():
                self._news.clear()
                try:
                    async with asyncio.timeout(1):
                        await self._news.wait()
                except TimeoutError:
                    continue

    async def until_event(self, kind: type[Found], is_it: Callable[[Found], bool] = lambda _: True) -> Found:
        await self.until(lambda: any(isinstance(each, kind) and is_it(each) for each in self.events))
        return next(each for each in self.events if isinstance(each, kind) and is_it(each))

    async def texts(self) -> list[str]:
        return [message.text for message in (await self.session.history(1000)).messages]

    def sees(self, *others: Member) -> bool:
        """Whether it has links to all of `others`."""
        linked = {peer.peer for peer in self.session.view.peers if peer.path in (api.Path.LAN, api.Path.DIRECT)}
        return all(other.identity.peer in linked for other in others)


class World:
    """A relay, a network, and those who use them."""

    def __init__(self, seed: int = 1) -> None:
        self.random = random.Random(seed)
        self.hub = MemoryHub(self.random)
        self.net = MemoryNet(self.random)
        self.keys = room_keys(SECRET)
        self.members: list[Member] = []
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for member in self.members:
            await member.stop()

    async def join(
        self,
        name: str,
        *,
        store: Store | None = None,
        number: int = 0,
        skew_ms: int = 0,
        shares_reading: bool = True,
        hubs: Sequence[MemoryHub] | None = None,
        since: api.Since = api.all_history,
    ) -> Member:
        """Somebody new, at the world's relay unless `hubs` names others."""
        number = number or len(self.members) + 1
        member = Member(self, name, number, store or MemoryStore(), skew_ms, shares_reading, hubs, since)
        self.members.append(member)
        await member.start()
        return member

    async def linked(self, *members: Member) -> None:
        """Wait until all of them have links to each other."""
        for member in members:
            await member.until(lambda member=member: member.sees(*(m for m in members if m is not member)))  # type: ignore[misc]
