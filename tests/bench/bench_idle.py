"""CPU of a member with eight links while nothing happens, beside bare aiortc with as many silent ones. By hand:

    python -m tests.bench.bench_idle [rounds]

Both in turn, each peer in a process of its own (the bare one has all eight links with one other process). A history is
short here, so that no index for search is made meanwhile.
"""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import Any

from .driving import Child, Stage, middle, row, run, stage

HISTORY = 1_000
OTHERS = 8
ME = 8
SETTLE_S = 3.0
"""From the last link's opening on: what was said about that is over then."""
REST_S = 15.0


async def member(on: Stage) -> tuple[float, float]:
    """CPU in percent of one core, and bytes a second by the DataChannels, both ways."""
    async with AsyncExitStack() as stack:
        me = await stack.enter_async_context(on.member(ME, await on.database(HISTORY)))
        for number in range(OTHERS):
            await stack.enter_async_context(on.member(ME + 1 + number, await on.database(HISTORY)))
        await me.until("synced", times=OTHERS)
        await me.ask("rest", "rested", seconds=SETTLE_S)
        before = await me.ask("report", "report")
        await me.ask("rest", "rested", seconds=REST_S)
        after = await me.ask("report", "report")
    taken = after["at"] - before["at"]
    carried = sum(after[way] - before[way] for way in ("sent", "received"))
    return (after["cpu"] - before["cpu"]) / taken * 100, carried / taken


async def bare() -> float:
    """CPU of bare aiortc in percent of one core."""
    settings: dict[str, Any] = {"links": OTHERS, "settle": SETTLE_S, "rest": REST_S}
    child = await Child.start("bare_idle", **settings)
    report = await child.until("report")
    await child.quit()
    return float(report["share"])


async def main(rounds: int) -> None:
    """Print the table."""
    async with stage() as on:
        found = [(*await member(on), await bare()) for _ in range(rounds)]
    shares, carried, silent = zip(*found, strict=True)
    row("CPU while nothing happens, 8 links, %", "bytes a second", "bare aiortc, 8 silent links, %")
    row(middle(shares, 2), middle(carried), middle(silent, 2))


if __name__ == "__main__":
    run(main, 3)
