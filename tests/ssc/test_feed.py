"""Feeds: what is taken in, what waits, and what is refused."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from p2pchat_tui.ssc.entry import Entry, sign_entry
from p2pchat_tui.ssc.feed import Feed, Verdict
from p2pchat_tui.ssc.ids import GENESIS, EntryId, Stamp, stamp_ms
from p2pchat_tui.ssc.runs import CHECKPOINT, Run, run_of, runs_of, voucher_of
from p2pchat_tui.ssc.segments import add_entries
from tests.helpers import ROOM, START_MS, chain, identity

AUTHOR = identity(1)
FEED = chain(AUTHOR, 300)


def held(*spans: tuple[int, int]) -> Feed:
    feed = Feed(ROOM, AUTHOR.peer)
    for low, high in spans:
        feed.take(FEED[low - 1 : high])
    return feed


def part(low: int, high: int, *, unsigned: bool = False) -> Run:
    run = run_of(FEED[low - 1 : high])
    return replace(run, signatures={}) if unsigned else run


def test_a_signed_run_is_taken_in_anywhere() -> None:
    for low, high in [(1, 5), (7, 9), (200, 300)]:
        judgement = held().judge(part(low, high), START_MS)
        assert judgement.verdict is Verdict.ACCEPTED
        assert [entry.seq for entry in judgement.entries] == list(range(low, high + 1))


def test_one_signature_vouches_for_all_before_it() -> None:
    run = part(1, 100)
    assert len(run.signatures) == 1
    assert held().judge(run, START_MS).verdict is Verdict.ACCEPTED


def test_checkpoints_carry_their_signature() -> None:
    assert set(part(1, 300).signatures) == {CHECKPOINT, 2 * CHECKPOINT, 300}


def test_an_unsigned_run_needs_the_entry_above_it() -> None:
    assert held().judge(part(1, 5, unsigned=True), START_MS).verdict is Verdict.UNVOUCHED
    assert held((6, 9)).judge(part(1, 5, unsigned=True), START_MS).verdict is Verdict.ACCEPTED
    assert held((7, 9)).judge(part(1, 5, unsigned=True), START_MS).verdict is Verdict.UNVOUCHED


def test_a_run_is_taken_in_up_to_its_last_signature() -> None:
    run = part(1, 200)
    signed = {CHECKPOINT: run.signatures[CHECKPOINT]}
    judgement = held().judge(replace(run, signatures=signed), START_MS)
    assert judgement.entries[-1].seq == CHECKPOINT


def test_what_is_held_is_a_duplicate() -> None:
    assert held((1, 10)).judge(part(3, 5), START_MS).verdict is Verdict.DUPLICATE
    assert [entry.seq for entry in held((1, 3)).judge(part(2, 5), START_MS).entries] == [4, 5]


def test_every_byte_of_a_run_counts() -> None:
    run = part(1, 3)
    mutants = [
        replace(run, author=identity(2).peer),
        replace(run, first=2, prev=FEED[0].id),
        replace(run, prev=EntryId(b"x" * 32)),
        replace(run, items=run.items[:2]),
        replace(run, items=run.items[::-1]),
        replace(run, items=((Stamp(run.items[0][0] + 1), run.items[0][1]), *run.items[1:])),
        replace(run, items=()),
        replace(run, signatures={3: bytes(64)}),
        replace(run, signatures={9: run.signatures[3]}),
    ]
    for place in range(len(run.items[1][1])):
        body = bytearray(run.items[1][1])
        body[place] ^= 1
        mutants.append(replace(run, items=(run.items[0], (run.items[1][0], bytes(body)), run.items[2])))
    for mutant in mutants:
        feed = Feed(ROOM, mutant.author)
        assert feed.judge(mutant, START_MS).verdict in (Verdict.REJECTED, Verdict.UNVOUCHED)


def test_a_feed_begins_at_one_and_only_there() -> None:
    odd = sign_entry(ROOM, AUTHOR, 5, Stamp(9), GENESIS, b"{}")
    assert held().judge(run_of([odd]), START_MS).verdict is Verdict.REJECTED


def test_a_stamp_too_far_ahead_waits() -> None:
    early = stamp_ms(FEED[0].stamp) - 10 * 60_000 - 1
    assert held().judge(part(1, 1), early).verdict is Verdict.WAITING
    assert held().judge(part(1, 1), early + 1).verdict is Verdict.ACCEPTED


def fork_at(seq: int) -> list[Entry]:
    """The feed as it might have gone on from `seq`."""
    prev = FEED[seq - 2].id
    other: list[Entry] = []
    for number in range(seq, seq + 3):
        stamp = Stamp(FEED[number - 1].stamp + 1)
        other.append(sign_entry(ROOM, AUTHOR, number, stamp, prev, b'{"k":"say","text":"elsewhere"}'))
        prev = other[-1].id
    return other


@pytest.mark.parametrize("spans", [[(1, 10)], [(1, 9)], [(11, 20)], [(9, 9)]])
def test_a_fork_shows_at_the_border_of_what_is_held(spans: list[tuple[int, int]]) -> None:
    other = fork_at(9)
    verdicts = {held(*spans).judge(run_of(other[start:]), START_MS).verdict for start in range(3)}
    assert Verdict.FORK in verdicts


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(1, 40), st.integers(1, 15)), max_size=12), st.integers(0, 10_000))
def test_segments_say_what_is_held_whatever_the_order(spans: list[tuple[int, int]], seed: int) -> None:
    pieces = [FEED[low - 1 : low - 1 + length] for low, length in spans]
    random.Random(seed).shuffle(pieces)
    segments = ()
    for piece in pieces:
        segments = add_entries(segments, piece)
    numbers = {entry.seq for piece in pieces for entry in piece}
    assert {number for each in segments for number in range(each.low, each.high + 1)} == numbers
    for each in segments:
        assert each.prev == FEED[each.low - 1].prev
        assert each.last == FEED[each.high - 1].id
        assert each.high_stamp == FEED[each.high - 1].stamp
        assert each.low_stamp == FEED[each.low - 1].stamp
    assert all(one.high + 1 < two.low for one, two in itertools.pairwise(segments))


@pytest.mark.parametrize("after", ["a gap", "another branch", "another number"])
def test_segments_are_joined_by_number_and_hash(after: str) -> None:
    below, following = FEED[:4], FEED[4:6]
    if after == "a gap":
        following = FEED[5:7]
    elif after == "another branch":
        following = [sign_entry(ROOM, AUTHOR, 5, FEED[4].stamp, FEED[0].id, b"{}")]
    else:
        following = [sign_entry(ROOM, AUTHOR, 6, FEED[4].stamp, FEED[3].id, b"{}")]
    pieces = add_entries(add_entries((), below), following)
    assert [(piece.low, piece.high) for piece in pieces] == [(1, 4), (following[0].seq, following[-1].seq)]


def test_what_was_let_go_of_a_lost_branch_is_none_of_what_is_settled() -> None:
    feed = held((20, 30))
    feed.floor = 20
    feed.cut(25, FEED[24].prev)
    assert (feed.floor, feed.settled) == (20, ((1, 24),))
    feed = held((2, 2), (20, 30))
    feed.floor = 20
    feed.cut(15, FEED[14].prev)
    assert (feed.floor, feed.settled) == (14, ((1, 13),)), "the newest entry that stays is never let go"
    feed = held((20, 30))
    feed.floor = 20
    feed.cut(15, FEED[14].prev)
    assert (feed.floor, feed.settled) == (1, ()), "and of nothing, nothing is remembered"


def test_runs_of_anything() -> None:
    other = chain(identity(2), 3)
    runs = runs_of([*FEED[4:7], *other, FEED[9]])
    assert sorted((run.author == AUTHOR.peer, run.first, len(run.items)) for run in runs) == [
        (False, 1, 3),
        (True, 5, 3),
        (True, 10, 1),
    ]
    with pytest.raises(ValueError, match="follow"):
        run_of([FEED[0], FEED[2]])
    with pytest.raises(ValueError, match="at least"):
        run_of([])


def test_the_first_signature_that_follows_vouches() -> None:
    plain = [replace(entry, signature=b"") for entry in FEED[:6]]
    assert voucher_of([*plain[:3], FEED[3], *plain[4:]]) == FEED[3]
    assert voucher_of(FEED[:2]) == FEED[0]
    assert voucher_of(plain) is None
    assert voucher_of([]) is None
    assert voucher_of([plain[0], plain[2], FEED[3]]) is None, "the chain is broken"
    assert voucher_of([plain[0], replace(FEED[1], signature=bytes(64))]) is None, "it is not the author's"
