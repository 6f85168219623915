"""The machine: one room as one peer holds it. Inputs change state and leave effects; the session carries them out.

    inputs    write, receive, link_up, link_down, committed, tick, say_state, say_typing
    outputs   take() → effects in order;   deadline() → when tick is due

No entry is sent, shown or listed in a vector before `committed` says that it is on disk.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from . import ranges
from .clock import Clock, Now
from .effects import (
    ClockAhead,
    Commit,
    Compare,
    Cut,
    Effect,
    EntriesStored,
    Forked,
    GapChanged,
    InSync,
    Noticed,
    PresenceChanged,
    Send,
    ServeRecent,
    ServeRun,
    Strike,
    VectorChanged,
)
from .entry import SEQ_MAX, Entry, sign_entry
from .feed import CHECKPOINT, Feed, Segment, Verdict, chained, runs_of, shape_fault
from .forks import ForkProof, find_fork, is_proof
from .frames import (
    RANGES_MAX,
    Batch,
    Done,
    FeedState,
    Frame,
    Notice,
    Presence,
    Recent,
    Vector,
    Want,
    short_head,
    short_peer,
)
from .identity import Identity
from .ids import GENESIS, PeerId, RoomId, SessionId, Stamp, stamp_ms
from .presence import HEARTBEAT_MS, Board, State
from .ranges import Ranges
from .sync import PAGE, Puller
from .wire import Sendable

VECTOR_MS = 15_000
"""How often the whole vector goes out: any loss heals within this time."""
FIRST_VECTOR_MS = 1_500
"""How long a new link may take to say what it holds before writing goes on without that."""
VECTOR_DELAY_MS = 100
"""Changes within this time go out as one vector."""
DISK_PAUSE_MS = 5_000
"""After the disk has refused entries, nothing is fetched for this long: it would be refused again, and asked for again,
as fast as the network brings it."""
READ_DELAY_MS = 1_000
"""Moves of one's read position within this time go out as one."""
SERVING_MAX = 8
"""Requests of one peer under way here: an honest one has three."""
AUTHORS_MAX = 2_048
"""Authors of one room: a member cannot make us remember endlessly many."""
VECTOR_RANGES_MAX = 16_384
"""Ranges of all feeds together in what one peer holds: a megabyte or two, and far more than a room falls into."""
AHEAD_MS = 60_000
"""A feed whose clock is ahead is looked at again after this time."""


TOO_MANY_AUTHORS = "sent entries of more authors than a room can have"


class OwnFeedCut(Exception):
    """This identity was copied, so its feed has ended: nothing more can be written with it in this room."""


