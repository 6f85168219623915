"""Simulated processes: every task that a peer's program starts belongs to it, and dies with it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextvars import ContextVar, copy_context
from typing import Any

from tests.virtual_time import VirtualLoop

SPIN_MAX = 100_000
"""Turns of the loop at one moment of virtual time: more is a task that keeps waking itself."""

_OWNER: ContextVar[Process | None] = ContextVar("owner", default=None)


class SimLoop(VirtualLoop):
    """Virtual time, tasks that know their process, and an end to endless spinning."""

    def __init__(self) -> None:
        super().__init__()
        self._at = -1.0
        self._spins = 0
        self.troubles: list[str] = []
        """What reached the loop that nobody handled."""
        self.set_task_factory(_make_task)
        self.set_exception_handler(self._trouble)

    def _trouble(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        self.troubles.append(f"{context.get('message')}: {context.get('exception')!r}")

    def _run_once(self) -> None:
        self._spins = self._spins + 1 if self.time() == self._at else 0
        self._at = self.time()
        if self._spins > SPIN_MAX:
            raise RuntimeError("the loop spins: something wakes itself for ever, and time stands still")
        super()._run_once()  # type: ignore[misc]


def _make_task(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, Any], **options: Any) -> asyncio.Task[Any]:
    task = asyncio.Task(work, loop=loop, **options)
    context = options.get("context")
    owner = context.get(_OWNER) if context is not None else _OWNER.get()
    if owner is not None:
        owner.adopt(task)
    return task


class Process:
    """One run of one peer's program."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_dead = False
        """Killed: none of its code runs any more."""
        self.troubles: list[str] = []
        """Exceptions that ended its tasks."""
        self._tasks: dict[asyncio.Task[Any], None] = {}
        self._context = copy_context()
        self._context.run(_OWNER.set, self)

    def spawn(self, work: Coroutine[Any, Any, Any], name: str = "") -> asyncio.Task[Any]:
        """Run `work` as part of this process."""
        return asyncio.get_running_loop().create_task(work, name=name or None, context=self._context)

    def adopt(self, task: asyncio.Task[Any]) -> None:
        """A task was started in here."""
        self._tasks[task] = None
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.pop(task, None)
        if task.cancelled():
            return
        error = task.exception()
        # A task that ends in disorder after its process was killed is an effect of how killing is simulated.
        if error is not None and not self.is_dead:
            self.troubles.append(f"{task.get_name()} of {self.name}: {error!r}")

    @property
    def left(self) -> list[str]:
        """Its tasks that have not ended, and where each of them waits."""
        frames = [(task, task.get_stack(limit=1)) for task in self._tasks]
        return [f"{task.get_name()} in {stack[0].f_code.co_name if stack else '?'}" for task, stack in frames]

    async def kill(self) -> None:
        """End every task, oldest first; a task that refuses is asked again."""
        self.is_dead = True
        while self._tasks:
            for task in list(self._tasks):
                task.cancel()
            await asyncio.wait(list(self._tasks))
