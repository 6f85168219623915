"""The reference for a sync: the same history over TCP, from one SQLite to another, unverified. A process of its own:

    {do: "serve", database}          → {event: ready, port}; serves one client
    {do: "fetch", database, port}    → {event: stored, began, entries, bytes}

Rows carry id and signature, the table has three indexes; pages and transactions of 1,000 rows.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import struct
import sys
from pathlib import Path
from typing import Any

from .peer import tell
from .probes import now

PAGE = 1_000
HEAD = struct.Struct(">IQQ32s32s64sH")
TABLE = """CREATE TABLE entry (id INTEGER PRIMARY KEY, feed INTEGER NOT NULL, seq INTEGER NOT NULL,
    stamp INTEGER NOT NULL, prev BLOB NOT NULL, body BLOB NOT NULL, signature BLOB, hash BLOB NOT NULL)"""
INDEXES = ("UNIQUE INDEX a ON entry (feed, seq)", "UNIQUE INDEX b ON entry (hash)", "INDEX c ON entry (stamp)")


async def serve(database: str) -> None:
    """Send all entries to the first who connects."""
    done = asyncio.Event()

    async def send(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        db = sqlite3.connect(database)
        rows = db.execute("SELECT feed, seq, stamp, prev, hash, signature, body FROM entry")
        while page := rows.fetchmany(PAGE):
            data = b"".join(HEAD.pack(f, s, t + (1 << 63), p, h, g, len(b)) + b for f, s, t, p, h, g, b in page)
            writer.write(struct.pack(">II", len(page), len(data)) + data)
            await writer.drain()
        db.close()
        writer.close()
        await writer.wait_closed()
        done.set()

    server = await asyncio.start_server(send, "127.0.0.1", 0)
    async with server:
        tell("ready", port=server.sockets[0].getsockname()[1])
        await done.wait()


async def fetch(database: str, port: int) -> None:
    """Take all entries and commit them."""
    Path(database).parent.mkdir(exist_ok=True)
    db = sqlite3.connect(database, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = NORMAL")
    db.execute(TABLE)
    for index in INDEXES:
        db.execute(f"CREATE {index}")
    began = now()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    count = total = 0
    while head := await reader.read(8):
        number, size = struct.unpack(">II", head + await reader.readexactly(8 - len(head)))
        data = await reader.readexactly(size)
        rows, at = [], 0
        for _ in range(number):
            feed, seq, stamp, prev, digest, signature, length = HEAD.unpack_from(data, at)
            at += HEAD.size + length
            rows.append((feed, seq, stamp - (1 << 63), prev, data[at - length : at], signature, digest))
        db.execute("BEGIN")
        db.executemany("INSERT INTO entry VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)", rows)
        db.execute("COMMIT")
        count, total = count + number, total + size + 8
    tell("stored", began=began, entries=count, bytes=total)
    writer.close()
    db.close()


if __name__ == "__main__":
    settings: dict[str, Any] = json.loads(sys.stdin.readline())
    if settings["do"] == "serve":
        asyncio.run(serve(settings["database"]))
    else:
        asyncio.run(fetch(settings["database"], settings["port"]))
