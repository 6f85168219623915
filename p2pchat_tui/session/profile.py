"""One profile: its identity, its saved rooms, and the sessions that run in them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, replace
from datetime import tzinfo
from functools import partial

from ..ports.clock import Clock
from ..ports.signaling import Signaling
from ..ports.store import KnownPeer, SavedRoom, Store
from ..ports.transport import Transport
from ..ssc.direct import NoDirectRoom
from ..ssc.identity import SEED_BYTES, Identity
from ..ssc.ids import RELAYS_MAX, PeerId, RoomId, SessionId
from ..ssc.room import RoomKeys, room_keys
from ..ssc.text import clean_name
from . import keeper
from .api import Deciding, SetLan, SetRetention, UseRelays
from .catalogue import Catalogue, RoomError, RoomSummary, wanted_retention
from .directs import Ask, own_place
from .erased import note_erased, read_erased
from .lan import LanWishes
from .names import NICK
from .relay_wishes import RelayWishes
from .search import Finder, Source
from .session import Session
from .setup import Adapters, Setup

LAST = "last"
"""The profile's setting that says which room one was in last."""


@dataclass(frozen=True, slots=True)
class Connections:
    """How the rooms of one profile reach others."""

    transport: Callable[[], Awaitable[Transport]]
    """Makes a transport for one session; called after the session is up, since it may import a lot."""
    signaling: Callable[[RoomId, SessionId, str], Sequence[Signaling]]
    """Makes the signaling of one room for one session; the text is the room's relay URLs, or empty."""
    lan: Callable[[RoomKeys, SessionId], Signaling] | None = None
    """Makes the signaling of one room on the LAN, for rooms that use it; None when there can be none."""
    read_relays: Callable[[str], str] | None = None
    """Relays' addresses as somebody typed them, as URLs with blanks between. Raises ValueError with a sentence.
    None when rooms cannot be given any.
    """


