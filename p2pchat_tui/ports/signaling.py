"""The Signaling port: one room at one relay, where sessions are introduced to each other."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from ..ssc.ids import SessionId
from .ice import IceServer


class SignalingState(StrEnum):
    """Where the connection to one relay stands."""

    CONNECTING = "connecting"
    OPEN = "open"
    DORMANT = "dormant"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class StateChanged:
    """The connection to the relay changed its state."""

    state: SignalingState
    detail: str = ""
    """Why it was lost and what happens next, for a person; empty when all is well."""
    retry_ms: int | None = None
    """When lost: in how many milliseconds it is tried again."""


@dataclass(frozen=True, slots=True)
class SessionSeen:
    """Another session is in the room at this relay."""

    session: SessionId


@dataclass(frozen=True, slots=True)
class SessionGone:
    """That session left this relay (it may well still be linked)."""

    session: SessionId


@dataclass(frozen=True, slots=True)
class SignalReceived:
    """A sealed signal for this session."""

    sender: SessionId
    data: bytes


@dataclass(frozen=True, slots=True)
class IceServersOffered:
    """The relay's greeting named STUN and TURN servers."""

    servers: tuple[IceServer, ...]


SignalingEvent = StateChanged | SessionSeen | SessionGone | SignalReceived | IceServersOffered


@dataclass(frozen=True, slots=True)
class Traffic:
    """What went over the connections to one relay since the start, both ways."""

    frames: int = 0
    """Messages: none while everybody is linked."""
    bytes: int = 0
    """Of everything, keep-alive included, before TLS."""


class Signaling(Protocol):
    """One room at one relay: reconnects by itself, for ever, until closed."""

    @property
    def url(self) -> str:
        """Where the relay is, for people."""
        ...

    @property
    def is_own(self) -> bool:
        """Whether it is the relay of this machine's own windows, which nobody else comes to."""
        ...

    async def open(self) -> None:
        """Start. Returns at once; StateChanged tells how it goes."""
        ...

    @property
    def traffic(self) -> Traffic:
        """What went through so far."""
        ...

    def send(self, to: SessionId, data: bytes) -> None:
        """Pass a sealed signal on, at most SIGNAL_MAX bytes. Swallowed while there is no connection."""
        ...

    def retry_now(self) -> None:
        """Wait no longer: the network changed, or somebody asks. A standing connection is asked whether it lives."""
        ...

    def events(self) -> AsyncIterator[SignalingEvent]:
        """What happens, in order. One reader. Ends after `close`.

        After a reconnect every session that is there is reported by SessionSeen again.
        """
        ...

    async def close(self) -> None:
        """Leave the room and end. May be called twice."""
        ...
