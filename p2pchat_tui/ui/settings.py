"""The preferences of this run, and the way to change them for good."""

from __future__ import annotations

from collections.abc import Callable

from ..preferences import Preferences, changed

Keep = Callable[[str, str | int | bool], str]
"""Writes a setting down; returns why it could not, empty when it did."""


def forgets(_name: str, _value: str | int | bool) -> str:
    """For a run that may leave nothing behind."""
    return ""


class Settings:
    """What everything in the app looks up whenever it needs it."""

    def __init__(self, preferences: Preferences | None = None, keep: Keep = forgets) -> None:
        self.now = preferences or Preferences()
        self._keep = keep

    def change(self, name: str, value: str) -> str:
        """Change one, as somebody typed it; what went wrong with writing it down. Raises ValueError."""
        after = changed(self.now, name, value)
        if after == self.now:
            return ""
        self.now = after
        return self._keep(name, getattr(after, name))
