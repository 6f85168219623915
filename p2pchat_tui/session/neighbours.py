"""The peers that are linked, each by the one link with it that stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..ports.transport import Path
from ..ssc.clock import Now
from ..ssc.effects import ServeRecent, ServeRun
from ..ssc.frames import Carried
from ..ssc.ids import LinkId, PeerId, SessionId
from ..ssc.wire import Sendable
from .links import Link


class Neighbours:
    """One session's links that are up, by peer. Iterating gives the links."""

    def __init__(self) -> None:
        self._by_peer: dict[PeerId, Link] = {}

    def __iter__(self) -> Iterator[Link]:
        return iter(self._by_peer.values())

    def __len__(self) -> int:
        return len(self._by_peer)

    def __contains__(self, peer: PeerId | None) -> bool:
        return peer in self._by_peer

    def get(self, peer: PeerId) -> Link | None:
        """The link with `peer`; None when there is none."""
        return self._by_peer.get(peer)

    def put(self, peer: PeerId, link: Link) -> None:
        """`link` is the one with `peer` from now on."""
        self._by_peer[peer] = link

    def remove(self, link: Link) -> PeerId | None:
        """`link` is gone: whom it linked, None when it was not one that stands."""
        if link.peer is None or self._by_peer.get(link.peer) is not link:
            return None
        del self._by_peer[link.peer]
        return link.peer

    def stands(self, peer: PeerId, link: LinkId) -> bool:
        """Whether `link` is the one with `peer`, not one that was replaced."""
        return peer in self._by_peer and self._by_peer[peer].id == link

    def path(self, peer: PeerId) -> Path | None:
        """How `peer` is linked; None when it is not."""
        link = self._by_peer.get(peer)
        return link.path if link else None

    def rtt_ms(self, peer: PeerId) -> int | None:
        """The last round trip to `peer`."""
        link = self._by_peer.get(peer)
        return link.pings.rtt_ms if link else None

    def lively(self) -> Mapping[SessionId, PeerId]:
        """Those whose links are not silent, by their sessions."""
        return {link.session: peer for peer, link in self._by_peer.items() if not link.is_silent}

    def send(self, peer: PeerId, frame: Sendable, soft: bool = False) -> None:
        """Send a frame; nothing happens when `peer` has no link."""
        link = self._by_peer.get(peer)
        if link:
            link.outbox.send(frame, soft)

    def carry(self, peer: PeerId, frame: Carried) -> None:
        """Send what is somebody else's, unless so much waits for `peer` already that it would come too late."""
        link = self._by_peer.get(peer)
        if link and not link.outbox.is_behind:
            link.outbox.send(frame)

    def request(self, effect: ServeRecent | ServeRun) -> None:
        """Serve a request; nothing happens when its peer has no link."""
        link = self._by_peer.get(effect.peer)
        if link:
            link.requests.put_nowait(effect)

    def ping(self, mono: int) -> None:
        """Ping them all, on the channel that loses nothing."""
        for link in self:
            link.outbox.send(link.pings.ask(mono))

    def tick(self, now: Now) -> list[Link]:
        """Send the pings that are due; the links that have fallen silent since the last call."""
        return [link for link in self if link.probe(now.mono)]

    def deadline(self) -> int | None:
        """When `tick` is next due."""
        return min((link.probe_due for link in self), default=None)
