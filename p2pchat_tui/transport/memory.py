"""The Transport in memory: scripted delay, loss, bandwidth, cuts, partitions and deaths, on the running loop's clock.

Everything happens through the loop's `call_later`, so a loop with virtual time runs an hour in a moment, and chance
comes from the generator that is passed in, so a run can be repeated.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from random import Random

from ..ports.ice import IceServer
from ..ports.transport import Channel, LinkStats, Pair, PairState, Path, TransportError
from ..ssc.ids import LinkId
from .inbox import Inbox, weight
from .limits import DEATH_S, LOW_WATER, MESSAGE_MAX, OPEN_S
from .memory_link import MemoryLink

_OFFER, _ANSWER = "memory-offer", "memory-answer"


class MemoryNet:
    """The network between MemoryTransports. Its settings may be changed at any time."""

    def __init__(
        self,
        random: Random,
        *,
        delay: float = 0.0,
        jitter: float = 0.0,
        loss: float = 0.0,
        bandwidth: float | None = None,
        death: float = DEATH_S,
        path: Path = Path.LAN,
    ) -> None:
        self.random = random
        self.delay = delay
        """Seconds one way."""
        self.jitter = jitter
        """Seconds at most that come on top; chat stays in order all the same."""
        self.loss = loss
        """Chance of a presence message to be lost."""
        self.bandwidth = bandwidth
        """Bytes per second and direction of one link; None for no limit."""
        self.death = death
        """Seconds after which a side that vanished is noticed."""
        self.path = path
        self._ends: dict[str, MemoryLink] = {}
        self._sides: dict[MemoryTransport, int] = {}
        self._parted = False
        self._made = 0

    def transport(self, *, deadline: float = OPEN_S) -> MemoryTransport:
        """Another session's transport on this network."""
        return MemoryTransport(self, deadline)

    def partition(self, *groups: Iterable[MemoryTransport]) -> None:
        """Part the network: only transports of one group reach each other. Who is in no group reaches nobody."""
        self._sides = {transport: number for number, group in enumerate(groups) for transport in group}
        self._parted = True
        self._review()

    def heal(self) -> None:
        """Everybody reaches everybody again; links that stand go on where they stopped."""
        self._sides, self._parted = {}, False
        self._review()

    def cut(self, link: LinkId) -> None:
        """Break one link for good: nothing passes, and both sides notice after `death` seconds."""
        for end in [end for end in self._ends.values() if end.id == link]:
            end.cut = True
        self._review()

    def kill(self, transport: MemoryTransport) -> None:
        """End a transport as a crash would: its reader sees nothing more, the others notice after `death` seconds."""
        transport.die()
        self._review()

    def reaches(self, one: MemoryTransport, other: MemoryTransport) -> bool:
        """Whether packets pass between two transports."""
        if one.dead or other.dead:
            return False
        return not self._parted or self._sides.get(one, -1) == self._sides.get(other, -2)

    def _review(self) -> None:
        for end in list(self._ends.values()):
            end.review()

    def add(self, end: MemoryLink) -> str:
        """Register a new end; its name on the network."""
        self._made += 1
        name = f"{self._made:08x}"
        self._ends[name] = end
        return name

    def find(self, name: str) -> MemoryLink | None:
        """The end of that name, unless it is gone."""
        return self._ends.get(name)

    def discard(self, name: str) -> None:
        """Forget an end."""
        self._ends.pop(name, None)


