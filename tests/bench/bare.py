"""The reference for a message's way: two bare aiortc peers in two processes, one DataChannel, nothing signed or stored.

The process that is started starts the other one.   {count, rate, size} → {event: report, one_way, rss}
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from aiortc import RTCConfiguration, RTCDataChannel, RTCPeerConnection, RTCSessionDescription

from p2pchat_tui.transport import guards

from .peer import tell
from .probes import now, resident_mb


def connection() -> tuple[RTCPeerConnection, RTCDataChannel, asyncio.Event]:
    """A connection without servers, its channel, and whether that is open."""
    pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    channel = pc.createDataChannel("chat", negotiated=True, id=0)
    opened = asyncio.Event()
    channel.on("open", opened.set)
    return pc, channel, opened


async def describe(pc: RTCPeerConnection, make: Any) -> dict[str, str]:
    """Set and return the local description, on loopback only."""
    with guards.host_addresses(["127.0.0.1"]):
        await pc.setLocalDescription(await make)
    return {"sdp": pc.localDescription.sdp, "type": pc.localDescription.type}


async def answer() -> None:
    """The other process: answer the offer on standard input, and send when told."""
    settings = json.loads(await asyncio.to_thread(sys.stdin.readline))
    pc, channel, opened = connection()
    await pc.setRemoteDescription(RTCSessionDescription(**settings["offer"]))
    print(json.dumps(await describe(pc, pc.createAnswer())), flush=True)
    await opened.wait()
    began = now()
    for number in range(settings["count"]):
        await asyncio.sleep(max(0.0, began + number / settings["rate"] - now()))
        channel.send(f"{now():.6f} ".ljust(settings["size"], "x"))
    await asyncio.to_thread(sys.stdin.readline)
    await pc.close()


async def offer(settings: dict[str, Any]) -> None:
    """Start the other process, and time what it sends."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.bare", "answer",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert child.stdin and child.stdout
    pc, channel, _ = connection()
    one_way: list[float] = []
    done = asyncio.Event()

    def heard(data: str) -> None:
        one_way.append((now() - float(data.split(" ", 1)[0])) * 1000)
        if len(one_way) == settings["count"]:
            done.set()

    channel.on("message", heard)
    described = await describe(pc, pc.createOffer())
    child.stdin.write(json.dumps({"offer": described, **settings}).encode() + b"\n")
    await pc.setRemoteDescription(RTCSessionDescription(**json.loads(await child.stdout.readline())))
    async with asyncio.timeout(60):
        await done.wait()
    tell("report", one_way=one_way, rss=resident_mb())
    child.stdin.write(b"end\n")
    await child.wait()
    await pc.close()


if __name__ == "__main__":
    guards.install()
    if sys.argv[1:] == ["answer"]:
        asyncio.run(answer())
    else:
        asyncio.run(offer(json.loads(sys.stdin.readline())))
