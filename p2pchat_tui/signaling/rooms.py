"""Who is in which room of a relay: a table without I/O."""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter
from typing import Generic, Protocol, TypeVar

from .limits import Limits
from .protocol import Join, Refusal


class Member(Protocol):
    """A client as the table sees it; the table fills in the last three."""

    @property
    def address(self) -> str:
        """Key of its address, for the bounds."""
        ...

    room: str
    session: str
    digest: bytes
    """SHA-256 of the session's resume secret; empty while it is in no room."""


M = TypeVar("M", bound=Member)


class Rooms(Generic[M]):
    """Rooms exist while somebody is in them, and leave nothing behind."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._rooms: dict[str, dict[str, M]] = {}
        self._rooms_of: dict[str, Counter[str]] = {}
        # For each address the rooms it is in, with the number of its members there.

    def __len__(self) -> int:
        return len(self._rooms)

    def join(self, member: M, join: Join) -> tuple[list[M], M | None] | Refusal:
        """Put `member` where `join` says: the others there, and the stale member whose place it has taken.

        A session that is there already gives way to the one that knows its resume secret, and to nobody else.
        """
        digest = hashlib.sha256(bytes.fromhex(join.resume)).digest()
        room = self._rooms.get(join.room, {})
        stale = room.get(join.session)
        if stale is not None:
            if not hmac.compare_digest(stale.digest, digest):
                return Refusal.SESSION_TAKEN
            self.leave(stale)
        elif refusal := self._full(member.address, join.room):
            return refusal
        others = list(room.values())
        member.room, member.session, member.digest = join.room, join.session, digest
        self._rooms.setdefault(join.room, room)[join.session] = member
        self._rooms_of.setdefault(member.address, Counter())[join.room] += 1
        return others, stale

    def leave(self, member: M) -> list[M]:
        """Take `member` out: who is left in its room. Nobody when it was in none, or has been replaced."""
        room = self._rooms.get(member.room)
        if room is None or room.get(member.session) is not member:
            return []
        del room[member.session]
        if not room:
            del self._rooms[member.room]
        counts = self._rooms_of[member.address]
        counts[member.room] -= 1
        if not counts[member.room]:
            del counts[member.room]
        if not counts:
            del self._rooms_of[member.address]
        return list(room.values())

    def find(self, member: M, session: str) -> M | None:
        """The member of `member`'s room that is `session`; nobody when `member` itself has been replaced."""
        room = self._rooms.get(member.room, {})
        return room.get(session) if room.get(member.session) is member else None

    def _full(self, address: str, name: str) -> Refusal | None:
        room = self._rooms.get(name)
        mine = self._rooms_of.get(address, Counter())
        if room is None and len(self._rooms) >= self._limits.rooms:
            return Refusal.RELAY_FULL
        if name not in mine and len(mine) >= self._limits.rooms_of(address):
            return Refusal.ADDRESS_FULL
        if room is not None and len(room) >= self._limits.peers_per_room:
            return Refusal.ROOM_FULL
        return None
