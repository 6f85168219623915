"""What a link answers to who comes with little."""

from __future__ import annotations

from p2pchat_tui.session.links import _newest
from p2pchat_tui.ssc.body import Profile, Say, Topic, encode_body
from p2pchat_tui.ssc.effects import ServeRecent
from p2pchat_tui.ssc.entry import Entry, sign_entry
from p2pchat_tui.ssc.ids import GENESIS, stamp_of
from p2pchat_tui.store.memory import MemoryStore
from tests.helpers import ROOM, START_MS, identity
from tests.virtual_time import virtual

AUTHOR, ASKER = identity(1), identity(2).peer


def feed() -> list[Entry]:
    """A topic, two profiles and a topic once more, then forty messages."""
    bodies = [Topic("pears"), Profile("ana"), Profile("ana the elder"), Topic("apples")]
    entries: list[Entry] = []
    for number, body in enumerate((*bodies, *(Say(f"line {each}") for each in range(40)))):
        before = entries[-1].id if entries else GENESIS
        entries.append(sign_entry(ROOM, AUTHOR, number + 1, stamp_of(START_MS + number), before, encode_body(body)))
    return entries


@virtual
async def test_the_newest_entries_come_with_the_newest_profiles_and_topics() -> None:
    store, entries = MemoryStore(), feed()
    await store.append(ROOM, entries, durable=True)
    asked = ServeRecent(ASKER, 1, 10, {})
    assert sorted(entry.seq for entry in await _newest(store, ROOM, asked)) == [3, 4, *range(35, 45)]
    asked = ServeRecent(ASKER, 1, 10, {AUTHOR.peer: ((3, 3), (40, 44))})
    assert sorted(entry.seq for entry in await _newest(store, ROOM, asked)) == [4, *range(35, 40)]
