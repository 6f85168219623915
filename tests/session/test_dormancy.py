"""A relay that has nothing more to do: over a real one, and what is shown of it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

from p2pchat_tui.ports.transport import Transport
from p2pchat_tui.session import api
from p2pchat_tui.session.session import Session
from p2pchat_tui.session.setup import Adapters
from p2pchat_tui.signaling.client import RelayClient
from p2pchat_tui.signaling.limits import Limits
from p2pchat_tui.ssc.ids import SessionId
from p2pchat_tui.ssc.room import room_keys
from p2pchat_tui.transport.memory import MemoryNet
from tests.session.world import SECRET, World, in_memory
from tests.signaling.recording import RecordingRelay
from tests.virtual_time import LoopClock, run

KEYS = room_keys(SECRET)


def at(relay: RecordingRelay, net: MemoryNet, number: int) -> Session:
    """A session whose introductions go over a real relay."""

    async def transport() -> Transport:
        return net.transport()

    def signaling(session: SessionId) -> list[RelayClient]:
        return [RelayClient(relay.url, KEYS.room, session, bytes([number]) * 16, jitter=lambda: 0.5)]

    return in_memory("orchard", KEYS, number, Adapters(transport, signaling))


async def until_relay(session: Session, is_so: Callable[[api.RelayView], bool]) -> api.RelayView:
    """The session's relay, once it `is_so`; looked at with every turn of the loop, since what it counts is no news."""
    async with asyncio.timeout(20):
        while not is_so(session.view.relays[0]):  # noqa: ASYNC110
            await asyncio.sleep(0)
    return session.view.relays[0]


async def test_once_all_are_linked_only_keep_alive_flows() -> None:
    net = MemoryNet(random.Random(1))
    async with (
        RecordingRelay(limits=Limits(ping_every_s=0.05)) as relay,
        at(relay, net, 1) as ana,
        at(relay, net, 2) as bo,
    ):
        for session in (ana, bo):
            view = await until_relay(session, lambda each: each.state is api.SignalingState.DORMANT)
            assert view.dormant_since_ms is not None
        heard, forwarded = len(relay.heard), relay.counts.forwarded
        since = ana.view.relays[0].dormant_since_ms
        await ana.do(api.Say("over the link, not over the relay"))
        view = await until_relay(ana, lambda each: each.bytes > 5 * 16)  # a ping and its pong are 16 bytes
        assert (view.state, view.frames, view.dormant_since_ms) == (api.SignalingState.DORMANT, 0, since)
        assert (len(relay.heard), relay.counts.forwarded) == (heard, forwarded)
        assert (await bo.history(10)).messages[-1].text.startswith("over the link")


def test_who_comes_wakes_it_and_it_counts_anew() -> None:
    async def scenario() -> None:
        async with World() as world:
            ana, bo = await world.join("ana"), await world.join("bo")
            await world.linked(ana, bo)
            await asyncio.sleep(600)
            first = ana.session.view.relays[0]
            assert (first.state, first.frames, first.bytes) == (api.SignalingState.DORMANT, 0, 0)
            ana.events.clear()
            cy = await world.join("cy")
            await world.linked(ana, bo, cy)
            await asyncio.sleep(60)
            told = [each.relay.state for each in ana.events if isinstance(each, api.SignalingChanged)]
            assert told == [api.SignalingState.OPEN, api.SignalingState.DORMANT]
            second = ana.session.view.relays[0]
            assert second.dormant_since_ms is not None and first.dormant_since_ms is not None
            assert second.dormant_since_ms > first.dormant_since_ms
            assert second.frames == 0
            await cy.stop()
            await bo.stop()
            await asyncio.sleep(60)
            assert ana.session.view.relays[0].dormant_since_ms is None, "who is alone waits at the relay"

    run(scenario())


def test_links_can_be_looked_at() -> None:
    async def scenario() -> None:
        async with World() as world:
            world.net.delay = 0.02
            ana, bo, cy = [await world.join(name) for name in ("ana", "bo", "cy")]
            await world.linked(ana, bo, cy)
            await asyncio.sleep(100)
            world.net.loss = 0.5
            await asyncio.sleep(300)
            views = ana.session.links()
            assert [view.name for view in views] == ["bo", "cy"]
            for view, other in zip(views, (bo, cy), strict=True):
                assert (view.peer, view.path, view.rtt_ms) == (other.identity.peer, api.Path.LAN, 40)
                assert 399_000 < view.age_ms < 400_001 and view.silent_ms < 8_000
                assert view.loss is not None and 0.4 < view.loss < 1.0
                assert view.stats is not None
                assert (view.stats.local, view.stats.remote, view.stats.tried) == ("host", "host", 1)
                assert view.stats.sent > 1000 and view.stats.received > 1000
                assert view.stats.messages_sent > 60 and view.stats.messages_received > 30
                assert [pair.chosen for pair in view.pairs] == [True] and not view.doubted
            await bo.stop()
            await ana.until(lambda: [view.name for view in ana.session.links()] == ["cy"])

    run(scenario())


def test_attempts_can_be_looked_at() -> None:
    async def scenario() -> None:
        async with World() as world:
            ana = await world.join("ana")
            await ana.until(lambda: ana.session.view.ready)
            world.net.partition()
            bo = await world.join("bo")
            seen: set[api.Doing] = set()
            tried: set[api.Pair] = set()

            def look() -> bool:
                for each in ana.session.attempts():
                    seen.add(each.doing)
                    tried.update(each.pairs)
                return api.Doing.WAITING in seen

            await ana.until(look)
            [attempt] = ana.session.attempts()
            assert attempt.peer == bo.identity.peer and attempt.failures and "No path" in attempt.trouble
            assert attempt.retry_at_ms is not None and 0 <= attempt.retry_at_ms - ana.clock.wall_ms() <= 30_000
            assert api.Doing.OPENING in seen
            assert tried and {pair.state for pair in tried} == {api.PairState.TRYING}
            assert ana.session.links() == ()
            world.net.heal()
            await ana.session.do(api.RetryNow())
            await world.linked(ana, bo)
            assert ana.session.attempts() == ()

    run(scenario())


async def test_a_lost_relay_says_when_it_is_tried_again() -> None:
    net = MemoryNet(random.Random(1))
    async with RecordingRelay() as relay, at(relay, net, 1) as ana:
        view = await until_relay(ana, lambda each: each.state is api.SignalingState.OPEN)
        assert view.retry_at_ms is None
        await relay.stop()
        view = await until_relay(ana, lambda each: each.state is api.SignalingState.LOST)
        assert view.retry_at_ms is not None
        assert -1_000 < view.retry_at_ms - LoopClock().wall_ms() < 60_000
