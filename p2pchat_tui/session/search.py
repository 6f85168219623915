"""Searching the messages of one's rooms: what is on disk, and what rooms that keep nothing on disk have in memory."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from difflib import get_close_matches

from ..ports.store import Hit, Search, Store, StoreError
from ..ssc.body import Edit, decode_body, target_of
from ..ssc.ids import EntryId, PeerId, RoomId, Stamp, stamp_of
from ..ssc.people import People
from ..ssc.room import normal_room_name
from . import api
from .names import Names
from .query import Query, QueryError, read_query
from .timeline import Timeline

INDEX_SLICE = 500
"""Entries made ready for search at a time: some ten milliseconds, in the store's own thread."""
FIRST_SLICE = 100
"""Entries made ready before an answer is given, so that what was written just now is found."""
KEY_MIN = 4
"""Characters of a key that tell who is meant."""


@dataclass(frozen=True, slots=True)
class Source:
    """A room that can be searched, and where its entries are."""

    name: str
    """What it is called here."""
    room: RoomId
    store: Store
    me: PeerId
    names: Names | None = None
    """Of a room that runs; others take theirs from the log."""


@dataclass(frozen=True, slots=True)
class Found:
    """One message that was found, and where."""

    room: str
    message: api.MessageView


@dataclass(frozen=True, slots=True)
class Results:
    """One page of what was found, newest first; a message that was changed stands among others by its last change."""

    found: tuple[Found, ...]
    more: Stamp | None
    """Where the next page begins; None when this is the last."""
    unready: int
    """Entries that could not be looked at yet: see `Finder.make_ready`."""


