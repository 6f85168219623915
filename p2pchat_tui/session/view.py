"""Builds the frozen pictures of a room that the UI shows."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..ports import Path, SignalingState
from ..ssc.clock import MAX_AHEAD_MS
from ..ssc.frames import short_peer
from ..ssc.ids import PeerId
from ..ssc.presence import State
from ..ssc.replica import Replica
from ..ssc.retention import KEEP_ALL, Retention
from ..ssc.words import room_words
from .api import Activity, Gap, PeerState, PeerView, RelayView, RoomView
from .names import Names
from .network import Network, RelayState
from .reading import Reading
from .timeline import Timeline

_STATES = {State.ONLINE: PeerState.ONLINE, State.AWAY: PeerState.AWAY, State.OFFLINE: PeerState.OFFLINE}
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


class Picture:
    """The room as it can be shown right now."""

    def __init__(
        self,
        name: str,
        replica: Replica,
        network: Network,
        names: Names,
        timeline: Timeline,
        memory: Memory,
        reading: Reading,
    ) -> None:
        self._name = name
        self._replica = replica
        self._network = network
        self._names = names
        self._timeline = timeline
        self._memory = memory
        self._reading = reading

    def room(self, mono: int) -> RoomView:
        """All of it but the messages; `mono`: the session's monotonic clock, for what is tried again when."""
        replica, network = self._replica, self._network
        peers = self.peers()
        words = room_words(replica.room)
        my_status, my_colour = self._names.traits(replica.me)
        return RoomView(
            name=self._name,
            room=replica.room,
            words=words,
            me=replica.me,
            my_name=replica.board.name,
            away=replica.board.state is State.AWAY,
            topic=self._timeline.topic,
            peers=peers,
            relays=tuple(self.relay(relay) for relay in network.relays),
            gap=self.gap(),
            network=network_sentence(peers, network, words, mono),
            ready=network.is_ready,
            unread=self._reading.unread,
            read=self._reading.position,
            keep=self._memory.retention.text,
            my_status=my_status,
            my_colour=my_colour,
        )

    def known(self) -> set[PeerId]:
        """Everybody else who was ever heard of here."""
        return (self._replica.known() | self._memory.last_seen.keys()) - {self._replica.me}

    def peers(self) -> tuple[PeerView, ...]:
        """Everybody else in the room: online first, then away, then offline; each by name."""
        views = (self.peer(peer) for peer in self.known())
        return tuple(sorted(views, key=lambda view: (_RANK[view.state], view.name.casefold(), view.peer)))

    def peer(self, peer: PeerId) -> PeerView:
        """One peer as it is now."""
        seen = self._replica.board.get(peer)
        path = self._network.path(peer)
        state = _STATES[seen.state] if seen else (PeerState.ONLINE if path else PeerState.OFFLINE)
        via = ""
        if path is None and state is not PeerState.OFFLINE and (between := self._between(peer)):
            path, via = Path.VIA, self._names.of(between)
        status, colour = self._names.traits(peer)
        is_attempted = any(other == peer for other, *_ in self._network.attempts())
        return PeerView(
            peer=peer,
            name=self._names.of(peer),
            state=state,
            activity=Activity.LINKING if is_attempted and path in (None, Path.VIA) else Activity.NONE,
            path=path,
            via=via,
            rtt_ms=self._network.rtt_ms(peer),
            typing=bool(seen and seen.typing),
            last_seen_ms=seen.heard.wall if seen else self._memory.last_seen.get(peer),
            note=self._note(peer),
            status=status,
            colour=colour,
            read=seen.read if seen else 0,
        )

    def relay(self, relay: RelayState) -> RelayView:
        """One relay; dormant once everybody that it names is linked."""
        state = relay.shown
        is_populated = bool(relay.seen) or relay.lost_at is not None
        if state is SignalingState.OPEN and is_populated and self._network.has_links() and not self._is_linking():
            state = SignalingState.DORMANT
        return RelayView(relay.signaling.url, state, "" if relay.lost_at is not None else relay.detail)

    def _is_linking(self) -> bool:
        return next(iter(self._network.attempts()), None) is not None

    def gap(self) -> Gap | None:
        """What is missing, and who has it."""
        missing, sources = self._replica.missing()
        return Gap(missing, tuple(sorted(self._names.of(peer) for peer in sources))) if missing else None

    def _between(self, peer: PeerId) -> PeerId | None:
        """A linked peer who says that it is linked with `peer`."""
        for each in self._replica.board.others:
            if self._network.path(each.peer) and short_peer(peer) in each.links:
                return each.peer
        return None

    def _note(self, peer: PeerId) -> str:
        if peer in self._replica.forked:
            return "this identity was copied: it wrote two different messages with one number"
        ahead = self._memory.ahead.get(peer, 0)
        if ahead > MAX_AHEAD_MS:
            return f"their clock is {ahead // 60_000} minutes ahead: newer messages wait until it is right"
        return ""


def network_sentence(peers: tuple[PeerView, ...], network: Network, words: str, mono: int) -> str:
    """What is awaited and what to try; empty when there is nothing to say."""
    if not network.is_ready:
        return "Starting the network; you can write already."
    around = list(network.attempts())
    if around:
        failures = max(each[1] for each in around)
        reason = next((each[3] for each in around if each[3]), "")
        retry = min((each[2] for each in around if each[2] is not None), default=None)
        who = f"{len(around)} peer{'s' if len(around) > 1 else ''}"
        if failures and retry is not None:
            return f"Could not link with {who} ({reason}); trying again in {max(0, retry - mono) // 1000 + 1} s."
        return f"Linking with {who}…"
    if any(peer.state is not PeerState.OFFLINE for peer in peers):
        return ""
    open_relays = [each for each in network.relays if each.shown is SignalingState.OPEN]
    if not open_relays:
        detail = next((each.detail for each in network.relays if each.detail), "")
        if not network.relays:
            return "No relay is configured, so nobody can be found; start with --relay URL, or --lan."
        return detail or "Looking for a relay…"
    if peers:
        return "Nobody else is online. What you write is kept and delivered when they come."
    return f"Nobody else is here yet. If somebody should be: do they see the words “{words}” too?"
