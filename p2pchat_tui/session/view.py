"""Builds the frozen picture of a room that the UI shows."""

from __future__ import annotations

from dataclasses import dataclass

from ..ports import Path, SignalingState
from ..ssc.clock import MAX_AHEAD_MS
from ..ssc.frames import short_peer
from ..ssc.ids import PeerId
from ..ssc.presence import State
from ..ssc.replica import Replica
from .api import Activity, Gap, PeerState, PeerView, RelayView
from .names import Names
from .network import Network, RelayState

_STATES = {State.ONLINE: PeerState.ONLINE, State.AWAY: PeerState.AWAY, State.OFFLINE: PeerState.OFFLINE}
_RANK = {PeerState.ONLINE: 0, PeerState.AWAY: 1, PeerState.OFFLINE: 2}


@dataclass(slots=True)
class Memory:
    """What is remembered of peers from earlier runs, and what was found out about them in this one."""

    last_seen: dict[PeerId, int]
    ahead: dict[PeerId, int]
    """Whose clock is ahead, by how many milliseconds."""


def peer_view(peer: PeerId, replica: Replica, network: Network, names: Names, memory: Memory) -> PeerView:
    """One peer as it is now."""
    seen = replica.board.get(peer)
    path = network.path(peer)
    state = _STATES[seen.state] if seen else (PeerState.ONLINE if path else PeerState.OFFLINE)
    via = ""
    if path is None and state is not PeerState.OFFLINE:
        between = next(
            (each.peer for each in replica.board.others if network.path(each.peer) and short_peer(peer) in each.links),
            None,
        )
        if between:
            path, via = Path.VIA, names.of(between)
    is_attempted = any(other == peer for other, *_ in network.attempts())
    last_seen = seen.heard.wall if seen else memory.last_seen.get(peer)
    return PeerView(
        peer=peer,
        name=names.of(peer),
        state=state,
        activity=Activity.LINKING if is_attempted and path in (None, Path.VIA) else Activity.NONE,
        path=path,
        via=via,
        rtt_ms=network.rtt_ms(peer),
        typing=bool(seen and seen.typing),
        last_seen_ms=last_seen,
        note=_note(peer, replica, memory),
    )


def _note(peer: PeerId, replica: Replica, memory: Memory) -> str:
    if peer in replica.forked:
        return "this identity was copied: it wrote two different messages with one number"
    ahead = memory.ahead.get(peer, 0)
    if ahead > MAX_AHEAD_MS:
        return f"their clock is {ahead // 60_000} minutes ahead: newer messages wait until it is right"
    return ""


def peer_views(replica: Replica, network: Network, names: Names, memory: Memory) -> tuple[PeerView, ...]:
    """Everybody else in the room: online first, then away, then offline; each by name."""
    known = replica.known() | memory.last_seen.keys()
    views = (peer_view(peer, replica, network, names, memory) for peer in known - {replica.me})
    return tuple(sorted(views, key=lambda view: (_RANK[view.state], view.name.casefold(), view.peer)))


def relay_view(relay: RelayState, network: Network) -> RelayView:
    """One relay; dormant once everybody that it names is linked."""
    state = relay.state
    if state is SignalingState.OPEN and relay.seen and not list(network.attempts()):
        state = SignalingState.DORMANT
    return RelayView(relay.signaling.url, state, relay.detail)


def gap_of(replica: Replica, names: Names) -> Gap | None:
    """What is missing, and who has it."""
    missing, sources = replica.missing()
    return Gap(missing, tuple(sorted(names.of(peer) for peer in sources))) if missing else None


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
    open_relays = [each for each in network.relays if each.state is SignalingState.OPEN]
    if not open_relays:
        detail = next((each.detail for each in network.relays if each.detail), "")
        if not network.relays:
            return "No relay is configured, so nobody can be found; start with --relay URL."
        return detail or "Looking for a relay…"
    if peers:
        return "Nobody else is online. What you write is kept and delivered when they come."
    return f"Nobody else is here yet. If somebody should be: do they see the words “{words}” too?"
