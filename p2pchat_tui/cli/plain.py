"""`--plain`: the app line by line, for screen readers and for terminals that can draw nothing."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal
import sys
import termios
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, TextIO

from ..config import Config
from ..session.profile import Profile
from .compose import open_profile, room_to_open
from .errors import Exit
from .signals import heeded
from .streams import Lines, Output

if TYPE_CHECKING:
    from ..ui.settings import Settings

KEPT = "What you have typed is still there: Enter sends it. /quit or Ctrl+D leaves."
_ENDS = (signal.SIGTERM, signal.SIGHUP)


async def plain(config: Config, options: argparse.Namespace) -> int:
    """Chat until the input ends, /quit, or a signal; the exit code."""
    from .app import settings_of

    async with open_profile(config, guest=True) as opened:
        return await chat_plainly(opened.profile, settings_of(config), await room_to_open(opened, options.room))


async def chat_plainly(profile: Profile, settings: Settings, room: str | None) -> int:
    """The same with an open profile."""
    from ..ui.plain.chat import PlainChat
    from ..ui.plain.line import Line
    from .keyboard import Keyboard, can_edit

    output, line = Output(), Line()
    try:
        if can_edit(0, 1, os.environ):
            keyboard = Keyboard(0, output, line, is_ascii=settings.now.glyphs == "plain")
            write: Callable[[str], None] = keyboard.write
            chat = PlainChat(
                profile,
                write,
                settings=settings,
                line=line,
                bell=keyboard.bell,
                emit=output.put_raw,
                catch_up=keyboard.catch_up,
            )
            lines: AsyncIterator[bytes | None] = keyboard.lines(chat.attention)
            modes: AbstractContextManager[None] = keyboard.held()
        else:
            write = output.put
            chat = PlainChat(profile, write, settings=settings, bell=_bell(output))
            lines = _input()
            modes = _unflushed(0) if _is_terminal(sys.stdin) else contextlib.nullcontext()
        broken = asyncio.create_task(output.broken.wait())
        broken.add_done_callback(lambda _: chat.end())
        with _signals(chat.end, write) as ended_by, modes:
            await chat.chat(lines, room)
        broken.cancel()
    finally:
        await output.close()
    return 128 + ended_by[0] if ended_by else Exit.DONE


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and stream.isatty()


def _bell(output: Output) -> Callable[[], None]:
    """Rings where somebody hears it."""
    return (lambda: output.put_raw("\a")) if _is_terminal(sys.stdout) else lambda: None


async def _input() -> AsyncIterator[bytes | None]:
    if sys.stdin is not None:
        async for line in Lines(sys.stdin.fileno()):
            yield line


@contextlib.contextmanager
def _signals(end: Callable[[], None], write: Callable[[str], None]) -> Iterator[list[int]]:
    """Signals `end` the chat, and are noted. Ctrl+C at a terminal does not: it loses nothing, and says how to leave."""
    loop, ended_by = asyncio.get_running_loop(), list[int]()

    def ended(number: int) -> None:
        ended_by.append(number)
        end()

    at_terminal = _is_terminal(sys.stdin)
    for number in heeded(*_ENDS) if at_terminal else heeded(*_ENDS, signal.SIGINT):
        loop.add_signal_handler(number, ended, number)
    if at_terminal:
        loop.add_signal_handler(signal.SIGINT, write, KEPT)
    try:
        yield ended_by
    finally:
        for number in (*_ENDS, signal.SIGINT):
            loop.remove_signal_handler(number)


@contextlib.contextmanager
def _unflushed(terminal: int) -> Iterator[None]:
    """Let the terminal keep the line that is being typed when Ctrl+C comes; by itself it throws that away."""
    before = termios.tcgetattr(terminal)
    during = [*before]
    during[3] |= termios.NOFLSH
    termios.tcsetattr(terminal, termios.TCSANOW, during)
    try:
        yield
    finally:
        # Whoever hung up has taken the terminal along.
        with contextlib.suppress(termios.error):
            termios.tcsetattr(terminal, termios.TCSANOW, before)
