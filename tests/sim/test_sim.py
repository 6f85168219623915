"""Whole rooms on virtual time under faults by chance: a few seeds of each kind, and every one that ever failed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from .faults import KEEPING_FROM, NOWHERE_FROM
from .run import Report, simulate

OF_EACH_KIND = 8
"""Seeds, the same on every machine; `python -m tests.sim` tries others."""
FAILED_ONCE = (
    17,
    25,
    30,
    49,
    82,
    86,
    103,
    147,
    149,
    1255,
    2191,
    2226,
    2333,
    3049,
    3222,
    5204,
    10122,
    10780,
    20009,
    20176,
    20796,
    22075,
    23056,
    23297,
    23571,
    40387,
    43012,
    43083,
    43404,
    27319,
    27857,
    30221,
    30306,
)
"""Seeds that found something, in the program or in the simulator; kept so that it never comes back."""
ROOT = Path(__file__).resolve().parent.parent.parent


def assert_held(report: Report) -> None:
    tail = "\n".join([*report.lines[-40:], *report.faults])
    assert not report.faults, f"python -m tests.sim --verbose {report.seed}\n{tail}"


@pytest.mark.slow
@pytest.mark.parametrize("seed", FAILED_ONCE)
def test_a_seed_that_failed_once_holds(seed: int) -> None:
    assert_held(simulate(seed))


@pytest.mark.slow
@pytest.mark.parametrize("kind", [0, KEEPING_FROM, NOWHERE_FROM])
@pytest.mark.parametrize("number", range(OF_EACH_KIND))
def test_a_seed_holds(kind: int, number: int) -> None:
    assert_held(simulate(kind + number))


@pytest.mark.parametrize("seed", [2, 20001, 30000, 30001])
def test_a_seed_is_the_same_run_every_time(seed: int) -> None:
    one, two = simulate(seed), simulate(seed)
    assert one.lines == two.lines
    assert one.digest == two.digest


def test_two_seeds_are_two_runs() -> None:
    assert simulate(0).digest != simulate(1).digest


@pytest.mark.slow
def test_a_seed_is_the_same_run_in_another_process() -> None:
    """Nothing depends on the order of sets, which differs from process to process."""
    digests = set()
    for hash_seed in ("1", "2"):
        code = "from tests.sim.run import simulate; print(simulate(30000).digest)"
        env = {**os.environ, "PYTHONHASHSEED": hash_seed}
        command = [sys.executable, "-c", code]
        digests.add(subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=True).stdout)
    assert len(digests) == 1
