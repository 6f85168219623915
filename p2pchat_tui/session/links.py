"""One link as the session drives it: frames out in the right order, requests served, round trips measured."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field

from ..ports.store import EntriesDamaged, Store, StoreError
from ..ports.transport import Channel, Path, Transport
from ..ssc import ranges
from ..ssc.clock import Now
from ..ssc.effects import ServeRecent, ServeRun
from ..ssc.entry import Entry
from ..ssc.frames import Batch, Done, Ping, Pong
from ..ssc.ids import LinkId, PeerId, RoomId, SessionId
from ..ssc.runs import CHECKPOINT, runs_of
from ..ssc.wire import BulkEncoder, Decoder, Message, Sendable, encode

BUFFER_MAX = 48 * 1024
"""Bytes given to the transport before waiting: with one message more it is under 64 KiB, so chat never waits long."""
BULK_MAX = 8
"""Messages of bulk made ready ahead of the network."""
BATCH_BYTES = 48 * 1024
"""Bytes of bodies in one batch: a few messages on the wire."""
STANDING_MAX = 1_000
"""Profiles and topics sent along with the newest entries, at most: an identity costs nothing."""
BEHIND = 32
"""Messages that wait on a link before signals of others are no longer carried over it."""
STUCK_BYTES = 4 * 1024 * 1024
"""Bytes of messages that wait on a link before it is given up: the other side speaks and takes nothing, or the line is
so slow that it gets all of it sooner over a new one, where it asks for what it lacks."""
PING_MS = 15_000
"""How often the round trip is measured, on all links at one time: each ping wakes two computers that may have nothing
else to do, and heartbeats tell already that a link lives."""
ASK_MS = 4_000
"""A link that has brought nothing for this long is pinged on the channel that loses nothing."""
SILENT_MS = 8_000
"""A link that has brought nothing for this long is doubted: each side speaks every 3 s, and some of it is lost."""
PINGS_KEPT = 20
"""Pings remembered: the loss of five minutes."""


class Outbox:
    """Sends the messages of one link: chat before bulk, and never more than the network takes."""

    def __init__(self, transport: Transport, link: LinkId) -> None:
        self._transport = transport
        self._link = link
        self._urgent: deque[Message] = deque()
        self._urgent_bytes = 0
        self._bulk: asyncio.Queue[Message] = asyncio.Queue(BULK_MAX)
        self._bulk_encoder = BulkEncoder()
        self._wake = asyncio.Event()

    @property
    def is_behind(self) -> bool:
        """Whether so much waits that nothing should be added for others."""
        return len(self._urgent) > BEHIND

    @property
    def is_stuck(self) -> bool:
        """Whether more waits than is worth sending over this link."""
        return self._urgent_bytes > STUCK_BYTES

    def send(self, frame: Sendable, soft: bool = False) -> None:
        """Send soon. `soft`: on the channel that repeats nothing, or not at all while the link is busy."""
        messages = encode(frame)
        if soft and len(messages) == 1:
            if self._has_room():
                self._transport.send(self._link, Channel.PRESENCE, messages[0])
            return
        self._urgent.extend(messages)
        self._urgent_bytes += sum(map(len, messages))
        self._send_urgent()
        if self._urgent:
            self._wake.set()

    async def send_bulk(self, frame: Sendable) -> None:
        """Send when nothing else waits; returns once it is in the queue, which is short."""
        for message in self._bulk_encoder.encode(frame):
            await self._bulk.put(message)
            self._wake.set()

    async def run(self) -> None:
        """Send what waits, until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._urgent or not self._bulk.empty():
                await self._transport.writable(self._link)
                self._send_urgent()
                while not self._urgent and not self._bulk.empty() and self._has_room():
                    self._transport.send(self._link, Channel.CHAT, self._bulk.get_nowait())
                await asyncio.sleep(0)

    def _send_urgent(self) -> None:
        while self._urgent and self._has_room():
            message = self._urgent.popleft()
            self._urgent_bytes -= len(message)
            self._transport.send(self._link, Channel.CHAT, message)

    def _has_room(self) -> bool:
        return self._transport.buffered(self._link) < BUFFER_MAX


