"""The Transport over WebRTC (aiortc): one Link for each session that is reached.

Importing this module imports aiortc, which takes most of a second: see `loading`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from ..ports.ice import IceServer
from ..ports.transport import Channel, LinkStats, NetworkChanged, Pair, Path, TransportError
from ..ssc.ids import LinkId
from . import guards
from .description import candidate_types
from .inbox import Inbox, weight
from .kernel_news import KernelNews
from .limits import CLOSE_S, LATE_S, MESSAGE_MAX, OPEN_S
from .link import Link
from .servers import Servers
from .watch import LOOK_S, Watch

log = logging.getLogger(__name__)

SHUTDOWN_S = 3.0
"""Seconds for all links together to close their sockets at the end; a TURN server that is gone is not waited for."""


class Mesh:
    """Links over DTLS and SCTP, found by ICE on our own addresses and with the servers that are named, no others.

    `addresses` limits ICE to these host addresses. With None it uses all that there are, and 127.0.0.1 when there
    are none; `loopback` adds 127.0.0.1 in any case. With `relay_only` it uses none at all, but that of a TURN
    server, and without one there is no link. Must be made inside a running loop.
    """

    def __init__(
        self,
        ice_servers: Sequence[IceServer] = (),
        addresses: Sequence[str] | None = None,
        *,
        loopback: bool = False,
        relay_only: bool = False,
        deadline: float = OPEN_S,
        watch: Watch | None = None,
    ) -> None:
        """`watch` looks at the machine's network in place of a usual Watch."""
        unfit = guards.install()
        if addresses is not None and "addresses" in unfit:
            raise TransportError("This aiortc cannot be limited to addresses; install the version that is asked for.")
        self._addresses = None if addresses is None else tuple(addresses)
        self._loopback = loopback
        self._relay_only = relay_only
        self._deadline = deadline
        self._inbox = Inbox()
        self._links: dict[LinkId, Link] = {}
        self._ice_servers = tuple(ice_servers)
        self._servers = Servers(self._allowed(ice_servers), self._server_was_late)
        self._late: asyncio.TimerHandle | None = None
        self._watch = watch or Watch(news=KernelNews())
        self._watching = asyncio.create_task(self._follow(self._watch), name="watch the network")
        self._closed = False

    def offer_servers(self, servers: Sequence[IceServer]) -> None:
        """Use these STUN and TURN servers too, after our own, for links that begin from now on."""
        self._servers.use(self._allowed((*self._ice_servers, *servers)))

    async def offer(self, link: LinkId) -> str:
        """Begin `link` as the side that offers; its description, with all candidates."""
        begun = await self._begin(link)
        return self._checked(begun, await begun.offer(self._addresses, self._loopback))

    async def answer(self, link: LinkId, offer: str) -> str:
        """Begin `link` as the side that answers `offer`; its description, with all candidates."""
        begun = await self._begin(link)
        return self._checked(begun, await begun.answer(offer, self._addresses, self._loopback))

    async def accept(self, link: LinkId, answer: str) -> None:
        """Give the offering side the other's `answer`."""
        await self._get(link).accept(answer)

    def _allowed(self, servers: Sequence[IceServer]) -> list[IceServer]:
        """Those of `servers` that are sent anything: with `relay_only` no STUN server, since its word is not used."""
        return [server for server in servers if not self._relay_only or server.url.startswith("turn")]

    def _checked(self, link: Link, description: str) -> str:
        """Our `description`, unless it breaks the promise of `relay_only`, or is of no use: that ends the link."""
        if not self._relay_only:
            return description
        kinds = candidate_types(description)
        if not kinds:
            link.end(
                "The TURN server gives us no address: check its user name and credential with `p2pchat-tui doctor`."
            )
        elif kinds != {"relay"}:
            link.end("This link would tell an address of this machine, which is set to relay-only.")
        if link.reason is not None:
            raise TransportError(link.reason)
        return description

    async def _begin(self, link: LinkId) -> Link:
        self._check_new(link)
        servers = await self._servers.alive(patient=self._relay_only)
        self._check_new(link)
        if self._relay_only and not any(server.url.startswith("turn") for server in servers):
            raise TransportError(self._servers.wants_turn)
        self._links[link] = begun = Link(
            link,
            servers,
            self._inbox,
            self._deadline,
            relay_only=self._relay_only,
            udp_blocked=lambda: self._servers.is_udp_blocked,
        )
        begun.when_gone(lambda: self._links.pop(link, None))
        return begun

    def _server_was_late(self) -> None:
        """A link was begun without a server that has answered since: give it a moment, then begin with it."""
        if self._late is None and not self._closed:
            self._late = asyncio.get_running_loop().call_later(LATE_S, self._give_way)

    def _give_way(self) -> None:
        self._late = None
        for link in list(self._links.values()):
            if link.can_begin_anew and link.servers != self._servers.best:
                link.end("A STUN or TURN server has answered meanwhile; it is tried again with it.")

    async def _follow(self, watch: Watch) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                what = watch.look()
            except OSError as error:
                log.warning("the addresses of this machine cannot be read: %s", error)
                continue
            if what:
                log.info("links are begun anew: %s", what)
                self._servers.forget()
                self._inbox.put(NetworkChanged())

    def _check_new(self, link: LinkId) -> None:
        if self._closed:
            raise TransportError("The transport is closed.")
        if link in self._links:
            raise TransportError("This link was begun before.")

    def _get(self, link: LinkId) -> Link:
        found = self._links.get(link)
        if found is None or found.reason is not None:
            raise TransportError("This link is gone.")
        return found

    def send(self, link: LinkId, channel: Channel, data: str | bytes) -> None:
        """Queue one message of at most MESSAGE_MAX bytes; a link that is gone swallows it."""
        if weight(data) > weight(b"") + MESSAGE_MAX:
            raise ValueError(f"a message has at most {MESSAGE_MAX} bytes")
        if found := self._links.get(link):
            found.send(channel, data)

    def buffered(self, link: LinkId) -> int:
        """Bytes queued over all channels of the link."""
        found = self._links.get(link)
        return found.buffered if found else 0

    async def writable(self, link: LinkId) -> None:
        """Return once `buffered` is under LOW_WATER, or the link is gone."""
        if found := self._links.get(link):
            await found.writable()

    def fingerprints(self, link: LinkId) -> tuple[str, str]:
        """The DTLS fingerprints (own, other's): sha-256, hex pairs in capitals with colons."""
        return self._get(link).fingerprints

    def path(self, link: LinkId) -> Path:
        """How an open link reaches the other side."""
        return self._get(link).path

    def stats(self, link: LinkId) -> LinkStats:
        """What an open link stands on, and its traffic so far."""
        return self._get(link).stats()

    def pairs(self, link: LinkId) -> tuple[Pair, ...]:
        """The pairs of ends that ICE has found for a link so far."""
        found = self._links.get(link)
        return found.pairs() if found is not None and found.reason is None else ()

    async def close_link(self, link: LinkId) -> None:
        """End one link; returns within CLOSE_S, and what takes longer goes on by itself."""
        if found := self._links.get(link):
            found.end("This side closed the link.")
            await found.closed(CLOSE_S)

    def events(self) -> Inbox:
        """What happens, in order. One reader. Ends after `close`."""
        return self._inbox

    async def close(self) -> None:
        """End all links. May be called twice."""
        self._closed = True
        self._watching.cancel()
        if self._late is not None:
            self._late.cancel()
        await asyncio.wait({self._watching})
        self._watch.close()
        links = list(self._links.values())
        for link in links:
            link.end("This side closed the link.")
        await asyncio.gather(*(link.closed(SHUTDOWN_S) for link in links))
        for link in links:
            link.abandon()
        await self._servers.close()
        self._inbox.close()
