"""What is told of others: who came and went and how the relays do, each once; and what is not told at all."""

from __future__ import annotations

from dataclasses import replace

from ..session import api


def is_hidden(event: api.Event, ignored: frozenset[api.PeerId]) -> bool:
    """Whether it is about what somebody did whom one ignores: known, and not told."""
    match event:
        case api.MessageAdded(message):
            return message.author in ignored
        case api.MessageChanged(message, _, reaction):
            return message.author in ignored or (reaction is not None and reaction[0] in ignored)
        case api.DirectAsked(peer):
            return peer in ignored
    return False


def shown_to(message: api.MessageView, ignored: frozenset[api.PeerId]) -> api.MessageView:
    """`message` without the reactions of those whom one ignores."""
    if ignored.isdisjoint(author for each in message.reactions for author in each.authors):
        return message
    left = [
        replace(each, authors=tuple(author for author in each.authors if author not in ignored))
        for each in message.reactions
    ]
    return replace(message, reactions=tuple(each for each in left if each.authors))


class Spoken:
    """What was said of one room already."""

    def __init__(self) -> None:
        self._states: dict[api.PeerId, api.PeerState] = {}
        self._relays: dict[str, str] = {}

    def peer(self, peer: api.PeerView, name: str = "") -> str:
        """What is new of somebody, called `name` here; empty when nothing is."""
        before = self._states.get(peer.peer, api.PeerState.OFFLINE)
        if before is peer.state or peer.name.startswith("?"):
            return ""  # a name comes a moment after the link
        self._states[peer.peer] = peer.state
        match peer.state:
            case api.PeerState.ONLINE:
                return f"{name or peer.name} is here."
            case api.PeerState.AWAY:
                return f"{name or peer.name} is away."
            case _:
                return f"{name or peer.name} has left."

    def relay(self, relay: api.RelayView) -> str:
        """What is new of a relay; one that sleeps is as good as open, and one that is tried again still lost."""
        if relay.state is api.SignalingState.CONNECTING and relay.url in self._relays:
            return ""
        is_open = relay.state in (api.SignalingState.OPEN, api.SignalingState.DORMANT)
        told = "open" if is_open else relay.detail or relay.state.value
        if self._relays.get(relay.url) == told:
            return ""
        self._relays[relay.url] = told
        where = f"Relay {relay.url}" if ":" in relay.url else relay.url.upper()  # the LAN has no relay
        return f"{where}: {told}"
