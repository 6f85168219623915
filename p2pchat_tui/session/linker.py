"""Who links with whom: the introductions of one session, as a pure machine.

Of two sessions the one with the smaller id offers, so there is never glare; the other one may ask for an offer. An
offer is sent again until it is answered; a link that fails is tried again with growing, jittered pauses for as long as
the other side is around. A new attempt runs beside a link that still stands, and replaces it only once it is up itself.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable

from ..ssc.ids import LinkId, SessionId
from ..ssc.seal import Signal, SignalKind
from .remote import AcceptAnswer, Action, Attempt, Drop, MakeAnswer, MakeOffer, Phase, Remote, SendSignal

RESEND_MOST_MS = 4_000
"""After its first pause an offer without an answer is sent again this often, until the transport gives it up."""
RETRY_MS = 1_000
"""The pause after a first failure; doubled with each further one."""
RETRY_MOST_MS = 30_000
"""The longest pause between attempts."""
STEADY_MS = 10_000
"""A link that stood this long was a good one: the pauses after it begin anew."""
ASK_AFTER_MS = 1_000
"""How long the side that does not offer waits for an offer before it asks for one."""
ASKED_MS = 2_000
"""One request for an offer is granted within this time: a member cannot make us link again and again."""
STUCK_MS = 5_000
"""An attempt that is older than this is given up when the other side asks for a new one: it has none any more."""
OVERLAP_MS = 2_000
"""How long a link that was replaced is kept: what is under way on it still arrives."""
REBUILD_MS = 1_000
"""Attempts younger than this are not begun anew when the network has changed: a change comes in several parts."""
REMOTES_MAX = 256
"""Sessions dealt with at once: more than a room holds."""


class Linker:
    """Introductions of session `me`."""

    def __init__(self, me: SessionId, entropy: Callable[[int], bytes]) -> None:
        self._me = me
        self._entropy = entropy
        self._actions: deque[Action] = deque()
        self._replaced: deque[tuple[int, LinkId]] = deque()
        """Links that others have taken the place of, and when they are let go."""
        self.remotes: dict[SessionId, Remote] = {}

    # Who is there ----------------------------------------------------------------------------------------------

    def seen(self, session: SessionId, place: Hashable, now: int) -> None:
        """`session` is at `place`, a relay or the mesh."""
        remote = self._remote(session)
        if remote is None or place in remote.places:
            return
        remote.places.add(place)
        if remote.attempt and remote.attempt.phase is Phase.OFFERED:
            remote.attempt.resend_at = now  # it may never have got the offer
        elif remote.wants_link and self._offers_to(session):
            self._offer(remote, now)
        elif remote.wants_link:
            soon = now + ASK_AFTER_MS
            remote.retry_at = min(remote.retry_at or soon, soon)

    def gone(self, session: SessionId, place: Hashable) -> None:
        """`session` has left `place`."""
        remote = self.remotes.get(session)
        if remote:
            remote.places.discard(place)
            self._forget_if_over(remote)

    def place_lost(self, place: Hashable) -> None:
        """The relay `place` starts anew: who is there it will say again."""
        for remote in list(self.remotes.values()):
            self.gone(remote.session, place)

    # What they say ---------------------------------------------------------------------------------------------

    def signal(self, sender: SessionId, signal: Signal, now: int) -> None:
        """An opened signal came from `sender`."""
        remote = self._remote(sender)
        if remote is None:
            return
        if remote.peer is not None and remote.peer != signal.peer:
            return  # a session has one owner
        remote.peer = signal.peer
        match signal.kind, self._offers_to(sender):
            case SignalKind.OFFER, False:
                self._offered(remote, signal, now)
            case SignalKind.ANSWER, True:
                attempt = remote.attempt
                if attempt and attempt.link == signal.link and attempt.phase is Phase.OFFERED:
                    attempt.phase = Phase.OPENING
                    self._actions.append(AcceptAnswer(signal.link, signal.description))
            case SignalKind.ASK, True:
                self._asked(remote, signal, now)
            case _:
                pass  # roles are fixed
        self._forget_if_over(remote)

    def _offered(self, remote: Remote, signal: Signal, now: int) -> None:
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
        remote.attempt = Attempt(signal.link, now)
        remote.asks, remote.retry_at = 0, None
        self._actions.append(MakeAnswer(signal.link, remote.session, signal.description))

    def _asked(self, remote: Remote, signal: Signal, now: int) -> None:
        """The other side wants a new offer."""
        if signal.link in remote.spent:
            return
        remote.spent.append(signal.link)
        attempt = remote.attempt
        if attempt and attempt.phase is Phase.OFFERED:
            attempt.resend_at = now  # our offer was lost
            return
        is_granted = remote.granted_at is not None and now < remote.granted_at + ASKED_MS
        if is_granted or (attempt and now < attempt.began + STUCK_MS):
            return
        if attempt:
            self._actions.append(Drop(attempt.link, "the other side asked for a new one"))
        remote.granted_at, remote.retry_at = now, None
        self._offer(remote, now)

    # What becomes of links -------------------------------------------------------------------------------------

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

    def up(self, link: LinkId, now: int) -> None:
        """`link` stands: open, and the other side's hello was checked."""
        remote = self._by_attempt(link)
        if remote is None:
            return
        if remote.link is not None:
            self._replaced.append((now + OVERLAP_MS, remote.link))
        remote.link, remote.since, remote.attempt = link, now, None
        remote.asks, remote.retry_at, remote.reason, remote.doubted = 0, None, "", False

    def down(self, link: LinkId, reason: str, now: int) -> None:
        """`link` is gone, or never came to be."""
        for remote in self.remotes.values():
            if remote.link == link:
                remote.link, remote.doubted = None, False
                remote.failures = 0 if now >= remote.since + STEADY_MS else remote.failures + 1
            elif remote.attempt and remote.attempt.link == link:
                remote.attempt = None
                remote.failures += 1
            else:
                continue
            remote.reason = reason
            if remote.wants_link:
                self._retry_later(remote, now)
                self._forget_if_over(remote)
            return

    def doubt(self, session: SessionId, now: int) -> None:
        """The link to `session` has fallen silent: try another beside it, until it is heard again or replaced."""
        remote = self.remotes.get(session)
        if remote and remote.link and not remote.doubted:
            remote.doubted, remote.asks = True, 0
            if now >= remote.since + STEADY_MS:
                remote.failures = 0
            if remote.wants_link:
                self._try(remote, now)

    def trust(self, session: SessionId) -> None:
        """The link to `session` is heard again."""
        remote = self.remotes.get(session)
        if remote and remote.doubted:
            remote.doubted, remote.retry_at, remote.failures, remote.asks = False, None, 0, 0

    def retire(self, session: SessionId) -> None:
        """`session` is a ghost: its peer runs a newer one."""
        remote = self.remotes.pop(session, None)
        if remote:
            for link in (remote.link, remote.attempt.link if remote.attempt else None):
                if link:
                    self._actions.append(Drop(link, "replaced by a newer session"))

    def struggled(self, link: LinkId, reason: str) -> None:
        """`link` has not opened for a while, because of `reason` as far as is known."""
        if remote := self._by_attempt(link):
            remote.reason = reason

    def retry_now(self, now: int) -> None:
        """Try at once wherever a pause is running."""
        for remote in self.remotes.values():
            if remote.retry_at is not None:
                remote.retry_at = now
        self.tick(now)

    def rebuild(self, now: int) -> None:
        """The network has changed: try a new link to everybody, beside those that stand."""
        for remote in list(self.remotes.values()):
            attempt = remote.attempt
            if attempt and now < attempt.began + REBUILD_MS:
                continue
            if attempt:
                self._actions.append(Drop(attempt.link, "the network changed"))
                remote.attempt = None
            remote.doubted = remote.link is not None
            remote.failures = remote.asks = 0
            self._try(remote, now)
            self._forget_if_over(remote)

    # Time ------------------------------------------------------------------------------------------------------

    def tick(self, now: int) -> None:
        """Send offers again, try again what failed, and let go of what was replaced."""
        while self._replaced and now >= self._replaced[0][0]:
            self._actions.append(Drop(self._replaced.popleft()[1], "replaced by a newer link"))
        for remote in list(self.remotes.values()):
            attempt = remote.attempt
            if attempt and attempt.phase is Phase.OFFERED and now >= attempt.resend_at:
                attempt.pause = RESEND_MOST_MS
                attempt.resend_at = now + attempt.pause
                self._say(remote, SignalKind.OFFER)
            if remote.retry_at is not None and now >= remote.retry_at:
                remote.retry_at = None
                if remote.wants_link:
                    self._try(remote, now)

    def deadline(self) -> int | None:
        """When `tick` is next due."""
        times = [remote.retry_at for remote in self.remotes.values() if remote.retry_at is not None]
        times += [
            remote.attempt.resend_at
            for remote in self.remotes.values()
            if remote.attempt and remote.attempt.phase is Phase.OFFERED
        ]
        times += [due for due, _ in self._replaced]
        return min(times, default=None)

    def take(self) -> Action | None:
        """The next thing to do, or None."""
        return self._actions.popleft() if self._actions else None

    def _offers_to(self, session: SessionId) -> bool:
        return self._me < session

    def _remote(self, session: SessionId) -> Remote | None:
        """What is known of `session`; None for my own, and for one too many."""
        if session not in self.remotes and (session == self._me or len(self.remotes) >= REMOTES_MAX):
            return None
        return self.remotes.setdefault(session, Remote(session))

    def _try(self, remote: Remote, now: int) -> None:
        """Offer a link, or ask for an offer, if there is a way to say so."""
        if not remote.places:
            return  # when it is seen again it is tried again
        if self._offers_to(remote.session):
            self._offer(remote, now)
            return
        remote.asks += 1
        self._actions.append(SendSignal(remote.session, SignalKind.ASK, self._new_link(), ""))
        remote.retry_at = now + self._jittered(min(RETRY_MS << min(remote.asks, 5), RETRY_MOST_MS))

    def _offer(self, remote: Remote, now: int) -> None:
        remote.retry_at = None
        remote.attempt = Attempt(self._new_link(), now)
        self._actions.append(MakeOffer(remote.attempt.link, remote.session))

    def _say(self, remote: Remote, kind: SignalKind) -> None:
        if remote.attempt:
            self._actions.append(SendSignal(remote.session, kind, remote.attempt.link, remote.attempt.description))

    def _retry_later(self, remote: Remote, now: int) -> None:
        pause = min(RETRY_MS << min(remote.failures, 5), RETRY_MOST_MS) if remote.failures else RETRY_MS // 4
        wait = 0 if self._offers_to(remote.session) else ASK_AFTER_MS
        remote.retry_at = now + wait + self._jittered(pause)

    def _jittered(self, pause: int) -> int:
        """Between half of `pause` and all of it."""
        chance = int.from_bytes(self._entropy(2), "big") / 0xFFFF
        return int(pause * (0.5 + chance / 2))

    def _new_link(self) -> LinkId:
        return LinkId(self._entropy(LinkId.size))

    def _by_attempt(self, link: LinkId) -> Remote | None:
        for remote in self.remotes.values():
            if remote.attempt and remote.attempt.link == link:
                return remote
        return None

    def _forget_if_over(self, remote: Remote) -> None:
        if not remote.places and not remote.link and not remote.attempt:
            self.remotes.pop(remote.session, None)
