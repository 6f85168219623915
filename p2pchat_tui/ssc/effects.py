"""What a replica asks of its session, in order: put on disk, send, read, and tell people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .entry import Entry
from .forks import ForkProof
from .ids import PeerId
from .presence import Seen
from .ranges import Ranges
from .runs import Run
from .wire import Sendable


@dataclass(frozen=True, slots=True)
class Commit:
    """Put these on disk, then call `committed` with the same value."""

    entries: tuple[Entry, ...]
    source: PeerId | None
    """Who sent them; None for one's own."""
    live: bool
    """Pushed as they were written, not fetched to catch up."""


@dataclass(frozen=True, slots=True)
class Send:
    """A frame for a linked peer. `soft`: may be lost, newer ones replace it."""

    peer: PeerId
    frame: Sendable
    soft: bool = False


@dataclass(frozen=True, slots=True)
class ServeRecent:
    """Read the newest `limit` entries and how things stand; send what `held` does not have of them, then `Done`."""

    peer: PeerId
    request: int
    limit: int
    held: Mapping[PeerId, Ranges]


@dataclass(frozen=True, slots=True)
class ServeRun:
    """Read these entries of one feed, send them upper part first, then `Done`."""

    peer: PeerId
    request: int
    author: PeerId
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Compare:
    """Read what is held of this stretch of a feed (and one below, and PROOF_ENTRIES above), then call `compared`."""

    peer: PeerId
    run: Run
    request: int = 0
    """What it answers; 0 when it was not asked for to be compared."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Keep this proof, and drop the feed's entries from there on, before anything else is stored."""

    proof: ForkProof


@dataclass(frozen=True, slots=True)
class Abandon:
    """Erase these entries of one feed in favour of another branch (see forks.Stray)."""

    author: PeerId
    low: int
    high: int
    count: int
    """How many they are."""


@dataclass(frozen=True, slots=True)
class Strike:
    """This peer sent what no honest one sends: end its link and say why."""

    peer: PeerId
    reason: str


@dataclass(frozen=True, slots=True)
class EntriesStored:
    """These are on disk now and can be shown."""

    entries: tuple[Entry, ...]
    source: PeerId | None
    live: bool


@dataclass(frozen=True, slots=True)
class PresenceChanged:
    """Somebody's presence is new."""

    seen: Seen
    before: Seen | None


@dataclass(frozen=True, slots=True)
class VectorChanged:
    """Somebody holds something else than before."""

    peer: PeerId


@dataclass(frozen=True, slots=True)
class InSync:
    """Nothing that this peer holds is lacking here."""

    peer: PeerId
    received: int
    sent: int


@dataclass(frozen=True, slots=True)
class GapChanged:
    """How much is missing has changed."""


@dataclass(frozen=True, slots=True)
class ClockAhead:
    """This author's clock is so far ahead that its feed waits."""

    author: PeerId
    ahead_ms: int


@dataclass(frozen=True, slots=True)
class Forked:
    """Two different entries of this author have one number: its identity was copied, and its feed ends there."""

    author: PeerId
    seq: int


@dataclass(frozen=True, slots=True)
class Noticed:
    """A peer tells us something about ourselves."""

    peer: PeerId
    code: str


Effect = (
    Commit
    | Send
    | ServeRecent
    | ServeRun
    | Compare
    | Cut
    | Abandon
    | Strike
    | EntriesStored
    | PresenceChanged
    | VectorChanged
    | InSync
    | GapChanged
    | ClockAhead
    | Forked
    | Noticed
)
