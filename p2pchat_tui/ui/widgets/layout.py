"""Where each message of a window stands: exact near the reader at once, everywhere else soon. No widget.

Laying out thousands of messages takes longer than a frame. So a change of the width lays out what is in view; the
other heights are guessed, and `settle` makes them exact, a slice at a time.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from itertools import accumulate

from ...session.api import EntryId, MessageView, Order, PeerId
from ..body import LINES_MAX, Look
from ..people import Cast
from ..text import local_time
from .entry_row import NOBODY, Block, Fold, Row, body_width, lay_out, row

BLOCKS_KEPT = 300
"""Messages whose lines are kept: several screens. Of the others the height is."""
SETTLED_AT_ONCE = 400
"""Heights that are put in place together."""


@dataclass(slots=True)
class _Item:
    """One message, and how high it is."""

    row: Row
    last: MessageView | None
    height: int
    is_exact: bool = False
    measured: int | None = None
    """Its exact height, when `settle` has found it and not yet put it in place."""


class Layout:
    """The blocks of a window's messages, one under the other."""

    def __init__(self, tz: tzinfo | None) -> None:
        self._tz = tz
        self._width = 0
        self._look = Look()
        self._cast = NOBODY
        self._items: list[_Item] = []
        self._index: dict[EntryId, int] = {}
        self._blocks: OrderedDict[EntryId, Block] = OrderedDict()
        self._starts: list[int] = [0]
        self._is_moved = False

    def __len__(self) -> int:
        return len(self._items)

    def take(
        self,
        messages: Sequence[MessageView],
        width: int,
        first_new: Order | None = None,
        cast: Cast = NOBODY,
        look: Look | None = None,
        unfolded: Collection[EntryId] = (),
    ) -> None:
        """Hold `messages`, oldest first, at `width` cells; what has not changed keeps its height.

        `unfolded`: messages of hidden people that are shown all the same.
        """
        look = look or Look()
        if (width, look) != (self._width, self._look):
            self._width, self._look = width, look
            self._blocks.clear()
            for old in self._items:
                old.height, old.is_exact, old.measured = _guess(old.row, width), False, None
        is_recast, self._cast = cast != self._cast, cast
        new = None
        if first_new is not None:
            new = next((m for m in messages if m.order >= first_new and m.author not in cast.hidden), None)
        folds = _folds(messages, cast.hidden, self._tz, unfolded)
        items: list[_Item] = []
        index: dict[EntryId, int] = {}
        last: MessageView | None = None
        for number, message in enumerate(messages):
            at = self._index.get(message.id)
            item: _Item | None = self._items[at] if at is not None else None
            fold = folds.get(number)
            if (
                item is None
                or is_recast
                or item.row.message is not message
                or item.last is not last
                or item.row.first_new != (message is new)
                or item.row.fold != fold
            ):
                fresh = row(message, last, self._tz, cast, first_new=message is new, fold=fold)
                item = self._item(item, fresh, last)
            items.append(item)
            index[message.id] = number
            last = message
        self._items, self._index = items, index
        self._is_moved = True

    def _item(self, old: _Item | None, fresh: Row, last: MessageView | None) -> _Item:
        if old is not None and old.row == fresh:
            old.row, old.last = fresh, last
            return old
        self._blocks.pop(fresh.message.id, None)
        return _Item(fresh, last, _guess(fresh, self._width))

    # ------------------------------------------------------------------------------------------------------ places

    @property
    def height(self) -> int:
        """Lines of all messages together."""
        return self._places()[-1]

    def start(self, index: int) -> int:
        """The first line of the message at `index`."""
        return self._places()[index]

    def at(self, y: int) -> int | None:
        """The index of the message that has line `y`."""
        index = bisect_right(self._places(), y) - 1
        return index if y >= 0 and index < len(self._items) else None

    def head(self, index: int) -> int:
        """Lines over the message at `index` itself: day and "new"."""
        return _head(self._items[index].row)

    def index(self, target: EntryId | None) -> int | None:
        """The index of a message; None when it is not held."""
        return self._index.get(target) if target is not None else None

    def is_folded(self, index: int) -> bool:
        """Whether the message at `index` is not shown, and no line stands for it."""
        row = self._items[index].row
        return row.is_hidden and row.fold is not None and not row.fold.many

    def fold(self, index: int) -> Fold | None:
        """How the message at `index` is folded away, or was; None when nobody ignores who wrote it."""
        return self._items[index].row.fold

    def folded_with(self, index: int) -> list[EntryId]:
        """The messages behind the same line as the one at `index`, which is of somebody ignored; oldest first."""
        while (fold := self._items[index].row.fold) is not None and not fold.many:
            index -= 1
        count = fold.many if fold is not None else 0
        return [item.row.message.id for item in self._items[index : index + count]]

    def message(self, index: int) -> MessageView:
        """The message at `index`."""
        return self._items[index].row.message

    def block(self, index: int) -> Block:
        """The lines of the message at `index`; from now on its height is exact."""
        item = self._items[index]
        key = item.row.message.id
        block = self._blocks.get(key)
        self._put(item)
        if block is None:
            block = self._blocks[key] = self._measure(item)
            if len(self._blocks) > BLOCKS_KEPT:
                self._blocks.popitem(last=False)
        else:
            self._blocks.move_to_end(key)
        return block

    def _measure(self, item: _Item) -> Block:
        block = lay_out(item.row, self._width, self._tz, self._look)
        item.measured = len(block.lines)
        self._put(item)
        return block

    def _put(self, item: _Item) -> None:
        if item.measured is not None:
            self._is_moved = self._is_moved or item.height != item.measured
            item.height, item.measured, item.is_exact = item.measured, None, True

    def _places(self) -> list[int]:
        if self._is_moved:
            self._starts = list(accumulate((item.height for item in self._items), initial=0))
            self._is_moved = False
        return self._starts

    # ---------------------------------------------------------------------------------------------------- exactness

    def expose(self, index: int, lines: int, step: int) -> bool:
        """Make heights exact from `index` on, upwards (-1) or downwards (1), over at least `lines` lines.

        Whether any height was another one than had been guessed.
        """
        before = self._is_moved
        while 0 <= index < len(self._items) and lines > 0:
            self._put(self._items[index])
            if not self._items[index].is_exact:
                self.block(index)
            lines -= self._items[index].height
            index += step
        return self._is_moved and not before

    def settle(self, goes_on: Callable[[], bool]) -> bool:
        """Make more heights exact, the newest first, while `goes_on`; whether all are.

        They are put in place many at a time: each time everything has to be drawn again.
        """
        waiting = 0
        for item in reversed(self._items):
            if item.measured is None and not item.is_exact:
                if not goes_on() and waiting < SETTLED_AT_ONCE:
                    return False
                if waiting >= SETTLED_AT_ONCE:
                    break
                item.measured = len(lay_out(item.row, self._width, self._tz, self._look).lines)
            waiting += item.measured is not None
        is_done = all(item.is_exact or item.measured is not None for item in self._items)
        for item in self._items:
            self._put(item)
        return is_done


def _folds(
    messages: Sequence[MessageView], hidden: frozenset[PeerId], tz: tzinfo | None, unfolded: Collection[EntryId]
) -> dict[int, Fold]:
    """By index, of hidden messages alone: those of one day that follow each other, open ones apart from the others."""
    folds: dict[int, Fold] = {}
    first = -1
    before: object = None
    for number, message in enumerate(messages) if hidden else ():
        if message.author not in hidden:
            before = None
            continue
        is_open = message.id in unfolded
        run = (local_time(message.at_ms, tz).date(), is_open)
        if run != before:
            before, first = run, number
        folds[number] = Fold(0, is_open)
        folds[first] = Fold(folds[first].many + 1, is_open)
    return folds


def _head(row: Row) -> int:
    is_opened = row.fold is not None and row.fold.is_open and row.fold.many > 0
    return row.new_day + row.first_new + is_opened


def _guess(row: Row, width: int) -> int:
    message = row.message
    if row.is_hidden and row.fold is not None:
        return _head(row) + min(row.fold.many, 1)
    lines = 1 + len(message.text) // body_width(width) + message.text.count("\n")
    around = _head(row) + (message.reply_to is not None) + bool(message.reactions)
    return min(lines, LINES_MAX) + around
