"""Rooms on a LAN without any server: finds the other members by mDNS, and passes sealed signals to them over TCP.

Off unless it is asked for. What is announced is a label that is new every ten minutes and means something to members
(see `lan_proof`); no name, no room and no session. Whoever connects proves that it knows the room before it is told
anything, and what is said then is sealed. Runs beside the relays: whoever introduces two sessions first, wins.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Sequence

from ..ports.signaling import SignalingEvent, SignalingState, StateChanged, Traffic
from ..ssc.ids import SIGNAL_MAX, SessionId
from ..ssc.text import clean_line
from .events import EventStream
from .lan_circle import Circle
from .lan_discovery import Discovery
from .lan_places import Place
from .lan_proof import slot_of
from .lan_site import LanSite

URL = "lan"
"""What stands where other signalings have the URL of a relay."""
WATCH_S = 5.0
"""How often interfaces and the slot are looked at: a new Wi-Fi is noticed within this time."""
NO_NETWORK = "This machine is in no local network: connect it by Wi-Fi or cable; it is looked for again."

_log = logging.getLogger(__name__)


class LanSignaling:
    """The `Signaling` port on every interface of this machine that `find_places` names."""

    def __init__(
        self,
        discovery: Discovery,
        beacon: bytes,
        session: SessionId,
        *,
        places: Callable[[], Sequence[Place]],
        wall_ms: Callable[[], int],
        chance: Callable[[int], bytes],
    ) -> None:
        """`beacon` is the room's key of that name; `places` is asked every WATCH_S, `chance` gives random bytes."""
        self._discovery, self._beacon, self._session = discovery, beacon, session
        self._places, self._wall_ms, self._chance = places, wall_ms, chance
        self._events = EventStream()
        self._circle = Circle(session, self._events)
        self._sites: dict[Place, LanSite] = {}
        self._trouble = ""
        self._told: StateChanged | None = None
        self._hurry = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._closed = False
        self.dropped = 0
        """Signals that were not sent: the session is not connected, or too much was waiting."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    @property
    def url(self) -> str:
        """Where it is, for people."""
        return URL

    @property
    def is_own(self) -> bool:
        """See the port."""
        return False

    @property
    def traffic(self) -> Traffic:
        """What went over the connections with other members, both ways: signals, and what keeps these alive."""
        return self._circle.traffic

    async def open(self) -> None:
        """Start looking, in a task of its own. Opening twice, or after `close`, does nothing."""
        if self._task is None and not self._closed:
            self._task = asyncio.create_task(self._run(), name="lan")

    def send(self, to: SessionId, data: bytes) -> None:
        """Pass `data` on. Raises ValueError above SIGNAL_MAX; dropped (and counted) when `to` is not connected."""
        if not 0 < len(data) <= SIGNAL_MAX:
            raise ValueError(f"a signal has 1 to {SIGNAL_MAX} bytes, not {len(data)}")
        if not self._circle.send(to, data):
            self.dropped += 1

    def retry_now(self) -> None:
        """Look at the interfaces at once: the network changed, or somebody asked for it."""
        self._hurry.set()

    def events(self) -> AsyncIterator[SignalingEvent]:
        """See the port."""
        return self._events.read()

    async def close(self) -> None:
        """Take back what is announced, end every connection. May be called twice."""
        self._closed = True
        self._events.close()  # first: that the others are gone is no news to somebody who leaves
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    # ----------------------------------------------------------------------------------------------- the task

    async def _run(self) -> None:
        self._tell(StateChanged(SignalingState.CONNECTING))
        try:
            while True:
                await self._look()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(WATCH_S):
                        await self._hurry.wait()
                self._hurry.clear()
        except Exception:
            _log.exception("the LAN's signaling failed: this is a mistake in this program")
            self._lose("The local network is not used any more, by a mistake in this program: please report it.")
        finally:
            await asyncio.gather(*(site.close() for site in self._sites.values()))
            self._sites.clear()

    async def _look(self) -> None:
        """Be on the interfaces that there are, with labels of the present slot, and say how it goes."""
        places = set(self._places())
        slot = slot_of(self._wall_ms())
        gone = [self._sites.pop(place) for place in set(self._sites) - places]
        await asyncio.gather(*(site.close() for site in gone))
        self._trouble = "" if places else NO_NETWORK
        due = [place for place in places if place not in self._sites or self._sites[place].slot != slot]
        await asyncio.gather(*(self._be_at(place, slot) for place in due))
        if self._sites:
            self._open()
        else:
            self._lose(self._trouble)

    async def _be_at(self, place: Place, slot: int) -> None:
        site = self._sites.get(place)
        try:
            if site is None:
                site = LanSite(place, self._beacon, self._session, self._circle, self._chance)
                await site.open(self._discovery, slot)
                self._sites[place] = site
            else:
                await site.announce(slot)
        except OSError as error:
            why = clean_line(error.strerror or type(error).__name__, 100)
            self._trouble = f"Nobody can be looked for on {clean_line(place.name, 40)} ({why}); it is tried again."
            _log.debug("an interface is not used: %s", why)
            self._sites.pop(place, None)
            if site is not None:
                await site.close()
        except BaseException:
            if site is not None and place not in self._sites:
                await site.close()
            raise

    def _open(self) -> None:
        if self._told is not None and self._told.state is SignalingState.LOST:
            self._tell(StateChanged(SignalingState.CONNECTING))
        self._tell(StateChanged(SignalingState.OPEN))

    def _lose(self, why: str) -> None:
        self._tell(StateChanged(SignalingState.LOST, why, round(WATCH_S * 1000)))

    def _tell(self, state: StateChanged) -> None:
        if state != self._told:
            self._told = state
            self._events.post(state)
