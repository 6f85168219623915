"""The network of a session: introductions become links, and what becomes of links goes back to where links are decided.

Everything here runs in the session's one loop, and nothing in here ever waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ..ports.signaling import IceServersOffered, SignalingEvent
from ..ports.store import Store
from ..ports.transport import (
    FrameReceived,
    LinkClosed,
    LinkOpened,
    LinkStats,
    LinkStruggled,
    NetworkChanged,
    Pair,
    Transport,
    TransportError,
    TransportEvent,
)
from ..ssc.clock import Now
from ..ssc.identity import Identity
from ..ssc.ids import LinkId, PeerId, SessionId
from ..ssc.presence import Seen
from ..ssc.room import RoomKeys
from ..ssc.text import clean_line
from .api import Doing
from .introductions import REASON_MAX, Introductions
from .linker import Linker
from .links import Link
from .listener import Listener
from .maker import Described, DescribeFailed, Maker, Report, Served
from .neighbours import Neighbours
from .receiver import Receiver
from .relays import RelayState
from .remote import Phase, Remote, SendSignal


@dataclass(frozen=True, slots=True)
class Attempted:
    """A session that is around and not linked."""

    peer: PeerId | None
    """Who it is, when that is known."""
    failures: int
    retry_at: int | None
    """`mono` of the next attempt; None while one is under way."""
    reason: str
    """Why the last attempt failed; empty when none did."""
    doing: Doing = Doing.ASKING
    link: LinkId | None = None
    """The link in the making, while an attempt is under way."""


class Network:
    """Everything that links one session with others."""

    def __init__(
        self,
        identity: Identity,
        keys: RoomKeys,
        session: SessionId,
        started: int,
        *,
        store: Store,
        entropy: Callable[[int], bytes],
        listener: Listener,
        post: Callable[[Report], Coroutine[Any, Any, None]],
        spawn: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
    ) -> None:
        """`started`: when `session` began, Unix milliseconds. `post`: brings back to `handle` what tasks report."""
        self._listener = listener
        self._linker = Linker(session, entropy)
        self.neighbours = Neighbours()
        """The links that are up."""
        self.introductions = Introductions(
            identity,
            keys,
            session,
            self._linker,
            self.neighbours,
            entropy=entropy,
            on_relay=listener.relay_news,
            on_problem=listener.problem,
        )
        self._maker = Maker(
            identity,
            keys,
            session,
            started,
            self._linker,
            self.neighbours,
            self.introductions,
            store=store,
            listener=listener,
            post=post,
            spawn=spawn,
        )
        self._receiver = Receiver(self._maker, self._linker, self.introductions, listener)
        self.failure = ""
        """Why there is no network, in a sentence, when it could not be started."""

    @property
    def is_ready(self) -> bool:
        """Whether the transport is there."""
        return self._maker.transport is not None

    @property
    def relays(self) -> Sequence[RelayState]:
        """The room's relays."""
        return self.introductions.relays.states

    def use_transport(self, transport: Transport, now: Now) -> None:
        """The network stack is loaded: begin what was waiting for it."""
        transport.offer_servers(self.introductions.relays.servers())
        self._maker.use_transport(transport, now)

    # What the session asks -------------------------------------------------------------------------------------

    def strike(self, peer: PeerId, reason: str, now: Now) -> None:
        """End the link of a peer that sends what no honest one sends."""
        link = self.neighbours.get(peer)
        if link:
            self._listener.problem("peer-faulty", f"Ended the link with {peer.tag}: it {clean_line(reason)}.")
            self._maker.end(link, reason, now)

    def stats(self, link: Link) -> LinkStats | None:
        """What a link stands on; None when it has just gone."""
        transport = self._maker.transport
        try:
            return transport.stats(link.id) if transport else None
        except TransportError:
            return None

    def attempts(self) -> Iterable[Attempted]:
        """Sessions that are around, of nobody who is linked already."""
        for remote in self._linker.remotes.values():
            if remote.link or not remote.places:
                continue
            peer = self.introductions.who(remote)
            if peer not in self.neighbours:
                link = remote.attempt.link if remote.attempt else None
                yield Attempted(peer, remote.failures, remote.retry_at, remote.reason, _doing(remote), link)

    def pairs(self, link: LinkId) -> tuple[Pair, ...]:
        """The pairs of ends that were found for a link so far."""
        return self._maker.transport.pairs(link) if self._maker.transport else ()

    def is_doubted(self, link: Link) -> bool:
        """Whether a link has fallen silent, so that another is tried beside it."""
        remote = self._linker.remotes.get(link.session)
        return remote is not None and remote.doubted

    def around(self, seen: Seen, now: Now) -> None:
        """A presence came, or lapsed: who can be reached through the mesh is new."""
        self.introductions.around(seen, now)
        self._act(now)

    def retry_now(self, now: Now) -> None:
        """Try at once whatever is waiting to be tried again."""
        self.introductions.relays.retry_now()
        self._linker.retry_now(now.mono)
        self._act(now)

    def rebuild(self, now: Now) -> None:
        """The network has changed, or the computer has slept: a new link to everybody, beside those that stand."""
        self.introductions.explain_anew()
        self.introductions.relays.retry_now()
        self.neighbours.ping(now.mono)  # the pong of a link that survived ends the doubt
        self._linker.rebuild(now.mono)
        self._act(now)

    def settle(self, now: Now) -> None:
        """Note which relays have nothing to do."""
        self.introductions.relays.settle(bool(self.neighbours) and next(iter(self.attempts()), None) is None, now)

    def tick(self, now: Now) -> None:
        """Pings, doubts, offers to be sent again, attempts to be made again."""
        for link in self.neighbours.tick(now):
            self._linker.doubt(link.session, now.mono)
        self._maker.tick(now)
        self.introductions.relays.tick(now)
        self._linker.tick(now.mono)
        self._act(now)

    def deadline(self) -> int | None:
        """When `tick` is next due."""
        times = (
            self._maker.deadline(),
            self.introductions.relays.deadline(),
            self._linker.deadline(),
            self.neighbours.deadline(),
        )
        return min((time for time in times if time is not None), default=None)

    async def close(self) -> None:
        """Let the last frames out, then end every link and leave every relay."""
        await self._maker.close()
        await self.introductions.relays.close()
        if self._maker.transport:
            await self._maker.transport.close()

    # What comes in ---------------------------------------------------------------------------------------------

    def handle(self, event: TransportEvent | Report, now: Now) -> None:
        """Take in an event of the transport, or the report of a task."""
        match event:
            case LinkOpened(link):
                self._maker.opened(link, now)
            case FrameReceived():
                self._receiver.receive(event, now)
            case LinkClosed(link, reason):
                self._maker.closed(link, reason, now)
            case LinkStruggled(link, reason):
                self._linker.struggled(link, clean_line(reason, REASON_MAX))
                if held := self._maker.get(link):
                    self.introductions.explain(held.session, reason)
            case NetworkChanged():
                self.rebuild(now)
            case Described(link, description):
                self._linker.described(link, description, now.mono)
            case DescribeFailed(link, reason):
                self._maker.closed(link, reason, now)
            case Served():
                pass  # the session tells the replica
        self._act(now)

    def handle_signaling(self, relay: RelayState, event: SignalingEvent, now: Now) -> None:
        """Take in an event of one relay."""
        self.introductions.handle(relay, event, now)
        if isinstance(event, IceServersOffered) and self._maker.transport:
            self._maker.transport.offer_servers(self.introductions.relays.servers())
        self._act(now)

    def _act(self, now: Now) -> None:
        """Carry out what the linker decided."""
        while action := self._linker.take():
            if isinstance(action, SendSignal):
                self.introductions.send(action)
            else:
                self._maker.do(action, now)


_DOING = {Phase.DESCRIBING: Doing.DESCRIBING, Phase.OFFERED: Doing.OFFERED, Phase.OPENING: Doing.OPENING}


def _doing(remote: Remote) -> Doing:
    if remote.attempt:
        return _DOING[remote.attempt.phase]
    return Doing.WAITING if remote.failures else Doing.ASKING
