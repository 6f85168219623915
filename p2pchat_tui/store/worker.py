"""The one database connection, on the one thread that may use it."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, cast

import aiosqlite

T = TypeVar("T")

BUSY_MS = 5_000
"""How long a statement waits for another process's lock: a backup tool may hold it for a moment."""
STATEMENTS = 64
"""Prepared statements kept: more than this package has."""


class Worker(aiosqlite.Connection):
    """A connection that runs whole pieces of work in its thread, one after the other.

    A transaction is one piece of work. So no other one can begin inside it, and a caller that is cancelled
    leaves all of it or nothing.
    """

    def __init__(self, path: str, *, is_uri: bool = False) -> None:
        def connect() -> sqlite3.Connection:
            connection = sqlite3.connect(
                path, timeout=BUSY_MS / 1000, isolation_level=None, cached_statements=STATEMENTS, uri=is_uri
            )
            # Bytes, so that a damaged text is found by its checksum and not by a codec in the middle of a query.
            connection.text_factory = bytes
            return connection

        super().__init__(connect, iter_chunk_size=64)

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """What `work` returns or raises. Raises ValueError when the connection is closed."""
        execute = cast(Callable[..., Awaitable[Any]], self._execute)
        return cast(T, await execute(lambda: work(self._conn)))
