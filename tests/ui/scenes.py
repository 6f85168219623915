"""The scenes that are pictured: for the snapshot tests and for the pictures in `screenshots/`, by the same code."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from textual import events
from textual.pilot import Pilot

from p2pchat_tui.session.api import Edit, React, Retract, Say, SetAway, SetTopic, SetTyping
from p2pchat_tui.session.session import Session
from p2pchat_tui.ui.screens.ask import AskScreen
from p2pchat_tui.ui.screens.chat import ChatScreen
from p2pchat_tui.ui.screens.help import HelpScreen
from p2pchat_tui.ui.screens.home import Choice
from p2pchat_tui.ui.screens.paste import PasteScreen
from tests.ui.world import (
    HostedApp,
    World,
    chat_of,
    in_room,
    is_still,
    met,
    nothing_blinks,
    opened,
    settled,
    shown,
    until,
)

Play = Callable[[Pilot[str | None]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Scene:
    """An app, and what happens before the picture is taken."""

    app: HostedApp
    act: Play

    async def play(self, pilot: Pilot[str | None]) -> None:
        """Have it happen, and wait until all of it is on the screen."""
        await self.act(pilot)
        await until(pilot, lambda: is_still(self.app))


def home() -> Scene:
    """The first screen, with rooms from before."""
    world = World()
    me = world.profile("maya")

    async def before() -> None:
        world.clock.at(20, 18, 5)
        await me.new_room("book-club")
        world.clock.at(21, 11, 30)
        await me.new_room("ops", "wss://relay.example.org/ws")
        world.clock.at(22, 9, 20, 5)

    async def play(pilot: Pilot[str | None]) -> None:
        await until(pilot, lambda: pilot.app.screen.query_one("#recent").display)
        nothing_blinks(pilot.app)  # type: ignore[arg-type]
        await pilot.pause()

    return Scene(world.app(me, before=before), play)


def first_run() -> Scene:
    """The first screen of all."""
    world = World()
    me = world.profile("amber-otter", notice='Profile "default" is open in another window, so this one is guest 1.')

    async def play(pilot: Pilot[str | None]) -> None:
        nothing_blinks(pilot.app)  # type: ignore[arg-type]
        await pilot.pause()

    return Scene(world.app(me), play)


def empty() -> Scene:
    """A new room: its invite, and nobody there yet."""
    world = World()
    me = world.profile("maya")

    async def play(pilot: Pilot[str | None]) -> None:
        await pilot.click("#new-name")
        pilot.app.screen.query_one("#new-name").value = "orchard"  # type: ignore[attr-defined]
        await pilot.press("enter")
        await in_room(pilot)
        await until(pilot, lambda: chat_of(pilot).card.invite)

    return Scene(world.app(me), play)


async def _say(
    world: World, pilot: Pilot[str | None], everybody: list[Session], who: int, minute: int, text: str, **more: object
) -> object:
    world.clock.at(22, 9, minute, more.pop("second", 0))  # type: ignore[arg-type]
    said = await everybody[who].do(Say(text, more.get("reply")))  # type: ignore[arg-type]
    await settled(pilot, *everybody)
    return said


async def _talk(world: World, pilot: Pilot[str | None], everybody: list[Session]) -> None:
    mine, _ana, bo, cy, dee = everybody
    world.clock.at(21, 17, 40)
    await dee.do(Say("The press is cleaned and back in the shed. Two new cloths are in the blue box."))
    await settled(pilot, *everybody)
    world.clock.at(21, 17, 41)
    await cy.do(Say("thank you! 🙏"))
    await settled(pilot, *everybody)
    said = await _say(
        world, pilot, everybody, 1, 14, "Morning! The first trees are ready, see https://example.org/orchard/map"
    )
    await bo.do(React(said, "👍"))  # type: ignore[arg-type]
    await mine.do(React(said, "👍"))  # type: ignore[arg-type]
    await cy.do(React(said, "🎉"))  # type: ignore[arg-type]
    await _say(world, pilot, everybody, 1, 14, "Row 3 and 4 today, the rest on Tuesday.", second=30)
    await _say(world, pilot, everybody, 2, 15, "I bring the ladder and six crates", reply=said)
    wrong = await _say(world, pilot, everybody, 3, 16, "can sombody pick me up at the station?")
    await cy.do(Edit(wrong, "Can somebody pick me up at the station? I have the 9:52 and two baskets with me."))  # type: ignore[arg-type]
    gone = await _say(world, pilot, everybody, 2, 16, "nevermind", second=40)
    await bo.do(Retract(gone))  # type: ignore[arg-type]
    await _say(world, pilot, everybody, 0, 17, "I can. Look for the green van 🚐")
    await _say(world, pilot, everybody, 0, 17, "日本のりんごも持って行きます", second=20)
    await _say(world, pilot, everybody, 4, 18, "/me waves from the shed")
    await settled(pilot, *everybody)


def busy() -> Scene:
    """A morning's talk among five, one away, one gone, one typing."""
    world = World()
    me = world.profile("maya", number=11)

    async def play(pilot: Pilot[str | None]) -> None:
        nothing_blinks(pilot.app)  # type: ignore[arg-type]
        chat, everybody = await _open_crowd(world, pilot)
        mine, ana, bo, cy, _dee = everybody
        await cy.do(SetAway(True))
        world.clock.at(22, 9, 19)
        await world.profiles[4].close()
        others = [mine, ana, bo, cy]
        await until(pilot, lambda: len(mine.view.online) == 3)
        chat.room.first_new = None  # type: ignore[union-attr]
        pilot.app.app_focus = False
        await _say(world, pilot, others, 2, 19, "On my way, ten minutes.", second=30)
        pilot.app.app_focus = True
        world.clock.at(22, 9, 20, 5)
        await world.pass_time(3_000)
        last = [m for m in (await mine.history(20)).messages if m.mine][-1]
        await until(pilot, lambda: mine.holders(last.author, last.seq)[0] >= 3)
        await ana.do(SetTyping(True))
        await until(pilot, lambda: any(peer.typing for peer in mine.view.peers))
        await until(pilot, lambda: chat.view and any(peer.typing for peer in chat.view.peers))
        nothing_blinks(pilot.app)  # type: ignore[arg-type]
        chat._tick()
        await pilot.pause()

    return Scene(world.app(me), play)


