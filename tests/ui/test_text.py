"""Times, widths and wrapping."""

from __future__ import annotations

from datetime import UTC

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len

from p2pchat_tui.ui import text
from tests.ui.messages import START_MS

FAMILY = "👨\u200d👩\u200d👧"
MIXED = st.text(alphabet=st.sampled_from([*list("ab  \n日本́é🙂👍🏽"), "\u200d", "️", "🇩", "🇪"]), max_size=60)


@given(MIXED, st.integers(2, 40))
@example("a" * 30, 7)
@example("日本のりんご", 3)
@example("  indented and then a very_long_word_that_is_broken", 10)
def test_wrapped_lines_fit_and_lose_nothing_but_blanks(written: str, width: int) -> None:
    shown = text.shown(written)
    lines = [shown[low:high] for low, high in text.wrap(shown, width)]
    assert "".join("".join(lines).split()) == "".join(shown.split())
    for line in lines:
        widest_piece = max((cell_len(piece) for piece in text.clusters(line)), default=0)
        assert cell_len(line) <= max(width, widest_piece)


def test_wrap_breaks_at_words_and_keeps_own_breaks() -> None:
    written = "one two three\n\nfour"
    assert [written[low:high] for low, high in text.wrap(written, 8)] == ["one two", "three", "", "four"]


def test_long_words_begin_where_they_stand() -> None:
    written = "see https://example.org/a/very/long/path"
    lines = [written[low:high] for low, high in text.wrap(written, 12)]
    assert lines[0] == "see https://"
    assert all(len(line) <= 12 for line in lines)


def test_emoji_of_several_parts_stay_whole() -> None:
    assert list(text.clusters(f"a{FAMILY}👍🏽🇩🇪🇫🇷e\u0301")) == ["a", FAMILY, "👍🏽", "🇩🇪", "🇫🇷", "e\u0301"]


@given(MIXED, st.integers(0, 30))
def test_cut_and_pad_keep_to_the_width(written: str, width: int) -> None:
    shown = " ".join(text.shown(written).split())
    assert cell_len(text.cut(shown, width)) <= width
    if text.shown(written).isascii():
        assert cell_len(text.pad(shown, width)) == width


def test_apart_lets_the_left_give_way() -> None:
    assert text.apart("a long name", "3", 9) == "a long… 3"
    assert text.apart("ana", "lan 2ms", 14) == "ana    lan 2ms"


def test_controls_and_bidi_never_pass() -> None:
    hostile = "\x1b]52;c;aGk=\x07 \x9b31m \x1b[2J \u202eevil\u2066 \x7f \x00"
    shown = text.shown(hostile)
    assert not any(ord(char) < 32 or 0x7F <= ord(char) < 0xA0 for char in shown)
    assert not set("\u202e\u2066\u200e") & set(shown)
    assert text.shown("a\tb") == "a    b"


def test_times() -> None:
    assert text.clock_text(START_MS, UTC) == "09:14"
    assert text.day_text(START_MS, UTC) == "Sunday 22 November 2026"
    assert text.opened_text(START_MS - 3_600_000, START_MS, UTC) == "today 08:14"
    assert text.opened_text(START_MS - 12 * 3_600_000, START_MS, UTC) == "yesterday"
    assert text.opened_text(START_MS - 72 * 3_600_000, START_MS, UTC) == "19 Nov 2026"
    assert text.clock_text(1 << 60, UTC)
    assert text.clock_text(-5, UTC) == "00:00"


@pytest.mark.parametrize(
    ("seconds", "says"),
    [
        (-5, "just now"),
        (9.9, "just now"),
        (10, "10s ago"),
        (59.9, "59s ago"),
        (60, "1m ago"),
        (119.9, "1m ago"),
        (3_599, "59m ago"),
        (7_200, "2h ago"),
        (200_000, "2d ago"),
    ],
)
def test_ago(seconds: float, says: str) -> None:
    assert text.ago_text(START_MS, START_MS + round(seconds * 1000)) == says


def test_names() -> None:
    assert text.names_text([]) == ""
    assert text.names_text(["ana"]) == "ana"
    assert text.names_text(["ana", "bo", "cy"]) == "ana, bo and cy"
    assert text.names_text(["ana", "bo", "cy", "dee"]) == "ana, bo and 2 others"


def test_urls() -> None:
    written = "see https://example.org/a, and (http://b.example)."
    assert [written[low:high] for low, high in text.urls(written)] == ["https://example.org/a", "http://b.example"]


def test_invites_are_known_damaged_or_not() -> None:
    assert text.looks_like_invite("  P2PCHAT://x#")
    assert not text.looks_like_invite("see p2pchat://x")
