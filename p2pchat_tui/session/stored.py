"""Entries that were just stored, as the events that people see."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..ssc.body import Edit, React, Retract, Say, decode_body, target_of
from ..ssc.entry import Entry
from .api import Event, MessageAdded, MessageChanged
from .timeline import Timeline


async def describe(entries: Sequence[Entry], timeline: Timeline, is_backfill: Callable[[Entry], bool]) -> list[Event]:
    """The events for `entries`: new messages in the room's order, then changes to older ones. Raises StoreError."""
    says = sorted((entry for entry in entries if isinstance(decode_body(entry.body), Say)), key=lambda each: each.order)
    views = await timeline.views(says)
    by_id = {entry.id: entry for entry in says}
    events: list[Event] = [MessageAdded(view, is_backfill(by_id[view.id])) for view in views]
    for entry in sorted(entries, key=lambda each: each.order):
        body = decode_body(entry.body)
        if not isinstance(body, Edit | Retract | React):
            continue
        target = target_of(body.target)
        if target is None or target in by_id:
            continue  # already part of the message as it was added
        view = await timeline.view(target)
        if view is None or (not isinstance(body, React) and entry.author != view.author):
            continue
        match body:
            case Edit():
                events.append(MessageChanged(view, "edited"))
            case Retract():
                events.append(MessageChanged(view, "retracted"))
            case React(emoji=emoji, on=on):
                events.append(MessageChanged(view, "reaction", (entry.author, emoji, on)))
    return events
