"""`export`: a room as a file, while a window may have it open. Reads in slices, so that its size does not matter."""

from __future__ import annotations

import argparse
from collections.abc import AsyncIterator, Callable

from ..config import Config
from ..ports.store import SavedRoom, Store
from ..session.cut_off import read_cut_off
from ..session.names import Names
from ..session.timeline import Timeline
from ..ssc.ids import Order, PeerId
from ..ssc.transcript import Writer
from ..ssc.words import room_words
from .compose import SystemClock
from .errors import Exit
from .listing import saved_room
from .output import Write, output
from .parser import PROGRAM
from .terminal import STANDARD, note, progress

Show = Callable[[int], None]

SLICE = 1_000
"""Entries or messages in memory at a time."""
_NOBODY = PeerId(bytes(PeerId.size))
"""In a file for others no message is `mine`."""


async def export(config: Config, options: argparse.Namespace) -> Exit:
    """Write a room to a file or to standard output."""
    from ..store.reader import open_reader

    saved = await saved_room(config, options.room)
    file = None if options.output == STANDARD else options.output
    with (
        output(file, force=options.force) as write,
        progress("written", to_screen=file is None) as show,
    ):
        store = await open_reader(config.profile_folder / "rooms.db")
        try:
            count = await (_proofs if options.format == "jsonl" else _people)(saved, store, write, show)
        finally:
            await store.close()
    if not count:
        note(f"Nothing of {saved.name} is on this disk: open the room, and it comes from the others.")
    elif file is not None:
        check = f"; `{PROGRAM} verify` checks them" if options.format == "jsonl" else ""
        what = ("entries" if check else "messages") if count != 1 else ("entry" if check else "message")
        note(f"Written: {count:,} {what} of {saved.name}{check}.")
    return Exit.DONE


async def _proofs(saved: SavedRoom, store: Store, write: Write, show: Show) -> int:
    """Every entry with its proof, by author; how many those were."""
    lines = Writer(saved.room)
    write(lines.header(saved.name, SystemClock().wall_ms()))
    for feed in await store.feeds(saved.room):
        for piece in feed.segments:
            for low in range(piece.low, piece.high + 1, SLICE):
                high = min(low + SLICE - 1, piece.high)
                write(lines.lines(await store.run(saved.room, feed.author, low, high)))
                show(lines.entries)
    for proof in await store.proofs(saved.room):
        write(lines.fork(proof))
    write(lines.end())
    return lines.entries


async def _people(saved: SavedRoom, store: Store, write: Write, show: Show) -> int:
    """The messages as they stand, oldest first; how many those were."""
    from .markdown import Markdown

    names = Names()
    for known in await store.peers(saved.room):
        names.hear(known.peer, known.name)
    timeline = Timeline(store, saved.room, _NOBODY, names)
    await timeline.load()
    document = Markdown(names.of)
    write(document.head(saved.name, room_words(saved.room), timeline.topic, SystemClock().wall_ms()).encode())
    count = 0
    async for before in _slices(store, saved):
        page = await timeline.page(SLICE, before)
        write("".join(document.message(view) for view in page.messages).encode())
        count += len(page.messages)
        show(count)
    write(document.cut_off(await read_cut_off(store, saved.room)).encode())
    return count


async def _slices(store: Store, saved: SavedRoom) -> AsyncIterator[Order | None]:
    """What each page of the timeline lies below, the oldest page first: the store finds pages from the newest on."""
    ends: list[Order | None] = [None]
    while says := await store.messages(saved.room, SLICE, ends[-1]):
        ends.append(says[0].order)
    for before in reversed(ends[:-1]):
        yield before
