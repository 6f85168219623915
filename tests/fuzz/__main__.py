"""Feed garbage: `python -m tests.fuzz --inputs 1000000 [--seed N] [--target NAME [--episode N]]`."""

from __future__ import annotations

import argparse
import sys
import time
from random import SystemRandom

from .fuzz import TARGETS, Found, Memory, Target, run_episode
from .meter import Meter


def main() -> int:
    """Exit code 0 when nothing was found, 1 otherwise."""
    names = {target.name: target for target in TARGETS}
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=100_000, help="how many inputs, all targets together")
    parser.add_argument("--seed", type=int, default=None, help="by default a new one, which is printed")
    parser.add_argument("--target", choices=sorted(names), help="feed this one alone")
    parser.add_argument("--episode", type=int, help="with --target: run this one episode")
    options = parser.parse_args()
    seed = SystemRandom().randrange(2**32) if options.seed is None else options.seed
    print(f"seed {seed}", flush=True)
    if options.target and options.episode is not None:
        print(run_episode(names[options.target], seed, options.episode).outcomes)
        return 0
    targets = [names[options.target]] if options.target else list(TARGETS)
    shares = sum(target.share for target in targets)
    memory = Memory()
    found = [_feed(target, seed, options.inputs * target.share // shares, memory) for target in targets]
    return 1 if any(found) else 0


def _feed(target: Target, seed: int, inputs: int, memory: Memory) -> int:
    """Feed one target; how many episodes found something."""
    began, meter, number, found = time.monotonic(), Meter(), 0, 0
    while meter.inputs < inputs:
        try:
            meter.add(run_episode(target, seed, number))
            memory.check()
        except Found as error:
            found += 1
            print(f"FOUND {error}", flush=True)
            if found > 20:
                break
        number += 1
    outcomes = ", ".join(f"{count} {what}" for what, count in meter.outcomes.most_common())
    print(
        f"{target.name}: {meter.inputs} inputs in {time.monotonic() - began:.0f} s, slowest {meter.slowest_s:.3f} s, "
        f"grown by {memory.grown_mb:.0f} MB, {found} found: {outcomes}",
        flush=True,
    )
    return found


if __name__ == "__main__":
    sys.exit(main())
