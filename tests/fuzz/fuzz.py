"""Runs targets: each episode of each is made from a seed and a number, and can be run again alone."""

from __future__ import annotations

import resource
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from .hostile import hostile_member
from .live import spoilt_links
from .meter import MEMORY_MAX_MB, SLOW_S, Meter
from .parsers import bodies, from_clients, from_relays, hellos, invites, proofs, signals, wire_decoder

Episode = Callable[[Random, Meter], None]


@dataclass(frozen=True, slots=True)
class Target:
    """Something that takes in what others sent."""

    episode: Episode
    share: int
    """Of 1,000 inputs, how many it gets by hand: the slow ones get fewer."""
    episodes: int
    """How many it is fed in the suite, on every machine: what is found there is found here."""

    @property
    def name(self) -> str:
        """What it is called on the command line."""
        return self.episode.__name__


TARGETS = tuple(
    Target(*each)
    for each in (
        (wire_decoder, 400, 180),
        (proofs, 60, 70),
        (bodies, 120, 280),
        (signals, 60, 80),
        (hellos, 60, 170),
        (invites, 100, 400),
        (from_clients, 60, 380),
        (from_relays, 60, 360),
        (hostile_member, 70, 60),
        (spoilt_links, 10, 10),
    )
)


class Found(AssertionError):
    """Something that no input may do. The text says how to see it again."""


def run_episode(target: Target, seed: int, number: int) -> Meter:
    """One episode; what it took. Raises Found."""
    meter = _run(target, seed, number)
    if meter.slowest_s > SLOW_S:  # a busy machine is slow once, a bad input always
        slowest = min(meter.slowest_s, _run(target, seed, number).slowest_s, _run(target, seed, number).slowest_s)
        if slowest > SLOW_S:
            raise Found(f"{slowest:.1f} s for one input: {_again(target, seed, number)}")
    return meter


def _run(target: Target, seed: int, number: int) -> Meter:
    meter = Meter()
    try:
        target.episode(Random(f"{target.name} {seed} {number}"), meter)
    except Exception as error:
        raise Found(f"after {meter.inputs} inputs {error!r}: {_again(target, seed, number)}") from error
    return meter


def _again(target: Target, seed: int, number: int) -> str:
    return f"python -m tests.fuzz --target {target.name} --seed {seed} --episode {number}"


class Memory:
    """Whether the process grows."""

    def __init__(self) -> None:
        self._before = self.peak_mb

    @property
    def peak_mb(self) -> float:
        """The most that this process ever had in memory."""
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    @property
    def grown_mb(self) -> float:
        """By how much it has grown."""
        return self.peak_mb - self._before

    def check(self) -> None:
        """Raises Found when it grew too much."""
        if self.grown_mb > MEMORY_MAX_MB:
            raise Found(f"the process has grown by {self.grown_mb:.0f} MB")
