"""The commands that only look at the saved rooms: rooms, invite. They import no more than that takes."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import time

from ..config import Config
from ..ports.store import SavedRoom
from ..ssc.room import Invite, normal_room_name, write_invite
from ..ssc.text import clean_line, clean_name
from ..ssc.words import room_words
from ..store.peek import peek_rooms
from .errors import Exit, Failure
from .parser import PROGRAM
from .terminal import draw_qr, note, say, table

HERE_ONLY = "this machine"
"""What stands in place of a relay."""


async def rooms(config: Config, options: argparse.Namespace) -> Exit:
    """List the saved rooms."""
    saved = await rooms_of(config)
    if options.json:
        for each in saved:
            say(json.dumps(_as_json(each)))
    elif saved:
        heads = ("ROOM", "WORDS", "RELAY", "OPENED")
        for line in table([heads, *(_as_row(each) for each in saved)]):
            say(line)
    else:
        note(f"There is no saved room yet: make one with `{PROGRAM} new NAME`, or join one with `{PROGRAM} join`.")
    return Exit.DONE


async def invite(config: Config, options: argparse.Namespace) -> Exit:
    """Print the invite of a saved room."""
    saved = await saved_room(config, options.room)
    text = write_invite(Invite(saved.name, saved.secret, saved.relay))
    say(text)
    if options.qr:
        draw_qr(text)
    return Exit.DONE


async def rooms_of(config: Config) -> list[SavedRoom]:
    """The saved rooms of the profile, also while it is open in another window. Raises StoreError, OSError."""
    with contextlib.suppress(FileNotFoundError):
        os.stat(config.profile_folder)  # a home that is no folder is not one without rooms
    return await peek_rooms(config.profile_folder / "rooms.db")


async def saved_room(config: Config, name: str) -> SavedRoom:
    """The saved room called `name`. Raises Failure, StoreError, OSError."""
    found = await rooms_of(config)
    for fits in (
        [saved for saved in found if saved.name == clean_name(name)],
        [saved for saved in found if normal_room_name(saved.name) == normal_room_name(name)],
    ):
        if fits:
            return fits[0]
    raise Failure(f"There is no saved room called {clean_line(name, 40)}; `{PROGRAM} rooms` lists those that are.")


def _as_json(saved: SavedRoom) -> dict[str, object]:
    return {
        "name": saved.name,
        "room_id": saved.room.text,
        "words": room_words(saved.room),
        "relay": saved.relay,
        "opened": saved.opened_ms,
    }


def _as_row(saved: SavedRoom) -> tuple[str, ...]:
    opened = time.strftime("%Y-%m-%d %H:%M", time.localtime(saved.opened_ms / 1000))
    return saved.name, room_words(saved.room), saved.relay or HERE_ONLY, opened