class Replica:
    """All feeds and all presences of a room, and what to say about them to whom."""

    def __init__(
        self,
        room: RoomId,
        identity: Identity,
        session: SessionId,
        name: str,
        feeds: Iterable[tuple[PeerId, Sequence[Segment]]] = (),
        vectors: Mapping[PeerId, Mapping[PeerId, Ranges]] | None = None,
    ) -> None:
        self.room = room
        self.board = Board(room, identity, session, name)
        self.vectors: dict[PeerId, dict[PeerId, Ranges]] = {
            peer: dict(vector) for peer, vector in (vectors or {}).items()
        }
        """What each peer holds, by its last word, linked or not: who the holders of an entry are."""
        self._identity = identity
        self._effects: deque[Effect] = deque()
        self._puller = Puller()
        self._serving: dict[PeerId, int] = {}
        self._held_back: dict[PeerId, int] = {}
        self._cuts: dict[PeerId, ForkProof] = {}
        self._chases: dict[PeerId, tuple[PeerId, int]] = {}
        """By author: who was asked, under which number, for entries to find a fork in."""
        self._told_cuts: dict[PeerId, dict[PeerId, int]] = {}
        """By linked peer: which proofs it was sent over this link, and where they cut."""
        self._changed: set[PeerId] = set()
        self._vector_due: int | None = None
        self._whole_due = 0
        self._heartbeat_due = 0
        self._fetch_at: int | None = None
        self._missing = 0
        self.was_erased = False
        """Whether this room was erased here before: then what I wrote in it may be anywhere but here."""
        self.reset(feeds)

    def reset(
        self, feeds: Iterable[tuple[PeerId, Sequence[Segment]]], floors: Mapping[PeerId, int] | None = None
    ) -> None:
        """Hold what the store holds: at the start, when entries were let go, and after a commit that failed or a read
        that found damage. `floors`: below which seq a feed was pruned, by author.
        """
        below = floors or {}
        self.feeds: dict[PeerId, Feed] = {
            author: Feed(self.room, author, segments, below.get(author, 1)) for author, segments in feeds
        }
        self._durable: dict[PeerId, Ranges] = {author: feed.ranges for author, feed in self.feeds.items()}
        for author, proof in self._cuts.items():
            self._cut_feed(author, proof)
        newest = max((feed.head.high_stamp for feed in self.feeds.values() if feed.head), default=Stamp(0))
        self._clock = Clock(newest)
        self._changed = set(self.feeds)

    @property
    def me(self) -> PeerId:
        """Whose replica this is."""
        return self._identity.peer

    @property
    def linked(self) -> Iterable[PeerId]:
        """Peers with a link."""
        return self._puller.sources.keys()

    @property
    def forked(self) -> frozenset[PeerId]:
        """Authors of whom two different entries with one number are proven."""
        return frozenset(self._cuts)

    def holders(self, author: PeerId, seq: int) -> int:
        """How many other peers have the entry on their disk, by their own word."""
        return len(self.holders_of(author, seq))

    def holders_of(self, author: PeerId, seq: int) -> tuple[PeerId, ...]:
        """Those peers."""
        return tuple(
            peer
            for peer, vector in self.vectors.items()
            if peer != self.me and ranges.contains(vector.get(author, ranges.EMPTY), seq)
        )

    def known(self) -> set[PeerId]:
        """Every other peer that has written here, was heard of or has told what it holds."""
        seen = {each.peer for each in self.board.others}
        return (self.feeds.keys() | self.vectors.keys() | seen) - {self.me}

    def missing(self) -> tuple[int, frozenset[PeerId]]:
        """How many entries are known to exist and not here, and which linked peers hold some of them."""
        lacking = self._puller.missing(self.feeds, self._skipped())
        sources = {
            peer
            for peer, source in self._puller.sources.items()
            if any(ranges.intersection(source.vector.get(author, ranges.EMPTY), gap) for author, gap in lacking.items())
        }
        return sum(map(ranges.size, lacking.values())), frozenset(sources)

    @property
    def lost_own(self) -> bool:
        """Whether nothing tells what I wrote here before the room was erased: nobody has been met who might know."""
        is_empty = self.me not in self.feeds or not self.feeds[self.me].segments
        return self.was_erased and is_empty and not any(each.has_spoken for each in self._puller.sources.values())

    def lacks_own(self, now: Now) -> bool:
        """Whether some peer holds entries of mine that I do not, or may be about to say so.

        Writing then, after a backup was restored, would number two entries alike.
        """
        if any(
            not source.has_spoken and now.mono < source.since + FIRST_VECTOR_MS
            for source in self._puller.sources.values()
        ):
            return True
        if self.lost_own:
            return True
        mine = ranges.top(self.feeds[self.me].ranges) if self.me in self.feeds else 0
        return any(ranges.top(vector.get(self.me, ranges.EMPTY)) > mine for vector in self.vectors.values())

    def know(self, proof: ForkProof) -> None:
        """A proof that is on disk already: checked again, and left out when it proves nothing."""
        if is_proof(proof, self.room):
            self._cuts[proof.author] = proof

    def write(self, body: bytes, now: Now) -> Entry:
        """Extend my own feed; a Commit follows. Raises ValueError when `body` is too long, OwnFeedCut."""
        if self.me in self._cuts:
            raise OwnFeedCut
        feed = self._feed(self.me)
        head = feed.head
        self._clock.observe(head.high_stamp if head else Stamp(0))
        seq, prev = (head.high + 1, head.last) if head else (1, GENESIS)
        entry = sign_entry(self.room, self._identity, seq, self._clock.tick(now.wall), prev, body)
        feed.take((entry,))
        self._effects.append(Commit((entry,), None, live=True))
        return entry

    def refused(self, now: Now) -> None:
        """The disk does not take what was to be committed; `reset` says what it holds."""
        self._fetch_at = now.mono + DISK_PAUSE_MS

    def committed(self, commit: Commit, now: Now) -> None:
        """The entries of `commit` are on disk: show them, pass them on, and list them."""
        if self._fetch_at is not None:
            self._fetch_at = now.mono  # it takes some again
        entries = tuple(entry for entry in commit.entries if not self._is_cut(entry))
        by_author: dict[PeerId, list[tuple[int, int]]] = {}
        for entry in entries:
            by_author.setdefault(entry.author, []).append((entry.seq, entry.seq))
        for author, seqs in by_author.items():
            held = self._durable.get(author, ranges.EMPTY)
            self._durable[author] = ranges.union(held, ranges.normal(seqs))
        self._changed |= by_author.keys()
        self._effects.append(EntriesStored(entries, commit.source, commit.live))
        if commit.live:
            self._pass_on(entries, commit.source)
        if self._vector_due is None:
            self._vector_due = now.mono + VECTOR_DELAY_MS
        self._note_sync()

    def link_up(self, peer: PeerId, session: SessionId, now: Now) -> None:
        """A link to `peer`, proven to be it, is up."""
        self._puller.add(peer, now.mono)
        self._serving[peer] = 0
        self.board.restart(peer, session, now)
        self._send(peer, self._vector(self._durable, whole=True))
        self._speak(now, soft=False)

    def link_down(self, peer: PeerId, now: Now) -> None:
        """The link to `peer` is gone; whether it is offline is for its presence to say."""
        self._puller.remove(peer)
        self._serving.pop(peer, None)
        self._told_cuts.pop(peer, None)
        self._end_chases(lambda asked, _: asked == peer)
        self._plan(now)
        self._note_sync()

    def receive(self, peer: PeerId, frame: Frame, now: Now) -> None:
        """Take in one frame from a linked peer."""
        match frame:
            case Batch():
                self._take_batch(peer, frame, now)
            case Vector():
                self._take_vector(peer, frame, now)
            case Recent():
                held = self._puller.sources[peer].vector if peer in self._puller.sources else {}
                self._serve(ServeRecent(peer, frame.request, frame.limit, dict(held)))
            case Want():
                author = PeerId.from_text(frame.author)
                if not 1 <= frame.low <= frame.high < frame.low + PAGE:
                    self._effects.append(Strike(peer, "asked for a range that makes no sense"))
                    return
                self._serve(ServeRun(peer, frame.request, author, frame.low, frame.high))
            case Done():
                self._puller.done(peer, frame.request, self.feeds)
                self._end_chases(lambda asked, number: (asked, number) == (peer, frame.request))
                self._plan(now)
                self._note_sync()
            case ForkProof():
                self._take_proof(peer, frame, now)
            case Presence():
                self._take_presence(peer, frame, now)
            case Notice():
                self._effects.append(Noticed(peer, frame.code))
            case _:
                pass  # links answer hello, ping and pong; frames of later versions are skipped

    def served(self, peer: PeerId, count: int) -> None:
        """One request of `peer` has been answered with `count` entries."""
        if peer in self._serving:
            self._serving[peer] -= 1
            self._puller.sources[peer].sent += count

    def say_state(self, state: State, now: Now) -> None:
        """Be online, away or offline, and say so at once."""
        if self.board.set_state(state):
            self._speak(now, soft=False)

    def say_typing(self, on: bool, now: Now) -> None:
        """Be typing or not, and say so when that is news."""
        if self.board.set_typing(on, now):
            self._speak(now, soft=True)

    def say_name(self, name: str, now: Now) -> None:
        """Be called `name` in presence."""
        if name != self.board.name:
            self.board.name = name
            self._speak(now, soft=False)

    def say_read(self, stamp: Stamp, now: Now) -> None:
        """Have read up to `stamp`, and say so soon: whoever scrolls must not make the others' links busy."""
        if stamp != self.board.read:
            self.board.read = stamp
            self._heartbeat_due = min(self._heartbeat_due, now.mono + READ_DELAY_MS)

    def tick(self, now: Now) -> None:
        """Do what is due: heartbeats, vectors, expiry, overdue requests."""
        for seen, before in self.board.expire(now):
            self._effects.append(PresenceChanged(seen, before))
        self._heartbeat(now)
        if self._vector_due is not None and now.mono >= self._vector_due:
            self._send_vectors(self._changed, whole=False)
        if now.mono >= self._whole_due:
            self._whole_due = now.mono + VECTOR_MS
            self._send_vectors(self._durable, whole=True)
            self._plan(now)
        if self._fetch_at is not None and now.mono >= self._fetch_at:
            self._fetch_at = None
            self._plan(now)
        overdue = self._puller.deadline()
        if overdue is not None and now.mono >= overdue:
            self._plan(now)
        ready = [author for author, until in self._held_back.items() if now.mono >= until]
        for author in ready:
            del self._held_back[author]
        if ready:
            self._plan(now)

    def deadline(self) -> int | None:
        """The `mono` at which `tick` is next due; None when nothing is."""
        times = [self.board.deadline(), *self._held_back.values()]
        if self._puller.sources:
            fetch = self._puller.deadline() if self._fetch_at is None else self._fetch_at
            times += [self._heartbeat_due, self._whole_due, self._vector_due, fetch]
        return min((time for time in times if time is not None), default=None)

    def take(self) -> Effect | None:
        """The next effect, or None."""
        return self._effects.popleft() if self._effects else None

    def _feed(self, author: PeerId) -> Feed:
        if author not in self.feeds:
            self.feeds[author] = Feed(self.room, author)
        return self.feeds[author]

    def _has_room_for(self, author: PeerId) -> bool:
        """Whether `author` is known, or may become so: feeds that wait for a right clock count like those held."""
        if author in self.feeds or author in self._held_back:
            return True
        return len(self.feeds) + len(self._held_back.keys() - self.feeds.keys()) < AUTHORS_MAX

    def _skipped(self) -> set[PeerId]:
        return set(self._held_back)

    def _take_batch(self, peer: PeerId, batch: Batch, now: Now) -> None:
        count = sum(len(run.items) for run in batch.runs)
        self._puller.progress(peer, batch.request, count, now.mono)
        for run in batch.runs:
            if run.author in self._skipped():
                continue
            if self._chases.get(run.author) == (peer, batch.request):
                if fault := shape_fault(run):
                    self._effects.append(Strike(peer, f"sent what is no feed: {fault}"))
                    return
                self._effects.append(Compare(peer, run))
                continue
            if not self._has_room_for(run.author):
                self._effects.append(Strike(peer, TOO_MANY_AUTHORS))
                return
            feed = self.feeds.get(run.author) or Feed(self.room, run.author)
            judgement = feed.judge(run, now.wall)
            match judgement.verdict:
                case Verdict.ACCEPTED:
                    self._accept(feed, judgement.entries, peer, live=batch.request == 0)
                case Verdict.WAITING:
                    self._hold_back(run.author, run.items[-1][0], now)
                case Verdict.FORK:
                    self._effects.append(Compare(peer, run))
                case Verdict.REJECTED:
                    self._effects.append(Strike(peer, f"sent what is no feed: {judgement.reason}"))
                    return
                case Verdict.DUPLICATE | Verdict.UNVOUCHED:
                    pass  # asked for again by vector, if it is lacking at all

    def _accept(self, feed: Feed, entries: tuple[Entry, ...], peer: PeerId, live: bool) -> None:
        self.feeds[feed.author] = feed
        feed.take(entries)
        self._clock.observe(entries[-1].stamp)
        vector = self.vectors.setdefault(peer, {})
        span = ranges.normal((entry.seq, entry.seq) for entry in entries)
        vector[feed.author] = ranges.union(vector.get(feed.author, ranges.EMPTY), span)
        self._effects.append(Commit(entries, peer, live))

    def _hold_back(self, author: PeerId, stamp: Stamp, now: Now) -> None:
        ahead = stamp_ms(stamp) - now.wall
        self._held_back[author] = now.mono + AHEAD_MS
        self._effects.append(ClockAhead(author, ahead))
        if author in self._puller.sources:  # whoever brought its entry
            self._send(author, Notice("clock-ahead", f"Your clock is {ahead // 60_000} minutes ahead of mine."))

    def _pass_on(self, entries: Sequence[Entry], origin: PeerId | None) -> None:
        """Push new entries to every linked peer that lacks them and will not hear of them more directly."""
        for peer in self.linked:
            if peer == origin:
                continue
            held = self.vectors.get(peer, {})
            lacking = [
                entry
                for entry in entries
                if not ranges.contains(held.get(entry.author, ranges.EMPTY), entry.seq)
                and not self._hears_directly(peer, entry.author)
            ]
            if lacking:
                self._send(peer, Batch(0, tuple(runs_of(lacking))))

    def _hears_directly(self, peer: PeerId, author: PeerId) -> bool:
        """Whether `author` itself will tell `peer`: it is that author, or has a link to it (never so for me)."""
        if author == self.me:
            return False
        seen = self.board.get(peer)
        return peer == author or (seen is not None and short_peer(author) in seen.links)

    def _take_vector(self, peer: PeerId, frame: Vector, now: Now) -> None:
        said = {PeerId.from_text(author): ranges.normal(state.ranges) for author, state in frame.feeds.items()}
        for author in said.keys() & self._cuts.keys():
            said[author] = _below(said[author], self._cuts[author].seq)
        held = said if frame.whole else self.vectors.get(peer, {}) | said
        if len(held) > AUTHORS_MAX or sum(map(len, held.values())) > VECTOR_RANGES_MAX:
            self._effects.append(Strike(peer, "claimed to hold more than a room can have"))
            return
        self.vectors[peer] = held
        self._puller.told(peer, said, frame.whole)
        self._effects.append(VectorChanged(peer))
        if frame.whole:
            self._tell_proofs(peer, frame)
        self._look_for_forks(peer, frame)
        self._plan(now)
        self._note_sync()

    def compared(self, compare: Compare, mine: Sequence[Entry], now: Now) -> None:
        """What is held beside the run of `compare` has been read: prove the fork, or look further down for it."""
        author = compare.run.author
        self._chases.pop(author, None)
        if author in self._cuts and self._cuts[author].seq <= compare.run.first:
            return
        found = find_fork(chained(compare.run, self.room), {entry.seq: entry for entry in mine})
        if isinstance(found, ForkProof):
            if is_proof(found, self.room):
                self._cut(found, None, now)
        elif found is not None and found > 1:
            self._chase(compare.peer, author, found - 1)

    def _chase(self, peer: PeerId, author: PeerId, seq: int) -> None:
        """Ask `peer` for the part of its branch that holds `seq`, up to a signature."""
        if author in self._chases or peer not in self._puller.sources:
            return
        low = (seq - 1) // CHECKPOINT * CHECKPOINT + 1
        number = self._puller.number()
        self._chases[author] = (peer, number)
        self._send(peer, Want(number, author.text, low, low + CHECKPOINT - 1))

    def _end_chases(self, is_over: Callable[[PeerId, int], bool]) -> None:
        """Forget what was asked and will not be answered any more: the next vector may ask somebody else."""
        self._chases = {author: chase for author, chase in self._chases.items() if not is_over(*chase)}

    def _look_for_forks(self, peer: PeerId, frame: Vector) -> None:
        """Two feeds of one length with two heads are two branches."""
        for text, state in frame.feeds.items():
            author = PeerId.from_text(text)
            head = self.feeds[author].head if author in self.feeds else None
            if head is None or author in self._cuts or ranges.top(ranges.normal(state.ranges)) != head.high:
                continue
            if state.head != short_head(head.last):
                self._chase(peer, author, head.high)

    def _tell_proofs(self, peer: PeerId, frame: Vector) -> None:
        told = self._told_cuts.setdefault(peer, {})
        for author, proof in self._cuts.items():
            knows = min(frame.cuts.get(author.text, SEQ_MAX), told.get(author, SEQ_MAX))
            if knows > proof.seq:  # once over each link, which loses nothing
                told[author] = proof.seq
                self._send(peer, proof)

    def _take_proof(self, peer: PeerId, proof: ForkProof, now: Now) -> None:
        known = self._cuts.get(proof.author)
        if known and known.seq <= proof.seq:
            return
        if not is_proof(proof, self.room):
            self._effects.append(Strike(peer, "sent a proof that proves nothing"))
            return
        if not self._has_room_for(proof.author):
            self._effects.append(Strike(peer, TOO_MANY_AUTHORS))
            return
        self._cut(proof, peer, now)

    def _cut(self, proof: ForkProof, origin: PeerId | None, now: Now) -> None:
        """End a feed at its fork, here and everywhere."""
        author = proof.author
        self._cuts[author] = proof
        self._cut_feed(author, proof)
        for vector in (*self.vectors.values(), *(source.vector for source in self._puller.sources.values())):
            if author in vector:
                vector[author] = _below(vector[author], proof.seq)
        self._effects.append(Cut(proof))
        self._effects.append(Forked(author, proof.seq))
        for peer in self.linked:
            if peer != origin:
                self._send(peer, proof)
        self._changed.add(author)
        self._plan(now)
        self._note_sync()

    def _cut_feed(self, author: PeerId, proof: ForkProof) -> None:
        self._feed(author).cut(proof.seq, proof.prev)
        self._durable[author] = _below(self._durable.get(author, ranges.EMPTY), proof.seq)

    def _is_cut(self, entry: Entry) -> bool:
        proof = self._cuts.get(entry.author)
        return proof is not None and entry.seq >= proof.seq

    def _vector(self, authors: Iterable[PeerId], whole: bool) -> Vector:
        feeds = {}
        most = min(RANGES_MAX, VECTOR_RANGES_MAX // max(len(self.feeds), 1))
        for author in authors:
            held = self._durable.get(author, ranges.EMPTY)
            head = self.feeds[author].head if author in self.feeds else None
            if held and head:
                feeds[author.text] = FeedState(held[-most:], short_head(head.last))
        cuts = {author.text: proof.seq for author, proof in self._cuts.items()} if whole else {}
        return Vector(feeds, whole, cuts)

    def _send_vectors(self, authors: Iterable[PeerId], whole: bool) -> None:
        vector = self._vector(sorted(authors), whole)
        self._changed.clear()
        self._vector_due = None
        if vector.feeds or whole:
            for peer in self.linked:
                self._send(peer, vector)

    def _plan(self, now: Now) -> None:
        if self._fetch_at is not None:
            return
        for peer, frame in self._puller.plan(self.feeds, self._skipped(), now.mono):
            self._send(peer, frame)

    def _note_sync(self) -> None:
        for peer, source in self._puller.synced(self.feeds, self._skipped()):
            self._effects.append(InSync(peer, source.received, source.sent))
        missing, _ = self.missing()
        if missing != self._missing:
            self._missing = missing
            self._effects.append(GapChanged())

    def _serve(self, effect: ServeRecent | ServeRun) -> None:
        if self._serving.get(effect.peer, 0) >= SERVING_MAX:
            self._effects.append(Strike(effect.peer, "too many requests at once"))
            return
        self._serving[effect.peer] = self._serving.get(effect.peer, 0) + 1
        self._effects.append(effect)

    def _take_presence(self, peer: PeerId, frame: Presence, now: Now) -> None:
        before = self.board.get(PeerId.from_text(frame.peer))
        seen = self.board.hear(frame, now)
        if seen is None:
            return
        self._effects.append(PresenceChanged(seen, before))
        if frame.hops == 0:
            return
        onward = msgspec.structs.replace(frame, hops=frame.hops - 1)
        for neighbour in self.linked:
            theirs = self.board.get(neighbour)
            knows = theirs is not None and short_peer(seen.peer) in theirs.links
            if neighbour not in (peer, seen.peer) and not knows:
                self._send(neighbour, onward, soft=True)

    def _heartbeat(self, now: Now) -> None:
        if now.mono >= self._heartbeat_due:
            self._speak(now, soft=True)

    def _speak(self, now: Now, soft: bool) -> None:
        self._heartbeat_due = now.mono + HEARTBEAT_MS
        frame = self.board.speak(self.linked, now)
        for peer in self.linked:
            self._send(peer, frame, soft)

    def _send(self, peer: PeerId, frame: Sendable, soft: bool = False) -> None:
        self._effects.append(Send(peer, frame, soft))


def _below(held: Ranges, seq: int) -> Ranges:
    """What of `held` lies below `seq`."""
    return ranges.intersection(held, ((1, seq - 1),)) if seq > 1 else ranges.EMPTY
