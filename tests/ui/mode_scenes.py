"""Scenes of what is seen rarely: the demo's tour, the list of themes, the log; and ways to draw with less."""

from __future__ import annotations

from collections.abc import Callable

from textual.pilot import Pilot

from p2pchat_tui.session.api import Say
from p2pchat_tui.ui.screens.log import LogScreen
from tests.ui.scenes import Scene, over_room
from tests.ui.world import World, chat_of, in_room, settled, shown, until


def tour() -> Scene:
    """The demo after the first message."""
    world = World()
    me, ana = world.profile("maya", number=11), world.profile("ana", number=12)

    async def before() -> None:
        await me.new_room("demo")
        await ana.join_invite(await me.invite("demo"))

    async def play(pilot: Pilot[str | None]) -> None:
        chat = await in_room(pilot)
        mine, hers = chat.room.session, await ana.open("demo")  # type: ignore[union-attr]
        await until(pilot, lambda: mine.view.online and hers.view.online)
        await hers.do(Say("Write something! The mark beside your message is the truth about it."))
        await settled(pilot, mine, hers)
        await pilot.press(*"hello", "enter")
        await until(pilot, lambda: "hello" in shown(chat))
        await until(pilot, lambda: "2/5" in str(chat.query_one("#tour").render()))
        await settled(pilot, mine, hers)
        await world.pass_time(3_000)
        last = (await mine.history(1)).messages[0]
        await until(pilot, lambda: mine.holders(last.author, last.seq) == (1, 1))
        chat._tick()
        await pilot.pause()

    return Scene(world.app(me, "demo", before=before, demo=True), play)


def themes() -> Scene:
    """The list of themes over a room, one of them put on for a look."""
    return over_room(*"/theme", "enter", *["down"] * 5)


def log() -> Scene:
    """The log, with something of every kind in it."""
    world = World()
    me = world.profile("maya", number=11)

    async def before() -> None:
        await me.new_room("orchard")

    async def play(pilot: Pilot[str | None]) -> None:
        chat = await in_room(pilot)
        chat.tell("Trying every link and relay again.")
        world.clock.at(22, 9, 21, 30)
        chat.tell("There is no command /joim. Did you mean /join? Nothing was sent.", severity="warning")
        world.clock.at(22, 9, 22, 2)
        chat.tell("The disk is full: free some space, then send it again.", severity="error")
        await pilot.pause()
        await pilot.press("f12")
        await until(pilot, lambda: isinstance(pilot.app.screen, LogScreen))

    return Scene(world.app(me, "orchard", before=before), play)


def with_plain_glyphs(scene: Scene) -> Scene:
    """The same, drawn with ASCII alone where it is the program that draws."""

    async def play(pilot: Pilot[str | None]) -> None:
        await scene.play(pilot)
        scene.app.change_setting("glyphs", "plain")
        await pilot.pause()
        chat_of(pilot)._tick()
        await pilot.pause()

    return Scene(scene.app, play)


MODE_SCENES: dict[str, Callable[[], Scene]] = {"tour": tour, "themes": themes, "log": log}
