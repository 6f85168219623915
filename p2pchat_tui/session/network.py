"""The session's links and relays: turns introductions into links, and links into frames from known peers.

Everything here runs in the session's one loop. What takes time (describing a link, serving a request) is a task that
reports back through `post`, so nothing in here ever waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ..ports.signaling import SessionGone, Signaling, SignalingEvent, SignalReceived
from ..ports.store import Store
from ..ports.transport import (
    Channel,
    FrameReceived,
    LinkClosed,
    LinkOpened,
    LinkStats,
    LinkStruggled,
    NetworkChanged,
    Path,
    Transport,
    TransportError,
    TransportEvent,
)
from ..ssc.clock import Now
from ..ssc.effects import ServeRecent, ServeRun
from ..ssc.frames import Carried, Frame, Ping, Pong
from ..ssc.identity import Identity
from ..ssc.ids import LinkId, PeerId, SessionId
from ..ssc.presence import Seen
from ..ssc.room import RoomKeys
from ..ssc.seal import NONCE_BYTES, Signal, SignalError, SignalKind, seal, unseal
from ..ssc.text import clean_line
from ..ssc.wire import Sendable, WireError
from .hello import HelloRefused, check_hello, make_hello
from .linker import Linker
from .links import Link, serve
from .passing import Onward, Passing
from .relays import Relays, RelayState
from .remote import AcceptAnswer, Action, Drop, MakeAnswer, MakeOffer, SendSignal

HELLO_MS = 15_000
"""From a link's opening to the other side's hello: it has one ready, and a bad line may need to repeat it."""
ASK_MS = 4_000
"""A link that has brought nothing for this long is pinged on the channel that loses nothing."""
SILENT_MS = 8_000
"""A link that has brought nothing for this long is doubted: each side speaks every 3 s, and some of it is lost."""
SENDERS_MAX = 256
"""Sessions remembered of which something was said once: that their signals do not open, that they are a copy."""
REASON_MAX = 400
"""Characters of the reason why a link failed: the addresses of both sides, and what to do."""
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


class Listener(Protocol):
    """What the network tells its session."""

    def link_up(self, peer: PeerId, session: SessionId) -> None:
        """A link to `peer` stands."""

    def link_down(self, peer: PeerId, reason: str) -> None:
        """The link to `peer` is gone."""

    def link_news(self, peer: PeerId) -> None:
        """Path or round trip of the link to `peer` is new."""

    def frame(self, peer: PeerId, frame: Frame) -> None:
        """A frame came from `peer`."""

    def relay_news(self, relay: RelayState) -> None:
        """A relay's state is new."""

    def problem(self, code: str, text: str) -> None:
        """Something that a person should know."""


