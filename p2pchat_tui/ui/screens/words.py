"""What Tab goes through after commands that take one of a few words. Pure."""

from __future__ import annotations

from ...preferences import BY_NAME, CHANGEABLE, NOTIFY_LEVELS, shown_value
from ..commands import ON_SCREEN
from ..nicks import COLOURS


def words_after(command: str, themes: list[str]) -> list[str]:
    """The words that the command of this name takes."""
    match command:
        case "theme":
            return themes
        case "lan":
            return ["on", "off", "default"]
        case "colour":
            return [*COLOURS, "none"]
        case "keep":
            return ["all", "30d", "5000"]
        case "notify":
            return list(NOTIFY_LEVELS)
        case "decline":
            return ["all"]
        case "help":
            return [spec.name for spec in ON_SCREEN]
        case "set":
            listed = [BY_NAME[name] for name in CHANGEABLE if name != "theme"]
            values = [f"{each.name} {shown_value(choice)}" for each in listed for choice in each.choices]
            return values + [f"theme {each}" for each in themes]
        case _:
            return []
