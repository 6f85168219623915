"""Clocks that are wrong, or jump: what waits, what is said about it, and that all end alike."""

from __future__ import annotations

import asyncio

from p2pchat_tui.session import api
from p2pchat_tui.session.cut_off import STILL_IN_EXPORT, prune_cut_off, read_cut_off
from p2pchat_tui.ssc.ids import stamp_of
from p2pchat_tui.store.memory import MemoryStore
from tests.helpers import START_MS
from tests.session.world import Member, World
from tests.virtual_time import run

HOUR_MS = 3_600_000


async def agreed(*members: Member) -> list[str]:
    """Wait until all show the same messages; those."""

    async def is_so() -> bool:
        texts = [await member.texts() for member in members]
        return all(each == texts[0] for each in texts)

    async with asyncio.timeout(120):
        while not await is_so():  # noqa: ASYNC110 — nobody tells, and the time is virtual
            await asyncio.sleep(1)
    return await members[0].texts()


def codes(member: Member) -> list[str]:
    """The problems that somebody was told of."""
    return [each.code for each in member.events if isinstance(each, api.Problem)]


def note(member: Member, about: Member) -> str:
    """What the roster of `member` says about `about`."""
    return next(peer.note for peer in member.session.view.peers if peer.peer == about.identity.peer)


def test_a_clock_three_hours_ahead_waits_alike_everywhere_and_is_said() -> None:
    async def scenario() -> None:
        async with World() as world:
            ana, bo, cy = await world.join("ana", skew_ms=3 * HOUR_MS), await world.join("bo"), await world.join("cy")
            await world.linked(ana, bo, cy)
            await ana.session.do(api.Say("from the future"))
            for member in (bo, cy):
                await member.until_event(api.Problem, lambda each: each.code == "clock-ahead")
                assert "180 minutes ahead" in note(member, ana)
            told = await ana.until_event(api.Problem)
            assert told.code == "own-clock-ahead"
            await bo.session.do(api.Say("we go on"))
            await cy.until_event(api.MessageAdded)
            await ana.until_event(api.MessageAdded, lambda each: each.message.text == "we go on")
            assert await bo.texts() == await cy.texts() == ["we go on"]
            for member in (bo, cy):  # theirs catch up, as after a night of sleep
                member.clock.skew_ms = 3 * HOUR_MS
            assert sorted(await agreed(ana, bo, cy)) == ["from the future", "we go on"]
            assert (codes(bo).count("clock-ahead"), codes(ana).count("own-clock-ahead")) == (1, 2), "once by each"
            for member in (bo, cy):
                await member.until(lambda member=member: not note(member, ana))  # type: ignore[misc]

    run(scenario())


def test_a_clock_in_1970_is_said_to_both_sides_and_all_end_alike() -> None:
    async def scenario() -> None:
        async with World() as world:
            ana, bo = await world.join("ana"), await world.join("bo")
            await world.linked(ana, bo)
            await ana.session.do(api.Say("now"))
            old = await world.join("old", skew_ms=-START_MS)
            await world.linked(ana, bo, old)
            await old.session.do(api.Say("what year is it?"))
            await bo.until_event(api.MessageAdded, lambda each: each.message.text.startswith("what"))
            assert await agreed(ana, bo) == ["what year is it?", "now"]
            problem = await old.until_event(api.Problem)
            assert problem.code == "clock-ahead"
            assert note(old, ana)
            told = await ana.until_event(api.Problem)
            assert told.code == "own-clock-ahead"
            assert "old" in told.text, "it is not everybody who says so"
            old.clock.skew_ms = 0
            assert await agreed(ana, bo, old) == ["what year is it?", "now"]
            await old.session.do(api.Say("thanks"))
            assert (await agreed(ana, bo, old))[-1] == "thanks"
            await old.until(lambda: not note(old, ana))

    run(scenario())


def test_a_clock_that_jumps_back_while_running_changes_no_order() -> None:
    async def scenario() -> None:
        async with World() as world:
            ana, bo, cy = await world.join("ana"), await world.join("bo"), await world.join("cy")
            await world.linked(ana, bo, cy)
            words = []
            for number, jump in enumerate((0, -9 * 60_000, 0, -5 * 60_000)):
                ana.clock.skew_ms = jump
                for member in (ana, bo):
                    words.append(f"{number} {member.name}")
                    said = await member.session.do(api.Say(words[-1]))
                    for other in (ana, bo, cy):
                        await other.until_event(api.MessageAdded, lambda each, said=said: each.message.id == said)  # type: ignore[misc]
            assert await agreed(ana, bo, cy) == words
            assert not codes(ana) + codes(bo) + codes(cy)
            await asyncio.sleep(30)
            assert all(peer.state is api.PeerState.ONLINE for peer in bo.session.view.peers)

    run(scenario())


