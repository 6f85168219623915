"""Ranges behave as the sets that they stand for."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from p2pchat_tui.ssc import ranges

numbers = st.sets(st.integers(min_value=1, max_value=60), max_size=40)


def as_ranges(values: set[int]) -> ranges.Ranges:
    return ranges.normal((value, value) for value in values)


def as_set(values: ranges.Ranges) -> set[int]:
    return {number for low, high in values for number in range(low, high + 1)}


@given(numbers, numbers)
def test_set_operations(one: set[int], two: set[int]) -> None:
    a, b = as_ranges(one), as_ranges(two)
    assert as_set(a) == one
    assert as_set(ranges.union(a, b)) == one | two
    assert as_set(ranges.difference(a, b)) == one - two
    assert as_set(ranges.intersection(a, b)) == one & two
    assert ranges.size(a) == len(one)
    assert ranges.top(a) == max(one, default=0)
    assert all(ranges.contains(a, number) == (number in one) for number in range(62))


@given(numbers)
def test_the_normal_form_is_the_only_one(values: set[int]) -> None:
    form = as_ranges(values)
    assert ranges.normal(form) == form
    assert all(low <= high for low, high in form)
    assert all(before[1] + 1 < after[0] for before, after in itertools.pairwise(form))


def test_empty_and_reversed_pairs_vanish() -> None:
    assert ranges.normal([(5, 4)]) == ranges.EMPTY