async def _open_crowd(world: World, pilot: Pilot[str | None]) -> tuple[ChatScreen, list[Session]]:
    me = world.profiles[0]
    await me.new_room("orchard")
    pilot.app.screen.dismiss(Choice("orchard"))
    chat = await in_room(pilot)
    world.clock.at(20, 9, 0)
    await me.new_room("ops")
    await me.new_room("book-club")
    invite = await me.invite("orchard")
    people = [world.profile(name, number=number) for name, number in (("ana", 12), ("bo", 13), ("cy", 15), ("dee", 16))]
    for person in people:
        await person.join_invite(invite)
    mine = await me.open("orchard")
    everybody = [mine, *[await person.open("orchard") for person in people]]
    await met(pilot, *everybody)
    await mine.do(SetTopic("apples, presses and who brings the ladder"))
    await _talk(world, pilot, everybody)
    await chat.rooms.read_saved()
    chat.refresh_room()
    await pilot.pause()
    return chat, everybody


def help_page() -> Scene:
    """Keys and commands."""
    world = World()

    async def play(pilot: Pilot[str | None]) -> None:
        await until(pilot, lambda: is_still(scene.app))
        await pilot.press("f1")
        await opened(pilot, HelpScreen)

    scene = Scene(world.app(world.profile("maya")), play)
    return scene


