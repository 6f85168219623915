"""A room that is open in this window: its session, the messages at hand, and what belongs to its composer."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import TypeVar

from ..session.api import ALL_HISTORY, EntryId, Gap, MessageView, Order, RoomId
from ..session.session import Session
from .text import count_text, names_text, shown_line
from .window import PAGE, MessageWindow

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Aim:
    """What the next text is: an answer to a message, or its new wording."""

    what: str
    """`reply` or `edit`."""
    message: MessageView
    kept: str = ""
    """What was being written before, and comes back afterwards."""
    reply: Aim | None = None
    """With `edit`: the answer that was being written, which is one again afterwards."""


@dataclass(slots=True, eq=False)
class OpenRoom:
    """One running room, whether it is on the screen or behind another."""

    name: str
    session: Session
    window: MessageWindow = field(default_factory=MessageWindow)
    loaded: bool = False
    """Whether its newest page, its draft and its level are here."""
    unread: int = 0
    mentions: int = 0
    """How many of the unread ones speak to the reader."""
    first_new: Order | None = None
    """What the "new" line stands over."""
    draft: str = ""
    sent: list[str] = field(default_factory=list)
    aim: Aim | None = None
    invite: str = field(default="", repr=False)
    """Kept only while it is shown."""
    fresh: bool = False
    """Made in this run, so that its invite goes to the clipboard at once."""
    place: tuple[EntryId, int] | None = None
    """How far up one was when one left it: a message, and lines below its first one; None: at the newest."""
    level: str = ""
    """What of it is announced; empty: what the settings say."""
    _reading: int = 0
    """Pages being read just now."""
    _news: dict[EntryId, MessageView] = field(default_factory=dict, repr=False)
    """What events told meanwhile: newer than the page that is on its way."""

    async def load(self) -> None:
        """Take the newest page. Raises StoreError."""
        page, news = await self._read(self.session.history(PAGE))
        self.window.reset(page)
        for message in news:
            self.window.add(message, at_end=True)

    async def load_older(self) -> bool:
        """Take the page before; whether there was one. Raises StoreError."""
        if not self.window.more:
            return False
        page, news = await self._read(self.session.history(PAGE, self.window.before))
        self.window.add_older(page)
        for message in news:
            self.window.add(message, at_end=False)
        return True

    async def load_newer(self) -> bool:
        """Take the page behind, of those that are cut off; whether there was one. Raises StoreError."""
        after = self.window.after
        if not self.window.cut_off or after is None:
            return False
        page, news = await self._read(self.session.later(PAGE, after))
        self.window.add_newer(page)
        for message in news:
            self.window.add(message, at_end=False)
        return True

    async def load_around(self, target: EntryId) -> bool:
        """Hold the messages around `target` instead; False when it is not here. Raises StoreError."""
        page, news = await self._read(self.session.around(PAGE, target))
        if page is None:
            return False
        self.window.reset(page)
        for message in news:
            self.window.add(message, at_end=False)
        return True

    async def let_go(self) -> None:
        """Old messages were erased: hold none of them any longer. Raises StoreError.

        Not always the oldest ones: the last of each author stays.
        """
        for message in tuple(self.window.messages):
            if await self.session.message(message.id) is None:
                await self.load()
                return

    def since(self) -> Order:
        """From where on old messages that come in are to be told one by one: the window would drop those below.

        While a page is being read all are: the page may begin below them, and have been read before they came.
        """
        before = self.window.before
        return before if before is not None and self.window.more and not self._reading else ALL_HISTORY

    def add(self, message: MessageView, *, at_end: bool) -> None:
        """A message is here. `at_end`: the reader follows the newest."""
        self._note(message)
        self.window.add(message, at_end=at_end)

    def change(self, message: MessageView) -> None:
        """A message that was here reads differently."""
        self._note(message)
        self.window.change(message)

    def _note(self, message: MessageView) -> None:
        if self._reading:
            self._news[message.id] = message

    async def _read(self, reading: Awaitable[T]) -> tuple[T, list[MessageView]]:
        self._reading += 1
        try:
            return await reading, list(self._news.values())
        finally:
            self._reading -= 1
            if not self._reading:
                self._news.clear()

    @property
    def id(self) -> RoomId:
        """What stays the same when it is called something else."""
        return self.session.view.room

    @property
    def title(self) -> str:
        """`#orchard`, or `@bo` for a room of two."""
        return self.session.view.title

    @property
    def is_empty(self) -> bool:
        """Nothing was ever written here, as far as is known."""
        return self.loaded and not self.window.messages and not self.window.more

    def mark(self, message: MessageView) -> str:
        """Who holds one of my messages: `·` only here, `✓2` two others, `✓✓` everyone known."""
        if not message.mine or message.retracted:
            return ""
        held, known = self.session.holders(message.author, message.seq)
        if not held:
            return "·"
        return "✓✓" if held >= known else f"✓{min(held, 99)}"

    def recall(self) -> None:
        """After the first page: what was not read in an earlier run is new."""
        view = self.session.view
        self.unread, self.mentions = view.unread, view.mentions
        if self.unread:
            unread = (each.order for each in self.window.messages if not each.mine and each.order[0] > view.read)
            self.first_new = min(unread, default=None)

    def attended(self, message: MessageView, *, backfill: bool, seen: bool) -> None:
        """Count a message of somebody else; `seen` when it came in under the reader's eyes.

        History from before one joined, or from before what was read already, does not count.
        """
        if message.mine:
            self.first_new = None
        elif not (seen or (backfill and message.order[0] <= self.session.read)):
            self.unread += 1
            self.mentions += message.to_me
            if self.first_new is None or message.order < self.first_new:
                self.first_new = message.order


def missing_text(count: int) -> str:
    """How much is not here: of entries that nobody has seen here it is not known which are messages."""
    return count_text(count, "earlier entry", "earlier entries")


def opening(title: str, gap: Gap | None, window: MessageWindow) -> str:
    """The sentence over the oldest message at hand."""
    if gap:
        many = missing_text(gap.missing)
        if gap.sources:
            return f"{many} coming from {names_text([shown_line(source, 40) for source in gap.sources])}"
        verb = "is" if gap.missing == 1 else "are"
        return f"{many} {verb} not here yet, and nobody who has them is online"
    return "" if window.more else f"Here begins {shown_line(title)}"
