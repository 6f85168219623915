"""All that is known of one message: who has it, who has read it, what vouches for it, and its whole text."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.geometry import Size
from textual.screen import ModalScreen
from textual.widget import Widget

from ...session.api import MessageFacts, PeerView, RoomView
from ..people import cast_of, marked_name
from ..text import clock_text, count_text, cut, day_text, nick_colour, shown, shown_line, wrap
from .labelled import Part, labelled, trust_text


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
    author = next((peer for peer in view.peers if peer.peer == message.author), None)
    name = "you" if message.mine else cast_of(view).called(message.author, message.name)
    when = f"{day_text(message.at_ms, tz)}, {clock_text(message.at_ms, tz)}"
    parts: list[Part] = [
        (cut(name, width), f"bold $nick-{nick_colour(message.author)}"),
        "\n",
        (when, "$quiet"),
        "\n\n",
    ]
    parts += [*_people(facts, view, width)]
    parts += [*labelled("changed", _changes(facts), width)]
    verdict = _verdict(facts)
    parts += labelled("entry", f"number {message.seq:,} of this author in this room", width)
    parts += labelled("key", message.author.text, width, "$quiet")
    if author is not None:
        parts += labelled("person", trust_text(author, tz), width, "$success" if author.verified_ms else "")
    parts += labelled("id", message.id.text, width, "$quiet")
    parts += labelled("signature", verdict, width, "$success" if facts.signed else "$error")
    if facts.signed:
        parts += labelled("", facts.signature.hex(), width, "$quiet")
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


def _people(facts: MessageFacts, view: RoomView, width: int) -> Iterator[Part]:
    """Everybody else but the author: who has read it, who has it, who lacks it."""
    order = facts.message.order
    readers = {peer.peer for peer in view.readers(order)}
    held = set(facts.holders)
    others = [peer for peer in view.peers if peer.peer != facts.message.author]
    groups: tuple[tuple[str, str, list[PeerView]], ...] = (
        ("read by", "✓", [peer for peer in others if peer.peer in readers]),
        ("held by", "✓", [peer for peer in others if peer.peer in held - readers]),
        ("not yet", "·", [peer for peer in others if peer.peer not in held | readers]),
    )
    for label, glyph, peers in groups:
        if peers:
            names = ", ".join(marked_name(peer) for peer in peers)
            yield from labelled(label, f"{glyph} {names}", width)
    if not others:
        yield from labelled("held by", "nobody else was ever seen here", width)


def _changes(facts: MessageFacts) -> str:
    if not facts.changes:
        return "never"
    times = count_text(facts.changes, "time")
    return times if facts.message.retracted else f"{times}; first written: “{shown_line(facts.written, 300)}”"


def _verdict(facts: MessageFacts) -> str:
    if not facts.signed:
        return "✗ no good signature was found for it"
    later = facts.signed_seq - facts.message.seq
    over = "over this entry" if not later else f"over entry {facts.signed_seq:,}, which names this one by its hash"
    return f"✓ good: the author's key signed it ({over})"
