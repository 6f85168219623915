"""One window as a process: `window.py PORT NUMBER` says `owner` or `guest` once it is in, then waits."""

from __future__ import annotations

import asyncio
import sys

from p2pchat_tui.ports.signaling import SignalingState, StateChanged
from p2pchat_tui.signaling.local import LocalRelay, LocalSignaling
from p2pchat_tui.ssc.ids import RoomId, SessionId


async def main(port: int, number: int) -> None:
    room, session = RoomId(b"r" * 16), SessionId(bytes([number]) * 16)
    relay = LocalRelay(port)
    signaling = LocalSignaling(relay, room, session, bytes([number]) * 32, jitter=lambda: 0.5)
    await signaling.open()
    async for event in signaling.events():
        if event == StateChanged(SignalingState.OPEN):
            print("owner" if relay.is_owner else "guest", flush=True)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
