"""Two who share a long history meet again after 10 more messages: bytes both ways and time. By hand:

    python -m tests.bench.bench_resync [rounds]

Counted from the opening of the link's channels until the 10 are on disk; the bytes are all that the DataChannels
carried until then: hellos, vectors, presence, requests, entries.
"""

from __future__ import annotations

from .bench_sync import HOST, JOINER
from .driving import Stage, middle, row, run, stage

HISTORY = 100_000
DIFFERENT = 10


async def resync(on: Stage) -> tuple[float, int, int]:
    """Milliseconds, bytes by DataChannels, bytes with the overhead of DTLS and SCTP."""
    less = await on.database(HISTORY, without=DIFFERENT)
    async with (
        on.member(HOST, await on.database(HISTORY)),
        on.member(JOINER, less, expect=DIFFERENT) as joiner,
    ):
        opened = (await joiner.until("open"))["at"]
        stored = await joiner.until("stored")
    return (stored["at"] - opened) * 1000, stored["bytes"], stored["wire"]


async def main(rounds: int) -> None:
    """Print the table."""
    async with stage() as on:
        found = [await resync(on) for _ in range(rounds)]
    row("10 of 100,000 differ", "ms", "bytes", "bytes with overhead")
    row("", *(middle([each[place] for each in found]) for place in range(3)))


if __name__ == "__main__":
    run(main, 5)
