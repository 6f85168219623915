"""A QR code as lines of half blocks: two rows of modules on each line of text."""

from __future__ import annotations

QUIET = 2
"""Light modules around the code; scanners of today need no more."""
_BLOCKS = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}


def qr_lines(text: str) -> tuple[str, ...]:
    """The code of `text`, to be drawn in black on white. Raises ValueError when it is too long for one."""
    import segno  # Only who opens an invite needs it.

    code = segno.make(text, error="l", boost_error=False, micro=False)
    matrix = [[bool(module) for module in row] for row in code.matrix_iter(border=QUIET)]
    if len(matrix) % 2:
        matrix.append([False] * len(matrix[0]))
    return tuple(
        "".join(_BLOCKS[top, bottom] for top, bottom in zip(upper, lower, strict=True))
        for upper, lower in zip(matrix[::2], matrix[1::2], strict=True)
    )
