"""Full collections wait until the person rests."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from p2pchat_tui.ui.garbage import DUE, OVERDUE, REST_S, Sweeper


class Person:
    """Somebody who has not touched anything for so many seconds."""

    idle = 0.0


@pytest.fixture
def full() -> Iterator[list[int]]:
    """The generations that were collected, but for the young."""
    seen: list[int] = []

    def note(phase: str, info: dict[str, int]) -> None:
        if phase == "start" and info["generation"] == 2:
            seen.append(2)

    gc.collect()
    gc.callbacks.append(note)
    yield seen
    gc.callbacks.remove(note)


def test_a_full_collection_waits_for_a_rest(full: list[int]) -> None:
    before = gc.get_threshold()
    person = Person()
    sweeper = Sweeper(lambda: person.idle)
    sweeper.start()
    try:
        # What Python itself would take for reason enough.
        kept = [[number] for number in range(3 * DUE * before[0] * before[1])]
        assert gc.get_count()[2] >= DUE and not full
        sweeper.look()
        assert not full, "somebody is typing"
        person.idle = REST_S
        sweeper.look()
        assert full == [2]
        sweeper.look()
        assert full == [2], "there is nothing to be collected again"
        del kept
    finally:
        sweeper.stop()
    assert gc.get_threshold() == before


def test_memory_is_bounded_when_nobody_ever_rests(full: list[int]) -> None:
    sweeper = Sweeper(lambda: 0.0)
    sweeper.start()
    try:
        for _ in range(OVERDUE + 1):
            gc.collect(1)
        kept = []
        while not full and len(kept) < 2_000_000:
            kept.append([])
        assert full
    finally:
        sweeper.stop()
