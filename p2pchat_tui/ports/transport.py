"""The Transport port: links to other sessions, their channels, and what happens to them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from ..ssc.ids import LinkId
from .ice import IceServer


class Channel(StrEnum):
    """The DataChannels of a link."""

    CHAT = "chat"
    """Reliable and ordered: log and control frames."""
    PRESENCE = "presence"
    """Unordered, never sent again: soft state."""


class Path(StrEnum):
    """How a link reaches the other side."""

    LAN = "lan"
    DIRECT = "direct"
    RELAYED = "relayed"
    VIA = "via"


@dataclass(frozen=True, slots=True)
class LinkOpened:
    """All channels of the link are open. Proves nothing about who is there: that is the hello's work."""

    link: LinkId


@dataclass(frozen=True, slots=True)
class FrameReceived:
    """One message of a DataChannel: text as `str`, binary as `bytes`."""

    link: LinkId
    channel: Channel
    data: str | bytes


@dataclass(frozen=True, slots=True)
class LinkClosed:
    """The link is gone, whoever ended it. Comes once for every link that was begun, also for one that failed."""

    link: LinkId
    reason: str


class PairState(StrEnum):
    """How far a pair of ends has been tried."""

    WAITING = "waiting"
    TRYING = "trying"
    WORKS = "works"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Pair:
    """An own end and one of the other side's, between which a link is looked for. Holds addresses."""

    local: str
    """Kind of the own end, as in LinkStats."""
    remote: str
    local_address: str
    remote_address: str
    state: PairState
    chosen: bool = False
    """Whether the link goes over it."""


@dataclass(frozen=True, slots=True)
class LinkStats:
    """What an open link stands on."""

    local: str
    """Kind of the own end: `host`, `srflx` (seen through STUN), `prflx` (seen by the other side) or `relay` (TURN)."""
    remote: str
    local_address: str
    """`address:port`, for one's own eyes only."""
    remote_address: str
    tried: int
    """Pairs of ends that were tried to get through."""
    sent: int
    """Bytes, with the overhead of DTLS and SCTP."""
    received: int
    messages_sent: int = 0
    """Over all channels."""
    messages_received: int = 0


@dataclass(frozen=True, slots=True)
class LinkStruggled:
    """The link has not opened for a while, and is still tried. May come once, between its beginning and LinkOpened."""

    link: LinkId
    reason: str
    """What is known so far, for a person."""


@dataclass(frozen=True, slots=True)
class NetworkChanged:
    """This machine's addresses changed, or it slept: what stood on them should be begun anew."""


TransportEvent = LinkOpened | FrameReceived | LinkClosed | LinkStruggled | NetworkChanged


class TransportError(Exception):
    """A link cannot be made or used as asked: a description of the other side that makes no sense, a link gone."""


class Transport(Protocol):
    """Links to other sessions. Descriptions are SDP texts, complete with candidates (no trickle)."""

    def offer_servers(self, servers: Sequence[IceServer]) -> None:
        """Use these STUN and TURN servers too, for links that begin from now on; replaces what was offered before."""
        ...

    async def offer(self, link: LinkId) -> str:
        """Begin `link` as the side that offers; its description. Raises TransportError."""
        ...

    async def answer(self, link: LinkId, offer: str) -> str:
        """Begin `link` as the side that answers `offer`; its description. Raises TransportError."""
        ...

    async def accept(self, link: LinkId, answer: str) -> None:
        """Give the offering side the other's `answer`. Raises TransportError."""
        ...

    def send(self, link: LinkId, channel: Channel, data: str | bytes) -> None:
        """Queue one message; a link that is gone swallows it (LinkClosed tells)."""
        ...

    def buffered(self, link: LinkId) -> int:
        """Bytes queued over all channels of the link, not yet given to the network. 0 for a link that is gone."""
        ...

    async def writable(self, link: LinkId) -> None:
        """Return once `buffered` is under the transport's low-water mark, or the link is gone."""
        ...

    def fingerprints(self, link: LinkId) -> tuple[str, str]:
        """The DTLS fingerprints (own, other's) of an open link: what a hello is signed over."""
        ...

    def path(self, link: LinkId) -> Path:
        """How an open link reaches the other side."""
        ...

    def stats(self, link: LinkId) -> LinkStats:
        """What an open link stands on, and its traffic so far. Raises TransportError for one that is not open."""
        ...

    def pairs(self, link: LinkId) -> tuple[Pair, ...]:
        """The pairs of ends that were found for a link so far, open or not; none for one that is gone."""
        ...

    async def close_link(self, link: LinkId) -> None:
        """End one link; LinkClosed follows if it was not gone already."""
        ...

    def events(self) -> AsyncIterator[TransportEvent]:
        """What happens, in order. One reader. Ends after `close`."""
        ...

    async def close(self) -> None:
        """End all links. May be called twice."""
        ...
