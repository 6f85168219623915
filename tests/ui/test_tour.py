"""The demo's tour: it notices what is done, in any order, and is gone with one key."""

from __future__ import annotations

from dataclasses import replace

from textual.pilot import Pilot
from textual.widgets import Static

from p2pchat_tui.session import api
from p2pchat_tui.ui.tour import END, HOLDERS, INVITE, REACT, REPLY, SAY, STEPS, Tour
from tests.cli.views import MESSAGE, PEER, VIEW
from tests.ui.world import World, chat_of, in_room, shown, until


def tour_of(pilot: Pilot[str | None]) -> str:
    line = chat_of(pilot).query_one("#tour", Static)
    return str(line.content) if line.display else ""


async def test_five_steps_that_notice_what_was_done() -> None:
    world = World()
    me, ana = world.profile("maya"), world.profile("ana")

    async def before() -> None:
        await me.new_room("demo")
        await ana.join_invite(await me.invite("demo"))

    async with world.app(me, "demo", before=before, demo=True).run_test(size=(80, 24)) as pilot:
        chat = await in_room(pilot)
        hers = await ana.open("demo")
        await until(pilot, lambda: STEPS[SAY] in tour_of(pilot))
        await hers.do(api.Say("hello"))
        await until(pilot, lambda: "hello" in shown(chat))
        assert STEPS[SAY] in tour_of(pilot), "what others do is no step"
        await pilot.press(*"hi", "enter")
        await until(pilot, lambda: "2/5" in tour_of(pilot) and STEPS[REPLY] in tour_of(pilot))
        await pilot.press("shift+tab", "up", "r", *"hey", "enter")
        await until(pilot, lambda: "3/5" in tour_of(pilot))
        await pilot.press(*"/react tada", "enter")
        await until(pilot, lambda: "4/5" in tour_of(pilot))
        await pilot.press("shift+tab", "i")
        await until(pilot, lambda: "5/5" in tour_of(pilot))
        await pilot.press("escape", "escape", *"/invite", "enter")
        await until(pilot, lambda: END in tour_of(pilot))
        await pilot.press("escape", *"thanks", "enter")
        await until(pilot, lambda: not tour_of(pilot))


async def test_one_key_ends_it() -> None:
    world = World()
    me = world.profile("maya")

    async def before() -> None:
        await me.new_room("demo")

    async with world.app(me, "demo", before=before, demo=True).run_test() as pilot:
        await in_room(pilot)
        await until(pilot, lambda: tour_of(pilot))
        await pilot.press("f8")
        assert not tour_of(pilot)
        await pilot.press(*"hi", "enter")
        await until(pilot, lambda: chat_of(pilot).room.window.messages)  # type: ignore[union-attr]
        assert not tour_of(pilot)


def test_what_is_done_before_its_turn_is_not_asked_for() -> None:
    tour = Tour(VIEW.me)
    tour.take(api.MessageChanged(MESSAGE, "reaction", (PEER.peer, "👍", True)))
    tour.take(api.MessageAdded(replace(MESSAGE, mine=True), backfill=True))
    assert not tour.done
    tour.take(api.MessageChanged(MESSAGE, "reaction", (VIEW.me, "👍", True)))
    tour.take(api.MessageAdded(replace(MESSAGE, mine=True, reply_to=MESSAGE.id), backfill=False))
    assert tour.done == {SAY, REPLY, REACT} and tour.line == f"Tour 4/5  {STEPS[HOLDERS]}"
    tour.did(INVITE)
    tour.did(HOLDERS)
    assert tour.line == END


def test_every_step_fits_a_line_of_80_cells() -> None:
    assert all(len(f"Tour 1/5  {text}  F8 ends it") <= 76 for text in STEPS.values())
