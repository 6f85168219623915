"""The link inspector: every link, attempt and relay of a room as they are now, and what can be done about them."""

from __future__ import annotations

import platform
from collections.abc import Callable
from datetime import tzinfo
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from ... import __version__
from ..inspection import Facts, Inspection, report
from ..text import shown_line

LOOK_S = 1.0
"""How often it looks again."""
KEYS = "R tries now · C copies a report · A addresses · Esc"


class InspectorScreen(ModalScreen[None]):
    """Looks by itself for as long as it is open, and draws only what reads differently."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "retry", "Try now", id="inspector.retry"),
        Binding("c", "copy", "Copy a report", id="inspector.copy"),
        Binding("a", "addresses", "Addresses", id="inspector.addresses"),
        Binding("escape,f4,q", "dismiss", "Close", id="inspector.close"),
    ]

    def __init__(self, look: Callable[[], Facts], retry: Callable[[], None], tz: tzinfo | None) -> None:
        """`look`: the network as it is now. `retry`: try every link and relay at once."""
        super().__init__()
        self._look = look
        self._retry = retry
        self._tz = tz
        self._addresses = False

    def compose(self) -> ComposeResult:
        """One card under the other."""
        box = VerticalScroll(id="inspector", classes="box")
        box.border_subtitle = KEYS
        yield box

    def on_mount(self) -> None:
        """Look at once, and then every second."""
        self.query_one("#inspector").focus()
        self.call_after_refresh(self.show)
        self.set_interval(LOOK_S, self.show)

    def on_resize(self) -> None:
        """Wrap anew."""
        self.call_after_refresh(self.show)

    async def show(self) -> None:
        """Show what is now."""
        box = self.query_one_optional("#inspector", VerticalScroll)
        # The last column is the scroll bar's, there or not, so that nothing is wrapped anew once it comes.
        width = box.size.width - 1 if box else 0
        if box is None or width <= 0:  # closed meanwhile, or not laid out yet
            return
        facts = self._look()
        box.border_title = f"links · {shown_line(facts.view.title, 30)}"
        contents = Inspection(facts, width, self._tz, addresses=self._addresses).cards()
        cards = list(box.query(Card))
        for card, content in zip(cards, contents, strict=False):
            card.show(content)
        if more := contents[len(cards) :]:
            await box.mount_all(Card(content) for content in more)
        for card in cards[len(contents) :]:
            await card.remove()

    async def action_retry(self) -> None:
        """Wait no longer."""
        self._retry()
        self.notify("Trying every link and relay now.", markup=False)
        await self.show()

    async def action_addresses(self) -> None:
        """Show the addresses, or hide them again."""
        self._addresses = not self._addresses
        await self.show()

    def action_copy(self) -> None:
        """A report for whoever shall find out what is wrong."""
        program = f"p2pchat-tui {__version__}, Python {platform.python_version()}, {platform.system()}"
        self.app.copy_to_clipboard(report(self._look(), self._tz, program, addresses=self._addresses))
        what = "with addresses: mind who gets it" if self._addresses else "without names and addresses"
        self.notify(f"The report is on the clipboard, {what}.", markup=False)


class Card(Static):
    """One link, attempt, or all relays."""

    def __init__(self, content: Content) -> None:
        super().__init__(content, markup=False, classes="inspector-card")
        self._shown = content

    def show(self, content: Content) -> None:
        """Draw it, if it reads or looks differently."""
        before, self._shown = self._shown, content
        if (content.plain, content.spans) != (before.plain, before.spans):
            self.update(content, layout=content.plain.count("\n") != before.plain.count("\n"))
