"""Scenes of people: the roster with its marks, somebody's screen, safety words, a name with another key."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from textual.pilot import Pilot

from p2pchat_tui.session.api import Say, SetAlias, SetColour, SetIgnored, SetStatus, SetVerified
from p2pchat_tui.session.session import Session
from p2pchat_tui.ui.nicks import COLOURS
from p2pchat_tui.ui.screens.chat import ChatScreen
from p2pchat_tui.ui.screens.person import PersonScreen
from p2pchat_tui.ui.screens.verify import VerifyScreen
from p2pchat_tui.ui.widgets.roster import Roster
from tests.ui.scenes import Scene
from tests.ui.world import World, in_room, met, opened, settled, shown, until

After = Callable[[Pilot[str | None], ChatScreen, list[Session]], Awaitable[None]]


def _scene(after: After) -> Scene:
    """A room with a verified ana, a bo with a pet name, an ignored dee, and somebody else who says that he is ana."""
    world = World()
    names = (("maya", 11), ("ana", 12), ("bo", 13), ("dee", 16), ("Ana", 17))
    me, ana, bo, dee, other = (world.profile(name, number=number) for name, number in names)

    async def before() -> None:
        await me.new_room("orchard")
        for person in (ana, bo, dee, other):
            await person.join_invite(await me.invite("orchard"))

    async def play(pilot: Pilot[str | None]) -> None:
        world.clock.at(22, 9, 10)
        chat = await in_room(pilot)
        assert chat.room is not None
        mine = chat.room.session
        everybody = [mine, *[await person.open("orchard") for person in (ana, bo, dee)]]
        await met(pilot, *everybody)
        texts = (
            (1, "The press is free from ten"),
            (3, "buy my apples"),
            (3, "BUY MY APPLES"),
            (2, "I bring the crates"),
        )
        for number, (who, text) in enumerate(texts):
            world.clock.at(22, 9, 10 + number)
            await everybody[who].do(Say(text))
            await settled(pilot, *everybody)
        await everybody[1].do(SetStatus("in row 3 until noon"))
        await everybody[1].do(SetColour(COLOURS["pink"]))
        await mine.do(SetVerified(everybody[1].view.me, True))
        await mine.do(SetAlias(everybody[2].view.me, "Bo the baker"))
        await mine.do(SetIgnored(everybody[3].view.me, True))
        pilot.app.clear_notifications()
        everybody.append(await other.open("orchard"))
        await met(pilot, *everybody)
        world.clock.at(22, 9, 18)
        await everybody[4].do(Say("New phone. Who has the key of the shed?"))
        await settled(pilot, *everybody)
        await until(pilot, lambda: "≠Ana" in shown(chat))
        chat.room.first_new = None
        world.clock.at(22, 9, 20, 5)
        chat._tick()
        await after(pilot, chat, everybody)
        await until(pilot, lambda: chat.timeline.is_settled)
        await pilot.pause()

    return Scene(world.app(me, "orchard", before=before), play)


async def _shout(pilot: Pilot[str | None], _chat: ChatScreen, _everybody: list[Session]) -> None:
    await until(pilot, lambda: pilot.app.screen.query("Toast"))


async def _roster(pilot: Pilot[str | None], chat: ChatScreen, _everybody: list[Session]) -> None:
    pilot.app.clear_notifications()
    if not chat.query_one(Roster).display:
        await pilot.press("ctrl+t")
    chat.roster.focus()
    await pilot.press("end", "up")


async def _person(pilot: Pilot[str | None], chat: ChatScreen, everybody: list[Session]) -> None:
    pilot.app.clear_notifications()
    chat.persons.show(chat.room, everybody[1].view.me)  # type: ignore[arg-type]
    await opened(pilot, PersonScreen)


async def _doubted(pilot: Pilot[str | None], chat: ChatScreen, everybody: list[Session]) -> None:
    pilot.app.clear_notifications()
    chat.persons.show(chat.room, everybody[4].view.me)  # type: ignore[arg-type]
    await opened(pilot, PersonScreen)


async def _verify(pilot: Pilot[str | None], chat: ChatScreen, everybody: list[Session]) -> None:
    pilot.app.clear_notifications()
    chat.run_command(f"/verify {everybody[4].view.me.tag}")
    await opened(pilot, VerifyScreen)


PEOPLE_SCENES: dict[str, Callable[[], Scene]] = {
    "shout": lambda: _scene(_shout),
    "roster": lambda: _scene(_roster),
    "person": lambda: _scene(_person),
    "doubted": lambda: _scene(_doubted),
    "verify": lambda: _scene(_verify),
}
