"""One room, running: what is asked of it, what it is told to do, and its life from the first step to the goodbye.

    in    transport, signaling, tasks and commands → inbox → replica → effects → store → events
    out   effects → links and relays

One task works through the inbox, so nothing here runs beside anything else. What several inputs have to be put on disk
goes there in one transaction, and nothing is sent or shown before it is there.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from typing import Any, Self

from ..ports.store import StoreError
from ..ssc.ids import EntryId, Order, PeerId, Stamp
from ..ssc.text import clean_line, clean_name
from . import api
from .desk import OWN_FEED_MS, Asked, check_target, refuse
from .inbox import Stop, Tick
from .names import NICK
from .parts import make_parts
from .search import Source
from .setup import Setup

CLOSE_MS = 5_000
"""How long closing waits for the step under way: a disk that takes longer is broken."""


class Session:
    """A running room. Use as `async with Session(Setup(...))`; it says goodbye on the way out."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._parts = make_parts(setup, self._spawn)
        self._tasks: set[asyncio.Task[None]] = set()
        self._failure: BaseException | None = None
        self._runner: asyncio.Task[None] | None = None
        self._is_leaving = False

    @property
    def name(self) -> str:
        """What the room is called on this machine."""
        return self._parts.picture.name

    @property
    def is_running(self) -> bool:
        """Whether commands are taken."""
        return self._runner is not None and not self._runner.done() and not self._is_leaving

    @property
    def source(self) -> Source:
        """Where this room is searched."""
        setup = self._setup
        return Source(self.name, setup.keys.room, setup.store, setup.identity.peer, self._parts.names)

    @property
    def ignored(self) -> frozenset[PeerId]:
        """Whose entries are carried and not shown."""
        return self._parts.people.people.ignored

    # For the UI ------------------------------------------------------------------------------------------------

    @property
    def view(self) -> api.RoomView:
        """The room as it is now."""
        return self._parts.picture.room()

    @property
    def read(self) -> Stamp:
        """Up to where everything is read; what was there before one joined is."""
        return self._parts.reading.position

    def events(self, since: api.Since = api.all_history) -> AsyncIterator[api.Event]:
        """Everything that happens from this call on, until Ended.

        `since` is asked again and again: old messages that come in below that place, and were read or are from before
        one joined, need not be told one by one. A sync of a long history takes half of its time for telling them.
        """
        return self._parts.fanout.listen(since)

    async def history(self, limit: int, before: Order | None = None) -> api.Page:
        """The newest `limit` messages below `before`, oldest first. Raises StoreError."""
        return await self._parts.timeline.page(limit, before)

    async def message(self, target: EntryId) -> api.MessageView | None:
        """One message as it stands, None when it is not here. Raises StoreError."""
        return await self._parts.timeline.view(target)

    async def place(self, entry: EntryId) -> tuple[PeerId, int] | None:
        """Author and seq of any entry, None when it is not here. Raises StoreError."""
        found = await self._setup.store.entry(self._setup.keys.room, entry)
        return (found.author, found.seq) if found else None

    async def later(self, limit: int, after: Order) -> api.Page:
        """The oldest `limit` messages above `after`, oldest first. Raises StoreError."""
        return await self._parts.timeline.later(limit, after)

    async def around(self, limit: int, target: EntryId) -> api.Page | None:
        """A page with `target` in its middle; None when that is no message that is here. Raises StoreError."""
        return await self._parts.timeline.around(limit, target)

    async def facts(self, target: EntryId) -> api.MessageFacts | None:
        """All that is known of one message; None when it is not here. Raises StoreError."""
        return await self._parts.timeline.facts(target, self._parts.replica.holdings.holders_of)

    def rename(self, name: str) -> None:
        """The room is called something else on this machine."""
        self._parts.picture.name = name
        self._parts.reporter.room()

    async def setting(self, key: str) -> str:
        """What is kept under `key` for this room here, such as a draft; empty when nothing is. Raises StoreError."""
        return await self._setup.store.setting(self._setup.keys.room, key)

    async def set_setting(self, key: str, value: str) -> None:
        """Keep `value` under `key`, for nobody but this profile. Raises StoreError."""
        await self._setup.store.set_setting(self._setup.keys.room, key, value)

    def holders(self, author: PeerId, seq: int) -> tuple[int, int]:
        """How many others have the entry on disk, and how many others are known."""
        return len(self._parts.replica.holdings.holders_of(author, seq)), len(self._parts.picture.known())

    async def do(self, command: api.Command) -> EntryId | None:
        """Carry out `command`; the id of the entry that it wrote, once that is on disk. Raises CommandRefused."""
        if not self.is_running:
            raise api.CommandRefused("The room is closed: open it again (/join), or join it by its invite.")
        if isinstance(command, api.Leave):
            await self.close()
            return None
        await check_target(command, self._parts.timeline)
        if isinstance(command, api.Deciding):
            await self._decide(command)
            return None
        if isinstance(command, api.SetRetention):
            await self._parts.keeper.keep(command.keep)
            await self._parts.inbox.put(Tick())
            return None
        if isinstance(command, api.SetLan):
            await self._parts.lan.turn(command.on)
            await self._parts.inbox.put(Tick())
            return None
        if isinstance(command, api.UseRelays):
            relays = self._parts.network.introductions.relays
            for relay in await relays.exchange(self._setup.adapters.signaling(self._parts.session)):
                self._spawn(self._parts.inbox.follow(relay))
            await self._parts.inbox.put(Tick())
            return None
        if isinstance(command, api.SetName):
            await self._keep_name(clean_name(command.name))
        answer: asyncio.Future[EntryId | None] = asyncio.get_running_loop().create_future()
        await self._parts.inbox.put(Asked(command, answer, self._setup.clock.monotonic_ms() + OWN_FEED_MS))
        if self._runner is None or self._runner.done():
            self._refuse_all(
                "The room is closed: open it again from the list of rooms, or with /join."
            )  # it was closed while the target was looked up
        return await answer

    async def _keep_name(self, name: str) -> None:
        """Be called this in later runs too."""
        try:
            if name:
                await self.set_setting(NICK, name)
        except StoreError as error:
            raise api.CommandRefused(str(error)) from error

    def call(self, peer: PeerId) -> None:
        """Tell `peer`, if there is a link to him here, that he is called to our room of two."""
        if self.is_running:
            self._parts.calling.call(peer)

    async def _decide(self, command: api.Deciding) -> None:
        if command.peer == self._setup.identity.peer:
            raise api.CommandRefused("That is you: what is decided about people is about others.")
        try:
            await self._parts.people.decide(command, self._setup.clock.wall_ms())
        except StoreError as error:
            raise api.CommandRefused(str(error)) from error

    def _decided(self, peer: PeerId) -> None:
        """Something was decided about `peer`, perhaps in another room."""
        self._parts.names.look_again(peer)
        self._parts.reading.doubt()
        self._parts.fanout.emit(api.PeopleChanged())
        self._parts.reporter.peer(peer)
        self._parts.inbox.wake()

    def links(self) -> tuple[api.LinkView, ...]:
        """What each link stands on, by name: for one's own eyes, since it holds addresses."""
        return self._parts.picture.links()

    def attempts(self) -> tuple[api.AttemptView, ...]:
        """What is done to link with those who are around and not linked; holds addresses, too."""
        return self._parts.picture.attempts()

    # Life ------------------------------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        """Load the room from the store and start. Raises StoreError."""
        await self._parts.people.load()
        self._parts.people.listen(self._decided)
        await self._parts.keeper.load()
        if not self._parts.replica.board.name:
            self._parts.replica.board.name = self._parts.names.logged(self._setup.identity.peer)
        self._parts.names.hear(self._setup.identity.peer, self._parts.replica.board.name)
        if self._setup.shares_reading:
            self._parts.replica.board.read = self._parts.reading.position
        self._parts.network.introductions.relays.use(self._setup.adapters.signaling(self._parts.session))
        self._runner = asyncio.create_task(self._run(), name=f"session {self.name}")
        self._spawn(self._parts.inbox.load(self._setup.adapters.transport))
        for relay in self._parts.network.relays:
            self._spawn(self._parts.inbox.follow(relay))
        await self._parts.lan.turn(self._setup.lan)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Say goodbye, end every link and task, and remember who was here."""
        await self.close()

    async def close(self) -> None:
        """Leave; may be called twice. Raises what ended the session, if something unforeseen did."""
        if self._is_leaving:
            return
        if self._runner is None:
            self._parts.fanout.emit(api.Ended("never began"))
            return
        self._is_leaving = True
        self._parts.people.leave(self._decided)
        await self._finish_step(self._runner)
        self._parts.replica.leave(self._setup.now())
        try:
            await self._parts.steps.carry_out(self._setup.now())
            await self._parts.reading.settle()
            await self._parts.keeper.save_peers()
        except StoreError:
            pass  # presence is soft; what was written is on disk already
        await self._parts.network.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._refuse_all("The room was closed before this could be written; write it again.")
        self._parts.fanout.emit(api.Ended("left" if self._failure is None else "failed"))
        if self._failure is not None:
            raise self._failure

    async def _finish_step(self, runner: asyncio.Task[None]) -> None:
        """Let the loop end between two steps, so that what was written is either on disk or refused, never unsure."""
        try:
            async with asyncio.timeout(CLOSE_MS / 1000):
                await self._parts.inbox.put(Stop())
                await asyncio.wait({runner})
        except TimeoutError:
            runner.cancel()
        await asyncio.gather(runner, return_exceptions=True)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._task_done)
        return task

    def _task_done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        """Something unforeseen ended a task: the session ends, visibly, and whoever closes it gets the error."""
        if self._failure is None:
            self._failure = error
            self._parts.fanout.emit(api.Problem("failed", f"The room stopped working: {clean_line(repr(error))}"))
            self._parts.fanout.emit(api.Ended("failed"))
            if self._runner and not self._runner.done():
                self._runner.cancel()
            self._refuse_all("The room stopped working; nothing of this was written.")

    async def _run(self) -> None:
        try:
            while await self._parts.steps.step():
                pass
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            self._fail(error)

    def _refuse_all(self, text: str) -> None:
        self._parts.desk.refuse_all(text)
        for each in self._parts.inbox.drain():
            if isinstance(each, Asked):
                refuse(each.answer, text)
