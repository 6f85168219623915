"""Live messages between two processes, signed, stored, verified: latency, round trip during a sync, rate. By hand:

    python -m tests.bench.bench_chat [rounds]

Beside bare aiortc: a message of the same size over one DataChannel, neither signed nor stored.
"""

from __future__ import annotations

from .driving import Child, Stage, middle, percentile, row, run, stage, tails

HOST, GUEST = 8, 9
COUNT = 100
RATE = 20
BURST = 4_000
HISTORY = 100_000


async def calm(on: Stage) -> tuple[list[float], float]:
    """One-way times of COUNT messages, RATE a second; and messages a second when BURST go as fast as they can."""
    async with (
        on.member(HOST, on.folder / "calm-host" / "rooms.db") as host,
        on.member(GUEST, on.folder / "calm-guest" / "rooms.db", live=BURST + COUNT) as guest,
    ):
        await guest.until("synced")
        await host.until("synced")
        await host.ask("say", "said", count=COUNT, rate=RATE)
        said = await host.ask("say", "said", count=BURST, window=64)
        heard = await guest.until("heard")
        report = await guest.ask("report", "report")
    return report["one_way"][:COUNT], BURST / (heard["at"] - said["began"])


async def busy(on: Stage) -> list[float]:
    """Round trips of pings, RATE a second, while the guest fetches the whole history."""
    own = on.folder / "busy-guest" / "rooms.db"
    async with (
        on.member(HOST, await on.database(HISTORY)),
        on.member(GUEST, own, recent=1, expect=HISTORY) as guest,
    ):
        await guest.until("recent")
        await guest.ask("say", "said", count=10_000, rate=RATE, word="ping", until_stored=True)
        return list((await guest.ask("report", "report"))["round_trips"])


async def bare() -> list[float]:
    """One-way times over bare aiortc."""
    child = await Child.start("bare", count=COUNT, rate=RATE, size=200)
    report = await child.until("report")
    await child.quit()
    return list(report["one_way"])


async def main(rounds: int) -> None:
    """Print the figures."""
    async with stage() as on:
        ours: list[float] = []
        theirs: list[float] = []
        trips: list[float] = []
        middles, rates = [], []
        for _ in range(rounds):
            one_way, rate = await calm(on)
            ours += one_way
            middles.append(percentile(one_way, 0.5))
            rates.append(rate)
            theirs += await bare()
            trips += await busy(on)
        row("one way at 20/s, p50 / p99 ms", tails(ours, 2), "bare aiortc", tails(theirs, 2))
        row("round trip during a sync, p50 / p99 ms", tails(trips), f"{len(trips)} pings")
        row("live messages a second", middle(rates))
        row("one way, p50 of each round, ms", middle(middles, 2))


if __name__ == "__main__":
    run(main, 3)
