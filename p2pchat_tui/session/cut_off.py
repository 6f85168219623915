"""What I wrote in a room that is no part of it any more, since my identity was copied: kept for me alone.

The others see nothing of it, and my feed has ended before it. Nothing that one wrote is ever lost for that.
"""

from __future__ import annotations

import msgspec

from ..ports.store import Store
from ..ssc.body import Edit, Say, decode_body
from ..ssc.ids import PeerId, RoomId, Stamp, stamp_ms

KEY = "cut-off"
"""The room's setting that holds it, as JSON."""
STILL_IN_EXPORT = "What you wrote is still in `p2pchat-tui export`."
SLICE = 1_000
"""Entries read at a time."""


class CutOff(msgspec.Struct, frozen=True, array_like=True, order=True):
    """One message of mine that nobody else has."""

    at_ms: int
    """When it was written, Unix milliseconds."""
    text: str


async def keep_cut_off(store: Store, room: RoomId, me: PeerId, low: int, high: int) -> None:
    """Keep what is said by the entries low..high of my feed, before they are erased. Raises StoreError."""
    found: list[CutOff] = []
    for feed in await store.feeds(room):
        if feed.author == me:
            for piece in feed.segments:
                found += await _said(store, room, me, max(low, piece.low), min(high, piece.high))
    if found:
        await _write(store, room, {*await read_cut_off(store, room), *found})


async def read_cut_off(store: Store, room: RoomId) -> list[CutOff]:
    """All that is kept, the oldest first. Raises StoreError."""
    text = await store.setting(room, KEY)
    try:
        return msgspec.json.decode(text, type=list[CutOff]) if text else []
    except msgspec.MsgspecError:
        return []  # of a later version


async def prune_cut_off(store: Store, room: RoomId, cutoff: Stamp) -> None:
    """Let go of what was written before `cutoff`. Raises StoreError."""
    kept = await read_cut_off(store, room)
    left = {each for each in kept if each.at_ms >= stamp_ms(cutoff)}
    if len(left) < len(kept):
        await _write(store, room, left)


async def _said(store: Store, room: RoomId, me: PeerId, low: int, high: int) -> list[CutOff]:
    said = []
    for start in range(low, high + 1, SLICE):
        for entry in await store.run(room, me, start, min(start + SLICE - 1, high)):
            body = decode_body(entry.body)
            if isinstance(body, Say | Edit):
                said.append(CutOff(stamp_ms(entry.stamp), body.text))
    return said


async def _write(store: Store, room: RoomId, kept: set[CutOff]) -> None:
    await store.set_setting(room, KEY, msgspec.json.encode(sorted(kept)).decode() if kept else "")
