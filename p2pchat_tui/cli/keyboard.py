"""A terminal at which lines are edited, while others come in over them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import signal
import termios
from collections.abc import AsyncIterator, Iterator

from ..ui.glyphs import plain
from ..ui.plain.attention import Attention
from ..ui.plain.drawing import NEW_LINE, Drawing
from ..ui.plain.keys import KEYS_OFF, KEYS_ON, Key, Keys
from ..ui.plain.line import Line
from .streams import Chunks, Output

CATCH_UP_S = 0.01
"""Seconds within which what a terminal has handed over is in the line."""
CATCH_UP_MOST = 20
"""How often that is waited for: a terminal that was hung up always has something."""
LOCAL_FLAGS = 3
"""Where termios keeps what a terminal does by itself with what is typed."""


def can_edit(keyboard: int, screen: int, environ: dict[str, str] | os._Environ[str]) -> bool:
    """Whether there is one terminal at both ends that understands how a cursor is moved."""
    if environ.get("TERM", "") in ("", "dumb", "unknown") or not (os.isatty(keyboard) and os.isatty(screen)):
        return False
    return os.fstat(keyboard).st_rdev == os.fstat(screen).st_rdev


class Keyboard:
    """Reads keys into `line`, and draws it under all that is written."""

    def __init__(self, descriptor: int, output: Output, line: Line, *, is_ascii: bool) -> None:
        """`is_ascii`: the program's own signs are plain ones."""
        self._descriptor = descriptor
        self._output = output
        self._line = line
        self._new_line = plain(NEW_LINE) if is_ascii else NEW_LINE
        self._drawing = Drawing()
        self._lines: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._is_ending = False
        line.changed = self._draw

    def write(self, text: str) -> None:
        """One line of output, over the one that is being typed."""
        self._output.put_raw(self._drawing.erase() + text + "\n" + self._shown())

    def bell(self) -> None:
        """Ring."""
        self._output.put_raw("\a")

    async def lines(self, attention: Attention) -> AsyncIterator[bytes | None]:
        """Every line that is done. Keys are taken in while the program deals with one."""
        reading = asyncio.create_task(self._read(attention), name="keys")
        try:
            while (line := await self._lines.get()) is not None:
                yield line
            reading.result()
        finally:
            reading.cancel()
            await asyncio.wait([reading])

    async def catch_up(self) -> None:
        """The program is about to end: have all that was typed up to now in the line, also lines that nobody took."""
        self._is_ending = True
        quiet = tries = 0
        while quiet < 2 and tries < CATCH_UP_MOST:
            await asyncio.sleep(CATCH_UP_S)
            quiet = 0 if select.select([self._descriptor], [], [], 0)[0] else quiet + 1
            tries += 1
        done: list[str] = []
        while not self._lines.empty():
            if line := self._lines.get_nowait():
                done.append(line.decode())
        if done:
            self._line.fill("\n".join([*done, self._line.text]))

    async def _read(self, attention: Attention) -> None:
        keys = Keys()
        try:
            async for chunk in Chunks(self._descriptor):
                for key in keys.feed(chunk):
                    match key:
                        case Key("focus" | "blur" as name):
                            attention.is_looked_at = name == "focus"
                            continue
                        case Key("enter") if self._is_ending:
                            self._line.take(Key("new-line"))
                        case Key("enter"):
                            self._output.put_raw(self._shown() + self._drawing.leave())
                            self._lines.put_nowait(self._line.submit().encode())
                        case Key("end-of-input") if not self._line.text:
                            return
                        case Key("redraw"):
                            self._output.put_raw(self._drawing.erase())
                        case _:
                            if offers := self._line.take(key):
                                self.write("  ".join(offers))
                    attention.touch()
                self._draw()
        finally:
            self._lines.put_nowait(None)

    def _shown(self) -> str:
        return self._drawing.show(self._line.text, self._line.cursor, new_line=self._new_line)

    def _draw(self) -> None:
        if shown := self._shown():
            self._output.put_raw(shown)

    # ---------------------------------------------------------------------------------------------------- the terminal

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Have the terminal hand over every key, until the context ends; Ctrl+Z gives it back for a while."""
        loop = asyncio.get_running_loop()
        before = termios.tcgetattr(self._descriptor)
        loop.add_signal_handler(signal.SIGWINCH, self._resized)
        loop.add_signal_handler(signal.SIGTSTP, self._stop, before)
        loop.add_signal_handler(signal.SIGCONT, self._take, before)
        try:
            self._take(before)
            yield
        finally:
            for number in (signal.SIGWINCH, signal.SIGTSTP, signal.SIGCONT):
                loop.remove_signal_handler(number)
            self._output.put_raw((self._drawing.leave() if self._line.text else "") + KEYS_OFF)
            self._set(before)

    def _take(self, before: list[object]) -> None:
        during = [*before]
        flags = during[LOCAL_FLAGS]
        assert isinstance(flags, int)
        # Signals stay the terminal's; none of them throws away what was typed.
        during[LOCAL_FLAGS] = flags & ~(termios.ICANON | termios.ECHO | termios.IEXTEN) | termios.NOFLSH
        self._set(during)
        self._output.put_raw(KEYS_ON)
        self._resized()

    def _stop(self, before: list[object]) -> None:
        with contextlib.suppress(OSError):
            os.write(self._descriptor, (self._drawing.leave() + KEYS_OFF).encode())
        self._set(before)
        os.kill(os.getpid(), signal.SIGSTOP)

    def _set(self, modes: list[object]) -> None:
        # Whoever hung up has taken the terminal along.
        with contextlib.suppress(termios.error):
            termios.tcsetattr(self._descriptor, termios.TCSANOW, modes)  # type: ignore[arg-type]

    def _resized(self) -> None:
        with contextlib.suppress(OSError):
            columns, rows = os.get_terminal_size(self._descriptor)
            # A terminal without a size says 0.
            self._output.put_raw(self._drawing.erase())
            self._drawing.resize(columns or 80, rows or 24)
            self._draw()
