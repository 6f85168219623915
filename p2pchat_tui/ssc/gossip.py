"""The soft plane at work: what I say of myself and when, and what others say of themselves, passed on.

A presence goes to those who have no link with the one that it is about: so it crosses a mesh that is not full, and
costs nothing where everybody is linked with everybody.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection

import msgspec

from .clock import Now, next_beat
from .effects import Effect, PresenceChanged, Send
from .frames import Presence, short_peer
from .ids import PeerId, SessionId, Stamp
from .presence import HEARTBEAT_MS, Board, State
from .rate import TokenBucket

READ_DELAY_MS = 1_000
"""Moves of one's read position within this time go out as one."""


BROUGHT_PER_S = 128.0
BROUGHT_BURST = 512.0
"""Presences that one neighbour may bring: 64 people speak 26 times a second in all, and more often while they type.
Each costs the check of a signature here, and a message to every neighbour that lacks it."""


class Gossip:
    """Speaks for one replica's board to `linked` peers; what is to be done goes to `effects`."""

    def __init__(self, board: Board, linked: Collection[PeerId], effects: deque[Effect]) -> None:
        self._board = board
        self._linked = linked
        self._effects = effects
        self._heartbeat_due = 0
        self._brought: dict[PeerId, TokenBucket] = {}
        """By linked peer: how many more presences are taken from it now."""

    def say_state(self, state: State, now: Now) -> None:
        """Be online, away or offline, and say so at once."""
        if self._board.set_state(state):
            self._speak(now, soft=False)

    def say_typing(self, on: bool, now: Now) -> None:
        """Be typing or not, and say so when that is news."""
        if self._board.set_typing(on, now):
            self._speak(now, soft=True)

    def say_name(self, name: str, now: Now) -> None:
        """Be called `name` in presence."""
        if name != self._board.name:
            self._board.name = name
            self._speak(now, soft=False)

    def say_read(self, stamp: Stamp, now: Now) -> None:
        """Have read up to `stamp`, and say so soon: whoever scrolls must not make the others' links busy."""
        if stamp != self._board.read:
            self._board.read = stamp
            self._heartbeat_due = min(self._heartbeat_due, now.mono + READ_DELAY_MS)

    def meet(self, peer: PeerId, session: SessionId, now: Now) -> None:
        """`peer` has proven that it runs `session`: greet it."""
        self._brought[peer] = TokenBucket(BROUGHT_PER_S, BROUGHT_BURST, now.mono / 1000)
        self._board.restart(peer, session, now)
        self._speak(now, soft=False)

    def part(self, peer: PeerId) -> None:
        """The link to `peer` is gone."""
        self._brought.pop(peer, None)

    def hear(self, bringer: PeerId, frame: Presence, now: Now) -> None:
        """Take in what somebody says of itself, which `bringer` brought; pass it on. What is too much is left out."""
        bucket = self._brought.get(bringer)
        if bucket and not bucket.take(1.0, now.mono / 1000):
            return
        before = self._board.get(PeerId(frame.peer))
        seen = self._board.hear(frame, now)
        if seen is None:
            return
        self._effects.append(PresenceChanged(seen, before))
        if frame.hops == 0:
            return
        onward = msgspec.structs.replace(frame, hops=frame.hops - 1)
        for neighbour in self._linked:
            if neighbour not in (bringer, seen.peer) and not self.are_linked(neighbour, seen.peer):
                self._effects.append(Send(neighbour, onward, soft=True))

    def are_linked(self, peer: PeerId, other: PeerId) -> bool:
        """Whether `peer` has a link with `other`, by its own word."""
        seen = self._board.get(peer)
        return seen is not None and short_peer(other) in seen.links

    def tick(self, now: Now) -> None:
        """Let lapse what was not said again, and say what is due."""
        for seen, before in self._board.expire(now):
            self._effects.append(PresenceChanged(seen, before))
        if now.mono >= self._heartbeat_due:
            self._speak(now, soft=True)

    def deadline(self) -> int | None:
        """When `tick` is next due."""
        lapse = self._board.deadline()
        if not self._linked:
            return lapse
        return self._heartbeat_due if lapse is None else min(lapse, self._heartbeat_due)

    def _speak(self, now: Now, soft: bool) -> None:
        self._heartbeat_due = next_beat(now, HEARTBEAT_MS)
        frame = self._board.speak(self._linked, now)
        for peer in self._linked:
            self._effects.append(Send(peer, frame, soft))
