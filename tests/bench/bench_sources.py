"""A late joiner fetches a room from three members, one of whom is killed half-way: what came more than once. By hand:

    python -m tests.bench.bench_sources [rounds]

`in vain`: entries that came in answer to a request and were there already, or came a second time, of all that came.
"""

from __future__ import annotations

from collections import Counter

from p2pchat_tui.ssc.frames import Batch
from p2pchat_tui.ssc.ids import LinkId, PeerId
from p2pchat_tui.ssc.wire import Decoder

from .driving import Stage, middle, row, run, stage

HISTORY = 20_000
HOSTS = (8, 10, 11)
JOINER = 9


async def fetch(on: Stage) -> tuple[float, float, float]:
    """Share of entries in vain, share of bytes in vain, seconds from the first link to the last entry on disk."""
    own = on.folder / "joiner" / "rooms.db"
    async with (
        on.member(HOSTS[0], await on.database(HISTORY)) as doomed,
        on.member(HOSTS[1], await on.database(HISTORY)) as second,
        on.member(HOSTS[2], await on.database(HISTORY)) as third,
    ):
        for host in (doomed, second, third):
            await host.until("open", times=2)
        async with on.member(JOINER, own, expect=HISTORY, half=HISTORY // 2, frames=True) as joiner:
            await joiner.until("half")
            await doomed.kill()
            stored = await joiner.until("stored")
            opened = await joiner.until("open")
            frames = (await joiner.ask("frames", "frames"))["frames"]
    seen: Counter[tuple[PeerId, int]] = Counter()
    decoders: dict[bytes, Decoder] = {}
    used = wasted = 0.0
    for frame in map(bytes.fromhex, frames):
        link, data = frame[: LinkId.size], frame[LinkId.size :]
        batch = decoders.setdefault(link, Decoder()).decode(data)
        used += len(data)
        if not isinstance(batch, Batch):
            continue
        entries = [(each.author, each.first + place) for each in batch.runs for place in range(len(each.items))]
        wasted += len(data) * sum(entry in seen for entry in entries) / len(entries)
        seen.update(entries)
    total = sum(seen.values())
    return (total - len(seen)) / total * 100, wasted / used * 100, stored["at"] - opened["at"]


async def main(rounds: int) -> None:
    """Print the table."""
    async with stage() as on:
        found = [await fetch(on) for _ in range(rounds)]
    row("three sources, one killed", "entries in vain, %", "bytes in vain, %", "seconds")
    row(f"{HISTORY} entries", *(middle([each[place] for each in found], 2) for place in range(3)))


if __name__ == "__main__":
    run(main, 3)
