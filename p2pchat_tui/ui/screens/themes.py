"""Choosing a theme by looking at it: whatever is highlighted is what one sees."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList
from textual.widgets.option_list import Option


class ThemeScreen(ModalScreen[str | None]):
    """Ends with the theme to keep, or None to have back what was there."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "dismiss(None)", "As before", id="themes.close")]

    def __init__(self, themes: Sequence[str], now: str, show: Callable[[str], None]) -> None:
        """`show` puts a theme on, for a look."""
        super().__init__()
        self._themes = tuple(themes)
        self._now = now
        self._show = show

    def compose(self) -> ComposeResult:
        """A narrow list at the side, so that most of the chat can be seen."""
        with Vertical(id="themes", classes="box") as box:
            box.border_title = "theme"
            box.border_subtitle = "Enter keeps"
            yield OptionList(*(Option(name, id=name) for name in self._themes), compact=True, markup=False)

    def on_mount(self) -> None:
        """Begin with the one that is there."""
        listed = self.query_one(OptionList)
        listed.highlighted = self._themes.index(self._now) if self._now in self._themes else 0
        listed.focus()

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Have a look at it."""
        self._show(self._themes[event.option_index])

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Keep it."""
        self.dismiss(self._themes[event.option_index])
