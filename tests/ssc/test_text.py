"""The sanitiser: nothing that a terminal acts on comes through, and nothing disappears without a trace."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pchat_tui.ssc.text import MARKS_MAX, NAME_MAX, clean, clean_line, clean_name

ATTACKS = [
    "\x1b]52;c;aGk=\x07",
    "\x1b]0;title\x1b\\",
    "\x9d52;c;aGk=\x9c",
    "\x1b[2J\x1b[6n",
    "\x9b2J",
    "\x1bP1$r\x1b\\",
    "\x1bc",
    "\x7f\x08\x00",
    "\u202eevil\u202c",
    "a\u200bb\u2060c\ufeffd",
    "\U000e0041\U000e0042",
    "\u2066x\u2069",
    "\ud800",
    "\ue000\U000f0000",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_attacks_are_defused(attack: str) -> None:
    out = clean(f"before {attack} after")
    assert "before" in out
    assert "after" in out
    assert_harmless(out)


def assert_harmless(text: str) -> None:
    for char in text:
        category = unicodedata.category(char)
        assert category not in ("Cs", "Co", "Cn"), hex(ord(char))
        assert category != "Cc" or char in "\n\t", hex(ord(char))
        assert category != "Cf" or char == "\u200d", hex(ord(char))
    text.encode()


@given(st.text(alphabet=st.characters(), max_size=200))
def test_whatever_comes_in_is_harmless_and_stays_so(text: str) -> None:
    out = clean(text)
    assert_harmless(out)
    assert clean(out) == out


@given(st.text(alphabet="\u0300\u0301\u0489a", max_size=60))
def test_marks_do_not_pile_up(text: str) -> None:
    run = 0
    for char in unicodedata.normalize("NFD", clean(text)):
        run = run + 1 if unicodedata.category(char) in ("Mn", "Me") else 0
        assert run <= MARKS_MAX + 1  # one may be composed with its letter


@pytest.mark.parametrize("text", ["plain", "línea", "日本語", "👩‍💻 👍🏽 ❤️", "tab\tand\nnewline", "مرحبا", "नमस्ते"])
def test_living_text_is_left_alone(text: str) -> None:
    assert clean(text) == text


def test_controls_leave_a_picture() -> None:
    assert clean("a\x1bb\x7f") == "a␛b␡"
    assert clean("a\r\nb\rc") == "a\nb\nc"


@given(st.text(max_size=500))
def test_lines_and_names_are_short_and_single(text: str) -> None:
    assert len(clean_line(text, 50)) <= 50
    assert "\n" not in clean_line(text)
    name = clean_name(text)
    assert len(name) <= NAME_MAX
    assert clean_name(name) == name
