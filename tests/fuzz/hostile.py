"""Target: a replica with an honest friend and a hostile member, whose frames are valid, nearly valid, or lies.

The liar holds keys of its own, so it can sign what it likes for them, fork them, and answer requests by their right
number; it cannot sign for anybody else. After each of its frames the victim must hold nothing of the others that they
did not write, and no more of anything than a room can have.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random

import msgspec

from p2pchat_tui.ssc.clock import MAX_AHEAD_MS
from p2pchat_tui.ssc.effects import Send
from p2pchat_tui.ssc.entry import Entry, sign_entry
from p2pchat_tui.ssc.forks import ForkProof
from p2pchat_tui.ssc.frames import (
    Batch,
    Done,
    FeedState,
    Notice,
    Presence,
    Recent,
    Vector,
    Want,
)
from p2pchat_tui.ssc.holdings import AUTHORS_MAX, VECTOR_RANGES_MAX
from p2pchat_tui.ssc.ids import GENESIS, EntryId, PeerId, Stamp, stamp_ms, stamp_of
from p2pchat_tui.ssc.packing import RUNS_MAX
from p2pchat_tui.ssc.presence import PEERS_MAX, Board
from p2pchat_tui.ssc.replica import SERVING_MAX
from p2pchat_tui.ssc.runs import Run, run_of
from p2pchat_tui.ssc.wire import Decoder, Message, Sendable, WireError, encode
from tests.helpers import ROOM, START_MS, ManualClock, Node, chain, identity

from . import corpus
from .meter import Meter
from .mutate import Mutator

LATER = b"\x02" + msgspec.msgpack.encode(["x"])
EPISODE = 120
"""Frames that one victim gets."""
EFFECTS_MAX = 2 * RUNS_MAX + 64
"""Effects that one frame may leave before any of them is carried out: a batch has that many runs."""
FRIEND = identity(11)
LIAR, TWIN = identity(12), identity(13)
"""The liar, and a second identity that it writes with. None of the three is in the corpus, which is the liar's too."""
NUMBERS = (1, 2, 127, 128, 129, 256, 2**31, 2**53 - 2, 2**53 - 1)


