"""Who is writing just now. Always one line high, so that nothing jumps."""

from __future__ import annotations

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from ...session.api import RoomView
from ..text import cut, names_text, shown_line


class TypingLine(Widget):
    """`ana is typing…`"""

    view: reactive[RoomView | None] = reactive(None)

    def render(self) -> Content:
        """Names first; a crowd becomes a number."""
        if self.view is None:
            return Content("")
        names = [shown_line(peer.name, 40) for peer in self.view.peers if peer.typing]
        return Content(cut(typing_text(names), self.size.width))


def typing_text(names: list[str]) -> str:
    """One sentence for all who type; empty for nobody."""
    if not names:
        return ""
    return f"{names_text(names)} {'is' if len(names) == 1 else 'are'} typing…"
