"""The session's whole contract with the UI, `pipe` and bots: what can be asked, what is told, what can be seen.

Commands are imperative, events are past tense, views are frozen pictures. Every text in here that came from
somebody else has been through `clean`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from ..ports.signaling import SignalingState
from ..ports.transport import LinkStats, Pair, PairState, Path
from ..ssc.ids import STAMP_MAX, EntryId, Order, PeerId, RoomId
from ..ssc.safety import safety_words
from ..ssc.terms import Term, places
from ..ssc.text import clean, clean_line, clean_name

__all__ = [
    "ALL_HISTORY",
    "NO_HISTORY",
    "AcceptName",
    "Activity",
    "AttemptView",
    "Command",
    "CommandRefused",
    "Deciding",
    "DirectAsked",
    "DirectCalled",
    "Distrust",
    "Doing",
    "Edit",
    "Ended",
    "EntryId",
    "Event",
    "Gap",
    "HistoryAdded",
    "HistoryErased",
    "HoldersChanged",
    "Leave",
    "LinkStats",
    "LinkView",
    "MarkRead",
    "MessageAdded",
    "MessageChanged",
    "MessageFacts",
    "MessageView",
    "Order",
    "Page",
    "Pair",
    "PairState",
    "Path",
    "PeerChanged",
    "PeerId",
    "PeerState",
    "PeerView",
    "PeopleChanged",
    "Problem",
    "React",
    "Reaction",
    "RelayView",
    "Resync",
    "Retract",
    "RetryNow",
    "RoomChanged",
    "RoomId",
    "RoomView",
    "Say",
    "SetAlias",
    "SetAway",
    "SetColour",
    "SetIgnored",
    "SetLan",
    "SetMuted",
    "SetName",
    "SetRetention",
    "SetStatus",
    "SetTopic",
    "SetTyping",
    "SetVerified",
    "SignalingChanged",
    "SignalingState",
    "Since",
    "Synced",
    "Term",
    "TypingChanged",
    "UseRelays",
    "all_history",
    "clean",
    "clean_line",
    "clean_name",
    "places",
    "safety_words",
]

# --------------------------------------------------------------------------------------------------------- commands


@dataclass(frozen=True, slots=True)
class Say:
    """Write a message; `Session.do` returns its id once it is on disk."""

    text: str
    reply_to: EntryId | None = None


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the text of one of my messages."""

    target: EntryId
    text: str


@dataclass(frozen=True, slots=True)
class Retract:
    """Take one of my messages back."""

    target: EntryId


@dataclass(frozen=True, slots=True)
class React:
    """Put an emoji on anybody's message, or take mine off."""

    target: EntryId
    emoji: str
    on: bool = True


@dataclass(frozen=True, slots=True)
class SetName:
    """Be called something else in this room."""

    name: str


@dataclass(frozen=True, slots=True)
class SetStatus:
    """Say something of myself in one line; empty takes it away."""

    status: str


@dataclass(frozen=True, slots=True)
class SetColour:
    """Be shown in this colour, `#rrggbb`; empty leaves it to the readers."""

    colour: str


@dataclass(frozen=True, slots=True)
class MarkRead:
    """I have read everything up to the message with this `order`; going back changes nothing."""

    order: Order


@dataclass(frozen=True, slots=True)
class SetRetention:
    """Keep this much of the room on this machine: `all`, `30d`, `5000` messages. What is beyond is erased."""

    keep: str


@dataclass(frozen=True, slots=True)
class SetTopic:
    """Give the room a topic."""

    topic: str


@dataclass(frozen=True, slots=True)
class SetTyping:
    """I am (not) writing. Expires by itself after 6 s."""

    on: bool


@dataclass(frozen=True, slots=True)
class SetAway:
    """I am (not) at the keyboard."""

    on: bool


@dataclass(frozen=True, slots=True)
class RetryNow:
    """Do not wait: try now whatever link or relay is waiting to be tried again."""


@dataclass(frozen=True, slots=True)
class SetLan:
    """Look for others on the local network from now on, or no more; links that stand stay. Not kept: see Profile."""

    on: bool


@dataclass(frozen=True, slots=True)
class UseRelays:
    """The room's relays are others now: leave those that it has no more, and go to the new ones; links that stand stay.
    Which they are, and that it is kept: see Profile.
    """


@dataclass(frozen=True, slots=True)
class Leave:
    """Say goodbye and end the session."""


@dataclass(frozen=True, slots=True)
class SetAlias:
    """Call somebody by a pet name, in all rooms of this profile; empty takes it back. Nobody else learns it."""

    peer: PeerId
    alias: str


@dataclass(frozen=True, slots=True)
class SetVerified:
    """The safety words were compared and are the same; or: that does not count any longer."""

    peer: PeerId
    on: bool


