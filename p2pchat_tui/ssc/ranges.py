"""Sets of positive integers kept as sorted, disjoint, non-touching closed ranges."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator

Ranges = tuple[tuple[int, int], ...]

EMPTY: Ranges = ()
_BEYOND = float("inf")


def normal(pairs: Iterable[tuple[int, int]]) -> Ranges:
    """The same set in its one normal form."""
    out: list[tuple[int, int]] = []
    for low, high in sorted(pairs):
        if low > high:
            continue
        if out and low <= out[-1][1] + 1:
            out[-1] = (out[-1][0], max(out[-1][1], high))
        else:
            out.append((low, high))
    return tuple(out)


def union(one: Ranges, two: Ranges) -> Ranges:
    """What is in either."""
    if not one or not two:
        return one or two
    return normal((*one, *two))


def difference(one: Ranges, two: Ranges) -> Ranges:
    """What is in `one` and not in `two`."""
    if not two:
        return one
    out: list[tuple[int, int]] = []
    index = 0
    for low, high in one:
        while index < len(two) and two[index][1] < low:
            index += 1
        probe = index
        while probe < len(two) and two[probe][0] <= high:
            if two[probe][0] > low:
                out.append((low, two[probe][0] - 1))
            low = two[probe][1] + 1
            probe += 1
        if low <= high:
            out.append((low, high))
    return tuple(out)


def intersection(one: Ranges, two: Ranges) -> Ranges:
    """What is in both."""
    return difference(one, difference(one, two))


def below(ranges: Ranges, number: int) -> Ranges:
    """What is less than `number`."""
    return intersection(ranges, ((1, number - 1),)) if number > 1 else EMPTY


def contains(ranges: Ranges, number: int) -> bool:
    """Whether `number` is in the set."""
    return covers(ranges, number, number)


def covers(ranges: Ranges, low: int, high: int) -> bool:
    """Whether the whole of [low, high] is in the set."""
    place = bisect_right(ranges, (low, _BEYOND))
    return place > 0 and high <= ranges[place - 1][1]


def size(ranges: Ranges) -> int:
    """How many numbers are in the set."""
    return sum(high - low + 1 for low, high in ranges)


def numbers(ranges: Ranges) -> Iterator[int]:
    """The numbers in the set, rising."""
    for low, high in ranges:
        yield from range(low, high + 1)


def top(ranges: Ranges) -> int:
    """The largest number in the set, 0 when it is empty."""
    return ranges[-1][1] if ranges else 0
