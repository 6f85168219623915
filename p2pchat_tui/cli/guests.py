"""What a guest, the second window of a profile, has of the profile: its rooms, and what was decided about people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ..ports.store import SavedRoom, Store
from ..session.directs import KEY as DIRECT
from ..session.keeper import KEEP
from ..session.lan import KEY as LAN
from ..ssc.ids import PeerId, RoomId
from ..ssc.people import Person, inherited
from ..store.peek import peek_people, peek_rooms, peek_settings


async def take_over(database: Path, store: Store, me: PeerId) -> None:
    """Bring the `store` of the guest `me` up to what the profile has in its `database`. Raises StoreError."""
    settings = {key: await peek_settings(database, key) for key in (KEEP, LAN)}
    of_two = await peek_settings(database, DIRECT)
    # In a room of two there is nobody but those two, and a guest is neither.
    rooms = [saved for saved in await peek_rooms(database) if saved.room not in of_two]
    await _copy_rooms(rooms, settings, store)
    await _copy_people(await peek_people(database), store, me)


async def _copy_rooms(rooms: Sequence[SavedRoom], settings: Mapping[str, Mapping[RoomId, str]], store: Store) -> None:
    """Let a guest open the rooms of its profile by the same names, keep as much of them, and be as private."""
    known = {saved.room: saved.name for saved in await store.rooms()}
    for saved in rooms:
        if saved.room not in known:
            for key, values in settings.items():
                await store.set_setting(saved.room, key, values.get(saved.room, ""))
        if known.get(saved.room) == saved.name:
            continue
        try:
            await store.save_room(saved)
        except ValueError:  # the guest calls a room of its own so
            if saved.room not in known:
                await store.save_room(replace(saved, name=f"{saved.name} {saved.room.text[:4]}"))


async def _copy_people(people: Sequence[Person], store: Store, me: PeerId) -> None:
    """Let a guest call people as its profile does, and show nothing of whom it ignores.

    Nobody is copied about whom nothing was decided: the profile may forget him with his rooms, and a guest would not.
    """
    known = {person.peer: person for person in await store.people()}
    meant = [person for person in people if (person.is_decided or person.peer in known) and person.peer != me]
    taken = [inherited(known.get(person.peer), person) for person in meant]
    await store.save_people([person for person in taken if person != known.get(person.peer)])
