"""The steps of a running room: what has come is taken in, put on disk in one transaction, then told to everybody.

inbox → replica → effects → store → links and events
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from ..ssc.clock import Now
from ..ssc.effects import (
    Abandon,
    Commit,
    Compare,
    Cut,
    Effect,
    EntriesStored,
    PresenceChanged,
    Send,
    ServeRecent,
    ServeRun,
    Strike,
)
from ..ssc.replica import Replica
from ..ssc.text import clean_line
from .backlog import merged
from .desk import Asked, Desk
from .inbox import Compared, Inbox, Input, Signaled, Stop, Tick, TransportFailed, TransportReady
from .keeper import Keeper
from .maker import Served
from .network import Network
from .news import News
from .reading import Reading
from .reporter import Reporter


class Steps:
    """Works through one inbox, step by step."""

    def __init__(
        self,
        inbox: Inbox,
        replica: Replica,
        network: Network,
        keeper: Keeper,
        news: News,
        desk: Desk,
        reading: Reading,
        reporter: Reporter,
        *,
        now: Callable[[], Now],
        spawn: Callable[[Coroutine[Any, Any, None]], object],
    ) -> None:
        self._inbox = inbox
        self._replica = replica
        self._network = network
        self._keeper = keeper
        self._news = news
        self._desk = desk
        self._reading = reading
        self._reporter = reporter
        self._now = now
        self._spawn = spawn

    async def step(self) -> bool:
        """Wait for something, take in what has come, put it on disk, tell everyone; False when that was the end."""
        inputs = await self._next_inputs()
        now = self._now()
        for each in inputs:
            self._take(each, now)
            if self._inbox.backlog:
                await asyncio.sleep(0)  # bulk takes a while to decode: let frames and keys in between
        self._desk.work(now)
        if self._inbox.backlog:
            await self.carry_out(now)  # what is said now goes first; history has its turn behind it
            for peer, frame in self._inbox.backlog.some():
                self._replica.receive(peer, frame, now)
        self._replica.tick(now)
        self._network.tick(now)
        await self.carry_out(now)
        await self._keeper.cut_again(now)
        await self._keeper.prune(now)
        if await self._reading.settle():
            self._reporter.room()
        self._network.settle(now)
        self._reporter.network()
        if not (inputs or self._inbox.backlog):
            await self._keeper.index(now)  # nothing has come in: there is time
        await self._keeper.remember(now)
        return not any(isinstance(each, Stop) for each in inputs)

    async def _next_inputs(self) -> list[Input]:
        due = [self._replica.deadline(), self._network.deadline(), *self._desk.deadlines]
        due += [self._keeper.cut_due, self._keeper.prune_due, self._keeper.save_due, self._keeper.index_due]
        times = [time for time in due if time is not None]
        wait = max(0, min(times) - self._now().mono) / 1000 if times else None
        return await self._inbox.some(wait)

    def _take(self, each: Input, now: Now) -> None:
        match each:
            case Stop() | Tick():
                pass
            case Asked():
                self._desk.add(each)
            case TransportReady(transport):
                self._network.use_transport(transport, now)
                self._reporter.room()
            case TransportFailed(reason):
                text = f"The network could not be started ({clean_line(reason)}). Reading and writing work."
                self._network.failure = text
                self._reporter.problem("transport-failed", text)
                self._reporter.room()
            case Signaled(relay, event):
                self._network.handle_signaling(relay, event, now)
            case Compared(compare, mine):
                self._replica.compared(compare, mine, now)
            case Served(peer, count, link):
                if self._network.neighbours.stands(peer, link):
                    self._replica.served(peer, count)
            case _:
                self._network.handle(each, now)

    async def carry_out(self, now: Now) -> None:
        """Work through the replica's effects; everything to be stored goes in one transaction."""
        while True:
            commits: list[Commit] = []
            stored: list[EntriesStored] = []
            cuts: list[Cut] = []
            strays: list[Abandon] = []
            while effect := self._replica.take():
                if isinstance(effect, Commit):
                    commits.append(effect)
                elif isinstance(effect, EntriesStored):
                    stored.append(effect)
                elif isinstance(effect, Cut):
                    cuts.append(effect)
                elif isinstance(effect, Abandon):
                    strays.append(effect)
                else:
                    self._carry_out_one(effect, now)
            if stored:
                await self._news.show(stored)
            if commits:
                self._desk.settle(await self._keeper.commit(merged(commits), now))
            if cuts:
                await self._keeper.cut(cuts, now)
            for stray in strays:
                await self._keeper.abandon(stray)
            if not (stored or commits or cuts or strays):
                return

    async def _compare(self, compare: Compare) -> None:
        await self._inbox.put(Compared(compare, await self._keeper.beside(compare)))

    def _carry_out_one(self, effect: Effect, now: Now) -> None:
        match effect:
            case Send(peer, frame, soft):
                self._network.neighbours.send(peer, frame, soft)
            case ServeRecent() | ServeRun():
                self._network.neighbours.request(effect)
            case Strike(peer, reason):
                self._network.strike(peer, reason, now)
            case Compare():
                self._spawn(self._compare(effect))
            case PresenceChanged(seen, _):
                self._network.around(seen, now)
                self._reporter.tell(effect)
            case Commit() | EntriesStored() | Cut() | Abandon():
                raise AssertionError("what changes the disk is carried out together")
            case _:
                self._reporter.tell(effect)