class MemoryTransport:
    """One session's links on a MemoryNet."""

    def __init__(self, net: MemoryNet, deadline: float) -> None:
        self.net = net
        self.inbox = Inbox()
        self.dead = False
        """Killed: does nothing any more, and says nothing."""
        self.servers: tuple[IceServer, ...] = ()
        """Those that were offered last."""
        self._deadline = deadline
        self._links: dict[LinkId, MemoryLink] = {}
        self._closed = False

    def offer_servers(self, servers: Sequence[IceServer]) -> None:
        """See the port: there is nothing to get through here, so they are only noted."""
        self.servers = tuple(servers)

    async def offer(self, link: LinkId) -> str:
        """Begin `link` as the side that offers."""
        end = self._begin(link)
        end.offered = True
        return end.describe(_OFFER)

    async def answer(self, link: LinkId, offer: str) -> str:
        """Begin `link` as the side that answers."""
        end = self._begin(link)
        end.join(self._look_up(end, _OFFER, offer))
        return end.describe(_ANSWER)

    async def accept(self, link: LinkId, answer: str) -> None:
        """Give the offering side the other's `answer`."""
        end = self._get(link)
        if not end.offered:
            raise TransportError("This link waits for no answer.")
        other = self._look_up(end, _ANSWER, answer)
        end.offered = False
        end.join(other)

    def forget(self, end: MemoryLink) -> None:
        """This end is gone."""
        self._links.pop(end.id, None)

    def _look_up(self, end: MemoryLink, kind: str, description: str) -> MemoryLink | None:
        try:
            return end.look_up(kind, description)
        except TransportError as error:
            end.end(str(error))
            raise

    def _begin(self, link: LinkId) -> MemoryLink:
        if self._closed or self.dead:
            raise TransportError("The transport is closed.")
        if link in self._links:
            raise TransportError("This link was begun before.")
        self._links[link] = end = MemoryLink(self, link, self._deadline)
        return end

    def _get(self, link: LinkId) -> MemoryLink:
        end = self._links.get(link)
        if end is None:
            raise TransportError("This link is gone.")
        return end

    def send(self, link: LinkId, channel: Channel, data: str | bytes) -> None:
        """Queue one message of at most MESSAGE_MAX bytes; a link that is not open swallows it."""
        if weight(data) > weight(b"") + MESSAGE_MAX:
            raise ValueError(f"a message has at most {MESSAGE_MAX} bytes")
        end = self._links.get(link)
        if end is not None and end.is_open:
            end.send(channel, data)

    def buffered(self, link: LinkId) -> int:
        """Bytes queued over all channels of the link."""
        end = self._links.get(link)
        return end.buffered if end is not None else 0

    async def writable(self, link: LinkId) -> None:
        """Return once `buffered` is under LOW_WATER, or the link is gone."""
        end = self._links.get(link)
        while end is not None and self.buffered(link) >= LOW_WATER:
            end.drained.clear()
            await end.drained.wait()

    def fingerprints(self, link: LinkId) -> tuple[str, str]:
        """Made-up fingerprints (own, other's), the same on both sides."""
        end = self._get(link)
        if end.other is None:
            raise TransportError("This link is not open.")
        return end.fingerprint, end.other.fingerprint

    def path(self, link: LinkId) -> Path:
        """What the net says."""
        if not self._get(link).is_open:
            raise TransportError("This link is not open.")
        return self.net.path

    def stats(self, link: LinkId) -> LinkStats:
        """What went over the link; its ends are made up."""
        end = self._get(link)
        if not end.is_open or end.other is None:
            raise TransportError("This link is not open.")
        return LinkStats(
            local="host",
            remote="host",
            local_address=f"memory:{end.name}",
            remote_address=f"memory:{end.other.name}",
            tried=1,
            sent=end.sent,
            received=end.got,
            messages_sent=end.messages_sent,
            messages_received=end.messages_got,
        )

    def pairs(self, link: LinkId) -> tuple[Pair, ...]:
        """The one that there can be, once both sides know each other."""
        end = self._links.get(link)
        if end is None or end.other is None:
            return ()
        state = PairState.WORKS if end.is_open else PairState.TRYING
        names = f"memory:{end.name}", f"memory:{end.other.name}"
        return (Pair("host", "host", *names, state=state, chosen=end.is_open),)

    async def close_link(self, link: LinkId) -> None:
        """End one link."""
        if end := self._links.get(link):
            end.end("This side closed the link.")

    def events(self) -> Inbox:
        """What happens, in order. One reader. Ends after `close`."""
        return self.inbox

    async def close(self) -> None:
        """End all links. May be called twice."""
        self._closed = True
        self._end_all("This side closed the link.")
        self.inbox.close()

    def die(self) -> None:
        """Be killed: see MemoryNet.kill."""
        self.dead = self._closed = True
        self.inbox.close()
        self._end_all("This side was killed.")

    def _end_all(self, reason: str) -> None:
        for end in list(self._links.values()):
            end.end(reason)
