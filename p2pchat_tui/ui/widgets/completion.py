"""What Tab offers in the composer: commands, room names, nicknames, emoji. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from ..commands import ON_SCREEN, Arg, Spec, find
from ..commands import names as command_names
from ..emoji import emoji_matching

_EMOJI = re.compile(r"(?:^|\s):([a-z0-9_+-]{2,})$", re.IGNORECASE)


def complete(
    before: str,
    people: Sequence[str],
    rooms: Sequence[str],
    words: Callable[[str], Sequence[str]] = lambda _command: (),
    among: Sequence[Spec] = ON_SCREEN,
) -> tuple[int, list[str]]:
    """Where the word that ends at the cursor begins in `before`, and all that it could become.

    `words`: what else may stand after a command of this name, such as themes. `among`: the commands that there are.
    """
    if before.startswith("/") and not before.startswith("//"):
        if " " not in before:
            return 0, [f"/{name} " for name in command_names(before[1:], among)]
        if found := _argument(before, people, rooms, words):
            return found
    if emoji := _EMOJI.search(before):
        return emoji.start(1) - 1, [each + " " for each in emoji_matching(emoji.group(1))]
    start = max(before.rfind(" "), before.rfind("\n"), before.rfind("@")) + 1
    word = before[start:]
    if not word and not before.endswith("@"):
        return start, []
    # Whoever is addressed at the beginning of a message gets a colon, as everywhere in chat.
    return start, _matching(word, people, ": " if start == 0 else " ")


def _argument(
    before: str, people: Sequence[str], rooms: Sequence[str], words: Callable[[str], Sequence[str]]
) -> tuple[int, list[str]] | None:
    """The same within the argument of a command; None when it takes a text."""
    command, _, argument = before.partition(" ")
    spec = find(command[1:].lower())
    start = len(command) + 1
    if spec is None or spec.arg is Arg.TEXT:
        return None
    match spec.arg:
        case Arg.ROOM:
            return start, _matching(argument, rooms, "")
        case Arg.PERSON:
            ending = " " if " " in spec.usage else ""  # something may follow the name
            return start, _matching(argument.removeprefix("@"), people, ending)
        case Arg.EMOJI:
            return start, emoji_matching(argument.strip(":"))
        case Arg.WORD:
            return start, _matching(argument, words(spec.name), "")
        case _:
            return start, []


def _matching(word: str, names: Sequence[str], ending: str) -> list[str]:
    folded = word.casefold()
    return [name + ending for name in names if name.casefold().startswith(folded)]
