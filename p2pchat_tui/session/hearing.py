"""What the network tells one session, carried to those whom it concerns."""

from __future__ import annotations

from collections.abc import Callable

from ..ssc.clock import Now
from ..ssc.frames import Direct, Frame
from ..ssc.ids import PeerId, SessionId
from ..ssc.replica import Replica
from .backlog import Backlog
from .calling import Calling
from .relays import RelayState
from .reporter import Reporter


class Hearing:
    """A `Listener` of the network. `reporter` and `calling` need the network themselves, so they are set after it."""

    reporter: Reporter
    calling: Calling

    def __init__(self, replica: Replica, backlog: Backlog, now: Callable[[], Now]) -> None:
        self._replica = replica
        self._backlog = backlog
        self._now = now

    def link_up(self, peer: PeerId, session: SessionId) -> None:
        """See Listener."""
        now = self._now()
        self._replica.link_up(peer, session, now)
        self.reporter.met(peer, now.wall)
        self.calling.link_up(peer)

    def link_down(self, peer: PeerId, _reason: str) -> None:
        """See Listener. What the peer had answered still counts."""
        for frame in self._backlog.of(peer):
            self._replica.receive(peer, frame, self._now())
        self._replica.link_down(peer, self._now())
        self.calling.link_down(peer)
        self.reporter.peer(peer)

    def link_news(self, peer: PeerId) -> None:
        """See Listener."""
        self.reporter.peer(peer)

    def heard(self, peer: PeerId) -> None:
        """See Listener."""
        self._replica.board.feel(peer, self._now())

    def frame(self, peer: PeerId, frame: Frame) -> None:
        """See Listener."""
        if isinstance(frame, Direct):
            self.calling.hear(peer, frame, self._now().mono)
        elif not self._backlog.add(peer, frame):
            self._replica.receive(peer, frame, self._now())

    def relay_news(self, _relay: RelayState) -> None:
        """See Listener."""
        self.reporter.room()

    def problem(self, code: str, text: str) -> None:
        """See Listener."""
        self.reporter.problem(code, text)
