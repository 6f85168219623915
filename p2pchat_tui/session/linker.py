"""Who links with whom: the introductions of one session, as a pure machine.

Of two sessions the one with the smaller id offers, so there is never glare. An offer is sent again until it is
answered; a link that fails is tried again with growing, jittered pauses for as long as the other side is around. A new
attempt runs beside a link that still stands, and replaces it only once it is up itself.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from enum import Enum

from ..ssc.ids import LinkId, PeerId, SessionId
from ..ssc.seal import Signal, SignalKind

RESEND_MS = 2_000
"""An offer without an answer is sent again after this long …"""
RESEND_MOST_MS = 4_000
"""… and then every so often, until the transport gives the attempt up."""
RETRY_MS = 1_000
"""The pause after a first failure; doubled with each further one."""
RETRY_MOST_MS = 30_000
"""The longest pause between attempts."""
SPENT_MAX = 64
"""Attempts of one session remembered, so that a replayed offer starts nothing."""
REMOTES_MAX = 256
"""Sessions dealt with at once: more than a room holds."""


@dataclass(frozen=True, slots=True)
class MakeOffer:
    """Begin this link and describe it."""

    link: LinkId
    session: SessionId


@dataclass(frozen=True, slots=True)
class MakeAnswer:
    """Begin this link as the answering side and describe it."""

    link: LinkId
    session: SessionId
    description: str


@dataclass(frozen=True, slots=True)
class AcceptAnswer:
    """Give the link the other side's description."""

    link: LinkId
    description: str


@dataclass(frozen=True, slots=True)
class SendSignal:
    """Seal this and send it."""

    session: SessionId
    kind: SignalKind
    link: LinkId
    description: str


@dataclass(frozen=True, slots=True)
class Drop:
    """This link is not wanted (any more)."""

    link: LinkId
    reason: str


Action = MakeOffer | MakeAnswer | AcceptAnswer | SendSignal | Drop


class Phase(Enum):
    """How far an attempt is."""

    DESCRIBING = "describing"
    OFFERED = "offered"
    OPENING = "opening"


@dataclass(slots=True)
class Attempt:
    """A link in the making."""

    link: LinkId
    phase: Phase
    description: str = ""
    """Ours, once it is there."""
    resend_at: int = 0
    pause: int = RESEND_MS


@dataclass(slots=True)
class Remote:
    """Another session of the room."""

    session: SessionId
    places: set[Hashable] = field(default_factory=set)
    """The relays at which it is seen."""
    peer: PeerId | None = None
    """Who it is, once a signal of it was opened."""
    link: LinkId | None = None
    """The link that stands."""
    attempt: Attempt | None = None
    failures: int = 0
    retry_at: int | None = None
    reason: str = ""
    """Why the last attempt failed."""
    spent: deque[LinkId] = field(default_factory=lambda: deque(maxlen=SPENT_MAX))


