"""The saved rooms: which one is open, which have something new, and the way to another one."""

from __future__ import annotations

from dataclasses import dataclass

from textual import events
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from ..text import apart, shown_line

NEW = "+ new or join"


@dataclass(frozen=True, slots=True)
class RoomItem:
    """One line of the list."""

    name: str
    current: bool
    running: bool
    """Whether its session runs, so that messages come in."""
    unread: int


class RoomList(OptionList):
    """One option for each saved room, and one for another one."""

    HELP = "Your rooms. Enter opens one; those with a bar run, a number counts what is new."

    items: reactive[tuple[RoomItem, ...]] = reactive((), init=False)

    class Chosen(Message):
        """A room was picked; an empty name stands for a new one."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, markup=False, compact=True)
        self.border_title = "rooms"
        self._width = 0

    def watch_items(self) -> None:
        """Draw again."""
        self._fill()

    def on_resize(self, _event: events.Resize) -> None:
        if self._width != self.scrollable_content_region.width:
            self._fill()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        index = event.option_index
        self.post_message(self.Chosen(self.items[index].name if index < len(self.items) else ""))

    def _fill(self) -> None:
        self._width = self.scrollable_content_region.width
        if self._width <= 0:
            return
        highlighted = self.highlighted
        current = next((i for i, item in enumerate(self.items) if item.current), None)
        self.set_options([Option(item_content(item, self._width)) for item in self.items])
        self.add_option(Option(Content(NEW).stylize("$quiet")))
        self.highlighted = highlighted if highlighted is not None and self.has_focus else current


def item_content(item: RoomItem, width: int) -> Content:
    """`▌#orchard   3`."""
    bar = "▌" if item.current else "│" if item.running else " "
    unread = ("99+" if item.unread > 99 else str(item.unread)) if item.unread else ""
    content = Content(apart(f"{bar}#{shown_line(item.name, 40)}", unread, width))
    if item.unread or item.current:
        return content.stylize("bold")
    return content if item.running else content.stylize("$quiet")
