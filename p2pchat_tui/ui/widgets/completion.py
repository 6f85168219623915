"""What Tab offers in the composer: commands, room names, nicknames. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from ..commands import names as command_names

ROOM_COMMANDS = ("/join ", "/j ", "/open ")
NAME_COMMANDS = ("/whois ",)


def complete(before: str, people: Sequence[str], rooms: Sequence[str]) -> tuple[int, list[str]]:
    """Where the word that ends at the cursor begins in `before`, and all that it could become."""
    if before.startswith("/") and not before.startswith("//") and " " not in before:
        return 0, [f"/{name} " for name in command_names(before[1:])]
    for command in ROOM_COMMANDS:
        if before.startswith(command):
            return len(command), _matching(before[len(command) :], rooms, "")
    for command in NAME_COMMANDS:
        if before.startswith(command):
            return len(command), _matching(before[len(command) :], people, "")
    start = max(before.rfind(" "), before.rfind("\n"), before.rfind("@")) + 1
    word = before[start:]
    if not word and not before.endswith("@"):
        return start, []
    # Whoever is addressed at the beginning of a message gets a colon, as everywhere in chat.
    return start, _matching(word, people, ": " if start == 0 else " ")


def _matching(word: str, names: Sequence[str], ending: str) -> list[str]:
    folded = word.casefold()
    return [name + ending for name in names if name.casefold().startswith(folded)]
