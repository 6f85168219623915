"""Entries into a replica and into a store, in one process: what core and disk take without a network. By hand:

    python -m tests.bench.bench_apply [rounds]

`replica`: runs of 128, hashed and verified at checkpoints, committed to nothing; `store`: the same pages put in the
database; `plain SQLite`: as many rows of the same size with three indexes, in transactions of 1,000.
"""

from __future__ import annotations

import shutil
import sqlite3
import time
from itertools import groupby
from pathlib import Path

from p2pchat_tui.ssc.clock import Now
from p2pchat_tui.ssc.effects import Commit
from p2pchat_tui.ssc.entry import Entry
from p2pchat_tui.ssc.frames import Batch
from p2pchat_tui.ssc.ids import SessionId
from p2pchat_tui.ssc.replica import Replica
from p2pchat_tui.ssc.runs import CHECKPOINT, run_of
from p2pchat_tui.store.sqlite import open_store

from .corpus import END_MS, ROOM, identity
from .driving import Stage, middle, row, run, stage
from .probes import now
from .tcp import INDEXES, TABLE

SIZES = (10_000, 100_000)


def pages(history: list[Entry]) -> list[list[Entry]]:
    """`history` feed by feed, in pages as they travel: from one checkpoint to the next, the newest first."""
    by_feed = sorted(history, key=lambda entry: (entry.author, entry.seq))
    found = [list(page) for _, page in groupby(by_feed, lambda each: (each.author, (each.seq - 1) // CHECKPOINT))]
    return sorted(found, key=lambda page: page[-1].order, reverse=True)


def replica(history: list[Entry]) -> float:
    """Seconds until a new replica holds all of it."""
    batches = [Batch(1, (run_of(page),)) for page in pages(history)]
    mine, source = identity(9), identity(8).peer
    machine = Replica(ROOM, mine, SessionId(bytes(16)), "bench")
    machine.link_up(source, SessionId(bytes(16)), Now(END_MS, 0))
    began = now()
    for batch in batches:
        machine.receive(source, batch, Now(END_MS, 0))
        while effect := machine.take():
            if isinstance(effect, Commit):
                machine.committed(effect, Now(END_MS, 0))
    taken = now() - began
    assert sum(feed.head.high for feed in machine.feeds.values() if feed.head) == len(history)
    return taken


async def store(history: list[Entry], path: Path) -> tuple[float, float]:
    """Seconds until a new database holds all of it, and CPU seconds of those."""
    bulk = pages(history)
    opened = await open_store(path)
    began, cpu = now(), time.process_time()
    for start in range(0, len(bulk), 4):
        await opened.append(ROOM, [entry for page in bulk[start : start + 4] for entry in page], durable=False)
    taken, cpu = now() - began, time.process_time() - cpu
    await opened.close()
    shutil.rmtree(path.parent)
    return taken, cpu


def plain(history: list[Entry], path: Path) -> tuple[float, float]:
    """Seconds until a plain table holds as many rows, and CPU seconds of those."""
    path.parent.mkdir()
    db = sqlite3.connect(path, isolation_level=None)
    for statement in ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = NORMAL", TABLE):
        db.execute(statement)
    for index in INDEXES:
        db.execute(f"CREATE {index}")
    rows = [(e.author[0], e.seq, e.stamp - (1 << 63), e.prev, e.body, e.signature, e.id) for e in history]
    began, cpu = now(), time.process_time()
    for start in range(0, len(rows), 1_000):
        db.execute("BEGIN")
        db.executemany("INSERT INTO entry VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)", rows[start : start + 1_000])
        db.execute("COMMIT")
    taken, cpu = now() - began, time.process_time() - cpu
    db.close()
    shutil.rmtree(path.parent)
    return taken, cpu


async def one_round(on: Stage, count: int) -> tuple[float, ...]:
    """Seconds of each of the three, and CPU seconds of the latter two."""
    history = await on.history(count)
    path = on.folder / "apply" / "rooms.db"
    core, (disk, disk_cpu), (table, table_cpu) = replica(history), await store(history, path), plain(history, path)
    return core, disk, disk_cpu, table, table_cpu


async def main(rounds: int) -> None:
    """Print the table."""
    async with stage() as on:
        row("entries", "replica, s", "a second", "store, s", "a second", "CPU us an entry", "plain SQLite, s",
            "CPU us an entry", "store / plain")  # fmt: skip
        for count in SIZES:
            found = [await one_round(on, count) for _ in range(rounds)]
            core, disk, disk_cpu, table, table_cpu = (list(column) for column in zip(*found, strict=True))
            row(count, middle(core, 2), middle([count / s for s in core]), middle(disk, 2),
                middle([count / s for s in disk]), middle([s / count * 1e6 for s in disk_cpu], 1), middle(table, 2),
                middle([s / count * 1e6 for s in table_cpu], 1),
                middle([one / two for one, two in zip(disk, table, strict=True)], 1))  # fmt: skip


if __name__ == "__main__":
    run(main, 5)
