"""Builds the frozen pictures of a room that the UI shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ..ports.signaling import SignalingState
from ..ports.transport import Path
from ..ssc.clock import MAX_AHEAD_MS, Now
from ..ssc.frames import short_peer
from ..ssc.ids import PeerId
from ..ssc.people import People, Person
from ..ssc.presence import State
from ..ssc.replica import Replica
from ..ssc.retention import KEEP_ALL, Retention
from ..ssc.words import room_words
from .api import Activity, AttemptView, Gap, LinkView, PeerState, PeerView, RelayView, RoomView
from .lan import LanSwitch
from .links import Link
from .names import Names
from .network import Attempted, Network
from .reading import Reading
from .relays import RelayState
from .timeline import Timeline

_STATES = {State.ONLINE: PeerState.ONLINE, State.AWAY: PeerState.AWAY, State.OFFLINE: PeerState.OFFLINE}
NAMES_MAX = 3
"""Names in a sentence about several people."""
_RANK = {PeerState.ONLINE: 0, PeerState.AWAY: 1, PeerState.OFFLINE: 2}


@dataclass(slots=True)
class Memory:
    """What is remembered of peers from earlier runs, and what was found out about them in this one."""

    last_seen: dict[PeerId, int] = field(default_factory=dict)
    """Unix milliseconds of the last sign of life."""
    ahead: dict[PeerId, int] = field(default_factory=dict)
    """Whose clock is ahead, by how many milliseconds."""
    retention: Retention = KEEP_ALL
    """How much of the room is kept here."""
    direct: PeerId | None = None
    """Whom I talk to, when it is a room of two."""


class Picture:
    """The room as it can be shown right now."""

    def __init__(
        self,
        name: str,
        replica: Replica,
        network: Network,
        names: Names,
        people: People,
        timeline: Timeline,
        memory: Memory,
        reading: Reading,
        *,
        lan: LanSwitch,
        now: Callable[[], Now],
    ) -> None:
        self.name = name
        """What the room is called on this machine."""
        self._replica = replica
        self._network = network
        self._names = names
        self._people = people
        self._timeline = timeline
        self._memory = memory
        self._reading = reading
        self._lan = lan
        self._now = now

    def room(self) -> RoomView:
        """All of it but the messages."""
        replica, network = self._replica, self._network
        peers = self.peers()
        words = room_words(replica.room)
        my_status, my_colour = self._names.traits(replica.me)
        return RoomView(
            name=self.name,
            room=replica.room,
            words=words,
            me=replica.me,
            my_name=replica.board.name,
            away=replica.board.state is State.AWAY,
            topic=self._timeline.topic,
            peers=peers,
            relays=tuple(self.relay(relay) for relay in network.relays),
            gap=self.gap(),
            network=self._sentence(peers, words),
            ready=network.is_ready,
            unread=self._reading.unread,
            mentions=self._reading.mentions,
            read=self._reading.position,
            keep=self._memory.retention.text,
            my_status=my_status,
            my_colour=my_colour,
            lan=self._lan.is_on,
            direct=self._memory.direct,
            ignored=self._people.ignored,
        )

    @property
    def me(self) -> PeerId:
        """Whose picture it is."""
        return self._replica.me

    def known(self) -> set[PeerId]:
        """Everybody else who was ever heard of here."""
        return (self._replica.known() | self._memory.last_seen.keys()) - {self._replica.me}

    def is_author(self, peer: PeerId) -> bool:
        """Whether anything that `peer` wrote is here."""
        return peer in self._replica.feeds

    def peers(self) -> tuple[PeerView, ...]:
        """Everybody else in the room: online first, then away, then offline, then the ignored; each by name."""
        attempts = {each.peer: each for each in self._network.attempts()}
        views = (self._peer(peer, attempts.get(peer)) for peer in self.known())
        return tuple(sorted(views, key=lambda view: (view.ignored, _RANK[view.state], view.name.casefold(), view.peer)))

    def peer(self, peer: PeerId) -> PeerView:
        """One peer as it is now."""
        return self._peer(peer, next((each for each in self._network.attempts() if each.peer == peer), None))

    def _peer(self, peer: PeerId, attempt: Attempted | None) -> PeerView:
        seen = self._replica.board.get(peer)
        path = self._network.neighbours.path(peer)
        state = _STATES[seen.state] if seen else (PeerState.ONLINE if path else PeerState.OFFLINE)
        via = ""
        if state is PeerState.OFFLINE:
            path = None  # who has said goodbye is not reached any more, though the link may take a moment to end
        elif path is None and (between := self._between(peer)):
            path, via = Path.VIA, self._names.of(between)
        status, colour = self._names.traits(peer)
        person = self._people.get(peer)
        return PeerView(
            peer=peer,
            name=self._names.of(peer),
            state=state,
            activity=_activity(attempt),
            path=path,
            via=via,
            rtt_ms=self._network.neighbours.rtt_ms(peer) if path else None,
            typing=bool(seen and seen.typing and not (person and person.ignored)),
            last_seen_ms=seen.heard.wall if seen else self._memory.last_seen.get(peer) or None,
            note=self._note(peer, person),
            status=status,
            colour=colour,
            read=seen.read if seen else 0,
            retry_at_ms=self._wall(attempt.retry_at) if attempt and attempt.failures else None,
            trouble=attempt.reason if attempt else "",
            nick=self._names.nick(peer),
            alias=person.alias if person else "",
            since_ms=person.first_seen_ms if person else None,
            verified_ms=person.verified_ms if person else 0,
            ignored=bool(person and person.ignored),
            muted=bool(person and person.muted),
            doubt=person.doubt if person else "",
        )

    def relay(self, relay: RelayState) -> RelayView:
        """One relay, with what went through since it has had nothing to do."""
        state = SignalingState.DORMANT if relay.is_dormant else relay.shown
        traffic = relay.idle_traffic
        detail = "" if relay.lost_at is not None else relay.detail
        retry_at = self._wall(relay.retry_at) if relay.shown is SignalingState.LOST else None
        since = relay.dormant_since
        signaling = relay.signaling
        return RelayView(signaling.url, state, detail, since, traffic.frames, traffic.bytes, retry_at, signaling.is_own)

    def links(self) -> tuple[LinkView, ...]:
        """What every link stands on, by the peers' names."""
        now = self._now()
        return tuple(sorted((self._link(link, now) for link in self._network.neighbours), key=lambda view: view.name))

    def _link(self, link: Link, now: Now) -> LinkView:
        assert link.peer is not None and link.path is not None  # it is up
        stats = self._network.stats(link)
        return LinkView(
            peer=link.peer,
            name=self._names.of(link.peer),
            path=link.path,
            rtt_ms=link.pings.rtt_ms,
            age_ms=now.mono - link.up_at.mono,
            silent_ms=now.mono - link.heard,
            loss=link.pings.loss(now.mono),
            stats=stats,
            pairs=self._network.pairs(link.id),
            doubted=self._network.is_doubted(link),
        )

    def attempts(self) -> tuple[AttemptView, ...]:
        """Everybody who is around and not linked, by name; those who are not known yet at the end."""
        views = (self._attempt(each) for each in self._network.attempts())
        return tuple(sorted(views, key=lambda view: (not view.name, view.name.casefold(), view.peer or b"")))

    def _attempt(self, each: Attempted) -> AttemptView:
        return AttemptView(
            peer=each.peer,
            name=self._names.of(each.peer) if each.peer else "",
            doing=each.doing,
            failures=each.failures,
            retry_at_ms=self._wall(each.retry_at),
            trouble=each.reason,
            pairs=self._network.pairs(each.link) if each.link else (),
        )

    def gap(self) -> Gap | None:
        """What is missing, and who has it."""
        missing, sources = self._replica.missing()
        return Gap(missing, tuple(sorted(self._names.of(peer) for peer in sources))) if missing else None

    def _wall(self, mono: int | None) -> int | None:
        """The Unix milliseconds at `mono`."""
        now = self._now()
        return None if mono is None else now.wall + mono - now.mono

    def _between(self, peer: PeerId) -> PeerId | None:
        """A linked peer who says that it is linked with `peer`."""
        for each in self._replica.board.others:
            if self._network.neighbours.path(each.peer) and short_peer(peer) in each.links:
                return each.peer
        return None

    def _note(self, peer: PeerId, person: Person | None) -> str:
        if peer in self._replica.forked:
            return "this identity was copied: it wrote two different messages with one number"
        ahead = self._memory.ahead.get(peer, 0)
        if ahead > MAX_AHEAD_MS:
            return f"their clock is {ahead // 60_000} minutes ahead: newer messages wait until it is right"
        if person and person.doubt and not person.ignored:
            return f"may not be {person.doubt}, who had another key (/verify)"
        return ""

    def _sentence(self, peers: tuple[PeerView, ...], words: str) -> str:
        """What is awaited and what to try; empty when there is nothing to say."""
        network = self._network
        if not network.is_ready:
            return network.failure or "Starting the network; you can write already."
        if around := list(network.attempts()):
            return self._awaited(around)
        if any(peer.state is not PeerState.OFFLINE for peer in peers):
            return ""
        # Through the relay of this machine's own windows nobody comes who is elsewhere.
        relays = [each for each in network.relays if not each.signaling.is_own] or network.relays
        if not any(each.shown is SignalingState.OPEN for each in relays):
            detail = next((each.detail for each in relays if each.detail), "")
            if not network.relays:
                return "No relay is configured, so nobody can be found; say /relay URL, or /lan on."
            return detail or "Looking for a relay…"
        if (other := self._memory.direct) and peers:
            came = any(peer.last_seen_ms for peer in peers)
            where = "is not in this room of two now" if came else "has not come to this room of two yet"
            return f"{self._names.of(other)} {where}. What you write is kept and delivered when they come."
        if peers:
            return "Nobody else is online. What you write is kept and delivered when they come."
        return f"Nobody else is here yet. If somebody should be: do they see the words “{words}” too?"

    def _awaited(self, around: list[Attempted]) -> str:
        """Who is being linked with, and when those are tried again where it failed."""
        failed = [each for each in around if each.failures and each.retry_at is not None]
        who = self._who(failed or around)
        reason = next((each.reason for each in failed or around if each.reason), "")
        if not failed:
            return f"Linking with {who}… {reason}".strip()
        wait = max(0, min(each.retry_at or 0 for each in failed) - self._now().mono)
        return f"Retrying in {wait // 1000 + 1} s · {who}" + (f" · {reason}" if reason else "")

    def _who(self, around: list[Attempted]) -> str:
        names = sorted({self._names.of(each.peer) for each in around if each.peer}, key=str.casefold)
        more = len(around) - len(names[:NAMES_MAX])
        others = f"{more} more" if names else f"{more} peer{'s' if more > 1 else ''}"
        return ", ".join([*names[:NAMES_MAX], *([others] if more else [])])


def _activity(attempt: Attempted | None) -> Activity:
    if attempt is None:
        return Activity.NONE
    return Activity.WAITING if attempt.failures and attempt.retry_at is not None else Activity.LINKING
