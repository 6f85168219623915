"""What is known of another session, and what a linker decides about it."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass, field
from enum import Enum

from ..ssc.ids import LinkId, PeerId, SessionId
from ..ssc.seal import SignalKind

RESEND_MS = 2_000
"""An offer without an answer is sent again after this long."""
SPENT_MAX = 64
"""Attempts of one session remembered, so that a replayed offer starts nothing."""


@dataclass(frozen=True, slots=True)
class MakeOffer:
    """Begin this link and describe it."""

    link: LinkId
    session: SessionId


@dataclass(frozen=True, slots=True)
class MakeAnswer:
    """Begin this link as the answering side and describe it."""

    link: LinkId
    session: SessionId
    description: str


@dataclass(frozen=True, slots=True)
class AcceptAnswer:
    """Give the link the other side's description."""

    link: LinkId
    description: str


@dataclass(frozen=True, slots=True)
class SendSignal:
    """Seal this and send it."""

    session: SessionId
    kind: SignalKind
    link: LinkId
    description: str


@dataclass(frozen=True, slots=True)
class Drop:
    """This link is not wanted (any more)."""

    link: LinkId
    reason: str


LinkAction = MakeOffer | MakeAnswer | AcceptAnswer | Drop
Action = LinkAction | SendSignal


class Phase(Enum):
    """How far an attempt is."""

    DESCRIBING = "describing"
    OFFERED = "offered"
    OPENING = "opening"


@dataclass(slots=True)
class Attempt:
    """A link in the making."""

    link: LinkId
    began: int
    phase: Phase = Phase.DESCRIBING
    description: str = ""
    """Ours, once it is there."""
    resend_at: int = 0
    pause: int = RESEND_MS


@dataclass(slots=True)
class Remote:
    """Another session of the room."""

    session: SessionId
    places: set[Hashable] = field(default_factory=set)
    """Where it is seen: relays, and the mesh."""
    peer: PeerId | None = None
    """Who it is, once a signal of it was opened."""
    link: LinkId | None = None
    """The link that stands."""
    since: int = 0
    """When that link came up."""
    doubted: bool = False
    """Whether that link has fallen silent: another is tried beside it."""
    attempt: Attempt | None = None
    failures: int = 0
    asks: int = 0
    """How often an offer was asked for since the last one came."""
    granted_at: int | None = None
    """When the other side last got an offer for asking."""
    retry_at: int | None = None
    reason: str = ""
    """Why the last attempt failed."""
    spent: deque[LinkId] = field(default_factory=lambda: deque(maxlen=SPENT_MAX))

    @property
    def wants_link(self) -> bool:
        """Whether a new link is to be tried."""
        return not self.attempt and (not self.link or self.doubted)
