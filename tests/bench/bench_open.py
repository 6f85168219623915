"""Opening a room with a long history, beside an empty one: a new process each, in turn. By hand:

    python -m tests.bench.bench_open [rounds]

`session`: from opening the database until the newest 50 messages are at hand; `process`: from the start of the process.
"""

from __future__ import annotations

from p2pchat_tui.store.sqlite import open_store

from .corpus import ROOM
from .driving import Report, Stage, middle, row, run, stage, tails
from .probes import now

SIZES = (0, 10_000, 100_000)
READS = 200


async def opened(on: Stage, count: int) -> Report:
    """One cold process."""
    database = await on.database(count)
    began = now()
    async with on.member(8, database, relay="", watch=True) as member:
        ready = await member.until("ready")
        await member.ask("report", "report")  # the network stack may be loading: its import counts for the loop, too
        report = await member.ask("report", "report")
    return {
        "session": ready["opened"] * 1000,
        "process": (ready["at"] - began) * 1000,
        "block": (report["block_ms"], report["block_cpu_ms"], report["block_what"]),
        "rss": report["rss"],
    }


async def newest(on: Stage, count: int) -> list[float]:
    """Milliseconds of reads of the newest 50 messages."""
    store = await open_store(await on.database(count))
    taken = []
    for _ in range(READS):
        began = now()
        await store.messages(ROOM, 50)
        taken.append((now() - began) * 1000)
    await store.close()
    return taken


async def main(rounds: int) -> None:
    """Print the table."""
    async with stage() as on:
        found: dict[int, list[Report]] = {count: [] for count in SIZES}
        for _ in range(rounds):
            for count in SIZES:
                found[count].append(await opened(on, count))
        empty = found[0]
        row("entries", "session, ms", "ratio to empty", "process, ms", "ratio to empty", "longest block, ms (CPU)",
            "newest 50, p50 / p99 ms")  # fmt: skip
        for count in SIZES:
            these = found[count]
            ratios = {
                key: [one[key] / two[key] for one, two in zip(these, empty, strict=True)]
                for key in ("session", "process")
            }
            row(count, middle([r["session"] for r in these], 1), middle(ratios["session"], 2),
                middle([r["process"] for r in these]), middle(ratios["process"], 2),
                f"{middle([r['block'][0] for r in these])} ({middle([r['block'][1] for r in these])})",
                tails(await newest(on, count), 2) if count else "")  # fmt: skip
            print("  " + max(these, key=lambda r: r["block"][1])["block"][2])


if __name__ == "__main__":
    run(main, 7)
