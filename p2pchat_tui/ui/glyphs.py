"""Drawing with ASCII alone, for terminals and fonts that have no more: every sign of the program has a plain one."""

from __future__ import annotations

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_PLAIN = {
    **dict.fromkeys("─━═╌┄▔▁▂", "-"),
    **dict.fromkeys("│┃║▏▕▎▍▌▐┆╎", "|"),
    **dict.fromkeys("┌┐└┘├┤┬┴┼╭╮╰╯╔╗╚╝┏┓┗┛╶╴", "+"),
    **dict.fromkeys("●◉", "*"),
    **dict.fromkeys("◐◑", "~"),
    **dict.fromkeys("○◯", "o"),
    **{"✓": "v", "·": ".", "•": "*", "…": ".", "⏻": "o", "▶": ">", "▼": "v", "▲": "^", "◀": "<", "×": "x"},
    **{"◌": ".", "≠": "!", "⊘": "x", "⊖": "-", "✱": "*", "↳": ">", "“": '"', "”": '"', "‹": "<", "›": ">", "←": "<"},
    **{"→": ">", "✗": "x", "␊": "|"},
}
"""One cell for one cell, so that nothing moves. A QR code's blocks are not among them: it could not be read."""
TABLE = str.maketrans(_PLAIN)


class PlainGlyphs(LineFilter):
    """Replaces signs in what is about to be drawn; what is copied or logged keeps them."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """See LineFilter."""
        return [
            segment if segment.control or segment.text.isascii() else segment._replace(text=plain(segment.text))
            for segment in segments
        ]


def plain(text: str) -> str:
    """`text` with plain signs."""
    return text.translate(TABLE)
