"""Resident memory of a session with long history and eight links, beside an empty room and bare aiortc. By hand:

    python -m tests.bench.bench_memory [rounds]

Each in a process of its own, the network stack loaded. No screen: the app's own share is in `bench_paint`.
"""

from __future__ import annotations

from contextlib import AsyncExitStack

from .driving import Child, Stage, middle, row, run, stage

HISTORY = 100_000
OTHERS = 8
ME = 8


async def alone(on: Stage) -> float:
    """MB of a session in an empty room."""
    async with on.member(ME, on.folder / "alone" / "rooms.db") as member:
        await member.until("transport")
        return float((await member.ask("report", "report"))["rss"])


async def among_many(on: Stage, history: int) -> float:
    """MB of a session with links to OTHERS, everybody in sync."""
    async with AsyncExitStack() as stack:
        me = await stack.enter_async_context(on.member(ME, await on.database(history)))
        for number in range(OTHERS):
            database = await on.database(history)
            await stack.enter_async_context(on.member(ME + 1 + number, database))
        await me.until("synced", times=OTHERS)
        return float((await me.ask("report", "report"))["rss"])


async def bare() -> float:
    """MB of bare aiortc with one link."""
    child = await Child.start("bare", count=20, rate=20, size=200)
    report = await child.until("report")
    await child.quit()
    return float(report["rss"])


async def main(rounds: int) -> None:
    """Print the table."""
    async with stage() as on:
        empty, few, many, theirs = [], [], [], []
        for _ in range(rounds):
            theirs.append(await bare())
            empty.append(await alone(on))
            few.append(await among_many(on, 1_000))
            many.append(await among_many(on, HISTORY))
    row("bare aiortc, 1 link", "empty room", "1,000 entries, 8 links", "100,000 entries, 8 links")
    row(middle(theirs, 1), middle(empty, 1), middle(few, 1), middle(many, 1))


if __name__ == "__main__":
    run(main, 3)
