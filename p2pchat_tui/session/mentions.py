"""Whether a message speaks to me: by my name as a word of its own, for one; see Timeline for the rest."""

from __future__ import annotations

import re
from functools import lru_cache


@lru_cache(maxsize=16)
def mention_pattern(name: str) -> re.Pattern[str]:
    """Finds `name` as a word of its own, with or without an `@`."""
    return re.compile(rf"(?<!\w)@?{re.escape(name)}(?!\w)", re.IGNORECASE)


def is_named(text: str, names: tuple[str, ...]) -> bool:
    """Whether one of `names` stands in `text`."""
    return any(mention_pattern(name).search(text) for name in names)
