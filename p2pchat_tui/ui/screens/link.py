"""Asks before a link is followed, and shows where it really leads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from ..links import target_text


class LinkScreen(ModalScreen[str]):
    """The URL that shall be opened; None for none."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "No", id="link.no"),
        Binding("c", "copy", "Copy", id="link.copy"),
    ]

    def __init__(self, urls: Sequence[str]) -> None:
        """`urls`: at least one, each of them safe (see `links`)."""
        super().__init__()
        self._urls = tuple(urls)

    def compose(self) -> ComposeResult:
        """Each link in full, after the host that it leads to."""
        with Vertical(id="link") as box:
            box.border_title = "open in the browser?" if len(self._urls) == 1 else "open which one in the browser?"
            box.border_subtitle = "Enter opens · C copies · Esc closes"
            options = [Option(Content.assemble((target_text(url), "bold"), "\n", url)) for url in self._urls]
            yield OptionList(*options, id="link-list", markup=False, compact=True)
            yield Static(Content("Whoever runs that site learns your address."), classes="quiet")

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Yes, this one."""
        event.stop()
        self.dismiss(self._urls[event.option_index])

    def action_copy(self) -> None:
        """Copy the link instead."""
        index = self.query_one(OptionList).highlighted
        if index is not None:
            self.app.copy_to_clipboard(self._urls[index])
            self.notify("Copied.", markup=False)
        self.dismiss(None)
