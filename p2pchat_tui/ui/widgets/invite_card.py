"""What a new room shows instead of messages: its invite, what to do with it, and what is being waited for."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widgets import Button, Static

from ...session.api import RoomView
from ..text import shown_line

STEPS = Content.assemble("They run ", ("p2pchat-tui", "bold"), ", choose Join, and paste this line.")
WARNING = "It is the key to the room: whoever has it can read and write here. Send it only by a way that you trust."


class InviteCard(VerticalScroll, can_focus=False):
    """The invite of the room that is open; copies on demand."""

    view: reactive[RoomView | None] = reactive(None, repaint=False)
    invite: reactive[str] = reactive("")
    copied: reactive[bool] = reactive(False)

    class Pressed(Message):
        """A button was pressed."""

        def __init__(self, what: str) -> None:
            super().__init__()
            self.what = what
            """`copy` or `qr`."""

    def compose(self) -> ComposeResult:
        """One column, read from top to bottom."""
        yield Static("Bring somebody in", id="card-title")
        yield Static("", id="card-invite", markup=False)
        yield Static("", id="card-copied", markup=False)
        yield Static(STEPS, classes="card-text")
        yield Static(Content(WARNING), classes="card-text card-warning")
        with Horizontal(id="card-buttons"):
            yield Button("Copy", id="card-copy", compact=True)
            yield Button("Show as QR code", id="card-qr", compact=True)
        yield Static(Content("Waiting for somebody to join…"), id="card-waiting")
        yield Static("", id="card-words", markup=False)
        yield Static("", id="card-network", markup=False)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Tell which."""
        event.stop()
        self.post_message(self.Pressed("qr" if event.button.id == "card-qr" else "copy"))

    def watch_invite(self, invite: str) -> None:
        """Show it whole, wrapped where it must be."""
        self.query_one("#card-invite", Static).update(Content(invite or "…"))

    def watch_copied(self, copied: bool) -> None:
        """Say that the clipboard has it."""
        text = "✓ copied, where the terminal allows it" if copied else ""
        self.query_one("#card-copied", Static).update(Content(text))

    def watch_view(self, before: RoomView | None, view: RoomView | None) -> None:
        """Words and network sentence as they are now."""
        if view is None or (before and (before.words, before.network) == (view.words, view.network)):
            return
        words = Content.assemble("Room words: ", (shown_line(view.words), "bold"), ", the same for everybody in it")
        self.query_one("#card-words", Static).update(words)
        self.query_one("#card-network", Static).update(Content(shown_line(view.network, 400)))
