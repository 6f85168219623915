"""What Tab goes through after commands that take one of a few words. Pure."""

from __future__ import annotations

from ...preferences import NOTIFY_LEVELS, PREFERENCES
from ..commands import COMMANDS


def words_after(command: str, themes: list[str]) -> list[str]:
    """The words that the command of this name takes."""
    match command:
        case "theme":
            return themes
        case "notify":
            return list(NOTIFY_LEVELS)
        case "help":
            return [spec.name for spec in COMMANDS]
        case "set":
            listed = [each for each in PREFERENCES if each.name not in ("keymap", "theme")]
            return [f"{each.name} {choice}" for each in listed for choice in each.choices if choice]
        case _:
            return []
