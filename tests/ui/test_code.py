"""Code in colours: nothing is lost, and neither text nor language makes it slow."""

from __future__ import annotations

import time
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from p2pchat_tui.ui.code import CODE_MAX, LANGUAGES, highlighted


def test_python_has_colours() -> None:
    found = dict(highlighted("def f():\n    return 'x'  # y", "Python"))
    assert found["def"] == "code code-keyword"
    assert found["f"] == "code code-name"
    assert found["'x'"] == "code code-string"
    assert found["# y"] == "code code-comment"


def test_the_last_line_of_a_diff_is_coloured_too() -> None:
    assert highlighted("- a\n+ b", "diff")[-1] == ("+ b", "code code-new")


@pytest.mark.parametrize("language", ["", "klingon", "../x", "python " * 9, "a" * 9_999])
def test_unknown_languages_stay_plain(language: str) -> None:
    assert highlighted("x = 1", language) == (("x = 1", "code"),)


def test_what_takes_too_long_stays_plain() -> None:
    ticks = count(step=0.001)
    found = highlighted("x = 'y'\n" * 100, "python", lambda: next(ticks))
    assert found[0] != found[-1]
    assert len(found[-1][0]) > 600 and found[-1][1] == "code"


def test_long_code_stays_plain() -> None:
    assert len(highlighted("x = 1\n" * CODE_MAX, "python")) == 1


@given(st.text(max_size=120), st.sampled_from(sorted(LANGUAGES)))
@settings(max_examples=150)
def test_nothing_is_lost(code: str, language: str) -> None:
    assert "".join(text for text, _style in highlighted(code, language)) == code


TRIES = 3
"""A busy machine, or a collection of garbage, makes one of them slow, but not each."""


def seconds_for(text: str, language: str) -> float:
    start = time.thread_time()
    highlighted(text, language)
    return time.thread_time() - start


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_every_language_is_there_and_none_is_slow(language: str) -> None:
    highlighted("x", language)  # imports the lexer
    for part in ("(", "{", "[", '"', "'", "`", "<", "a ", "\\", "/*", "--", "x=", "$(", "{{", "0", "\n", '"""', " "):
        text = (part * CODE_MAX)[:CODE_MAX]
        assert any(seconds_for(text, language) < 0.05 for _ in range(TRIES)), repr(part)
