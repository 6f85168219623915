"""Introductions through the mesh: with the relay gone, whoever reaches one member reaches all."""

from __future__ import annotations

import asyncio
import random

import pytest

from p2pchat_tui.ports.transport import TransportError
from p2pchat_tui.session import api
from p2pchat_tui.signaling.memory import Faults, MemoryHub
from p2pchat_tui.ssc.ids import LinkId
from tests.session.world import Member, World
from tests.virtual_time import run

SEEDS = range(6)
"""Session ids, and so the roles, differ from seed to seed."""


async def within(seconds: float, world: World, *members: Member) -> None:
    """Wait until all are linked, and say how long that may take."""
    start = asyncio.get_running_loop().time()
    await world.linked(*members)
    took = asyncio.get_running_loop().time() - start
    assert took <= seconds, took


async def trio(world: World, seed: int) -> tuple[Member, Member, Member]:
    """Three who are linked while their relay has gone."""
    world.net.delay = 0.03
    people = [await world.join(name, number=100 * seed + each) for each, name in enumerate(("ana", "bo", "cy"), 1)]
    await world.linked(*people)
    world.hub.cut()
    await asyncio.sleep(10)
    return people[0], people[1], people[2]


@pytest.mark.parametrize("seed", SEEDS)
def test_who_reaches_one_member_reaches_all(seed: int) -> None:
    async def scenario() -> None:
        async with World(seed) as world:
            second = MemoryHub()
            world.net.delay = 0.03
            ana = await world.join("ana", number=100 * seed + 1, hubs=[world.hub, second])
            bo, cy = [await world.join(name, number=100 * seed + each) for each, name in ((2, "bo"), (3, "cy"))]
            await world.linked(ana, bo, cy)
            world.hub.cut()
            await asyncio.sleep(60)
            dee = await world.join("dee", number=100 * seed + 4, hubs=[second])
            await within(6, world, ana, bo, cy, dee)
            said = await dee.session.do(api.Say("I came through ana"))
            await bo.until_event(api.MessageAdded, lambda each: each.message.id == said)
            assert second.forwarded and all(
                {sender, receiver} == {ana.session._parts.session, dee.session._parts.session}
                for sender, receiver, _ in second.forwarded
            )
            for person in (ana, bo, cy, dee):
                assert not [each for each in person.events if isinstance(each, api.Problem)]

    run(scenario())


@pytest.mark.parametrize("seed", SEEDS)
def test_a_lost_link_comes_back_through_a_common_friend(seed: int) -> None:
    async def scenario() -> None:
        async with World(seed) as world:
            ana, bo, cy = await trio(world, seed)
            assert ana.transport is not None
            await ana.transport.close_link(ana.link_to(bo))
            await ana.until(lambda: not ana.sees(bo))
            await within(6, world, ana, bo, cy)

    run(scenario())


@pytest.mark.parametrize("seed", SEEDS)
def test_a_link_that_is_cut_without_a_word_is_replaced_before_it_is_missed(seed: int) -> None:
    async def scenario() -> None:
        async with World(seed) as world:
            ana, bo, cy = await trio(world, seed)
            for person in (ana, bo, cy):
                person.events.clear()
            old = ana.link_to(bo)
            world.net.cut(old)
            await ana.until(lambda: ana.link_to(bo) != old, seconds=15)
            await world.linked(ana, bo, cy)
            said = await ana.session.do(api.Say("still here"))
            await bo.until_event(api.MessageAdded, lambda each: each.message.id == said)
            for person in (ana, bo, cy):
                states = {each.peer.state for each in person.events if isinstance(each, api.PeerChanged)}
                assert states <= {api.PeerState.ONLINE}

    run(scenario())


def test_a_chain_of_relays_makes_one_mesh() -> None:
    async def scenario() -> None:
        async with World() as world:
            hubs = [MemoryHub() for _ in range(4)]
            people = []
            for number, name in enumerate(("ana", "bo", "cy", "dee", "eve")):
                people.append(await world.join(name, hubs=hubs[max(0, number - 1) : number + 1]))
                if number:
                    await world.linked(*people[-2:])
                    hubs[number - 1].cut()
            await within(20, world, *people)

    run(scenario())


def test_a_crowd_finds_itself_through_one_door() -> None:
    """Nine who share a relay with one member only, each of them with another."""

    async def scenario() -> None:
        async with World() as world:
            doors = [MemoryHub() for _ in range(9)]
            host = await world.join("host", hubs=doors)
            guests = [await world.join(f"guest {number}", hubs=[door]) for number, door in enumerate(doors)]
            await within(10, world, host, *guests)

    run(scenario())


