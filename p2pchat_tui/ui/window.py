"""The stretch of one room's messages that is held in memory: sorted, without doubles, bounded."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection
from operator import attrgetter

from ..session.api import EntryId, MessageView, Order, Page, PeerId

WINDOW_MAX = 2_000
"""Messages held of a room: about 2 MB, and a reflow of all of them stays under a tenth of a second."""
WINDOW_KEPT = 1_500
"""What is left after a trim, so that not every message causes one."""
PAGE = 200
"""Messages asked from the store at a time: several screens, read in a millisecond."""

_order = attrgetter("order")


class MessageWindow:
    """Messages of one room in the room's order. Everything may be told twice."""

    def __init__(self) -> None:
        self.messages: list[MessageView] = []
        """Oldest first."""
        self.more = True
        """Whether older messages are in the store."""
        self.cut_off = False
        """Whether newer messages are in the store: `add_newer` brings the next page of them."""
        self.edition = 0
        """Another number whenever other messages are held, or one of them reads differently."""
        self._ids: set[EntryId] = set()

    def reset(self, page: Page) -> None:
        """Hold just `page`: the newest messages, or others when newer ones are in the store."""
        self.messages = sorted(page.messages, key=_order)
        self._ids = {message.id for message in self.messages}
        self.edition += 1
        self.more = page.more
        self.cut_off = page.newer

    def add_older(self, page: Page) -> None:
        """Put a page before what is held; the newest messages give way when there are too many."""
        self.more = page.more
        for message in page.messages:
            self._insert(message)
        if len(self.messages) > WINDOW_MAX:
            self._keep(self.messages[:WINDOW_KEPT])
            self.cut_off = True

    def add_newer(self, page: Page) -> None:
        """Put a page behind what is held; the oldest messages give way when there are too many."""
        for message in page.messages:
            self._insert(message)
        self.cut_off = page.newer
        if len(self.messages) > WINDOW_MAX:
            self._keep(self.messages[-WINDOW_KEPT:])
            self.more = True

    def add(self, message: MessageView, *, at_end: bool) -> bool:
        """Take in a message; False when it is not within the window. `at_end`: the reader follows the newest."""
        if message.id in self._ids:
            return self.change(message)
        if self.messages and message.order < self.messages[0].order:
            if self.more or len(self.messages) >= WINDOW_MAX:
                self.more = True
                return False
        elif self.cut_off and (not self.messages or message.order > self.messages[-1].order):
            return False
        self._insert(message)
        if len(self.messages) > WINDOW_MAX:
            if at_end:
                self._keep(self.messages[-WINDOW_KEPT:])
                self.more = True
            else:
                self._keep(self.messages[:WINDOW_KEPT])
                self.cut_off = True
        return message.id in self._ids

    def change(self, message: MessageView) -> bool:
        """Replace a message that is held; False when it is not."""
        if message.id not in self._ids:
            return False
        index = self.index(message)
        self.messages[index] = message
        self.edition += 1
        return True

    def get(self, target: EntryId) -> MessageView | None:
        """The message with that id."""
        if target not in self._ids:
            return None
        return next(message for message in self.messages if message.id == target)

    def index(self, message: MessageView) -> int:
        """Where `message` stands, or would stand."""
        return bisect_left(self.messages, message.order, key=_order)

    def newest(self, *, mine: bool | None = None, but: Collection[PeerId] = ()) -> MessageView | None:
        """The newest message that was not taken back; only mine, or only others', when asked; of nobody in `but`."""
        for message in reversed(self.messages):
            if not message.retracted and message.author not in but and mine in (None, message.mine):
                return message
        return None

    @property
    def before(self) -> Order | None:
        """Where the next older page begins."""
        return self.messages[0].order if self.messages else None

    @property
    def after(self) -> Order | None:
        """Where the next newer page begins."""
        return self.messages[-1].order if self.messages else None

    def _insert(self, message: MessageView) -> None:
        if message.id in self._ids:
            return
        self._ids.add(message.id)
        self.edition += 1
        if not self.messages or message.order > self.messages[-1].order:
            self.messages.append(message)
        else:
            self.messages.insert(self.index(message), message)

    def _keep(self, messages: list[MessageView]) -> None:
        self.messages = messages
        self._ids = {message.id for message in messages}
        self.edition += 1
