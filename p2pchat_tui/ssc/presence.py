"""The soft plane: who is there, who is away, who types; clocked, newer wins, each expires by its own deadline.

Every peer speaks for itself, in signed words, so that others can pass them on and nobody can retire somebody else.
After the awareness idea of collaborative editors: a state, a clock, a deadline; nothing is stored but last-seen.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import sha256

import msgspec

from .clock import MAX_AHEAD_MS, Now
from .frames import LINKS_MAX, Presence, short_peer
from .identity import Identity, is_signed
from .ids import PeerId, RoomId, SessionId, Stamp
from .text import clean_name

HEARTBEAT_MS = 2_500
"""How often each peer says that it is there."""
PRESENCE_MS = 8_500
"""Silence after which a peer counts as offline: three lost heartbeats, and a slow way for the fourth."""
TYPING_MS = 6_000
"""How long "is typing" holds unless it is said again."""
HOPS_MAX = 8
"""How often a presence is passed on: the longest way through a mesh that a room is likely to have."""
PEERS_MAX = 1_024
"""Peers remembered by presence; beyond it the ones that are offline are let go."""

_DOMAIN = b"p2pchat presence 1"


class State(StrEnum):
    """What a peer says of itself."""

    ONLINE = "online"
    AWAY = "away"
    OFFLINE = "offline"


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of one other peer."""

    peer: PeerId
    session: SessionId
    clock: int
    state: State
    typing: bool
    name: str
    links: frozenset[bytes]
    """Short names of those it is linked with, by its own word."""
    read: Stamp
    """The stamp up to which it has read, by its own word; 0 when it does not say."""
    heard: Now
    """When its newest word arrived."""


def presence_digest(room: RoomId, frame: Presence) -> bytes:
    """What a presence is signed over: everything but the hops, which change on the way."""
    said = (frame.peer, frame.session, frame.clock, frame.state, frame.typing, frame.name, frame.links, frame.read)
    return sha256(_DOMAIN + room + msgspec.msgpack.encode(said)).digest()


