"""Drives the processes of a benchmark, and puts figures together: medians of rounds in which all take turns."""

from __future__ import annotations

import asyncio
import json
import shutil
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Self

from p2pchat_tui.signaling.relay import Relay
from p2pchat_tui.ssc.entry import Entry

from . import corpus

LIMIT_S = 180.0
"""Seconds that anything awaited may take: then the benchmark fails."""
Report = dict[str, Any]


class Child:
    """A process that takes and gives JSON lines."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.seen: list[Report] = []
        self._news = asyncio.Event()
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def start(cls, module: str, **settings: Any) -> Self:
        """Start `module` of this package and give it its settings."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", f"tests.bench.{module}",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=1 << 24,
        )  # fmt: skip
        child = cls(process)
        child.tell(**settings)
        return child

    def tell(self, **command: Any) -> None:
        """Send one line."""
        assert self._process.stdin
        self._process.stdin.write(json.dumps(command).encode() + b"\n")

    async def until(self, event: str, after: int = 0, times: int = 1) -> Report:
        """The report of `event` that makes it `times`, from number `after` on, once it is there."""
        async with asyncio.timeout(LIMIT_S):
            while True:
                found = [report for report in self.seen[after:] if report["event"] == event]
                if len(found) >= times:
                    return found[times - 1]
                if self._reading.done():
                    raise RuntimeError(f"a process ended before it said {event}")
                self._news.clear()
                await self._news.wait()

    async def ask(self, do: str, answer: str, **more: Any) -> Report:
        """Tell it to do something and wait for the answer."""
        before = len(self.seen)
        self.tell(do=do, **more)
        return await self.until(answer, before)

    async def kill(self) -> None:
        """End it in mid-work, without a goodbye."""
        with suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()
        await self._reading

    async def quit(self) -> None:
        """Let it end by itself."""
        with suppress(ConnectionError, RuntimeError):
            self.tell(do="quit")
        try:
            async with asyncio.timeout(10):
                await self._process.wait()
        except TimeoutError:
            await self.kill()
        await self._reading

    async def _read(self) -> None:
        assert self._process.stdout
        async for line in self._process.stdout:
            self.seen.append(json.loads(line))
            self._news.set()
        self._news.set()


class Stage:
    """A folder and a relay of this machine for one benchmark, and the processes on it; all gone at the end."""

    def __init__(self, folder: Path, relay: str) -> None:
        self.folder = folder
        self.relay = relay
        self._histories: dict[int, tuple[list[Entry], Path]] = {}
        self._number = 0

    async def history(self, count: int) -> list[Entry]:
        """The history of that length."""
        if count not in self._histories:
            history = list(corpus.entries(count))
            path = self.folder / f"history-{count}" / "rooms.db"
            await corpus.fill(path, history)
            self._histories[count] = history, path
        return self._histories[count][0]

    async def database(self, count: int, *, without: int = 0) -> Path:
        """A new database that holds the history of `count` entries, but for the newest `without`."""
        self._number += 1
        path = self.folder / str(self._number) / "rooms.db"
        history = await self.history(count)
        if without:
            await corpus.fill(path, history[: count - without])
        else:
            path.parent.mkdir()
            shutil.copy(self._histories[count][1], path)
        return path

    @asynccontextmanager
    async def member(self, author: int, database: Path, **settings: Any) -> AsyncIterator[Child]:
        """A member of the room in a process of its own, ready; its folder goes with it."""
        child = await Child.start("peer", author=author, database=str(database), **{"relay": self.relay, **settings})
        try:
            await child.until("ready")
            yield child
        finally:
            await child.quit()
            shutil.rmtree(database.parent, ignore_errors=True)


@asynccontextmanager
async def stage() -> AsyncIterator[Stage]:
    """A stage with a relay on 127.0.0.1."""
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="p2pchat-bench-"))
        relay = await stack.enter_async_context(Relay("127.0.0.1", 0))
        yield Stage(Path(folder), relay.url)


def run(main: Callable[[int], Coroutine[Any, Any, None]], rounds: int) -> None:
    """Run a benchmark with as many rounds as the command line says, or `rounds`."""
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else rounds))


def middle(values: Sequence[float], digits: int = 0) -> str:
    """`median [least-most]`."""
    return f"{statistics.median(values):.{digits}f} [{min(values):.{digits}f}-{max(values):.{digits}f}]"


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which that share of `values` lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def tails(values: Sequence[float], digits: int = 1) -> str:
    """`p50 / p99`."""
    return f"{percentile(values, 0.5):.{digits}f} / {percentile(values, 0.99):.{digits}f}"


def row(*cells: object) -> None:
    """Print one row of a table, as README.md has them."""
    print("| " + " | ".join(str(cell) for cell in cells) + " |", flush=True)
