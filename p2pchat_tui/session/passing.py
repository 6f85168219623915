"""Introductions through the mesh: who is there, through whom they are reached, and signals carried for others.

Presence says who is there: each names its sender's session and neighbours, so everybody knows the whole mesh. A signal
goes to the neighbour that is nearest to its receiver, who does the same, a few times at most. It stays sealed for its
receiver: whoever carries it sees the two sessions and random bytes, as a relay does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from ..ssc.clock import Now
from ..ssc.frames import Carried, short_peer
from ..ssc.ids import PeerId, SessionId
from ..ssc.presence import Seen, State
from ..ssc.rate import TokenBucket
from .linker import Linker

PLACE = "mesh"
"""What the linker calls it, as one more place where sessions are seen."""
HOPS = 4
"""How often a signal is passed on: a mesh that is not full has ways of two or three links."""
WAYS = 2
"""Neighbours by whom the first sender sends: one of them may have died without anybody knowing it yet."""
COST_BYTES = 1024
"""A signal costs one token, and one more for each KiB: a usual one costs 2, the largest 17."""
SIGNALS_PER_S = 8.0
SIGNALS_BURST = 256.0
"""What one neighbour may have carried: offers to all of a full room and their repetition, or 15 of the largest."""
ARRIVALS_PER_S = 4.0
ARRIVALS_BURST = 64.0
"""Sessions that may appear: a member who makes up identities costs us a few attempts, not all our sockets."""
THERE_MAX = 128
"""Sessions known by presence at once: twice what a room holds."""
TRAILS_MAX = 256
"""Senders remembered with the neighbour who brought their signals: the way back to somebody not heard of yet."""


@dataclass(frozen=True, slots=True)
class Onward:
    """Send this to that neighbour."""

    peer: PeerId
    frame: Carried


class Passing:
    """What one session knows of the ways through the mesh. Pure bookkeeping."""

    def __init__(self, me: SessionId) -> None:
        self._me = me
        self._there: dict[PeerId, Seen] = {}
        self._trails: dict[SessionId, PeerId] = {}
        self._buckets: dict[PeerId, TokenBucket] = {}
        self._arrivals = TokenBucket(ARRIVALS_PER_S, ARRIVALS_BURST, 0.0)

    def hear(self, seen: Seen, linker: Linker, now: Now) -> None:
        """A presence came, or lapsed: tell the linker who is there."""
        before = self._there.get(seen.peer)
        is_new = before is None or before.session != seen.session
        if before and (is_new or seen.state is State.OFFLINE):
            del self._there[seen.peer]
            linker.gone(before.session, PLACE)
        if seen.state is State.OFFLINE:
            return
        if is_new:
            if len(self._there) >= THERE_MAX or not self._arrivals.take(1.0, now.mono / 1000):
                return  # with its next heartbeat, perhaps
            linker.seen(seen.session, PLACE, now.mono)
        self._there[seen.peer] = seen

    def unlinked(self, peer: PeerId) -> None:
        """The link to `peer` is gone, and what it may have carried begins anew with the next one."""
        self._buckets.pop(peer, None)

    def who(self, session: SessionId) -> PeerId | None:
        """Whose session it is, by that peer's own word."""
        return next((peer for peer, seen in self._there.items() if seen.session == session), None)

    def first(self, to: SessionId, data: bytes, linked: Mapping[SessionId, PeerId]) -> list[Onward]:
        """Where to send a signal of one's own; `linked`: neighbours whose links are not silent, by session."""
        frame = Carried(self._me, to, HOPS, data)
        return [Onward(peer, frame) for peer in self._ways(to, linked, None)[:WAYS]]

    def take(
        self, frame: Carried, bringer: PeerId, linked: Mapping[SessionId, PeerId], now: Now
    ) -> Onward | bytes | None:
        """What becomes of a signal that `bringer` brought: passed on, or its bytes when it is for me, or nothing."""
        bucket = self._buckets.setdefault(bringer, TokenBucket(SIGNALS_PER_S, SIGNALS_BURST, now.mono / 1000))
        if not bucket.take(1.0 + len(frame.data) // COST_BYTES, now.mono / 1000):
            return None
        self._remember(SessionId(frame.sender), bringer)
        if frame.to == self._me:
            return frame.data
        if frame.hops == 0:
            return None
        ways = self._ways(SessionId(frame.to), linked, bringer)
        return Onward(ways[0], msgspec.structs.replace(frame, hops=frame.hops - 1)) if ways else None

    def _remember(self, sender: SessionId, bringer: PeerId) -> None:
        self._trails.pop(sender, None)
        self._trails[sender] = bringer
        if len(self._trails) > TRAILS_MAX:
            del self._trails[next(iter(self._trails))]

    def _ways(self, to: SessionId, linked: Mapping[SessionId, PeerId], without: PeerId | None) -> list[PeerId]:
        """Neighbours through whom `to` is reached, the nearest first; `without` is the one it came from."""
        around = [peer for peer in linked.values() if peer != without]
        if linked.get(to) in around:
            return [linked[to]]
        target = self.who(to)
        ways = self._nearest(target, around) if target else []
        trail = self._trails.get(to)
        if trail in around and trail not in ways:
            ways.append(trail)
        return ways

    def _nearest(self, target: PeerId, around: list[PeerId]) -> list[PeerId]:
        """Those of `around` who lead to `target`, by how far they are from it; a search back from there."""
        ways: list[PeerId] = []
        left = {peer: seen.links for peer, seen in self._there.items() if peer != target}
        reached = {short_peer(target)}
        for _ in range(HOPS):
            found = sorted(peer for peer, links in left.items() if links & reached)
            for peer in found:
                del left[peer]
            ways += [peer for peer in found if peer in around]
            reached = {short_peer(peer) for peer in found}
        return ways
