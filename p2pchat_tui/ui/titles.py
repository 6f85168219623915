"""The terminal's own title. Imports nothing: it is needed before anything is open."""

from __future__ import annotations

TITLE = "p2pchat"
KEEP_TITLE, GIVE_TITLE_BACK = "\x1b[22;2t", "\x1b[23;2t"
"""The terminal remembers the title that it had, and has it again."""


def window_title(unread: int) -> str:
    """The sequence for the terminal's title: how much is new, and never where or what."""
    new = f" ({unread})" if unread else ""
    return f"\x1b]2;{TITLE}{new}\x1b\\"
