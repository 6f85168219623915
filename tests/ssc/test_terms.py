"""What texts are searched for: how words are read, where they stand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pchat_tui.ssc.terms import Term, has_link, holds, places, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Don't, it's 3_4!", ["don", "t", "it", "s", "3", "4"]),
        ("Äpfel ETE\u0301 straße", ["apfel", "ete", "straße"]),
        ("日本のりんご", [*"日本のりんご"]),
        ("ばら", [*"ばら"]),
        ("ok👍🏽 👨\u200d👩 ❤\ufe0f", ["ok", "👍", "👨", "👩", "❤"]),
        ("\x00\udc80 a\u202eb", ["ab"]),
        ("", []),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    assert [word.text for word in words_of(text)] == words


@pytest.mark.parametrize(
    ("text", "terms", "marked"),
    [
        ("Crates and a crate", [Term("crat")], ["Crat", "crat"]),
        ("Crates and a crate", [Term("crate", True)], ["crate"]),
        ("the press, the ladder", [Term("the press the lad")], ["the press, the lad"]),
        ("the the press", [Term("the press")], ["the press"]),
        ("ana bananas", [Term("ana")], ["ana"]),
        ("E\u0301te\u0301s", [Term("ete")], ["E\u0301te\u0301s"]),
        ("日本のりんごも", [Term("りんご")], ["りんご"]),
        ("apple apples", [Term("app"), Term("apple", True)], ["apple", "app"]),
        ("nothing", [Term("!"), Term("")], []),
    ],
)
def test_places(text: str, terms: list[Term], marked: list[str]) -> None:
    assert [text[low:high] for low, high in places(text, terms)] == marked


def test_all_terms_must_be_there() -> None:
    assert holds("press and ladder", [Term("lad"), Term("press", True), Term("!")])
    assert not holds("press and ladder", [Term("lad"), Term("pears")])
    assert has_link("see HTTPS://x") and not has_link("https:// nothing")


@given(st.text(), st.text(min_size=1, max_size=8))
def test_what_is_marked_lies_in_the_text_and_is_what_is_held(text: str, sought: str) -> None:
    term = Term(sought)
    found = places(text, [term])
    assert bool(found) == (holds(text, [term]) and bool(term.words))
    end = 0
    for low, high in found:
        assert end <= low < high <= len(text)
        end = high


@given(st.text())
def test_words_read_the_same_when_they_are_read_again(text: str) -> None:
    """What goes into an index is tokenized there once more."""
    words = [word.text for word in words_of(text)]
    assert [word.text for word in words_of(" ".join(words))] == words