class Linker:
    """Introductions of session `me`."""

    def __init__(self, me: SessionId, entropy: Callable[[int], bytes]) -> None:
        self._me = me
        self._entropy = entropy
        self._actions: deque[Action] = deque()
        self.remotes: dict[SessionId, Remote] = {}

    def seen(self, session: SessionId, place: Hashable, now: int) -> None:
        """`session` is at the relay `place`."""
        if session == self._me:
            return
        if session not in self.remotes and len(self.remotes) >= REMOTES_MAX:
            return
        remote = self.remotes.setdefault(session, Remote(session))
        remote.places.add(place)
        if self._offers_to(session) and not remote.link and not remote.attempt:
            self._offer(remote)

    def gone(self, session: SessionId, place: Hashable) -> None:
        """`session` has left the relay `place`."""
        remote = self.remotes.get(session)
        if remote:
            remote.places.discard(place)
            self._forget_if_over(remote)

    def place_lost(self, place: Hashable) -> None:
        """The relay `place` starts anew: who is there it will say again."""
        for remote in list(self.remotes.values()):
            self.gone(remote.session, place)

    def signal(self, sender: SessionId, signal: Signal, now: int) -> None:
        """An opened signal came from `sender`."""
        if sender == self._me or (sender not in self.remotes and len(self.remotes) >= REMOTES_MAX):
            return
        remote = self.remotes.setdefault(sender, Remote(sender))
        if remote.peer is not None and remote.peer != signal.peer:
            return  # a session has one owner
        remote.peer = signal.peer
        if signal.kind is SignalKind.OFFER and not self._offers_to(sender):
            self._offered(remote, signal)
        elif signal.kind is SignalKind.ANSWER and self._offers_to(sender):
            attempt = remote.attempt
            if attempt and attempt.link == signal.link and attempt.phase is Phase.OFFERED:
                attempt.phase = Phase.OPENING
                self._actions.append(AcceptAnswer(signal.link, signal.description))

    def described(self, link: LinkId, description: str, now: int) -> None:
        """Our description of `link` is there."""
        remote = self._by_attempt(link)
        if remote is None or remote.attempt is None:
            self._actions.append(Drop(link, "no longer wanted"))
            return
        attempt = remote.attempt
        attempt.description = description
        if self._offers_to(remote.session):
            attempt.phase = Phase.OFFERED
            attempt.resend_at = now + attempt.pause
            self._say(remote, SignalKind.OFFER)
        else:
            attempt.phase = Phase.OPENING
            self._say(remote, SignalKind.ANSWER)

    def up(self, link: LinkId) -> None:
        """`link` stands: open, and the other side's hello was checked."""
        remote = self._by_attempt(link)
        if remote is None:
            return
        if remote.link is not None:
            self._actions.append(Drop(remote.link, "replaced by a newer link"))
        remote.link, remote.attempt = link, None
        remote.failures, remote.retry_at, remote.reason = 0, None, ""

    def down(self, link: LinkId, reason: str, now: int) -> None:
        """`link` is gone, or never came to be."""
        for remote in self.remotes.values():
            if remote.link == link:
                remote.link = None
            elif remote.attempt and remote.attempt.link == link:
                remote.attempt = None
                remote.failures += 1
            else:
                continue
            remote.reason = reason
            if not remote.link and not remote.attempt:
                self._retry_later(remote, now)
                self._forget_if_over(remote)
            return

    def retire(self, session: SessionId) -> None:
        """`session` is a ghost: its peer runs a newer one."""
        remote = self.remotes.pop(session, None)
        if remote:
            for link in (remote.link, remote.attempt.link if remote.attempt else None):
                if link:
                    self._actions.append(Drop(link, "replaced by a newer session"))

    def retry_now(self, now: int) -> None:
        """Try at once wherever a pause is running."""
        for remote in self.remotes.values():
            if remote.retry_at is not None:
                remote.retry_at = now
        self.tick(now)

    def tick(self, now: int) -> None:
        """Send offers again, and try again what failed."""
        for remote in list(self.remotes.values()):
            attempt = remote.attempt
            if attempt and attempt.phase is Phase.OFFERED and now >= attempt.resend_at:
                attempt.pause = RESEND_MOST_MS
                attempt.resend_at = now + attempt.pause
                self._say(remote, SignalKind.OFFER)
            if remote.retry_at is not None and now >= remote.retry_at:
                remote.retry_at = None
                if not remote.link and not attempt:
                    self._offer(remote)

    def deadline(self) -> int | None:
        """When `tick` is next due."""
        times = [remote.retry_at for remote in self.remotes.values() if remote.retry_at is not None]
        times += [
            remote.attempt.resend_at
            for remote in self.remotes.values()
            if remote.attempt and remote.attempt.phase is Phase.OFFERED
        ]
        return min(times, default=None)

    def take(self) -> Action | None:
        """The next thing to do, or None."""
        return self._actions.popleft() if self._actions else None

    def _offers_to(self, session: SessionId) -> bool:
        return self._me < session

    def _offer(self, remote: Remote) -> None:
        link = LinkId(self._entropy(LinkId.size))
        remote.attempt = Attempt(link, Phase.DESCRIBING)
        self._actions.append(MakeOffer(link, remote.session))

    def _offered(self, remote: Remote, signal: Signal) -> None:
        attempt = remote.attempt
        if attempt and attempt.link == signal.link:
            if attempt.description:
                self._say(remote, SignalKind.ANSWER)  # our answer was lost
            return
        if signal.link in remote.spent:
            return
        remote.spent.append(signal.link)
        if attempt:
            self._actions.append(Drop(attempt.link, "the other side started anew"))
        remote.attempt = Attempt(signal.link, Phase.DESCRIBING)
        self._actions.append(MakeAnswer(signal.link, remote.session, signal.description))

    def _say(self, remote: Remote, kind: SignalKind) -> None:
        if remote.attempt:
            self._actions.append(SendSignal(remote.session, kind, remote.attempt.link, remote.attempt.description))

    def _retry_later(self, remote: Remote, now: int) -> None:
        if not self._offers_to(remote.session):
            return
        pause = min(RETRY_MS << min(remote.failures, 5), RETRY_MOST_MS) if remote.failures else RETRY_MS // 4
        chance = int.from_bytes(self._entropy(2), "big") / 0xFFFF
        remote.retry_at = now + int(pause * (0.5 + chance / 2))

    def _by_attempt(self, link: LinkId) -> Remote | None:
        for remote in self.remotes.values():
            if remote.attempt and remote.attempt.link == link:
                return remote
        return None

    def _forget_if_over(self, remote: Remote) -> None:
        if not remote.places and not remote.link and not remote.attempt:
            self.remotes.pop(remote.session, None)
