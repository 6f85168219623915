"""The sending half of a Transport: what links send is noted, and it can be told to take nothing."""

from __future__ import annotations

from p2pchat_tui.ports.transport import Channel
from p2pchat_tui.session.links import BUFFER_MAX
from p2pchat_tui.ssc.ids import LinkId


class FakeWire:
    """For tests of links that are up already, and never end."""

    def __init__(self) -> None:
        self.sent: list[tuple[LinkId, str | bytes]] = []
        """What went out, over all links."""
        self.channels: list[Channel] = []
        """On which channel each of these."""
        self.is_full = False
        """Whether it takes nothing more for now."""

    def send(self, link: LinkId, channel: Channel, data: str | bytes) -> None:
        """See Transport."""
        self.sent.append((link, data))
        self.channels.append(channel)

    def buffered(self, link: LinkId) -> int:
        """See Transport."""
        return BUFFER_MAX if self.is_full else 0
