"""The stretch of messages that is held."""

from __future__ import annotations

from dataclasses import replace

from p2pchat_tui.session.api import Page
from p2pchat_tui.ui.window import WINDOW_KEPT, WINDOW_MAX, MessageWindow
from tests.ui.messages import message, page


def numbers(window: MessageWindow) -> list[int]:
    return [each.order[2] for each in window.messages]


def test_messages_are_sorted_and_come_once() -> None:
    window = MessageWindow()
    window.reset(Page((), False))
    for number in (3, 1, 2, 1, 3):
        assert window.add(message(number), at_end=True)
    assert numbers(window) == [1, 2, 3]


def test_older_pages_go_before() -> None:
    window = MessageWindow()
    window.reset(page(10, 20, more=True))
    assert window.before == message(10).order
    window.add_older(page(5, 10, more=True))
    assert numbers(window) == list(range(5, 20))


def test_what_is_older_than_the_window_waits_in_the_store() -> None:
    window = MessageWindow()
    window.reset(page(10, 20, more=True))
    assert not window.add(message(3), at_end=True)
    assert window.more and numbers(window) == list(range(10, 20))


def test_backfill_below_the_last_page_is_taken_in() -> None:
    window = MessageWindow()
    window.reset(page(10, 20))
    assert window.add(message(3), at_end=True)
    assert numbers(window)[0] == 3


def test_who_follows_loses_the_oldest() -> None:
    window = MessageWindow()
    window.reset(page(0, WINDOW_MAX))
    assert window.add(message(WINDOW_MAX), at_end=True)
    assert len(window.messages) == WINDOW_KEPT
    assert numbers(window)[-1] == WINDOW_MAX
    assert window.more and not window.cut_off


def test_who_reads_far_up_loses_the_newest_and_gets_them_back() -> None:
    window = MessageWindow()
    window.reset(page(1_000, 1_000 + WINDOW_MAX, more=True))
    window.add_older(page(900, 1_000, more=True))
    assert numbers(window)[0] == 900 and len(window.messages) == WINDOW_KEPT
    assert window.cut_off
    assert not window.add(message(9_000), at_end=False)
    window.reset(page(2_000, 2_200, more=True))
    assert not window.cut_off and numbers(window)[-1] == 2_199


def test_changes_replace_what_is_held_and_nothing_else() -> None:
    window = MessageWindow()
    window.reset(page(0, 3))
    assert window.change(replace(message(1), text="new"))
    assert [each.text for each in window.messages] == ["message 0", "new", "message 2"]
    assert not window.change(message(7))


def test_newest() -> None:
    window = MessageWindow()
    window.reset(Page((message(0), replace(message(1), mine=True), replace(message(2), retracted=True)), False))
    assert window.newest() == window.messages[1]
    assert window.newest(mine=False) == window.messages[0]
    assert window.newest(mine=True) == window.messages[1]
    assert window.get(message(0).id) == message(0)
    assert window.get(message(9).id) is None


def test_newer_pages_go_behind_until_there_are_none() -> None:
    window = MessageWindow()
    window.reset(replace(page(100, 200, more=True), newer=True))
    assert window.cut_off and window.after == message(199).order
    window.add_newer(replace(page(200, 300), newer=True))
    assert window.cut_off and numbers(window) == list(range(100, 300))
    assert not window.add(message(500), at_end=False), "between lies what is not held"
    window.add_newer(page(300, 400))
    assert not window.cut_off
    assert window.add(message(500), at_end=False)


def test_newer_pages_push_out_the_oldest() -> None:
    window = MessageWindow()
    window.reset(page(0, WINDOW_MAX))
    window.add_newer(page(WINDOW_MAX, WINDOW_MAX + 100))
    assert len(window.messages) == WINDOW_KEPT and window.more
    assert numbers(window)[-1] == WINDOW_MAX + 99
