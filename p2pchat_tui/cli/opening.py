"""Opens a profile behind the app's first frame, and closes it whenever the app ends, be it in the middle of that."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Self

from ..collector import code_loading

if TYPE_CHECKING:
    from ..ui.starting import Start

CODE = ("..store.sqlite", "..store.memory", ".compose")
"""What it takes to open a profile."""


class Opening:
    """See `ui.starting.Opening`; to be used with `async with` around the app."""

    def __init__(self, open: Callable[[AsyncExitStack], Awaitable[Start]], code: tuple[str, ...] = CODE) -> None:
        """`open` leaves with the stack what has to be closed at the end. `code`: the modules that it needs."""
        self._open = open
        self._code = code
        self._stack = AsyncExitStack()
        self._task: asyncio.Task[Start] | None = None

    def load(self) -> None:
        """Import the code."""
        with code_loading():
            for module in self._code:
                importlib.import_module(module, __package__)

    async def open(self) -> Start:
        """Open the profile; whoever does not wait for it any longer leaves that to `__aexit__`."""
        self._task = asyncio.create_task(self._begin(), name="open profile")
        return await asyncio.shield(self._task)

    async def _begin(self) -> Start:
        return await self._open(self._stack)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            if not self._task.cancelled():
                self._task.exception()  # told by the app
        await self._stack.aclose()
