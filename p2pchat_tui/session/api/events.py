"""What a session tells, after it has happened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ...ssc.ids import STAMP_MAX, Order, PeerId
from .views import MessageView, PeerView, RelayView

ALL_HISTORY: Order = (0, b"", 0)
NO_HISTORY: Order = (STAMP_MAX + 1, b"", 0)

Since = Callable[[], Order]
"""From which place of the room on somebody wants old messages one by one as they come in. See Session.events."""


def all_history() -> Order:
    """Every old message is wanted."""
    return ALL_HISTORY


@dataclass(frozen=True, slots=True)
class MessageAdded:
    """A message is here, mine included, after it was stored. Not necessarily the newest: sort by `order`."""

    message: MessageView
    backfill: bool
    """Written before this session began, and fetched to catch up: must not ring."""


@dataclass(frozen=True, slots=True)
class HistoryAdded:
    """Old messages came in that nobody wanted to hear of one by one: `Session.history` has them."""

    count: int


@dataclass(frozen=True, slots=True)
class HistoryErased:
    """Old messages were let go, as SetRetention says: what is held of them in memory is not on disk any more."""


@dataclass(frozen=True, slots=True)
class MessageChanged:
    """A message that was here was edited, retracted or reacted to."""

    message: MessageView
    what: str
    """`edited`, `retracted` or `reaction`."""
    reaction: tuple[PeerId, str, bool] | None = None
    """With `reaction`: who, which emoji, on or off."""


@dataclass(frozen=True, slots=True)
class HoldersChanged:
    """Somebody else holds more than before: ask `Session.holders` again for the messages in view."""

    peer: PeerId


@dataclass(frozen=True, slots=True)
class PeerChanged:
    """Something about a peer is new: state, path, round trip, name."""

    peer: PeerView


@dataclass(frozen=True, slots=True)
class PeopleChanged:
    """The user decided something about somebody: names, marks and who is shown may all be others; see the view."""


@dataclass(frozen=True, slots=True)
class TypingChanged:
    """Somebody began or ceased to type."""

    peer: PeerId
    name: str
    on: bool


@dataclass(frozen=True, slots=True)
class SignalingChanged:
    """A relay's state is new."""

    relay: RelayView


@dataclass(frozen=True, slots=True)
class Synced:
    """Nothing that this peer holds is missing here any more."""

    peer: PeerId
    received: int
    """Entries taken in from the peer since its link came up."""
    sent: int


@dataclass(frozen=True, slots=True)
class RoomChanged:
    """Topic, own name, gap, network sentence or readiness is new: look at `Session.view`."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that a person should know, once."""

    code: str
    """A stable word for programs: `signals-unreadable`, `clock-ahead`, `store-full`, `relay-refused`, …"""
    text: str
    """One sentence with the next step."""


@dataclass(frozen=True, slots=True)
class DirectAsked:
    """Somebody wants to talk to me alone, and has had no answer yet. Told once; `Profile.asks` lists all of them."""

    peer: PeerId
    name: str


@dataclass(frozen=True, slots=True)
class DirectCalled:
    """Somebody with whom I have a room of two is in it now."""

    peer: PeerId


@dataclass(frozen=True, slots=True)
class Resync:
    """You did not read for so long that events were dropped: look at `Session.view` and `history` anew."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The session is over; nothing follows."""

    reason: str


Event = (
    MessageAdded
    | HistoryAdded
    | HistoryErased
    | MessageChanged
    | HoldersChanged
    | PeerChanged
    | PeopleChanged
    | TypingChanged
    | SignalingChanged
    | Synced
    | RoomChanged
    | Problem
    | DirectAsked
    | DirectCalled
    | Resync
    | Ended
)
