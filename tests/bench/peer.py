"""One member of a benchmark's room in a process of its own: JSON lines in, JSON lines out.

first line   {database, author, relay, recent, half, expect, live, watch, frames}
then         {do: "say", count, rate, window, word} · {do: "report" | "frames" | "rest" | "quit"}
out          {event: ready | open | recent | stored | synced | said | report, at, …}
`at`: seconds of a clock that all processes share; `cpu`: CPU seconds of the process so far
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from p2pchat_tui.cli.compose import SystemClock
from p2pchat_tui.ports.signaling import Signaling
from p2pchat_tui.ports.transport import Transport
from p2pchat_tui.session import api
from p2pchat_tui.session.session import Session
from p2pchat_tui.session.setup import Adapters, Setup
from p2pchat_tui.signaling.client import RelayClient
from p2pchat_tui.ssc.ids import SessionId
from p2pchat_tui.ssc.room import room_keys
from p2pchat_tui.store.sqlite import open_store
from p2pchat_tui.transport.loading import load_mesh
from p2pchat_tui.ui.rooms import OpenRoom

from .corpus import ROOM, SECRET, identity
from .probes import CountedMesh, CountedStore, LoopWatch, now, resident_mb


class Member:
    """A session with probes, and what was seen of it."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.watch = LoopWatch() if settings.get("watch") else None
        self.mesh: CountedMesh | None = None
        self.store: CountedStore
        self.session: Session
        self._expect = int(settings.get("expect", 0))
        self._half = int(settings.get("half", 0))
        self._recent = int(settings.get("recent", 0))
        self._messages = 0
        self._live = 0
        self._one_way: list[float] = []
        self._round_trips: list[float] = []
        self._answers: set[asyncio.Task[object]] = set()

    async def run(self, commands: asyncio.StreamReader) -> None:
        """Open the room, do as told, close it."""
        start = now()
        self.store = CountedStore(await open_store(Path(self.settings["database"])), self._appended)
        self.session = Session(
            Setup(
                "bench",
                room_keys(SECRET),
                identity(self.settings["author"]),
                self.store,  # type: ignore[arg-type]
                Adapters(self._transport, self._signaling),
                clock=SystemClock(),
                entropy=os.urandom,
                nickname=f"author {self.settings['author']}",
            )
        )
        listening = asyncio.create_task(self._listen())
        await asyncio.sleep(0)
        async with self.session:
            entered = now()
            page = await self.session.history(50)
            tell("ready", entered=entered - start, opened=now() - start, messages=len(page.messages))
            while line := await commands.readline():
                command = json.loads(line)
                if command["do"] == "quit":
                    break
                await self._obey(command)
        await listening
        await self.store.close()

    async def _transport(self) -> Transport:
        mesh = await load_mesh([], ["127.0.0.1"])
        self.mesh = CountedMesh(mesh, lambda: tell("open", cpu=time.process_time()))
        self.mesh.keep_frames = bool(self.settings.get("frames"))
        tell("transport")
        return self.mesh  # type: ignore[return-value]

    def _signaling(self, session: SessionId) -> Sequence[Signaling]:
        relay = self.settings.get("relay")
        return [RelayClient(relay, ROOM, session, os.urandom(32), jitter=random.random)] if relay else []

    def _appended(self, total: int) -> None:
        if self._half and total >= self._half:
            self._half = 0
            tell("half")
        if self._expect and total >= self._expect:
            self._expect = 0
            assert self.mesh
            carried = self.mesh.sent + self.mesh.received
            tell(
                "stored",
                entries=total,
                commits=self.store.commits,
                bytes=carried,
                wire=self.mesh.wire(),
                cpu=time.process_time(),
            )

    async def _listen(self) -> None:
        room = OpenRoom("bench", self.session)  # holds as many messages as a window does
        async for event in self.session.events(room.since):
            if isinstance(event, api.MessageAdded):
                room.add(event.message, at_end=True)
                self._messages += 1
                if self._messages == self._recent:
                    tell("recent")
                if not event.backfill and not event.message.mine:
                    self._heard(event.message.text)
            elif isinstance(event, api.Synced):
                tell("synced", received=event.received, sent=event.sent)
            elif isinstance(event, api.Problem):
                tell("problem", text=event.text)

    def _heard(self, text: str) -> None:
        """A live message: its text ends with the time at which it was said."""
        word, _, rest = text.partition(" ")
        taken = (now() - float(rest.rsplit(" ", 1)[-1])) * 1000
        if word == "pong":
            self._round_trips.append(taken)
            return
        self._live += 1
        self._one_way.append(taken)
        if self._live == self.settings.get("live"):
            tell("heard")
        if word == "ping":
            answer = asyncio.create_task(self.session.do(api.Say(f"pong {rest}")))
            self._answers.add(answer)
            answer.add_done_callback(self._answers.discard)

    async def _obey(self, command: dict[str, Any]) -> None:
        if command["do"] == "say":
            await self._say(command)
        elif command["do"] == "rest":
            await asyncio.sleep(command["seconds"])
            tell("rested")
        elif command["do"] == "frames":
            assert self.mesh
            tell("frames", frames=[frame.hex() for frame in self.mesh.frames])
        elif command["do"] == "report":
            tell(
                "report",
                sent=self.mesh.sent if self.mesh else 0,
                received=self.mesh.received if self.mesh else 0,
                wire=self.mesh.wire() if self.mesh else 0,
                appended=self.store.appended,
                commits=self.store.commits,
                one_way=self._one_way,
                round_trips=self._round_trips,
                rss=resident_mb(),
                cpu=time.process_time(),
                **(self.watch.report() if self.watch else {}),
            )

    async def _say(self, command: dict[str, Any]) -> None:
        """`count` messages: at `rate` a second, or else as fast as they go with `window` of them under way."""
        rate, word = command.get("rate"), command.get("word", "at")
        body = "x" * command.get("pad", 60)
        room = asyncio.Semaphore(command.get("window", 64))
        began = now()

        async def say(text: str) -> None:
            async with room:
                await self.session.do(api.Say(text))

        async with asyncio.TaskGroup() as group:
            for number in range(command["count"]):
                if command.get("until_stored") and not self._expect:
                    break
                if rate:
                    await asyncio.sleep(max(0.0, began + number / rate - now()))
                else:
                    await room.acquire()
                    room.release()
                group.create_task(say(f"{word} {body} {now():.6f}"))
        tell("said", began=began)


def tell(event: str, **more: Any) -> None:
    """One line for whoever started this process."""
    sys.stdout.write(json.dumps({"event": event, "at": now(), **more}) + "\n")
    sys.stdout.flush()


async def main() -> None:
    """Until told to quit, or until standard input ends."""
    reader = asyncio.StreamReader(limit=1 << 20)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    settings = json.loads(await reader.readline())
    await Member(settings).run(reader)


if __name__ == "__main__":
    asyncio.run(main())
