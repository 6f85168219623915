"""What the demo is played on: a profile, a relay and two scripted peers. All are real, and gone afterwards."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from ..config import Config
from ..ports.signaling import Signaling
from ..ports.transport import Transport
from ..session.api import PeerId, Say
from ..session.profile import Connections, Profile
from ..session.session import Session
from ..session.setup import Adapters, Setup
from ..ssc.identity import SEED_BYTES, Identity
from ..ssc.ids import RoomId, SessionId
from ..ssc.room import RoomKeys, read_invite, room_keys
from ..store.memory import MemoryStore
from ..transport.loading import load_mesh
from .compose import RESUME_BYTES, SystemClock, open_profile
from .demo_script import ANA, BO, Actor, Player
from .lazy import LazySignaling

if TYPE_CHECKING:
    from ..signaling.client import RelayClient
    from ..signaling.relay import Relay

ROOM = "demo"
HERE = "127.0.0.1"
"""Nothing of the demo leaves this machine."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What the app runs on, and the play beside it."""

    profile: Profile
    play: asyncio.Task[None]
    """Answers for ever; raises what went wrong."""


@contextlib.asynccontextmanager
async def stage(
    nickname: str = "", *, pace: float = 1.0, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> AsyncIterator[Scene]:
    """A profile in a temporary folder with the room `demo` in it, and two peers who enter once it is opened.

    Raises StoreError, OSError, and whatever the play failed of.
    """
    with TemporaryDirectory(prefix="p2pchat-demo-") as folder:
        async with contextlib.AsyncExitStack() as stack:
            place = _Place()
            stack.push_async_callback(place.close)
            config = Config(home=Path(folder), nickname=nickname)
            opened = await stack.enter_async_context(open_profile(config, guest=False, connections=place.connections))
            await opened.profile.new_room(ROOM)
            keys = room_keys(read_invite(await opened.profile.invite(ROOM)).secret)
            actors = [_Peer(name, keys, place) for name in (ANA, BO)]
            for actor in actors:
                stack.push_async_callback(actor.leave)
            play = asyncio.create_task(_perform(place, actors, pace, sleep), name="demo")
            stack.push_async_callback(_end, play)
            yield Scene(opened.profile, play)


async def _perform(
    place: _Place, actors: Sequence[_Peer], pace: float, sleep: Callable[[float], Awaitable[None]]
) -> None:
    await place.user_is_in.wait()
    cast: dict[str, Actor] = {actor.name: actor for actor in actors}
    await Player(cast, pace=pace, sleep=sleep).perform()


async def _end(play: asyncio.Task[None]) -> None:
    """End the play; raises what ended it before."""
    play.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await play


class _Place:
    """The demo's relay and links: on this machine's loopback, on whatever port is free."""

    def __init__(self) -> None:
        self.user_is_in = asyncio.Event()
        """Set once the user's session has its network: the screen is painted by then."""
        self._relay: Relay | None = None
        self._starting = asyncio.Lock()

    @property
    def connections(self) -> Connections:
        """The user's: like everybody's here, and they tell when the room is entered."""
        return Connections(self._user_transport, lambda room, session, relay: self.signaling(room, session))

    async def transport(self) -> Transport:
        """A new Mesh on the loopback address alone."""
        mesh: Transport = await load_mesh((), (HERE,))
        return mesh

    async def _user_transport(self) -> Transport:
        mesh = await self.transport()
        self.user_is_in.set()
        return mesh

    def signaling(self, room: RoomId, session: SessionId) -> Sequence[Signaling]:
        """The demo's relay, started with the first who needs it."""

        async def load() -> RelayClient:
            make_relay, make = await asyncio.to_thread(_signaling)
            async with self._starting:
                if self._relay is None:
                    relay = make_relay(HERE, 0, browsers=False)
                    await relay.start()
                    self._relay = relay
            return make(self._relay.url, room, session, os.urandom(RESUME_BYTES), jitter=random.random)

        return (LazySignaling(f"ws://{HERE}/ws", load),)

    async def close(self) -> None:
        """End the relay."""
        if self._relay:
            await self._relay.stop()


class _Peer:
    """A scripted peer: an identity and a log in memory, and a session while it is online."""

    def __init__(self, name: str, keys: RoomKeys, place: _Place) -> None:
        self.name = name
        self._keys = keys
        self._place = place
        self._identity = Identity(os.urandom(SEED_BYTES))
        self._store = MemoryStore()
        self._session: Session | None = None

    @property
    def peer(self) -> PeerId:
        """Its key."""
        return self._identity.peer

    @property
    def session(self) -> Session | None:
        """Its session; None while it is offline."""
        return self._session

    async def enter(self) -> None:
        """Go online."""
        place, room = self._place, self._keys.room
        adapters = Adapters(place.transport, lambda session: place.signaling(room, session))
        self._session = await self._make(adapters).__aenter__()

    async def leave(self) -> None:
        """Say goodbye and go offline. May be called twice."""
        session, self._session = self._session, None
        if session:
            await session.close()

    async def write_alone(self, texts: Sequence[str]) -> None:
        """Write into the own log, without any network."""
        async with self._make(Adapters(_no_transport, lambda session: ())) as alone:
            for text in texts:
                await alone.do(Say(text))

    def _make(self, adapters: Adapters) -> Session:
        return Session(
            Setup(
                ROOM,
                self._keys,
                self._identity,
                self._store,
                adapters,
                clock=SystemClock(),
                entropy=os.urandom,
                nickname=self.name,
            )
        )


async def _no_transport() -> Transport:
    return await asyncio.get_running_loop().create_future()  # type: ignore[no-any-return]  # never


def _signaling() -> tuple[type[Relay], type[RelayClient]]:
    """The network code; for a thread, since it takes a while."""
    from ..signaling.client import RelayClient
    from ..signaling.relay import Relay

    return Relay, RelayClient
