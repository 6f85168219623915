"""Facts beside their labels, as the screens about a message and about a person show them. Pure."""

from __future__ import annotations

from datetime import tzinfo

from textual.content import Content

from ...session.api import PeerView
from ..text import day_text, pad, wrap, wrap_code

LABEL_WIDTH = 12

Part = Content | str | tuple[str, str]


def labelled(label: str, text: str, width: int, style: str = "") -> list[Part]:
    """`label` and `text`, which is wrapped under itself in the `width` cells of both."""
    room = max(10, width - LABEL_WIDTH)
    ranges = wrap(text, room) if " " in text else wrap_code(text, room)
    lines = ("\n" + " " * LABEL_WIDTH).join(text[low:high] for low, high in ranges)
    return [(pad(label, LABEL_WIDTH), "$accent"), (lines, style) if style else lines, "\n"]


def trust_text(peer: PeerView, tz: tzinfo | None) -> str:
    """How sure it is that the key belongs to who it seems to."""
    if peer.verified_ms:
        return f"✓ verified: you compared safety words on {day_text(peer.verified_ms, tz)}"
    return "not verified; /verify compares safety words"
