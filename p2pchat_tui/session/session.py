"""One room, running: the junction of replica, store, links and relays, and the only place where they meet.

    in    transport, signaling, tasks and commands → inbox → replica → effects → store → events
    out   effects → links and relays

One task works through the inbox, so nothing here runs beside anything else. What several inputs have to be put on disk
goes there in one transaction, and nothing is sent or shown before it is there.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Self

from ..ports.clock import Clock
from ..ports.signaling import Signaling
from ..ports.store import Store, StoreError
from ..ports.transport import Transport
from ..ssc.clock import Now
from ..ssc.ending import Ending
from ..ssc.identity import Identity
from ..ssc.ids import EntryId, Order, PeerId, RoomId, SessionId, Stamp
from ..ssc.replica import Replica
from ..ssc.retention import Retention
from ..ssc.room import RoomKeys
from ..ssc.text import clean_line, clean_name
from . import api
from .calling import Calling
from .desk import OWN_FEED_MS, Asked, Desk, check_target, refuse
from .directs import Directs
from .fanout import Fanout
from .hearing import Hearing
from .inbox import Inbox, Signaled, Stop, Tick, TransportFailed, TransportReady
from .keeper import Keeper
from .lan import LanSwitch
from .names import NICK, Names
from .network import Network
from .news import News
from .people import Acquaintances
from .reading import Reading
from .relays import RelayState
from .reporter import Reporter
from .search import Source
from .steps import Steps
from .timeline import Timeline
from .view import Memory, Picture
from .writer import Writer

CLOSE_MS = 5_000
"""How long closing waits for the step under way: a disk that takes longer is broken."""


@dataclass(frozen=True, slots=True)
class Adapters:
    """What a session needs from outside for one room."""

    transport: Callable[[], Awaitable[Transport]]
    """Makes the transport; called once, after the session is up, since it may import a lot."""
    signaling: Callable[[SessionId], Sequence[Signaling]]
    """Makes the room's signaling for one session."""
    lan: Callable[[SessionId], Signaling] | None = None
    """Makes its signaling on the LAN; None where there can be none."""


