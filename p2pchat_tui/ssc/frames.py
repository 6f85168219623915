"""What two linked peers say to each other, as frozen values. `wire` turns them into bytes and back.

Ids are plain bytes of the right length here; whoever handles a frame makes ids of them. The order of the fields is
their order on the wire, so new ones are only ever added at the end.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from .forks import ForkProof
from .ids import SIGNAL_MAX, EntryId, PeerId
from .runs import Run

WIRE_VERSION = 1
"""Sent in every hello; a peer of another version is told so, and not linked."""

Id32 = Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
Id16 = Annotated[bytes, msgspec.Meta(min_length=16, max_length=16)]
Short8 = Annotated[bytes, msgspec.Meta(min_length=8, max_length=8)]
Short4 = Annotated[bytes, msgspec.Meta(min_length=4, max_length=4)]
Signature = Annotated[bytes, msgspec.Meta(min_length=64, max_length=64)]
Natural = Annotated[int, msgspec.Meta(ge=0, le=(1 << 53) - 1)]
Positive = Annotated[int, msgspec.Meta(ge=1, le=(1 << 53) - 1)]
Short = Annotated[str, msgspec.Meta(max_length=256)]

RANGES_MAX = 256
"""Ranges of one feed in a vector: a feed in more pieces than this is named in part, and the rest another time."""
FEEDS_MAX = 4096
"""Authors in one vector."""
LINKS_MAX = 64
"""Neighbours that a presence names: the most links that a peer keeps."""


class Hello(msgspec.Struct, frozen=True, array_like=True, tag_field="t", tag="hello"):
    """The first frame of each side on the chat channel: that I am who signed the link's signal.

    It names neither: the signature is over both sessions and both DTLS fingerprints, and is that of one peer only.
    """

    version: int
    started: Natural
    """When this session began, Unix milliseconds: the newer of one peer's two sessions is the living one."""
    signature: Signature


class FeedState(msgspec.Struct, frozen=True, array_like=True):
    """What a peer holds of one feed: ranges of seqs, and the first 8 bytes of the id at the top."""

    ranges: Annotated[tuple[tuple[Positive, Positive], ...], msgspec.Meta(max_length=RANGES_MAX)]
    head: Short8


class Vector(msgspec.Struct, frozen=True, array_like=True, tag_field="t", tag="vector"):
    """What I have on disk. `whole`: all of it; otherwise only the feeds that changed."""

    feeds: Annotated[dict[Id32, FeedState], msgspec.Meta(max_length=FEEDS_MAX)]
    whole: bool
    cuts: Annotated[dict[Id32, Positive], msgspec.Meta(max_length=FEEDS_MAX)] = {}
    """With `whole`: feeds of which I have the proof of a fork, and the seq before which they end."""
    fleeting: bool = False
    """Whether all that I have is in memory, and goes with me."""


class Recent(msgspec.Struct, frozen=True, array_like=True, tag_field="t", tag="recent"):
    """Send me the newest `limit` entries that my vector lacks."""

    request: Positive
    limit: Annotated[int, msgspec.Meta(ge=1, le=500)]


class Want(msgspec.Struct, frozen=True, array_like=True, tag_field="t", tag="want"):
    """Send me low..high of one feed, the upper part first."""

    request: Positive
    author: Id32
    low: Positive
    high: Positive


class Done(msgspec.Struct, frozen=True, array_like=True, tag_field="t", tag="done"):
    """That was all I have for your request."""

    request: Positive


class Presence(msgspec.Struct, frozen=True, array_like=True, tag_field="t", tag="presence"):
    """How one peer is, in its own signed words; passed on at most `hops` times."""

    peer: Id32
    session: Id16
    clock: Natural
    """Rises with every change and every heartbeat of that peer; the larger one wins."""
    state: Short
    typing: bool
    name: Short
    links: Annotated[tuple[Short4, ...], msgspec.Meta(max_length=LINKS_MAX)]
    """The first 4 bytes of the keys of those it is linked with."""
    read: Annotated[int, msgspec.Meta(ge=0)]
    """The stamp up to which it has read; 0 when it does not say."""
    hops: Annotated[int, msgspec.Meta(ge=0, le=8)]
    signature: Signature


class Carried(msgspec.Struct, frozen=True, array_like=True, tag_field="t", tag="signal"):
    """A sealed signal on its way from one session to another; whoever carries it can neither read nor alter it."""

    sender: Id16
    to: Id16
    hops: Annotated[int, msgspec.Meta(ge=0, le=8)]
    """How often it may still be passed on."""
    data: Annotated[bytes, msgspec.Meta(min_length=1, max_length=SIGNAL_MAX)]


class Ping(msgspec.Struct, frozen=True, array_like=True, tag_field="t", tag="ping"):
    """Answer this: for the round trip, and to know that the link lives."""

    number: Natural


class Pong(msgspec.Struct, frozen=True, array_like=True, tag_field="t", tag="pong"):
    """The answer to a ping."""

    number: Natural


class Notice(msgspec.Struct, frozen=True, array_like=True, tag_field="t", tag="notice"):
    """Something that you should know about yourself, such as a clock that is wrong."""

    code: Short
    text: Short


class Direct(msgspec.Struct, frozen=True, array_like=True, tag_field="t", tag="direct"):
    """Come to our room of two. `room` is its id, which only the two can know: whoever names it is who he says he is."""

    room: Id16


class Batch(msgspec.Struct, frozen=True):
    """Entries: pushed as they are written (`request` 0), or in answer to a request."""

    request: int
    runs: tuple[Run, ...]


class Later(msgspec.Struct, frozen=True):
    """A frame of a later version: skipped."""

    kind: str


Control = Hello | Vector | Recent | Want | Done | Presence | Carried | Ping | Pong | Notice | Direct
Frame = Control | Batch | ForkProof | Later


def short_head(entry: EntryId) -> bytes:
    """How a vector names the entry at a feed's top."""
    return entry[:8]


def short_peer(peer: PeerId) -> bytes:
    """How a presence names a neighbour."""
    return peer[:4]