def invite() -> Scene:
    """The invite of a room, with its code."""
    world = World()
    me = world.profile("maya")

    async def before() -> None:
        await me.new_room("orchard", "wss://relay.example.org/ws")

    async def play(pilot: Pilot[str | None]) -> None:
        await in_room(pilot)
        await pilot.press(*"/invite", "enter")
        await until(pilot, lambda: pilot.app.screen.query("#invite-line"))

    return Scene(world.app(me, "orchard", before=before), play)


def offline() -> Scene:
    """The relay is lost and the only other one is gone: what is written waits."""
    world = World()
    me, ana = world.profile("maya", number=11), world.profile("ana", number=12)

    async def before() -> None:
        await me.new_room("orchard")
        await ana.join_invite(await me.invite("orchard"))

    async def play(pilot: Pilot[str | None]) -> None:
        chat = await in_room(pilot)
        mine, hers = chat.room.session, await ana.open("orchard")  # type: ignore[union-attr]
        await met(pilot, mine, hers)
        world.clock.at(22, 9, 12)
        await hers.do(Say("Back in a minute, the train enters the tunnel"))
        await settled(pilot, mine, hers)
        await ana.close()
        world.hub.cut()
        await pilot.pause()
        await world.pass_time(2_000)  # a shorter loss is not shown
        world.clock.at(22, 9, 20, 5)
        await mine.do(Say("This waits here until you are back."))
        await until(pilot, lambda: chat.view and "lost" in chat.view.relays[0].state)
        await until(pilot, lambda: not chat.view.online)  # type: ignore[union-attr]
        await until(pilot, lambda: "This waits" in shown(chat))
        chat._tick()  # the roster says how long ago, by this clock
        await pilot.pause()

    return Scene(world.app(me, "orchard", before=before), play)


def settings() -> Scene:
    """The settings, over a room."""
    return over_room("f2", *["down"] * 3)


def paste() -> Scene:
    """A long paste, and what may be done with it."""
    scene = over_room()

    async def play(pilot: Pilot[str | None]) -> None:
        await scene.play(pilot)
        code = "\n".join(f"    {number:>3}: press(apple[{number}], weight=0.{number})" for number in range(1, 43))
        pilot.app.post_message(events.Paste(f"def press_all():\n{code}"))
        await until(pilot, lambda: isinstance(pilot.app.screen, PasteScreen))

    return Scene(scene.app, play)


def over_room(*keys: str) -> Scene:
    """A room with one message, and what those keys do there."""
    world = World()
    me = world.profile("maya", number=11)

    async def before() -> None:
        await me.new_room("orchard")
        world.clock.at(22, 9, 12)
        await (await me.open("orchard")).do(Say("Row 3 and 4 today, the rest on Tuesday."))

    async def play(pilot: Pilot[str | None]) -> None:
        await in_room(pilot)
        await pilot.press(*keys)
        await pilot.pause()

    return Scene(world.app(me, "orchard", before=before), play)


async def _open_many(pilot: Pilot[str | None]) -> ChatScreen:
    """Six rooms: two with mentions, one with news, one muted, two that say nothing new."""
    world = pilot.app.world  # type: ignore[attr-defined]
    chat = await in_room(pilot)
    me, ana = world.profiles[:2]
    for name in ("ops", "book-club", "band", "noise", "allotment"):
        hers = await ana.open(name)
        await pilot.app.screen.rooms._enter(Choice(name))  # type: ignore[attr-defined]
        await met(pilot, await me.open(name), hers)
    await chat.notices.set_level(chat.rooms.open["noise"], "none")
    await chat.rooms._enter(Choice("orchard"))
    said = (
        *(("allotment", 11, "The beans are up."), ("ops", 12, "The nightly build is green again.")),
        *(("ops", 13, "maya, can you look at the relay?"), ("ops", 13, "It answers, but slowly.")),
        *(("band", 14, "Rehearsal moves to Thursday"), ("band", 15, "Who has the key of the hall?")),
        *(("noise", 16, "one"), ("noise", 16, "two"), ("noise", 16, "and maya is three")),
        *(("orchard", 17, "Row 3 and 4 today, the rest on Tuesday."), ("book-club", 18, "@maya have you read it?")),
    )
    for second, (name, minute, text) in enumerate(said):
        world.clock.at(22, 9, minute, second)
        hers = await ana.open(name)
        await hers.do(Say(text))
        await settled(pilot, hers, await me.open(name))
    world.clock.at(22, 9, 20, 5)
    await until(pilot, lambda: sum(item.unread for item in chat.rooms.items()) >= 9)
    await chat.rooms.read_saved()
    chat.refresh_room()
    chat._tick()
    nothing_blinks(pilot.app)  # type: ignore[arg-type]
    await pilot.pause()
    return chat


