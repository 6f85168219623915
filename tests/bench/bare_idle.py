"""Bare aiortc with some links on which nothing is said: what its own timers and consent checks take.

The process that is started starts the other one.   {links, settle, rest} → {event: report, share}
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any

from aiortc import RTCPeerConnection, RTCSessionDescription

from p2pchat_tui.transport import guards

from .bare import connection, describe
from .peer import tell
from .probes import now


async def answer() -> None:
    """The other process: answer every offer on standard input, until that ends."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    held: list[RTCPeerConnection] = []
    while line := await reader.readline():
        pc, _, opened = connection()
        held.append(pc)
        await pc.setRemoteDescription(RTCSessionDescription(**json.loads(line)))
        print(json.dumps(await describe(pc, pc.createAnswer())), flush=True)
        await opened.wait()
    await asyncio.gather(*(pc.close() for pc in held))


async def offer(settings: dict[str, Any]) -> None:
    """Start the other process, link with it as often as asked, and rest."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.bare_idle", "answer",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert child.stdin and child.stdout
    held: list[RTCPeerConnection] = []
    for _ in range(settings["links"]):
        pc, _, opened = connection()
        held.append(pc)
        child.stdin.write(json.dumps(await describe(pc, pc.createOffer())).encode() + b"\n")
        await pc.setRemoteDescription(RTCSessionDescription(**json.loads(await child.stdout.readline())))
        await opened.wait()
    await asyncio.sleep(settings["settle"])
    cpu, began = time.process_time(), now()
    await asyncio.sleep(settings["rest"])
    tell("report", share=(time.process_time() - cpu) / (now() - began) * 100)
    child.stdin.close()
    await child.wait()
    await asyncio.gather(*(pc.close() for pc in held))


if __name__ == "__main__":
    guards.install()
    if sys.argv[1:] == ["answer"]:
        asyncio.run(answer())
    else:
        asyncio.run(offer(json.loads(sys.stdin.readline())))
