"""Run many seeds: `python -m tests.sim --seeds 10000 [--start N] [--jobs 2] [--verbose SEED]`."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from itertools import islice

from .run import Report, simulate

TRACE_LINES = 60
"""The last lines of a failing run that are printed; --verbose prints all."""
AHEAD = 8
"""Seeds given to each worker ahead of time: so that an interrupt does not wait long."""


def main() -> int:
    """Exit code 0 when every seed held, 1 otherwise."""
    parser = argparse.ArgumentParser(prog="python -m tests.sim", description=__doc__)
    parser.add_argument("--seeds", type=int, default=100, help="how many seeds")
    parser.add_argument("--start", type=int, default=0, help="the first seed")
    parser.add_argument("--jobs", type=int, default=1, help="processes at once")
    parser.add_argument("--verbose", type=int, metavar="SEED", help="run this one seed and print its whole trace")
    options = parser.parse_args()
    if options.verbose is not None:
        report = simulate(options.verbose)
        print(*report.lines, sep="\n")
        print(report.summary, report.digest)
        print(*report.faults, sep="\n")
        return 1 if report.faults else 0
    failed: list[int] = []
    began = time.monotonic()
    for done, report in enumerate(_reports(range(options.start, options.start + options.seeds), options.jobs), 1):
        if report.faults:
            failed.append(report.seed)
            print(f"\nseed {report.seed} FAILED", *report.lines[-TRACE_LINES:], *report.faults, sep="\n", flush=True)
        if done % 100 == 0:
            print(f"{done} seeds, {len(failed)} failed, {time.monotonic() - began:.0f} s", flush=True)
    print(f"{options.seeds} seeds, {len(failed)} failed{': ' if failed else ''}{' '.join(map(str, sorted(failed)))}")
    return 1 if failed else 0


def _reports(seeds: range, jobs: int) -> Iterator[Report]:
    if jobs <= 1:
        yield from map(simulate, seeds)
        return
    left = iter(seeds)
    with ProcessPoolExecutor(jobs) as pool:
        running = {pool.submit(simulate, seed) for seed in islice(left, jobs * AHEAD)}
        while running:
            future = next(as_completed(running))
            running.remove(future)
            running |= {pool.submit(simulate, seed) for seed in islice(left, 1)}
            yield future.result()


if __name__ == "__main__":
    sys.exit(main())
