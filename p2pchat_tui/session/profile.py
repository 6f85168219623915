"""One profile: its identity, its saved rooms, and the sessions that run in them."""

from __future__ import annotations

from dataclasses import dataclass

from ..ssc.ids import RoomId
from .session import Session


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
    relay: str
    opened_ms: int


class Profile:
    """Placeholder of the signatures while the session is being written."""

    nickname: str
    notice: str
    """One sentence that this window's user must know (a guest profile); empty otherwise."""

    async def rooms(self) -> tuple[RoomSummary, ...]: ...
    async def new_room(self, name: str = "", relay: str | None = None) -> RoomSummary: ...
    async def join_invite(self, text: str, name: str = "") -> RoomSummary: ...
    async def join_passphrase(self, name: str, passphrase: str, relay: str | None = None) -> RoomSummary: ...
    async def invite(self, name: str) -> str: ...
    async def forget(self, name: str) -> None: ...
    async def open(self, name: str) -> Session: ...
    async def close(self) -> None: ...
