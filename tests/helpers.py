"""Shared by the tests: fixed identities, clocks moved by hand, and a net of replicas without any loop."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Iterable

from p2pchat_tui.ssc import ranges
from p2pchat_tui.ssc.body import Say, encode_body
from p2pchat_tui.ssc.clock import Now
from p2pchat_tui.ssc.effects import Abandon, Commit, Compare, Cut, EntriesStored, Send, ServeRecent, ServeRun, Strike
from p2pchat_tui.ssc.entry import Entry, sign_entry
from p2pchat_tui.ssc.forks import PROOF_ENTRIES, ForkProof
from p2pchat_tui.ssc.frames import Batch, Done
from p2pchat_tui.ssc.identity import Identity
from p2pchat_tui.ssc.ids import GENESIS, PeerId, RoomId, SessionId, stamp_of
from p2pchat_tui.ssc.replica import Replica
from p2pchat_tui.ssc.runs import runs_of
from p2pchat_tui.ssc.segments import Segment, add_entries
from p2pchat_tui.ssc.wire import Decoder, encode

START_MS = 1_700_000_000_000
ROOM = RoomId(b"a room of tests.")


def identity(number: int) -> Identity:
    """The same identity for the same number, always."""
    return Identity(random.Random(number).randbytes(32))


def entropy(seed: int) -> Callable[[int], bytes]:
    """Random bytes that are the same in every run."""
    return random.Random(seed).randbytes


def chain(author: Identity, count: int, room: RoomId = ROOM, end_ms: int = START_MS) -> list[Entry]:
    """A feed of `count` messages, a second apart, the last one at `end_ms`."""
    entries: list[Entry] = []
    prev = GENESIS
    for seq in range(1, count + 1):
        body = encode_body(Say(f"message {seq}"))
        entries.append(sign_entry(room, author, seq, stamp_of(end_ms + 1000 * (seq - count)), prev, body))
        prev = entries[-1].id
    return entries


class ManualClock:
    """A clock that only moves when told to."""

    def __init__(self, wall: int = START_MS, mono: int = 1_000) -> None:
        self.wall = wall
        self.mono = mono

    def wall_ms(self) -> int:
        return self.wall

    def monotonic_ms(self) -> int:
        return self.mono

    @property
    def now(self) -> Now:
        return Now(self.wall, self.mono)

    def advance(self, ms: int) -> None:
        self.wall += ms
        self.mono += ms


class Node:
    """A replica with a disk: carries out effects the way a session does, at once."""

    def __init__(self, number: int, clock: ManualClock, skew_ms: int = 0) -> None:
        self.identity = identity(number)
        self.clock = clock
        self.skew_ms = skew_ms
        self.disk: dict[tuple[PeerId, int], Entry] = {}
        self.proofs: dict[PeerId, ForkProof] = {}
        self.shown: list[Entry] = []
        self.strikes: list[Strike] = []
        self.effects: list[object] = []
        self.outbox: deque[tuple[PeerId, str | bytes, bool]] = deque()
        self.start()

    @property
    def peer(self) -> PeerId:
        return self.identity.peer

    @property
    def now(self) -> Now:
        return Now(self.clock.wall + self.skew_ms, self.clock.mono)

    def start(self) -> None:
        """Begin again from the disk."""
        self.session = SessionId(random.Random(str(self.peer.text) + str(self.clock.mono)).randbytes(16))
        self.replica = Replica(ROOM, self.identity, self.session, self.peer.tag)
        for proof in self.proofs.values():
            self.replica.forks.know(proof)
        self.replica.reset(self.held())

    def held(self) -> list[tuple[PeerId, tuple[Segment, ...]]]:
        """What is on the disk, by author."""
        by_author: dict[PeerId, list[Entry]] = {}
        for (author, _), entry in sorted(self.disk.items(), key=lambda item: item[0]):
            by_author.setdefault(author, []).append(entry)
        return [(author, add_entries((), entries)) for author, entries in by_author.items()]

    def say(self, text: str) -> Entry:
        entry = self.replica.write(encode_body(Say(text)), self.now)
        self.settle()
        return entry

    def settle(self) -> None:
        """Carry out every effect."""
        while effect := self.replica.take():
            self.effects.append(effect)
            match effect:
                case Commit():
                    for entry in effect.entries:
                        self.disk.setdefault((entry.author, entry.seq), entry)
                    self.replica.committed(effect, self.now)
                case EntriesStored(entries):
                    self.shown.extend(entries)
                case Send(peer, frame, soft):
                    for message in encode(frame):
                        self.outbox.append((peer, message, soft))
                case ServeRecent(peer, request, limit, held):
                    newest = sorted(self.disk.values(), key=lambda each: each.order)[-limit:]
                    lacking = [e for e in newest if not ranges.contains(held.get(e.author, ()), e.seq)]
                    self._answer(peer, request, lacking)
                case ServeRun(peer, request, author, low, high):
                    held_run = [self.disk[author, seq] for seq in range(low, high + 1) if (author, seq) in self.disk]
                    self._answer(peer, request, held_run)
                case Compare(_, run):
                    high = run.first + len(run.items) + PROOF_ENTRIES
                    mine = [
                        self.disk[run.author, n] for n in range(run.first - 1, high) if (run.author, n) in self.disk
                    ]
                    self.replica.compared(effect, mine, self.now)
                case Cut(proof):
                    self.proofs[proof.author] = proof
                    for key in [key for key in self.disk if key[0] == proof.author and key[1] >= proof.seq]:
                        del self.disk[key]
                    self.replica.reset(self.held())
                case Abandon(author, low, high):
                    for seq in range(low, high + 1):
                        self.disk.pop((author, seq), None)
                    self.replica.reset(self.held())
                case Strike():
                    self.strikes.append(effect)

    def _answer(self, peer: PeerId, request: int, entries: list[Entry]) -> None:
        frames = [Batch(request, (run,)) for run in reversed(runs_of(entries))]
        for frame in (*frames, Done(request)):
            for message in encode(frame):
                self.outbox.append((peer, message, False))
        self.replica.served(peer, len(entries))


class Net:
    """Nodes and the links between them; frames travel as bytes, one by one, in a seeded order."""

    def __init__(self, count: int, seed: int = 0) -> None:
        self.clock = ManualClock()
        self.random = random.Random(seed)
        self.nodes = [Node(100 + number, self.clock) for number in range(count)]
        self.links: dict[tuple[PeerId, PeerId], deque[str | bytes]] = {}
        self.decoders: dict[tuple[PeerId, PeerId], Decoder] = {}
        self.soft_loss = 0.0
        self.delivered = 0
        self.batches: list[tuple[PeerId, PeerId, Batch]] = []

    def node(self, peer: PeerId) -> Node:
        return next(node for node in self.nodes if node.peer == peer)

    def link(self, one: int, two: int) -> None:
        a, b = self.nodes[one], self.nodes[two]
        for x, y in ((a, b), (b, a)):
            self.links[x.peer, y.peer] = deque()
            self.decoders[x.peer, y.peer] = Decoder()
            x.replica.link_up(y.peer, y.session, x.now)
            x.settle()
        self._collect()

    def cut(self, one: int, two: int) -> None:
        a, b = self.nodes[one], self.nodes[two]
        for x, y in ((a, b), (b, a)):
            if self.links.pop((x.peer, y.peer), None) is not None:
                x.replica.link_down(y.peer, x.now)
                x.settle()
        self._collect()

    def mesh(self, members: Iterable[int] | None = None) -> None:
        numbers = list(range(len(self.nodes)) if members is None else members)
        for place, one in enumerate(numbers):
            for two in numbers[place + 1 :]:
                self.link(one, two)

    def _collect(self) -> None:
        for node in self.nodes:
            while node.outbox:
                peer, message, soft = node.outbox.popleft()
                queue = self.links.get((node.peer, peer))
                if queue is not None and not (soft and self.random.random() < self.soft_loss):
                    queue.append(message)

    def run(self, most: int = 200_000) -> None:
        """Deliver everything, links in random turn, until nothing is under way."""
        for _ in range(most):
            self._collect()
            busy = [pair for pair, queue in self.links.items() if queue]
            if not busy:
                return
            pair = self.random.choice(busy)
            self._deliver(pair)
        raise AssertionError("the replicas never come to rest")

    def _deliver(self, pair: tuple[PeerId, PeerId]) -> None:
        sender, receiver = pair
        frame = self.decoders[pair].decode(self.links[pair].popleft())
        if frame is None:
            return
        self.delivered += 1
        if isinstance(frame, Batch):
            self.batches.append((sender, receiver, frame))
        node = self.node(receiver)
        node.replica.receive(sender, frame, node.now)
        node.settle()

    def pass_time(self, ms: int, step: int = 100) -> None:
        """Let time go by in small steps, everything being delivered in each."""
        for _ in range(0, ms, step):
            self.clock.advance(step)
            for node in self.nodes:
                node.replica.tick(node.now)
                node.settle()
            self.run()

    def logs(self) -> list[list[bytes]]:
        """Every node's log as ids in the room's order."""
        return [[bytes(e.id) for e in sorted(node.disk.values(), key=lambda e: e.order)] for node in self.nodes]

    def is_agreed(self) -> bool:
        logs = self.logs()
        return all(log == logs[0] for log in logs)
