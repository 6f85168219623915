"""How much is kept: the texts that say so, and where the cut lies."""

from __future__ import annotations

import pytest

from p2pchat_tui.ssc.ids import Stamp, stamp_of
from p2pchat_tui.ssc.retention import DAY_MS, DAYS_MAX, MESSAGES_MAX, Retention, RetentionError, read_retention


@pytest.mark.parametrize(
    ("text", "retention"),
    [
        ("all", Retention()),
        (" Everything ", Retention()),
        ("30d", Retention(days=30)),
        ("1 day", Retention(days=1)),
        ("5000", Retention(messages=5000)),
        ("1", Retention(messages=1)),
        (str(MESSAGES_MAX), Retention(messages=MESSAGES_MAX)),
        (f"{DAYS_MAX}d", Retention(days=DAYS_MAX)),
        ("200 messages", Retention(messages=200)),
        ("none", Retention(is_on_disk=False)),
    ],
)
def test_texts(text: str, retention: Retention) -> None:
    assert read_retention(text) == retention
    assert read_retention(retention.text) == retention
    assert retention.sentence


def test_sentences() -> None:
    assert Retention(messages=1).sentence == "one message is kept here"
    assert Retention(messages=5_000).sentence == "5,000 messages are kept here"
    assert Retention(days=1).sentence == "the last day is kept here"


@pytest.mark.parametrize(
    "text",
    ["", "0d", "0", "-5", "5 weeks", f"{DAYS_MAX + 1}d", str(MESSAGES_MAX + 1), "d", "１２", "all 5", "5\n000d d"],
)
def test_texts_that_say_nothing(text: str) -> None:
    with pytest.raises(RetentionError):
        read_retention(text)


def test_where_the_cut_lies() -> None:
    now = 100 * DAY_MS
    assert Retention(days=30).cutoff(now, None) == stamp_of(70 * DAY_MS)
    assert Retention(days=300).cutoff(now, None) == 0, "a clock in 1970 lets nothing go"
    assert Retention(messages=5).cutoff(now, Stamp(77)) == 77
    assert Retention(messages=5).cutoff(now, None) == 0
    assert not Retention().is_limited
    assert not Retention(is_on_disk=False).is_limited
