"""The line that is being typed, edited as shells do it: pure, and what a key does with it."""

from __future__ import annotations

import re
from collections.abc import Callable

from ..history import SentHistory
from ..text import clusters, shown
from .keys import Key, Typed

LINE_MAX = 64 * 1024
"""Characters of a line: more than a message holds, so that its end can be told how much too long it is."""

_WORD_BEFORE = re.compile(r"\S*\s*$")
_WORD_BEHIND = re.compile(r"\s*\S*")

Complete = Callable[[str], tuple[int, list[str]]]
"""Where the word at the end of a text begins, and all that it could become."""


class Line:
    """One line with its cursor, and what was typed before it in the current room."""

    def __init__(self) -> None:
        self.text = ""
        self.cursor = 0
        """Characters before the cursor."""
        self.history = SentHistory()
        self.complete: Complete = lambda _before: (0, [])
        """What Tab does."""
        self.changed: Callable[[], None] = lambda: None
        """Called after a change that came from no key."""
        self._killed = ""
        self._moves: dict[str, Callable[[], None]] = {
            "left": lambda: self._to(self._left()),
            "right": lambda: self._to(self._right()),
            "word-left": lambda: self._to(self._word_left()),
            "word-right": lambda: self._to(self._word_right()),
            "home": lambda: self._to(0),
            "end": lambda: self._to(len(self.text)),
            "backspace": lambda: self._cut(self._left(), self.cursor),
            "delete": lambda: self._cut(self.cursor, self._right()),
            "end-of-input": lambda: self._cut(self.cursor, self._right()),
            "kill-word": lambda: self._kill(self._word_left(), self.cursor),
            "kill-next-word": lambda: self._kill(self.cursor, self._word_right()),
            "kill-to-start": lambda: self._kill(0, self.cursor),
            "kill-to-end": lambda: self._kill(self.cursor, len(self.text)),
            "yank": lambda: self._insert(self._killed),
            "new-line": lambda: self._insert("\n"),
            "up": lambda: self._recall(1),
            "down": lambda: self._recall(-1),
        }

    def take(self, key: Key | Typed) -> tuple[str, ...]:
        """Do what a key does; what Tab may become, where that is more than one thing."""
        if isinstance(key, Typed):
            self._insert(shown(key.text))
        elif key.name == "tab":
            return self._complete()
        elif move := self._moves.get(key.name):
            move()
        return ()

    def submit(self) -> str:
        """The line is done: what it held. The next one is empty."""
        text, self.text, self.cursor = self.text, "", 0
        self.history.leave()
        return text

    def fill(self, text: str) -> None:
        """Put `text` there instead."""
        self.text = text[:LINE_MAX]
        self.cursor = len(self.text)
        self.history.leave()
        self.changed()

    # -------------------------------------------------------------------------------------------------------- places

    def _left(self) -> int:
        pieces = list(clusters(self.text[: self.cursor]))
        return self.cursor - (len(pieces[-1]) if pieces else 0)

    def _right(self) -> int:
        return self.cursor + len(next(clusters(self.text[self.cursor :]), ""))

    def _word_left(self) -> int:
        found = _WORD_BEFORE.search(self.text[: self.cursor])
        return found.start() if found else 0

    def _word_right(self) -> int:
        found = _WORD_BEHIND.match(self.text, self.cursor)
        return found.end() if found else len(self.text)

    # ------------------------------------------------------------------------------------------------------- changes

    def _to(self, place: int) -> None:
        self.cursor = place

    def _insert(self, text: str) -> None:
        text = text[: LINE_MAX - len(self.text)]
        self.text = self.text[: self.cursor] + text + self.text[self.cursor :]
        self.cursor += len(text)

    def _cut(self, low: int, high: int) -> None:
        self.text = self.text[:low] + self.text[high:]
        self.cursor = low

    def _kill(self, low: int, high: int) -> None:
        self._killed = self.text[low:high] or self._killed
        self._cut(low, high)

    def _recall(self, step: int) -> None:
        text = self.history.step(step, self.text)
        if text is not None:
            self.text, self.cursor = text, len(text)

    def _complete(self) -> tuple[str, ...]:
        before = self.text[: self.cursor]
        start, found = self.complete(before)
        if not found:
            return ()
        begun = found[0] if len(found) == 1 else _common(found)
        word = before[start:]
        if len(begun) > len(word) or (len(found) == 1 and begun != word):
            self._cut(start, self.cursor)
            self._insert(begun)
            return ()
        return tuple(each.strip() for each in found) if len(found) > 1 else ()


def _common(words: list[str]) -> str:
    """What all of `words` begin with."""
    low, high = min(words), max(words)
    same = (index for index, (one, other) in enumerate(zip(low, high, strict=False)) if one != other)
    return low[: next(same, len(low))]
