"""What the app told its user, with times: toasts go away by themselves, this stays for the run."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass

KEPT = 500
"""Records that are kept: a bad day's worth."""

_SECRET = re.compile(r"p2pchat:\S*|\b(?:[0-9a-z]{4}-){4,}[0-9a-z]{4}\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Record:
    """One thing that was told."""

    at_ms: int
    severity: str
    """`information`, `warning` or `error`."""
    text: str


class Journal:
    """The newest records, oldest first."""

    def __init__(self) -> None:
        self._records: deque[Record] = deque(maxlen=KEPT)

    @property
    def records(self) -> tuple[Record, ...]:
        """All that are kept."""
        return tuple(self._records)

    def add(self, at_ms: int, severity: str, text: str) -> None:
        """Keep what was told, without any key in it."""
        self._records.append(Record(at_ms, severity, redacted(text)))


def redacted(text: str) -> str:
    """`text` without invites, whole or damaged, and without their secret part."""
    return _SECRET.sub("[an invite]", text)
