"""No ghosts: whoever comes, goes, dies and comes back, under a relay at its worst, is there once or not at all."""

from __future__ import annotations

import asyncio
import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from p2pchat_tui.session import api
from p2pchat_tui.signaling.memory import Faults
from tests.session.world import Member, World
from tests.virtual_time import run

NAMES = ("ana", "bo", "cy", "dee")
CALM_S = 45.0
"""Within this time after the last mishap all is as it must be: a death is noticed in 33 s, or doubted after 8."""


async def crash(world: World, member: Member) -> None:
    """End it as `kill -9` does: the others are told nothing, and the relay hears of it a little later."""
    if member.transport is not None:
        world.net.kill(member.transport)
    await member.stop()


def ghosts(*members: Member) -> list[str]:
    """What is not as it must be among people who are all there."""
    found = []
    for one, other in itertools.permutations(members, 2):
        network, peer = one.session._parts.network, other.identity.peer
        links = [link for link in network._maker._links.values() if link.peer == peer]
        if [link.session for link in links] != [other.session._parts.session]:
            found.append(f"{one.name} has {len(links)} links with {other.name}")
        sessions = [each.session for each in network._linker.remotes.values() if each.peer == peer]
        if sessions != [other.session._parts.session]:
            found.append(f"{one.name} deals with {len(sessions)} sessions of {other.name}")
        views = [each for each in one.session.view.peers if each.peer == peer]
        if [(each.state, each.path, each.activity) for each in views] != [
            (api.PeerState.ONLINE, api.Path.LAN, api.Activity.NONE)
        ]:
            found.append(f"{one.name} sees {other.name} as {views}")
    return found


async def mishap(world: World, members: list[Member], chance: random.Random) -> None:
    """One thing goes wrong."""
    who = chance.choice(members)
    match chance.randrange(6):
        case 0:
            await crash(world, who)
            await who.restart()
        case 1:
            await who.restart()
        case 2:
            world.hub.cut()
            await asyncio.sleep(chance.choice((0.0, 0.5, 5.0)))
            world.hub.heal()
        case 3:
            world.hub.cut([who.session._parts.session])
            await asyncio.sleep(chance.choice((0.0, 0.5)))
            world.hub.heal()
        case 4:
            for link in list(who.session._parts.network._maker._links)[:2]:
                world.net.cut(link)
        case 5:
            who.clock.skew_ms -= chance.choice((0, 5_000))  # set back: the next session looks older than this one
            await who.restart()
            who.move()


@settings(max_examples=25)
@given(st.integers(0, 1_000_000))
def test_flapping_peers_leave_no_ghosts(seed: int) -> None:
    async def scenario() -> None:
        chance = random.Random(seed)
        async with World(seed) as world:
            world.net.delay = 0.02
            world.hub.faults = Faults(duplicate=0.3, reorder=0.3, drop=0.1, delay_s=0.1)
            members = [await world.join(name) for name in NAMES]
            for _ in range(8):
                await mishap(world, members, chance)
                await asyncio.sleep(chance.choice((0.0, 0.3, 2.0, 12.0)))
                for member in members:
                    peers = [each.peer for each in member.session.view.peers]
                    assert len(peers) == len(set(peers)) <= len(NAMES) - 1
            end = asyncio.get_running_loop().time() + CALM_S
            while (found := ghosts(*members)) and asyncio.get_running_loop().time() < end:  # noqa: ASYNC110
                await asyncio.sleep(0.5)
            assert not found
            await asyncio.sleep(60)
            assert not ghosts(*members), "and so it stays"

    run(scenario())


@pytest.mark.parametrize("seed", range(5))
def test_who_comes_back_is_online_within_three_seconds(seed: int) -> None:
    async def scenario() -> None:
        async with World(seed) as world:
            world.net.delay = 0.05
            people = [await world.join(name, number=10 * seed + each) for each, name in enumerate(NAMES, 1)]
            await world.linked(*people)
            loop = asyncio.get_running_loop()
            for leaving in (crash, lambda _, member: member.stop()):
                await asyncio.sleep(20)
                who = people[seed % len(people)]
                others = [each for each in people if each is not who]
                start = loop.time()
                await leaving(world, who)  # type: ignore[operator]
                for other in others:
                    await other.until(lambda other=other: len(other.session.view.online) == len(NAMES) - 2)  # type: ignore[misc]
                assert loop.time() - start < (10.5 if leaving is crash else 1)
                start = loop.time()
                await who.restart()
                await who.until(lambda: not ghosts(*people), seconds=10)
                assert loop.time() - start < 3

    run(scenario())


def test_two_that_start_in_the_same_millisecond_and_one_whose_clock_went_back() -> None:
    async def scenario() -> None:
        async with World() as world:
            ana, bo = await world.join("ana"), await world.join("bo")
            assert ana.session._parts.keeper._started == bo.session._parts.keeper._started
            await world.linked(ana, bo)
            await crash(world, bo)
            bo.clock.skew_ms = -3_600_000
            await bo.restart()
            start = asyncio.get_running_loop().time()
            await world.linked(ana, bo)
            await ana.until(lambda: not ghosts(ana, bo))
            assert asyncio.get_running_loop().time() - start < 20
            assert bo.session._parts.keeper._started < ana.session._parts.keeper._started - 3_000_000

    run(scenario())
