"""The relays of one room: who is at which, how each of them does, and which have nothing more to do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ..ports.ice import IceServer
from ..ports.signaling import (
    IceServersOffered,
    SessionGone,
    SessionSeen,
    Signaling,
    SignalingEvent,
    SignalingState,
    StateChanged,
    Traffic,
)
from ..ssc.clock import Now
from ..ssc.ids import SessionId
from ..ssc.text import clean_line
from .linker import Linker

LOST_GRACE_MS = 1_500
"""A relay that is lost for less than this is not shown as lost: another window has taken over, as a rule."""


@dataclass(slots=True, eq=False)
class RelayState:
    """What is known of one relay."""

    signaling: Signaling
    state: SignalingState = SignalingState.CONNECTING
    """As it is."""
    shown: SignalingState = SignalingState.CONNECTING
    """As people see it: a connection that is back within LOST_GRACE_MS was never gone."""
    lost_at: int | None = None
    """`mono` when it was lost, while that is not shown yet."""
    detail: str = ""
    retry_at: int | None = None
    """`mono` of the next attempt, when it is lost."""
    seen: set[SessionId] = field(default_factory=set)
    servers: tuple[IceServer, ...] = ()
    """STUN and TURN servers that it named."""
    dormant_since: int | None = None
    """Unix milliseconds since when it has had nothing to do; None while it has."""
    before: Traffic = field(default_factory=Traffic)
    """What had gone through when it went dormant."""

    @property
    def is_dormant(self) -> bool:
        """Whether it is connected and has nothing to do."""
        return self.dormant_since is not None

    @property
    def idle_traffic(self) -> Traffic:
        """What has gone through since it went dormant."""
        if not self.is_dormant:
            return Traffic()
        now = self.signaling.traffic
        return Traffic(now.frames - self.before.frames, now.bytes - self.before.bytes)


class Relays:
    """Every relay of the room; the room works while any one of them does."""

    def __init__(self, linker: Linker, on_news: Callable[[RelayState], None]) -> None:
        self._linker = linker
        self._on_news = on_news
        self.states: list[RelayState] = []
        self._chosen: list[RelayState] = []
        """Those of them that `use` and `exchange` named; the LAN is none."""

    def use(self, signalings: Sequence[Signaling]) -> None:
        """The relays to be introduced by from the beginning."""
        self.states = [RelayState(signaling) for signaling in signalings]
        self._chosen = [*self.states]

    async def exchange(self, signalings: Sequence[Signaling]) -> list[RelayState]:
        """Be introduced by these instead, as far as they are others: those that are new, to be listened to."""
        wanted = {each.url: each for each in signalings}
        had = {relay.signaling.url for relay in self._chosen}
        gone = [relay for relay in self._chosen if relay.signaling.url not in wanted]
        new = [self.add(each) for url, each in wanted.items() if url not in had]
        self._chosen = [relay for relay in self._chosen if relay not in gone] + new
        for relay in gone:
            await self.remove(relay)
        return new

    def add(self, signaling: Signaling) -> RelayState:
        """One more to be introduced by."""
        self.states.append(relay := RelayState(signaling))
        return relay

    async def remove(self, relay: RelayState) -> None:
        """Leave one for good. Links that came of it stay."""
        self.states.remove(relay)
        self._linker.place_lost(id(relay))
        await relay.signaling.close()

    def servers(self) -> list[IceServer]:
        """STUN and TURN servers that the relays named, each once."""
        return list(dict.fromkeys(server for relay in self.states for server in relay.servers))

    def handle(self, relay: RelayState, event: SignalingEvent, now: Now) -> None:
        """Take in an event of one relay; signals are the network's."""
        if relay not in self.states:
            return  # it was left meanwhile
        match event:
            case SessionSeen(session):
                relay.seen.add(session)
                self._linker.seen(session, id(relay), now.mono)
            case SessionGone(session):
                relay.seen.discard(session)
                self._linker.gone(session, id(relay))
            case StateChanged(state, detail, retry_ms):
                if state is not SignalingState.OPEN and relay.state is not state:
                    relay.seen.clear()
                    self._linker.place_lost(id(relay))
                relay.state, relay.detail = state, clean_line(detail)
                relay.retry_at = None if retry_ms is None else now.mono + retry_ms
                self._show(relay, now)
            case IceServersOffered(servers):
                relay.servers = servers
            case _:
                pass

    def send(self, to: SessionId, data: bytes) -> None:
        """Send a signal by every relay at which `to` is; it takes only one of them, whichever is quickest."""
        for relay in self.states:
            if to in relay.seen:
                relay.signaling.send(to, data)

    def retry_now(self) -> None:
        """Try at once whatever is waiting to be tried again, and ask whether the others still stand."""
        for relay in self.states:
            relay.signaling.retry_now()

    def tick(self, now: Now) -> None:
        """Show what has lasted long enough."""
        for relay in self.states:
            if relay.lost_at is not None:
                self._show(relay, now)

    def settle(self, is_calm: bool, now: Now) -> None:
        """Note which relays have nothing to do; `is_calm`: somebody is linked, and nobody is waited for."""
        for relay in self.states:
            is_populated = bool(relay.seen) or relay.lost_at is not None
            is_idle = is_calm and is_populated and relay.shown is SignalingState.OPEN
            if not is_idle:
                relay.dormant_since = None
            elif relay.dormant_since is None:
                relay.dormant_since, relay.before = now.wall, relay.signaling.traffic

    def deadline(self) -> int | None:
        """When `tick` is next due."""
        return min((each.lost_at + LOST_GRACE_MS for each in self.states if each.lost_at is not None), default=None)

    async def close(self) -> None:
        """Leave them all."""
        await asyncio.gather(*(relay.signaling.close() for relay in self.states))

    def _show(self, relay: RelayState, now: Now) -> None:
        """Let people see the relay's state, a loss only once it has lasted."""
        if relay.state is not SignalingState.OPEN and relay.shown is SignalingState.OPEN:
            relay.lost_at = relay.lost_at or now.mono
            if now.mono < relay.lost_at + LOST_GRACE_MS:
                return
        relay.shown, relay.lost_at = relay.state, None
        self._on_news(relay)
