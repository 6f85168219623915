"""Somebody asks to talk to the reader alone: nothing is opened before she says so."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from ...session.directs import Ask
from ..text import shown_line


class AskScreen(ModalScreen[bool | None]):
    """True opens the room, False says no for good, None leaves the question for later."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Later", id="ask.later"),
        Binding("left,up", "app.focus_previous", "Previous", id="ask.previous", show=False),
        Binding("right,down", "app.focus_next", "Next", id="ask.next", show=False),
    ]

    def __init__(self, ask: Ask, room: str) -> None:
        """`room`: what stands for the room in which he asked; empty when it is gone."""
        super().__init__()
        self._ask = ask
        self._room = room

    def compose(self) -> ComposeResult:
        """Who it is, and three answers."""
        name, where = shown_line(self._ask.name, 40), f", whom you know from {self._room}," if self._room else ""
        with Vertical(id="ask", classes="box") as box:
            box.border_title = "a room of two"
            yield Static(
                Content(
                    f"{name} (key {self._ask.peer.tag}){where} would like to talk to you alone. "
                    "Nobody else can read or join a room of two. If you say no, they are not told, and not heard again."
                )
            )
            with Horizontal(classes="buttons"):
                yield Button("Open it", id="ask-yes", compact=True)
                yield Button("Later", id="ask-later", compact=True)
                yield Button("No", id="ask-no", variant="error", compact=True)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Answer."""
        self.dismiss({"ask-yes": True, "ask-no": False}.get(event.button.id or ""))
