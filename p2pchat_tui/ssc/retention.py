"""How much of a room's history one machine keeps: everything, so many days, so many messages, or nothing on disk.

It is each peer's own choice, and no business of the others: what is let go here stays wherever else it is kept.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .ids import STAMP_MAX, Stamp, stamp_of

DAY_MS = 24 * 60 * 60 * 1000
DAYS_MAX = 36_500
"""A hundred years."""
MESSAGES_MAX = 100_000_000

_DAYS = re.compile(r"(\d{1,9}) ?d(?:ays?)?", re.ASCII)
_MESSAGES = re.compile(r"(\d{1,9})(?: ?m(?:essages?)?)?", re.ASCII)


class RetentionError(ValueError):
    """The text names no way to keep a room; it says why, for a person."""


@dataclass(frozen=True, slots=True)
class Retention:
    """What one room keeps here. All of it unless a limit is set."""

    days: int | None = None
    messages: int | None = None
    is_on_disk: bool = True
    """False: nothing of the room's history is ever written, and each run has an identity of its own there."""

    @property
    def text(self) -> str:
        """As `read_retention` takes it."""
        if not self.is_on_disk:
            return "none"
        if self.days is not None:
            return f"{self.days}d"
        return "all" if self.messages is None else str(self.messages)

    @property
    def sentence(self) -> str:
        """For a person."""
        if not self.is_on_disk:
            return "nothing is written to this disk"
        if self.days is not None:
            return f"the last {self.days:,} days are kept here" if self.days != 1 else "the last day is kept here"
        if self.messages is None:
            return "everything is kept here"
        return f"{self.messages:,} messages are kept here" if self.messages != 1 else "one message is kept here"

    @property
    def is_limited(self) -> bool:
        """Whether anything is ever let go."""
        return self.is_on_disk and (self.days is not None or self.messages is not None)

    def cutoff(self, now_ms: int, oldest_kept: Stamp | None) -> Stamp:
        """Below which stamp entries are let go. `oldest_kept`: the stamp of the last message that `messages` allows,
        None when there are not so many.
        """
        if self.days is not None:
            return Stamp(min(stamp_of(max(now_ms - self.days * DAY_MS, 0)), STAMP_MAX))
        return oldest_kept or Stamp(0)


KEEP_ALL = Retention()


def read_retention(text: str) -> Retention:
    """What `text` asks for: `all`, `30d`, `5000` (messages) or `none`. Raises RetentionError."""
    word = " ".join(text.split()).casefold()
    if word in ("all", "everything"):
        return KEEP_ALL
    if word in ("none", "nothing"):
        return Retention(is_on_disk=False)
    if (found := _DAYS.fullmatch(word)) and 1 <= int(found[1]) <= DAYS_MAX:
        return Retention(days=int(found[1]))
    if (found := _MESSAGES.fullmatch(word)) and 1 <= int(found[1]) <= MESSAGES_MAX:
        return Retention(messages=int(found[1]))
    raise RetentionError("Say how much is kept: all, a number of days such as 30d, of messages such as 5000, or none.")
