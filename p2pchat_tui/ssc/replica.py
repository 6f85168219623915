"""The machine: one room as one peer holds it. Inputs change state and leave effects; the session carries them out.

    inputs    write, receive, link_up, link_down, committed, compared, served, refused, tick, leave; and gossip.say_…
    outputs   take() → effects in order;   deadline() → when tick is due

Its parts: `holdings` (who has what on disk), `gossip` (presence), `forks` (where feeds end at one), and a puller (what
to ask of whom).

No entry is sent, shown or listed in a vector before `committed` says that it is on disk.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence

from . import ranges
from .clock import Clock, Now
from .effects import (
    Abandon,
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
    Send,
    ServeRecent,
    ServeRun,
    Strike,
    VectorChanged,
)
from .ending import UNKNOWN, Ending, ending_of, later
from .entry import Entry, sign_entry
from .feed import Feed, Verdict
from .fork_watch import ForkWatch
from .forks import ForkProof, Stray, is_proof
from .frames import (
    Batch,
    Done,
    Frame,
    Notice,
    Presence,
    Recent,
    Vector,
    Want,
)
from .gossip import Gossip
from .holdings import AUTHORS_MAX, Holdings
from .identity import Identity
from .ids import PeerId, RoomId, SessionId, Stamp, stamp_ms
from .presence import Board, State
from .ranges import Ranges
from .runs import runs_of, shape_fault
from .segments import Segment
from .sync import PAGE, Puller
from .wire import Sendable

FIRST_VECTOR_MS = 1_500
"""How long a new link may take to say what it holds before writing goes on without that."""
DISK_PAUSE_MS = 5_000
"""After the disk has refused entries, nothing is fetched for this long: it would be refused again, and asked for again,
as fast as the network brings it."""
SERVING_MAX = 8
"""Requests of one peer under way here: an honest one has three."""
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
        self._identity = identity
        self._effects: deque[Effect] = deque()
        self._puller = Puller()
        self.holdings = Holdings(identity.peer, vectors or {}, self.linked)
        self.forks = ForkWatch(room, self._puller, self._effects)
        self.gossip = Gossip(self.board, self.linked, self._effects)
        self._serving: dict[PeerId, int] = {}
        self._held_back: dict[PeerId, int] = {}
        self._fetch_at: int | None = None
        self._missing = 0
        self.erased: Ending | None = None
        """Where my feed ended, as far as is known, when this room was erased here; None when it never was. What I wrote
        in it before may be anywhere but here.
        """
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
        self.holdings.reset(self.feeds)
        for author, proof in self.forks.proofs.items():
            self._cut_feed(author, proof)
        newest = max((feed.head.high_stamp for feed in self.feeds.values() if feed.head), default=Stamp(0))
        self._clock = Clock(newest)

    @property
    def me(self) -> PeerId:
        """Whose replica this is."""
        return self._identity.peer

    @property
    def linked(self) -> Collection[PeerId]:
        """Peers with a link, now and whenever it is looked at."""
        return self._puller.sources.keys()

    @property
    def forked(self) -> frozenset[PeerId]:
        """Authors of whom two different entries with one number are proven."""
        return frozenset(self.forks.proofs)

    def known(self) -> set[PeerId]:
        """Every other peer that has written here, was heard of or has told what it holds."""
        seen = {each.peer for each in self.board.others}
        return (self.feeds.keys() | self.holdings.vectors.keys() | seen) - {self.me}

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
        is_lost = self.erased is not None and not self._own_end.seq
        return is_lost and not any(each.has_spoken for each in self._puller.sources.values())

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
        return self.holdings.top_elsewhere(self.me) > self._own_end.seq

    @property
    def _own_end(self) -> Ending:
        """What my next entry follows: the last one here, or the last one before the room was erased."""
        held = ending_of(self.feeds[self.me].head) if self.me in self.feeds else UNKNOWN
        return later(held, self.erased or UNKNOWN)

    def write(self, body: bytes, now: Now) -> Entry:
        """Extend my own feed; a Commit follows. Raises ValueError when `body` is too long, OwnFeedCut."""
        if self.me in self.forks.proofs:
            raise OwnFeedCut
        end = self._own_end
        self._clock.observe(end.stamp)
        entry = sign_entry(self.room, self._identity, end.seq + 1, self._clock.tick(now.wall), end.id, body)
        self._feed(self.me).take((entry,))
        self._effects.append(Commit((entry,), None, live=True))
        return entry

    def refused(self, now: Now) -> None:
        """The disk does not take what was to be committed; `reset` says what it holds."""
        self._fetch_at = now.mono + DISK_PAUSE_MS

    def committed(self, commit: Commit, now: Now) -> None:
        """The entries of `commit` are on disk: show them, pass them on, and list them."""
        if self._fetch_at is not None:
            self._fetch_at = now.mono  # it takes some again
        entries = tuple(entry for entry in commit.entries if not self.forks.is_cut(entry))
        self.holdings.stored(entries, now)
        self._effects.append(EntriesStored(entries, commit.source, commit.live))
        if commit.live:
            self._pass_on(entries, commit.source)
        self._note_sync()

    def link_up(self, peer: PeerId, session: SessionId, now: Now) -> None:
        """A link to `peer`, proven to be it, is up."""
        self._puller.add(peer, now.mono)
        self._serving[peer] = 0
        self._send(peer, self._whole_vector())
        self.gossip.meet(peer, session, now)

    def link_down(self, peer: PeerId, now: Now) -> None:
        """The link to `peer` is gone; whether it is offline is for its presence to say."""
        self._puller.remove(peer)
        self.gossip.part(peer)
        self._serving.pop(peer, None)
        asked = [each for each in self._effects if isinstance(each, ServeRecent | ServeRun) and each.peer == peer]
        for effect in asked:
            self._effects.remove(effect)  # or the answer would be counted as one over the next link
        self.forks.unlinked(peer)
        if not self.holdings.keeps(peer):
            self._effects.append(VectorChanged(peer))  # what it holds may be gone with it
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
                author = PeerId(frame.author)
                if not 1 <= frame.low <= frame.high < frame.low + PAGE:
                    self._effects.append(Strike(peer, "asked for a range that makes no sense"))
                    return
                self._serve(ServeRun(peer, frame.request, author, frame.low, frame.high))
            case Done():
                self._puller.done(peer, frame.request, self.feeds)
                self._abandon(self.forks.answered(peer, frame.request, self.feeds), peer)
                self._plan(now)
                self._note_sync()
            case ForkProof():
                self._take_proof(peer, frame, now)
            case Presence():
                self.gossip.hear(peer, frame, now)
            case Notice():
                self._effects.append(Noticed(peer, frame.code))
            case _:
                pass  # links answer hello, ping and pong; frames of later versions are skipped

    def served(self, peer: PeerId, count: int) -> None:
        """One request of `peer` has been answered with `count` entries."""
        if peer in self._serving:
            self._serving[peer] -= 1
            self._puller.sources[peer].sent += count

    def tick(self, now: Now) -> None:
        """Do what is due: heartbeats, vectors, expiry, overdue requests."""
        self.gossip.tick(now)
        self._say_held(self.holdings.take_changed(now))
        if self.holdings.take_whole(now):
            self._send_all(self._whole_vector())
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

    def leave(self, now: Now) -> None:
        """Say goodbye, and what came to this disk last: whoever wrote it may wait for nothing else."""
        self._say_held(self.holdings.take_rest())
        self.gossip.say_state(State.OFFLINE, now)

    def deadline(self) -> int | None:
        """The `mono` at which `tick` is next due; None when nothing is."""
        times = [self.gossip.deadline(), *self._held_back.values()]
        if self._puller.sources:
            fetch = self._puller.deadline() if self._fetch_at is None else self._fetch_at
            times += [self.holdings.deadline(), fetch]
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
            if self.forks.is_chased(run.author, peer, batch.request):
                if fault := shape_fault(run):
                    self._effects.append(Strike(peer, f"sent what is no feed: {fault}"))
                    return
                self.forks.collect(run)
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
        self.holdings.sent_by(peer, entries)
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
            lacking = [
                entry
                for entry in entries
                if not self.holdings.holds(peer, entry.author, entry.seq)
                and not self._hears_directly(peer, entry.author)
            ]
            if lacking:
                self._send(peer, Batch(0, tuple(runs_of(lacking))))

    def _hears_directly(self, peer: PeerId, author: PeerId) -> bool:
        """Whether `author` itself will tell `peer`: it is that author, or has a link to it (never so for me)."""
        if author == self.me:
            return False
        return peer == author or self.gossip.are_linked(peer, author)

    def _take_vector(self, peer: PeerId, frame: Vector, now: Now) -> None:
        said = {}
        for key, state in frame.feeds.items():
            author = PeerId(key)
            said[author] = self.forks.kept(author, ranges.normal(state.ranges))
        before = self.holdings.vectors.get(peer)
        if not self.holdings.hear(peer, said, frame.whole, frame.fleeting):
            self._effects.append(Strike(peer, "claimed to hold more than a room can have"))
            return
        self._puller.told(peer, said, frame.whole)
        if self.holdings.vectors.get(peer) != before:
            self._effects.append(VectorChanged(peer))
        if frame.whole:
            self.forks.tell(peer, frame)
        self.forks.look(peer, frame, self.feeds)
        self._plan(now)
        self._note_sync()

    def compared(self, compare: Compare, mine: Sequence[Entry], now: Now) -> None:
        """What is held beside the run of `compare` has been read: prove the fork, or look further down for it."""
        author = compare.run.author
        found = self.forks.compared(compare, mine, self.feeds[author].segments if author in self.feeds else ())
        if not isinstance(found, ForkProof):
            self._abandon(found, compare.peer)
        elif self.forks.is_new(found):  # what was read may be older than a cut further down
            self._cut(found, None, now)

    def _abandon(self, stray: Stray | None, other: PeerId) -> None:
        """Have `stray` give way to the branch of `other`."""
        pieces = self.feeds[stray.author].branch(stray.seq) if stray and stray.author in self.feeds else ()
        if stray and pieces:
            gone = tuple((piece.low, piece.high) for piece in pieces)
            if stray.is_parting:
                gone = ((stray.seq, pieces[-1].high),)
            abandon = Abandon(stray.author, gone[0][0], ranges.top(gone), ranges.size(gone))
            if abandon not in self._effects:  # two comparisons may find the same one before it is gone
                self._effects.append(abandon)
            said = self.holdings.vectors.get(other, {})
            self._puller.prefer(other, stray.author, said.get(stray.author, ranges.EMPTY))

    def _take_proof(self, peer: PeerId, proof: ForkProof, now: Now) -> None:
        if not self.forks.is_new(proof):
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
        self.forks.proofs[author] = proof
        self._cut_feed(author, proof)
        for source in self._puller.sources.values():
            if author in source.vector:
                source.vector[author] = ranges.below(source.vector[author], proof.seq)
        self._effects.append(Cut(proof))
        self._effects.append(Forked(author, proof.seq))
        for peer in self.linked:
            if peer != origin:
                self._send(peer, proof)
        self.holdings.changed(author)
        self._plan(now)
        self._note_sync()

    def _cut_feed(self, author: PeerId, proof: ForkProof) -> None:
        self._feed(author).cut(proof.seq, proof.prev)
        self.holdings.cut(author, proof.seq)

    def _say_held(self, authors: Collection[PeerId]) -> None:
        if not authors:
            return
        vector = self.holdings.vector(authors, self.feeds, None)
        if vector.feeds:
            self._send_all(vector)

    def _whole_vector(self) -> Vector:
        return self.holdings.vector(self.holdings.durable, self.feeds, self.forks.cuts())

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

    def _send_all(self, frame: Sendable) -> None:
        for peer in self.linked:
            self._send(peer, frame)

    def _send(self, peer: PeerId, frame: Sendable) -> None:
        self._effects.append(Send(peer, frame))
