"""The session's links: turns introductions into links, and links into frames from known peers.

Everything here runs in the session's one loop. What takes time (describing a link, serving a request) is a task that
reports back through `post`, so nothing in here ever waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ..ports.signaling import IceServersOffered, SignalingEvent
from ..ports.store import Store
from ..ports.transport import (
    Channel,
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
from ..ssc.frames import Carried, Frame, Ping, Pong
from ..ssc.identity import Identity
from ..ssc.ids import LinkId, PeerId, SessionId
from ..ssc.presence import Seen
from ..ssc.room import RoomKeys
from ..ssc.text import clean_line
from ..ssc.wire import WireError
from .api import Doing
from .hello import HelloRefused, check_hello, make_hello
from .introductions import REASON_MAX, Introductions
from .linker import Linker
from .links import Link, serve
from .neighbours import Neighbours
from .relays import RelayState
from .remote import AcceptAnswer, Action, Drop, MakeAnswer, MakeOffer, Phase, Remote, SendSignal

HELLO_MS = 15_000
"""From a link's opening to the other side's hello: it has one ready, and a bad line may need to repeat it."""
FLUSH_MS = 500
"""How long a leaving session waits for its goodbye to go out."""


@dataclass(frozen=True, slots=True)
class Described:
    """A link's description is ready."""

    link: LinkId
    description: str


@dataclass(frozen=True, slots=True)
class DescribeFailed:
    """A link could not be begun."""

    link: LinkId
    reason: str


@dataclass(frozen=True, slots=True)
class Served:
    """A request of `peer` was answered."""

    peer: PeerId
    count: int
    link: LinkId
    """Over which; one that was replaced meanwhile has had its requests forgotten."""


NetworkInput = Described | DescribeFailed | Served


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


class Listener(Protocol):
    """What the network tells its session."""

    def link_up(self, peer: PeerId, session: SessionId) -> None:
        """A link to `peer` stands."""

    def link_down(self, peer: PeerId, reason: str) -> None:
        """The link to `peer` is gone."""

    def link_news(self, peer: PeerId) -> None:
        """Path or round trip of the link to `peer` is new."""

    def heard(self, peer: PeerId) -> None:
        """The link to `peer` brought something, be it a part of a frame."""

    def frame(self, peer: PeerId, frame: Frame) -> None:
        """A frame came from `peer`."""

    def relay_news(self, relay: RelayState) -> None:
        """A relay's state is new."""

    def problem(self, code: str, text: str) -> None:
        """Something that a person should know."""


