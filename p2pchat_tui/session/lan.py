"""The local network as one of a room's ways to be introduced: switched on and off while the room runs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ..ports.signaling import Signaling
from ..ports.store import Store
from ..ssc.ids import RoomId
from .api import CommandRefused
from .relays import Relays, RelayState

KEY = "lan"
"""The setting that says whether a room uses the LAN: `on`, `off`, or empty for as the profile does."""
NO_LAN = (
    "The LAN cannot be used here: it is no part of the demo, nor of links through TURN servers only (relay-only), "
    "since on a LAN both machines see each other's addresses."
)


class LanSwitch:
    """Whether a running room looks for others on the local network."""

    def __init__(
        self, make: Callable[[], Signaling] | None, relays: Relays, follow: Callable[[RelayState], object]
    ) -> None:
        """`make`: the room's signaling on the LAN, None where there can be none. `follow`: listen to it."""
        self._make = make
        self._relays = relays
        self._follow = follow
        self._relay: RelayState | None = None
        self._busy = asyncio.Lock()

    @property
    def is_on(self) -> bool | None:
        """None: it cannot be switched on."""
        return None if self._make is None else self._relay is not None

    async def turn(self, on: bool) -> None:
        """Begin to look, or take back what was announced. Raises CommandRefused where it cannot be used."""
        async with self._busy:
            if on and self._relay is None:
                if self._make is None:
                    raise CommandRefused(NO_LAN)
                self._relay = self._relays.add(self._make())
                self._follow(self._relay)
            elif not on and self._relay is not None:
                relay, self._relay = self._relay, None
                await self._relays.remove(relay)


class LanWishes:
    """Which rooms of a profile shall use the LAN: what each says of itself counts, else what holds for all."""

    def __init__(self, store: Store, can: bool, default: bool) -> None:
        """`can`: whether there is such a thing as a LAN for this profile."""
        self._store = store
        self._can = can
        self.default = default

    async def own(self, room: RoomId) -> bool | None:
        """What the room says of itself; None: nothing. Raises StoreError."""
        return {"on": True, "off": False}.get(await self._store.setting(room, KEY))

    async def set(self, room: RoomId, on: bool | None) -> None:
        """Let the room say so, in later runs too. Raises CommandRefused, StoreError."""
        if on and not self._can:
            raise CommandRefused(NO_LAN)
        await self._store.set_setting(room, KEY, "" if on is None else "on" if on else "off")

    async def wants(self, room: RoomId) -> bool:
        """Whether the room uses the LAN. Raises StoreError."""
        own = await self.own(room)
        return self._can and (self.default if own is None else own)
