"""Introductions through the mesh, for real: programs, a relay that is killed, WebRTC on 127.0.0.1."""

from __future__ import annotations

import asyncio
import random
import signal
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from p2pchat_tui.ports.transport import NetworkChanged, Transport
from p2pchat_tui.session import api
from p2pchat_tui.session.setup import Adapters
from p2pchat_tui.signaling.memory import MemoryHub, MemorySignaling
from p2pchat_tui.signaling.protocol import CLOSE_RESTART
from p2pchat_tui.ssc.ids import LinkId, SessionId
from p2pchat_tui.ssc.room import room_keys
from p2pchat_tui.transport.loading import load_mesh
from tests.e2e.pipes import LIMIT_S, Pipe, homes
from tests.e2e.test_pipe import linked, relay
from tests.helpers import identity
from tests.session.world import in_memory
from tests.signaling.raw import ending, join

pytestmark = pytest.mark.slow


async def test_the_relay_is_killed_and_a_third_comes_in_by_a_member_that_has_another(tmp_path: Path) -> None:
    home = homes(tmp_path, "ana", "bo", "cy")
    with relay(tmp_path / "one") as (one, process), relay(tmp_path / "two") as (two, _):
        async with (
            Pipe(home["ana"], 0, "--relay", one, "--relay", two) as ana,
            Pipe(home["bo"], 0, "--relay", one) as bo,
        ):
            await linked(ana, bo)
            process.kill()
            process.wait(LIMIT_S)
            await bo.until("signaling", state="lost", url=one)
            async with Pipe(home["cy"], 0, "--relay", two) as cy:
                await linked(ana, bo, cy)
                me = cy.events[0]["me"]
                await bo.when(lambda each: each.get("peer") == me and each.get("path") == "lan", "a link with cy")
                said = await cy.say("bo, I have never shared a relay with you")
                await bo.until("message", id=said["id"])
                await cy.until("holders", id=said["id"], holders=2)
                assert not [each for pipe in (ana, bo, cy) for each in pipe.all("problem")]
                assert await asyncio.gather(*(pipe.finish() for pipe in (ana, bo, cy))) == [0] * 3


class Person:
    """A session in this process, over real links and a relay in memory."""

    def __init__(self, number: int, hub: MemoryHub) -> None:
        keys = room_keys(b"a room for three")
        self.peer = identity(number).peer
        self.transport: Transport | None = None

        async def transport() -> Transport:
            self.transport = await load_mesh((), ("127.0.0.1",))
            return self.transport

        def signaling(session: SessionId) -> list[MemorySignaling]:
            return [MemorySignaling(hub, keys.room, session)]

        self.session = in_memory("garden", keys, number, Adapters(transport, signaling))

    def link_to(self, other: Person) -> api.LinkView | None:
        return next((each for each in self.session.links() if each.peer == other.peer), None)

    def link_id(self, other: Person) -> LinkId | None:
        return next((each.id for each in self.session._parts.network.neighbours if each.peer == other.peer), None)

    async def linked(self, *others: Person) -> None:
        """Wait for a link to each of them."""
        events = self.session.events()
        async with asyncio.timeout(LIMIT_S):
            while not all(map(self.link_to, others)):
                await anext(events)


async def test_a_link_that_broke_comes_back_through_a_common_friend() -> None:
    hub = MemoryHub(random.Random(1))
    people = [Person(number, hub) for number in (1, 2, 3)]
    async with AsyncExitStack() as stack:
        for person in people:
            await stack.enter_async_context(person.session)
        for person in people:
            await person.linked(*(other for other in people if other is not person))
        hub.cut()
        ana, bo, _ = people
        for broken, other in ((ana, bo), (bo, ana)):
            assert broken.transport is not None
            link = broken.link_id(other)
            assert link is not None
            events = broken.session.events()
            await broken.transport.close_link(link)
            async with asyncio.timeout(LIMIT_S):
                while broken.link_to(other):
                    await anext(events)
            await broken.linked(other)
            await other.linked(broken)
        view = ana.link_to(bo)
        assert view is not None and view.stats is not None and view.age_ms < 1000 * LIMIT_S
        assert (view.path, view.stats.local, view.stats.remote) == (api.Path.LAN, "host", "host")
        assert view.stats.local_address.startswith("127.0.0.1:") and view.stats.received > 100
        offering, other = sorted((ana, bo), key=lambda each: each.session._parts.session)
        old, new = other.link_id(offering), None
        events = other.session.events()
        assert offering.transport is not None
        offering.transport._inbox.put(NetworkChanged())
        async with asyncio.timeout(LIMIT_S):
            while new in (None, old):
                await anext(events)
                new = other.link_id(offering)
        assert other.link_to(offering), "there was a link all the time"


async def test_a_relay_that_is_stopped_tells_its_clients_when_to_come_back(tmp_path: Path) -> None:
    from websockets.asyncio.client import connect

    with relay(tmp_path) as (url, process):
        async with connect(url, proxy=None, compression=None) as client:
            await client.send(join(1), text=True)
            process.send_signal(signal.SIGTERM)
            assert await ending(client) == (None, CLOSE_RESTART)
            assert client.close_reason is not None and client.close_reason.isdigit()
        assert process.wait(LIMIT_S) == 0
