"""Standard input and output for a program with an event loop: neither ever blocks it, whatever they are.

Files, pipes, terminals and /dev/null are read and written in threads of their own, since no other way works for all of
them. The threads are daemons: one that waits in the kernel keeps nobody from ending.
"""

from __future__ import annotations

import asyncio
import os
import select
import threading
from collections.abc import AsyncIterator
from queue import Empty, SimpleQueue

LINE_MAX = 64 * 1024
"""Bytes of one line of input: a text of 8 KiB takes at most 48 KiB of JSON."""
CHUNK = 64 * 1024
"""Bytes read at once."""
CHUNKS_AHEAD = 2
"""Chunks read before the program has dealt with them; beyond it the writer at the other end waits."""
OUTPUT_MAX = 256
"""Lines that wait for a reader of ours; beyond it `write` waits, too."""
BATCH = 64
"""Lines written with one call when many wait."""
DRAIN_S = 2.0
"""How long `close` waits for a reader that does not read."""


class Chunks:
    """What comes from a descriptor, in pieces as they come."""

    def __init__(self, descriptor: int) -> None:
        """Must be made inside a running loop."""
        self._descriptor = descriptor
        self._loop = asyncio.get_running_loop()
        self._chunks: asyncio.Queue[bytes] = asyncio.Queue()
        self._ahead = threading.Semaphore(CHUNKS_AHEAD)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        threading.Thread(target=self._read, name="input", daemon=True).start()
        while chunk := await self._chunks.get():
            self._ahead.release()
            yield chunk

    def _read(self) -> None:
        while True:
            self._ahead.acquire()
            chunk = self._read_some()
            try:
                self._loop.call_soon_threadsafe(self._chunks.put_nowait, chunk)
            except RuntimeError:
                return  # the loop is closed: nobody is interested any more
            if not chunk:
                return

    def _read_some(self) -> bytes:
        while True:
            try:
                return os.read(self._descriptor, CHUNK)
            except BlockingIOError:  # whoever shares the other end made it so
                select.select([self._descriptor], [], [])
            except OSError:
                return b""  # a terminal that was hung up, a descriptor that never was: the end of input


class Lines:
    """The lines of a descriptor, as bytes without their ends; None for one that is longer than LINE_MAX."""

    def __init__(self, descriptor: int) -> None:
        """Must be made inside a running loop."""
        self._chunks = Chunks(descriptor)

    async def __aiter__(self) -> AsyncIterator[bytes | None]:
        rest = b""
        too_long = False
        async for chunk in self._chunks:
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                yield None if too_long or len(line) > LINE_MAX else line.removesuffix(b"\r")
                too_long = False
            if len(rest) > LINE_MAX:
                rest, too_long = b"", True
        if rest or too_long:
            yield None if too_long else rest.removesuffix(b"\r")


class Output:
    """Writes lines in their order, each at once; `write` waits only when nobody reads for long."""

    def __init__(self, descriptor: int = 1, notes: int = 2) -> None:
        """`notes`: the descriptor for what is no data. Must be made inside a running loop."""
        self.broken = asyncio.Event()
        """Set once nobody reads the data any more."""
        self._descriptors = {False: descriptor, True: notes}
        self._loop = asyncio.get_running_loop()
        self._queue: SimpleQueue[tuple[bool, bytes] | None] = SimpleQueue()
        self._waiting = 0
        self._roomy = asyncio.Event()
        self._thread = threading.Thread(target=self._work, name="output", daemon=True)
        self._thread.start()

    async def write(self, line: str, *, is_note: bool = False) -> None:
        """Write `line` and an end of line soon; swallowed when nobody reads any more."""
        while self._waiting >= OUTPUT_MAX:
            self._roomy.clear()
            await self._roomy.wait()
        self.put(line, is_note=is_note)

    def put(self, text: str, *, is_note: bool = False) -> None:
        """The same without ever waiting: for a last line."""
        self.put_raw(text + "\n", is_note=is_note)

    def put_raw(self, text: str, *, is_note: bool = False) -> None:
        """Likewise what is no line: for a terminal."""
        self._waiting += 1
        self._queue.put((is_note, text.encode("utf-8", "replace")))

    async def close(self) -> None:
        """Return once everything is written, or is not going to be."""
        self._queue.put(None)
        deadline = self._loop.time() + DRAIN_S
        while self._waiting and self._loop.time() < deadline:
            self._roomy.clear()
            try:
                async with asyncio.timeout_at(deadline):
                    await self._roomy.wait()
            except TimeoutError:
                return

    def _done(self, count: int, is_broken: bool) -> None:
        self._waiting -= count
        self._roomy.set()
        if is_broken:
            self.broken.set()

    # In the thread ---------------------------------------------------------------------------------------------

    def _work(self) -> None:
        while batch := self._next_batch():
            is_broken = False
            for is_note in (False, True):
                data = b"".join(line for kind, line in batch if kind is is_note)
                if data and not self._write_all(self._descriptors[is_note], data):
                    is_broken |= not is_note  # notes are for whoever looks
            try:
                self._loop.call_soon_threadsafe(self._done, len(batch), is_broken)
            except RuntimeError:
                return  # the loop is closed: the program has ended

    def _next_batch(self) -> list[tuple[bool, bytes]]:
        first = self._queue.get()
        if first is None:
            return []
        batch = [first]
        while len(batch) < BATCH:
            try:
                more = self._queue.get_nowait()
            except Empty:
                break
            if more is None:
                self._queue.put(None)
                break
            batch.append(more)
        return batch

    def _write_all(self, descriptor: int, data: bytes) -> bool:
        """Whether there was somebody to write to."""
        view = memoryview(data)
        while view:
            try:
                view = view[os.write(descriptor, view) :]
            except BlockingIOError:
                select.select([], [descriptor], [])
            except OSError:
                return False
        return True
