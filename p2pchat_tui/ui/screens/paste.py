"""Asks what to do with a long paste, before it is anywhere."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from ..pasting import Pasted, as_code
from ..text import count_text, cut, shown

PREVIEW_LINES = 5
PREVIEW_WIDTH = 64
MESSAGE_MAX = 8 * 1024
"""Bytes that one message holds; the session refuses more."""


class PasteScreen(ModalScreen[str | None]):
    """Ends with the text to insert, or with None for nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Not at all", id="paste.no"),
        Binding("left,up", "app.focus_previous", "Previous", id="paste.previous", show=False),
        Binding("right,down", "app.focus_next", "Next", id="paste.next", show=False),
    ]

    def __init__(self, paste: Pasted) -> None:
        super().__init__()
        self._paste = paste

    def compose(self) -> ComposeResult:
        """How much it is, how it begins, and three ways on."""
        with Vertical(id="paste", classes="box") as box:
            box.border_title = "long paste"
            yield Static(Content(paste_text(self._paste)))
            yield Static(Content(preview(self._paste.text)), id="paste-preview")
            with Horizontal(classes="buttons"):
                yield Button("As code", id="paste-code", compact=True)
                yield Button("As it is", id="paste-plain", compact=True)
                yield Button("Not at all", id="paste-no", compact=True)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Answer."""
        match event.button.id:
            case "paste-code":
                self.dismiss(as_code(self._paste.text))
            case "paste-plain":
                self.dismiss(self._paste.text)
            case _:
                self.dismiss(None)


def paste_text(paste: Pasted) -> str:
    """What one must know before one answers."""
    size = len(paste.text.encode("utf-8", "replace"))
    text = f"You are pasting {count_text(paste.lines, 'line')}, {count_text(size, 'byte')}."
    if paste.cut:
        text += f" It was longer still: {count_text(paste.cut, 'character')} at the end were left away."
    if size > MESSAGE_MAX:
        text += f" One message holds {MESSAGE_MAX:,} bytes, so it must be shortened before it can be sent."
    return text


def preview(text: str) -> str:
    """How it begins, each line cut to what fits."""
    lines = shown(text).split("\n")
    first = [cut(line, PREVIEW_WIDTH) for line in lines[:PREVIEW_LINES]]
    return "\n".join([*first, "…"] if len(lines) > PREVIEW_LINES else first)
