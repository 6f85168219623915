"""A LAN in memory: announcements in a table, connections over real sockets on 127.0.0.1."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from hashlib import sha256
from ipaddress import ip_interface

from p2pchat_tui.signaling.lan import LanSignaling
from p2pchat_tui.signaling.lan_discovery import Sighting, Watcher
from p2pchat_tui.signaling.lan_places import Place
from p2pchat_tui.ssc.ids import RoomId, SessionId
from tests.contracts.signaling import ROOM

HERE = Place("lo", 1, (ip_interface("127.0.0.1/8"),))
NOON_MS = 1_800_000_000_000


class Neighbourhood:
    """The `Discovery` of all programs of one test, and the `World` in which they meet."""

    def __init__(self, *places: Place) -> None:
        self.places: tuple[Place, ...] = places or (HERE,)
        self.now_ms = NOON_MS
        self.announced: dict[Place, dict[str, Sighting]] = {}
        """What a bystander sees at the moment."""
        self.history: list[Sighting] = []
        """What a bystander has seen."""
        self.watchers: dict[Place, list[Watcher]] = {}
        self.signalings: list[LanSignaling] = []
        self.broken: OSError | None = None
        """What every attempt to use an interface ends with."""

    def make(self, session: SessionId, room: RoomId = ROOM) -> LanSignaling:
        """A Signaling of the room whose beacon key belongs to `room`."""
        made = LanSignaling(
            self,
            beacon_of(room),
            session,
            places=lambda: self.places,
            wall_ms=lambda: self.now_ms,
            chance=os.urandom,
        )
        self.signalings.append(made)
        return made

    async def interrupt(self) -> None:
        """Pull the cable, and plug it in again."""
        before, self.places = self.places, ()
        self.look()
        while any(self.watchers.values()):  # noqa: ASYNC110 - somebody else's tasks set no event of ours
            await asyncio.sleep(0)
        self.places = before
        self.look()

    def look(self) -> None:
        """Let everybody notice what has changed."""
        for signaling in self.signalings:
            signaling.retry_now()

    # As Discovery --------------------------------------------------------------------------------------------------

    async def open(self, place: Place, watcher: Watcher) -> MemoryRadio:
        if self.broken:
            raise self.broken
        self.watchers.setdefault(place, []).append(watcher)
        for sighting in list(self.announced.setdefault(place, {}).values()):
            if watcher.wants(sighting.label):
                watcher.found(sighting)
        return MemoryRadio(self, place, watcher)


class MemoryRadio:
    def __init__(self, lan: Neighbourhood, place: Place, watcher: Watcher) -> None:
        self._lan, self._place, self._watcher = lan, place, watcher
        self._own: set[str] = set()

    async def announce(self, label: str, addresses: Sequence[str], port: int) -> None:
        sighting = Sighting(label, tuple(addresses), port)
        self._own.add(label)
        self._lan.announced[self._place][label] = sighting
        self._lan.history.append(sighting)
        for watcher in self._lan.watchers[self._place]:
            if watcher.wants(label):
                watcher.found(sighting)

    async def withdraw(self, label: str) -> None:
        self._own.discard(label)
        if self._lan.announced[self._place].pop(label, None):
            for watcher in self._lan.watchers[self._place]:
                watcher.lost(label)

    async def close(self) -> None:
        if self._watcher in self._lan.watchers[self._place]:
            self._lan.watchers[self._place].remove(self._watcher)
            for label in list(self._own):
                await self.withdraw(label)


def beacon_of(room: RoomId) -> bytes:
    """The beacon key of a room in these tests."""
    return sha256(b"beacon" + room).digest()