class Session:
    """A running room. Use as `async with Session(...)`; it says goodbye on the way out."""

    def __init__(
        self,
        name: str,
        keys: RoomKeys,
        identity: Identity,
        store: Store,
        adapters: Adapters,
        *,
        clock: Clock,
        entropy: Callable[[int], bytes],
        nickname: str,
        shares_reading: bool = True,
        is_on_disk: bool = True,
        erased: Ending | None = None,
        lan: bool = False,
        direct: PeerId | None = None,
        directs: Directs | None = None,
        is_running: Callable[[RoomId], bool] = lambda _room: False,
        people: Acquaintances | None = None,
    ) -> None:
        """`shares_reading`: the others are told how far I have read. `is_on_disk`: False when `store` keeps nothing.
        `erased`: where this identity's feed ended when the room was forgotten; None when it never was. `lan`: others
        are looked for on the local network from the beginning. `direct`: whose room of two with me it is. `directs`:
        the profile's rooms of two, when calls to them are told and heard here; `is_running`: whether a room of the
        profile runs. `people`: whom the profile knows; None: nobody but those in `store`.
        """
        self.name = name
        self._keys = keys
        self._identity = identity
        self._store = store
        self._adapters = adapters
        self._clock = clock
        self._session = SessionId(entropy(SessionId.size))
        self._started = clock.wall_ms()
        self._inbox = Inbox()
        self._fanout = Fanout()
        self._people = people or Acquaintances(store)
        self._names = Names(self._people.people)
        self._timeline = Timeline(store, keys.room, identity.peer, self._names, is_direct=direct is not None)
        self._memory = Memory() if is_on_disk else Memory(retention=Retention(is_on_disk=False))
        self._reading = Reading(store, keys.room, identity.peer, self._timeline.mentions, lambda: self.ignored)
        self._shares_reading = shares_reading
        self._replica = Replica(keys.room, identity, self._session, clean_name(nickname))
        self._replica.erased = erased
        self._replica.holdings.is_fleeting = not is_on_disk
        hearing = Hearing(self._replica, self._inbox.backlog, self._now)
        self._network = Network(
            identity,
            keys,
            self._session,
            self._started,
            store=store,
            entropy=entropy,
            listener=hearing,
            post=self._inbox.put,
            spawn=self._spawn,
        )
        self._memory.direct = direct
        self._names.hear(identity.peer, self._replica.board.name)
        self._lan = LanSwitch(
            partial(adapters.lan, self._session) if adapters.lan else None,
            self._network.introductions.relays,
            lambda relay: self._spawn(self._follow_relay(relay)),
        )
        self._starts_on_lan = lan
        self._picture = Picture(
            *(name, self._replica, self._network, self._names, self._people.people),
            *(self._timeline, self._memory, self._reading),
            lan=self._lan,
            now=self._now,
        )
        self._reporter = Reporter(self._fanout, self._picture, self._network, self._names, self._people, self._memory)
        news = News(
            self._timeline,
            self._reading,
            self._reporter,
            self._fanout,
            me=identity.peer,
            started=self._started,
            reload=lambda: self._keeper.reload(),
        )
        self._keeper = Keeper(
            store,
            self._replica,
            self._timeline,
            self._names,
            self._people,
            self._memory,
            self._reporter,
            self._fanout,
            self._reading,
            news,
            self._started,
        )
        self._desk = Desk(
            self._replica,
            Writer(self._replica, self._names),
            self._reading,
            shares_reading=shares_reading,
            retry_now=self._network.retry_now,
            changed=self._reporter.room,
        )
        self._calling = Calling(
            keys.room,
            directs,
            is_running=is_running,
            name_of=self._names.of,
            send=self._network.neighbours.send,
            emit=self._fanout.emit,
            spawn=self._spawn,
        )
        hearing.reporter, hearing.calling = self._reporter, self._calling
        self._steps = Steps(
            self._inbox,
            self._replica,
            self._network,
            self._keeper,
            news,
            self._desk,
            self._reading,
            self._reporter,
            now=self._now,
            spawn=self._spawn,
        )
        self._tasks: set[asyncio.Task[None]] = set()
        self._failure: BaseException | None = None
        self._runner: asyncio.Task[None] | None = None
        self._is_leaving = False

    @property
    def is_running(self) -> bool:
        """Whether commands are taken."""
        return self._runner is not None and not self._runner.done() and not self._is_leaving

    @property
    def source(self) -> Source:
        """Where this room is searched."""
        return Source(self.name, self._keys.room, self._store, self._identity.peer, self._names)

    @property
    def ignored(self) -> frozenset[PeerId]:
        """Whose entries are carried and not shown."""
        return self._people.people.ignored

    # For the UI ------------------------------------------------------------------------------------------------

    @property
    def view(self) -> api.RoomView:
        """The room as it is now."""
        return self._picture.room()

    @property
    def read(self) -> Stamp:
        """Up to where everything is read; what was there before one joined is."""
        return self._reading.position

    def events(self, since: api.Since = api.all_history) -> AsyncIterator[api.Event]:
        """Everything that happens from this call on, until Ended.

        `since` is asked again and again: old messages that come in below that place, and were read or are from before
        one joined, need not be told one by one. A sync of a long history takes half of its time for telling them.
        """
        return self._fanout.listen(since)

    async def history(self, limit: int, before: Order | None = None) -> api.Page:
        """The newest `limit` messages below `before`, oldest first. Raises StoreError."""
        return await self._timeline.page(limit, before)

    async def message(self, target: EntryId) -> api.MessageView | None:
        """One message as it stands, None when it is not here. Raises StoreError."""
        return await self._timeline.view(target)

    async def place(self, entry: EntryId) -> tuple[PeerId, int] | None:
        """Author and seq of any entry, None when it is not here. Raises StoreError."""
        found = await self._store.entry(self._keys.room, entry)
        return (found.author, found.seq) if found else None

    async def later(self, limit: int, after: Order) -> api.Page:
        """The oldest `limit` messages above `after`, oldest first. Raises StoreError."""
        return await self._timeline.later(limit, after)

    async def around(self, limit: int, target: EntryId) -> api.Page | None:
        """A page with `target` in its middle; None when that is no message that is here. Raises StoreError."""
        return await self._timeline.around(limit, target)

    async def facts(self, target: EntryId) -> api.MessageFacts | None:
        """All that is known of one message; None when it is not here. Raises StoreError."""
        return await self._timeline.facts(target, self._replica.holdings.holders_of)

    def rename(self, name: str) -> None:
        """The room is called something else on this machine."""
        self.name = self._picture.name = name
        self._reporter.room()

    async def setting(self, key: str) -> str:
        """What is kept under `key` for this room here, such as a draft; empty when nothing is. Raises StoreError."""
        return await self._store.setting(self._keys.room, key)

    async def set_setting(self, key: str, value: str) -> None:
        """Keep `value` under `key`, for nobody but this profile. Raises StoreError."""
        await self._store.set_setting(self._keys.room, key, value)

    def holders(self, author: PeerId, seq: int) -> tuple[int, int]:
        """How many others have the entry on disk, and how many others are known."""
        return len(self._replica.holdings.holders_of(author, seq)), len(self._picture.known())

    async def do(self, command: api.Command) -> EntryId | None:
        """Carry out `command`; the id of the entry that it wrote, once that is on disk. Raises CommandRefused."""
        if not self.is_running:
            raise api.CommandRefused("The room is closed: open it again (/join), or join it by its invite.")
        if isinstance(command, api.Leave):
            await self.close()
            return None
        await check_target(command, self._timeline)
        if isinstance(command, api.Deciding):
            await self._decide(command)
            return None
        if isinstance(command, api.SetRetention):
            await self._keeper.keep(command.keep)
            await self._inbox.put(Tick())
            return None
        if isinstance(command, api.SetLan):
            await self._lan.turn(command.on)
            await self._inbox.put(Tick())
            return None
        if isinstance(command, api.SetName):
            await self._keep_name(clean_name(command.name))
        answer: asyncio.Future[EntryId | None] = asyncio.get_running_loop().create_future()
        await self._inbox.put(Asked(command, answer, self._clock.monotonic_ms() + OWN_FEED_MS))
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
            self._calling.call(peer)

    async def _decide(self, command: api.Deciding) -> None:
        if command.peer == self._identity.peer:
            raise api.CommandRefused("That is you: what is decided about people is about others.")
        try:
            await self._people.decide(command, self._clock.wall_ms())
        except StoreError as error:
            raise api.CommandRefused(str(error)) from error

    def _decided(self, peer: PeerId) -> None:
        """Something was decided about `peer`, perhaps in another room."""
        self._names.look_again(peer)
        self._reading.doubt()
        self._fanout.emit(api.PeopleChanged())
        self._reporter.peer(peer)
        self._inbox.wake()

    def links(self) -> tuple[api.LinkView, ...]:
        """What each link stands on, by name: for one's own eyes, since it holds addresses."""
        return self._picture.links()

    def attempts(self) -> tuple[api.AttemptView, ...]:
        """What is done to link with those who are around and not linked; holds addresses, too."""
        return self._picture.attempts()

    # Life ------------------------------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        """Load the room from the store and start. Raises StoreError."""
        await self._people.load()
        self._people.listen(self._decided)
        await self._keeper.load()
        if not self._replica.board.name:
            self._replica.board.name = self._names.logged(self._identity.peer)
        self._names.hear(self._identity.peer, self._replica.board.name)
        if self._shares_reading:
            self._replica.board.read = self._reading.position
        self._network.introductions.relays.use(self._adapters.signaling(self._session))
        self._runner = asyncio.create_task(self._run(), name=f"session {self.name}")
        self._spawn(self._load_transport())
        for relay in self._network.relays:
            self._spawn(self._follow_relay(relay))
        await self._lan.turn(self._starts_on_lan)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Say goodbye, end every link and task, and remember who was here."""
        await self.close()

    async def close(self) -> None:
        """Leave; may be called twice. Raises what ended the session, if something unforeseen did."""
        if self._is_leaving:
            return
        if self._runner is None:
            self._fanout.emit(api.Ended("never began"))
            return
        self._is_leaving = True
        self._people.leave(self._decided)
        await self._finish_step(self._runner)
        self._replica.leave(self._now())
        try:
            await self._steps.carry_out(self._now())
            await self._reading.settle()
            await self._keeper.save_peers()
        except StoreError:
            pass  # presence is soft; what was written is on disk already
        await self._network.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._refuse_all("The room was closed before this could be written; write it again.")
        self._fanout.emit(api.Ended("left" if self._failure is None else "failed"))
        if self._failure is not None:
            raise self._failure

    async def _finish_step(self, runner: asyncio.Task[None]) -> None:
        """Let the loop end between two steps, so that what was written is either on disk or refused, never unsure."""
        try:
            async with asyncio.timeout(CLOSE_MS / 1000):
                await self._inbox.put(Stop())
                await asyncio.shield(runner)
        except TimeoutError:
            runner.cancel()
        except asyncio.CancelledError:
            if not runner.cancelled():
                raise
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
            self._fanout.emit(api.Problem("failed", f"The room stopped working: {clean_line(repr(error))}"))
            self._fanout.emit(api.Ended("failed"))
            if self._runner and not self._runner.done():
                self._runner.cancel()
            self._refuse_all("The room stopped working; nothing of this was written.")

    async def _load_transport(self) -> None:
        try:
            transport = await self._adapters.transport()
        except Exception as error:
            await self._inbox.put(TransportFailed(str(error)))
            return
        await self._inbox.put(TransportReady(transport))
        async for event in transport.events():
            await self._inbox.put(event)

    async def _follow_relay(self, relay: RelayState) -> None:
        await relay.signaling.open()
        async for event in relay.signaling.events():
            await self._inbox.put(Signaled(relay, event))

    def _now(self) -> Now:
        return Now(self._clock.wall_ms(), self._clock.monotonic_ms())

    async def _run(self) -> None:
        try:
            while await self._steps.step():
                pass
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            self._fail(error)

    def _refuse_all(self, text: str) -> None:
        self._desk.refuse_all(text)
        for each in self._inbox.drain():
            if isinstance(each, Asked):
                refuse(each.answer, text)
