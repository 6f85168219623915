"""Turns what the replica and the network find out into the events that people see."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ..ssc.effects import ClockAhead, Forked, GapChanged, InSync, Noticed, PresenceChanged, VectorChanged
from ..ssc.ids import PeerId
from ..ssc.people import NameTaken
from ..ssc.presence import Seen
from . import api
from .cut_off import STILL_IN_EXPORT
from .fanout import Fanout
from .names import Names
from .network import Attempted, Network
from .people import Acquaintances
from .relays import RelayState
from .view import Memory, Picture

PEERS_MAX = 4_096
"""Peers remembered in one room who never wrote there: their names, and when they were last seen, on disk too. An
identity costs nothing, and one member can bring thousands; those beyond this are there while they say so, and no more.
"""
AHEAD_MAX = 256
"""Authors whose wrong clocks are told of, likewise, and peers who tell that this one's clock is wrong."""

News = PresenceChanged | VectorChanged | InSync | GapChanged | ClockAhead | Forked | Noticed


class Reporter:
    """Tells the listeners of one session, each thing when it is new."""

    def __init__(
        self, fanout: Fanout, picture: Picture, network: Network, names: Names, people: Acquaintances, memory: Memory
    ) -> None:
        self._fanout = fanout
        self._picture = picture
        self._network = network
        self._names = names
        self._people = people
        self._memory = memory
        self._relays: dict[int, api.RelayView] = {}
        self._noticed: set[PeerId] = set()
        """Who has told, over the link that stands, that this clock is ahead: heard once, however often it is said."""
        self._attempts: tuple[Attempted, ...] = ()
        self.to_save: set[PeerId] = set()
        """Peers of whom something is to be remembered."""
        self.seen: set[PeerId] = set()
        """Peers of whom nothing but a later last-seen is."""

    def tell(self, news: News) -> None:
        """Report what the replica found out."""
        match news:
            case PresenceChanged(seen, before):
                self._presence(seen, before)
            case VectorChanged(peer):
                if self._is_remembered(peer):
                    self.to_save.add(peer)
                self._fanout.emit(api.HoldersChanged(peer))
            case InSync(peer, received, sent):
                self._fanout.emit(api.Synced(peer, received, sent))
            case GapChanged():
                self.room()
            case ClockAhead(author, ahead_ms):
                self._clock_ahead(author, ahead_ms)
            case Forked(author, _):
                self.problem("identity-copied", self._copied(author))
                self.peer(author)
            case Noticed(peer, code):
                if code == "clock-ahead" and peer not in self._noticed and len(self._noticed) < AHEAD_MAX:
                    self._noticed.add(peer)
                    self.problem(
                        "own-clock-ahead",
                        f"{self._names.of(peer)} does not take your messages in yet: by their clock, this computer's "
                        "is ahead. Compare the two, and set the wrong one right.",
                    )

    def _copied(self, author: PeerId) -> str:
        if author == self._picture.me:
            return (
                "This profile's identity was copied: two different messages have one number, and nobody takes in what "
                f"was written from there on. {STILL_IN_EXPORT}"
            )
        return (
            f"The identity of {self._names.of(author)} was copied: two different messages have one number. "
            "What they wrote from there on is not shown."
        )

    def peer(self, peer: PeerId) -> None:
        """Something about `peer` is new; of whom one ignores nothing is told."""
        if peer not in self._people.people.ignored:
            self._fanout.emit(api.PeerChanged(self._picture.peer(peer)))

    def called(self, peer: PeerId, at_ms: int, *, live: bool) -> None:
        """`peer` has the nickname that it has: shout if another key was called so before. See People.learn."""
        taken = self._people.learn(peer, self._names.nick(peer), at_ms, live=live)
        if taken is not None and peer not in self._people.people.ignored:
            self.problem("name-taken", _warning(taken))
            self.peer(peer)

    def room(self) -> None:
        """Something about the room is new."""
        self._fanout.emit(api.RoomChanged())

    def problem(self, code: str, text: str) -> None:
        """Something that a person should know."""
        self._fanout.emit(api.Problem(code, text))

    def met(self, peer: PeerId, wall: int) -> None:
        """A link to `peer` came up at `wall`, Unix milliseconds."""
        self._noticed.discard(peer)
        if self._is_remembered(peer):
            self._memory.last_seen[peer] = wall
            self.to_save.add(peer)
        if self._names.is_known(peer):
            self.peer(peer)  # a stranger is presented with its name, which its presence brings right away

    def in_step(self, authors: Iterable[PeerId]) -> None:
        """Entries of `authors` were taken in: if their clocks were ahead, they are no more."""
        for author in sorted(self._memory.ahead.keys() & set(authors)):
            del self._memory.ahead[author]
            self.peer(author)

    def network(self) -> None:
        """Report every relay whose state is new, and whether somebody else is waited for, or for another reason."""
        for relay in self._network.relays:
            self._relay(relay)
        if len(self._relays) > len(self._network.relays):
            there = {id(relay) for relay in self._network.relays}
            self._relays = {key: view for key, view in self._relays.items() if key in there}
            self.room()
        attempts = tuple(self._network.attempts())
        if attempts != self._attempts:
            self._attempts = attempts
            self.room()

    def _relay(self, relay: RelayState) -> None:
        view = self._picture.relay(relay)
        state = replace(view, frames=0, bytes=0, retry_at_ms=None)  # what it counts is no news
        if self._relays.get(id(relay)) != state:
            self._relays[id(relay)] = state
            self._fanout.emit(api.SignalingChanged(view))

    def _presence(self, seen: Seen, before: Seen | None) -> None:
        is_renamed = False
        if self._is_remembered(seen.peer):
            is_renamed = bool(seen.name) and self._names.hear(seen.peer, seen.name)
            self._memory.last_seen[seen.peer] = seen.heard.wall
            self.seen.add(seen.peer)
            self.called(seen.peer, seen.heard.wall, live=True)
        is_typing_news = seen.typing != (before.typing if before else False)
        if is_typing_news and seen.peer not in self._people.people.ignored:
            self._fanout.emit(api.TypingChanged(seen.peer, self._names.of(seen.peer), seen.typing))
        if is_renamed or before is None or _said(seen) != _said(before):
            if self._is_remembered(seen.peer):
                self.to_save.add(seen.peer)
            self.peer(seen.peer)

    def _is_remembered(self, peer: PeerId) -> bool:
        """Whether `peer` is known from before, or may become so."""
        return (
            self._picture.is_author(peer) or peer in self._memory.last_seen or len(self._memory.last_seen) < PEERS_MAX
        )

    def _clock_ahead(self, author: PeerId, ahead_ms: int) -> None:
        if author not in self._memory.ahead:
            if len(self._memory.ahead) >= AHEAD_MAX:
                return
            self.problem(
                "clock-ahead",
                f"The clock of {self._names.of(author)} is {ahead_ms // 60_000} minutes ahead of this computer's; "
                "what they write waits until one of the two is set right.",
            )
        self._memory.ahead[author] = ahead_ms
        self.peer(author)


def _warning(taken: NameTaken) -> str:
    peer, holder = taken.peer, taken.holder
    was = "the one that you verified" if holder.verified_ms else f"the one known as {holder.alias or taken.name} so far"
    return (
        f"“{taken.name}” has another key ({peer.tag}) than {was} ({holder.peer.tag}): a new device of theirs, or "
        "somebody else. Compare safety words with /verify before you trust it."
    )


def _said(seen: Seen) -> tuple[object, ...]:
    return (seen.state, seen.typing, seen.name, seen.links, seen.read)
