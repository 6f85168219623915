"""Rooms of two: who asks `pipe`'s owner for one, the answers, and who is asked. There is none without two yeses."""

from __future__ import annotations

from ..session import api
from ..session.directs import Ask
from ..session.profile import Profile
from .requests import Answer, BadLine


class Asks:
    """Those who wait for an answer from one profile."""

    def __init__(self, profile: Profile, room: str) -> None:
        """`room`: the saved one that `pipe` is in."""
        self._profile = profile
        self._room = room

    async def waiting(self) -> list[api.DirectAsked]:
        """The first one first, without those who are ignored. Raises StoreError."""
        return [api.DirectAsked(ask.peer, ask.name) for ask in await self._profile.asks()]

    async def answer(self, answer: Answer) -> str:
        """Say it; the name of the room of two, empty after a no. Raises BadLine, RoomError, StoreError."""
        ask = next((each for each in await self._profile.asks() if each.peer == answer.peer), None)
        if ask is None:
            raise BadLine("nobody with that key waits for an answer")
        if not answer.yes:
            await self._profile.decline(ask.peer)
            return ""
        return (await self._profile.direct(ask.peer, ask.name, await self._place(ask))).name

    async def ask(self, peer: api.PeerView) -> str:
        """Ask `peer` for a room of two; its name here. Raises RoomError, StoreError."""
        return (await self._profile.direct(peer.peer, peer.nick or peer.name, self._room)).name

    async def _place(self, ask: Ask) -> str:
        """The room in which somebody asked, as long as it is saved here: both of them are in it."""
        return next((room.name for room in await self._profile.rooms() if room.room == ask.room), self._room)