@dataclass(frozen=True, slots=True)
class Distrust:
    """The safety words are not the same: whoever holds this key is marked until they are, or the name is accepted."""

    peer: PeerId


@dataclass(frozen=True, slots=True)
class SetIgnored:
    """Carry what somebody writes without showing it, in all rooms; or show it again."""

    peer: PeerId
    on: bool


@dataclass(frozen=True, slots=True)
class SetMuted:
    """Show what somebody writes without announcing it, in all rooms; or announce it again."""

    peer: PeerId
    on: bool


@dataclass(frozen=True, slots=True)
class AcceptName:
    """Somebody may well have the name that another key had before: it was looked at."""

    peer: PeerId


Deciding = SetAlias | SetVerified | Distrust | SetIgnored | SetMuted | AcceptName
"""What the user decides about a key: it holds in every room of the profile, and stays on this machine."""

Command = (
    Say
    | Edit
    | Retract
    | React
    | SetName
    | SetStatus
    | SetColour
    | SetTopic
    | SetTyping
    | SetAway
    | MarkRead
    | SetRetention
    | RetryNow
    | SetLan
    | UseRelays
    | Leave
    | Deciding
)


class CommandRefused(Exception):
    """The command was not carried out and nothing was written; the text says why, for a person."""


# ------------------------------------------------------------------------------------------------------------ views


class PeerState(StrEnum):
    """Whether somebody is there."""

    ONLINE = "online"
    AWAY = "away"
    OFFLINE = "offline"


class Activity(StrEnum):
    """What the session is busy with while somebody is not (yet) linked; one word for the roster."""

    LINKING = "linking"
    WAITING = "waiting"
    NONE = ""


class Doing(StrEnum):
    """What is being done just now to link with somebody who is around."""

    ASKING = "asking"
    """The other side is to offer a link."""
    DESCRIBING = "describing"
    """Finding out under which addresses this machine can be reached."""
    OFFERED = "offered"
    """A link was offered, and the answer is awaited."""
    OPENING = "opening"
    """Both sides know each other's addresses, and try them."""
    WAITING = "waiting"
    """It failed: a pause runs before the next attempt."""


@dataclass(frozen=True, slots=True)
class Reaction:
    """One emoji on a message, and who put it there."""

    emoji: str
    authors: tuple[PeerId, ...]
    mine: bool


@dataclass(frozen=True, slots=True)
class MessageView:
    """One message as it stands: text after edits, reactions counted."""

    id: EntryId
    author: PeerId
    seq: int
    order: Order
    """The message's place in the room; compare to sort."""
    at_ms: int
    """When its author's clock says that it was written, Unix milliseconds."""
    name: str
    """The author's nickname, or `?` with the key's tag when none is known."""
    text: str
    """Cleaned, may hold newlines; empty when retracted."""
    mine: bool
    reply_to: EntryId | None
    reply_name: str
    """Whose message is answered, and its first line; both empty when it is no reply or that one is not here."""
    reply_text: str
    edited: bool
    retracted: bool
    reactions: tuple[Reaction, ...]
    to_me: bool = False
    """Whether somebody else speaks to me in it: names me, answers me, or writes to me alone."""
    reply_author: PeerId | None = None
    """Whose message is answered, when it is here."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Entries that are known to exist and are not here yet."""

    missing: int
    sources: tuple[str, ...]
    """Nicknames of those who hold some of them and are linked."""


@dataclass(frozen=True, slots=True)
class Page:
    """A stretch of the timeline, oldest first."""

    messages: tuple[MessageView, ...]
    more: bool
    """Whether older messages are in the store."""
    newer: bool = False
    """Whether newer messages are in the store than the last of these."""


@dataclass(frozen=True, slots=True)
class MessageFacts:
    """What there is to know of one message beside its text."""

    message: MessageView
    holders: tuple[PeerId, ...]
    """Others who have it on disk, by their own word."""
    written: str
    """The text as it was first written; the message's own text is the newest wording."""
    changes: int
    """How often it was edited or taken back."""
    signed: bool
    """Whether its author's signature was found good, just now, over this entry or over a later one that names it."""
    signature: bytes
    """The signature that vouches for it, 64 bytes; empty when none was found."""
    signed_seq: int
    """Which of its author's entries carries that signature."""


