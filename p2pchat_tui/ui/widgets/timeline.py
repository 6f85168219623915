"""The messages of a room: with keys or the mouse one is chosen, and then something asked for it."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from ...session.api import EntryId, MessageView
from .entry_row import FOLD
from .message_log import MessageLog
from .offers import is_offered
from .painter import LEAD


class Timeline(MessageLog, can_focus=True):
    """A log in which a message can be chosen; what shall be done with it others do."""

    HELP = "Up and down choose a message; then r replies, e edits, + reacts, d takes back, c copies, i tells more."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "choose(-1)", "Older", id="timeline.up", show=False),
        Binding("down", "choose(1)", "Newer", id="timeline.down", show=False),
        Binding("pageup", "page_up", "Page up", id="timeline.page-up", show=False),
        Binding("pagedown", "page_down", "Page down", id="timeline.page-down", show=False),
        Binding("home", "scroll_home", "Oldest", id="timeline.home", show=False),
        Binding("end", "to_end", "Newest", id="timeline.end", show=False),
        Binding("enter", "fold", "Show or hide", id="timeline.fold", key_display="enter"),
        Binding("enter,r", "ask('reply')", "Reply", id="timeline.reply", key_display="r"),
        Binding("e", "ask('edit')", "Edit", id="timeline.edit"),
        Binding("plus", "ask('react')", "React", id="timeline.react", key_display="+"),
        Binding("d,delete", "ask('delete')", "Take back", id="timeline.delete", key_display="d"),
        Binding("c", "ask('copy')", "Copy", id="timeline.copy"),
        Binding("g", "ask('answered')", "Answered", id="timeline.answered"),
        Binding("o", "ask('open')", "Open link", id="timeline.open"),
        Binding("i", "ask('info')", "Info", id="timeline.info"),
        Binding("escape", "ask('leave')", "Write", id="timeline.leave", key_display="esc"),
    ]

    class Asked(Message):
        """Something shall be done with a message (None when none is chosen)."""

        def __init__(self, what: str, message: MessageView | None, detail: str = "") -> None:
            super().__init__()
            self.what = what
            """`reply`, `edit`, `react`, `delete`, `copy`, `answered`, `open`, `info` or `leave`."""
            self.message = message
            self.detail = detail
            """With `react` the emoji that was clicked, with `open` the URL; else empty."""

    def watch_chosen(self, old: EntryId | None, new: EntryId | None) -> None:
        super().watch_chosen(old, new)
        self.refresh_bindings()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        message, does = self._under(event)
        self.hovered = (message.id if message else None, does)

    def on_leave(self) -> None:
        self.hovered = (None, "")

    def on_click(self, event: events.Click) -> None:
        if self.text_selection is not None:
            return  # the end of a selection is no choice
        message, does = self._under(event)
        self.chosen = message.id if message else None
        if message is None:
            return
        what, _, detail = does.partition(":")
        if what == FOLD:
            self.action_fold()
        elif what == "link":
            self.post_message(self.Asked("open", message, detail))
        elif what == "reaction":
            self.post_message(self.Asked("react", message, detail))
        elif what in ("answered", "info"):
            self.post_message(self.Asked(what, message))
        elif event.chain == 2:
            self.post_message(self.Asked("reply", message))

    def _under(self, event: events.MouseEvent) -> tuple[MessageView | None, str]:
        """The message under the mouse, and what a click there does."""
        offset = event.get_content_offset(self)
        if offset is None:
            return None, ""
        return self._stacked.under(offset.x - LEAD, offset.y + round(self.scroll_y), self._mark)

    # ------------------------------------------------------------------------------------------------------ actions

    @property
    def _acted_on(self) -> MessageView | None:
        """The message that keys act on."""
        return self._window.get(self.chosen) if self.chosen else None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer for the chosen message what can be done with it."""
        message, index = self._acted_on, self._blocks.index(self.chosen)
        fold = self._blocks.fold(index) if index is not None else None
        if action == "fold":
            return fold is not None
        if action != "ask" or message is None:
            return True
        return is_offered(str(parameters[0]), message, fold)

    def action_choose(self, step: int) -> None:
        layout = self._blocks
        if not len(layout):
            self._want_older()
            return
        index = self._next_choice(step)
        while 0 <= index < len(layout) and layout.is_folded(index):
            index += step
        if index < 0:
            self._want_older()
        if index >= len(layout):
            if self._window.cut_off:
                self.post_message(self.BottomReached())
            else:
                self.to_end()
        index = min(max(index, 0), len(layout) - 1)
        if layout.is_folded(index):
            return
        self.chosen = layout.block(index).row.message.id
        self._reveal(index)

    def _next_choice(self, step: int) -> int:
        """The one beside the chosen one; where that is not in view, one that is: nobody wants to lose a place."""
        top, height = round(self.scroll_y), self.scrollable_content_region.height
        index = self._blocks.index(self.chosen)
        if index is not None:
            start = self._stacked.start(index)
            if start < top + height and start + len(self._blocks.block(index).lines) > top:
                return index + step
        seen = self._stacked.at(top if index is not None and step > 0 else top + height - 1)
        return len(self._blocks) - 1 if seen is None else seen

    def action_to_end(self) -> None:
        self.to_end()

    def action_fold(self) -> None:
        """Show the chosen messages of people who are ignored, or fold them away again."""
        index = self._blocks.index(self.chosen)
        if index is not None and self._blocks.fold(index) is not None:
            self._turn_fold(index)
            self.call_next(self.refresh_bindings)

    def action_ask(self, what: str) -> None:
        message = self._acted_on
        if what == "leave":
            self.chosen = None
        self.post_message(self.Asked(what, message))
