"""What a session is given for one room, by whoever opens it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import KW_ONLY, dataclass

from ..ports.clock import Clock
from ..ports.signaling import Signaling
from ..ports.store import Store
from ..ports.transport import Transport
from ..ssc.clock import Now
from ..ssc.ending import Ending
from ..ssc.identity import Identity
from ..ssc.ids import PeerId, RoomId, SessionId
from ..ssc.room import RoomKeys
from .directs import Directs
from .people import Acquaintances


@dataclass(frozen=True, slots=True)
class Adapters:
    """What a session needs from outside for one room."""

    transport: Callable[[], Awaitable[Transport]]
    """Makes the transport; called once, after the session is up, since it may import a lot."""
    signaling: Callable[[SessionId], Sequence[Signaling]]
    """Makes the room's signaling for one session; asked again when the room's relays are others."""
    lan: Callable[[SessionId], Signaling] | None = None
    """Makes its signaling on the LAN; None where there can be none."""


@dataclass(frozen=True, slots=True)
class Setup:
    """One room, who is in it here, and how it is run."""

    name: str
    """What the room is called on this machine."""
    keys: RoomKeys
    identity: Identity
    store: Store
    adapters: Adapters
    _: KW_ONLY
    clock: Clock
    entropy: Callable[[int], bytes]
    """So many random bytes."""
    nickname: str
    """What I am called, unless the log says otherwise."""
    shares_reading: bool = True
    """Whether the others are told how far I have read."""
    is_on_disk: bool = True
    """False when `store` keeps nothing."""
    erased: Ending | None = None
    """Where this identity's feed ended when the room was forgotten; None when it never was."""
    lan: bool = False
    """Whether others are looked for on the local network from the beginning."""
    direct: PeerId | None = None
    """Whose room of two with me it is."""
    directs: Directs | None = None
    """The profile's rooms of two, when calls to them are told and heard here."""
    is_running: Callable[[RoomId], bool] = lambda _room: False
    """Whether a room of the profile runs."""
    people: Acquaintances | None = None
    """Whom the profile knows; None: nobody but those in `store`."""

    def now(self) -> Now:
        """The time, by both clocks."""
        return Now(self.clock.wall_ms(), self.clock.monotonic_ms())
