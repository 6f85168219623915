"""What a text is searched for: words by their beginnings, phrases, emoji; without case and accents. Pure.

One reading for all: stores find by it, and screens mark by it what was found.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

_ASCII_WORD = re.compile(r"[a-z0-9]+")
_LINK = re.compile(r"https?://\S", re.IGNORECASE)
_RUN_ON = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uff66-\uff9f]"
)
"""Scripts without blanks between words: Thai, Lao, Burmese, Khmer, kana, Chinese characters."""
_PARTS = ("L", "N", "M")
"""What words are made of: letters, numbers, and the vowel signs of scripts that write them so."""


class Word(NamedTuple):
    """A word of a text: folded, and where it stands in the text."""

    text: str
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Term:
    """Something that a text must hold: one word or several in a row."""

    text: str
    whole: bool = False
    """The last word must be there as a whole; otherwise a beginning of it is enough."""
    words: tuple[str, ...] = field(init=False)
    """Folded; none when there is nothing in it that can be looked for, such as signs alone."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "words", tuple(word.text for word in words_of(self.text)))


def words_of(text: str) -> list[Word]:
    """The words of `text`. Of scripts without blanks every letter is one, and so is every emoji."""
    if text.isascii():
        return [Word(match.group(), *match.span()) for match in _ASCII_WORD.finditer(text.lower())]
    out: list[Word] = []
    word, low = "", 0
    for place, char in enumerate(text):
        stands, folded = _fold(char)
        if stands is None:  # belongs to what is before it
            continue
        if stands and folded:
            if not word:
                low = place
            word += folded
            continue
        if word:
            out.append(Word(word, low, place))
            word = ""
        if folded:
            out.append(Word(folded, place, place + 1))
    if word:
        out.append(Word(word, low, len(text)))
    return out


def places(text: str, terms: Iterable[Term]) -> list[tuple[int, int]]:
    """Where `terms` stand in `text`: ascending, apart from each other."""
    words = words_of(text)
    found = sorted(span for term in terms for span in _places(words, term))
    out: list[tuple[int, int]] = []
    for low, high in found:
        if out and low <= out[-1][1]:
            out[-1] = (out[-1][0], max(high, out[-1][1]))
        else:
            out.append((low, high))
    return out


def holds(text: str, terms: Iterable[Term]) -> bool:
    """Whether every one of `terms` that can be looked for is in `text`."""
    words = words_of(text)
    return all(next(_places(words, term), None) for term in terms if term.words)


def has_link(text: str) -> bool:
    """Whether there is a web address in `text`."""
    return _LINK.search(text) is not None


def _places(words: list[Word], term: Term) -> Iterator[tuple[int, int]]:
    *first, last = term.words or ("",)
    if not last:
        return
    for end in range(len(first), len(words)):
        word, start = words[end], end - len(first)
        is_last = word.text == last or (not term.whole and word.text.startswith(last))
        if is_last and all(words[start + number].text == each for number, each in enumerate(first)):
            # Where letters were folded together nobody can tell which of them were meant: the whole word.
            is_even = len(word.text) == word.high - word.low
            yield words[start].low, word.low + len(last) if is_even else word.high


@lru_cache(maxsize=4096)
def _fold(char: str) -> tuple[bool | None, str]:
    """Whether `char` is part of a word with its neighbours (None: it only goes with the one before), and how it folds.

    Nothing is left of what separates words.
    """
    if _RUN_ON.match(char) or unicodedata.category(char) == "So":
        return False, char
    if unicodedata.combining(char) or unicodedata.category(char) == "Cf" or "\ufe00" <= char <= "\ufe0f":
        return None, ""
    folded = "".join(
        part
        for part in unicodedata.normalize("NFD", char.lower())
        if not unicodedata.combining(part) and unicodedata.category(part)[0] in _PARTS
    )
    return True, folded
