"""One valid example, or a few, of everything that comes in from outside: what the fuzzer starts from."""

from __future__ import annotations

from functools import cache

import msgspec

from p2pchat_tui.session.hello import make_hello
from p2pchat_tui.signaling import protocol
from p2pchat_tui.ssc.body import Edit, Profile, React, Retract, Say, Topic, encode_body
from p2pchat_tui.ssc.clock import Now
from p2pchat_tui.ssc.entry import Entry, sign_entry
from p2pchat_tui.ssc.forks import ForkProof
from p2pchat_tui.ssc.frames import (
    Batch,
    Carried,
    Direct,
    Done,
    FeedState,
    Hello,
    Notice,
    Ping,
    Pong,
    Recent,
    Vector,
    Want,
)
from p2pchat_tui.ssc.ids import GENESIS, LinkId, SessionId, stamp_of
from p2pchat_tui.ssc.presence import Board
from p2pchat_tui.ssc.room import Invite, room_keys, write_invite
from p2pchat_tui.ssc.runs import run_of
from p2pchat_tui.ssc.seal import Signal, SignalKind
from p2pchat_tui.ssc.wire import BulkEncoder, Message, Sendable, encode
from tests.helpers import ROOM, START_MS, chain, identity

ANA, BO = identity(1), identity(2)
HERE, THERE = SessionId(b"a" * 16), SessionId(b"b" * 16)
PRINTS = ("AA:AA", "BB:BB")
KEYS = room_keys(b"secret of a fuzz")
SIGNALS = tuple(
    Signal(kind, LinkId(b"link no1"), ANA.peer, "v=0\r\na=fingerprint:sha-256 AA:AA\r\n" * 20) for kind in SignalKind
)


def fork(at: int, count: int) -> tuple[list[Entry], list[Entry]]:
    """Two branches of one feed that part at seq `at`, each with `count` entries."""
    one = chain(BO, count)
    two = one[: at - 1]
    prev = two[-1].id if two else GENESIS
    for entry in one[at - 1 :]:
        two.append(sign_entry(ROOM, BO, entry.seq, entry.stamp, prev, b'{"k":"say","text":"there"}'))
        prev = two[-1].id
    return one, two


@cache
def proof() -> ForkProof:
    """A proof that proves something."""
    one, two = fork(3, 9)
    return ForkProof(run_of(one[2:]), run_of(two[2:]))


@cache
def hello() -> Hello:
    """The hello that ANA says to BO."""
    return make_hello(ANA, ROOM, HERE, THERE, PRINTS, START_MS)


@cache
def frames() -> tuple[Sendable, ...]:
    """Every kind of frame: some small, some that travel deflated or in fragments."""
    feed = chain(ANA, 300)
    noise = b"".join(ANA.sign(b"%d" % number) for number in range(240))
    big = sign_entry(ROOM, BO, 1, stamp_of(START_MS), GENESIS, noise)
    pieces = [((1, number + 1), (number + 3, number + 9)) for number in range(900)]
    wide = {number.to_bytes(32): FeedState(each, bytes(8)) for number, each in enumerate(pieces)}
    board = Board(ROOM, ANA, HERE, "ana")
    return (
        hello(),
        Vector({ANA.peer: FeedState(((1, 300),), feed[-1].id[:8])}, True, {BO.peer: 3}),
        Vector(wide, whole=False, fleeting=True),
        Recent(1, 200),
        Want(2, ANA.peer, 1, 128),
        Done(3),
        board.speak([BO.peer], Now(START_MS, 0)),
        Ping(4),
        Pong(5),
        Notice("clock-ahead", "Your clock is 180 minutes ahead of mine."),
        Direct(ROOM),
        Carried(HERE, THERE, 4, b"sealed" * 50),
        Carried(THERE, HERE, 0, noise[:12_000]),
        Batch(0, ()),
        Batch(0, (run_of(feed[-1:]),)),
        Batch(6, (run_of(feed[120:140]), run_of(feed[250:]))),
        Batch(7, (run_of([big]),)),
        proof(),
    )


@cache
def messages() -> tuple[tuple[Message, ...], ...]:
    """The messages of every frame, and of one of a later version."""
    bulk = BulkEncoder()
    pages = [bulk.encode(Batch(8, (run_of(chain(ANA, count)),))) for count in (40, 60)]
    later = b"\x02" + msgspec.msgpack.encode(["poll", {"options": ["a", "b"]}])
    return (*(tuple(encode(frame)) for frame in frames()), tuple(each for page in pages for each in page), (later,))


@cache
def bodies() -> tuple[bytes, ...]:
    """Every kind of body, and one of a later version."""
    target = chain(ANA, 1)[0].id.text
    known = (Say("hello"), Say("yes", target), Edit(target, "hullo"), Retract(target), React(target, "👍"))
    more = (Profile("ana", "here", "#ffa500"), Topic("apples"))
    return (*map(encode_body, (*known, *more)), b'{"k":"poll","options":["a","b"]}')


@cache
def invites() -> tuple[str, ...]:
    """Invites with and without a relay."""
    secret = b"secret of a fuzz"
    relays = ("", "ws://127.0.0.1:7345/ws", "wss://relay.example/ws", "wss://[::1]:7345/ws")
    return tuple(write_invite(Invite("orchard & friends", secret, relay)) for relay in relays)


@cache
def from_clients() -> tuple[bytes, ...]:
    """What a relay receives."""
    join = protocol.Join(protocol.VERSION, ROOM.text, HERE.text, "ab" * 16)
    return tuple(map(protocol.encode, (join, protocol.SignalTo(THERE.text, b"sealed" * 50))))


@cache
def from_relays() -> tuple[bytes, ...]:
    """What a client receives."""
    ice = protocol.Ice("turn:127.0.0.1:3478?transport=udp", "1700000000:u", "credential")
    return tuple(
        map(
            protocol.encode,
            (
                protocol.Welcome(protocol.VERSION, [THERE.text], [ice]),
                protocol.Seen(THERE.text),
                protocol.Gone(THERE.text),
                protocol.SignalFrom(THERE.text, b"sealed" * 50),
                protocol.Refused("room-full", "This room has as many people as the relay allows."),
            ),
        )
    )
