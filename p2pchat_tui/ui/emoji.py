"""Emoji by name: for `/react tada` and for `:tada:` in the composer."""

from __future__ import annotations

from functools import cache

EMOJI = {
    **{"+1": "👍", "-1": "👎", "heart": "❤️", "tada": "🎉", "eyes": "👀", "smile": "🙂", "laugh": "😂"},
    **{"check": "✅", "rocket": "🚀", "thanks": "🙏", "fire": "🔥", "wave": "👋", "think": "🤔", "sad": "🙁"},
}
"""The names that are offered first."""
OFFERED = 24
"""Emoji offered at once: nobody looks through more."""
NAME_FROM = 2
"""Letters from which a name is looked up: `:D` and `:p` stay what they are."""


@cache
def _names() -> dict[str, str]:
    # Rich knows some 3,600 names; it offers no other way to search them. Read only when somebody completes one.
    from rich._emoji_codes import EMOJI as ALL

    return {**EMOJI, **{name: emoji for name, emoji in ALL.items() if name not in EMOJI}}


def emoji_of(name: str) -> str | None:
    """The emoji called `name`, with or without colons around it."""
    return _names().get(name.strip(":").lower().replace(" ", "_").replace("-", "_") if name not in EMOJI else name)


def emoji_matching(beginning: str) -> list[str]:
    """Emoji whose name begins so, the usual ones and the short names first; each emoji once."""
    wanted = beginning.lower()
    if len(wanted) < NAME_FROM:
        return []
    found = [name for name in _names() if name.startswith(wanted)]
    found.sort(key=lambda name: (name not in EMOJI, len(name), name))
    return list(dict.fromkeys(_names()[name] for name in found))[:OFFERED]
