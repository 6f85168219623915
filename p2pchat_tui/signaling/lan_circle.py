"""The members of a room that one session is connected with on the LAN, one connection each."""

from __future__ import annotations

import asyncio
import logging

from ..ports.signaling import SessionGone, SessionSeen, SignalReceived, Traffic
from ..ssc.ids import SessionId
from .events import EventStream
from .lan_link import Hello, LanLink
from .lan_proof import LanError
from .protocol import PEERS_MAX

_log = logging.getLogger(__name__)


class Circle:
    """Connections by the session that they lead to. Of two to one session both sides let the same one go."""

    def __init__(self, session: SessionId, events: EventStream) -> None:
        self._session = session
        self._events = events
        self._links: dict[SessionId, LanLink] = {}
        self._kept: set[LanLink] = set()
        self._before = Traffic()
        """What went over connections that are gone."""
        self._changed = asyncio.Event()

    @property
    def traffic(self) -> Traffic:
        """What went over all connections so far, both ways."""
        carried = [self._before, *(link.traffic for link in self._kept)]
        return Traffic(sum(each.frames for each in carried), sum(each.bytes for each in carried))

    def knows(self, label: str) -> bool:
        """Whether whoever announces `label` is connected."""
        return any(link.remote is not None and link.remote.label == label for link in self._links.values())

    async def until_unknown(self, label: str) -> None:
        """Return once whoever announces `label` is not connected any more."""
        while self.knows(label):
            self._changed.clear()
            await self._changed.wait()

    def send(self, to: SessionId, data: bytes) -> bool:
        """Queue a signal for `to`; False when it is not connected or too far behind."""
        link = self._links.get(to)
        return link is not None and link.send(data)

    def rename(self, before: str, me: Hello) -> None:
        """Tell those who know us by the label `before` the one that is announced now."""
        for link in self._links.values():
            if link.told == before:
                link.say_hello(me)

    async def keep(self, link: LanLink) -> None:
        """Be connected by `link` for as long as it lasts, unless the session has a better one. Cuts it in the end."""
        self._kept.add(link)
        try:
            if await self._admit(link):
                await self._live(link)
        except LanError as error:
            _log.debug("let a member go: %s", error)
        finally:
            link.cut()
            self._kept.discard(link)
            self._before = Traffic(self._before.frames + link.traffic.frames, self._before.bytes + link.traffic.bytes)

    async def _admit(self, link: LanLink) -> bool:
        session = link.session
        if session == self._session:
            return False
        standing = self._links.get(session)
        if standing is None:
            return len(self._links) < PEERS_MAX
        # When both have dialed, that of the smaller session stays. Else a session is where it is, for as long as it
        # answers there: nobody can take its place by claiming its name.
        is_better = standing.dialed != link.dialed and link.dialed == (self._session < session)
        if is_better or not await standing.is_alive():
            standing.cut()
            return True
        return False

    async def _live(self, link: LanLink) -> None:
        session = link.session
        is_news = session not in self._links
        self._links[session] = link
        self._changed.set()
        try:
            if is_news:
                await self._events.put(SessionSeen(session))

            async def received(data: bytes) -> None:
                await self._events.put(SignalReceived(session, data))

            await link.run(received, self._changed.set)
        finally:
            if self._links.get(session) is link:
                del self._links[session]
                self._events.post(SessionGone(session))
            self._changed.set()
