"""One simulated person: an identity and a disk for ever, a process for as long as nothing kills it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from p2pchat_tui.ports.signaling import Signaling
from p2pchat_tui.ports.transport import Transport
from p2pchat_tui.session import api
from p2pchat_tui.session.erased import read_erased
from p2pchat_tui.session.session import Session
from p2pchat_tui.session.setup import Adapters, Setup
from p2pchat_tui.ssc.body import index_of
from p2pchat_tui.ssc.entry import Entry
from p2pchat_tui.ssc.ids import EntryId, PeerId, SessionId, stamp_of
from p2pchat_tui.ssc.retention import DAY_MS, read_retention
from tests.helpers import START_MS, identity

from .disks import Contents, Disk, KillPoint, ProcessStore
from .network import SimSignaling, SimTransport
from .process import Process
from .screen import Screen

if TYPE_CHECKING:
    from .world import World

CLOSE_S = 30.0
"""Closing takes longer than this: it hangs."""
CALM_S = 10.0
"""So long after the network was last made worse or better, messages take as long as it says."""
PATIENCE_S = 4.5
"""A command that has waited so long for its author's own feed may be carried out without it."""
WINDOWED = 4
"""In each so many-th world the screens hold no more than WINDOW messages."""
WINDOW = 8
KNOWING_S = 0.05
"""Linked for so long with somebody who holds one's own newer entries, nobody may number two entries alike."""


class SimClock:
    """The Clock port of one process."""

    def __init__(self, peer: Peer, base_ms: int) -> None:
        self._peer = peer
        self._base_ms = base_ms

    def wall_ms(self) -> int:
        """What this computer takes for the time."""
        passed = round(asyncio.get_running_loop().time() * 1000)
        return max(0, START_MS + self._peer.world.wall_shift_ms + self._peer.skew_ms + passed)

    def monotonic_ms(self) -> int:
        """From an arbitrary start, another one for each process."""
        return self._base_ms + round(asyncio.get_running_loop().time() * 1000)


@dataclass(frozen=True, slots=True)
class Ghost:
    """Somebody who kept nothing, after the end of his program: nobody can ever be him again."""

    name: str
    had: frozenset[tuple[PeerId, int]]
    """Entries that he ever held."""


