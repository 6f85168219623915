"""Entries that were just stored, as the events that people see."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..ssc.body import Edit, React, Retract, Say, decode_body, target_of
from ..ssc.entry import Entry
from ..ssc.ids import EntryId
from .api import Event, MessageAdded, MessageChanged
from .timeline import Timeline


async def describe(
    entries: Sequence[Entry], about: Sequence[Entry], timeline: Timeline, is_backfill: Callable[[Entry], bool]
) -> list[Event]:
    """The events for `entries`: new messages in the room's order, then changes to older ones. Raises StoreError.

    `about`: all that was said about them earlier; some of `entries` may be among it.
    """
    known = list({entry.id: entry for entry in (*about, *entries)}.values())
    says = sorted((entry for entry in entries if isinstance(decode_body(entry.body), Say)), key=lambda each: each.order)
    views = await timeline.views(says, known)
    by_id = {entry.id: entry for entry in says}
    events: list[Event] = [MessageAdded(view, is_backfill(by_id[view.id])) for view in views]
    changes: list[tuple[Entry, Edit | Retract | React, EntryId]] = []
    for entry in sorted(entries, key=lambda each: each.order):
        body = decode_body(entry.body)
        if isinstance(body, Edit | Retract | React):
            target = target_of(body.target)
            if target is not None and target not in by_id:  # else it is part of the message as it was added
                changes.append((entry, body, target))
    changed = await timeline.views_of([target for _, _, target in changes])
    for entry, body, target in changes:
        view = changed.get(target)
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
