"""A late joiner fetches a whole room from one member, by DataChannels; beside TCP from SQLite to SQLite. By hand:

    python -m tests.bench.bench_sync [rounds]

Counted from the moment at which the link's channels are open: until the newest 200 entries are shown, until all entries
are on disk; bytes that the DataChannels carried both ways, for each entry.
"""

from __future__ import annotations

import json
import statistics
import zlib
from typing import Any

from p2pchat_tui.ssc.body import Say, decode_body
from p2pchat_tui.ssc.entry import Entry
from p2pchat_tui.ssc.ids import PeerId, stamp_ms

from .driving import Child, Report, Stage, middle, row, run, stage

SIZES = (1_000, 10_000, 100_000)
HOST, JOINER = 8, 9
CRDT_ENTRIES = 10_000
"""A document with eight writers takes minutes for more; its bytes for each entry hardly change."""


async def sync(on: Stage, count: int) -> Report:
    """One sync of the history of `count` entries."""
    recent = sum(isinstance(decode_body(entry.body), Say) for entry in (await on.history(count))[-200:])
    own = on.folder / f"joiner-{count}" / "rooms.db"
    async with (
        on.member(HOST, await on.database(count), watch=True) as host,
        on.member(JOINER, own, watch=True, recent=recent, expect=count) as joiner,
    ):
        opened = (await joiner.until("open"))["at"]
        readable = (await joiner.until("recent"))["at"]
        stored = await joiner.until("stored")
        ours = await joiner.ask("report", "report")
        theirs = await host.ask("report", "report")
    return {
        "recent_ms": (readable - opened) * 1000,
        "all_s": stored["at"] - opened,
        "bytes": (ours["sent"] + ours["received"]) / count,
        "wire": ours["wire"] / count,
        "block": (ours["block_ms"], ours["block_cpu_ms"], ours["block_what"]),
        "host_block": (theirs["block_ms"], theirs["block_cpu_ms"], theirs["block_what"]),
        "cpu": stored["cpu"] - (await joiner.until("open"))["cpu"],
        "commits": stored["commits"],
    }


async def tcp(on: Stage, count: int) -> float:
    """Seconds that TCP takes for the same."""
    server = await Child.start("tcp", do="serve", database=str(await on.database(count)))
    port = (await server.until("ready"))["port"]
    client = await Child.start("tcp", do="fetch", database=str(on.folder / "tcp" / "copy.db"), port=port)
    stored = await client.until("stored")
    await client.quit()
    await server.quit()
    for path in (on.folder / "tcp").iterdir():
        path.unlink()
    return float(stored["at"] - stored["began"])


def crdt(history: list[Entry]) -> float | None:
    """Bytes for each entry of a pycrdt document with the same bodies, deflated; None when it is not installed.

    Each author writes in a document of its own that knows all that was before; a value says who and when. Unsigned.
    """
    try:
        from pycrdt import Array, Doc
    except ImportError:
        return None
    docs: dict[PeerId, Doc[Any]] = {}
    last: Doc[Any] | None = None
    for entry in history:
        doc = docs.setdefault(entry.author, Doc())
        if last is not None and last is not doc:
            doc.apply_update(last.get_update(doc.get_state()))
        said = {"by": list(docs).index(entry.author), "at": stamp_ms(entry.stamp)}
        doc.get("log", type=Array).append(json.dumps(said, separators=(",", ":"))[:-1] + "," + entry.body.decode()[1:])
        last = doc
    return len(zlib.compress(last.get_update(), 6)) / len(history) if last else None


async def main(rounds: int) -> None:
    """Print the table."""
    async with stage() as on:
        row("entries", "newest 200, ms", "all, s", "TCP, s", "ratio", "B/entry", "with overhead", "pycrdt B/entry",
            "longest block, ms (CPU): joiner", "host", "joiner's CPU, s")  # fmt: skip
        for count in SIZES:
            ours, theirs = [], []
            for _ in range(rounds):
                ours.append(await sync(on, count))
                theirs.append(await tcp(on, count))
            other = crdt((await on.history(count))[:CRDT_ENTRIES])
            ratios = [one["all_s"] / two for one, two in zip(ours, theirs, strict=True)]
            blocks = [
                f"{statistics.median(r[key][0] for r in ours):.0f} ({statistics.median(r[key][1] for r in ours):.0f})"
                for key in ("block", "host_block")
            ]
            row(count, middle([r["recent_ms"] for r in ours]), middle([r["all_s"] for r in ours], 2),
                middle(theirs, 2), middle(ratios, 1), middle([r["bytes"] for r in ours], 1),
                middle([r["wire"] for r in ours], 1), f"{other:.1f}" if other else "not installed", *blocks,
                middle([r["cpu"] for r in ours], 2))  # fmt: skip
            worst = max(ours, key=lambda r: r["block"][1])
            print(f"  longest at the joiner: {worst['block'][2]}")
            worst = max(ours, key=lambda r: r["host_block"][1])
            print(f"  longest at the host: {worst['host_block'][2]}")


if __name__ == "__main__":
    run(main, 5)
