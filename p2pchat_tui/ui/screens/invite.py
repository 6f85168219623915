"""The invite of a room: to copy, to scan, and what it means to give it away."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from ..qr import qr_lines
from ..text import shown_line
from ..widgets.invite_card import STEPS, WARNING

TEXT_WIDTH = 35
"""Cells that the text beside the code needs."""


class InviteScreen(ModalScreen[None]):
    """Shows the line and its code; closing it forgets both."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "copy", "Copy", id="invite.copy"),
        Binding("escape,q", "dismiss", "Close", id="invite.close"),
    ]

    def __init__(self, room: str, words: str, relay: bool, invite: str) -> None:
        """`relay`: whether others can be reached through a relay, not on this machine alone."""
        super().__init__()
        self._room = room
        self._words = words
        self._relay = relay
        self._invite = invite

    def compose(self) -> ComposeResult:
        """The code at the left, the words at the right; without room for both the code gives way."""
        code = qr_lines(self._invite)
        with Horizontal(id="invite") as box:
            box.border_title = Content(f"invite to #{shown_line(self._room)}")
            box.border_subtitle = "C copies · Esc closes"
            fits = self.app.size.width >= len(code[0]) + TEXT_WIDTH + 4 and self.app.size.height >= len(code) + 2
            if fits:
                yield Static(Content("\n".join(code)), id="invite-code")
            with Vertical(id="invite-words", classes="" if fits else "-alone"):
                yield Static(Content(self._invite), id="invite-line")
                yield Button("Copy", id="invite-copy", compact=True)
                yield Static(STEPS)
                yield Static(Content(self._reach()))
                yield Static(Content(WARNING), classes="card-warning")
                yield Static(Content.assemble("Room words: ", (shown_line(self._words), "bold")))
                if not fits:
                    yield Static(Content("There is a code to scan when the terminal is larger."), classes="quiet")

    def _reach(self) -> str:
        if self._relay:
            return "It works from anywhere that reaches the relay in it."
        return "It names no relay, so it works on this machine only; /relay URL gives it one."

    def on_button_pressed(self) -> None:
        """The only button copies."""
        self.action_copy()

    def action_copy(self) -> None:
        """Put the line on the clipboard."""
        self.app.copy_to_clipboard(self._invite)
        self.notify("The invite is on the clipboard.", markup=False)