@dataclass(slots=True)
class PingClock:
    """Round trips of one link, in milliseconds of the session's monotonic clock."""

    rtt_ms: int | None = None
    due: int = 0
    _sent: dict[int, int] = field(default_factory=dict)
    """The last pings, and when they went."""
    _asked: tuple[int, int] | None = None
    """The last ping on the channel that loses nothing, and when it went, until it is answered."""
    _answered: set[int] = field(default_factory=set)
    _number: int = 0

    def ping(self, now: int) -> Ping:
        """The next ping."""
        self.due = (now // PING_MS + 1) * PING_MS
        self._number += 1
        self._sent[self._number] = now
        if len(self._sent) > PINGS_KEPT:
            del self._sent[next(iter(self._sent))]
        self._answered &= self._sent.keys()
        return Ping(self._number)

    def ask(self, now: int) -> Ping:
        """A ping for the channel that loses nothing: it tells nothing about loss, and the next one is due as before."""
        self._number += 1
        self._asked = (self._number, now)
        return Ping(self._number)

    def pong(self, pong: Pong, now: int) -> bool:
        """Take in an answer; whether the round trip, as shown, is new."""
        if self._asked and self._asked[0] == pong.number:
            (_, sent), self._asked = self._asked, None
        elif pong.number in self._sent.keys() - self._answered:
            sent = self._sent[pong.number]
            self._answered.add(pong.number)
        else:
            return False
        before, self.rtt_ms = self.rtt_ms, max(now - sent, 0)
        return before is None or abs(before - self.rtt_ms) > max(2, before // 5)

    def loss(self, now: int) -> float | None:
        """Share of the last pings that got no answer, 0 to 1; None before any could be missed."""
        due = [number for number, sent in self._sent.items() if number in self._answered or now >= sent + PING_MS]
        return 1 - len(self._answered) / len(due) if due else None


class Link:
    """One link from its first description to its end."""

    def __init__(self, transport: Transport, link: LinkId, session: SessionId, peer: PeerId | None) -> None:
        self.id = link
        self.session = session
        """The session at the other end."""
        self.peer = peer
        """Who signed its signal; None before a signal of the other side came."""
        self.is_up = False
        """Whether the other side's hello was checked."""
        self.path: Path | None = None
        """How it reaches the other side, once it is up."""
        self.started = 0
        """When the other session began, by its hello."""
        self.hello_due: int | None = None
        """`mono` by which the other side must have said hello, while the link is open and not up."""
        self.up_at = Now(0, 0)
        """When it came up."""
        self.heard = 0
        """`mono` of its last message."""
        self.is_asked = False
        """Whether it was pinged on the reliable channel since then."""
        self.is_silent = False
        """Whether that is too long ago: it may be dead without anybody having been told."""
        self.outbox = Outbox(transport, link)
        self.pings = PingClock()
        self.decoders = {Channel.CHAT: Decoder(), Channel.PRESENCE: Decoder()}
        self.requests: asyncio.Queue[ServeRecent | ServeRun] = asyncio.Queue()
        """What the other side asked for; the replica bounds how many."""
        self.tasks: list[asyncio.Task[None]] = []

    def outranks(self, other: Link) -> bool:
        """Whether, of two sessions of one peer, this link's is the living one: the newer, unless it fell silent.

        Clocks that were set back make an old session look newer; then it is the silence that tells.
        """
        return not self.is_silent and (self.started, self.session) > (other.started, other.session)

    def hear(self, mono: int) -> bool:
        """Something came over it; whether it had fallen silent before."""
        was_silent, self.is_silent = self.is_silent, False
        self.heard, self.is_asked = mono, False
        return was_silent

    def probe(self, mono: int) -> bool:
        """Send the pings that are due; whether it has just fallen silent."""
        if mono >= self.pings.due:
            self.outbox.send(self.pings.ping(mono), soft=True)
        if not self.is_asked and mono >= self.heard + ASK_MS:
            self.is_asked = True
            self.outbox.send(self.pings.ask(mono))
        falls_silent = not self.is_silent and mono >= self.heard + SILENT_MS
        self.is_silent |= falls_silent
        return falls_silent

    @property
    def probe_due(self) -> int:
        """The `mono` at which `probe` is next due."""
        times = [self.pings.due]
        if not self.is_asked:
            times.append(self.heard + ASK_MS)
        if not self.is_silent:
            times.append(self.heard + SILENT_MS)
        return min(times)

    def end(self) -> None:
        """Stop the link's tasks."""
        for task in self.tasks:
            task.cancel()
        self.tasks.clear()


async def serve(link: Link, store: Store, room: RoomId) -> AsyncIterator[tuple[PeerId, int]]:
    """Answer the requests of one link, one after the other; yields who asked, and how many entries were sent."""
    while True:
        request = await link.requests.get()
        count = 0
        try:
            if isinstance(request, ServeRecent):
                entries = await _newest(store, room, request)
                count = await _send_entries(link, request.request, entries)
            else:
                for low, high in _steps(request.low, request.high):
                    entries = await store.run(room, request.author, low, high)
                    count += await _send_entries(link, request.request, entries)
        except EntriesDamaged:
            pass  # set aside by the store; what is left is served when it is asked for again
        except StoreError:
            pass  # the session's own reads and writes report a store that fails
        await link.outbox.send_bulk(Done(request.request))
        yield request.peer, count


async def _newest(store: Store, room: RoomId, request: ServeRecent) -> list[Entry]:
    """The newest entries, and what says how things stand: whoever keeps little would never come down to that."""
    standing = await store.latest(room, "profile") + await store.latest(room, "topic")
    entries = {entry.id: entry for entry in (*await store.newest(room, request.limit), *standing[-STANDING_MAX:])}
    return [
        entry
        for entry in entries.values()
        if not ranges.contains(request.held.get(entry.author, ranges.EMPTY), entry.seq)
    ]


async def _send_entries(link: Link, request: int, entries: Iterable[Entry]) -> int:
    """Send `entries` in batches of bounded size; runs stay whole where they can."""
    count = 0
    portion: list[Entry] = []
    size = 0
    for entry in sorted(entries, key=lambda each: (each.author, each.seq), reverse=True):
        portion.append(entry)
        size += len(entry.body)
        count += 1
        if size >= BATCH_BYTES:
            await link.outbox.send_bulk(Batch(request, tuple(runs_of(portion))))
            portion, size = [], 0
    if portion:
        await link.outbox.send_bulk(Batch(request, tuple(runs_of(portion))))
    return count


def _steps(low: int, high: int) -> Iterable[tuple[int, int]]:
    """low..high in steps that begin right after a checkpoint, the upper ones first."""
    while high >= low:
        start = max(low, (high - 1) // CHECKPOINT * CHECKPOINT + 1)
        yield start, high
        high = start - 1
