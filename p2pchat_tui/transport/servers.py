"""STUN and TURN servers: asked whether they are there, so that a dead one never delays a connection.

The WebRTC stack uses one STUN and one TURN server of those it is given. Here the best of each kind is picked: TURN over
UDP before TURN over TCP, that before TURN over TLS, and of equals the one that answered soonest.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

from ..ports.ice import IceServer
from .probe import PROBE_S, Answer, Kind, kind_of, probe

log = logging.getLogger(__name__)

PATIENCE_S = 0.1
"""Seconds that the start of a link waits for servers that have not answered yet: who is near answers in less."""
AGAIN_S = 3.0
"""Where nobody answered they are asked again after this: a network that is just back takes a moment."""
FRESH_S = 60.0
"""Seconds after which a result is asked for again, in the background, when a link begins."""
SERVERS_MAX = 8
"""Servers looked at: a relay's greeting may name any number."""


class Servers:
    """The wanted servers and which of them answered. Must be made inside a running loop."""

    def __init__(self, servers: Sequence[IceServer], improved: Callable[[], None] = lambda: None) -> None:
        """`improved` is called when `best` is another one than some link was begun with, because an answer was late."""
        self._wanted: tuple[IceServer, ...] = ()
        self._improved = improved
        self._probes: set[asyncio.Task[Answer | None]] = set()
        self._known: list[Answer] = []
        """What is used."""
        self._coming: list[Answer] = []
        """The answers of the round under way; the same list as `_known` while nothing older is known."""
        self._news = asyncio.Event()
        self._asked_at = 0.0
        self._given: tuple[IceServer, ...] | None = None
        """What the last link was begun with, while answers were still awaited."""
        self.use(servers)

    def use(self, servers: Sequence[IceServer]) -> None:
        """Want these instead; those that are new are asked at once."""
        wanted = tuple(dict.fromkeys(servers))[:SERVERS_MAX]
        if wanted != self._wanted:
            self._wanted = wanted
            self.forget()

    def forget(self) -> None:
        """Forget who answered and ask again: the network is another one."""
        self._cancel()
        self._known = []
        if self._wanted:
            self._ask(self._known)

    @property
    def best(self) -> tuple[IceServer, ...]:
        """At most one STUN and one TURN server that have answered."""
        found: dict[bool, Answer] = {}
        for answer in sorted(self._known, key=lambda each: (each.kind, each.seconds)):
            found.setdefault(answer.kind is Kind.STUN, answer)
        return tuple(answer.server for answer in found.values())

    @property
    def wants_turn(self) -> str:
        """Why links that need a TURN server cannot be, for a person."""
        if any(server.url.startswith("turn") for server in self._wanted):
            return "Links go through a TURN server only, and none of those that are named answers."
        return "Links go through a TURN server only, and none is named: add one to ice_servers, or drop relay-only."

    async def alive(self, *, patient: bool = False) -> tuple[IceServer, ...]:
        """`best`, after waiting PATIENCE_S at most for better ones; `patient`: for as long as one may still answer."""
        loop = asyncio.get_running_loop()
        is_due = loop.time() - self._asked_at > (FRESH_S if self._known else AGAIN_S)
        if not self._probes and self._wanted and is_due:
            self._ask([] if self._known else self._known)
        until = loop.time() + (PROBE_S if patient else PATIENCE_S)
        while self._is_awaited() and loop.time() < until:
            self._news.clear()
            try:
                async with asyncio.timeout_at(until):
                    await self._news.wait()
            except TimeoutError:
                break
        self._given = self.best if self._is_awaited() else None
        return self.best

    @property
    def is_udp_blocked(self) -> bool:
        """Whether servers were asked by UDP, and none of them answered."""
        asked = {server.url: kind_of(server) for server in self._wanted}
        answered = {answer.kind for answer in self._known}
        by_udp = {Kind.STUN, Kind.TURN_UDP}
        return not self._is_awaited() and bool(by_udp & set(asked.values())) and not by_udp & answered

    async def close(self) -> None:
        """Stop asking."""
        probes = self._cancel()
        if probes:
            await asyncio.wait(probes)

    def _is_awaited(self) -> bool:
        """Whether an answer under way would change `best`; a refresh changes nothing before its end."""
        if self._coming is not self._known:
            return False
        picked = {kind for server in self.best if (kind := kind_of(server)) is not None}
        stun = Kind.STUN in picked
        turn = min(picked - {Kind.STUN}, default=None)
        for task in self._probes:
            kind = Kind[task.get_name()]
            if not stun if kind is Kind.STUN else turn is None or kind < turn:
                return True
        return False

    def _ask(self, into: list[Answer]) -> None:
        self._asked_at = asyncio.get_running_loop().time()
        self._coming = into
        for server in self._wanted:
            kind = kind_of(server)
            if kind is None:
                log.warning("a STUN or TURN address makes no sense and is left out")
                continue
            task = asyncio.create_task(probe(server), name=kind.name)
            self._probes.add(task)
            task.add_done_callback(self._answered)

    def _answered(self, task: asyncio.Task[Answer | None]) -> None:
        if task not in self._probes or task.cancelled():
            return  # of a round that was given up
        self._probes.discard(task)
        if error := task.exception():
            log.error("probing a STUN or TURN server failed", exc_info=error)
        elif answer := task.result():
            self._coming.append(answer)
        if not self._probes:
            self._known = self._coming
        self._news.set()
        if self._given is not None and self._given != self.best:
            self._given = None
            self._improved()

    def _cancel(self) -> set[asyncio.Task[Answer | None]]:
        probes, self._probes = self._probes, set()
        for each in probes:
            each.cancel()
        self._given = None
        self._news.set()
        return probes