class Network:
    """Links of one session, those that stand and those that are being made."""

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
        post: Callable[[NetworkInput], Coroutine[Any, Any, None]],
        spawn: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
    ) -> None:
        self._identity = identity
        self._keys = keys
        self._session = session
        self._started = started
        self._store = store
        self._listener = listener
        self._post = post
        self._spawn = spawn
        self._transport: Transport | None = None
        self._linker = Linker(session, entropy)
        self._links: dict[LinkId, Link] = {}
        self._waiting: list[Action] = []
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

    @property
    def is_ready(self) -> bool:
        """Whether the transport is there."""
        return self._transport is not None

    @property
    def relays(self) -> Sequence[RelayState]:
        """The room's relays."""
        return self.introductions.relays.states

    def use_transport(self, transport: Transport, now: Now) -> None:
        """The network stack is loaded: begin what was waiting for it."""
        self._transport = transport
        self._offer_servers()
        waiting, self._waiting = self._waiting, []
        for action in waiting:
            self._do(action, now)

    # What the session asks -------------------------------------------------------------------------------------

    def strike(self, peer: PeerId, reason: str, now: Now) -> None:
        """End the link of a peer that sends what no honest one sends."""
        link = self.neighbours.get(peer)
        if link:
            self._listener.problem("peer-faulty", f"Ended the link with {peer.tag}: it {clean_line(reason)}.")
            self._end(link, reason, now)

    def stats(self, link: Link) -> LinkStats | None:
        """What a link stands on; None when it has just gone."""
        try:
            return self._transport.stats(link.id) if self._transport else None
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
        return self._transport.pairs(link) if self._transport else ()

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
        for link in list(self._links.values()):
            if link.hello_due is not None and now.mono >= link.hello_due:
                self._end(link, "the other side fell silent before its hello", now)
            elif link.outbox.is_stuck:
                self._end(link, "the other side takes nothing of what is sent to it", now)
        self.introductions.relays.tick(now)
        self._linker.tick(now.mono)
        self._act(now)

    def deadline(self) -> int | None:
        """When `tick` is next due."""
        times = [link.hello_due for link in self._links.values() if link.hello_due is not None]
        others = (self.introductions.relays.deadline(), self._linker.deadline(), self.neighbours.deadline())
        times += [time for time in others if time is not None]
        return min(times, default=None)

    async def close(self) -> None:
        """Let the last frames out, then end every link and leave every relay."""
        if self._transport:
            links = [link.id for link in self.neighbours]
            try:
                async with asyncio.timeout(FLUSH_MS / 1000):
                    for link in links:
                        await self._transport.writable(link)
            except TimeoutError:
                pass  # the goodbye was for whoever still listens
        for held in self._links.values():
            held.end()
        await self.introductions.relays.close()
        if self._transport:
            await self._transport.close()

    # What comes in ---------------------------------------------------------------------------------------------

    def handle(self, event: TransportEvent | NetworkInput, now: Now) -> None:
        """Take in an event of the transport, or the report of a task."""
        match event:
            case LinkOpened(link):
                self._opened(link, now)
            case FrameReceived():
                self._received(event, now)
            case LinkClosed(link, reason):
                self._closed(link, reason, now)
            case LinkStruggled(link, reason):
                self._linker.struggled(link, clean_line(reason, REASON_MAX))
                if link in self._links:
                    self.introductions.explain(self._links[link].session, reason)
            case NetworkChanged():
                self.rebuild(now)
            case Described(link, description):
                self._linker.described(link, description, now.mono)
            case DescribeFailed(link, reason):
                self._closed(link, reason, now)
            case Served():
                pass  # the session tells the replica
        self._act(now)

    def handle_signaling(self, relay: RelayState, event: SignalingEvent, now: Now) -> None:
        """Take in an event of one relay."""
        self.introductions.handle(relay, event, now)
        if isinstance(event, IceServersOffered):
            self._offer_servers()
        self._act(now)

    def _offer_servers(self) -> None:
        if self._transport:
            self._transport.offer_servers(self.introductions.relays.servers())

    def _opened(self, link_id: LinkId, now: Now) -> None:
        link = self._links.get(link_id)
        if link is None or self._transport is None:
            return
        try:
            prints = self._transport.fingerprints(link_id)
        except TransportError:
            return  # closed meanwhile: LinkClosed is on its way
        hello = make_hello(self._identity, self._keys.room, self._session, link.session, prints, self._started)
        link.outbox.send(hello)
        link.hello_due = now.mono + HELLO_MS
        link.tasks.append(self._spawn(link.outbox.run()))

    def _received(self, event: FrameReceived, now: Now) -> None:
        link = self._links.get(event.link)
        if link is None:
            return
        try:
            frame = link.decoders[event.channel].decode(event.data)
        except WireError as error:
            self._fault(link, f"sent {error}", now)
            return
        if link.hear(now.mono):
            self._linker.trust(link.session)
        if link.is_up and link.peer:
            self._listener.heard(link.peer)
        if frame is None:
            return
        if not link.is_up:
            if event.channel is Channel.CHAT:
                self._greet(link, frame, now)
            return  # soft frames may overtake the hello: not believed before it
        if link.peer is None:
            return
        match frame:
            case Ping(number):
                if not link.outbox.is_behind:  # who asks without end and takes no answer must not fill our memory
                    link.outbox.send(Pong(number), soft=event.channel is Channel.PRESENCE)
            case Pong():
                self._linker.trust(link.session)
                if link.pings.pong(frame, now.mono):
                    self._listener.link_news(link.peer)
            case Carried():
                self.introductions.carried(frame, link.peer, now)
            case _:
                self._listener.frame(link.peer, frame)

    def _greet(self, link: Link, frame: Frame, now: Now) -> None:
        remote = self._linker.remotes.get(link.session)
        expected = remote.peer if remote else link.peer
        if self._transport is None or expected is None:
            self._end(link, "nobody signed for it", now)
            return
        try:
            prints = self._transport.fingerprints(link.id)
            hello = check_hello(frame, expected, self._keys.room, self._session, link.session, prints)
            link.path = self._transport.path(link.id)
        except TransportError:
            return  # closed meanwhile: LinkClosed is on its way, and nobody is to blame
        except HelloRefused as error:
            self._fault(link, str(error), now)
            return
        link.peer, link.is_up, link.started, link.up_at = expected, True, hello.started, now
        link.hello_due = None
        before = self.neighbours.get(expected)
        if before and before.session != link.session and before.outranks(link):
            # By its clock a ghost, but clocks are set back: it may come once the link that stands is gone.
            self._end(link, "another session of the same identity is linked", now)
            return
        self.neighbours.put(expected, link)
        self._linker.up(link.id, now.mono)
        if before:
            self._listener.link_down(expected, "replaced")
            if before.session != link.session:
                self._linker.retire(before.session)
        link.tasks.append(self._spawn(self._serve(link)))
        self._listener.link_up(expected, link.session)

    async def _serve(self, link: Link) -> None:
        async for peer, count in serve(link, self._store, self._keys.room):
            await self._post(Served(peer, count, link.id))

    def _closed(self, link_id: LinkId, reason: str, now: Now) -> None:
        link = self._links.pop(link_id, None)
        if link is None:
            return
        link.end()
        self._linker.down(link_id, clean_line(reason, REASON_MAX), now.mono)
        peer = self.neighbours.remove(link)
        if peer:
            self._listener.link_down(peer, clean_line(reason))
            self.introductions.unlinked(peer, now)

    def _fault(self, link: Link, reason: str, now: Now) -> None:
        who = link.peer.tag if link.peer else "somebody"
        self._listener.problem("peer-faulty", f"Ended a link with {who}: it {clean_line(reason)}.")
        self._end(link, reason, now)

    def _end(self, link: Link, reason: str, now: Now) -> None:
        self._closed(link.id, reason, now)
        if self._transport:
            self._spawn(self._transport.close_link(link.id))

    # What the linker decides -----------------------------------------------------------------------------------

    def _act(self, now: Now) -> None:
        while action := self._linker.take():
            self._do(action, now)

    def _do(self, action: Action, now: Now) -> None:
        if isinstance(action, SendSignal):
            self.introductions.send(action)
            return
        if self._transport is None:
            if isinstance(action, Drop):
                self._waiting = [each for each in self._waiting if each.link != action.link]
            else:
                self._waiting.append(action)
            return
        match action:
            case MakeOffer(link, session):
                self._begin(link, session, self._transport.offer(link))
            case MakeAnswer(link, session, description):
                self._begin(link, session, self._transport.answer(link, description))
            case AcceptAnswer(link, description):
                self._spawn(self._accept(self._transport, link, description))
            case Drop(link, reason):
                held = self._links.get(link)
                if held:
                    self._end(held, reason, now)

    def _begin(self, link: LinkId, session: SessionId, description: Coroutine[Any, Any, str]) -> None:
        if self._transport is None:
            return
        remote = self._linker.remotes.get(session)
        self._links[link] = Link(self._transport, link, session, remote.peer if remote else None)
        self._spawn(self._describe(link, description))

    async def _describe(self, link: LinkId, description: Coroutine[Any, Any, str]) -> None:
        try:
            await self._post(Described(link, await description))
        except TransportError as error:
            await self._post(DescribeFailed(link, str(error)))

    async def _accept(self, transport: Transport, link: LinkId, description: str) -> None:
        try:
            await transport.accept(link, description)
        except TransportError as error:
            await transport.close_link(link)
            await self._post(DescribeFailed(link, str(error)))


_DOING = {Phase.DESCRIBING: Doing.DESCRIBING, Phase.OFFERED: Doing.OFFERED, Phase.OPENING: Doing.OPENING}


def _doing(remote: Remote) -> Doing:
    if remote.attempt:
        return _DOING[remote.attempt.phase]
    return Doing.WAITING if remote.failures else Doing.ASKING
