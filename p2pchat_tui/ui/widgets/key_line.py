"""The keys that do something here, in one line: those in force, and none of them cut in half.

Textual's own footer makes a widget for each key, again after every change of the focus, and cuts the last ones off.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.reactive import reactive
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

KEPT = ("app.quit", "app.help", "timeline.leave", "search.leave", "home.back")
"""Bindings that go last when there is not room for all, the first of them last of all: they lead out, or on."""
DROPPED = ("app.palette", "chat.people", "search.again")
"""Those that go first, in this order."""


class Key(NamedTuple):
    """One key and what it does."""

    id: str
    """The binding's name in a keymap."""
    key: str
    """As Textual calls it."""
    shown: str
    does: str

    @property
    def width(self) -> int:
        """Cells that it takes."""
        return cell_len(self.shown) + cell_len(self.does) + 3


def fitting(keys: Sequence[Key], width: int) -> tuple[Key, ...]:
    """Those of `keys` that fit into `width` cells, in their order; what matters least is left out."""

    def worth(place: int) -> int:
        id = keys[place].id
        if id in KEPT:
            return len(keys) + len(KEPT) - KEPT.index(id)
        return -1 - len(DROPPED) + DROPPED.index(id) if id in DROPPED else len(keys) - place

    left = sorted(range(len(keys)), key=worth)
    # The blank behind the last one may be missing.
    while left and sum(keys[place].width for place in left) - 1 > width:
        left.pop(0)
    return tuple(keys[place] for place in sorted(left))


class KeyLine(Widget, can_focus=False):
    """The last line of a screen; a click on a key is as good as the key."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"key-line--key", "key-line--does", "key-line--hovered"}
    ALLOW_SELECT = False

    keys: reactive[tuple[Key, ...]] = reactive(())
    """All that could be shown, the most special first."""
    hovered: reactive[str] = reactive("")
    """The binding under the mouse."""

    _stale = False

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._bindings_changed)

    def on_unmount(self) -> None:
        self.screen.bindings_updated_signal.unsubscribe(self)

    def _bindings_changed(self, _screen: Screen[object]) -> None:
        # A change of the focus is told twice: without one, and with the other.
        if not self._stale and self.app.app_focus:
            self._stale = True
            self.call_after_refresh(self._read)

    def _read(self) -> None:
        self._stale = False
        if not self.is_attached or not self.screen.is_active:
            return
        found: dict[str, Key] = {}
        for active in self.screen.active_bindings.values():
            binding = active.binding
            if binding.show and active.enabled and binding.action not in found:
                shown = self.app.get_key_display(binding)
                found[binding.action] = Key(binding.id or "", binding.key, shown, binding.description)
        self.keys = tuple(found.values())

    def _under(self, event: events.MouseEvent) -> Key | None:
        offset = event.get_content_offset(self)
        left = offset.x if offset else -1
        for key in fitting(self.keys, self.content_size.width) if left >= 0 else ():
            left -= key.width
            if left < 0:
                return key
        return None

    def on_mouse_move(self, event: events.MouseMove) -> None:
        key = self._under(event)
        self.hovered = key.id if key else ""

    def on_leave(self) -> None:
        self.hovered = ""

    def on_mouse_down(self, event: events.MouseDown) -> None:
        if key := self._under(event):
            self.app.simulate_key(key.key)

    def render_line(self, y: int) -> Strip:
        if y:
            return Strip.blank(self.size.width, self.rich_style)
        parts: list[Segment] = []
        key_style = self.get_component_rich_style("key-line--key")
        does_style = self.get_component_rich_style("key-line--does")
        over = self.get_component_rich_style("key-line--hovered", partial=True)
        for key in fitting(self.keys, self.content_size.width):
            looks = (key_style + over, does_style + over) if key.id == self.hovered else (key_style, does_style)
            parts += [Segment(f" {key.shown} ", looks[0]), Segment(f"{key.does} ", looks[1])]
        return Strip(parts).adjust_cell_length(self.content_size.width, self.rich_style)