class Scene:
    """One victim, its friend, and the liar."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.mutator = Mutator(random)
        self.clock = ManualClock()
        self.victim = Node(50, self.clock)
        self.honest = chain(FRIEND, random.choice((3, 130)))
        for entry in self.honest:
            self.victim.disk[entry.author, entry.seq] = entry
        self.victim.start()
        self.own = [self.victim.say(f"own {number}") for number in range(3)]
        self.feeds = {each.peer: [chain(each, random.choice((1, 5, 5, 140)))] for each in (LIAR, TWIN)}
        """The liar's branches, by author."""
        self.board = Board(ROOM, LIAR, corpus.HERE, "liar")
        self.numbers = [0]
        """Numbers of the victim's requests, of which the newest are worth answering."""
        self.victim.replica.link_up(FRIEND.peer, corpus.THERE, self.victim.now)
        self.link()

    def link(self) -> None:
        """A new link of the liar."""
        self.decoder = Decoder()
        self.victim.replica.link_up(LIAR.peer, corpus.HERE, self.victim.now)
        self.settle()

    def unlink(self) -> None:
        """The session would end the link."""
        self.victim.replica.link_down(LIAR.peer, self.victim.now)
        self.victim.strikes.clear()
        self.link()

    def settle(self) -> None:
        """Carry out everything, and note what the victim asks the liar for."""
        self.victim.settle()
        for effect in self.victim.effects:
            if isinstance(effect, Send) and effect.peer == LIAR.peer and isinstance(effect.frame, Recent | Want):
                self.numbers.append(effect.frame.request)
        self.victim.effects.clear()
        self.victim.shown.clear()
        self.victim.outbox.clear()
        del self.numbers[:-4]

    # What the liar says ------------------------------------------------------------------------------------------

    def frame(self) -> list[Message]:
        """The messages of its next frame."""
        make = self.random.choice(
            (self._batch, self._batch, self._batch, self._vector, self._vector, self._small, self._proof, self._any)
        )
        messages = encode(make())
        return messages if self.random.random() < 0.6 else self.mutator.messages(messages, (LATER,))

    def _any(self) -> Sendable:
        return self.random.choice(corpus.frames())

    def _small(self) -> Sendable:
        chance = self.random
        author = chance.choice((FRIEND.peer, LIAR.peer, self.victim.peer, PeerId(chance.randbytes(32))))
        low = chance.choice(NUMBERS)
        high = min(low + chance.choice((0, 1, 511, 512, 2**40)), 2**53 - 1)
        spoken = self.board.speak([author], self.victim.now)
        return chance.choice(
            (
                Want(chance.choice(NUMBERS), author, low, high),
                Recent(chance.choice(NUMBERS), chance.choice((1, 200, 500))),
                Done(chance.choice(self.numbers) or 1),
                Notice(chance.choice(("clock-ahead", "x" * 256, "\x1b")), "\x1b[2J"),
                spoken,
                msgspec.structs.replace(spoken, peer=author),
                msgspec.structs.replace(spoken, clock=2**53 - 1, hops=0),
                self._stranger(),
            )
        )

    def _stranger(self) -> Presence:
        """The presence of an identity that was made up just now."""
        who = identity(self.random.randrange(10**9))
        return Board(ROOM, who, corpus.HERE, "x" * 256).speak([], self.victim.now)

    def _vector(self) -> Vector:
        chance = self.random
        feeds = {}
        for author in chance.sample([FRIEND.peer, LIAR.peer, TWIN.peer, self.victim.peer], chance.randint(1, 4)):
            held = self.victim.replica.feeds[author].ranges if author in self.victim.replica.feeds else ()
            top = held[-1][1] if held else chance.choice(NUMBERS)
            pick = chance.choice(((1, top), (1, top + 1), (top, 2**53 - 1), (chance.choice(NUMBERS), top), (7, 3)))
            feeds[author] = FeedState((pick,), chance.choice((bytes(8), self._head(author))))
        for _ in range(1000 if chance.random() < 0.03 else chance.choice((0, 0, 1))):
            pieces = tuple((2 * n + 1, 2 * n + 1) for n in range(chance.choice((1, 1, 20))))
            feeds[chance.randbytes(32)] = FeedState(pieces, bytes(8))
        cuts = {FRIEND.peer: chance.choice(NUMBERS)} if chance.random() < 0.3 else {}
        whole = chance.random() < 0.6
        return Vector(feeds, whole, cuts if whole else {})

    def _head(self, author: PeerId) -> bytes:
        feed = self.victim.replica.feeds.get(author)
        return feed.head.last[:8] if feed and feed.head else b"f" * 8

    def _batch(self) -> Batch:
        chance = self.random
        runs = [self._run() for _ in range(chance.choice((0, 1, 1, 2, 5)))]
        if chance.random() < 0.02:
            runs = [run_of(chain(identity(chance.randrange(10**9)), 1)) for _ in range(60)]
        return Batch(chance.choice(self.numbers), tuple(runs))

    def _run(self) -> Run:
        entries = self._entries()
        start = self.random.randrange(len(entries))
        run = run_of(entries[start : start + self.random.choice((1, 3, 128))])
        chance = self.random
        if chance.random() < 0.6:
            return run
        stamp, body = run.items[-1]
        return chance.choice(
            (
                replace(run, items=()),
                replace(run, items=(), signatures={}),
                replace(run, first=chance.choice((0, *NUMBERS[:-2])), signatures={}),
                replace(run, prev=chance.choice((GENESIS, EntryId(chance.randbytes(32))))),
                replace(run, author=chance.choice((FRIEND.peer, self.victim.peer, PeerId(chance.randbytes(32))))),
                replace(run, signatures={}),
                replace(run, signatures={seq: chance.randbytes(64) for seq in run.signatures}),
                replace(run, items=(*run.items[:-1], (stamp, body + b" "))),
                replace(run, items=(*run.items[:-1], (stamp_of((1 << 48) - 1, 0xFFFF), body))),
                replace(run, items=(run.items[0], *run.items)),
            )
        )

    def _entries(self) -> list[Entry]:
        """A feed to lie about, or a longer branch of its own."""
        chance = self.random
        if chance.random() < 0.3:
            return chance.choice((self.honest, self.own))
        author = chance.choice((LIAR, TWIN))
        branches = self.feeds[author.peer]
        branch = chance.choice(branches)
        at = chance.choice((len(branch), chance.randrange(len(branch) + 1)))
        grown = branch[:at]
        ms = chance.choice((START_MS, START_MS + MAX_AHEAD_MS, START_MS + 10 * MAX_AHEAD_MS, 0))
        for _ in range(130 if chance.random() < 0.03 else chance.choice((1, 2))):
            last = grown[-1] if grown else None
            stamp = max(stamp_of(ms, chance.randrange(3)), last.stamp + 1 if last else 1)
            body = chance.choice((b"", b"{}", b'{"k":"say","text":"lie"}', b'{"k":"edit","target":"' + b"x" * 9000))
            prev = last.id if last else GENESIS
            grown.append(sign_entry(ROOM, author, len(grown) + 1, Stamp(stamp), prev, body))
        branches.append(grown)
        del branches[:-3]
        return grown

    def _proof(self) -> ForkProof:
        one, two = self._run(), self._run()
        if self.random.random() < 0.3:
            branches = self.feeds[self.random.choice((LIAR, TWIN)).peer]
            at = self.random.randrange(1, min(map(len, branches)) + 1)
            one, two = (run_of(each[at - 1 : at + 100]) for each in (branches[0], branches[-1]))
        return ForkProof(one, two)

    # What must hold ----------------------------------------------------------------------------------------------

    def check(self) -> None:
        """Nothing of the others has changed, and everything is bounded."""
        replica, disk = self.victim.replica, self.victim.disk
        for entries in (self.honest, self.own):
            held = [disk.get((each.author, each.seq)) for each in entries]
            assert held == entries, "the liar changed what is not its own"
            author = entries[0].author
            assert sum(key[0] == author for key in disk) == len(entries), "the liar wrote for somebody else"
            assert replica.feeds[author].ranges == ((1, len(entries)),)
        assert not replica.forked & {FRIEND.peer, self.victim.peer}, "an honest feed was cut"
        assert stamp_ms(replica._clock.last) <= self.victim.now.wall + MAX_AHEAD_MS + 1, "the liar drags the clock"
        seen = replica.board.get(FRIEND.peer)
        assert seen and (seen.clock, seen.name) == (0, ""), (
            "somebody spoke for a friend that never did, but for its hello"
        )
        sizes = {
            "feeds": (len(replica.feeds), AUTHORS_MAX),
            "feeds held back": (len(replica._held_back), AUTHORS_MAX),
            "proofs": (len(replica.forks.proofs), AUTHORS_MAX),
            "searches for a fork": (len(replica.forks.chases), AUTHORS_MAX),
            "presences": (len(replica.board._others), PEERS_MAX),
            "feeds in a vector": (max(map(len, replica.holdings.vectors.values()), default=0), 2 * AUTHORS_MAX),
            "ranges in a vector": (
                max((sum(map(len, each.values())) for each in replica.holdings.vectors.values()), default=0),
                VECTOR_RANGES_MAX,
            ),
            "requests served": (max(replica._serving.values(), default=0), SERVING_MAX),
        }
        over = [f"{what}: {count}, over {most}" for what, (count, most) in sizes.items() if count > most]
        assert not over, "; ".join(over)


