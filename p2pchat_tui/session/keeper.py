"""What the session puts on disk and takes from there; the replica and people hear of it only afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from ..ports.store import EntriesDamaged, KnownPeer, Store, StoreError, StoreFull
from ..ssc.body import Say, decode_body
from ..ssc.clock import Now
from ..ssc.effects import Abandon, Commit, Compare, Cut
from ..ssc.entry import SEQ_MAX, Entry
from ..ssc.forks import PROOF_ENTRIES
from ..ssc.ids import PeerId, RoomId, Stamp
from ..ssc.replica import Replica
from ..ssc.retention import KEEP_ALL, MESSAGES_MAX, Retention, RetentionError, read_retention
from ..ssc.wire import WireError, decode_proof, encode_proof
from . import api
from .cut_off import STILL_IN_EXPORT, keep_cut_off, prune_cut_off
from .fanout import Fanout
from .names import Names
from .news import News
from .people import Acquaintances
from .reading import Reading
from .reporter import Reporter
from .timeline import READ_TRIES, Timeline
from .view import Memory

KEEP = "keep"
"""The room's setting that says how much is kept."""
CUT_AGAIN_MS = 5_000
"""A cut that the disk did not take is tried again after this time."""
PRUNE_AFTER = 512
"""New entries after which old ones are let go, where not all are kept: a page of a sync, or a busy day."""
PRUNE_MS = 60 * 60 * 1000
"""How often that is done at least: days pass without entries, too."""
PRUNE_AGAIN_MS = 60 * 1000
"""When the disk did not take that, it is tried again after this time, then after twice that, up to PRUNE_MS."""
INDEX_MS = 250
"""How long nothing is stored before entries are made ready for search, unless a slice of them waits: in a lively room
each moment between two messages looks like a quiet one."""
INDEX_SLICE = 125
"""Entries made ready at a time: some 6 ms, for which a message said just then waits."""
INDEX_AGAIN_MS = 60
"""How long after one slice the next one is made ready."""
SAVE_MS = 2_000
"""How often what is remembered of peers is written down, at most."""
SEEN_MS = 30_000
"""The same where nothing is new but that they are still there."""


DECIDED_ONCE = (
    "Whether anything is on disk is decided when a room is made or joined: forget it, and join it again with --keep."
)


def erasing_text(room: str, count: int) -> str:
    """What somebody is asked who wants so little of `room` to be kept that `count` messages go."""
    what = f"{count:,} messages" if count != 1 else "one message"
    return f"Erase {what} of {room} from this machine? What nobody else keeps is gone for good."


async def prune(store: Store, room: RoomId, retention: Retention, now_ms: int) -> int:
    """Erase what `retention` does not keep at `now_ms`, Unix milliseconds; how many entries. Raises StoreError."""
    if not retention.is_limited:
        return 0
    cutoff = await _cutoff(store, room, retention, now_ms)
    await prune_cut_off(store, room, cutoff)
    return await store.prune(room, cutoff)


async def count_prunable(store: Store, room: RoomId, retention: Retention, now_ms: int) -> int:
    """How many messages `prune` would erase. Raises StoreError."""
    if not retention.is_limited:
        return 0
    cutoff = await _cutoff(store, room, retention, now_ms)
    every = await store.count_messages(room, Stamp(0), (), MESSAGES_MAX)
    gone = every - await store.count_messages(room, Stamp(max(cutoff - 1, 0)), (), MESSAGES_MAX)
    for feed in await store.feeds(room):  # of which the last entry stays, however old it is
        seq = feed.segments[-1].high
        last = await store.run(room, feed.author, seq, seq)
        gone -= any(entry.stamp < cutoff and isinstance(decode_body(entry.body), Say) for entry in last)
    return gone


async def _cutoff(store: Store, room: RoomId, retention: Retention, now_ms: int) -> Stamp:
    oldest = await store.message_stamp(room, retention.messages) if retention.messages else None
    return retention.cutoff(now_ms, oldest)


