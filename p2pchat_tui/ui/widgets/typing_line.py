"""Who is writing just now. Always one line high, so that nothing jumps."""

from __future__ import annotations

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from ...session.api import RoomView
from ..text import cut, names_text, shown_line


class TypingLine(Widget):
    """`ana is typing…`"""

    view: reactive[RoomView | None] = reactive(None, repaint=False)
    text: reactive[str] = reactive("")
    """Drawn again only when it reads differently."""

    def watch_view(self, view: RoomView | None) -> None:
        """Names first; a crowd becomes a number."""
        self.text = typing_text([shown_line(peer.name, 40) for peer in view.peers if peer.typing]) if view else ""

    def render(self) -> Content:
        """As much as there is room for."""
        return Content(cut(self.text, self.size.width))


def typing_text(names: list[str]) -> str:
    """One sentence for all who type; empty for nobody."""
    if not names:
        return ""
    return f"{names_text(names)} {'is' if len(names) == 1 else 'are'} typing…"
