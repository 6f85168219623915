"""Makes links: each from its first description, by the hello that makes it one with a known peer, to its end.

What takes time (describing a link, serving a request) is a task that reports back through `post`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any

from ..ports.store import Store
from ..ports.transport import Transport, TransportError
from ..ssc.clock import Now
from ..ssc.frames import Frame
from ..ssc.identity import Identity
from ..ssc.ids import LinkId, PeerId, SessionId
from ..ssc.room import RoomKeys
from ..ssc.text import clean_line
from .hello import HelloRefused, check_hello, make_hello
from .introductions import REASON_MAX, Introductions
from .linker import Linker
from .links import Link, serve
from .listener import Listener
from .neighbours import Neighbours
from .remote import AcceptAnswer, Drop, LinkAction, MakeAnswer, MakeOffer

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


Report = Described | DescribeFailed | Served
"""What a task of a link has come to."""


class Maker:
    """The links of one session, up or not. What becomes of each it tells to the linker, who decides what to make."""

    def __init__(
        self,
        identity: Identity,
        keys: RoomKeys,
        session: SessionId,
        started: int,
        linker: Linker,
        neighbours: Neighbours,
        introductions: Introductions,
        *,
        store: Store,
        listener: Listener,
        post: Callable[[Report], Coroutine[Any, Any, None]],
        spawn: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
    ) -> None:
        """`started`: when `session` began, Unix milliseconds. `store`: what requests are served from."""
        self._identity = identity
        self._keys = keys
        self._session = session
        self._started = started
        self._linker = linker
        self._neighbours = neighbours
        self._introductions = introductions
        self._store = store
        self._listener = listener
        self._post = post
        self._spawn = spawn
        self.transport: Transport | None = None
        """None until the network stack is loaded."""
        self._links: dict[LinkId, Link] = {}
        self._waiting: list[LinkAction] = []

    def use_transport(self, transport: Transport, now: Now) -> None:
        """The network stack is loaded: begin what was waiting for it."""
        self.transport = transport
        waiting, self._waiting = self._waiting, []
        for action in waiting:
            self.do(action, now)

    def get(self, link: LinkId) -> Link | None:
        """One link; None when it is gone, or never was."""
        return self._links.get(link)

    # What the linker decides -----------------------------------------------------------------------------------

    def do(self, action: LinkAction, now: Now) -> None:
        """Carry out a decision, at once or when the transport is there."""
        if self.transport is None:
            if isinstance(action, Drop):
                self._waiting = [each for each in self._waiting if each.link != action.link]
            else:
                self._waiting.append(action)
            return
        match action:
            case MakeOffer(link, session):
                self._begin(self.transport, link, session, partial(self.transport.offer, link))
            case MakeAnswer(link, session, description):
                self._begin(self.transport, link, session, partial(self.transport.answer, link, description))
            case AcceptAnswer(link, description):
                self._spawn(self._accept(self.transport, link, description))
            case Drop(link, reason):
                held = self._links.get(link)
                if held:
                    self.end(held, reason, now)

    def _begin(
        self, transport: Transport, link: LinkId, session: SessionId, describe: Callable[[], Awaitable[str]]
    ) -> None:
        remote = self._linker.remotes.get(session)
        self._links[link] = Link(transport, link, session, remote.peer if remote else None)
        self._spawn(self._describe(link, describe))

    async def _describe(self, link: LinkId, describe: Callable[[], Awaitable[str]]) -> None:
        try:
            await self._post(Described(link, await describe()))
        except TransportError as error:
            await self._post(DescribeFailed(link, str(error)))

    async def _accept(self, transport: Transport, link: LinkId, description: str) -> None:
        try:
            await transport.accept(link, description)
        except TransportError as error:
            await transport.close_link(link)
            await self._post(DescribeFailed(link, str(error)))

    # How a link comes up ---------------------------------------------------------------------------------------

    def opened(self, link_id: LinkId, now: Now) -> None:
        """A link is open: say hello."""
        link = self._links.get(link_id)
        if link is None or self.transport is None:
            return
        try:
            prints = self.transport.fingerprints(link_id)
        except TransportError:
            return  # closed meanwhile: LinkClosed is on its way
        hello = make_hello(self._identity, self._keys.room, self._session, link.session, prints, self._started)
        link.outbox.send(hello)
        link.hello_due = now.mono + HELLO_MS
        link.tasks.append(self._spawn(link.outbox.run()))

    def greeted(self, link: Link, frame: Frame, now: Now) -> None:
        """The first frame came over `link`: a hello puts it up, in the place of what stood; anything else ends it."""
        remote = self._linker.remotes.get(link.session)
        expected = remote.peer if remote else link.peer
        if self.transport is None or expected is None:
            self.end(link, "nobody signed for it", now)
            return
        try:
            prints = self.transport.fingerprints(link.id)
            hello = check_hello(frame, expected, self._keys.room, self._session, link.session, prints)
            link.path = self.transport.path(link.id)
        except TransportError:
            return  # closed meanwhile: LinkClosed is on its way, and nobody is to blame
        except HelloRefused as error:
            self.fault(link, str(error), now)
            return
        link.peer, link.is_up, link.started, link.up_at = expected, True, hello.started, now
        link.hello_due = None
        before = self._neighbours.get(expected)
        if before and before.session != link.session and before.outranks(link):
            # By its clock a ghost, but clocks are set back: it may come once the link that stands is gone.
            self.end(link, "another session of the same identity is linked", now)
            return
        self._neighbours.put(expected, link)
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

    # How it ends -----------------------------------------------------------------------------------------------

    def closed(self, link_id: LinkId, reason: str, now: Now) -> None:
        """A link is gone, or could not be made."""
        link = self._links.pop(link_id, None)
        if link is None:
            return
        link.end()
        self._linker.down(link_id, clean_line(reason, REASON_MAX), now.mono)
        peer = self._neighbours.remove(link)
        if peer:
            self._listener.link_down(peer, clean_line(reason))
            self._introductions.unlinked(peer, now)

    def end(self, link: Link, reason: str, now: Now) -> None:
        """Close a link from this side."""
        self.closed(link.id, reason, now)
        if self.transport:
            self._spawn(self.transport.close_link(link.id))

    def fault(self, link: Link, reason: str, now: Now) -> None:
        """The same, and say so: over it came what no honest peer sends. `reason` goes on from "it"."""
        who = link.peer.tag if link.peer else "somebody"
        self._listener.problem("peer-faulty", f"Ended a link with {who}: it {clean_line(reason)}.")
        self.end(link, reason, now)

    def tick(self, now: Now) -> None:
        """End the links over which nothing comes to pass."""
        for link in list(self._links.values()):
            if link.hello_due is not None and now.mono >= link.hello_due:
                self.end(link, "the other side fell silent before its hello", now)
            elif link.outbox.is_stuck:
                self.end(link, "the other side takes nothing of what is sent to it", now)

    def deadline(self) -> int | None:
        """When `tick` is next due."""
        return min((link.hello_due for link in self._links.values() if link.hello_due is not None), default=None)

    async def close(self) -> None:
        """Let the last frames out, then stop every link's tasks."""
        if self.transport:
            links = [link.id for link in self._neighbours]
            try:
                async with asyncio.timeout(FLUSH_MS / 1000):
                    for link in links:
                        await self.transport.writable(link)
            except TimeoutError:
                pass  # the goodbye was for whoever still listens
        for held in self._links.values():
            held.end()
