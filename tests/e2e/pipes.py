"""Real `pipe --json` processes: what they are told, what they tell, and how they end."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

from tests.cli.program import environment, run

LIMIT_S = 60
"""Seconds for one thing to happen: far more than it takes, since the machine may be busy."""

Event = dict[str, Any]


def homes(folder: Path, *names: str, room: str = "garden") -> dict[str, Path]:
    """A home for each name, all of them members of one room."""
    first, *others = names
    invite = run(folder / first, "new", room).stdout
    for name in others:
        assert run(folder / name, "join", given=invite).returncode == 0
    return {name: folder / name for name in names}


class Pipe:
    """One `pipe --json` in the room `garden`; to be used with `async with`."""

    def __init__(
        self, home: Path, port: int, *options: str, room: str = "garden", within: Sequence[str] | None = None
    ) -> None:
        """`within`: the words of a command that runs a program in another network; None for 127.0.0.1 of this one."""
        self.name = home.name
        self.events: list[Event] = []
        """Everything that it told so far."""
        self.told_at: list[float] = []
        """When it told each of `events`: seconds of the monotonic clock."""
        self.started_at = 0.0
        self.notes = b""
        """Its standard error, once it has ended."""
        self._command = [
            *(within or ()),
            *(sys.executable, "-m", "p2pchat_tui", "pipe", room, "--json", "--name", self.name),
            *("--local-port", str(port), *(("--ice-address", "127.0.0.1") if within is None else ()), *options),
        ]
        self._home = home
        self._changed = asyncio.Condition()
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None

    @property
    def process(self) -> asyncio.subprocess.Process:
        assert self._process
        return self._process

    async def __aenter__(self) -> Self:
        self.started_at = time.monotonic()
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=environment(self._home),
        )
        self._reader = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self.process.returncode is None:
            self.process.kill()
        await self._ended()

    async def _read(self) -> None:
        assert self.process.stdout
        async for line in self.process.stdout:
            async with self._changed:
                self.events.append(json.loads(line))
                self.told_at.append(time.monotonic())
                self._changed.notify_all()
        async with self._changed:
            self._changed.notify_all()

    async def _ended(self) -> int:
        assert self._reader and self.process.stderr
        self.notes += await self.process.stderr.read()
        await self._reader
        code = await self.process.wait()
        if self.process.stdin:
            self.process.stdin.close()
        return code

    # What it is told -------------------------------------------------------------------------------------------

    async def do(self, what: str, **fields: Any) -> None:
        """One request."""
        await self.write(json.dumps({"do": what, **fields}).encode() + b"\n")

    async def write(self, data: bytes) -> None:
        """Anything at all."""
        assert self.process.stdin
        self.process.stdin.write(data)
        await self.process.stdin.drain()

    async def say(self, text: str, **fields: Any) -> Event:
        """A message, and the event by which the process says that it is stored."""
        await self.do("say", text=text, **fields)
        return await self.until("message", mine=True, text=text)

    # What it tells ---------------------------------------------------------------------------------------------

    async def until(self, event: str, **fields: Any) -> Event:
        """The first event of this kind with these fields, told already or still to come."""
        return await self.when(
            lambda each: each["event"] == event and all(each.get(key) == value for key, value in fields.items()),
            f"{event} {fields}",
        )

    async def when(self, fits: Callable[[Event], bool], what: str) -> Event:
        """The first event that `fits`."""
        found: list[Event] = []

        def look() -> bool:
            found[:] = [each for each in self.events if fits(each)][:1]
            return bool(found) or (self._reader is not None and self._reader.done())

        try:
            async with asyncio.timeout(LIMIT_S), self._changed:
                await self._changed.wait_for(look)
        except TimeoutError:
            pass
        assert found, f"{self.name} never told {what}; it told {json.dumps(self.events[-30:], indent=0)}"
        return found[0]

    async def after(self, told: int, event: str, **fields: Any) -> Event:
        """The same, but not one of the first `told` events."""
        old = self.events[:told]
        return await self.when(
            lambda each: (
                each["event"] == event
                and all(each.get(key) == value for key, value in fields.items())
                and not any(each is one for one in old)
            ),
            f"{event} {fields} again",
        )

    def all(self, event: str, **fields: Any) -> list[Event]:
        """Every event of this kind with these fields so far."""
        return [
            each
            for each in self.events
            if each["event"] == event and all(each.get(key) == value for key, value in fields.items())
        ]

    # How it ends -----------------------------------------------------------------------------------------------

    async def finish(self) -> int:
        """End its input; its exit code."""
        assert self.process.stdin
        self.process.stdin.close()
        return await self.end()

    async def end(self) -> int:
        """Its exit code, once it has ended; its last word must be the same."""
        async with asyncio.timeout(LIMIT_S):
            code = await self._ended()
        assert self.events[-1] == {"event": "bye", "code": code}, (self.events[-5:], self.notes)
        return code

    async def kill(self) -> None:
        """As a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        async with asyncio.timeout(LIMIT_S):
            await self._ended()
