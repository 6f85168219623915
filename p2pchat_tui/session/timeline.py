"""Messages for people: entries from the store, put together with what was said about them and with names."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TypeVar

from ..ports.store import EntriesDamaged, Store
from ..ssc.body import Edit, Profile, Retract, Say, Topic, decode_body, index_of
from ..ssc.entry import Entry
from ..ssc.ids import EntryId, Order, PeerId, RoomId, Stamp
from ..ssc.messages import Message, message_of
from ..ssc.runs import CHECKPOINT, voucher_of
from ..ssc.text import clean_line
from .api import MessageFacts, MessageView, Page, Reaction
from .mentions import is_named
from .names import Names

QUOTE_MAX = 120
"""Characters of an answered message that its answer shows."""
VOUCH_MAX = CHECKPOINT
"""Later entries of the author that are looked through for a signature: every checkpoint has one."""
READ_TRIES = 3
"""A read that finds damage sets it aside and is tried again, at most this often."""

T = TypeVar("T")


class Timeline:
    """Reads one room's messages."""

    def __init__(self, store: Store, room: RoomId, me: PeerId, names: Names, *, is_direct: bool = False) -> None:
        """`is_direct`: whatever others write here is for me."""
        self._store = store
        self._room = room
        self._me = me
        self._names = names
        self._is_direct = is_direct
        self.topic = ""
        """The room's topic: the newest one that anybody set."""
        self._topic_order: Order = (0, b"", 0)

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
        says = await self._read(lambda: self._store.messages(self._room, limit + 1, before))
        more = len(says) > limit
        return Page(tuple(await self.views(says[-limit:])), more)

    async def later(self, limit: int, after: Order) -> Page:
        """The oldest `limit` messages above `after`. Raises StoreError."""
        says = await self._read(lambda: self._store.messages_after(self._room, limit + 1, after))
        return Page(tuple(await self.views(says[:limit])), more=True, newer=len(says) > limit)

    async def around(self, limit: int, target: EntryId) -> Page | None:
        """About `limit` messages with `target` in their middle; None when it is no message here. Raises StoreError."""
        middle = await self.view(target)
        if middle is None:
            return None
        older = await self.page(limit // 2, middle.order)
        newer = await self.later(limit // 2, middle.order)
        return Page((*older.messages, middle, *newer.messages), older.more, newer.newer)

    async def facts(
        self, target: EntryId, holders_of: Callable[[PeerId, int], tuple[PeerId, ...]]
    ) -> MessageFacts | None:
        """All that is known of one message; None when it is not here. Raises StoreError."""
        entry = await self._read(lambda: self._store.entry(self._room, target))
        message = await self.view(target) if entry else None
        if entry is None or message is None:
            return None
        body = decode_body(entry.body)
        about = await self._read(lambda: self._store.about(self._room, [target]))
        own = [each for each in about if each.author == entry.author]
        run = await self._read(lambda: self._store.run(self._room, entry.author, entry.seq, entry.seq + VOUCH_MAX))
        voucher = voucher_of(run)
        return MessageFacts(
            message=message,
            holders=holders_of(entry.author, entry.seq),
            written=body.text if isinstance(body, Say) else "",
            changes=sum(isinstance(decode_body(each.body), Edit | Retract) for each in own),
            signed=voucher is not None,
            signature=voucher.signature if voucher else b"",
            signed_seq=voucher.seq if voucher else 0,
        )

    async def _read(self, read: Callable[[], Awaitable[T]]) -> T:
        for _ in range(READ_TRIES - 1):
            try:
                return await read()
            except EntriesDamaged:
                continue
        return await read()

    async def about(self, entries: Sequence[Entry]) -> list[Entry]:
        """All that was said about `entries`. Raises StoreError."""
        return await self._store.about(self._room, [entry.id for entry in entries]) if entries else []

    async def views(self, says: Sequence[Entry], about: Sequence[Entry] | None = None) -> list[MessageView]:
        """The messages that `says` began, in their order. `about`: what was said about them, where that is known.

        Raises StoreError.
        """
        messages = _messages(says, await self.about(says) if about is None else about)
        targets = sorted({each.reply_to for each in messages if each.reply_to})
        quoted = await self._store.entries(self._room, targets) if targets else []
        answered = _messages(quoted, await self.about(quoted))
        by_id = {message.id: message for message in answered}
        return [self._view(message, by_id) for message in messages]

    async def views_of(self, targets: Sequence[EntryId]) -> dict[EntryId, MessageView]:
        """Those of `targets` that are messages and here, as they stand. Raises StoreError."""
        views = await self.views(await self._store.entries(self._room, targets)) if targets else []
        return {view.id: view for view in views}

    async def view(self, target: EntryId) -> MessageView | None:
        """One message as it stands; None when it is not here. Raises StoreError."""
        return (await self.views_of([target])).get(target)

    def _view(self, message: Message, answered: dict[EntryId, Message]) -> MessageView:
        quoted = answered.get(message.reply_to) if message.reply_to else None
        mine = message.author == self._me
        return MessageView(
            id=message.id,
            author=message.author,
            seq=message.seq,
            order=message.order,
            at_ms=message.at_ms,
            name=self._names.of(message.author),
            text=message.text,
            mine=mine,
            reply_to=message.reply_to,
            reply_name=self._names.of(quoted.author) if quoted else "",
            reply_text=clean_line(quoted.text, QUOTE_MAX) if quoted else "",
            edited=message.edited,
            retracted=message.retracted,
            reply_author=quoted.author if quoted else None,
            reactions=tuple(Reaction(emoji, authors, self._me in authors) for emoji, authors in message.reactions),
            to_me=not mine and self._speaks_to_me(message, quoted),
        )

    def _speaks_to_me(self, message: Message, quoted: Message | None) -> bool:
        if self._names.is_ignored(message.author):
            return False
        is_answer = quoted is not None and quoted.author == self._me
        return self._is_direct or is_answer or is_named(message.text, self._names.spoken(self._me))

    async def mentions(self, after: Stamp, most: int) -> int:
        """How many of the oldest `most` messages above `after` speak to me. Raises StoreError."""
        page = await self.later(most, (after + 1, b"", 0))
        return sum(message.to_me for message in page.messages)


def _messages(says: Sequence[Entry], about: Iterable[Entry]) -> list[Message]:
    """What `says` began, each with all of `about` that is about it."""
    by_target: dict[EntryId, list[Entry]] = {}
    for entry in about:
        _, target = index_of(entry.body)
        if target:
            by_target.setdefault(target, []).append(entry)
    return [message for say in says if (message := message_of(say, by_target.get(say.id, ())))]