class Peer:
    """A person with a computer."""

    def __init__(self, world: World, number: int, folder: Path | None, *, is_guest: bool) -> None:
        """`is_guest`: keeps nothing, and is somebody new in each run of the program."""
        self.world = world
        self.number = number
        self.name = f"p{number}"
        self.is_guest = is_guest
        self.identity = identity(number)
        self.random = Random(f"{world.seed} peer {number}")
        self._folder = None if is_guest else folder
        self.disk = self._new_disk()
        self.was_restored = False
        """Whether an old backup was ever put back."""
        self.skew_ms = 0
        self.is_away = False
        self.runs = 0
        self.backup: Contents | None = None
        self.process: Process | None = None
        self.session: Session | None = None
        self.screen: Screen | None = None
        self.transport: SimTransport | None = None
        self.signaling: SimSignaling | None = None
        self.store: ProcessStore | None = None
        self._signed: dict[int, EntryId] = {}
        self._written: dict[EntryId, int] = {}
        self._changing = asyncio.Lock()
        self._asked: list[float] = []

    @property
    def id(self) -> PeerId:
        """Its public key."""
        return self.identity.peer

    @property
    def live(self) -> Session | None:
        """Its session, while that takes commands."""
        return self.session if self.session is not None and self.session.is_running else None

    @property
    def nick(self) -> str:
        """What it calls itself at the start: somebody new never has another's name."""
        return f"{self.name}.{self.runs}" if self.is_guest else self.name

    def trace(self, text: str) -> None:
        """One line about this peer."""
        self.world.trace.note(f"{self.name} {text}")

    # Life --------------------------------------------------------------------------------------------------------

    async def start(self, kill_point: KillPoint | None = None) -> None:
        """Start the program, unless it runs."""
        async with self._changing:
            if self.process is not None:
                return
            self.runs += 1
            if self.is_guest:
                self._be_somebody()
            kept = "nothing kept" if self.is_guest else self.disk.kind
            self.trace(f"starts, run {self.runs}, skew {self.skew_ms} ms, {kept}")
            self.process = process = Process(self.name)
            self.is_away = False
            await asyncio.wait({process.spawn(self._live(process, kill_point), "start")})

    async def _live(self, process: Process, kill_point: KillPoint | None) -> None:
        kept = await self.disk.open()
        self.store = ProcessStore(self.disk, kept, lambda: self.world.later(self.kill()))
        self.store.kill_point = kill_point
        clock = SimClock(self, self.random.randrange(1_000_000_000))
        self.store.on_pruned = lambda gone: self._on_pruned(gone, clock)
        session = Session(
            Setup(
                "orchard",
                self.world.keys,
                self.identity,
                self.store,  # type: ignore[arg-type]
                Adapters(self._make_transport, self._make_signaling),
                clock=clock,
                entropy=Random(f"{self.world.seed} {self.name} {self.runs}").randbytes,
                nickname=self.nick,
                is_on_disk=not self.is_guest,
                erased=await read_erased(kept, self.identity, self.world.keys.room),
            )
        )
        self.screen = screen = Screen(self, session, WINDOW if self.world.seed % WINDOWED == 0 else None)
        process.spawn(screen.follow(), "screen")
        await session.__aenter__()
        self.session = session
        await screen.load()

    async def _make_transport(self) -> Transport:
        self.transport = SimTransport(self.world.net, self.name, self.world.trace, self.random)
        self.transport.repeats = self.world.repeats
        self.world.apply_partition()
        return self.transport

    def _make_signaling(self, session: SessionId) -> Sequence[Signaling]:
        self.signaling = SimSignaling(self.world.hub, self.world.keys.room, session, self.name, self.world.trace)
        self.world.apply_relay(self)
        return [self.signaling]

    async def leave(self) -> None:
        """End the program as a person does."""
        async with self._changing:
            process, session = self.process, self.session
            if process is None:
                return
            self.trace("leaves")
            if session is not None:
                closing = process.spawn(session.close(), "close")
                done, _ = await asyncio.wait({closing}, timeout=CLOSE_S)
                if not done:
                    self.world.fault(f"{self.name} hangs on closing")
            self._note_failures(process)
            end = asyncio.get_running_loop().time() + CLOSE_S  # a slow disk may still be at somebody's last question
            while process.left and asyncio.get_running_loop().time() < end:  # noqa: ASYNC110 - time is virtual
                await asyncio.sleep(1)  # virtual time
            if process.left and not process.is_dead:
                self.world.fault(f"{self.name} left tasks behind: {process.left}")
            await process.kill()
            self._gone(process)

    async def kill(self, power_cut: bool = False) -> None:
        """End the program between two of its steps, or the whole computer."""
        process = self.process
        if process is None or process.is_dead:
            return
        self.trace("loses power" if power_cut else "is killed")
        self.world.cut_at = asyncio.get_running_loop().time()
        signaling = self.signaling
        if self.store is not None:
            self.store.is_dead = True
        self._note_failures(process)
        if self.transport is not None:
            self.world.net.kill(self.transport)
        await process.kill()
        if signaling is not None:
            # The relay notices at once when a program dies, and late when a computer or its network does.
            delay = self.random.choice((0.0, 0.0, 5.0, 40.0)) if not power_cut else 40.0
            asyncio.get_running_loop().call_later(delay, self.world.hub.detach, signaling)
        self._gone(process)
        if power_cut and not self.is_guest:
            await self.disk.restore(self.disk.after_power_cut())
            self.world.check_kept(self, "a power cut")

    async def restore(self, contents: Contents) -> None:
        """Put an old backup of the disk in place; only while the program does not run."""
        self.trace(f"gets a backup of {len(contents.writes)} of {len(self.disk.contents.writes)} writes back")
        await self.disk.restore(contents)
        self.was_restored = True
        self.world.let_go()

    async def erase(self) -> None:
        """Forget the room and all that is in it; only while the program does not run."""
        self.trace(f"erases {len(self.disk.held)} entries")
        held = self.disk.ids
        await self.disk.erase(self.identity)
        self.world.lose(self.id, held)

    def _new_disk(self) -> Disk:
        disk = Disk(self.world.keys.room, self._folder, self.random)
        disk.on_stored = self._on_stored
        return disk

    def _be_somebody(self) -> None:
        """Have an identity that nobody has had."""
        self.identity = identity(1_000 * self.runs + self.number)
        self._signed.clear()

    def _vanish(self) -> None:
        """The program of a guest has ended, and with it all that he had."""
        self.world.ghosts[self.id] = Ghost(self.nick, frozenset(self.disk.ever))
        held = self.disk.ids
        self.disk = self._new_disk()
        self.world.lose(self.id, held)

    def _note_failures(self, process: Process) -> None:
        for trouble in process.troubles:
            self.world.fault(trouble)
        process.troubles.clear()

    def _gone(self, process: Process) -> None:
        if self.process is process:
            self.process = self.session = self.screen = self.transport = self.signaling = self.store = None
            if self.is_guest:
                self._vanish()

    # What it writes ----------------------------------------------------------------------------------------------

    def wrote_before(self, entries: Sequence[Entry]) -> None:
        """These are of before the run."""
        self._signed.update((entry.seq, entry.id) for entry in entries)
        self._written.update((entry.id, entry.seq) for entry in entries)

    def seq_of(self, entry: EntryId) -> int:
        """The number that it gave this entry; 0 when it did not write it."""
        return self._written.get(entry, 0)

    def _on_stored(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            if entry.author == self.id:
                self._written[entry.id] = entry.seq
                before = self._signed.setdefault(entry.seq, entry.id)
                if before != entry.id:
                    self._numbered_twice(entry)
            self.world.entry_stored(self, entry)

    def _on_pruned(self, gone: Sequence[Entry], clock: SimClock) -> None:
        """Entries were let go: no more than the policy says, or the one before it, which may still be under way."""
        self.trace(f"lets {len(gone)} entries go, keeps {len(self.disk.held)}")
        self.world.pruned |= {entry.id for entry in gone}
        policies = [read_retention(text) for text in self.disk.keeps[-2:]]
        newest_gone = max(entry.stamp for entry in gone)
        says = [entry for entry in self.disk.held.values() if index_of(entry.body)[0] == "say"]
        for policy in policies:
            if policy.days is not None and newest_gone < stamp_of(max(0, clock.wall_ms() - policy.days * DAY_MS)):
                return
            if policy.messages is not None and len([e for e in says if e.stamp > newest_gone]) >= policy.messages:
                return
        self.world.fault(f"{self.name} let {len(gone)} entries go that {self.disk.keeps[-1]!r} keeps")

    def _numbered_twice(self, entry: Entry) -> None:
        """Two entries have one number: a fork. Excused by an old backup alone, and only while nobody can tell."""
        if self.disk.held.get((entry.author, entry.seq)) is not None:
            return  # its own first entry came back from a peer: the store keeps the one that is there
        self.trace(f"numbers two entries {entry.seq}")
        knowing = [peer.name for peer in self.world.peers if peer is not self and self._could_know(peer, entry)]
        if knowing or not self.was_restored:
            self.world.fault(f"{self.name} signed two entries numbered {entry.seq}; {knowing} knew the first one")
        self.world.forked[self.id] = min(entry.seq, self.world.forked.get(self.id, entry.seq))

    def _could_know(self, other: Peer, entry: Entry) -> bool:
        theirs = other.disk.held.get((entry.author, entry.seq))
        now = asyncio.get_running_loop().time()
        if theirs is None or theirs.id == entry.id or self.screen is None or other.screen is None:
            return False
        ends = ((self.screen, other.id), (other.screen, self.id))
        is_old = all(now - screen.linked_since.get(peer, now) > KNOWING_S for screen, peer in ends)
        is_fresh = all(now - asked < PATIENCE_S for asked in self._asked)
        knew_before = other.disk.since.get((entry.author, entry.seq), now) < other.screen.linked_since.get(self.id, now)
        net = self.world.net
        is_calm = now - self.world.disturbed_at > CALM_S and net.bandwidth is None and net.delay + net.jitter <= 0.5
        is_quick = max(self.disk.slow_s, other.disk.slow_s) <= 0.01
        has_right_clock = abs(self.skew_ms) < 60_000 and abs(other.skew_ms) < 60_000
        return is_old and is_fresh and knew_before and is_calm and is_quick and has_right_clock

    async def perform(self, command: api.Command) -> None:
        """Give the session a command; note what it says."""
        session = self.live
        if session is None:
            return
        text = command.text if isinstance(command, api.Say) else ""
        asked = asyncio.get_running_loop().time()
        self._asked.append(asked)
        try:
            entry = await session.do(command)
        except api.CommandRefused as refusal:
            self.trace(f"is refused {command}: {refusal}")
            if text:
                self.world.refused.add(text)
            return
        finally:
            self._asked.remove(asked)
        self.trace(f"did {type(command).__name__} {entry.text[:8] if entry else ''} {text[:24]!r}")
        if isinstance(command, api.SetAway):  # once it is done: behind a stuck disk two of them may change places
            self.is_away = command.on
        if entry is not None:
            if entry not in self.disk.ids:
                self.world.fault(f"{self.name} acknowledged {entry!r}, which is not on its disk")
            self.world.acknowledged[entry] = self.name
