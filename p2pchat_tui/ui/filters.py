"""What Tab makes of the filter that is being typed in a search. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..session.query import EXAMPLES

DAYS = ("today", "yesterday", "7d", "30d")
_FILTER = re.compile(rf'({"|".join(EXAMPLES)}):("[^"]*|[^\s"]*)$', re.IGNORECASE)
_WORD = re.compile(r"\S*$")


def completions(before: str, people: Sequence[str], rooms: Sequence[str]) -> tuple[int, list[str]]:
    """Where the word that ends at the cursor begins in `before`, and all that it could become."""
    match = _FILTER.search(before)
    if match is None or (match.start() and not before[match.start() - 1].isspace()):
        start = _WORD.search(before).start()  # type: ignore[union-attr]  # it matches nothing, too
        word = before[start:].casefold()
        return start, ["has:link " if key == "has" else f"{key}:" for key in EXAMPLES if key.startswith(word)]
    values: Sequence[str] = {"from": ("me", *people), "in": rooms, "has": ("link",)}.get(match[1].lower(), DAYS)
    typed = match[2].lstrip('"@#').casefold()
    found = dict.fromkeys(value for value in values if value.casefold().startswith(typed))
    return match.start(2), [(f'"{value}"' if " " in value else value) + " " for value in found]
