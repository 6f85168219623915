"""What `doctor` says: one finding for each thing it looked at."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ..ssc.text import clean_line

TEXT_MAX = 300
"""Characters of either half of a finding: two lines of a terminal."""


class Status(StrEnum):
    """How it is. Only FAIL counts for the exit code."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    SKIP = "skip"
    """It does not apply, or it cannot be told from here."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    check: str
    """What was looked at: a stable word."""
    code: str
    """What was found: a stable word; `ok` when all is well."""
    status: Status
    what: str
    """One sentence: what it means."""
    do: str = ""
    """One sentence: the next step; empty when there is none to take."""

    def __post_init__(self) -> None:
        # What servers and terminals say ends up in here.
        object.__setattr__(self, "what", clean_line(self.what, TEXT_MAX))
        object.__setattr__(self, "do", clean_line(self.do, TEXT_MAX))


def ok(check: str, what: str) -> Finding:
    """All is well."""
    return Finding(check, "ok", Status.OK, what)


def skip(check: str, code: str, what: str, do: str = "") -> Finding:
    """Nothing to be said."""
    return Finding(check, code, Status.SKIP, what, do)


def warn(check: str, code: str, what: str, do: str) -> Finding:
    """Something may be in the way."""
    return Finding(check, code, Status.WARN, what, do)


def fail(check: str, code: str, what: str, do: str) -> Finding:
    """Something is in the way."""
    return Finding(check, code, Status.FAIL, what, do)
