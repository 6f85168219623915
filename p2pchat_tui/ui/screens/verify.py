"""The safety words of two people, to be compared over another way, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from ..qr import qr_lines
from ..text import pad, shown_line

COLUMNS = 3
WORD_WIDTH = 14
"""`12 lavender` and three blanks."""
TEXT_WIDTH = COLUMNS * WORD_WIDTH
"""Cells that the text beside the code needs."""


class VerifyScreen(ModalScreen[bool]):
    """True: they match. False: they do not. None: not compared now."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "dismiss(True)", "They match", id="verify.yes"),
        Binding("n", "dismiss(False)", "They do not match", id="verify.no"),
        Binding("left,up", "app.focus_previous", "Previous", id="verify.previous", show=False),
        Binding("right,down", "app.focus_next", "Next", id="verify.next", show=False),
        Binding("escape,q", "dismiss(None)", "Not now", id="verify.later"),
    ]

    def __init__(self, name: str, words: Sequence[str]) -> None:
        """`name`: whom one compares with, as the roster calls them."""
        super().__init__()
        self._name = shown_line(name, 40)
        self._words = tuple(words)

    def compose(self) -> ComposeResult:
        """The code at the left, the words at the right; without room for both the code gives way."""
        code = qr_lines(code_text(self._words))
        with Horizontal(id="verify") as box:
            box.border_title = Content(f"you and {self._name}")
            box.border_subtitle = "Y they match · N they do not · Esc not now"
            size = self.app.size
            fits = size.width >= len(code[0]) + TEXT_WIDTH + 8 and size.height >= len(code) + 2
            if fits:
                yield Static(Content("\n".join(code)), id="verify-code")
            with Vertical(id="verify-words"):
                yield Static(words_content(self._words), id="verify-list")
                yield Static(Content(ADVICE.format(self._name)))
                yield Static(Content(SCAN if fits else NO_ROOM), classes="quiet")
                with Vertical(id="verify-buttons"):
                    yield Button("Not now", id="verify-later", compact=True)
                    yield Button("They match", id="verify-yes", variant="success", compact=True)
                    yield Button("They do not match", id="verify-no", variant="error", compact=True)

    def on_mount(self) -> None:
        """Nothing is said by a stray Enter."""
        self.query_one("#verify-later", Button).focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Answer."""
        self.dismiss({"verify-yes": True, "verify-no": False}.get(event.button.id or ""))


ADVICE = "{0} sees the same words with /verify. Compare them by phone or side by side, never in this chat."
SCAN = "A phone's camera reads them from the code."
NO_ROOM = "There is a code to scan when the terminal is larger."


def words_content(words: Sequence[str]) -> Content:
    """Numbered, in columns that are read downwards."""
    rows = -(-len(words) // COLUMNS)
    parts: list[str | tuple[str, str]] = []
    for row in range(rows):
        for column in range(row, len(words), rows):
            parts += [(f"{column + 1:>2} ", "$quiet"), (pad(words[column], WORD_WIDTH - 3), "bold")]
        parts.append("\n")
    return Content.assemble(*parts).rstrip()


def code_text(words: Sequence[str]) -> str:
    """What the code holds: capitals alone make it small."""
    return "P2PCHAT SAFETY WORDS: " + " ".join(words).upper()
