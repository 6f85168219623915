"""Messages made by hand, for tests of how they are shown."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

from p2pchat_tui.session.api import EntryId, MessageView, Page, Reaction
from tests.helpers import identity

START_MS = 1_795_338_840_000
"""Sunday 22 November 2026, 09:14 UTC."""
ANA, BO, ME = (identity(number).peer for number in (12, 13, 11))
NAMES = {ANA: "ana", BO: "bo", ME: "maya"}


def message(number: int, text: str = "hello", author: object = ANA, **changes: object) -> MessageView:
    """Message `number` of a room: a minute after the one before, unless `at_ms` says otherwise."""
    at_ms = changes.pop("at_ms", START_MS + 60_000 * number)
    assert isinstance(at_ms, int)
    plain = MessageView(
        id=EntryId(sha256(number.to_bytes(8, "big", signed=True)).digest()),
        author=author,  # type: ignore[arg-type]
        seq=number + 1,
        order=(at_ms << 16, bytes(author), number),  # type: ignore[call-overload]
        at_ms=at_ms,
        name=NAMES[author],  # type: ignore[index]
        text=text,
        mine=author == ME,
        reply_to=None,
        reply_name="",
        reply_text="",
        edited=False,
        retracted=False,
        reactions=(),
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def page(low: int, high: int, *, more: bool = False) -> Page:
    """Messages low to high - 1."""
    return Page(tuple(message(number, f"message {number}") for number in range(low, high)), more)


def reaction(emoji: str, *authors: object) -> Reaction:
    return Reaction(emoji, authors, ME in authors)  # type: ignore[arg-type]