class Network:
    """Links and relays of one session."""

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
        self._entropy = entropy
        self._listener = listener
        self._post = post
        self._spawn = spawn
        self._transport: Transport | None = None
        self._linker = Linker(session, entropy)
        self._links: dict[LinkId, Link] = {}
        self._by_peer: dict[PeerId, Link] = {}
        self._waiting: list[Action] = []
        self._unreadable: set[SessionId] = set()
        self._copies: set[SessionId] = set()
        """Sessions that speak in this very identity."""
        self._explained: set[SessionId] = set()
        """Sessions of which it was said why they are not reached."""
        self._passing = Passing(session)
        self._relays = Relays(self._linker, listener.relay_news)

    @property
    def is_ready(self) -> bool:
        """Whether the transport is there."""
        return self._transport is not None

    @property
    def relays(self) -> Sequence[RelayState]:
        """The room's relays."""
        return self._relays.states

    def use_transport(self, transport: Transport, now: Now) -> None:
        """The network stack is loaded: begin what was waiting for it."""
        self._transport = transport
        self._offer_servers()
        waiting, self._waiting = self._waiting, []
        for action in waiting:
            self._do(action, now)

    def use_relays(self, signalings: Sequence[Signaling]) -> None:
        """The relays to be introduced by."""
        self._relays.use(signalings)

    # What the session asks -------------------------------------------------------------------------------------

    def send(self, peer: PeerId, frame: Sendable, soft: bool = False) -> None:
        """Send a frame to a linked peer; nothing happens when it has no link."""
        link = self._by_peer.get(peer)
        if link:
            link.outbox.send(frame, soft)

    def request(self, effect: ServeRecent | ServeRun) -> None:
        """Serve a request of a linked peer."""
        link = self._by_peer.get(effect.peer)
        if link:
            link.requests.put_nowait(effect)

    def strike(self, peer: PeerId, reason: str, now: Now) -> None:
        """End the link of a peer that sends what no honest one sends."""
        link = self._by_peer.get(peer)
        if link:
            self._listener.problem("peer-faulty", f"Ended the link with {peer.tag}: it {clean_line(reason)}.")
            self._end(link, reason, now)

    def path(self, peer: PeerId) -> Path | None:
        """How `peer` is linked; None when it is not."""
        link = self._by_peer.get(peer)
        return link.path if link else None

    def stands(self, peer: PeerId, link: LinkId) -> bool:
        """Whether `link` is the one with `peer`, not one that was replaced."""
        return peer in self._by_peer and self._by_peer[peer].id == link

    def has_links(self) -> bool:
        """Whether anybody is linked."""
        return bool(self._by_peer)

    def rtt_ms(self, peer: PeerId) -> int | None:
        """The last round trip to `peer`."""
        link = self._by_peer.get(peer)
        return link.pings.rtt_ms if link else None

    def links(self) -> Iterable[Link]:
        """The link of every linked peer."""
        return self._by_peer.values()

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
            peer = remote.peer or self._passing.who(remote.session)
            if peer not in self._by_peer:
                yield Attempted(peer, remote.failures, remote.retry_at, remote.reason)

    def around(self, seen: Seen, now: Now) -> None:
        """A presence came, or lapsed: who can be reached through the mesh is new."""
        self._passing.hear(seen, self._linker, now)
        self._act(now)

    def retry_now(self, now: Now) -> None:
        """Try at once whatever is waiting to be tried again."""
        self._relays.retry_now()
        self._linker.retry_now(now.mono)
        self._act(now)

    def rebuild(self, now: Now) -> None:
        """The network has changed, or the computer has slept: a new link to everybody, beside those that stand."""
        self._explained.clear()  # another network, other reasons
        self._relays.retry_now()
        for link in self._by_peer.values():
            link.outbox.send(link.pings.ping(now.mono))  # the pong of one that survived ends the doubt
        self._linker.rebuild(now.mono)
        self._act(now)

    def settle(self, now: Now) -> None:
        """Note which relays have nothing to do."""
        self._relays.settle(self.has_links() and next(iter(self.attempts()), None) is None, now)

    def tick(self, now: Now) -> None:
        """Pings, doubts, offers to be sent again, attempts to be made again."""
        for link in self._by_peer.values():
            if now.mono >= link.pings.due:
                link.outbox.send(link.pings.ping(now.mono), soft=True)
            if not link.is_asked and now.mono >= link.heard + ASK_MS:
                link.is_asked = True
                link.outbox.send(link.pings.ping(now.mono))
            if not link.is_silent and now.mono >= link.heard + SILENT_MS:
                link.is_silent = True
                self._linker.doubt(link.session, now.mono)
        for link in list(self._links.values()):
            if link.hello_due is not None and now.mono >= link.hello_due:
                self._end(link, "the other side fell silent before its hello", now)
        self._relays.tick(now)
        self._linker.tick(now.mono)
        self._act(now)

    def deadline(self) -> int | None:
        """When `tick` is next due."""
        times = [link.pings.due for link in self._by_peer.values()]
        times += [link.heard + ASK_MS for link in self._by_peer.values() if not link.is_asked]
        times += [link.heard + SILENT_MS for link in self._by_peer.values() if not link.is_silent]
        times += [link.hello_due for link in self._links.values() if link.hello_due is not None]
        times += [time for time in (self._relays.deadline(), self._linker.deadline()) if time is not None]
        return min(times, default=None)

    async def close(self) -> None:
        """Let the last frames out, then end every link and leave every relay."""
        if self._transport:
            links = [link.id for link in self._by_peer.values()]
            try:
                async with asyncio.timeout(FLUSH_MS / 1000):
                    for link in links:
                        await self._transport.writable(link)
            except TimeoutError:
                pass  # the goodbye was for whoever still listens
        for held in self._links.values():
            held.end()
        await self._relays.close()
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
                self._explain(link, reason)
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
        if isinstance(event, SignalReceived):
            if not self._signal(event.sender, event.data, now):
                self._complain(event.sender)
        else:
            self._relays.handle(relay, event, now)
            self._offer_servers()
        if isinstance(event, SessionGone):
            self._unreadable.discard(event.session)
            self._copies.discard(event.session)
            self._explained.discard(event.session)
        self._act(now)

    def _offer_servers(self) -> None:
        if self._transport:
            self._transport.offer_servers(self._relays.servers())

    def _signal(self, sender: SessionId, data: bytes, now: Now) -> bool:
        """Take in a signal, whichever way it came; whether it was one of this room for this session."""
        try:
            signal = unseal(data, self._keys, sender, self._session)
        except SignalError:
            return False
        if signal.peer == self._identity.peer:
            self._meet_copy(sender, signal)
        else:
            self._linker.signal(sender, signal, now.mono)
        return True

    def _meet_copy(self, sender: SessionId, signal: Signal) -> None:
        """Another session has this identity: it is not linked with, told of it, and so is the person here, once."""
        self._linker.retire(sender)
        if signal.kind is SignalKind.OFFER:
            self._send_signal(SendSignal(sender, SignalKind.ANSWER, signal.link, ""))
        if sender not in self._copies and len(self._copies) < SENDERS_MAX:
            self._copies.add(sender)
            self._listener.problem(
                "identity-copied",
                "This profile's identity is in use in another place at the same time. "
                "Use one at a time, or another profile (--profile NAME), or your messages may be cut off.",
            )

    def _complain(self, sender: SessionId) -> None:
        """Somebody at a relay sends what does not open here: said once for each."""
        if sender in self._unreadable or len(self._unreadable) >= SENDERS_MAX:
            return
        self._unreadable.add(sender)
        self._listener.problem(
            "signals-unreadable",
            "Somebody at this relay sends signals that do not open with this room's key. "
            "Compare the room words with the others; if they differ, one of you mistyped.",
        )

    def _carry(self, frame: Carried, bringer: PeerId, now: Now) -> None:
        """A neighbour brought a signal: for this session, or to be passed on."""
        onward = self._passing.take(frame, bringer, self._lively(), now)
        if isinstance(onward, Onward):
            link = self._by_peer[onward.peer]
            if not link.outbox.is_behind:
                link.outbox.send(onward.frame)
        elif onward is not None:
            self._signal(SessionId.from_text(frame.sender), onward, now)

    def _lively(self) -> Mapping[SessionId, PeerId]:
        """Neighbours whose links are not silent, by their sessions."""
        return {link.session: peer for peer, link in self._by_peer.items() if not link.is_silent}

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
        link.heard, link.is_asked = now.mono, False
        if link.is_silent:
            link.is_silent = False
            self._linker.trust(link.session)
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
                link.outbox.send(Pong(number), soft=event.channel is Channel.PRESENCE)
            case Pong():
                self._linker.trust(link.session)
                if link.pings.pong(frame, now.mono):
                    self._listener.link_news(link.peer)
            case Carried():
                self._carry(frame, link.peer, now)
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
        before = self._by_peer.get(expected)
        if before and before.session != link.session and before.outranks(link):
            # By its clock a ghost, but clocks are set back: it may come once the link that stands is gone.
            self._end(link, "another session of the same identity is linked", now)
            return
        self._by_peer[expected] = link
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
        if link.peer and self._by_peer.get(link.peer) is link:
            del self._by_peer[link.peer]
            self._passing.unlinked(link.peer)
            self._listener.link_down(link.peer, clean_line(reason))
            self._look_again(now)

    def _look_again(self, now: Now) -> None:
        """Whoever was taken for the ghost of a peer that is gone now may have been alive: clocks are set back."""
        for relay in self.relays:
            for session in sorted(relay.seen - self._linker.remotes.keys()):
                self._linker.seen(session, id(relay), now.mono)

    def _explain(self, link_id: LinkId, reason: str) -> None:
        """Say once for each session why it is not reached: many cannot be at the first try, and none is silent."""
        link = self._links.get(link_id)
        remote = self._linker.remotes.get(link.session) if link else None
        if link is None or remote is None or link.session in self._explained or len(self._explained) >= SENDERS_MAX:
            return
        if not remote.link and remote.peer not in self._by_peer:
            self._explained.add(link.session)
            who = remote.peer.tag if remote.peer else "somebody"
            self._listener.problem(
                "no-path",
                f"No link with {who} yet. {clean_line(reason, REASON_MAX)} What you write is kept until there is one.",
            )

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
            self._send_signal(action)
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

    def _send_signal(self, action: SendSignal) -> None:
        signal = Signal(action.kind, action.link, self._identity.peer, action.description)
        nonce = self._entropy(NONCE_BYTES)
        data = seal(signal, self._identity, self._keys, self._session, action.session, nonce)
        self._relays.send(action.session, data)
        for onward in self._passing.first(action.session, data, self._lively()):
            self.send(onward.peer, onward.frame)
