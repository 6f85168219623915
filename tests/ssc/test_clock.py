"""Laws of the hybrid logical clock."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from p2pchat_tui.ssc.clock import MAX_AHEAD_MS, Clock, Now, is_ahead, next_beat
from p2pchat_tui.ssc.ids import Stamp, stamp_ms, stamp_of

times = st.integers(min_value=-(2**40), max_value=2**47)
steps = st.lists(st.one_of(st.tuples(st.just("tick"), times), st.tuples(st.just("see"), times)), max_size=50)


@given(steps)
def test_ticks_rise_whatever_the_wall_clock_does(history: list[tuple[str, int]]) -> None:
    clock = Clock()
    given_out = seen = -1
    for what, ms in history:
        if what == "see":
            stamp = stamp_of(max(ms, 0), 3)
            clock.observe(stamp)
            seen = max(seen, stamp)
        else:
            stamp = clock.tick(ms)
            assert stamp > given_out
            assert stamp > seen
            given_out = stamp


@given(times)
def test_a_calm_clock_follows_the_wall(ms: int) -> None:
    assert stamp_ms(Clock().tick(ms)) == max(ms, 0)


def test_it_goes_on_from_the_last_stamp() -> None:
    clock = Clock(stamp_of(5_000, 9))
    assert clock.tick(1_000) == stamp_of(5_000, 10)
    assert clock.last == stamp_of(5_000, 10)


def test_a_full_counter_carries_into_the_milliseconds() -> None:
    assert Clock(stamp_of(5, 0xFFFF)).tick(0) == stamp_of(6, 0)


def test_ten_minutes_ahead_is_the_limit() -> None:
    assert not is_ahead(stamp_of(MAX_AHEAD_MS), 0)
    assert is_ahead(stamp_of(MAX_AHEAD_MS + 1), 0)
    assert not is_ahead(Stamp(0), 10**15)


@given(times, st.integers(0, 2**40), st.integers(1, 20_000))
def test_beats_of_right_clocks_are_at_one_time(wall: int, mono: int, every: int) -> None:
    due = next_beat(Now(wall, mono), every)
    assert 0 < due - mono <= every
    assert (wall + due - mono) % every == 0
