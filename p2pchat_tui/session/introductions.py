"""The signals of one session: sealed and sent by every way there is, opened when they come, carried on for others.

A signal goes by relays and through the mesh alike, and is worth the same whichever way it came: the seal tells.
"""

from __future__ import annotations

from collections.abc import Callable

from ..ports.signaling import SessionGone, SignalingEvent, SignalReceived
from ..ssc.clock import Now
from ..ssc.frames import Carried
from ..ssc.identity import Identity
from ..ssc.ids import PeerId, SessionId
from ..ssc.presence import Seen
from ..ssc.room import RoomKeys
from ..ssc.seal import NONCE_BYTES, Signal, SignalError, SignalKind, seal, unseal
from ..ssc.text import clean_line
from .linker import Linker
from .neighbours import Neighbours
from .passing import Onward, Passing
from .relays import Relays, RelayState
from .remote import Remote, SendSignal

SENDERS_MAX = 256
"""Sessions remembered of which something was said once: that their signals do not open, that they are a copy."""
REASON_MAX = 400
"""Characters of the reason why a link failed: the addresses of both sides, and what to do."""


class Introductions:
    """What one session says to others, and hears of them, before there is a link."""

    def __init__(
        self,
        identity: Identity,
        keys: RoomKeys,
        session: SessionId,
        linker: Linker,
        neighbours: Neighbours,
        *,
        entropy: Callable[[int], bytes],
        on_relay: Callable[[RelayState], None],
        on_problem: Callable[[str, str], None],
    ) -> None:
        """`on_relay`: a relay's state is new. `on_problem`: a code and a sentence that a person should know."""
        self._identity = identity
        self._keys = keys
        self._session = session
        self._linker = linker
        self._neighbours = neighbours
        self._entropy = entropy
        self._problem = on_problem
        self._passing = Passing(session)
        self.relays = Relays(linker, on_relay)
        """The room's relays."""
        self._unreadable: set[SessionId] = set()
        self._copies: set[SessionId] = set()
        """Sessions that speak in this very identity."""
        self._explained: set[SessionId] = set()
        """Sessions of which it was said why they are not reached."""

    def who(self, remote: Remote) -> PeerId | None:
        """Whose session it is, by its signals or its presence."""
        return remote.peer or self._passing.who(remote.session)

    # What comes in ---------------------------------------------------------------------------------------------

    def handle(self, relay: RelayState, event: SignalingEvent, now: Now) -> None:
        """Take in an event of one relay."""
        if isinstance(event, SignalReceived):
            if not self._open(event.sender, event.data, now):
                self._complain(event.sender)
            return
        self.relays.handle(relay, event, now)
        if isinstance(event, SessionGone):
            for said in (self._unreadable, self._copies, self._explained):
                said.discard(event.session)

    def carried(self, frame: Carried, bringer: PeerId, now: Now) -> None:
        """A neighbour brought a signal: for this session, or to be passed on."""
        onward = self._passing.take(frame, bringer, self._neighbours.lively(), now)
        if isinstance(onward, Onward):
            self._neighbours.carry(onward.peer, onward.frame)
        elif onward is not None:
            self._open(SessionId(frame.sender), onward, now)

    def around(self, seen: Seen, now: Now) -> None:
        """A presence came, or lapsed: who can be reached through the mesh is new."""
        self._passing.hear(seen, self._linker, now)

    def unlinked(self, peer: PeerId, now: Now) -> None:
        """The link to `peer` is gone.

        Whoever was taken for the ghost of it may have been alive: clocks are set back. So the relays' sessions are
        looked at again.
        """
        self._passing.unlinked(peer)
        for relay in self.relays.states:
            for session in sorted(relay.seen - self._linker.remotes.keys()):
                self._linker.seen(session, id(relay), now.mono)

    def _open(self, sender: SessionId, data: bytes, now: Now) -> bool:
        """Take in a signal, whichever way it came; whether it was one of this room for this session."""
        try:
            signal = unseal(data, self._keys, sender, self._session)
        except SignalError:
            return False
        if signal.peer == self._identity.peer:
            self._meet_copy(sender, signal)
        else:
            self._linker.signal(sender, signal, now.mono)
        return True

    # What goes out ---------------------------------------------------------------------------------------------

    def send(self, action: SendSignal) -> None:
        """Seal a signal and send it by every way to its receiver."""
        signal = Signal(action.kind, action.link, self._identity.peer, action.description)
        nonce = self._entropy(NONCE_BYTES)
        data = seal(signal, self._identity, self._keys, self._session, action.session, nonce)
        self.relays.send(action.session, data)
        for onward in self._passing.first(action.session, data, self._neighbours.lively()):
            self._neighbours.send(onward.peer, onward.frame)

    # What a person is told -------------------------------------------------------------------------------------

    def _meet_copy(self, sender: SessionId, signal: Signal) -> None:
        """Another session has this identity: it is not linked with, told of it, and so is the person here, once."""
        self._linker.retire(sender)
        if signal.kind is SignalKind.OFFER:
            self.send(SendSignal(sender, SignalKind.ANSWER, signal.link, ""))
        if sender not in self._copies and len(self._copies) < SENDERS_MAX:
            self._copies.add(sender)
            self._problem(
                "identity-copied",
                "This profile's identity is in use in another place at the same time. "
                "Use one at a time, or another profile (--profile NAME), or your messages may be cut off.",
            )

    def _complain(self, sender: SessionId) -> None:
        """Somebody at a relay sends what does not open here: said once for each."""
        if sender in self._unreadable or len(self._unreadable) >= SENDERS_MAX:
            return
        self._unreadable.add(sender)
        self._problem(
            "signals-unreadable",
            "Somebody at this relay sends signals that do not open with this room's key. "
            "Compare the room words with the others; if they differ, one of you mistyped.",
        )

    def explain(self, session: SessionId, reason: str) -> None:
        """Say once for each session why it is not reached: many cannot be at the first try, and none is silent."""
        remote = self._linker.remotes.get(session)
        if remote is None or session in self._explained or len(self._explained) >= SENDERS_MAX:
            return
        if not remote.link and remote.peer not in self._neighbours:
            self._explained.add(session)
            who = remote.peer.tag if remote.peer else "somebody"
            self._problem(
                "no-path",
                f"No link with {who} yet. {clean_line(reason, REASON_MAX)} What you write is kept until there is one.",
            )

    def explain_anew(self) -> None:
        """Another network, other reasons."""
        self._explained.clear()
