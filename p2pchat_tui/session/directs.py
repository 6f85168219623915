"""Rooms of two: with whom there is one, who asks for one, and who was turned away; on disk before it counts.

    calling    opened here; the other has not been met there yet, so each new link to him tells him of it
    asked      the other has opened it, and nobody here has answered yet
    declined   somebody here said no, once and for all: the other is not told, and his asking is not heard any more
    open       both are in it

Nobody gets into a room of two without a yes of his own, whoever asks for it: only `begin` leads to `open`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from ..ports.store import Store
from ..ssc.direct import NoDirectRoom, direct_secret
from ..ssc.frames import Direct
from ..ssc.identity import Identity
from ..ssc.ids import PeerId, RoomId
from ..ssc.room import RoomKeys, room_keys
from ..ssc.text import clean_name
from . import api

KEY = "direct"
"""The setting of a room of two that says how it stands with it, and with whom it is."""
ASKED_KEY = "asked"
"""The profile's setting that lists who waits for an answer."""
ASKED_MAX = 16
"""Who wait for an answer at once; of more nothing is kept, and they are heard when they ask again later. As many of
those who are ignored may wait beside them: nobody sees them, so they must not stand in anybody's way."""


class Standing(StrEnum):
    """See above."""

    CALLING = "calling"
    ASKED = "asked"
    DECLINED = "declined"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Ask:
    """Somebody asks to talk to me alone."""

    peer: PeerId
    name: str
    """What he was called where he asked."""
    room: RoomId
    """Where that was."""


def own_place(identity: Identity) -> RoomId:
    """Where a profile keeps what belongs to no room: its settings; nobody else can tell whose place it is."""
    return RoomId(sha256(identity.sign(b"p2pchat own place 1")).digest()[: RoomId.size])


class Directs:
    """All rooms of two of one profile."""

    def __init__(
        self, identity: Identity, store: Store, ignored: Callable[[], Collection[PeerId]] = frozenset[PeerId]
    ) -> None:
        """`ignored`: whom the profile ignores just now."""
        self._identity = identity
        self._ignored = ignored
        self._store = store
        self._secrets: dict[PeerId, bytes] = {}
        self._changing = asyncio.Lock()
        self._desk = own_place(identity)

    def secret(self, peer: PeerId) -> bytes:
        """The secret of the room with `peer`. Raises NoDirectRoom."""
        if peer not in self._secrets:
            self._secrets[peer] = direct_secret(self._identity, peer)
        return self._secrets[peer]

    def keys(self, peer: PeerId) -> RoomKeys:
        """What is derived from it. Raises NoDirectRoom."""
        return room_keys(self.secret(peer))

    async def peer_of(self, room: RoomId) -> PeerId | None:
        """Whom one talks to in `room`; None for every other kind of room. Raises StoreError."""
        standing, peer = _read(await self._store.setting(room, KEY))
        return peer if standing in (Standing.CALLING, Standing.OPEN) else None

    async def standing(self, peer: PeerId) -> Standing | None:
        """How it stands with `peer`; None when there was never anything. Raises StoreError, NoDirectRoom."""
        return _read(await self._store.setting(self.keys(peer).room, KEY))[0]

    async def begin(self, peer: PeerId) -> None:
        """Somebody here wants the room with `peer`. Raises StoreError, NoDirectRoom."""
        async with self._changing:
            before = await self.standing(peer)
            if before in (Standing.CALLING, Standing.OPEN):
                return
            await self._set(peer, Standing.OPEN if before is Standing.ASKED else Standing.CALLING)
            await self._forget_ask(peer)

    async def decline(self, peer: PeerId) -> None:
        """Somebody here does not want it. Nothing happens where it is open already. Raises StoreError, NoDirectRoom."""
        async with self._changing:
            if await self.standing(peer) in (Standing.ASKED, None):
                await self._set(peer, Standing.DECLINED)
                await self._forget_ask(peer)

    async def asks(self) -> tuple[Ask, ...]:
        """Who waits for an answer, the first one first. Raises StoreError."""
        lines = (await self._store.setting(self._desk, ASKED_KEY)).splitlines()
        return tuple(ask for line in lines if (ask := _read_ask(line)))

    async def met(self, peer: PeerId, room: RoomId) -> None:
        """There is a new link with `peer` in `room`: in our own he need not be called any more. Raises StoreError."""
        with suppress(NoDirectRoom):
            async with self._changing:
                if room == self.keys(peer).room and await self.standing(peer) is Standing.CALLING:
                    await self._set(peer, Standing.OPEN)

    async def call(self, peer: PeerId, room: RoomId, is_running: Callable[[RoomId], bool]) -> Direct | None:
        """What to tell `peer` over a link in `room`, so that he comes to our own: None when there is nothing to tell.

        `is_running`: whether a room runs here just now. Raises StoreError.
        """
        with suppress(NoDirectRoom):
            own = self.keys(peer).room
            standing = await self.standing(peer) if room != own else None
            if standing is Standing.CALLING or (standing is Standing.OPEN and is_running(own)):
                return Direct(own)
        return None

    async def heard(self, ask: Ask, frame: Direct) -> api.Event | None:
        """`ask.peer` calls: what people should be told, once it is on disk. Raises StoreError."""
        try:
            if frame.room != self.keys(ask.peer).room:
                return None
            async with self._changing:
                match await self.standing(ask.peer):
                    case Standing.CALLING:
                        await self._set(ask.peer, Standing.OPEN)
                    case Standing.OPEN:
                        pass
                    case None:
                        return await self._keep(ask)
                    case _:
                        return None
        except NoDirectRoom:
            return None
        return api.DirectCalled(ask.peer)

    async def _keep(self, ask: Ask) -> api.Event | None:
        asks, ignored = await self.asks(), self._ignored()
        is_ignored = ask.peer in ignored
        if sum((each.peer in ignored) is is_ignored for each in asks) >= ASKED_MAX:
            return None
        await self._list((*(each for each in asks if each.peer != ask.peer), ask))
        await self._set(ask.peer, Standing.ASKED)
        return api.DirectAsked(ask.peer, ask.name)

    async def _set(self, peer: PeerId, standing: Standing) -> None:
        await self._store.set_setting(self.keys(peer).room, KEY, f"{standing.value} {peer.text}")

    async def _forget_ask(self, peer: PeerId) -> None:
        await self._list(tuple(ask for ask in await self.asks() if ask.peer != peer))

    async def _list(self, asks: tuple[Ask, ...]) -> None:
        lines = "\n".join(f"{ask.peer.text} {ask.room.text} {ask.name}" for ask in asks)
        await self._store.set_setting(self._desk, ASKED_KEY, lines)


def _read(text: str) -> tuple[Standing | None, PeerId | None]:
    """How it stands, and with whom; None twice for what nobody can read."""
    word, _, peer = text.partition(" ")
    try:
        return Standing(word), PeerId.from_text(peer)
    except ValueError:
        return None, None


def _read_ask(line: str) -> Ask | None:
    parts = line.split(" ", 2)
    try:
        return Ask(PeerId.from_text(parts[0]), clean_name(parts[2]), RoomId.from_text(parts[1]))
    except (ValueError, IndexError):
        return None
