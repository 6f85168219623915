"""Dials beside a dial that takes long: on a bad line each lost packet doubles the wait of its connection."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

AGAIN_S = 2.0
"""Seconds after which another dial is begun: three ways to the far side of the world and back, with TLS."""
DIALS_MAX = 3
"""Dials of one attempt."""

T = TypeVar("T")


async def first_of(dial: Callable[[], Coroutine[Any, Any, T]], hang_up: Callable[[T], Awaitable[None]]) -> T:
    """What the first `dial` to succeed gives; the error of the last one once none is left under way.

    `hang_up` ends what came besides.
    """
    under_way: set[asyncio.Task[T]] = set()
    begun = 0
    try:
        while True:
            if begun < DIALS_MAX:
                under_way.add(asyncio.create_task(dial(), name="dial"))
                begun += 1
            pause = AGAIN_S if begun < DIALS_MAX else None
            done, under_way = await asyncio.wait(under_way, timeout=pause, return_when=asyncio.FIRST_COMPLETED)
            ended = sorted(done, key=lambda task: task.exception() is not None)
            if ended and (not ended[0].exception() or not under_way):
                under_way |= set(ended[1:])
                return ended[0].result()
    finally:
        for task in under_way:
            task.cancel()
        if under_way:
            await asyncio.wait(under_way)
        for task in under_way:
            if not task.cancelled() and not task.exception():
                await hang_up(task.result())
