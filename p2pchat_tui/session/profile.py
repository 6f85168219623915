"""One profile: its identity, its saved rooms, and the sessions that run in them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace

from ..ports import Clock, SavedRoom, Signaling, Store, Transport
from ..ssc.identity import Identity
from ..ssc.ids import RoomId, SessionId
from ..ssc.room import (
    SECRET_BYTES,
    Invite,
    InviteError,
    normal_room_name,
    passphrase_strength,
    read_invite,
    room_keys,
    secret_of_passphrase,
    write_invite,
)
from ..ssc.text import clean_line, clean_name
from ..ssc.words import WORDS, room_words
from .session import Adapters, Session


class RoomError(Exception):
    """A room cannot be made, joined or opened as asked; the text is one sentence with the next step."""


class BadInvite(RoomError):
    """The invite is damaged or is none."""


@dataclass(frozen=True, slots=True)
class RoomSummary:
    """A saved room, for lists."""

    name: str
    room: RoomId
    words: str
    """The three room words."""
    relay: str
    """Empty: this machine and LAN only."""
    opened_ms: int
    """When it was last opened, Unix milliseconds."""


@dataclass(frozen=True, slots=True)
class Connections:
    """How the rooms of one profile reach others."""

    transport: Callable[[], Awaitable[Transport]]
    """Makes a transport for one session; called after the session is up, since it may import a lot."""
    signaling: Callable[[RoomId, SessionId, str], Sequence[Signaling]]
    """Makes the signaling of one room for one session; the text is the room's relay URL, or empty."""


def proposed_name(entropy: Callable[[int], bytes]) -> str:
    """A nickname for somebody who has not chosen one: two words, such as `amber-otter`."""
    first, second = (WORDS[byte] for byte in entropy(2))
    return f"{first}-{second}"


def strength(passphrase: str) -> str:
    """How strong a passphrase is, in one phrase for a person; empty for an empty one."""
    return passphrase_strength(passphrase) if passphrase.strip() else ""


class Profile:
    """An identity with its store, and every room that runs under it."""

    def __init__(
        self,
        identity: Identity,
        store: Store,
        connections: Connections,
        *,
        clock: Clock,
        entropy: Callable[[int], bytes],
        nickname: str = "",
        relay: str = "",
        notice: str = "",
    ) -> None:
        """`relay`: the URL that new rooms get unless they say otherwise."""
        self._identity = identity
        self._store = store
        self._connections = connections
        self._clock = clock
        self._entropy = entropy
        self._relay = relay
        self._sessions: dict[RoomId, Session] = {}
        self._stack = AsyncExitStack()
        self.nickname = clean_name(nickname)
        """What this profile is called in rooms where it has no other name."""
        self.notice = notice
        """One sentence that this window's user must know, such as that it is a guest; empty otherwise."""

    async def rooms(self) -> tuple[RoomSummary, ...]:
        """Every saved room, the one opened last first. Raises StoreError."""
        return tuple(_summary(saved) for saved in await self._store.rooms())

    async def new_room(self, name: str = "", relay: str | None = None) -> RoomSummary:
        """Make and save a room; an empty name is filled in. Raises RoomError when the name is taken, StoreError."""
        wanted = clean_name(name) or proposed_name(self._entropy)
        if name.strip() and not clean_name(name):
            raise RoomError("A room name needs at least one visible character.")
        if await self._find(wanted):
            raise RoomError(f"There is a room called {wanted} already. Open it, or choose another name.")
        secret = self._entropy(SECRET_BYTES)
        return await self._save(wanted, secret, self._relay if relay is None else relay)

    async def join_invite(self, text: str, name: str = "") -> RoomSummary:
        """Save the room of an invite, under `name` or the one it proposes. Raises BadInvite, StoreError."""
        try:
            invite = read_invite(text)
        except InviteError as error:
            raise BadInvite(str(error)) from None
        return await self._save(clean_name(name) or invite.name, invite.secret, invite.relay or self._relay)

    async def join_passphrase(self, name: str, passphrase: str, relay: str | None = None) -> RoomSummary:
        """Save the room that a name and a passphrase stand for. Raises RoomError, StoreError."""
        if not normal_room_name(name):
            raise RoomError("A room name is needed: the one that the others use.")
        if not passphrase.strip():
            raise RoomError("A passphrase is needed: the one that the others use. Or paste an invite.")
        secret = await asyncio.to_thread(secret_of_passphrase, name, passphrase)
        return await self._save(clean_name(name), secret, self._relay if relay is None else relay)

    async def invite(self, name: str) -> str:
        """The invite of a saved room: the key to it. Raises RoomError, StoreError."""
        saved = await self._saved(name)
        return write_invite(Invite(saved.name, saved.secret, saved.relay))

    async def forget(self, name: str) -> None:
        """Leave a room and erase it wholly. Raises RoomError, StoreError."""
        saved = await self._saved(name)
        running = self._sessions.pop(saved.room, None)
        if running:
            await running.close()
        await self._store.forget_room(saved.room)

    async def open(self, name: str) -> Session:
        """The running session of a saved room, started if need be. Raises RoomError, StoreError."""
        saved = await self._saved(name)
        running = self._sessions.get(saved.room)
        if running and running.is_running:
            return running
        await self._store.save_room(replace(saved, opened_ms=self._clock.wall_ms()))

        def signaling(session: SessionId) -> Sequence[Signaling]:
            return self._connections.signaling(saved.room, session, saved.relay)

        session = Session(
            saved.name,
            room_keys(saved.secret),
            self._identity,
            self._store,
            Adapters(self._connections.transport, signaling),
            clock=self._clock,
            entropy=self._entropy,
            nickname=self.nickname,
        )
        self._sessions[saved.room] = session
        return await self._stack.enter_async_context(session)

    async def close(self) -> None:
        """Leave every room and close the store. Raises what ended a session, if something unforeseen did."""
        try:
            await self._stack.aclose()
        finally:
            await self._store.close()

    async def _find(self, name: str) -> SavedRoom | None:
        wanted = normal_room_name(name)
        rooms = await self._store.rooms()
        exact = next((saved for saved in rooms if saved.name == clean_name(name)), None)
        return exact or next((saved for saved in rooms if normal_room_name(saved.name) == wanted), None)

    async def _saved(self, name: str) -> SavedRoom:
        saved = await self._find(name)
        if saved is None:
            shown = clean_line(name, 40)
            raise RoomError(f"There is no saved room called {shown}. Join it with an invite, or make it new.")
        return saved

    async def _save(self, name: str, secret: bytes, relay: str) -> RoomSummary:
        """Save a room; one that is saved already keeps its name, and a name that is taken gets a number."""
        room = room_keys(secret).room
        rooms = await self._store.rooms()
        known = next((saved for saved in rooms if saved.room == room), None)
        if known:
            saved = replace(known, relay=relay or known.relay)
        else:
            taken = {normal_room_name(each.name) for each in rooms}
            unique, number = name, 2
            while normal_room_name(unique) in taken:
                unique, number = f"{name}-{number}", number + 1
            saved = SavedRoom(unique, room, secret, relay, self._clock.wall_ms())
        await self._store.save_room(saved)
        return _summary(saved)


def _summary(saved: SavedRoom) -> RoomSummary:
    return RoomSummary(saved.name, saved.room, room_words(saved.room), saved.relay, saved.opened_ms)
