"""Signaling within one process, with faults by script: for tests and simulation.

Signals never arrive inside the call that sends them: they come through the running loop, in a fixed order,
and chance comes from the one generator that is passed in, so that a run can be repeated exactly.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from random import Random

from ..ports.ice import IceServer
from ..ports.signaling import (
    IceServersOffered,
    SessionGone,
    SessionSeen,
    SignalingEvent,
    SignalingState,
    SignalReceived,
    StateChanged,
    Traffic,
)
from ..ssc.ids import SIGNAL_MAX, RoomId, SessionId
from .events import EventStream


@dataclass(frozen=True, slots=True)
class Faults:
    """What happens to signals on their way. Probabilities in [0, 1], times in seconds of the loop."""

    drop: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0
    """Held back by `delay_s` more, so that later ones overtake it."""
    delay_s: float = 0.0
    """On every signal; with `reorder` and no delay, one is overtaken by what is sent in the same step."""


class MemoryHub:
    """A relay in memory: any number of rooms, faults for all of them."""

    def __init__(
        self, random: Random | None = None, *, faults: Faults | None = None, ice: tuple[IceServer, ...] = ()
    ) -> None:
        """Faults other than cuts need `random`. Raises ValueError when it is missing."""
        self._random = random
        self._faults = Faults()
        self.faults = faults or Faults()
        self._ice = ice
        self.is_own = False
        """Whether it stands for the relay of one machine's own windows."""
        self._down = False
        self._cut: set[SessionId] = set()
        self._all: dict[tuple[RoomId, SessionId], MemorySignaling] = {}
        self._present: dict[RoomId, dict[SessionId, MemorySignaling]] = {}
        self.forwarded: list[tuple[SessionId, SessionId, bytes]] = []
        """Every signal for a session that was there: (sender, receiver, data). For tests."""

    @property
    def faults(self) -> Faults:
        """What happens to signals sent from now on."""
        return self._faults

    @faults.setter
    def faults(self, faults: Faults) -> None:
        if self._random is None and (faults.drop or faults.duplicate or faults.reorder):
            raise ValueError("faults by chance need a seeded generator")
        self._faults = faults

    def cut(self, sessions: Iterable[SessionId] | None = None) -> None:
        """Lose the connection of `sessions`, or of all: they see it lost, the others see them gone."""
        if sessions is None:
            self._down = True
        else:
            self._cut |= set(sessions)
        self._settle()

    def heal(self, sessions: Iterable[SessionId] | None = None) -> None:
        """Let `sessions`, or all, connect again, which they do at once."""
        if sessions is None:
            self._down = False
            self._cut.clear()
        else:
            self._cut -= set(sessions)
        self._settle()

    def attach(self, member: MemorySignaling) -> None:
        """`member` wants to be in its room from now on. Raises ValueError when that session is there."""
        key = (member.room, member.session)
        if key in self._all:
            raise ValueError("this session is in the room already")
        self._all[key] = member
        member.loop.call_soon(self._settle)

    def detach(self, member: MemorySignaling) -> None:
        """`member` leaves for good."""
        if self._all.get((member.room, member.session)) is member:
            del self._all[member.room, member.session]
            self._settle()

    def pass_on(self, member: MemorySignaling, to: SessionId, data: bytes) -> bool:
        """Forward a signal, as the faults will have it. False when `member` has no connection."""
        room = self._present.get(member.room, {})
        if room.get(member.session) is not member:
            return False
        if to in room and to != member.session:
            self.forwarded.append((member.session, to, data))
            event = SignalReceived(member.session, data)
            for delay in self._delays():
                if delay:
                    member.loop.call_later(delay, self._arrive, member.room, to, event)
                else:
                    member.loop.call_soon(self._arrive, member.room, to, event)
        return True

    def _delays(self) -> list[float]:
        """One delay for each copy that arrives."""
        faults, random = self._faults, self._random
        if random is None:
            return [faults.delay_s]
        if random.random() < faults.drop:
            return []
        copies = 2 if random.random() < faults.duplicate else 1
        held = faults.delay_s or 1e-6  # a timer, even the shortest, comes after what is ready in this step
        return [faults.delay_s + (held if random.random() < faults.reorder else 0.0) for _ in range(copies)]

    def _arrive(self, room: RoomId, to: SessionId, event: SignalReceived) -> None:
        receiver = self._present.get(room, {}).get(to)
        if receiver is not None:
            receiver.post(event)

    def _settle(self) -> None:
        """Bring who is present in line with who wants to be and may; tell everybody what that means."""
        for room, present in list(self._present.items()):
            for session, member in list(present.items()):
                if self._all.get((room, session)) is not member or self._is_cut(session):
                    self._remove(member)
        for (room, session), member in list(self._all.items()):
            if self._present.get(room, {}).get(session) is member:
                continue
            if self._is_cut(session):
                member.lose()
            else:
                self._admit(member)

    def _is_cut(self, session: SessionId) -> bool:
        return self._down or session in self._cut

    def _admit(self, member: MemorySignaling) -> None:
        others = self._present.setdefault(member.room, {})
        member.connect(self._ice, set(others))
        for other in others.values():
            other.see(member.session)
        others[member.session] = member

    def _remove(self, member: MemorySignaling) -> None:
        present = self._present[member.room]
        del present[member.session]
        member.lose()
        if self._down:
            return  # everybody loses everybody: that is no news about anybody
        for other in present.values():
            other.unsee(member.session)