def many_rooms(*keys: str) -> Scene:
    """Many rooms, by importance: their list, or what `keys` lead to."""
    world = World()
    me, ana = world.profile("maya", number=11), world.profile("ana", number=12)

    async def before() -> None:
        for name in ("orchard", "ops", "book-club", "band", "noise", "allotment"):
            await me.new_room(name)
            await ana.join_invite(await me.invite(name))
        world.clock.at(21, 8, 0)
        await me.new_room("letters")
        world.clock.at(22, 9, 10)
        await ana.open("orchard")

    async def play(pilot: Pilot[str | None]) -> None:
        await _open_many(pilot)
        await pilot.press(*keys)
        await pilot.pause()
        nothing_blinks(pilot.app)  # type: ignore[arg-type]
        await pilot.pause()

    return Scene(world.app(me, "orchard", before=before), play)


def switcher() -> Scene:
    """Another room by a few letters: before the first one."""
    return many_rooms("ctrl+k")


def switcher_found() -> Scene:
    """The same, with letters."""
    return many_rooms("ctrl+k", *"bo")


def asked() -> Scene:
    """Somebody asks for a room of two, over a room of two with somebody else."""
    world = World()
    me, ana, bo = (world.profile(name, number=number) for name, number in (("maya", 11), ("ana", 12), ("bo", 13)))

    async def before() -> None:
        await me.new_room("orchard")
        for person in (ana, bo):
            await person.join_invite(await me.invite("orchard"))

    async def play(pilot: Pilot[str | None]) -> None:
        chat = await in_room(pilot)
        mine = chat.room.session  # type: ignore[union-attr]
        sessions = [mine, await ana.open("orchard"), await bo.open("orchard")]
        await met(pilot, *sessions)
        world.clock.at(22, 9, 14)
        await pilot.press(*"/msg ana Shall we tell the others?", "enter")
        await until(pilot, lambda: chat.room.name == "ana")  # type: ignore[union-attr]
        hers = await ana.open((await ana.direct(mine.view.me, "maya", "orchard")).name)
        await met(pilot, chat.room.session, hers)  # type: ignore[union-attr]
        world.clock.at(22, 9, 15)
        await hers.do(Say("Not before Tuesday. It is a surprise."))
        await until(pilot, lambda: "surprise" in shown(chat))
        await bo.direct(mine.view.me, "maya", "orchard")
        await until(pilot, lambda: chat.rooms.asks)
        pilot.app.clear_notifications()
        world.clock.at(22, 9, 20, 5)
        chat._tick()
        chat.refresh_room()
        await pilot.press("alt+k", "home", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, AskScreen))
        nothing_blinks(pilot.app)  # type: ignore[arg-type]
        await pilot.pause()

    return Scene(world.app(me, "orchard", before=before), play)


SCENES: dict[str, Callable[[], Scene]] = {
    "home": home,
    "first-run": first_run,
    "empty-room": empty,
    "busy-room": busy,
    "help": help_page,
    "invite": invite,
    "offline": offline,
    "settings": settings,
    "paste": paste,
    "many-rooms": lambda: many_rooms("alt+k"),
    "switcher": switcher,
    "asked": asked,
}
