"""What a session is asked for, one after the other, so that texts keep their order and typing never waits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from ...session import api
from ..rooms import Aim, OpenRoom
from ..trouble import TROUBLE


@dataclass(frozen=True, slots=True)
class Errand:
    """One thing to ask for."""

    room: OpenRoom
    command: api.Command
    text: str = ""
    """What goes back to where it was written when it is refused; empty for nothing."""
    aim: Aim | None = None
    """What the text answered or changed."""
    done: Callable[[], str] | None = None
    """What to tell once it is done."""


class Errands:
    """A queue, and the worker that empties it."""

    def __init__(self, refused: Callable[[Errand, str], None], tell: Callable[[str], None]) -> None:
        """`refused` is told of every errand that was not carried out, and why."""
        self._refused = refused
        self._tell = tell
        self._waiting: asyncio.Queue[Errand] = asyncio.Queue()

    def add(self, errand: Errand) -> None:
        """Have it done after all that were added before."""
        self._waiting.put_nowait(errand)

    async def run(self) -> None:
        """Carry out one after the other, for ever."""
        while True:
            errand = await self._waiting.get()
            try:
                await errand.room.session.do(errand.command)
            except TROUBLE as error:
                self._refused(errand, str(error))
            else:
                if errand.done is not None:
                    self._tell(errand.done())
