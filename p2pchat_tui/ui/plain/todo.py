"""What was asked for and takes a while, in its order: the next thing begins when the one before is done."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any

from ..trouble import TROUBLE

Work = Coroutine[Any, Any, None]


class Todo:
    """A list of things to do."""

    def __init__(self) -> None:
        self._waiting: deque[Work] = deque()

    def add(self, work: Work) -> None:
        """Have it done after all that were added before."""
        self._waiting.append(work)

    async def do_all(self, trouble: Callable[[str], None]) -> None:
        """Carry out everything; that may ask for more. `trouble` is told what cannot be done, and why."""
        while self._waiting:
            try:
                await self._waiting.popleft()
            except TROUBLE as error:
                trouble(str(error))

    def close(self) -> None:
        """Do nothing of what is left."""
        for work in self._waiting:
            work.close()
