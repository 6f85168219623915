"""What stands on which line, and what a click there does."""

from __future__ import annotations

from datetime import UTC

from p2pchat_tui.session.api import MessageView
from p2pchat_tui.ui.people import Cast
from p2pchat_tui.ui.widgets.entry_row import FOLD, NOBODY
from p2pchat_tui.ui.widgets.layout import Layout
from p2pchat_tui.ui.widgets.stack import Stack
from tests.ui.messages import ANA, BO, ME, message, reaction

WIDTH = 60


def stack_of(*messages: MessageView, cast: Cast = NOBODY, unfolded: tuple[MessageView, ...] = ()) -> Stack:
    layout = Layout(UTC)
    layout.take(messages, WIDTH, cast=cast, unfolded=[each.id for each in unfolded])
    for index in range(len(messages)):
        layout.block(index)
    stack = Stack(layout)
    stack.frame("", cut_off=False, width=WIDTH, least=0)
    return stack


def mark(about: MessageView) -> str:
    return "✓2" if about.mine else ""


def under(stack: Stack, text: str) -> tuple[MessageView | None, str]:
    """What is where `text` begins."""
    for y in range(stack.height):
        line = stack.line(y)[0].text
        if text in line:
            return stack.under(line.index(text), y, mark)
    raise AssertionError(f"{text} is on no line")


def test_parts_of_a_message_promise_what_a_click_does() -> None:
    text = "see [the map](https://example.org/map)"
    answer = message(
        1, text, BO, reply_to=message(0).id, reply_name="ana", reply_text="where", reactions=(reaction("🎉", BO),)
    )
    stack = stack_of(message(0, "where"), answer)
    assert under(stack, "the map") == (answer, "link:https://example.org/map")
    assert under(stack, "┃ ana") == (answer, "answered")
    assert under(stack, "🎉") == (answer, "reaction:🎉")
    assert under(stack, "see") == (answer, "")
    assert under(stack, "Sunday") == (None, ""), "between messages is none"


def test_the_holders_mark_tells_more_where_there_is_one() -> None:
    mine, other = message(1, "mine", ME), message(0, "other")
    stack = stack_of(other, mine)
    first, last = stack.height - 2, stack.height - 1
    assert stack.under(WIDTH - 4, last, mark) == (mine, "info")
    assert stack.under(WIDTH - 5, last, mark) == (mine, "")
    assert stack.under(WIDTH - 4, first, mark) == (other, ""), "nothing is drawn there"
    assert stack.under(-1, last, mark) == (mine, ""), "the bar before a line belongs to its message"
    assert stack.under(0, last + 1, mark) == stack.under(0, -1, mark) == (None, "")


def test_a_folds_line_is_that_of_the_first_message_behind_it() -> None:
    hidden = message(0, "one"), message(1, "two")
    cast = Cast(hidden=frozenset({ANA}))
    for unfolded in ((), hidden):
        stack = stack_of(*hidden, message(2, "seen", BO), cast=cast, unfolded=unfolded)
        assert under(stack, "2 messages") == (hidden[0], FOLD)
        assert stack.under(-1, 1, mark) == (hidden[0], FOLD), "all of the line"
    assert under(stack, "two") == (hidden[1], "")


def test_a_place_is_found_again_after_messages_came_in_over_it() -> None:
    layout = Layout(UTC)
    stack = Stack(layout)
    messages = tuple(message(number) for number in range(4))
    layout.take(messages[2:], WIDTH)
    anchor = stack.anchor(1)
    assert anchor == (messages[2].id, 0) and stack.place(anchor) == 1, "under the line with the day"
    layout.take(messages, WIDTH)
    assert stack.place(anchor) == 3
    layout.take(messages[:2], WIDTH)
    assert stack.place(anchor) is None
