"""What a session is told of its links and relays, as it comes to pass."""

from __future__ import annotations

from typing import Protocol

from ..ssc.frames import Frame
from ..ssc.ids import PeerId, SessionId
from .relays import RelayState


class Listener(Protocol):
    """Whom the network tells what it finds out."""

    def link_up(self, peer: PeerId, session: SessionId) -> None:
        """A link to `peer` stands."""

    def link_down(self, peer: PeerId, reason: str) -> None:
        """The link to `peer` is gone."""

    def link_news(self, peer: PeerId) -> None:
        """Path or round trip of the link to `peer` is new."""

    def heard(self, peer: PeerId) -> None:
        """The link to `peer` brought something, be it a part of a frame."""

    def frame(self, peer: PeerId, frame: Frame) -> None:
        """A frame came from `peer`."""

    def relay_news(self, relay: RelayState) -> None:
        """A relay's state is new."""

    def problem(self, code: str, text: str) -> None:
        """Something that a person should know."""
