"""What a session keeps on this machine: retention, read positions, unread counts, profiles."""

from __future__ import annotations

import asyncio
import itertools

import pytest

from p2pchat_tui.ports.store import StoreFull
from p2pchat_tui.session import api, keeper
from p2pchat_tui.ssc.ids import RoomId, Stamp
from p2pchat_tui.ssc.retention import DAY_MS, read_retention
from p2pchat_tui.store.memory import MemoryStore
from tests.virtual_time import virtual

from .world import Member, World


async def say(member: Member, *texts: str) -> None:
    for text in texts:
        await member.session.do(api.Say(text))


def orders(member: Member) -> list[tuple[int, bytes, int]]:
    return sorted(each.message.order for each in member.events if isinstance(each, api.MessageAdded))


@virtual
async def test_only_so_many_messages_are_kept_and_the_rest_is_not_fetched_again() -> None:
    async with World() as world:
        ana = await world.join("ana")
        await say(ana, *(f"line {number}" for number in range(30)))
        bo = await world.join("bo")
        await bo.until_event(api.Synced)
        assert len(await bo.texts()) == 30
        await bo.session.do(api.SetRetention("10"))
        await bo.until(lambda: bo.session.view.keep == "10")
        await bo.session.do(api.SetTyping(False))  # one more step
        assert await bo.texts() == [f"line {number}" for number in range(20, 30)]
        assert bo.session.view.gap is None
        assert len(await ana.texts()) == 30, "what one lets go the others keep"

        await bo.restart()
        await world.linked(ana, bo)
        await bo.until_event(api.Synced)
        assert bo.session.view.keep == "10"
        assert await bo.texts() == [f"line {number}" for number in range(20, 30)]
        assert bo.session.view.gap is None
        assert {peer.name for peer in bo.session.view.peers} == {"ana"}, "the name outlives the entries around it"


@virtual
async def test_what_would_be_erased_is_counted_as_it_is_erased() -> None:
    async with World() as world:
        ana, bo = await world.join("ana"), await world.join("bo")
        await world.linked(ana, bo)
        await say(bo, "first")  # the last of its feed: it stays
        await say(ana, *(f"line {number}" for number in range(9)))
        await ana.session.do(api.SetTopic("apples"))
        await bo.until_event(api.MessageAdded, lambda each: each.message.text == "line 8")
        for keep, gone in (("all", 0), ("10", 0), ("9", 0), ("4", 5), ("2d", 0)):
            found = await keeper.count_prunable(bo.store, world.keys.room, read_retention(keep), bo.clock.wall_ms())
            assert found == gone, keep
        before = len(await bo.texts())
        await keeper.prune(bo.store, world.keys.room, read_retention("4"), bo.clock.wall_ms())
        assert before - len(await bo.texts()) == 5


@virtual
async def test_a_replica_that_pruned_serves_what_it_kept_to_a_third() -> None:
    async with World() as world:
        ana = await world.join("ana")
        await say(ana, *(f"line {number}" for number in range(300)))
        bo = await world.join("bo")
        await bo.until_event(api.Synced)
        await bo.session.do(api.Say("mine"))
        await bo.session.do(api.SetRetention("20"))
        await bo.session.do(api.SetTyping(False))  # one more step: what is written afterwards would come on top
        await ana.stop()
        cy = await world.join("cy")
        await world.linked(bo, cy)
        await cy.until_event(api.Synced)
        texts = await cy.texts()
        assert texts[-3:] == ["line 298", "line 299", "mine"]
        assert len(texts) == 20, "all that bo kept, verified"
        assert {peer.name for peer in cy.session.view.peers} == {"ana", "bo"}
        assert not [each for each in cy.events if isinstance(each, api.Problem)]


@virtual
async def test_a_late_joiner_that_keeps_days_ends_where_they_end() -> None:
    async with World() as world:
        ana = await world.join("ana")
        ana.clock.skew_ms = -40 * DAY_MS
        await say(ana, *(f"old {number}" for number in range(600)))
        ana.clock.skew_ms = 0
        await say(ana, *(f"new {number}" for number in range(20)))
        store = MemoryStore()
        await store.set_setting(world.keys.room, "keep", "30d")
        bo = await world.join("bo", store=store)
        await bo.until_event(api.Synced)
        await bo.session.do(api.Say("here"))
        await bo.until(lambda: bo.session.view.gap is None)
        await bo.restart()
        await world.linked(ana, bo)
        await bo.until_event(api.Synced)
        texts = [text for text in await bo.texts() if text.startswith(("old", "new"))]
        assert texts == [f"new {number}" for number in range(20)]


@virtual
async def test_a_late_joiner_that_keeps_days_knows_the_topic_and_who_is_who_from_before_them() -> None:
    async with World() as world:
        ana, cy = await world.join("ana"), await world.join("cy")
        await world.linked(ana, cy)
        ana.clock.skew_ms = cy.clock.skew_ms = -40 * DAY_MS
        await asyncio.sleep(1)
        await ana.session.do(api.SetTopic("apples"))
        await ana.session.do(api.SetName("ana the elder"))
        await say(ana, *(f"old {number}" for number in range(600)))
        ana.clock.skew_ms = cy.clock.skew_ms = 0
        await say(ana, *(f"new {number}" for number in range(400)))
        await asyncio.sleep(5)
        await ana.stop()
        store = MemoryStore()
        await store.set_setting(world.keys.room, "keep", "30d")
        bo = await world.join("bo", store=store)
        await bo.until(lambda: sum(isinstance(each, api.MessageAdded) for each in bo.events) >= 400)
        await asyncio.sleep(60)
        await bo.restart()
        assert bo.session.view.topic == "apples"
        assert {peer.name for peer in bo.session.view.peers} == {"ana the elder", "cy"}
        assert len(await bo.texts()) == 400


