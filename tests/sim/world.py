"""The simulated world: peers, the network and the relay between them, and the ledger of what must never be lost."""

from __future__ import annotations

import asyncio
from collections.abc import Container, Coroutine, Sequence
from contextvars import copy_context
from pathlib import Path
from random import Random
from typing import Any

from p2pchat_tui.signaling.memory import MemoryHub
from p2pchat_tui.ssc.entry import Entry
from p2pchat_tui.ssc.ids import EntryId, PeerId
from p2pchat_tui.ssc.room import room_keys
from p2pchat_tui.transport.memory import MemoryNet
from tests.helpers import chain

from .disks import Contents, Written
from .peer import Ghost, Peer
from .trace import Trace

SECRET = b"a simulated room"


class World:
    """Everything of one run. To be made inside a running loop."""

    def __init__(
        self, seed: int, count: int, folders: Sequence[Path | None], trace: Trace, guests: Container[int] = ()
    ) -> None:
        """`guests`: the numbers of those who keep nothing."""
        self.seed = seed
        self.trace = trace
        self.random = Random(f"{seed} world")
        self.net = MemoryNet(Random(f"{seed} net"), delay=0.01)
        self.hub = MemoryHub(Random(f"{seed} hub"))
        self.keys = room_keys(SECRET)
        self.wall_shift_ms = 0
        """How far all clocks have jumped together, as after a night of sleep."""
        self.repeats = 0.0
        self.cut_at = -1_000.0
        """When a link was last cut, or somebody killed: until it is noticed, things only look settled."""
        self.disturbed_at = 0.0
        """When the network was last made worse, or better."""
        self.groups: list[list[Peer]] = []
        """Who still reaches whom; empty: everybody everybody."""
        self.without_relay: set[Peer] = set()
        self.acknowledged: dict[EntryId, str] = {}
        """What must not be lost, and who was told that it is stored."""
        self.refused: set[str] = set()
        """Texts of which somebody was told that they were not written."""
        self.forked: dict[PeerId, int] = {}
        """Identities that numbered two entries alike, with a good excuse, and the first such number."""
        self.pruned: set[EntryId] = set()
        """Entries that somebody has let go of."""
        self.entries: dict[EntryId, Entry] = {}
        """Every one that was ever on a disk."""
        self.ghosts: dict[PeerId, Ghost] = {}
        """Those who kept nothing, and are gone for good."""
        self.lossy: set[PeerId] = set()
        """Authors of whom entries were lost with somebody who kept nothing, or erased what there was."""
        self.faults: list[str] = []
        """Every rule that was broken."""
        self._written: set[EntryId] = set()
        self._work: set[asyncio.Task[Any]] = set()
        self._context = copy_context()
        self.peers = [
            Peer(self, number, folders[number - 1], is_guest=number in guests) for number in range(1, count + 1)
        ]

    def fault(self, text: str) -> None:
        """A rule was broken."""
        self.trace.note(f"FAULT: {text}")
        self.faults.append(text)

    def name_of(self, peer: PeerId) -> str:
        """What the trace calls `peer`."""
        if peer in self.ghosts:
            return self.ghosts[peer].name
        return next((each.name for each in self.peers if each.id == peer), "a stranger")

    def later(self, work: Coroutine[Any, Any, Any]) -> None:
        """Do `work` as nobody's process, beside everything else."""
        task = asyncio.get_running_loop().create_task(work, context=self._context)
        self._work.add(task)

    async def finish_work(self) -> None:
        """Wait for everything that was begun by `later`."""
        while self._work:
            done, _ = await asyncio.wait(set(self._work))
            self._work -= done
            for task in done:
                if not task.cancelled() and (error := task.exception()):
                    raise error

    # Network -----------------------------------------------------------------------------------------------------

    def apply_partition(self) -> None:
        """Bring the network in line with `groups`, also for transports that are new."""
        if self.groups:
            self.net.partition(*([peer.transport for peer in group if peer.transport] for group in self.groups))
        else:
            self.net.heal()

    def apply_relay(self, peer: Peer) -> None:
        """Bring the relay in line with `without_relay`."""
        if peer.signaling is None:
            return
        if peer in self.without_relay:
            self.hub.cut([peer.signaling.session])
        else:
            self.hub.heal([peer.signaling.session])

    # Ledger ------------------------------------------------------------------------------------------------------

    def preload(self, peer: Peer, others: Sequence[Peer], count: int) -> None:
        """Let `peer` have written `count` messages before the run, which all of `others` have too."""
        entries = chain(peer.identity, count, self.keys.room)
        peer.wrote_before(entries)
        for entry in entries:
            self._written.add(entry.id)
            self.entries[entry.id] = entry
            self.acknowledged[entry.id] = peer.name
        step = 100  # as if it had been synced in pages
        for each in (peer, *others):
            each.disk.note(entries)
            each.disk.contents = Contents(
                [*each.disk.contents.writes]
                + [Written(tuple(entries[at : at + step]), True) for at in range(0, count, step)]
            )

    def entry_stored(self, holder: Peer, entry: Entry) -> None:
        """`holder` has put `entry` on its disk."""
        self.entries[entry.id] = entry
        if entry.author == holder.id:
            self._written.add(entry.id)
        elif entry.id not in self._written:
            self.fault(f"{holder.name} got {entry.id!r} before its author had it on disk")

    def on_disks(self) -> set[EntryId]:
        """Ids of every entry that is anywhere."""
        return set().union(*(peer.disk.ids for peer in self.peers))

    def check_kept(self, peer: Peer, cause: str) -> None:
        """Nothing acknowledged may have been lost by `cause`, but what its author had let go of himself."""
        for entry in self.acknowledged.keys() - self.on_disks():
            if self.entries[entry].author in self.lossy:
                del self.acknowledged[entry]
        lost = [entry for entry in self.acknowledged.keys() - self.on_disks() if not self.is_excused(entry)]
        if lost:
            self.fault(f"{peer.name} lost {len(lost)} acknowledged entries by {cause}")

    def is_excused(self, entry: EntryId) -> bool:
        """Whether it is cut off with the rest of a forked feed, or was let go before anybody else had it."""
        if any(peer.seq_of(entry) >= self.forked[peer.id] for peer in self.peers if peer.id in self.forked):
            return True
        return entry in self.pruned and entry not in self.on_disks()

    def let_go(self) -> None:
        """A backup was put back: what was on that disk alone is lost, and nobody can be blamed."""
        for entry in self.acknowledged.keys() - self.on_disks():
            del self.acknowledged[entry]

    def lose(self, author: PeerId, held: set[EntryId]) -> None:
        """`author` has nothing any more of what he `held`: what nobody else has is lost, and only that."""
        gone = held - self.on_disks()
        self.lossy |= {author, *(self.entries[entry].author for entry in gone)}
        for entry in gone:
            self.acknowledged.pop(entry, None)