@dataclass(frozen=True, slots=True)
class PeerView:
    """Somebody in the room, other than me."""

    peer: PeerId
    name: str
    state: PeerState
    activity: Activity
    path: Path | None
    """None while there is no link."""
    via: str
    """With Path.VIA: the nickname of the one in between."""
    rtt_ms: int | None
    typing: bool
    last_seen_ms: int | None
    """Unix milliseconds of the last sign of life; None: of who is known by what others brought alone."""
    note: str
    """Something that a person must know, such as a wrong clock or a copied identity; empty when all is well."""
    status: str = ""
    """What they say of themselves, in one line."""
    colour: str = ""
    """`#rrggbb` if they chose one."""
    read: int = 0
    """The stamp (first part of a message's `order`) up to which they have read; 0 when they do not say."""
    retry_at_ms: int | None = None
    """With Activity.WAITING: when linking is tried again, Unix milliseconds."""
    trouble: str = ""
    """Why the last attempt to link failed; empty when none did, or there is a link."""
    nick: str = ""
    """What they call themselves; `name` is the pet name where there is one, and has the key's tag where needed."""
    alias: str = ""
    """The pet name that they have here."""
    since_ms: int | None = None
    """When this key was first seen by this profile, Unix milliseconds."""
    verified_ms: int = 0
    """When the safety words were compared, Unix milliseconds; 0: never."""
    ignored: bool = False
    muted: bool = False
    doubt: str = ""
    """The name that may not be theirs, since another key had it before, or the words did not match; empty: none."""


@dataclass(frozen=True, slots=True)
class RelayView:
    """One relay of the room."""

    url: str
    state: SignalingState
    detail: str
    dormant_since_ms: int | None = None
    """When dormant: since when, Unix milliseconds."""
    frames: int = 0
    """Messages to and from the relay since then: 0, unless something is wrong."""
    bytes: int = 0
    """All that went over the connection since then, both ways: its keep-alive."""
    retry_at_ms: int | None = None
    """When lost: when it is tried again, Unix milliseconds."""
    is_own: bool = False
    """Whether it is that of this machine's own windows, which says nothing about anybody elsewhere."""


@dataclass(frozen=True, slots=True)
class LinkView:
    """One link as it is now. Holds addresses: for one's own eyes, not for a screenshot or a log."""

    peer: PeerId
    name: str
    path: Path
    rtt_ms: int | None
    age_ms: int
    """How long it has stood."""
    silent_ms: int
    """How long ago something last came over it."""
    loss: float | None
    """Share of the pings of the last five minutes that got no answer, 0 to 1; None while nothing is known."""
    stats: LinkStats | None
    """Ends, addresses and bytes; None when it has just gone."""
    pairs: tuple[Pair, ...] = ()
    """What was tried to get it, and which pair was chosen."""
    doubted: bool = False
    """Whether it has fallen silent, so that another link is tried beside it."""


@dataclass(frozen=True, slots=True)
class AttemptView:
    """Somebody who is around and not linked, and what is done about it. Holds addresses, as LinkView does."""

    peer: PeerId | None
    """None while nobody has signed for that session."""
    name: str
    """Empty while it is not known who it is."""
    doing: Doing
    failures: int
    """Attempts that failed since a link last stood well."""
    retry_at_ms: int | None
    """When something is tried next without being asked for, Unix milliseconds."""
    trouble: str
    """Why the last attempt failed; empty when none did."""
    pairs: tuple[Pair, ...] = ()


@dataclass(frozen=True, slots=True)
class RoomView:
    """A frozen picture of the room, without its messages (those are asked for by page)."""

    name: str
    """The local name of the saved room."""
    room: RoomId
    words: str
    """Three words that are the same for all in the room: compare them to know that nobody mistyped."""
    me: PeerId
    my_name: str
    away: bool
    topic: str
    peers: tuple[PeerView, ...]
    """Online first, then away, then offline, then whoever is ignored; each by name."""
    relays: tuple[RelayView, ...]
    gap: Gap | None
    network: str
    """One sentence on what is awaited and what to try; empty when all known peers are linked or nobody is known."""
    ready: bool
    """False until the network stack is up; reading and writing work before that."""
    unread: int = 0
    """Messages of others that were not marked as read, in this run or an earlier one."""
    mentions: int = 0
    """Those of them that speak to me."""
    read: int = 0
    """The stamp up to which I have read."""
    keep: str = "all"
    """How much of the room is kept on this machine, as SetRetention takes it; `none`: nothing on disk."""
    my_status: str = ""
    my_colour: str = ""
    lan: bool | None = False
    """Whether others are looked for on the local network; None where that cannot be."""
    direct: PeerId | None = None
    """Whom I talk to here, when it is a room of two."""
    ignored: frozenset[PeerId] = frozenset()
    """Whose messages are not to be shown."""

    @property
    def title(self) -> str:
        """What stands for the room: `#orchard`, or `@bo` where it is a room of two."""
        return f"{'#' if self.direct is None else '@'}{self.name}"

    @property
    def online(self) -> tuple[PeerView, ...]:
        """Everybody with a live link."""
        return tuple(peer for peer in self.peers if peer.state is not PeerState.OFFLINE)

    def readers(self, order: Order) -> tuple[PeerView, ...]:
        """Those who say that they have read up to the message with this `order`."""
        return tuple(peer for peer in self.peers if peer.read >= order[0])


# ----------------------------------------------------------------------------------------------------------- events

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
