"""Searching the messages of one's rooms: what was typed, as a query; and what was found, as messages.

press ladder              messages that hold words which begin so
from:ana in:orchard       of one person (or `me`), in one room
before:2026-11-20 after:2026-11-01 has:link
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from ..ports.store import Hit, SavedRoom, Search, Store
from ..ssc.body import Edit, decode_body, target_of
from ..ssc.ids import EntryId, PeerId, RoomId, Stamp, stamp_of
from ..ssc.people import People
from ..ssc.room import normal_room_name
from . import api
from .names import Names
from .timeline import Timeline

QUERY_MAX = 500
"""Characters of a query that are looked at."""
INDEX_SLICE = 500
"""Entries made ready for search at a time: some ten milliseconds, in the store's own thread."""
LOOKS = 20
"""Slices made ready before an answer is given: what is left then is said, and found when one asks again."""


class QueryError(ValueError):
    """The query cannot be carried out; the text says why, for a person."""


@dataclass(frozen=True, slots=True)
class Query:
    """What somebody looks for."""

    words: tuple[str, ...] = ()
    sender: str = ""
    room: str = ""
    before: date | None = None
    after: date | None = None
    has_link: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether it asks for nothing at all."""
        return self == Query()


@dataclass(frozen=True, slots=True)
class Found:
    """One message that was found, and where."""

    room: str
    message: api.MessageView


@dataclass(frozen=True, slots=True)
class Results:
    """What was found, newest first."""

    found: tuple[Found, ...]
    unready: int
    """Entries that could not be looked at yet: ask again."""


def read_query(text: str) -> Query:
    """The query in `text`. Raises QueryError."""
    words: list[str] = []
    values: dict[str, str] = {}
    for word in text[:QUERY_MAX].split():
        key, colon, value = word.partition(":")
        if colon and key.casefold() in ("from", "in", "before", "after", "has"):
            if not value:
                raise QueryError(f"Say what comes after {key}: such as {_EXAMPLES[key.casefold()]}.")
            values[key.casefold()] = value.lstrip("#@")
        else:
            words.append(word)
    if values.get("has", "link").casefold() not in ("link", "links", "url"):
        raise QueryError("What can be asked for is has:link.")
    return Query(
        tuple(words),
        values.get("from", ""),
        values.get("in", ""),
        _day(values.get("before", "")),
        _day(values.get("after", "")),
        "has" in values,
    )


_EXAMPLES = {
    "from": "from:ana",
    "in": "in:orchard",
    "before": "before:2026-11-20",
    "after": "after:2026-11-01",
    "has": "has:link",
}


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise QueryError("A day is written as 2026-11-20.") from None


class Finder:
    """Carries queries out over the rooms of one profile."""

    def __init__(self, store: Store, me: PeerId, tz: tzinfo, people: People) -> None:
        """`tz`: where days begin and end. `people`: by what names they go, and whose messages are not shown."""
        self._store = store
        self._me = me
        self._tz = tz
        self._people = people

    async def find(self, query: Query, limit: int, names: Callable[[RoomId], Names | None]) -> Results:
        """Look in every saved room. `names`: of a room that runs; others take theirs from the log. Raises QueryError,
        StoreError.
        """
        unready = await self._store.index(INDEX_SLICE)
        for _ in range(LOOKS):
            if not unready:
                break
            unready = await self._store.index(INDEX_SLICE)
        rooms = _those_called(await self._store.rooms(), query.room)
        timelines = {saved.room: await self._timeline(saved.room, names(saved.room)) for saved in rooms}
        authors = _authors(query.sender, [each for _, each in timelines.values()], self._me)
        search = Search(
            tuple(timelines),
            query.words,
            authors,
            self._midnight(query.before),
            self._midnight(query.after),
            query.has_link,
            limit,
        )
        called = {saved.room: saved.name for saved in rooms}
        found = await self._messages(await self._store.find(search), {at: line for at, (line, _) in timelines.items()})
        return Results(tuple(Found(called[room], message) for room, message in found), unready)

    async def _timeline(self, room: RoomId, running: Names | None) -> tuple[Timeline, Names]:
        names = running or Names(self._people)
        timeline = Timeline(self._store, room, self._me, names)
        if running is None:
            for known in await self._store.peers(room):
                names.hear(known.peer, known.name)
            await timeline.load()
        return timeline, names

    async def _messages(
        self, hits: Sequence[Hit], timelines: Mapping[RoomId, Timeline]
    ) -> list[tuple[RoomId, api.MessageView]]:
        """The messages that hits are about, each once, and only if their text still is what was found."""
        found: dict[EntryId, tuple[RoomId, api.MessageView]] = {}
        for hit in hits:
            body = decode_body(hit.entry.body)
            target = target_of(body.target) if isinstance(body, Edit) else hit.entry.id
            if target is None or target in found or hit.entry.author in self._people.ignored:
                continue
            view = await timelines[hit.room].view(target)
            if view is None or view.retracted or view.author != hit.entry.author:
                continue
            if getattr(body, "text", "") == view.text:
                found[target] = (hit.room, view)
        return sorted(found.values(), key=lambda each: each[1].order, reverse=True)

    def _midnight(self, day: date | None) -> Stamp | None:
        if day is None:
            return None
        moment = datetime(day.year, day.month, day.day, tzinfo=self._tz)
        return stamp_of(max(0, int(moment.timestamp() * 1000)))


def _those_called(rooms: Sequence[SavedRoom], name: str) -> list[SavedRoom]:
    if not name:
        return list(rooms)
    wanted = normal_room_name(name)
    exact = [saved for saved in rooms if normal_room_name(saved.name) == wanted]
    found = exact or [saved for saved in rooms if normal_room_name(saved.name).startswith(wanted)]
    if not found:
        raise QueryError("There is no saved room of that name.")
    return found


def _authors(sender: str, names: Sequence[Names], me: PeerId) -> tuple[PeerId, ...] | None:
    if not sender:
        return None
    wanted = sender.casefold()
    if wanted in ("me", "you"):
        return (me,)
    found = {peer for each in names for peer, name in each.all() if name.casefold().startswith(wanted)}
    if not found:
        raise QueryError("Nobody of that name has written here.")
    return tuple(sorted(found))