def test_two_relays_make_one_link_and_either_will_do() -> None:
    async def scenario() -> None:
        async with World() as world:
            chance = random.Random(5)
            faults = Faults(duplicate=0.5, reorder=0.5, delay_s=0.05)
            hubs = [MemoryHub(chance, faults=faults), MemoryHub(chance, faults=faults)]
            ana, bo = await world.join("ana", hubs=hubs), await world.join("bo", hubs=hubs)
            await world.linked(ana, bo)
            await asyncio.sleep(5)
            for person, other in ((ana, bo), (bo, ana)):
                assert len(person.session._parts.network._maker._links) == 1
                assert [each.activity for each in person.session.view.peers] == [api.Activity.NONE]
                assert person.link_to(other)
            hubs[0].cut()
            await asyncio.sleep(5)
            states = [each.state for each in ana.session.view.relays]
            assert states == [api.SignalingState.LOST, api.SignalingState.DORMANT]
            cy = await world.join("cy", hubs=hubs)
            await within(3, world, ana, bo, cy)

    run(scenario())


@pytest.mark.parametrize("seed", SEEDS)
def test_a_change_of_network_links_everybody_anew_without_a_gap(seed: int) -> None:
    async def scenario() -> None:
        async with World(seed) as world:
            ana, bo, cy = await trio(world, seed)
            before = {ana.link_to(bo), ana.link_to(cy)}
            for person in (ana, bo, cy):
                person.events.clear()
            ana.move()
            ana.move()
            await ana.until(lambda: not before & {ana.link_to(bo), ana.link_to(cy)}, seconds=5)
            await asyncio.sleep(5)
            assert bo.link_to(ana) == ana.link_to(bo) and cy.link_to(ana) == ana.link_to(cy)
            for person in (ana, bo, cy):
                assert len(person.session._parts.network._maker._links) == 2
                changes = [each.peer for each in person.events if isinstance(each, api.PeerChanged)]
                assert all(each.path is api.Path.LAN for each in changes), changes

    run(scenario())


def test_a_link_that_survives_a_change_of_network_is_believed_again() -> None:
    async def refuse(_link: LinkId) -> str:
        raise TransportError("no address yet")

    async def scenario() -> None:
        async with World() as world:
            ana, bo = await world.join("ana"), await world.join("bo")
            await world.linked(ana, bo)
            before = ana.link_to(bo)
            for person in (ana, bo):
                assert person.transport is not None
                person.transport.offer = refuse  # type: ignore[method-assign]
            ana.move()
            await asyncio.sleep(30)
            assert ana.link_to(bo) == before
            for person in (ana, bo):
                assert not [each for each in person.session._parts.network._linker.remotes.values() if each.doubted]

    run(scenario())


def test_a_short_silence_is_not_death() -> None:
    async def scenario() -> None:
        async with World() as world:
            ana, bo = await world.join("ana"), await world.join("bo")
            await world.linked(ana, bo)
            assert ana.transport is not None and bo.transport is not None
            old = ana.link_to(bo)
            world.net.partition([ana.transport], [bo.transport])
            said = await ana.session.do(api.Say("into the tunnel"))
            await asyncio.sleep(25)
            assert ana.link_to(bo) == old, "it is kept, and others are tried beside it"
            assert bo.session.view.peers[0].state is api.PeerState.OFFLINE
            world.net.heal()
            start = asyncio.get_running_loop().time()
            await bo.until_event(api.MessageAdded, lambda each: each.message.id == said)
            await bo.until(lambda: bo.session.view.peers[0].state is api.PeerState.ONLINE)
            assert asyncio.get_running_loop().time() - start <= 4
            await asyncio.sleep(25)
            assert len(ana.session._parts.network._maker._links) == len(bo.session._parts.network._maker._links) == 1

    run(scenario())


def test_whom_it_cannot_reach_is_said_with_when_and_why() -> None:
    async def scenario() -> None:
        async with World() as world:
            ana, bo, cy = await world.join("ana"), await world.join("bo"), await world.join("cy")
            await world.linked(ana, bo, cy)
            assert ana.transport is not None and bo.transport is not None and cy.transport is not None
            world.net.reaches = lambda one, other: {one, other} != {ana.transport, bo.transport}  # type: ignore
            world.net._review()
            await ana.until(lambda: not ana.sees(bo))
            await ana.until(lambda: ana.session.view.network.startswith("Retrying in "))
            view = next(each for each in ana.session.view.peers if each.peer == bo.identity.peer)
            assert "s · bo · " in ana.session.view.network
            assert (view.path, view.via, view.activity) == (api.Path.VIA, "cy", api.Activity.WAITING)
            assert view.trouble and view.retry_at_ms is not None
            assert 0 <= view.retry_at_ms - ana.clock.wall_ms() <= 31_000
            del world.net.reaches  # type: ignore
            world.net._review()
            await ana.session.do(api.RetryNow())
            await within(2, world, ana, bo, cy)
            assert ana.session.view.network == ""

    run(scenario())
