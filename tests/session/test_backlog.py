"""The backlog: history waits, and what is said now does not."""

from __future__ import annotations

from p2pchat_tui.session.backlog import BACKLOG_MAX, STEP_ENTRIES, Backlog, merged
from p2pchat_tui.ssc.effects import Commit
from p2pchat_tui.ssc.frames import Batch, Done, Ping
from p2pchat_tui.ssc.runs import run_of
from tests.helpers import chain, identity

ANA, BO = identity(1).peer, identity(2).peer
HISTORY = chain(identity(3), 3 * STEP_ENTRIES)


def page(number: int) -> Batch:
    return Batch(7, (run_of(HISTORY[number * STEP_ENTRIES : (number + 1) * STEP_ENTRIES]),))


def test_only_answers_wait() -> None:
    backlog = Backlog()
    assert not backlog.add(ANA, Batch(0, page(0).runs))
    assert not backlog.add(ANA, Ping(1))
    assert not backlog.add(ANA, Done(7)), "there is nothing that it could overtake"
    assert backlog.add(ANA, page(0))
    assert backlog.add(ANA, Done(7))


def test_history_comes_out_in_small_parts_and_in_order() -> None:
    backlog = Backlog()
    for number in range(3):
        backlog.add(ANA, page(number))
    backlog.add(ANA, Done(7))
    assert list(backlog.some()) == [(ANA, page(0))]
    assert list(backlog.some()) == [(ANA, page(1))]
    assert list(backlog.some()) == [(ANA, page(2))]
    assert list(backlog.some()) == [(ANA, Done(7))]
    assert not backlog


def test_what_a_link_brought_can_be_had_at_once() -> None:
    backlog = Backlog()
    backlog.add(ANA, page(0))
    backlog.add(BO, page(1))
    backlog.add(ANA, Done(7))
    assert backlog.of(ANA) == [page(0), Done(7)]
    assert list(backlog.some()) == [(BO, page(1))]
    assert not backlog


def test_it_is_full_before_it_takes_much_memory() -> None:
    backlog = Backlog()
    size = sum(len(entry.body) for entry in HISTORY[:STEP_ENTRIES])
    for _ in range(BACKLOG_MAX // size):
        backlog.add(ANA, page(0))
    assert not backlog.is_full
    backlog.add(ANA, page(0))
    assert backlog.is_full
    list(backlog.some())
    assert not backlog.is_full


def test_what_was_written_in_one_breath_is_one_commit() -> None:
    one, two, three = HISTORY[:3]
    mine = [Commit((one,), None, True), Commit((two,), None, True)]
    theirs = Commit((three,), ANA, False)
    assert merged([*mine, theirs]) == [Commit((one, two), None, True), theirs]
