"""The simulated network as one process uses it: every byte is traced, soft messages may come twice."""

from __future__ import annotations

from random import Random

from p2pchat_tui.ports.signaling import SignalingEvent
from p2pchat_tui.ports.transport import Channel
from p2pchat_tui.signaling.memory import MemoryHub, MemorySignaling
from p2pchat_tui.ssc.ids import LinkId, RoomId, SessionId
from p2pchat_tui.transport.limits import OPEN_S
from p2pchat_tui.transport.memory import MemoryNet, MemoryTransport
from p2pchat_tui.transport.memory_link import MemoryLink

from .trace import Trace

WANT = b"\xa4want"
"""How a request for a page looks on the wire."""


class SimTransport(MemoryTransport):
    """A transport in memory whose soft channel may also repeat."""

    def __init__(self, net: MemoryNet, name: str, trace: Trace, random: Random) -> None:
        super().__init__(net, OPEN_S)
        self._name = name
        self._trace = trace
        self._random = random
        self.repeats = 0.0
        """Chance of a soft message to be sent twice."""
        self.wants = 0
        """Pages of feeds that were asked for."""
        self.begun: list[LinkId] = []
        """Every link that was ever begun here."""

    async def offer(self, link: LinkId) -> str:
        """See Transport."""
        self.begun.append(link)
        return await super().offer(link)

    async def answer(self, link: LinkId, offer: str) -> str:
        """See Transport."""
        self.begun.append(link)
        return await super().answer(link, offer)

    def forget(self, end: MemoryLink) -> None:
        """See MemoryTransport. A side that ends before it was open must not leave the other one open for ever."""
        super().forget(end)
        if end.other is not None and not end.is_open:
            end.cut = True
            end.other.review()

    def send(self, link: LinkId, channel: Channel, data: str | bytes) -> None:
        """See Transport."""
        self._trace.bytes(f"{self._name} {link.text} {channel}", data)
        self.wants += isinstance(data, bytes) and WANT in data[:8]
        super().send(link, channel, data)
        if channel is Channel.PRESENCE and self.repeats and self._random.random() < self.repeats:
            super().send(link, channel, data)


class SimSignaling(MemorySignaling):
    """Signaling in memory, traced."""

    def __init__(self, hub: MemoryHub, room: RoomId, session: SessionId, name: str, trace: Trace) -> None:
        super().__init__(hub, room, session)
        self._name = name
        self._trace = trace

    def send(self, to: SessionId, data: bytes) -> None:
        """See Signaling."""
        self._trace.bytes(f"{self._name} → {to.text}", data)
        super().send(to, data)

    def post(self, event: SignalingEvent) -> None:
        """See MemorySignaling."""
        self._trace.bytes(self._name, repr(event))
        super().post(event)
