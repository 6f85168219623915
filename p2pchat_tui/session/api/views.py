"""What can be seen of a room: frozen pictures."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ...ports.signaling import SignalingState
from ...ports.transport import LinkStats, Pair, Path
from ...ssc.ids import EntryId, Order, PeerId, RoomId


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
