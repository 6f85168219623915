"""Asks before something that cannot be undone."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Static


class ConfirmScreen(ModalScreen[bool]):
    """True when it shall be done. Escape and the button that has the focus say no."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(False)", "No", id="confirm.no"),
        Binding("left,up", "app.focus_previous", "Previous", id="confirm.previous", show=False),
        Binding("right,down", "app.focus_next", "Next", id="confirm.next", show=False),
    ]

    def __init__(self, question: str, yes: str) -> None:
        super().__init__()
        self._question = question
        self._yes = yes

    def compose(self) -> ComposeResult:
        """The question, then no before yes."""
        with Vertical(id="confirm"):
            yield Static(Content(self._question))
            with Horizontal(id="confirm-buttons"):
                yield Button("Keep it", id="no", compact=True)
                yield Button(Content(self._yes), id="yes", variant="error", compact=True)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Answer."""
        self.dismiss(event.button.id == "yes")