def hostile_member(random: Random, meter: Meter) -> None:
    """Frames of a linked liar: none raises, none changes what others wrote, none leaves much to do."""
    scene = Scene(random)
    replica = scene.victim.replica
    for _ in range(EPISODE):
        for message in scene.frame():
            meter.begin()
            before = _state_of(scene)
            try:
                frame = scene.decoder.decode(message)
            except WireError:
                meter.did("refused")
                assert _state_of(scene) == before, "a message that is no frame changed something"
                scene.unlink()
                continue
            if frame is None:
                meter.did("fragment")
                continue
            replica.receive(LIAR.peer, frame, scene.victim.now)
            assert len(replica._effects) <= EFFECTS_MAX, f"{len(replica._effects)} effects of one frame"
            scene.settle()
            scene.check()
            if scene.victim.strikes:
                assert all(each.peer == LIAR.peer and each.reason for each in scene.victim.strikes)
                meter.did("struck")
                scene.unlink()
            else:
                meter.did(type(frame).__name__)
        if random.random() < 0.2:
            scene.clock.advance(random.choice((100, 3_000, 15_000, 61_000)))
            replica.tick(scene.victim.now)
            scene.settle()


def _state_of(scene: Scene) -> tuple[object, ...]:
    """What must stay as it is when a message is refused."""
    replica = scene.victim.replica
    feeds = tuple((author, feed.segments) for author, feed in replica.feeds.items())
    return (feeds, replica._clock.last, replica.forked, len(scene.victim.disk), len(replica._effects))
