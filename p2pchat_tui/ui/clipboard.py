"""The clipboard, which a program reaches through its terminal alone: OSC 52. Pure."""

from __future__ import annotations

from binascii import b2a_base64


def clipboard_sequence(text: str) -> str:
    """What makes the terminal put `text` on the clipboard; those that do not know it leave it out."""
    return f"\x1b]52;c;{b2a_base64(text.encode(), newline=False).decode()}\a"