class Board:
    """My own presence and everybody else's, in one room."""

    def __init__(self, room: RoomId, identity: Identity, session: SessionId, name: str) -> None:
        self._room = room
        self._identity = identity
        self._session = session
        self._clock = 0
        self._typing_until = 0
        self._state = State.ONLINE
        self._others: dict[PeerId, Seen] = {}
        self._felt: dict[PeerId, int] = {}
        """`mono` of the last sign of life that a link of mine to a peer brought."""
        self.name = name
        """What I am called, in my own heartbeats."""
        self.read = Stamp(0)
        """The stamp up to which I have read, as the others are told; 0: they are not told."""

    @property
    def state(self) -> State:
        """My own state."""
        return self._state

    @property
    def others(self) -> Iterable[Seen]:
        """Everybody heard of in this session, whatever their state."""
        return self._others.values()

    def get(self, peer: PeerId) -> Seen | None:
        """What is known of `peer`."""
        return self._others.get(peer)

    def set_state(self, state: State) -> bool:
        """Be online, away or offline; whether that is news."""
        changed = self._state is not state
        self._state = state
        return changed

    def set_typing(self, on: bool, now: Now) -> bool:
        """Be typing or not; whether that is news."""
        was = self._typing_until > now.mono
        self._typing_until = now.mono + TYPING_MS if on else 0
        return was != on

    def speak(self, links: Iterable[PeerId], now: Now) -> Presence:
        """My presence as of now, signed, newer than every one before."""
        self._clock = max(self._clock + 1, now.wall)
        unsigned = Presence(
            peer=bytes(self._identity.peer),
            session=bytes(self._session),
            clock=self._clock,
            state=self._state.value,
            typing=self._typing_until > now.mono,
            name=self.name,
            links=tuple(sorted(short_peer(peer) for peer in links))[:LINKS_MAX],
            read=self.read,
            hops=HOPS_MAX,
            signature=b"",
        )
        signature = self._identity.sign(presence_digest(self._room, unsigned))
        return msgspec.structs.replace(unsigned, signature=signature)

    def hear(self, frame: Presence, now: Now) -> Seen | None:
        """Take in what a peer says of itself; the new picture, or None when it is old, mine, or not signed by it."""
        peer = PeerId(frame.peer)
        known = self._others.get(peer)
        if known and frame.clock <= known.clock and not self._is_set_back(frame, known, now):
            return None
        if not is_signed(peer, frame.signature, presence_digest(self._room, frame)):
            return None
        if peer == self._identity.peer:
            # An echo of mine, or an older session's: only a newer word of mine answers it.
            self._clock = max(self._clock, frame.clock)
            return None
        state = State(frame.state) if frame.state in State.__members__.values() else State.ONLINE
        seen = Seen(
            peer,
            SessionId(frame.session),
            frame.clock,
            state,
            frame.typing and state is not State.OFFLINE,
            clean_name(frame.name),
            frozenset(frame.links),
            Stamp(frame.read),
            now,
        )
        if known is None and not self._make_room():
            return None
        self._others[peer] = seen
        return seen

    def _is_set_back(self, frame: Presence, known: Seen, now: Now) -> bool:
        """Whether another session speaks whose clock was put right: after a silence, and with the time as it is.

        So what somebody recorded long ago cannot be played again to make a peer look alive.
        """
        is_silent = now.mono >= known.heard.mono + PRESENCE_MS
        return frame.session != known.session and is_silent and abs(frame.clock - now.wall) <= MAX_AHEAD_MS

    def restart(self, peer: PeerId, session: SessionId, now: Now) -> None:
        """`peer` has proven that it runs `session` now: clocks of its sessions before no longer count.

        Until its first word counts the proof as one, or who dies before it would be there for ever.
        """
        known = self._others.get(peer)
        if known is None and not self._make_room():
            return
        if known is None or known.session != session:
            name, read = (known.name, known.read) if known else ("", Stamp(0))
            self._others[peer] = Seen(peer, session, 0, State.ONLINE, False, name, frozenset(), read, now)

    def feel(self, peer: PeerId, now: Now) -> None:
        """My own link to `peer` has brought something: it is there, whatever became of heartbeats, sent only once."""
        if peer in self._others:
            self._felt[peer] = now.mono

    def expire(self, now: Now) -> list[tuple[Seen, Seen]]:
        """Let lapse what has not been said again in time; each picture that changed, after and before."""
        changed = []
        for peer, seen in self._others.items():
            lapsed = seen
            if seen.typing and now.mono >= seen.heard.mono + TYPING_MS:
                lapsed = replace(lapsed, typing=False)
            if seen.state is not State.OFFLINE and now.mono >= self._alive(seen) + PRESENCE_MS:
                lapsed = replace(lapsed, state=State.OFFLINE, typing=False)
            if lapsed is not seen:
                self._others[peer] = lapsed
                changed.append((lapsed, seen))
        return changed

    def deadline(self) -> int | None:
        """The next `mono` at which `expire` has something to do."""
        times = [
            seen.heard.mono + TYPING_MS if seen.typing else self._alive(seen) + PRESENCE_MS
            for seen in self._others.values()
            if seen.typing or seen.state is not State.OFFLINE
        ]
        return min(times, default=None)

    def _alive(self, seen: Seen) -> int:
        """`mono` of its last sign of life."""
        return max(seen.heard.mono, self._felt.get(seen.peer, 0))

    def _make_room(self) -> bool:
        """Whether one more can be remembered, after letting go of some who are offline where that is needed."""
        if len(self._others) < PEERS_MAX:
            return True
        gone = sorted(
            (seen for seen in self._others.values() if seen.state is State.OFFLINE),
            key=lambda seen: seen.heard.mono,
        )
        for seen in gone[: PEERS_MAX // 4]:
            del self._others[seen.peer]
            self._felt.pop(seen.peer, None)
        return bool(gone)
