"""Old messages that come in: told one by one only to those who show them, and counted for the others."""

from __future__ import annotations

import asyncio

from p2pchat_tui.session import api
from tests.session.world import Member, World
from tests.virtual_time import run

COUNT = 300
"""More than the newest entries that are fetched first."""


async def write(author: Member) -> list[str]:
    """COUNT messages, the last of which gets a reaction."""
    for number in range(COUNT):
        last = await author.session.do(api.Say(f"number {number}"))
    assert last
    await author.session.do(api.React(last, "👍"))
    await asyncio.sleep(1)  # virtual time: the history of whoever comes now
    return [f"number {number}" for number in range(COUNT)]


def added(member: Member) -> list[str]:
    return [event.message.text for event in member.events if isinstance(event, api.MessageAdded)]


async def until_all(member: Member, count: int) -> None:
    await member.until(lambda: len(added(member)) + counted(member) >= count)


def counted(member: Member) -> int:
    return sum(event.count for event in member.events if isinstance(event, api.HistoryAdded))


def test_who_wants_no_history_is_told_how_much_came_and_of_every_live_message() -> None:
    async def scenario() -> None:
        async with World() as world:
            ana = await world.join("ana")
            texts = await write(ana)
            bo = await world.join("bo", since=lambda: api.NO_HISTORY)
            await until_all(bo, COUNT)
            assert await bo.texts() == texts
            assert (added(bo), counted(bo)) == ([], COUNT)
            assert not any(isinstance(event, api.MessageChanged) for event in bo.events)
            await ana.session.do(api.Say("live"))
            await bo.until_event(api.MessageAdded)
            assert (added(bo), counted(bo)) == (["live"], COUNT)

    run(scenario())


def test_history_is_told_one_by_one_down_to_the_place_that_is_wanted() -> None:
    async def scenario() -> None:
        async with World() as world:
            ana = await world.join("ana")
            texts = await write(ana)
            place = (await ana.session.history(50)).messages[0].order
            bo = await world.join("bo", since=lambda: place)
            await until_all(bo, COUNT)
            assert sorted(added(bo), key=texts.index) == texts[-50:]
            assert counted(bo) == COUNT - 50
            newest = next(event.message for event in bo.events if isinstance(event, api.MessageAdded))
            assert (await bo.session.message(newest.id)) == newest

    run(scenario())


def test_one_listener_who_wants_all_of_it_is_told_all() -> None:
    async def scenario() -> None:
        async with World() as world:
            ana = await world.join("ana")
            texts = await write(ana)
            bo = await world.join("bo")
            bo.session.events(lambda: api.NO_HISTORY)
            await until_all(bo, COUNT)
            assert sorted(added(bo), key=texts.index) == texts
            assert counted(bo) == 0

    run(scenario())


def test_what_nobody_has_read_yet_is_told_one_by_one_wherever_it_stands() -> None:
    async def scenario() -> None:
        async with World() as world:
            ana, bo = await world.join("ana"), await world.join("bo", since=lambda: api.NO_HISTORY)
            await world.linked(ana, bo)
            await bo.stop()
            await asyncio.sleep(1)
            await ana.session.do(api.Say("bo, are you there?"))
            await asyncio.sleep(1)
            await bo.restart()
            heard = await bo.until_event(api.MessageAdded)
            assert heard.backfill and heard.message.to_me
            await bo.until(lambda: (bo.session.view.unread, bo.session.view.mentions) == (1, 1))
            assert counted(bo) == 0

    run(scenario())


def test_a_place_that_moves_down_between_write_and_news_loses_nothing_that_was_said_about_a_message() -> None:
    async def scenario() -> None:
        async with World() as world:
            ana = await world.join("ana")
            said = await ana.session.do(api.Say("first"))
            assert said
            await ana.session.do(api.Edit(said, "mended"))
            await asyncio.sleep(1)
            asked: list[int] = []

            def since() -> api.Order:
                """None is wanted while it is written, all of it once it is there."""
                asked.append(1)
                return api.NO_HISTORY if len(asked) == 1 else api.ALL_HISTORY

            bo = await world.join("bo", since=since)
            await until_all(bo, 1)
            assert added(bo) == ["mended"]

    run(scenario())