class Finder:
    """Carries queries out over the rooms of one profile. Keeps what it learnt of names: use one as long as a search."""

    def __init__(
        self,
        sources: Callable[[], Awaitable[Sequence[Source]]],
        wall_ms: Callable[[], int],
        tz: tzinfo | None,
        people: People,
    ) -> None:
        """`sources`: the rooms that there are now. `tz`: where days begin and end; None: where this machine is.
        `people`: by what names they go, and whose messages are not shown.
        """
        self._sources = sources
        self._wall_ms = wall_ms
        self._tz = tz
        self._people = people
        self._names: dict[RoomId, Names] = {}

    def read(self, text: str) -> Query:
        """The query in `text`. Raises QueryError."""
        return read_query(text, datetime.fromtimestamp(self._wall_ms() / 1000, self._tz).date())

    async def find(self, query: Query, limit: int, below: Stamp | None = None) -> Results:
        """The page of at most `limit` messages below `below`. Raises QueryError, StoreError."""
        sources = _those_called(await self._sources(), query.rooms)
        unready = await _index(sources, FIRST_SLICE)
        authors = await self._authors(sources, query.senders) if query.senders else None
        before = min((each for each in (below, self._midnight(query.before)) if each is not None), default=None)
        hits: list[Hit] = []
        for store in {id(source.store): source.store for source in sources}.values():
            rooms = tuple(source.room for source in sources if source.store is store)
            search = Search(rooms, query.terms, authors, before, self._midnight(query.after), query.has_link, limit + 1)
            hits += await store.find(search)
        hits = sorted(hits, key=lambda hit: hit.place, reverse=True)[: limit + 1]
        found = await self._messages(hits[:limit], {source.room: source for source in sources})
        return Results(tuple(found), hits[limit - 1].place if len(hits) > limit else None, unready)

    async def make_ready(self) -> int:
        """Make some more entries ready to be found; how many are left. Raises StoreError."""
        return await _index(await self._sources(), INDEX_SLICE)

    async def called(self) -> tuple[list[str], list[str]]:
        """What people and rooms are called, for filters. Raises StoreError."""
        sources = await self._sources()
        people = {name: None for source in sources for _, name in (await self._names_of(source)).all() if name}
        return sorted(people, key=str.casefold), [source.name for source in sources]

    async def _messages(self, hits: Sequence[Hit], sources: dict[RoomId, Source]) -> list[Found]:
        """The messages that hits are about, each once, and only if their text still is what was found."""
        found: list[tuple[Stamp, Found]] = []
        for room in {hit.room: None for hit in hits}:
            source = sources[room]
            timeline = Timeline(source.store, room, source.me, await self._names_of(source))
            shown = (hit for hit in hits if hit.room == room and hit.entry.author not in self._people.ignored)
            about = {hit.place: target for hit in shown if (target := _target(hit))}
            views = await timeline.views_of(list(dict.fromkeys(about.values())))
            for hit in hits:
                view = views.get(about[hit.place]) if hit.room == room and hit.place in about else None
                if view is None or view.retracted or view.author != hit.entry.author:
                    continue
                if getattr(decode_body(hit.entry.body), "text", "") == view.text:
                    found.append((hit.place, Found(source.name, view)))
                    del views[view.id]
        return [each for _, each in sorted(found, key=lambda pair: pair[0], reverse=True)]

    async def _names_of(self, source: Source) -> Names:
        if source.names is not None:
            return source.names
        names = self._names.get(source.room)
        if names is None:
            names = Names(self._people)
            for known in await source.store.peers(source.room):
                names.hear(known.peer, known.name)
            await Timeline(source.store, source.room, source.me, names).load()
            self._names[source.room] = names
        return names

    async def _authors(self, sources: Iterable[Source], senders: Sequence[str]) -> tuple[PeerId, ...]:
        """Everybody who is meant by one of `senders`. Raises QueryError, StoreError."""
        me: set[PeerId] = set()
        called: dict[str, set[PeerId]] = {}
        peers: set[PeerId] = set()
        for source in sources:
            me.add(source.me)
            names = await self._names_of(source)
            peers |= {feed.author for feed in await source.store.feeds(source.room)}
            for peer, name in names.all():
                for each in {name, name.rsplit("·", 1)[0]}:
                    called.setdefault(each.casefold(), set()).add(peer)
                peers.add(peer)
        wanted: set[PeerId] = set()
        for sender in senders:
            key = sender.casefold()
            these = me if key in ("me", "you") else called.get(key) or _with_key(peers, key)
            these = these or {peer for name, each in called.items() if name.startswith(key) for peer in each}
            if not these:
                near = get_close_matches(key, list(called), n=1, cutoff=0.5)
                hint = f" Did you mean {near[0]}?" if near else ""
                raise QueryError(f"Nobody called {sender} is known in these rooms.{hint or ' /names lists who is.'}")
            wanted |= these
        return tuple(sorted(wanted))

    def _midnight(self, day: date | None) -> Stamp | None:
        if day is None:
            return None
        moment = datetime(day.year, day.month, day.day, tzinfo=self._tz).astimezone(UTC)
        return stamp_of(max(0, int(moment.timestamp() * 1000)))


async def _index(sources: Iterable[Source], most: int) -> int:
    """Make at most `most` entries of each store ready; how many are left, or 0 where nothing can be made ready now."""
    left = 0
    for store in {id(source.store): source.store for source in sources}.values():
        with suppress(StoreError):  # a full disk can still be searched
            left += await store.index(most)
    return left


def _target(hit: Hit) -> EntryId | None:
    body = decode_body(hit.entry.body)
    return target_of(body.target) if isinstance(body, Edit) else hit.entry.id


def _with_key(peers: Iterable[PeerId], key: str) -> set[PeerId]:
    """Those whose short key this is, or whose key begins so."""
    return {peer for peer in peers if len(key) >= KEY_MIN and (peer.tag == key or peer.text.startswith(key))}


def _those_called(sources: Sequence[Source], names: Sequence[str]) -> list[Source]:
    found: dict[RoomId, Source] = {}
    for name in names:
        wanted = normal_room_name(name)
        exact = [source for source in sources if normal_room_name(source.name) == wanted]
        these = exact or [source for source in sources if normal_room_name(source.name).startswith(wanted)]
        if not these or not wanted:
            raise QueryError(f"There is no saved room called {name}: leave in: out to look in all.")
        found |= {source.room: source for source in these}
    return list(found.values()) if names else list(sources)
