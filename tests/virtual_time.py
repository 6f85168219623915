"""An event loop whose clock jumps to the next timer: an hour of heartbeats in a moment, the same in every run."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, TypeVar

from tests.helpers import START_MS

Result = TypeVar("Result")


class _JumpingSelector(selectors.DefaultSelector):  # type: ignore[misc, valid-type]
    """Never waits: what the loop would have slept is added to its clock instead."""

    def __init__(self) -> None:
        super().__init__()
        self.passed = 0.0

    def select(self, timeout: float | None = None) -> Any:
        ready = super().select(0)
        if not ready and timeout:
            self.passed += timeout
        if not ready and timeout is None:
            raise RuntimeError("the loop would wait for ever: nothing is due and nobody is there to wake it")
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """For code that waits for timers and other tasks only: no threads, no sockets."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        """Seconds of virtual time."""
        return self._jumping.passed


class LoopClock:
    """The Clock port on the running loop's time; `skew_ms` is what the wall clock is off by."""

    def __init__(self, skew_ms: int = 0) -> None:
        self.skew_ms = skew_ms

    def wall_ms(self) -> int:
        return START_MS + self.skew_ms + self.monotonic_ms()

    def monotonic_ms(self) -> int:
        return round(asyncio.get_running_loop().time() * 1000)


def run(scenario: Coroutine[Any, Any, Result]) -> Result:
    """Run a scenario on a fresh virtual loop."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(scenario)


def virtual(scenario: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Make a test of a scenario: it runs on a fresh virtual loop."""

    @wraps(scenario)
    def test(*args: Any, **kwargs: Any) -> None:
        run(scenario(*args, **kwargs))

    return test