class Keeper:
    """One session's hand on the store."""

    def __init__(
        self,
        store: Store,
        replica: Replica,
        timeline: Timeline,
        names: Names,
        people: Acquaintances,
        memory: Memory,
        reporter: Reporter,
        fanout: Fanout,
        reading: Reading,
        news: News,
        started: int,
    ) -> None:
        """`started`: when the session began, Unix milliseconds."""
        self._store = store
        self._replica = replica
        self._timeline = timeline
        self._names = names
        self._people = people
        self._memory = memory
        self._reporter = reporter
        self._fanout = fanout
        self._started = started
        self._reading = reading
        self._is_full = False
        self._since_pruned = 0
        self._prune_due = 0
        self._prune_pause = PRUNE_AGAIN_MS
        """How long is waited after the next prune that fails."""
        self._uncut: dict[PeerId, Cut] = {}
        """By author: cuts that the disk did not take yet."""
        self._cut_at = 0
        self._saved_at = 0
        self._index_at: int | None = 0
        self._unindexed = 0
        """Entries put on disk since `index` last had something to do."""
        self._news = news

    async def load(self) -> None:
        """Take what is known of the room from the disk. Raises StoreError."""
        for attempt in range(READ_TRIES):
            try:
                await self._load()
                return
            except EntriesDamaged:
                if attempt == READ_TRIES - 1:
                    raise
                self._reporter.problem("store-damaged", "Some stored messages were damaged and are fetched anew.")

    async def _load(self) -> None:
        room, me = self._replica.room, self._replica.me
        for known in await self._store.peers(room):
            self._names.hear(known.peer, known.name)
            if known.peer != me:
                self._memory.last_seen[known.peer] = known.last_seen_ms
                self._replica.holdings.recall(known.peer, known.vector)
        for data in await self._store.proofs(room):
            with suppress(WireError):  # damaged on disk: whoever else has it tells again
                self._replica.forks.know(decode_proof(data))
        await self.reload()
        await self._timeline.load()
        for peer in self._names.peers - {me}:
            self._people.recall(peer, self._names.nick(peer), self._started)
        if self._memory.retention.is_on_disk:
            with suppress(RetentionError):  # of a later version: better to keep too much
                self._memory.retention = read_retention(await self._store.setting(room, KEEP) or KEEP_ALL.text)
        await self._reading.load(self._started)

    async def commit(self, commits: Sequence[Commit], now: Now) -> StoreError | None:
        """Put entries on disk, all or none. What went wrong, if anything; then nothing of it counts."""
        entries = [entry for commit in commits for entry in commit.entries]
        is_mine = any(commit.source is None for commit in commits)
        ahead = self._news.look_ahead(entries)
        try:
            await self._store.append(self._replica.room, entries, durable=is_mine)
        except BaseException as error:
            ahead.about.cancel()
            if not isinstance(error, StoreError):
                raise
            self._replica.refused(now)
            await self.reload()
            if not self._is_full:
                self._is_full = isinstance(error, StoreFull)
                self._reporter.problem(_code(error), str(error))
            return error
        if self._is_full:
            self._is_full = False
            self._reporter.problem("store-writable", "The disk takes new messages again.")
        for commit in commits:
            self._replica.committed(commit, now)
        self._news.expect(ahead)
        self._since_pruned += len(entries)
        self._unindexed += len(entries)
        if self._unindexed <= INDEX_SLICE:
            self._index_at = now.mono + INDEX_MS
        return None

    async def keep(self, text: str) -> None:
        """Keep this much of the room from now on, as `read_retention` takes it. Raises CommandRefused."""
        try:
            retention = read_retention(text)
        except RetentionError as error:
            raise api.CommandRefused(str(error)) from None
        if retention.is_on_disk != self._memory.retention.is_on_disk:
            raise api.CommandRefused(DECIDED_ONCE)
        try:
            await self._store.set_setting(self._replica.room, KEEP, retention.text)
        except StoreError as error:
            raise api.CommandRefused(str(error)) from error
        self._memory.retention = retention
        self._prune_due, self._prune_pause = 0, PRUNE_AGAIN_MS

    @property
    def prune_due(self) -> int | None:
        """The `mono` at which `prune` is next due; None when everything is kept."""
        return self._prune_due if self._memory.retention.is_limited else None

    async def prune(self, now: Now) -> None:
        """Let go of what is not to be kept any longer, when that is due. Between two steps only: it changes feeds."""
        retention = self._memory.retention
        if not retention.is_limited or (now.mono < self._prune_due and self._since_pruned < PRUNE_AFTER):
            return
        self._since_pruned = 0
        try:
            if await prune(self._store, self._replica.room, retention, now.wall):
                await self.reload()
                self._reading.doubt()
                self._fanout.emit(api.HistoryErased())
                self._reporter.room()
            self._prune_due, self._prune_pause = now.mono + PRUNE_MS, PRUNE_AGAIN_MS
        except StoreError as error:
            if self._prune_pause == PRUNE_AGAIN_MS:  # told once, until it succeeds or somebody decides anew
                self._reporter.problem(_code(error), f"Old messages could not be erased: {error}")
            self._prune_due = now.mono + self._prune_pause
            self._prune_pause = min(2 * self._prune_pause, PRUNE_MS)

    async def cut(self, cuts: Sequence[Cut], now: Now) -> None:
        """Keep proofs of forks and drop what comes after them: what was shown of it is to be looked at anew."""
        is_news = False
        for cut in cuts:
            proof = cut.proof
            try:
                data = encode_proof(proof)
                if proof.author == self._replica.me:
                    await keep_cut_off(self._store, self._replica.room, proof.author, proof.seq, SEQ_MAX)
                await self._store.cut(self._replica.room, proof.author, proof.seq, data)
                await self.reload()  # what is left may be of a third branch
                self._uncut.pop(proof.author, None)
                self._reading.doubt()
                is_news = True
            except StoreError as error:
                # The replica has cut the feed all the same; the disk follows as soon as it can.
                if proof.author not in self._uncut:
                    self._reporter.problem(_code(error), str(error))
                    is_news = True
                self._uncut[proof.author] = cut
                self._cut_at = now.mono + CUT_AGAIN_MS
        if is_news:
            self._fanout.emit(api.Resync())

    async def abandon(self, stray: Abandon) -> None:
        """Erase what is left of a branch of which no proof can be made any more, and say so."""
        is_mine = stray.author == self._replica.me
        try:
            if is_mine:
                await keep_cut_off(self._store, self._replica.room, stray.author, stray.low, stray.high)
            await self._store.drop(self._replica.room, stray.author, stray.low, stray.high)
            await self.reload()
            self._reading.doubt()
        except StoreError:
            return  # the next vector leads here again
        name = "This profile's identity" if is_mine else f"The identity of {self._names.of(stray.author)}"
        text = (
            f"{name} was copied. Of what the other copy wrote, {stray.count} entries that had reached this "
            "computer gave way to what everybody else has."
        )
        self._reporter.problem("identity-copied", f"{text} {STILL_IN_EXPORT}" if is_mine else text)
        self._fanout.emit(api.Resync())

    @property
    def cut_due(self) -> int | None:
        """The `mono` at which `cut_again` is next due; None when nothing waits for the disk."""
        return self._cut_at if self._uncut else None

    async def cut_again(self, now: Now) -> None:
        """Try again to cut what the disk did not take, when that is due. Between two steps only."""
        if self._uncut and now.mono >= self._cut_at:
            await self.cut(list(self._uncut.values()), now)

    async def beside(self, compare: Compare) -> tuple[Entry, ...]:
        """What is held of the feed beside the run of `compare`; nothing when it cannot be read now."""
        run = compare.run
        high = run.first + len(run.items) + PROOF_ENTRIES
        try:
            return tuple(await self._store.run(self._replica.room, run.author, max(1, run.first - 1), high))
        except StoreError:
            return ()  # the next whole vector leads here again

    @property
    def index_due(self) -> int | None:
        """The `mono` at which `index` is next due; None when every entry is ready for search."""
        return self._index_at

    async def index(self, now: Now) -> None:
        """Make some more entries ready for search, when that is due. Raises nothing: what fails is tried again."""
        if self._index_at is None or now.mono < self._index_at:
            return
        self._index_at, self._unindexed = now.mono + INDEX_AGAIN_MS, 0
        with suppress(StoreError):
            if not await self._store.index(INDEX_SLICE):
                self._index_at = None

    @property
    def save_due(self) -> int | None:
        """The `mono` at which `remember` is next due; None when nothing is to be remembered."""
        if self._reporter.to_save or self._people.has_unsaved:
            return self._saved_at + SAVE_MS
        return self._saved_at + SEEN_MS if self._reporter.seen else None

    async def remember(self, now: Now) -> None:
        """Write down what is to be remembered of peers, when that is due."""
        if self.save_due is not None and now.mono >= self.save_due:
            self._saved_at = now.mono
            await self.save_peers()

    async def save_peers(self) -> None:
        """Write down what is to be remembered of peers."""
        await self._people.settle()
        peers = self._reporter.to_save | self._reporter.seen
        self._reporter.to_save, self._reporter.seen = set(), set()
        known = [self._known(peer) for peer in sorted(peers)]
        try:
            await self._store.save_peers(self._replica.room, known)
        except StoreError:
            self._reporter.to_save |= peers  # soft state: tried again with the next change

    def _known(self, peer: PeerId) -> KnownPeer:
        last_seen = self._memory.last_seen.get(peer, 0)
        holdings = self._replica.holdings
        vector = holdings.vectors.get(peer, {}) if holdings.keeps(peer) else {}
        return KnownPeer(peer, last_seen, self._names.heard(peer), vector)

    async def reload(self) -> None:
        """Have the replica hold what the disk holds. Raises StoreError."""
        feeds = await self._store.feeds(self._replica.room)
        floors = {feed.author: feed.floor for feed in feeds}
        self._replica.reset([(feed.author, feed.segments) for feed in feeds], floors)


def _code(error: StoreError) -> str:
    return "store-full" if isinstance(error, StoreFull) else "store-failed"
