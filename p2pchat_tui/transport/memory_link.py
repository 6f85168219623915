"""One side of a link in memory: how its messages travel, wait, get lost, and how it ends. See `memory`."""

from __future__ import annotations

import asyncio
import hashlib
from collections import deque
from typing import TYPE_CHECKING

from ..ports.transport import Channel, FrameReceived, LinkClosed, LinkOpened, TransportError
from ..ssc.ids import LinkId
from .inbox import weight
from .limits import INBOUND_MAX, MESSAGE_MAX

if TYPE_CHECKING:
    from .memory import MemoryTransport


class MemoryLink:
    """One side of a link."""

    def __init__(self, owner: MemoryTransport, link: LinkId, deadline: float) -> None:
        self.owner = owner
        self.id = link
        self.is_open = False
        self.reason: str | None = None
        self.cut = False
        self.offered = False
        self.other: MemoryLink | None = None
        self.buffered = 0
        self.sent = self.got = 0
        """Bytes."""
        self.messages_sent = self.messages_got = 0
        self.drained = asyncio.Event()
        self._net = owner.net
        self._loop = asyncio.get_running_loop()
        self._free_at = 0.0
        self._chat_at = 0.0
        # Timers of one moment fire in any order, so each only says "the next one": what comes next is in here.
        self._wire: deque[tuple[float, Channel, str | bytes, int]] = deque()
        self._held: deque[str | bytes] = deque()
        self._flying: deque[str | bytes | None] = deque()
        self._death: asyncio.TimerHandle | None = None
        self.name = self._net.add(self)
        self.fingerprint = ":".join(f"{byte:02X}" for byte in hashlib.sha256(self.name.encode()).digest())
        self._overdue = self._loop.call_later(deadline, self._give_up, deadline)

    def describe(self, kind: str) -> str:
        """The description for the other side."""
        return f"{kind} {self.name}"

    def look_up(self, kind: str, description: str) -> MemoryLink | None:
        """The end that `description` names. Raises TransportError when it is no description of that kind."""
        words = description.split()
        if len(words) != 2 or words[0] != kind or len(words[1]) != 8 or not set(words[1]) <= set("0123456789abcdef"):
            raise TransportError("The description makes no sense.")
        found = self._net.find(words[1])
        return found if found is not self else None

    @property
    def reaches(self) -> bool:
        """Whether packets pass to the other side."""
        other = self.other
        return other is not None and not self.cut and not other.cut and self._net.reaches(self.owner, other.owner)

    def join(self, other: MemoryLink | None) -> None:
        """Both sides know each other from here on; they open as soon as packets pass."""
        self.other = other
        if other is not None and other.other is self:
            self.review()
            other.review()

    def _open(self) -> None:
        if self.reason is None and not self.is_open and self.reaches:
            self.is_open = True
            self._overdue.cancel()
            self.owner.inbox.put(LinkOpened(self.id))

    def send(self, channel: Channel, data: str | bytes) -> None:
        """Put one message on the wire."""
        size = weight(data) - weight(b"")
        now = self._loop.time()
        took = size / self._net.bandwidth if self._net.bandwidth else 0.0
        self._free_at = max(now, self._free_at) + took
        self.buffered += size
        self.sent += size
        self.messages_sent += 1
        self._wire.append((self._free_at, channel, data, size))
        self._loop.call_at(self._free_at, self._left)

    def _left(self) -> None:
        if not self._wire:
            return  # the end of the link let it out
        _, channel, data, size = self._wire.popleft()
        self.buffered -= size
        self.drained.set()
        if self.reason is not None:
            return
        if channel is Channel.PRESENCE:
            if self.reaches and self._net.random.random() >= self._net.loss:
                self._loop.call_later(self._trip(), self._arrive, channel, data)
        elif self.reaches and not self._held:
            self._fly(data)
        else:
            self._held.append(data)  # sent again and again until it gets through

    def _fly(self, data: str | bytes | None) -> None:
        self._flying.append(data)
        self._chat_at = max(self._chat_at, self._loop.time() + self._trip())
        self._loop.call_at(self._chat_at, self._land)

    def _land(self) -> None:
        data = self._flying.popleft()
        if data is not None:
            self._arrive(Channel.CHAT, data)
        elif self.other is not None:
            self.other.end("The other side closed the link.")

    def _trip(self) -> float:
        return self._net.delay + self._net.jitter * self._net.random.random()

    def _arrive(self, channel: Channel, data: str | bytes) -> None:
        if self.other is not None and self.other.reason is None and not self.other.owner.dead:
            self.other.receive(channel, data)

    def receive(self, channel: Channel, data: str | bytes) -> None:
        """Take one message in."""
        self._open()  # data says as much as the handshake's last packet
        size = weight(data)
        self.got += size - weight(b"")
        self.messages_got += 1
        if size > MESSAGE_MAX + weight(b""):
            self.end("The other side sent a message that is far too long.")
        elif self.owner.inbox.waiting(self.id) + size > INBOUND_MAX:
            self.end("The other side sends faster than this side can read.")
        else:
            self.owner.inbox.put(FrameReceived(self.id, channel, data))

    def review(self) -> None:
        """Something about the network or the other side has changed."""
        if self.reason is not None or self.other is None:
            return
        if self.reaches:
            if self._death is not None:
                self._death.cancel()
                self._death = None
            if not self.is_open and self.other.other is self:
                self._loop.call_later(2 * self._net.delay, self._open)
            while self._held:
                self._fly(self._held.popleft())
        elif self.is_open and self._death is None:
            self._death = self._loop.call_later(self._net.death, self.end, "The other side fell silent.")

    def _give_up(self, deadline: float) -> None:
        if self.other is not None:
            self.end(f"No path to the other side was found within {deadline:g} s.")
        else:
            self.end(f"The other side did not answer within {deadline:g} s.")

    def end(self, reason: str) -> None:
        """End this side, and tell the other if it can be told."""
        if self.reason is not None:
            return
        while self._wire and self._wire[0][0] <= self._loop.time():
            self._left()  # a goodbye said just now
        self.reason = reason
        self._overdue.cancel()
        if self._death is not None:
            self._death.cancel()
        self._net.discard(self.name)
        self.owner.inbox.put(LinkClosed(self.id, reason))
        self.drained.set()
        self.owner.forget(self)
        if self.is_open and self.other is not None:
            if self.reaches:
                self._fly(None)
            self.cut = True
            self.other.review()