@virtual
async def test_words_that_keep_nothing_are_refused() -> None:
    async with World() as world:
        ana = await world.join("ana")
        for words in ("some", "0", "none"):
            with pytest.raises(api.CommandRefused):
                await ana.session.do(api.SetRetention(words))
        assert ana.session.view.keep == "all"


@virtual
async def test_unread_survives_a_restart_and_own_words_do_not_raise_it() -> None:
    async with World() as world:
        ana, bo = await world.join("ana"), await world.join("bo")
        await world.linked(ana, bo)
        await say(ana, "one", "two", "three")
        await say(bo, "mine")
        await bo.until(lambda: bo.session.view.unread == 3)
        assert ana.session.view.unread <= 1
        await bo.session.do(api.MarkRead(orders(bo)[1]))
        await bo.until(lambda: bo.session.view.unread < 3)
        left = bo.session.view.unread
        await bo.restart()
        assert bo.session.view.unread == left
        await bo.session.do(api.MarkRead(max(message.order for message in (await bo.session.history(9)).messages)))
        await bo.until(lambda: bo.session.view.unread == 0)
        await bo.restart()
        assert bo.session.view.unread == 0


@virtual
async def test_what_is_let_go_is_not_unread_any_more() -> None:
    async with World() as world:
        ana, bo = await world.join("ana"), await world.join("bo")
        await world.linked(ana, bo)
        await say(ana, *(f"line {number}" for number in range(9)))
        await bo.until(lambda: bo.session.view.unread == 9)
        await bo.session.do(api.SetRetention("4"))
        await bo.until(lambda: bo.session.view.unread == 4)


@virtual
async def test_what_was_written_before_one_came_is_not_unread() -> None:
    async with World() as world:
        ana = await world.join("ana")
        await say(ana, *(f"line {number}" for number in range(9)))
        ana.events.clear()
        await asyncio.sleep(1)  # virtual, as all time here
        bo = await world.join("bo")
        await bo.until_event(api.Synced)
        assert len(await bo.texts()) == 9
        assert bo.session.view.unread == 0
        await asyncio.sleep(1)
        await say(ana, "now")
        await bo.until(lambda: bo.session.view.unread == 1)


@virtual
async def test_the_others_see_how_far_one_has_read() -> None:
    async with World() as world:
        ana, bo = await world.join("ana"), await world.join("bo")
        await world.linked(ana, bo)
        await say(ana, "one", "two")
        await bo.until(lambda: len(orders(bo)) == 2)
        first, second = orders(bo)
        await bo.session.do(api.MarkRead(first))
        await ana.until(lambda: bool(ana.session.view.readers(first)))
        assert [peer.name for peer in ana.session.view.readers(first)] == ["bo"]
        assert not ana.session.view.readers(second)
        await bo.session.do(api.MarkRead(second))
        await ana.until(lambda: bool(ana.session.view.readers(second)))


@virtual
async def test_reading_can_be_kept_to_oneself() -> None:
    async with World() as world:
        ana = await world.join("ana")
        bo = await world.join("bo", shares_reading=False)
        await world.linked(ana, bo)
        await say(ana, "one")
        await bo.until(lambda: len(orders(bo)) == 1)
        await bo.session.do(api.MarkRead(orders(bo)[0]))
        await say(bo, "answer")
        await ana.until(lambda: len(orders(ana)) == 2)
        assert [peer.read for peer in ana.session.view.peers] == [0]


@virtual
async def test_status_and_colour_reach_the_others_and_stay_with_a_new_name() -> None:
    async with World() as world:
        ana, bo = await world.join("ana"), await world.join("bo")
        await world.linked(ana, bo)
        await ana.session.do(api.SetStatus("in the \x1b[31morchard"))
        await ana.session.do(api.SetColour("#FFA500"))
        await ana.session.do(api.SetName("anna"))
        await bo.until(lambda: any(peer.name == "anna" and peer.colour for peer in bo.session.view.peers))
        (peer,) = bo.session.view.peers
        assert peer.colour == "#ffa500"
        assert "orchard" in peer.status
        assert "\x1b" not in peer.status
        with pytest.raises(api.CommandRefused):
            await ana.session.do(api.SetColour("red"))
        await ana.restart()
        assert (ana.session.view.my_colour, ana.session.view.my_name) == ("#ffa500", "ana")


class NoRoom(MemoryStore):
    """A disk that erases nothing for a while."""

    def __init__(self, failures: int) -> None:
        super().__init__()
        self.failures = failures
        self.tried: list[float] = []

    async def prune(self, room: RoomId, cutoff: Stamp) -> int:
        self.tried.append(asyncio.get_running_loop().time())
        if len(self.tried) <= self.failures:
            raise StoreFull("The disk is full: free some space.")
        return await super().prune(room, cutoff)


@virtual
async def test_what_could_not_be_let_go_is_tried_again_soon_and_then_less_often(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(keeper, "PRUNE_MS", 4 * keeper.PRUNE_AGAIN_MS)
    async with World() as world:
        store = NoRoom(5)
        ana = await world.join("ana", store=store)
        await say(ana, "one", "two", "three")
        await ana.session.do(api.SetRetention("1"))
        await ana.until(lambda: len(store.tried) == 7, 3_600)
        waits = [round((later - earlier) / 60) for earlier, later in itertools.pairwise(store.tried)]
        assert waits == [1, 2, 4, 4, 4, 4], "the last one after it was done"
        problems = [each for each in ana.events if isinstance(each, api.Problem)]
        assert len(problems) == 1 and "could not be erased" in problems[0].text
        assert await ana.texts() == ["three"]
