"""Who is there: a killed peer is seen offline within 9 s, and nobody is who is only badly heard."""

from __future__ import annotations

import asyncio

import pytest

from p2pchat_tui.session import api
from tests.session.test_flapping import crash
from tests.session.world import Member, World
from tests.virtual_time import run

PROMISE_S = 9.0


def offline(who: Member, of: Member) -> bool:
    """Whether `who` sees the other one offline."""
    return all(each.state is api.PeerState.OFFLINE for each in who.session.view.peers if each.peer == of.identity.peer)


@pytest.mark.parametrize("loss", [0.05, 1.0])
def test_a_bad_line_is_not_taken_for_a_death(loss: float) -> None:
    """At the worst no heartbeat arrives at all: then the answers on the channel that repeats what is lost count."""

    async def scenario() -> None:
        async with World() as world:
            ana, bo = await world.join("ana"), await world.join("bo")
            await world.linked(ana, bo)
            world.net.loss, world.net.delay = loss, 0.2
            links = ana.link_to(bo), bo.link_to(ana)
            for person in (ana, bo):
                person.events.clear()
            await asyncio.sleep(600)
            for person in (ana, bo):
                states = {each.peer.state for each in person.events if isinstance(each, api.PeerChanged)}
                assert states <= {api.PeerState.ONLINE}, "false alarm"
            assert (ana.link_to(bo), bo.link_to(ana)) == links, "a false doubt made a new link"

    run(scenario())


@pytest.mark.parametrize("later_s", [0.0, 0.4, 1.1, 1.9, 2.4])
@pytest.mark.parametrize("loss", [0.0, 0.2])
def test_a_killed_peer_is_seen_offline_in_time(later_s: float, loss: float) -> None:
    async def scenario() -> None:
        async with World() as world:
            ana, bo = await world.join("ana"), await world.join("bo")
            await world.linked(ana, bo)
            world.net.loss, world.net.delay = loss, 0.2
            await asyncio.sleep(20 + later_s)
            assert not offline(bo, ana)
            await crash(world, ana)
            await bo.until(lambda: offline(bo, ana), PROMISE_S)

    run(scenario())
