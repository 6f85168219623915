"""Everything that was told in this run, with its time: for whoever looked away, and for reports of what went wrong."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from ..journal import Record
from ..text import local_time, shown_line

COLOURS = {"warning": "$ink-warning", "error": "$ink-error"}
WORDS = {"information": "", "warning": "warning: ", "error": "error: "}
"""Colour alone carries no meaning."""


class LogScreen(ModalScreen[None]):
    """The newest at the end, which is in view first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "copy", "Copy", id="log.copy"),
        Binding("escape,q", "dismiss", "Close", id="log.close"),
    ]

    def __init__(self, records: Sequence[Record], tz: tzinfo | None) -> None:
        super().__init__()
        self._records = tuple(records)
        self._tz = tz

    def compose(self) -> ComposeResult:
        """One line or more for each record."""
        with VerticalScroll(id="log", classes="box") as box:
            box.border_title = "log"
            box.border_subtitle = "C copies · Esc closes"
            if not self._records:
                yield Static(Content("Nothing was told yet in this run."), classes="quiet")
            for record in self._records:
                with Horizontal(classes="log-record"):
                    yield Static(Content(self._time(record)), classes="log-time")
                    yield Static(
                        Content.styled(_text(record), COLOURS.get(record.severity, "$foreground")), classes="log-text"
                    )

    def on_mount(self) -> None:
        """Begin at the end."""
        box = self.query_one("#log", VerticalScroll)
        box.focus()
        box.scroll_end(animate=False)

    def action_copy(self) -> None:
        """All of it, as plain lines."""
        self.app.copy_to_clipboard("\n".join(f"{self._time(record)}  {_text(record)}" for record in self._records))
        self.notify("The log is on the clipboard.", markup=False)

    def _time(self, record: Record) -> str:
        return f"{local_time(record.at_ms, self._tz):%H:%M:%S}"


def _text(record: Record) -> str:
    return WORDS.get(record.severity, "") + shown_line(record.text, 600)
