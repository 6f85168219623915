"""An app that is a good guest of its terminal: it draws only what changes, and lends the terminal to others.

It leaves the terminal as it found it, whatever ends it: a key, a signal, or a fault of its own.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from rich.console import RenderableType
from rich.segment import Segments
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.app import App
from textual.driver import Driver
from textual.events import Event, InputEvent, Resize
from textual.screen import Screen

from .driver import steady
from .frame import Frame
from .titles import GIVE_TITLE_BACK, KEEP_TITLE

_SIGNALS = (signal.SIGTERM, signal.SIGHUP)


class TerminalApp(App[str]):
    """What there is between the screens and the terminal."""

    def __init__(self, now: Callable[[], float]) -> None:
        """`now`: Unix seconds."""
        self._now = now
        self._touched = now()
        self._is_lent = False
        self._frame = Frame()
        self._stop: Callable[[int, FrameType | None], Any] | None = None
        super().__init__()

    def get_driver_class(self) -> type[Driver]:
        """See App; one that lives on when the terminal does not."""
        return steady(super().get_driver_class())

    def take_terminal(self) -> None:
        """End when a signal says so, draw anew after a stop, and keep the title that there is."""
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.add_signal_handler(number, self._ended_by, number)
        # That of the driver, which gives the terminal back.
        if callable(stop := signal.getsignal(signal.SIGTSTP)):
            self._stop = stop
            signal.signal(signal.SIGTSTP, self._stopped)
        self.app_resume_signal.subscribe(self, lambda _: self.action_redraw())
        self.emit(KEEP_TITLE)

    def leave_terminal(self) -> None:
        """Signals do again what they did before, and the title is the old one."""
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.remove_signal_handler(number)
        if self._stop is not None:
            signal.signal(signal.SIGTSTP, self._stop)
        self.emit(self._frame.lift() + GIVE_TITLE_BACK)

    def idle(self) -> float:
        """Seconds since somebody touched anything."""
        return self._now() - self._touched

    def _ended_by(self, number: signal.Signals) -> None:
        self.exit(return_code=128 + number)

    def _stopped(self, number: int, where: FrameType | None) -> None:
        self.emit(self._frame.lift())
        if self._stop is not None:
            self._stop(number, where)

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        # As in Textual, but what the terminal shows already is not written again.
        is_drawn = self._running and not (self._closed or self._batch_count or self.is_headless)
        if is_drawn and isinstance(renderable, LayoutUpdate | ChopsUpdate):
            new = self._frame.difference(renderable, self.size, self._previous_cursor_position)
            if new is not None:
                cursor = self.screen.outer_size.clamp_offset(self.cursor_position)
                if new.parts or cursor != self._previous_cursor_position:
                    super()._display(screen, new)  # type: ignore[arg-type]  # an update like the others
                return
        if is_drawn and renderable is not None:
            self.emit(self._frame.lift())
        super()._display(screen, renderable)

    def action_redraw(self) -> None:
        """Draw everything again, whatever others wrote on the terminal."""
        self._frame.forget()
        self.refresh(layout=True)

    def emit(self, sequence: str) -> None:
        """Write a control sequence that draws nothing, such as a title or a notice."""
        if self._driver is not None and not self.is_headless and not self._is_lent:
            self._driver.write(sequence)

    def bell(self) -> None:
        """See App; nothing is heard while the terminal is somebody else's."""
        if not self._is_lent:
            super().bell()

    @contextmanager
    def suspend(self) -> Iterator[None]:
        """See App. Nothing is written meanwhile: the thread that empties the driver's queue is stopped, too."""
        self.emit(self._frame.lift())
        with super().suspend():
            self._is_lent = True
            try:
                yield
            finally:
                self._is_lent = False
                self._frame.forget()

    async def on_event(self, event: Event) -> None:
        """Remember when somebody last touched anything, and that nothing is known of a terminal that has changed."""
        if isinstance(event, InputEvent):
            self._touched = self._now()
        elif isinstance(event, Resize):
            self._frame.forget()
            self.call_later(self.refresh, layout=True)  # also when it has its old size again
        await super().on_event(event)

    def _fatal_error(self) -> None:
        # As in Textual, but without the values of variables: among them may be an invite or a message.
        from rich.traceback import Traceback

        self.bell()
        traceback = Traceback(show_locals=False, width=None)
        self._exit_renderables.append(Segments(self.console.render(traceback, self.console.options)))
        self._close_messages_no_wait()