class MemorySignaling:
    """The `Signaling` port at a MemoryHub."""

    def __init__(self, hub: MemoryHub, room: RoomId, session: SessionId) -> None:
        self._hub = hub
        self.room = room
        self.session = session
        self._events = EventStream()
        self._state: SignalingState | None = None
        self._there: set[SessionId] = set()
        self._closed = False
        self._frames = self._bytes = 0
        self.dropped = 0
        """Signals that were sent while there was no connection."""

    @property
    def url(self) -> str:
        """Where the relay would be."""
        return "memory:"

    @property
    def is_own(self) -> bool:
        """See the port."""
        return self._hub.is_own

    @property
    def traffic(self) -> Traffic:
        """Signals both ways; there is no keep-alive."""
        return Traffic(self._frames, self._bytes)

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The running loop."""
        return asyncio.get_running_loop()

    async def open(self) -> None:
        """See the port."""
        if self._state is None and not self._closed:
            self._state = SignalingState.CONNECTING
            self.post(StateChanged(self._state))
            self._hub.attach(self)

    def send(self, to: SessionId, data: bytes) -> None:
        """See the port. Raises ValueError above SIGNAL_MAX."""
        if not 0 < len(data) <= SIGNAL_MAX:
            raise ValueError(f"a signal has 1 to {SIGNAL_MAX} bytes, not {len(data)}")
        if self._hub.pass_on(self, to, data):
            self._count(data)
        else:
            self.dropped += 1

    def retry_now(self) -> None:
        """See the port: here a connection is back as soon as it can be."""

    def events(self) -> AsyncIterator[SignalingEvent]:
        """See the port."""
        return self._events.read()

    async def close(self) -> None:
        """See the port."""
        self._closed = True
        self._events.close()
        self._hub.detach(self)

    # -------------------------------------------------------------------------------- what the hub tells it

    def post(self, event: SignalingEvent) -> None:
        """Give the reader one event."""
        if isinstance(event, SignalReceived):
            self._count(event.data)
        self._events.post(event)

    def _count(self, data: bytes) -> None:
        self._frames += 1
        self._bytes += len(data)

    def connect(self, ice: tuple[IceServer, ...], others: set[SessionId]) -> None:
        """The connection is there, and these sessions are."""
        if self._state is SignalingState.LOST:
            self.post(StateChanged(SignalingState.CONNECTING))
        self._state = SignalingState.OPEN
        self.post(StateChanged(SignalingState.OPEN))
        if ice:
            self.post(IceServersOffered(ice))
        for session in sorted(self._there - others):
            self.post(SessionGone(session))
        self._there = set()
        for session in sorted(others):
            self.see(session)

    def lose(self) -> None:
        """The connection is gone."""
        if self._state is not SignalingState.LOST:
            self._state = SignalingState.LOST
            self.post(StateChanged(SignalingState.LOST, "The relay in memory is cut off; heal it.", 0))

    def see(self, session: SessionId) -> None:
        """`session` is in the room."""
        self._there.add(session)
        self.post(SessionSeen(session))

    def unsee(self, session: SessionId) -> None:
        """`session` left the room."""
        self._there.discard(session)
        self.post(SessionGone(session))
