"""A screen that says plainly when the terminal is too small for it, instead of breaking."""

from __future__ import annotations

from typing import Generic, TypeVar

from textual.app import ComposeResult
from textual.content import Content
from textual.events import ScreenResume
from textual.screen import Screen
from textual.widgets import Static

MIN_WIDTH, MIN_HEIGHT = 60, 20
"""Cells under which the chat cannot be laid out without losing something that matters."""
PEOPLE_FROM, ROOMS_FROM = 100, 120
"""Cells from which the side panels are there without being asked for."""

Result = TypeVar("Result")


class SizedScreen(Screen[Result], Generic[Result]):
    """Sets `-tiny -narrow -medium -wide` and `-short -tall`, and covers itself when tiny or short."""

    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012
        (0, "-tiny"),
        (MIN_WIDTH, "-narrow"),
        (PEOPLE_FROM, "-medium"),
        (ROOMS_FROM, "-wide"),
    ]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (MIN_HEIGHT, "-tall")]  # noqa: RUF012

    _is_new = True

    def on_compose(self) -> None:
        """Be wide or narrow before anything is in it: Textual looks afterwards, and then styles all of it anew."""
        width, height = self.app.size
        for length, points in ((width, self.HORIZONTAL_BREAKPOINTS), (height, self.VERTICAL_BREAKPOINTS)):
            self.add_class(*self._get_breakpoint_classes(length, points), update=False)

    def on_screen_resume(self, event: ScreenResume) -> None:
        """What is on a new screen has just been styled."""
        if self._is_new:
            self._is_new = event.refresh_styles = False

    def cover(self) -> ComposeResult:
        """The line that shows when it does not fit."""
        text = f"Please make the terminal at least {MIN_WIDTH}×{MIN_HEIGHT}. Nothing is lost meanwhile; Ctrl+Q quits."
        yield Static(Content(text), id="too-small")
