"""The saved rooms: which one is open, which have something new, and the way to another one."""

from __future__ import annotations

from textual import events
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from ..importance import RoomItem
from ..text import apart, shown_line

NEW = "+ new or join"


class RoomList(OptionList):
    """One option for each saved room, and one for another one."""

    HELP = "Your rooms. Enter opens one; those with a bar run, a number counts what is new."

    items: reactive[tuple[RoomItem, ...]] = reactive((), init=False)

    class Chosen(Message):
        """A room was picked, or somebody who asks for one; None stands for a new room."""

        def __init__(self, item: RoomItem | None) -> None:
            super().__init__()
            self.item = item

    class LookedAway(Message):
        """Nobody chooses in it any more: its order may change."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, markup=False, compact=True)
        self.border_title = "rooms"
        self._width = 0

    @property
    def is_looked_at(self) -> bool:
        """Whether somebody may be about to choose, so that nothing must move."""
        return self.has_focus or self.mouse_hover

    def watch_items(self, before: tuple[RoomItem, ...], items: tuple[RoomItem, ...]) -> None:
        """Draw again; what was highlighted stays so, wherever it stands now."""
        place = self.highlighted
        chosen = before[place].key if place is not None and place < len(before) else None
        self._fill(next((index for index, item in enumerate(items) if item.key == chosen), place))

    def on_blur(self) -> None:
        self.post_message(self.LookedAway())

    def on_leave(self) -> None:
        self.post_message(self.LookedAway())

    def on_resize(self, _event: events.Resize) -> None:
        if self._width != self.scrollable_content_region.width:
            self._fill()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        index = event.option_index
        self.post_message(self.Chosen(self.items[index] if index < len(self.items) else None))

    def _fill(self, highlighted: int | None = None) -> None:
        self._width = self.scrollable_content_region.width
        if self._width <= 0:
            return
        highlighted = self.highlighted if highlighted is None else highlighted
        current = next((i for i, item in enumerate(self.items) if item.current), None)
        self.set_options([Option(item_content(item, self._width)) for item in self.items])
        self.add_option(Option(Content(NEW).stylize("$quiet")))
        self.highlighted = highlighted if highlighted is not None and self.has_focus else current


def item_content(item: RoomItem, width: int) -> Content:
    """`▌#orchard  @2 5`: how much is new, and before it how much of that speaks to the reader."""
    bar = "▌" if item.current else "?" if item.asked else "│" if item.running else " "
    mentions, unread = mentions_text(item), count_of(item.unread)
    content = Content(apart(f"{bar}{shown_line(item.title, 40)}", f"{mentions} {unread}".strip(), width))
    if mentions:
        end = len(content.plain) - len(unread) - 1
        content = content.stylize("bold $ink-accent", end - len(mentions), end)
    if item.muted and not item.current:
        return content.stylize("$quiet")
    if item.unread or item.current or item.asked:
        return content.stylize("bold")
    return content if item.running else content.stylize("$quiet")


def mentions_text(item: RoomItem) -> str:
    """`@2`; nothing in a room of two, where every message is one."""
    return f"@{count_of(item.mentions)}" if item.mentions and not item.direct else ""


def count_of(number: int) -> str:
    """A count in at most three cells; nothing for 0."""
    return ("99+" if number > 99 else str(number)) if number else ""
