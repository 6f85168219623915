"""Mentions: what speaks to me is counted beside what is unread, once, and neither my words nor history raise it."""

from __future__ import annotations

import asyncio

import pytest

from p2pchat_tui.session import api
from p2pchat_tui.session.mentions import is_named
from p2pchat_tui.session.reading import read_mentions
from tests.session.world import Member, World
from tests.virtual_time import run


def counts(member: Member) -> tuple[int, int]:
    return member.session.view.unread, member.session.view.mentions


def test_what_names_or_answers_me_is_counted_and_outlives_a_restart() -> None:
    async def scenario() -> None:
        async with World() as world:
            ana, bo = await world.join("ana"), await world.join("bo")
            await world.linked(ana, bo)
            mine = await ana.session.do(api.Say("bo, ana here"))
            assert mine
            await bo.until(lambda: counts(bo) == (1, 1))
            await bo.session.do(api.Say("hello everybody"))
            await bo.session.do(api.Say("@ana: where are you?"))
            await bo.until_event(api.MessageAdded, lambda each: each.message.id == mine)
            await bo.session.do(api.Say("and this answers", mine))
            await ana.until(lambda: counts(ana) == (3, 2))
            assert counts(bo) == (1, 1), "my own words count for nothing"
            await ana.restart()
            assert counts(ana) == (3, 2)
            await world.linked(ana, bo)
            page = await ana.session.history(10)
            await ana.session.do(api.MarkRead(page.messages[-2].order))
            await ana.until(lambda: counts(ana) == (1, 1))
            await ana.session.do(api.MarkRead(page.messages[-1].order))
            await ana.until(lambda: counts(ana) == (0, 0))
            await ana.restart()
            assert counts(ana) == (0, 0)

    run(scenario())


def test_history_from_before_i_came_counts_for_nothing_and_what_came_while_i_was_away_does() -> None:
    async def scenario() -> None:
        async with World() as world:
            ana = await world.join("ana")
            await ana.session.do(api.Say("cy will come, cy is nice"))
            await asyncio.sleep(1)
            cy = await world.join("cy")
            added = await cy.until_event(api.MessageAdded)
            assert added.backfill and added.message.to_me
            assert counts(cy) == (0, 0)
            await cy.stop()
            await asyncio.sleep(1)
            await ana.session.do(api.Say("cy, are you back?"))
            await cy.restart()
            await cy.until(lambda: counts(cy) == (1, 1))

    run(scenario())


def test_an_answer_of_my_own_to_myself_is_none() -> None:
    async def scenario() -> None:
        async with World() as world:
            ana = await world.join("ana")
            first = await ana.session.do(api.Say("ana thinks"))
            await ana.session.do(api.Say("ana answers", first))
            await ana.until(lambda: len([e for e in ana.events if isinstance(e, api.MessageAdded)]) == 2)
            assert not any(each.to_me for each in (await ana.session.history(5)).messages)
            assert counts(ana) == (0, 0)

    run(scenario())


@pytest.mark.parametrize(
    ("text", "is_so"),
    [
        ("maya", True),
        ("@maya!", True),
        ("hey MAYA, come", True),
        ("mayan ruins", False),
        ("a.maya.b", True),
        ("", False),
    ],
)
def test_a_name_is_a_word_of_its_own(text: str, is_so: bool) -> None:
    assert is_named(text, ("maya",)) is is_so
    assert not is_named(text, ())


@pytest.mark.parametrize(("text", "count"), [("", 0), ("3", 3), ("9", 5), ("-1", 0), ("٣", 0), ("x", 0), ("9" * 40, 0)])
def test_a_count_on_disk_is_read_with_doubt(text: str, count: int) -> None:
    assert read_mentions(text, 5) == count
