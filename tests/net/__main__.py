"""Try the matrix by hand: `python -m tests.net [CASE ...] [--tries N]`; without a CASE all of them."""

from __future__ import annotations

import argparse
import asyncio
import sys
from statistics import median

from .cases import CASES, Case
from .namespaces import Lab, missing
from .stage import Stage
from .stories import Outcome


def main() -> int:
    """The exit code: 1 when a case did not end as it must."""
    parser = argparse.ArgumentParser(prog="python -m tests.net", description=__doc__)
    parser.add_argument("case", nargs="*", metavar="CASE", help=f"one of {', '.join(each.name for each in CASES)}")
    parser.add_argument("--tries", type=int, default=10)
    options = parser.parse_args()
    if reason := missing():
        print(f"There can be no laboratory: {reason}.", file=sys.stderr)
        return 1
    known = {each.name: each for each in CASES}
    if unknown := [name for name in options.case if name not in known]:
        parser.error(f"there is no case {unknown[0]}")
    wrong = 0
    for case in [known[name] for name in options.case] or CASES:
        wrong += not _report(case, try_case(case, options.tries))
    return min(wrong, 1)


def try_case(case: Case, tries: int) -> list[Outcome | Exception]:
    """Build it once, then play it so often. The process must be root's; see `missing`."""
    with Lab() as lab:
        stage = case.build(lab, lab.folder())
        stage.furnish()
        return asyncio.run(_play(case, stage, tries))


async def _play(case: Case, stage: Stage, tries: int) -> list[Outcome | Exception]:
    results: list[Outcome | Exception] = []
    for number in range(tries):
        try:
            results.append(await case.story(stage, number))
        except (AssertionError, TimeoutError) as error:
            results.append(error)
    return results


def _report(case: Case, results: list[Outcome | Exception]) -> bool:
    """Print a row of the README's table; whether all is as it must be."""
    outcomes = [each for each in results if isinstance(each, Outcome)]
    paths = sorted({each.path for each in outcomes})
    times = sorted(each.seconds for each in outcomes)
    p50, p95 = (f"{median(times):.2f}", f"{times[round(0.95 * (len(times) - 1))]:.2f}") if times else ("–", "–")
    note = outcomes[-1].note if outcomes else ""
    counted = ", ".join(f"{path or '–'} {sum(each.path == path for each in outcomes)}" for path in paths)
    print(f"| {case.name} | {len(outcomes)}/{len(results)} | {counted} | {p50} | {p95} | {note} |", flush=True)
    for each in results:
        if isinstance(each, Exception):
            print(f"  {str(each)[:2000]}", file=sys.stderr)
    return len(outcomes) == len(results) and set(paths) <= set(case.path.split("|"))


if __name__ == "__main__":
    sys.exit(main())
