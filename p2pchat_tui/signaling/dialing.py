"""Dials beside a dial that takes long: on a bad line each lost packet doubles the wait of its connection."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

AGAIN_S = 2.0
"""Seconds after which another dial is begun: three ways to the far side of the world and back, with TLS."""
DIALS_MAX = 3
"""Dials under way at once."""

T = TypeVar("T")


async def first_of(dial: Callable[[], Coroutine[Any, Any, T]], hang_up: Callable[[T], Awaitable[None]]) -> T:
    """What the first `dial` to succeed gives, or the error of the first to fail; `hang_up` ends what came besides."""
    dials: set[asyncio.Task[T]] = set()
    chosen: asyncio.Task[T] | None = None
    try:
        while chosen is None:
            dials.add(asyncio.create_task(dial(), name="dial"))
            pause = AGAIN_S if len(dials) < DIALS_MAX else None
            done, _ = await asyncio.wait(dials, timeout=pause, return_when=asyncio.FIRST_COMPLETED)
            chosen = next(iter(done), None)
        return chosen.result()
    finally:
        others = dials - {chosen}
        for task in others:
            task.cancel()
        if others:
            await asyncio.wait(others)
        for task in others:
            if not task.cancelled() and not task.exception():
                await hang_up(task.result())
