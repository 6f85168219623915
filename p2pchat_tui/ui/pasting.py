"""What is done with a paste before the composer gets it. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

PASTE_MAX = 64 * 1024
"""Characters of a paste that are looked at: eight times what one message holds, and still quick to insert."""
ASK_ABOVE = 20
"""Lines above which one is asked: more than that is seldom meant as talk."""
FENCE = "```"

_FENCES = re.compile(r"`{3,}")


@dataclass(frozen=True, slots=True)
class Pasted:
    """A paste, cut to what can be dealt with."""

    text: str
    cut: int
    """Characters that were left away at its end."""

    @property
    def lines(self) -> int:
        """How many lines it has."""
        return self.text.count("\n") + 1

    @property
    def needs_asking(self) -> bool:
        """Whether it is so long that it may be a mistake."""
        return self.lines > ASK_ABOVE


def pasted(text: str) -> Pasted:
    """Take in what the terminal handed over: line ends as one kind, and no more than PASTE_MAX."""
    kept = text[:PASTE_MAX]
    return Pasted(kept.replace("\r\n", "\n").replace("\r", "\n"), len(text) - len(kept))


def as_code(text: str) -> str:
    """`text` as a block of code, between fences that are longer than any in it."""
    longest = max((len(found) for found in _FENCES.findall(text)), default=0)
    fence = FENCE if longest < len(FENCE) else "`" * (longest + 1)
    return f"{fence}\n{text.strip(chr(10))}\n{fence}\n"
