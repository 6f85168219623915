"""How messages become lines."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from p2pchat_tui.session.api import MessageView
from p2pchat_tui.ui.nicks import COLOURS, nick_style
from p2pchat_tui.ui.people import Cast
from p2pchat_tui.ui.widgets.entry_row import NOBODY, Block, rule
from p2pchat_tui.ui.widgets.layout import Layout
from tests.ui.messages import ANA, BO, ME, START_MS, message, reaction


def lines_of(*messages: MessageView, width: int = 60, first_new: object = None) -> list[str]:
    return [
        line.text.rstrip() for block in blocks_of(*messages, width=width, first_new=first_new) for line in block.lines
    ]


def blocks_of(*messages: MessageView, width: int = 60, first_new: object = None, cast: Cast = NOBODY) -> list[Block]:
    layout = Layout(UTC)
    layout.take(messages, width, first_new, cast)  # type: ignore[arg-type]
    return [layout.block(index) for index in range(len(layout))]


def test_one_message_with_its_day() -> None:
    assert lines_of(message(0, "hello")) == [
        "───────────────── Sunday 22 November 2026 ──────────────────"[:60],
        "09:14  ana        hello",
    ]


def test_the_same_minute_and_author_are_one_group() -> None:
    first, second = message(0, "one"), message(1, "two", at_ms=START_MS + 30_000)
    third = message(2, "three", author=BO, at_ms=START_MS + 40_000)
    assert lines_of(first, second, third)[1:] == ["09:14  ana        one", " " * 18 + "two", "09:14  bo         three"]


def test_a_new_day_and_the_new_line() -> None:
    yesterday = message(0, "late", at_ms=START_MS - 86_400_000)
    today = message(1, "early")
    found = lines_of(yesterday, today, first_new=today.order)
    assert "Saturday 21 November" in found[0]
    assert "Sunday 22 November" in found[2]
    assert " new " in found[3]
    assert found[4].endswith("early")


def test_what_is_mine_is_you_and_two_of_one_name_are_told_apart() -> None:
    cast = Cast({ANA: f"ana·{ANA.tag}", BO: f"≠amber-otter·{BO.tag}"})
    blocks = blocks_of(message(0), message(1, author=BO), message(2, author=ME), cast=cast)
    assert [block.row.name for block in blocks] == [f"ana·{ANA.tag}", f"≠amber-otter·{BO.tag}", "you"]
    assert f"  ana·{ANA.tag}   hello" in blocks[0].lines[1].text
    assert f"  ≠amb…·{BO.tag} hello" in blocks[1].lines[0].text, "mark and tag stay, whatever the room"


def test_a_name_has_the_colour_of_its_key_or_the_one_that_was_chosen() -> None:
    styles = {
        span.style
        for block in blocks_of(message(0), message(1, author=BO), cast=Cast(colours={BO: COLOURS["pink"]}))
        for line in block.lines
        for span in line.spans
        if span.style.startswith("nick-")
    }
    assert styles == {nick_style(ANA), "nick-7"}


def test_what_the_ignored_wrote_is_folded_into_one_line_a_day() -> None:
    today = [message(0), message(1, author=BO), message(2, author=BO), message(3)]
    tomorrow = [message(1440, author=BO), message(1441)]
    layout = Layout(UTC)
    cast = Cast({}, frozenset({BO}))
    layout.take([*today, *tomorrow], 60, today[1].order, cast)
    lines = [[line.text.strip() for line in layout.block(index).lines] for index in range(len(layout))]
    assert lines[1] == ["▶ 2 messages hidden (people you ignore)"] and lines[2] == []
    assert "new" in lines[3][0], "what is hidden is not new"
    assert "Monday 23 November" in lines[4][0] and lines[4][1] == "▶ 1 message hidden (people you ignore)"
    assert [layout.is_folded(index) for index in range(6)] == [False, False, True, False, False, False]
    assert layout.height == layout.start(5) + 1 and not any(line.size for line in layout.block(1).lines)
    layout.take([*today, *tomorrow], 60, None, cast, unfolded={today[2].id})
    lines = [[line.text.strip() for line in layout.block(index).lines] for index in range(3)]
    assert lines[1] == ["▶ 1 message hidden (people you ignore)"], "what is open stands apart"
    assert lines[2] == ["▼ 1 message shown (people you ignore)", "09:16  bo         hello"]
    assert layout.head(2) == 1 and layout.folded_with(2) == [today[2].id]
    layout.take([*today, *tomorrow], 60, None, NOBODY)
    assert [layout.block(index).lines[-1].text[-5:] for index in range(6)] == ["hello"] * 6, "back again"


def test_nothing_of_the_ignored_shows_on_what_others_wrote() -> None:
    answer = replace(
        message(0, "yes"), reply_to=message(9).id, reply_name="bo", reply_text="shall we", reply_author=BO,
        reactions=(reaction("👍", ME, BO), reaction("🎉", BO)),
    )  # fmt: skip
    text = "\n".join(line.text for line in blocks_of(answer, cast=Cast({}, frozenset({BO})))[0].lines)
    assert "shall we" not in text and "somebody whom you ignore" in text
    assert "👍 1" in text and "🎉" not in text


def test_replies_edits_reactions_and_what_was_taken_back() -> None:
    answer = replace(
        message(0, "yes"), reply_to=message(9).id, reply_name="bo", reply_text="shall we", edited=True,
        reactions=(reaction("👍", ME, BO), reaction("🎉", BO)),
    )  # fmt: skip
    gone = replace(message(1, ""), retracted=True)
    found = lines_of(answer, gone)[1:]
    assert [line.strip() for line in found] == [
        "09:14  ana        ┃ bo: shall we",
        "yes (edited)",
        "👍 2 you   🎉 1",
        "09:15  ana        message taken back",
    ]


def test_a_reply_to_what_is_not_here_says_so() -> None:
    answer = replace(message(0, "yes"), reply_to=message(9).id)
    assert lines_of(answer)[1].endswith("┃ a message that is not here yet")


def test_actions_name_who_does_it() -> None:
    assert lines_of(message(0, "/me waves"))[1] == "09:14  ✱          ana waves"


def test_narrow_terminals_get_a_line_for_the_name() -> None:
    assert lines_of(message(0, "one two three four"), width=24)[1:] == ["09:14  ana", "  one two three four"]


TEXTS = st.text(max_size=200)


@given(TEXTS, TEXTS, st.integers(10, 200), st.booleans())
def test_no_line_is_wider_than_the_window(text: str, other: str, width: int, edited: bool) -> None:
    strange = replace(
        message(0, text), name=other, reply_to=message(9).id, reply_name=other, reply_text=text, edited=edited,
        reactions=(reaction(other[:30] or "x", BO),),
    )  # fmt: skip
    for block in blocks_of(strange, width=width, first_new=strange.order):
        for line in block.lines:
            assert cell_len(line.text) <= max(width, 18)
            assert not any(ord(char) < 32 or 0x7F <= ord(char) < 0xA0 for char in line.text)


@pytest.mark.parametrize("width", [10, 33, 80, 200])
def test_rules_fill_the_width(width: int) -> None:
    assert cell_len(rule("Sunday 22 November 2026", width, "day").text) == width
