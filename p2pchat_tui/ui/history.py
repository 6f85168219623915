"""What was sent in a room, and how one goes through it: back with Up, forth with Down, to the draft one came from."""

from __future__ import annotations

from .text import looks_like_invite

HISTORY_MAX = 100
"""Sent texts that are remembered for a room."""


class SentHistory:
    """The texts of one room. A text that holds an invite is never kept: it is a key."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        """Oldest first. The owner keeps the list; texts are added here."""
        self._place = 0
        self._unsent = ""

    @property
    def is_back(self) -> bool:
        """Whether an older text is shown just now."""
        return self._place > 0

    def use(self, sent: list[str]) -> None:
        """Go on with another room's texts."""
        self.sent = sent
        self.leave()

    def leave(self) -> None:
        """What is written now is a new text."""
        self._place = 0
        self._unsent = ""

    def add(self, text: str) -> None:
        """A text was sent."""
        self.leave()
        if not any(looks_like_invite(word) for word in text.split()) and self.sent[-1:] != [text]:
            self.sent.append(text)
            del self.sent[:-HISTORY_MAX]

    def take_back(self, text: str) -> None:
        """A text was not sent after all."""
        self.leave()
        if self.sent and self.sent[-1] == text:
            self.sent.pop()

    def draft(self, now: str) -> str:
        """What is unsent while `now` is shown: what stood there before, where that is an older text as it was."""
        return self._unsent if self._place and now == self.sent[-self._place] else now

    def step(self, step: int, now: str) -> str | None:
        """The text `step` further back (negative: forth) from `now`, which is shown; None when there is none."""
        place = self._place + step
        if not 0 <= place <= len(self.sent):
            return None
        if self._place == 0:
            self._unsent = now
        self._place = place
        return self.sent[-place] if place else self._unsent
