"""Messages for people: entries from the store, put together with what was said about them and with names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..ports import EntriesDamaged, Order, Store
from ..ssc.body import Profile, Topic, decode_body, index_of
from ..ssc.entry import Entry
from ..ssc.ids import EntryId, PeerId, RoomId
from ..ssc.messages import Message, message_of
from ..ssc.text import clean_line
from .api import MessageView, Page, Reaction
from .names import Names

QUOTE_MAX = 120
"""Characters of an answered message that its answer shows."""
READ_TRIES = 3
"""A read that finds damage sets it aside and is tried again, at most this often."""


class Timeline:
    """Reads one room's messages."""

    def __init__(self, store: Store, room: RoomId, me: PeerId, names: Names) -> None:
        self._store = store
        self._room = room
        self._me = me
        self._names = names
        self.topic = ""
        """The room's topic: the newest one that anybody set."""
        self._topic_order: tuple[int, bytes, int] = (0, b"", 0)

    async def load(self) -> None:
        """Learn names and topic from the log. Raises StoreError."""
        self.learn([*await self._store.latest(self._room, "profile"), *await self._store.latest(self._room, "topic")])

    def learn(self, entries: Iterable[Entry]) -> tuple[bool, set[PeerId]]:
        """Take names and topic from `entries`: whether the topic is new, and whose name is."""
        has_topic = False
        renamed: set[PeerId] = set()
        for entry in entries:
            match decode_body(entry.body):
                case Profile(name, status, colour) if self._names.learn(
                    entry.author, name, entry.order, status, colour
                ):
                    renamed.add(entry.author)
                case Topic(text) if entry.order > self._topic_order:
                    self.topic, self._topic_order, has_topic = text, entry.order, True
        return has_topic, renamed

    async def page(self, limit: int, before: Order | None) -> Page:
        """The newest `limit` messages below `before`. Raises StoreError."""
        for attempt in range(READ_TRIES):
            try:
                says = await self._store.messages(self._room, limit + 1, before)
                break
            except EntriesDamaged:
                if attempt == READ_TRIES - 1:
                    raise
        more = len(says) > limit
        return Page(tuple(await self.views(says[-limit:])), more)

    async def views(self, says: Sequence[Entry]) -> list[MessageView]:
        """The messages that `says` began, in their order. Raises StoreError."""
        about: dict[EntryId, list[Entry]] = {}
        for entry in await self._store.about(self._room, [say.id for say in says]):
            _, target = index_of(entry.body)
            if target:
                about.setdefault(target, []).append(entry)
        messages = [message for say in says if (message := message_of(say, about.get(say.id, ())))]
        answered = await self._answered({each.reply_to for each in messages if each.reply_to})
        return [self._view(message, answered) for message in messages]

    async def view(self, target: EntryId) -> MessageView | None:
        """One message as it stands; None when it is not here. Raises StoreError."""
        entry = await self._store.entry(self._room, target)
        views = await self.views([entry]) if entry else []
        return views[0] if views else None

    async def _answered(self, targets: set[EntryId]) -> dict[EntryId, Message]:
        found: dict[EntryId, Message] = {}
        for target in targets:
            entry = await self._store.entry(self._room, target)
            if entry is None:
                continue
            message = message_of(entry, await self._store.about(self._room, [target]))
            if message:
                found[target] = message
        return found

    def _view(self, message: Message, answered: dict[EntryId, Message]) -> MessageView:
        quoted = answered.get(message.reply_to) if message.reply_to else None
        return MessageView(
            id=message.id,
            author=message.author,
            seq=message.seq,
            order=message.order,
            at_ms=message.at_ms,
            name=self._names.of(message.author),
            text=message.text,
            mine=message.author == self._me,
            reply_to=message.reply_to,
            reply_name=self._names.of(quoted.author) if quoted else "",
            reply_text=clean_line(quoted.text, QUOTE_MAX) if quoted else "",
            edited=message.edited,
            retracted=message.retracted,
            reactions=tuple(Reaction(emoji, authors, self._me in authors) for emoji, authors in message.reactions),
        )