class Profile(Catalogue):
    """An identity with its store, its saved rooms, and those of them that run."""

    def __init__(
        self,
        identity: Identity,
        store: Store,
        connections: Connections,
        *,
        clock: Clock,
        entropy: Callable[[int], bytes],
        scratch: Callable[[], Store],
        nickname: str = "",
        run_name: str = "",
        relay: str = "",
        lan: bool = False,
        notice: str = "",
        shares_reading: bool = True,
        is_on_disk: bool = True,
    ) -> None:
        """`nickname`, `run_name`, `relay`: see Catalogue. `scratch`: makes a store that keeps nothing, for rooms of
        which nothing may be on disk. `lan`: whether rooms use the LAN unless they say otherwise.
        `shares_reading`: others are told how far one has read. `is_on_disk`: False when `store` itself keeps nothing.
        """
        super().__init__(
            identity, store, clock=clock, entropy=entropy, nickname=nickname, run_name=run_name, relay=relay
        )
        self._connections = connections
        self._scratch = scratch
        self._relays = RelayWishes(store, connections.read_relays)
        self._lan = LanWishes(store, connections.lan is not None, lan)
        self._shares_reading = shares_reading
        self._is_on_disk = is_on_disk
        self._sessions: dict[RoomId, Session] = {}
        self._opening = asyncio.Lock()
        self._stack = AsyncExitStack()
        self.notice = notice
        """One sentence that this window's user must know, such as that it is a guest; empty otherwise."""

    async def forget(self, name: str) -> None:
        """Leave a room and erase it wholly. Raises RoomError, StoreError."""
        async with self._opening:  # else a new session might write on while the old one's feed is noted as ended
            saved = await self._saved(name)
            running = self._sessions.pop(saved.room, None)
            if running:
                await running.close()
            if (await self._kept(saved.room)).is_on_disk:
                await note_erased(self._store, self._identity, saved.room)
            await self._store.forget_room(saved.room)
        await self._people.look_again()

    async def count_erased(self, name: str, keep: str) -> int:
        """How many messages `keep` with these arguments would erase from this machine. Raises RoomError, StoreError."""
        saved, wanted = await self._saved(name), wanted_retention(keep)
        await self._check_keep(saved.room, wanted)
        return await keeper.count_prunable(self._store, saved.room, wanted, self._clock.wall_ms())

    async def keep(self, name: str, keep: str) -> RoomSummary:
        """Keep so much of a saved room on this machine, and erase the rest. Raises RoomError, StoreError."""
        saved, wanted = await self._saved(name), wanted_retention(keep)
        await self._check_keep(saved.room, wanted)
        running = self._sessions.get(saved.room)
        if running and running.is_running:
            await running.do(SetRetention(wanted.text))
        else:
            await self._store.set_setting(saved.room, keeper.KEEP, wanted.text)
            await keeper.prune(self._store, saved.room, wanted, self._clock.wall_ms())
        return await self._summary(saved)

    async def relays(self, name: str) -> str:
        """The URLs of a saved room's own relays, with blanks between. Raises RoomError, StoreError."""
        return (await self._saved(name)).relay

    async def use_relays(self, name: str, typed: str) -> str:
        """Give a saved room these relays instead of those that it had, now and in later runs; empty: none.

        Its invite names them from now on; the others in the room keep theirs. What `relays` says then.
        Raises RoomError, StoreError.
        """
        wanted = self._relays.read(typed)
        async with self._opening:  # else a session that is about to begin might save those of before once more
            saved = await self._saved(name)
            await self._relays.set(saved, wanted)
        running = self._sessions.get(saved.room)
        if running and running.is_running:
            await running.do(UseRelays())
        return wanted

    @property
    def can_use_lan(self) -> bool:
        """Whether there is such a thing as a LAN for this profile."""
        return self._connections.lan is not None

    async def lan(self, name: str) -> bool | None:
        """What a saved room says of itself about the LAN; None: nothing. Raises RoomError, StoreError."""
        return await self._lan.own((await self._saved(name)).room)

    async def use_lan(self, name: str, on: bool | None) -> None:
        """Look for the members of a saved room on the LAN, now and in later runs, or do not; None: as all rooms do.

        Raises RoomError, CommandRefused where there can be none, StoreError.
        """
        saved = await self._saved(name)
        await self._lan.set(saved.room, on)
        await self._follow_lan(saved.room)

    async def use_lan_everywhere(self, on: bool) -> None:
        """The same for all rooms that say nothing themselves, in this run. Raises StoreError."""
        self._lan.default = on
        for room in list(self._sessions):
            await self._follow_lan(room)

    async def _follow_lan(self, room: RoomId) -> None:
        running = self._sessions.get(room)
        if running and running.is_running:
            await running.do(SetLan(await self._lan.wants(room)))

    def finder(self, tz: tzinfo | None) -> Finder:
        """Looks for messages in every saved room. `tz`: where days begin and end; None: where this machine is."""
        return Finder(self._sources, self._clock.wall_ms, tz, self._people.people)

    async def _sources(self) -> list[Source]:
        await self._people.load()
        out: list[Source] = []
        for saved in await self._store.rooms():
            running = self._sessions.get(saved.room)
            if running and running.is_running:
                # Of a room that is nowhere on disk the session alone has anything.
                out.append(running.source)
            else:
                out.append(Source(saved.name, saved.room, self._store, self._identity.peer))
        return out

    async def last_room(self) -> str:
        """The name of the room that one was in last; empty when one was in none. Raises StoreError."""
        last = await self._store.setting(own_place(self._identity), LAST)
        return next((saved.name for saved in await self._store.rooms() if saved.room.text == last), "")

    async def remember_room(self, room: RoomId | None) -> None:
        """One is in `room` now, or in none. Raises StoreError."""
        await self._store.set_setting(own_place(self._identity), LAST, room.text if room else "")

    async def rename(self, name: str, wanted: str) -> str:
        """Call a saved room something else on this machine; what it is called now. Raises RoomError, StoreError."""
        saved = await self._saved(name)
        called = clean_name(wanted)
        if not called:
            raise RoomError("A room name needs at least one visible character: choose another one.")
        taken = await self._find(called)
        if taken and taken.room != saved.room:
            raise RoomError(f"There is a room called {taken.name} already: choose another name.")
        await self._store.save_room(replace(saved, name=called))
        if running := self._sessions.get(saved.room):
            running.rename(called)
        return called

    async def open(self, name: str, *, lan: bool | None = None) -> Session:
        """The running session of a saved room, started if need be. Raises RoomError, StoreError.

        `lan` says whether others are looked for on the LAN, too; None: as `use_lan` says.
        """
        async with self._opening:  # two sessions of one room would be taken for a copied identity
            return await self._open(await self._saved(name), lan)

    async def _open(self, saved: SavedRoom, lan: bool | None) -> Session:
        running = self._sessions.get(saved.room)
        if running and running.is_running:
            return running
        await self._people.load()
        await self._store.save_room(replace(saved, opened_ms=self._clock.wall_ms()))

        keys = room_keys(saved.secret)
        make_lan = self._connections.lan

        def signaling(session: SessionId) -> Sequence[Signaling]:
            return self._connections.signaling(saved.room, session, self._relays.of(saved.room))

        self._relays.begin(saved)

        is_on_disk = (await self._kept(saved.room)).is_on_disk
        direct = await self._directs.peer_of(saved.room)
        store = self._store if is_on_disk else self._scratch()
        session = Session(
            Setup(
                saved.name,
                keys,
                # Nobody may number entries as before after forgetting which those were: so each run is somebody new.
                self._identity if is_on_disk else Identity(self._entropy(SEED_BYTES)),
                store,
                Adapters(self._connections.transport, signaling, partial(make_lan, keys) if make_lan else None),
                clock=self._clock,
                entropy=self._entropy,
                nickname=await self.nickname_in(saved.room),
                shares_reading=self._shares_reading,
                is_on_disk=is_on_disk and self._is_on_disk,
                direct=direct,
                directs=self._directs if is_on_disk else None,
                is_running=self._is_running,
                erased=await read_erased(self._store, self._identity, saved.room) if is_on_disk else None,
                lan=await self._lan.wants(saved.room) if lan is None else lan and self.can_use_lan,
                people=self._people if is_on_disk else self._people.beside(store),
            )
        )
        self._sessions[saved.room] = session
        await self._stack.enter_async_context(session)
        if direct is not None:
            self._call(direct)
        return session

    def _call(self, peer: PeerId) -> None:
        """Tell `peer` over whichever links there are that our room of two is open here."""
        for session in self._sessions.values():
            session.call(peer)

    async def direct(self, peer: PeerId, name: str, among: str) -> RoomSummary:
        """The room of two with `peer`, who is called `name` in the saved room `among`; it is made if need be.

        He is called as soon as there is a link to him in any room that runs here; until he comes, what is written there
        waits. Raises RoomError, StoreError.
        """
        met = await self._saved(among)
        if not (await self._kept(met.room)).is_on_disk:
            raise RoomError(
                "In this room you are somebody new each time, so nobody could find you in a room of two: "
                "ask from another room."
            )
        try:
            secret = self._directs.secret(peer)
            await self._directs.begin(peer)
        except NoDirectRoom:
            raise RoomError("That is yourself: name somebody else.") from None
        summary = await self.direct_with(peer)
        if summary is None:
            summary = await self._save(clean_name(name) or peer.tag, secret, await self._relays_shared_with(peer), "")
            # Known there before he comes, so that it is said for whom what is written waits.
            await self._store.save_peers(summary.room, [KnownPeer(peer, 0, clean_name(name), {})])
            # He knows me by the name that I have where we met.
            await self._store.set_setting(summary.room, NICK, await self._store.setting(met.room, NICK))
        self._call(peer)
        return summary

    async def asks(self, *, ignored: bool = False) -> tuple[Ask, ...]:
        """Who asks to talk to me alone, and waits for an answer: `direct` says yes; or those of them who are `ignored`.

        Raises StoreError.
        """
        await self._people.load()
        hidden = self._people.people.ignored
        return tuple(ask for ask in await self._directs.asks() if (ask.peer in hidden) is ignored)

    async def decline(self, peer: PeerId) -> None:
        """Say no to `peer`, who is not told so, for good. Raises StoreError."""
        with suppress(NoDirectRoom):
            await self._directs.decline(peer)

    async def direct_with(self, peer: PeerId) -> RoomSummary | None:
        """The room of two with `peer`; None when there is none. Raises StoreError."""
        return next((room for room in await self.rooms() if room.direct == peer), None)

    async def _relays_shared_with(self, peer: PeerId) -> str:
        """The relays of all rooms in which `peer` is known: whichever of them he goes by, he is met."""
        shared: list[str] = []
        for saved in await self._store.rooms():
            if any(known.peer == peer for known in await self._store.peers(saved.room)):
                shared += saved.relay.split()
        return " ".join(sorted(set(shared))[:RELAYS_MAX])

    def _is_running(self, room: RoomId) -> bool:
        return room in self._sessions and self._sessions[room].is_running

    async def ignored(self) -> tuple[tuple[PeerId, str], ...]:
        """Everybody who is ignored, by key, and what to call them; by name. Raises StoreError."""
        await self._people.load()
        names = [
            (each.peer, each.alias or each.nick or f"?{each.peer.tag}")
            for each in self._people.people.all()
            if each.ignored
        ]
        return tuple(sorted(names, key=lambda each: (each[1].casefold(), each[0])))

    async def decide(self, command: Deciding) -> None:
        """Decide about somebody without a room at hand; every room hears of it. Raises CommandRefused, StoreError."""
        await self._people.load()
        await self._people.decide(command, self._clock.wall_ms())

    async def close(self) -> None:
        """Leave every room and close the store. Raises what ended a session, if something unforeseen did."""
        try:
            await self._stack.aclose()
        finally:
            await self._store.close()
