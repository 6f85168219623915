"""A room's history that reads like chat: for every benchmark the same entries, so that figures can be compared.

Eight authors, some talkative; sentences of real English (Python's own documentation), a sixth of them with letters
beyond ASCII or emoji; answers, reactions, edits and names among them. Stamps are seconds apart and lie in the past.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path
from pydoc_data.topics import topics

from p2pchat_tui.ports.store import SavedRoom
from p2pchat_tui.ssc.body import Body, Edit, Profile, React, Say, encode_body
from p2pchat_tui.ssc.entry import Entry, sign_entry
from p2pchat_tui.ssc.identity import Identity
from p2pchat_tui.ssc.ids import GENESIS, EntryId, stamp_of
from p2pchat_tui.ssc.room import room_keys
from p2pchat_tui.store.sqlite import open_store

SECRET = b"room of a bench!"
ROOM = room_keys(SECRET).room
END_MS = 1_760_000_000_000
"""When the newest entry was written, Unix milliseconds."""
AUTHORS = 8
_WEIGHTS = (30, 22, 15, 11, 9, 6, 4, 3)
_BEYOND = (
    "naïve café déjà vu", "schöne Grüße aus Zürich", "доброе утро всем", "それはいいですね", "好的，明天见", "😀 🎉",
    "👍🏽 genau", "¿qué tal mañana?", "žluťoučký kůň", "ευχαριστώ πολύ",
)  # fmt: skip
_EMOJI = ("👍", "🎉", "❤️", "😂", "👀")


def identity(number: int) -> Identity:
    """The author with this number, from 0; those from AUTHORS on wrote nothing yet."""
    return Identity(random.Random(f"author {number}").randbytes(32))


def entries(count: int) -> Iterator[Entry]:
    """`count` signed entries in the room's order; the newest part of a long history is not that of a short one."""
    chance = random.Random(count)
    words = re.findall(r"[A-Za-z']+", " ".join(topics.values()))
    authors = [identity(number) for number in range(AUTHORS)]
    heads: list[tuple[int, EntryId]] = [(0, GENESIS)] * AUTHORS
    said: list[tuple[int, EntryId]] = []
    ms = END_MS - 20_000 * count
    for number in range(count):
        ms += chance.randrange(500, 39_000)
        who = chance.choices(range(AUTHORS), _WEIGHTS)[0]
        seq, prev = heads[who]
        body = _body(chance, words, who, seq, said)
        entry = sign_entry(ROOM, authors[who], seq + 1, stamp_of(min(ms, END_MS), number % 4), prev, encode_body(body))
        heads[who] = (entry.seq, entry.id)
        if isinstance(body, Say):
            said.append((who, entry.id))
        yield entry


def _body(chance: random.Random, words: list[str], who: int, seq: int, said: list[tuple[int, EntryId]]) -> Body:
    if seq == 0:
        return Profile(f"author {who}")
    kind = chance.random()
    recent = said[-30:]
    own = [name for author, name in recent if author == who]
    if kind < 0.08 and recent:
        return React(chance.choice(recent)[1].text, chance.choice(_EMOJI))
    if kind < 0.11 and own:
        return Edit(own[-1].text, sentence(chance, words))
    reply = chance.choice(recent)[1].text if kind > 0.88 and recent else ""
    return Say(sentence(chance, words), reply)


def sentence(chance: random.Random, words: list[str]) -> str:
    """3 to 30 words, about 75 bytes in the mean: many short, few long."""
    start = chance.randrange(len(words) - 40)
    length = min(30, 3 + int(chance.expovariate(1 / 10)))
    text = " ".join(words[start : start + length])
    return f"{text} {chance.choice(_BEYOND)}" if chance.random() < 1 / 6 else text


async def fill(path: Path, history: list[Entry]) -> None:
    """Make a profile's database at `path`, with the room saved and `history` in it."""
    store = await open_store(path)
    try:
        await store.save_room(SavedRoom("bench", ROOM, SECRET, "", END_MS))
        for start in range(0, len(history), 5_000):
            await store.append(ROOM, history[start : start + 5_000], durable=False)
    finally:
        await store.close()
