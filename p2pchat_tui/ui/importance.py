"""Which room comes before which in a list: pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..session.api import PeerId

BY_IMPORTANCE, BY_NAME = "importance", "name"

Key = tuple[str, PeerId | None]
"""What no other item of a list has."""


@dataclass(frozen=True, slots=True)
class RoomItem:
    """One line of a list of rooms."""

    name: str
    current: bool
    running: bool
    """Whether its session runs, so that messages come in."""
    unread: int
    mentions: int = 0
    """How many of the unread ones speak to the reader."""
    muted: bool = False
    """Whether nothing of it is announced: it counts quietly, and comes last."""
    newest_ms: int = 0
    """When its newest message was written, or when it was opened last, Unix milliseconds."""
    online: int | None = None
    """How many others are there; None where that is not known."""
    direct: bool = False
    """Whether it is a room of two."""
    asker: PeerId | None = None
    """Who asks to talk to the reader alone: it is no room yet."""

    @property
    def asked(self) -> bool:
        """Whether it is no room yet."""
        return self.asker is not None

    @property
    def key(self) -> Key:
        """Whoever asks may be called like a room."""
        return self.name, self.asker

    @property
    def title(self) -> str:
        """`#orchard`, or `@bo` for a room of two."""
        return f"{'@' if self.direct else '#'}{self.name}"


def by_importance(items: Iterable[RoomItem]) -> list[RoomItem]:
    """Who asks, then mentions, then unread, then the most recent; muted rooms last, in the same order."""
    return sorted(items, key=_importance)


def _importance(item: RoomItem) -> tuple[object, ...]:
    return (item.muted, not item.asked, not item.mentions, not item.unread, -item.newest_ms, item.name.casefold())


def ordered(items: Iterable[RoomItem], order: str, before: Sequence[Key] = ()) -> tuple[RoomItem, ...]:
    """`items` in the `order` that the reader wants.

    `before`: keys in an order that must not change just now; what is new is put behind them.
    """
    rows = by_importance(items)
    if order == BY_NAME:
        rows.sort(key=lambda item: (not item.asked, item.name.casefold()))
    places = {key: place for place, key in enumerate(before)}
    return tuple(sorted(rows, key=lambda item: places.get(item.key, len(places))))


def next_unread(items: Iterable[RoomItem]) -> RoomItem | None:
    """The most important room with something new, other than the current one; None when there is none."""
    return next((item for item in by_importance(items) if item.unread and not item.current), None)
