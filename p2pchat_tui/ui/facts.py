"""All that is known of one message, as labels with texts beside them: for a screen, and for lines. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo
from typing import NamedTuple

from ..session.api import MessageFacts, PeerView, RoomView
from .people import doubted_name
from .text import count_text, day_text, shown_line


class Fact(NamedTuple):
    """One of them."""

    label: str
    """Empty: it belongs to the one before."""
    text: str
    style: str = ""
    glyph: str = ""
    """What a screen puts before the text."""

    @property
    def marked(self) -> str:
        """As a screen shows it."""
        return f"{self.glyph} {self.text}".lstrip()


def facts_of(facts: MessageFacts, view: RoomView, tz: tzinfo | None) -> Iterator[Fact]:
    """`view`: the room as it is now, for names and for who has read how far."""
    message = facts.message
    author = next((peer for peer in view.peers if peer.peer == message.author), None)
    yield from _people(facts, view)
    yield Fact("changed", _changes(facts))
    yield Fact("entry", f"number {message.seq:,} of this author in this room")
    yield Fact("key", message.author.text, "$quiet")
    if author is not None:
        yield trust(author, tz)
    yield Fact("id", message.id.text, "$quiet")
    yield _verdict(facts)
    if facts.signed:
        yield Fact("", facts.signature.hex(), "$quiet")


def trust(peer: PeerView, tz: tzinfo | None) -> Fact:
    """How sure it is that the key belongs to who it seems to."""
    if peer.verified_ms:
        when = day_text(peer.verified_ms, tz)
        return Fact("person", f"verified: you compared safety words on {when}", "$ink-success", "✓")
    return Fact("person", "not verified; /verify compares safety words")


def _people(facts: MessageFacts, view: RoomView) -> Iterator[Fact]:
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
            # Without the mark of those who were verified: it is the same as that for having it.
            yield Fact(label, ", ".join(doubted_name(peer) for peer in peers), glyph=glyph)
    if not others:
        yield Fact("held by", "nobody else was ever seen here")


def _changes(facts: MessageFacts) -> str:
    if not facts.changes:
        return "never"
    times = count_text(facts.changes, "time")
    return times if facts.message.retracted else f"{times}; first written: “{shown_line(facts.written, 300)}”"


def _verdict(facts: MessageFacts) -> Fact:
    if not facts.signed:
        return Fact("signature", "no good signature was found for it", "$ink-error", "✗")
    later = facts.signed_seq - facts.message.seq
    over = "over this entry" if not later else f"over entry {facts.signed_seq:,}, which names this one by its hash"
    return Fact("signature", f"good: the author's key signed it ({over})", "$ink-success", "✓")
