"""Scenes of the search: nothing typed yet, results, none, a filter that says nothing, and the place it leads to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from textual.pilot import Pilot

from p2pchat_tui.session.api import Edit, Retract, Say
from p2pchat_tui.ui.screens.chat import ChatScreen
from p2pchat_tui.ui.screens.search import SearchScreen
from tests.ui.scenes import Scene
from tests.ui.world import World, chat_of, in_room, met, nothing_blinks, settled, until

LONG = (
    "Before we begin on Sunday somebody has to look at the whole yard, count crates, baskets and cloths, oil the gate, "
    "and fetch the long ladder from the shed behind the press; the short Ladder stays where it is."
)


def search_of(pilot: Pilot[str | None]) -> SearchScreen:
    screen = pilot.app.screen
    assert isinstance(screen, SearchScreen)
    return screen


async def looked_for(pilot: Pilot[str | None], text: str) -> SearchScreen:
    """Wait until the search shows what `text` finds."""
    await until(pilot, lambda: isinstance(pilot.app.screen, SearchScreen) and search_of(pilot)._shown == text)
    nothing_blinks(pilot.app)  # type: ignore[arg-type]
    await pilot.pause()
    return search_of(pilot)


async def looked_through(pilot: Pilot[str | None], text: str) -> SearchScreen:
    """Wait until the search shows what `text` finds, and has said all that it has to say of what can be found."""
    search = await looked_for(pilot, text)

    def is_done() -> bool:
        return all(each.is_finished for each in pilot.app.workers if each.node is search) and search._shown == text

    await until(pilot, is_done)
    return search


async def two_rooms(world: World, pilot: Pilot[str | None]) -> ChatScreen:
    """A window of maya in #orchard, where ana and bo wrote; #ops, where only she did."""
    me, ana, bo = world.profiles[0], world.profile("ana", number=12), world.profile("bo", number=13)
    chat = await in_room(pilot)
    assert chat.room is not None
    mine = chat.room.session
    ops = await me.open("ops")
    for person in (ana, bo):
        await person.join_invite(await me.invite("orchard"))
    his, hers = await bo.open("orchard"), await ana.open("orchard")
    await met(pilot, mine, hers, his)
    world.clock.at(20, 17, 5)
    await ops.do(Say("The ladder script fails: see https://ops.example.org/build/512"))
    world.clock.at(21, 17, 40)
    await hers.do(Say(LONG))
    await settled(pilot, mine, hers, his)
    world.clock.at(22, 8, 2)
    wrong = await his.do(Say("I bring the lader and six crates"))
    await settled(pilot, mine, hers, his)
    gone = await his.do(Say("a secret ladder"))
    assert wrong and gone
    await his.do(Edit(wrong, "I bring the **ladder** and six crates"))
    await his.do(Retract(gone))
    await settled(pilot, mine, hers, his)
    world.clock.at(22, 9, 4)
    await mine.do(Say("日本のりんごも持って行きます 🍎"))
    await mine.do(Say("Which ladders? /me has none \x1b[31m"))
    await settled(pilot, mine, hers, his)
    await world.pass_time(3_000)
    last = (await mine.history(1)).messages[0]
    await until(pilot, lambda: mine.holders(last.author, last.seq)[0] == 2)
    world.clock.at(22, 9, 20, 5)
    chat.room.first_new = None
    chat.refresh_room()
    await until(pilot, lambda: chat.timeline.is_settled)
    return chat


def scene(play: Callable[[Pilot[str | None], ChatScreen], Awaitable[None]]) -> Scene:
    """Those rooms, and what somebody does there."""
    world = World()
    me = world.profile("maya", number=11)

    async def before() -> None:
        await me.new_room("ops")
        await me.new_room("orchard")

    async def played(pilot: Pilot[str | None]) -> None:
        await play(pilot, await two_rooms(world, pilot))

    return Scene(world.app(me, "orchard", before=before), played)


def typed(text: str, *keys: str) -> Callable[[], Scene]:
    """Ctrl+F, `text`, and after it was looked for some more keys."""

    async def play(pilot: Pilot[str | None], _chat: ChatScreen) -> None:
        await pilot.press("ctrl+f")
        search = await looked_through(pilot, "")
        search.field.value = text
        await looked_through(pilot, text)
        if keys:
            await pilot.press(*keys)
            await pilot.pause()

    return lambda: scene(play)


async def _arrive(pilot: Pilot[str | None], _chat: ChatScreen) -> None:
    await pilot.press("ctrl+f", *"ladder")
    await looked_through(pilot, "ladder")
    await pilot.press("down", "down", "enter")
    await until(pilot, lambda: chat_of(pilot).timeline.chosen and chat_of(pilot).timeline.is_settled)
    await pilot.pause()


SEARCH_SCENES: dict[str, Callable[[], Scene]] = {
    "empty": typed(""),
    "results": typed("ladder", "down"),
    "nothing": typed("ladder crates from:me in:ops after:2026-11-01"),
    "refused": typed("ladder before:soon"),
    "arrived": lambda: scene(_arrive),
}
