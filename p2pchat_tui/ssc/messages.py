"""Messages as they stand: a pure function of the entries of a room, whatever order those came in."""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from .body import Edit, React, Retract, Say, decode_body, target_of
from .entry import Entry
from .ids import EntryId, Order, PeerId, stamp_ms


class Message(msgspec.Struct, frozen=True):
    """One `say` entry after everything that was said about it."""

    id: EntryId
    author: PeerId
    seq: int
    order: Order
    at_ms: int
    text: str
    """Cleaned; empty when retracted."""
    reply_to: EntryId | None
    edited: bool
    retracted: bool
    reactions: tuple[tuple[str, tuple[PeerId, ...]], ...]
    """Emoji and who put it there, both in the order in which they first came to stand."""


def message_of(say: Entry, about: Collection[Entry]) -> Message | None:
    """The message that `say` began; None when it is no `say`. `about` may hold entries about other messages too.

    Edits and retractions count from the message's own author, the newest wins; of reactions the newest of each
    author and emoji.
    """
    body = decode_body(say.body)
    if not isinstance(body, Say):
        return None
    text, edited, retracted = body.text, False, False
    reactions: dict[tuple[str, PeerId], bool] = {}
    said = sorted(about, key=lambda each: (each.order, each.id)) if about else ()
    for entry in said:
        change = decode_body(entry.body)
        if not isinstance(change, Edit | Retract | React) or change.target != say.id.text:
            continue
        if isinstance(change, React):
            key = (change.emoji, entry.author)
            reactions.pop(key, None)
            if change.on:
                reactions[key] = True
        elif entry.author == say.author:
            retracted = isinstance(change, Retract)
            edited = not retracted
            text = change.text if isinstance(change, Edit) else ""
    by_emoji: dict[str, list[PeerId]] = {}
    for emoji, author in reactions:
        by_emoji.setdefault(emoji, []).append(author)
    return Message(
        id=say.id,
        author=say.author,
        seq=say.seq,
        order=say.order,
        at_ms=stamp_ms(say.stamp),
        text=text,
        reply_to=target_of(body.reply),
        edited=edited,
        retracted=retracted,
        reactions=tuple((emoji, tuple(authors)) for emoji, authors in by_emoji.items()),
    )
