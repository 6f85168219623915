"""The one sanitiser: what others wrote becomes text that a terminal can only show.

Everything from a person, a peer, a relay or a file passes here before anybody sees it. Control characters
become their visible pictures (U+2400 block), so that nothing disappears without a trace; format characters
(bidirectional overrides, zero width, tags) are dropped, except the joiner inside emoji sequences; stacks of combining
marks are cut.
"""

from __future__ import annotations

import unicodedata

MARKS_MAX = 4
"""Combining marks kept on one character: enough for every living script, too few to smear over other lines."""
NAME_MAX = 32
"""Characters of a nickname or a room name."""
TEXT_MAX_BYTES = 8 * 1024
"""UTF-8 bytes of one message's text."""

_ZERO_WIDTH_JOINER = "\u200d"
_KEPT_CONTROLS = {"\n", "\t"}
_MARKS = frozenset({"Mn", "Me"})
_DROPPED = {"Cf", "Cs", "Co", "Cn"}


def clean(text: str) -> str:
    """`text` as harmless text: newline and tab kept, other controls pictured, format characters dropped."""
    if text.isprintable():  # no control or format character, and no white space but the blank
        text = unicodedata.normalize("NFC", text)
        if text.isascii() or _MARKS.isdisjoint(map(unicodedata.category, text)):
            return text
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    out: list[str] = []
    marks = 0
    for char in unicodedata.normalize("NFC", text):
        category = unicodedata.category(char)
        if category in _MARKS:
            marks += 1
            if marks <= MARKS_MAX:
                out.append(char)
            continue
        if char == _ZERO_WIDTH_JOINER:
            if out and unicodedata.category(out[-1]) in ("So", "Sk", "Mn"):
                out.append(char)
            continue
        marks = 0
        if category == "Cc":
            out.append(char if char in _KEPT_CONTROLS else _picture(char))
        elif category not in _DROPPED:
            out.append(char)
    while out and out[-1] == _ZERO_WIDTH_JOINER:
        out.pop()
    return "".join(out)


def clean_line(text: str, most: int = 200) -> str:
    """`text` as one line of at most `most` characters: for names, topics, errors and reasons."""
    line = " ".join(clean(text).split())
    return line if len(line) <= most else line[: most - 1] + "…"


def clean_name(text: str) -> str:
    """A nickname or room name: one line, without the marks that other clients put before names."""
    return clean_line(text, NAME_MAX).lstrip("#@/").strip()


def _picture(char: str) -> str:
    code = ord(char)
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else "\ufffd"