def test_a_clock_that_jumps_far_back_while_running_waits_for_the_others_and_catches_up() -> None:
    async def scenario() -> None:
        for jump in (-3 * HOUR_MS, -START_MS):
            async with World() as world:
                ana, bo, cy = await world.join("ana"), await world.join("bo"), await world.join("cy")
                await world.linked(ana, bo, cy)
                await ana.session.do(api.Say("before"))
                await bo.until_event(api.MessageAdded)
                ana.clock.skew_ms = jump
                await ana.session.do(api.Say("after"))  # stamped right after what it wrote before
                await bo.until_event(api.MessageAdded, lambda each: each.message.text == "after")
                await bo.session.do(api.Say("and bo"))
                await ana.until_event(api.Problem, lambda each: each.code == "clock-ahead")
                await bo.until_event(api.Problem, lambda each: each.code == "own-clock-ahead")
                assert await ana.texts() == ["before", "after"]
                ana.clock.skew_ms = 0
                assert await agreed(ana, bo, cy) == ["before", "after", "and bo"]
                await ana.until(lambda ana=ana, bo=bo: not note(ana, bo))  # type: ignore[misc]

    run(scenario())


def test_a_clock_that_jumps_forward_while_running_waits_and_is_said() -> None:
    async def scenario() -> None:
        async with World() as world:
            ana, bo, cy = await world.join("ana"), await world.join("bo"), await world.join("cy")
            await world.linked(ana, bo, cy)
            await ana.session.do(api.Say("before"))
            await cy.until_event(api.MessageAdded)
            ana.clock.skew_ms = 3 * HOUR_MS
            await ana.session.do(api.Say("after"))
            for member in (bo, cy):
                await member.until_event(api.Problem, lambda each: each.code == "clock-ahead")
                assert await member.texts() == ["before"]
                assert note(member, ana)
            ana.clock.skew_ms = 0  # set right: what it wrote keeps its time, and what it writes comes after that
            await ana.session.do(api.Say("and then"))
            await asyncio.sleep(120)
            assert await bo.texts() == await cy.texts() == ["before"]
            for member in (ana, bo, cy):
                member.clock.skew_ms = 3 * HOUR_MS
            assert await agreed(ana, bo, cy) == ["before", "after", "and then"]

    run(scenario())


def test_who_is_killed_and_comes_back_with_its_clock_set_back_is_linked_again() -> None:
    async def scenario() -> None:
        for seed in range(3):  # either side may be the one that offers
            async with World(seed) as world:
                ana, bo = await world.join("ana"), await world.join("bo", skew_ms=3 * HOUR_MS)
                await world.linked(ana, bo)
                assert bo.transport is not None
                world.net.kill(bo.transport)
                bo.clock.skew_ms = 0
                await bo.restart()
                async with asyncio.timeout(80):  # a dead link is noticed after 33 s, and a pause lasts 30 s
                    await world.linked(ana, bo)
                await bo.session.do(api.Say("back in time"))
                await ana.until_event(api.MessageAdded)

    run(scenario())


def test_a_copied_profile_in_use_twice_is_said_to_both_and_cut_alike_once_both_are_heard() -> None:
    async def scenario() -> None:
        for seed in range(3):
            async with World(seed) as world:
                room = world.keys.room
                ana, bo, cy = await world.join("ana"), await world.join("bo"), await world.join("cy")
                await world.linked(ana, bo, cy)
                await ana.session.do(api.Say("one"))
                await cy.until_event(api.MessageAdded)
                await asyncio.sleep(0.01)  # of two sessions of one millisecond the larger id wins, whoever came later
                copy = Member(world, "ana", 1, MemoryStore(), 0, shares_reading=True)
                copy.seed += 50_000  # another process with the same key has other random numbers
                await copy.store.append(world.keys.room, await ana.store.newest(world.keys.room, 9), durable=True)
                world.members.append(copy)
                copy.session = copy._session()
                await copy.start()
                for member in (ana, copy):
                    await member.until_event(api.Problem, lambda each: each.code == "identity-copied")
                await world.linked(copy, bo, cy)
                await copy.session.do(api.Say("two, there"))
                await ana.session.do(api.Say("two, here"))  # it hears nobody now
                await cy.until_event(api.MessageAdded, lambda each: each.message.text == "two, there")
                await copy.stop()
                for member in (bo, cy):
                    await member.until_event(api.Problem, lambda each: each.code == "identity-copied")
                assert await agreed(ana, bo, cy) == ["one"]
                for member in (bo, cy):
                    assert "identity-copied" in codes(member)
                    assert "copied" in note(member, ana)
                    assert not await read_cut_off(member.store, room), "what others wrote is theirs to keep"
                told = [
                    each.text for each in ana.events if isinstance(each, api.Problem) and STILL_IN_EXPORT in each.text
                ]
                assert len(told) == 1 and told[0].startswith("This profile's identity was copied")
                (kept,) = await read_cut_off(ana.store, room)
                assert kept.text == "two, here"
                await prune_cut_off(ana.store, room, stamp_of(kept.at_ms))
                assert await read_cut_off(ana.store, room) == [kept]
                await prune_cut_off(ana.store, room, stamp_of(kept.at_ms + 1))
                assert not await read_cut_off(ana.store, room)

    run(scenario())
