"""A log of messages that keeps its place: what is read stays where it is, whatever comes in and however wide it is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import tzinfo
from time import monotonic

from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive

from ...session.api import EntryId, MessageView, Order, Term
from ..body import Look
from ..people import Cast
from ..window import MessageWindow
from .entry_row import NOBODY
from .message_lines import MessageLines
from .painter import LEAD
from .stack import Anchor

NEAR = 2
"""Lines from the top, or from the end of a window that is cut off there, at which the next page is asked for."""
SLICE_S = 0.008
"""Seconds of one slice of laying out what is not in view: half a frame."""


class MessageLog(MessageLines):
    """Shows a MessageWindow, and asks for more of it at either end; holds no messages of its own.

    What it tells is named after the timeline (`on_timeline_arrived`), the only log that there is.
    """

    following: reactive[bool] = reactive(True, repaint=False)
    """Whether the newest message stays in view; a flag, since positions are known too late when sizes change."""
    find: reactive[tuple[Term, ...]] = reactive((), repaint=False)
    """What is marked in every message."""

    class Arrived(Message, namespace="timeline"):
        """What was wanted by `jump` or `go_back` stands where it shall."""

    class TopReached(Message, namespace="timeline"):
        """Older messages are wanted."""

    class BottomReached(Message, namespace="timeline"):
        """Newer messages are wanted, of those that are cut off."""

    class EndReached(Message, namespace="timeline"):
        """The newest messages are in view, or wanted while they are cut off."""

    def __init__(self, mark: Callable[[MessageView], str], tz: tzinfo | None = None, *, id: str | None = None) -> None:
        """`mark` gives the few cells that say who holds a message."""
        super().__init__(mark, tz, id=id)
        self._window = MessageWindow()
        self._first_new: Order | None = None
        self._cast = NOBODY
        self._unfolded: frozenset[EntryId] = frozenset()
        """Messages of people who are ignored that are shown all the same, until one goes elsewhere."""
        self._me = ""
        self._opening = ""
        self._placing = False
        """Whether it is this log that scrolls now, and not the reader."""
        self._stale = False
        """Whether all is to be laid out again, soon."""
        self._settling = False
        self._wanted: Anchor | None = None
        """What to go to as soon as it is laid out."""
        self._chooses = False
        """Whether that is to be chosen too, and not just at the top."""
        self._given: tuple[object, ...] = ()
        """What was shown last, of this window."""

    # ------------------------------------------------------------------------------------------------- what to show

    def show(
        self,
        window: MessageWindow,
        first_new: Order | None = None,
        cast: Cast = NOBODY,
        opening: str = "",
        me: str = "",
    ) -> None:
        """Show `window` as it is now; call again whenever it may have changed: what is the same costs nothing.

        `first_new`: the message that the "new" line stands over. `cast`: how people are called, and who is hidden.
        `opening`: a sentence over the oldest message. `me`: the reader's name, marked where it is mentioned.
        """
        is_other = window is not self._window
        if is_other:
            self._window = window
            self._wanted = None
            self.chosen = None
            self.following = True
        if is_other or cast.hidden != self._cast.hidden:
            self._unfolded = frozenset()
            if (chosen := window.get(self.chosen) if self.chosen else None) and chosen.author in cast.hidden:
                self.chosen = None
        self._first_new = first_new
        self._cast = cast
        self._opening = opening
        self._me = me
        given = (window.edition, window.cut_off, first_new, cast, opening, me)
        if is_other or given != self._given:
            self._given = given
            self._lay_out_soon()

    def to_end(self) -> None:
        """Show the newest message and follow from now on."""
        self.following = True
        self._place()
        self.post_message(self.EndReached())

    @property
    def place(self) -> Anchor | None:
        """What stands at the top, to be given to `go_back`; None while the newest messages are followed."""
        if self._wanted is not None and not self._chooses:
            return self._wanted
        return None if self.following else self._stacked.anchor(round(self.scroll_y))

    def go_back(self, place: Anchor) -> None:
        """Have `place` at the top again, of the window that was given last."""
        self.following = False
        self._want(place, chooses=False)

    def jump(self, target: EntryId) -> None:
        """Choose a message that the window holds, and have it in view."""
        self._want((target, 0), chooses=True)

    def _want(self, anchor: Anchor, *, chooses: bool) -> None:
        self._wanted, self._chooses = anchor, chooses
        if not self._stale and not self._jump(self._selection_anchor()):
            self._stay(anchor)

    @property
    def is_settled(self) -> bool:
        """Whether every height is exact."""
        return not (self._stale or self._settling)

    def _turn_fold(self, index: int) -> None:
        """Show the messages that are behind one line with the one at `index`, or fold them away again."""
        self._unfolded ^= frozenset(self._blocks.folded_with(index))
        self._lay_out_soon()

    # ------------------------------------------------------------------------------------------------------- layout

    def watch_find(self) -> None:
        self._lay_out_soon()

    def on_resize(self, _event: events.Resize) -> None:
        self._lay_out()

    def _lay_out_soon(self) -> None:
        if not self._stale:
            # A burst of changes is laid out once.
            self._stale = True
            self.call_next(self._lay_out)

    def _lay_out(self) -> None:
        self._stale = False
        self._width = self.scrollable_content_region.width - LEAD
        if self._width <= 0:
            return
        anchor = self.place
        selected = self._selection_anchor()
        layout = self._blocks
        look = Look(self._me, self.find)
        layout.take(self._window.messages, self._width, self._first_new, self._cast, look, self._unfolded)
        wanted = self._wanted
        if not self._jump(selected):
            self._expose(layout.index(anchor[0]) if anchor else None)
            self._stack(anchor, selected)
            self._stay(wanted)
        self.chosen = self._shown(self.chosen)
        if not self._settling:
            self._settling = True
            self.run_worker(self._settle(), group="settle")

    def _shown(self, target: EntryId | None) -> EntryId | None:
        """`target`, or the message whose line stands for it."""
        index = self._blocks.index(target)
        return target if index is None or not self._blocks.is_folded(index) else self._blocks.folded_with(index)[0]

    def _expose(self, index: int | None) -> None:
        """Make exact what is in view when the message at `index` is at its top; without one, at the end."""
        height = self.scrollable_content_region.height
        if index is None:
            self._blocks.expose(len(self._blocks) - 1, 2 * height, -1)
        else:
            self._blocks.expose(index, 2 * height, 1)
            self._blocks.expose(index - 1, height, -1)

    async def _settle(self) -> None:
        # A worker and not callbacks: those of one widget follow each other without letting anybody else in.
        while self._settling:
            self._settling = not self._settle_slice()
            await asyncio.sleep(0)

    def _settle_slice(self) -> bool:
        anchor = None if self.following else self._stacked.anchor(round(self.scroll_y))
        selected = self._selection_anchor()
        height = self._blocks.height
        end = monotonic() + SLICE_S
        is_done = self._blocks.settle(lambda: monotonic() < end)
        if self._blocks.height != height:
            self._stack(anchor, selected)
        return is_done

    def _stack(self, anchor: Anchor | None, selected: Anchor | None) -> None:
        """Work out where everything stands, and keep the end or `anchor` where it was."""
        least = self.scrollable_content_region.height
        self._stacked.frame(self._opening, cut_off=self._window.cut_off, width=self._width, least=least)
        self._strips.clear()
        self._placing = True
        try:
            self.virtual_size = Size(self._width + LEAD, self._stacked.height)
        finally:
            self._placing = False
        self._keep_selection(selected)
        self._place(anchor)
        self.refresh()

    def _place(self, anchor: Anchor | None = None) -> None:
        place = self.max_scroll_y if self.following else self._stacked.place(anchor)
        self._go(round(self.scroll_y) if place is None else place)

    def _go(self, y: int) -> None:
        self._placing = True
        try:
            self.scroll_to(y=y, animate=False, immediate=True, force=True)
        finally:
            self._placing = False

    def _jump(self, selected: Anchor | None) -> bool:
        """Go to what is wanted; False when that is nothing, or not here. `selected`: see _keep_selection."""
        wanted, self._wanted = self._wanted, None
        index = self._blocks.index(wanted[0]) if wanted else None
        if wanted is not None and self._chooses:
            self.chosen = self._shown(wanted[0])
        if index is None:
            return False
        self.following = False
        self._expose(index)
        self._stack(None, selected)
        start = self._stacked.start(index) - self.scrollable_content_region.height // 3
        place = None if self._chooses else self._stacked.place(wanted)
        self._go(start if place is None else place)
        self.following = self._is_at_end(self.scroll_y)
        self.post_message(self.Arrived())
        return True

    def _stay(self, wanted: Anchor | None) -> None:
        """Go on from where one is, since what was `wanted` is not here."""
        if wanted is not None:
            self.following = self.following or self._is_at_end(self.scroll_y)

    def _is_at_end(self, y: float) -> bool:
        return round(y) >= self.max_scroll_y and not self._window.cut_off

    # -------------------------------------------------------------------------------------------------------- scrolling

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if self._placing or old_value == new_value:
            return
        self._expose_reached(round(new_value))
        was = self.following
        self.following = self._is_at_end(new_value)
        if self.following and not was:
            self.post_message(self.EndReached())
        if new_value < old_value:
            self._want_older()
        else:
            self._want_newer()

    def _expose_reached(self, y: int) -> None:
        index = self._stacked.at(y)
        if index is not None and self._blocks.expose(index, self.scrollable_content_region.height, 1):
            self._stack(self._stacked.anchor(y), self._selection_anchor())

    def _reveal(self, index: int) -> None:
        """Scroll as little as brings the message at `index` into view; of one that is too high its first lines."""
        start, lines = self._stacked.start(index), len(self._blocks.block(index).lines)
        top, height = round(self.scroll_y), self.scrollable_content_region.height
        if start < top:
            self.scroll_to(y=start, animate=False, immediate=True)
        elif start + lines > top + height:
            self.scroll_to(y=min(start, start + lines - height), animate=False, immediate=True)

    def on_mouse_scroll_up(self) -> None:
        self._want_older()

    def on_mouse_scroll_down(self) -> None:
        self._want_newer()

    def action_page_up(self) -> None:
        page = max(1, self.scrollable_content_region.height - 2)
        self.scroll_to(y=self.scroll_y - page, animate=False, immediate=True)
        self._want_older()

    def action_page_down(self) -> None:
        page = max(1, self.scrollable_content_region.height - 2)
        self.scroll_to(y=self.scroll_y + page, animate=False, immediate=True)
        self._want_newer()

    def action_scroll_home(self) -> None:
        self.scroll_to(y=0, animate=False, immediate=True)
        self._want_older()

    def _want_older(self) -> None:
        if self.scroll_target_y <= NEAR and self._window.more:
            self.post_message(self.TopReached())

    def _want_newer(self) -> None:
        if self.scroll_target_y >= self.max_scroll_y - NEAR and self._window.cut_off:
            self.post_message(self.BottomReached())
