"""Facts beside their labels, as the screens about a message and about a person show them. Pure."""

from __future__ import annotations

from textual.content import Content

from ..text import pad, wrap, wrap_code

LABEL_WIDTH = 12

Part = Content | str | tuple[str, str]


def labelled(label: str, text: str, width: int, style: str = "", label_width: int = LABEL_WIDTH) -> list[Part]:
    """`label` and `text`, which is wrapped under itself in the `width` cells of both."""
    room = max(10, width - label_width)
    ranges = wrap(text, room) if " " in text else wrap_code(text, room)
    lines = ("\n" + " " * label_width).join(text[low:high] for low, high in ranges)
    return [(pad(label, label_width), "$ink-accent"), (lines, style) if style else lines, "\n"]
