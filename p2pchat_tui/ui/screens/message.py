"""All that is known of one message: who has it, who has read it, what vouches for it, and its whole text."""

from __future__ import annotations

from datetime import tzinfo
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.geometry import Size
from textual.screen import ModalScreen
from textual.widget import Widget

from ...session.api import MessageFacts, RoomView
from ..facts import facts_of
from ..people import cast_of
from ..text import clock_text, cut, day_text, shown, wrap
from .labelled import Part, labelled


class MessageScreen(ModalScreen[None]):
    """One page to scroll through."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,i,q", "dismiss", "Close", id="message.close"),
        Binding("c", "copy", "Copy", id="message.copy"),
    ]

    def __init__(self, facts: MessageFacts, view: RoomView, tz: tzinfo | None) -> None:
        """`view`: the room as it is now, for names and for who has read how far."""
        super().__init__()
        self._facts = facts
        self._view = view
        self._tz = tz

    def compose(self) -> ComposeResult:
        """Everything, one under the other."""
        with VerticalScroll(id="message") as scroll:
            scroll.border_title = "message"
            scroll.border_subtitle = "C copies the text · Esc closes"
            yield MessageText(self._facts, self._view, self._tz)

    def on_mount(self) -> None:
        """Let the arrow keys scroll at once."""
        self.query_one("#message").focus()

    def action_copy(self) -> None:
        """The text as it was written, Markdown and all."""
        self.app.copy_to_clipboard(shown(self._facts.message.text))
        self.notify("Copied.", markup=False)


class MessageText(Widget):
    """The facts at the width that there is."""

    def __init__(self, facts: MessageFacts, view: RoomView, tz: tzinfo | None) -> None:
        super().__init__()
        self._facts = facts
        self._view = view
        self._tz = tz

    def render(self) -> Content:
        """Wrapped beside their labels."""
        return facts_content(self._facts, self._view, self._tz, self.size.width)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as there are at `width`."""
        return facts_content(self._facts, self._view, self._tz, width).plain.count("\n") + 1


def facts_content(facts: MessageFacts, view: RoomView, tz: tzinfo | None, width: int) -> Content:
    """All of it as one text of at most `width` cells."""
    message = facts.message
    cast = cast_of(view)
    name = "you" if message.mine else cast.called(message.author, message.name)
    when = f"{day_text(message.at_ms, tz)}, {clock_text(message.at_ms, tz)}"
    parts: list[Part] = [
        (cut(name, width), f"bold ${cast.style(message.author)}"),
        "\n",
        (when, "$quiet"),
        "\n\n",
    ]
    for fact in facts_of(facts, view, tz):
        parts += labelled(fact.label, fact.marked, width, fact.style)
    parts += [("\n" + "─" * width + "\n", "$line")]
    if message.retracted:
        parts += [("This message was taken back.", "italic $quiet"), "\n"]
    else:
        parts += [message_text(message.text, width).rstrip(), "\n"]
    return Content.assemble(*parts).rstrip()


def message_text(text: str, width: int) -> str:
    """The whole text as it was written, wrapped."""
    text = shown(text)
    return "\n".join(text[low:high] for low, high in wrap(text, width))
