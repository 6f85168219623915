"""The app with its real driver, in a room with somebody hostile; run in a pseudo-terminal by `test_terminal_bytes`."""

from __future__ import annotations

import asyncio

from p2pchat_tui.session.api import React, Say, SetName, SetTopic
from p2pchat_tui.session.session import Session
from p2pchat_tui.ui.screens.chat import ChatScreen
from tests.ui.world import World, shown

ATTACKS = [
    "\x1b]52;c;aGk=\x07",
    "\x1b]0;owned\x1b\\",
    "\x9d52;c;aGk=\x9c",
    "\x1b[2Jx\x1b[6n",
    "\x9b2J",
    "\x1bP1$r\x1b\\",
    "\x1bc",
    "\x7f\x08\x00",
    "\u202eevil\u202c\u2066",
    "[/x] [@click=app.quit]q[/] [bold",
    "\\[/x]\\",
    "```python\n\x1b]52;c;aGk=\x07 '\x9b2J'\n```",
    "```\x1b]0;owned\x07\nx\n```",
    "`\x1b]52;c;aGk=\x07` **\x1b[2J** > \x9d",
    "[x](https://x.example/\x1b\\\x1b]52;c;aGk=\x07) <https://y.example/\x9c\x9d52;c;aGk=\x9c>",
    "https://z.example/\x1b]0;owned\x07 &#27;]52;c;aGk=&#7; &#x9b;2J &#x202e;",
    "[run](javascript:alert(1)) [read](file:///etc/passwd) [open](ssh://evil.example)",
    "| a | b |\n|---|---|\n| \x1b[6n | \u202e |",
    "[good](https://good.example/path)",
]
LAST = "that was all"
LONGEST_S = 60.0
"""Seconds after which something is wrong: it takes two or three."""


async def attack(world: World, theirs: Session, app: ChatScreen | None = None) -> None:
    """Put every attack into every field that a peer can fill."""
    for text in ATTACKS:
        said = await theirs.do(Say(f"say {text} said"))
        if said:
            await theirs.do(React(said, text[:20]))
        await theirs.do(SetTopic(f"topic {text}"))
        await theirs.do(SetName(f"nick {text}"))
    await theirs.do(Say(LAST))


async def main() -> None:
    """Run until the last message is on the screen; fail when it does not come."""
    world = World()
    me, foe = world.profile("maya"), world.profile("foe")
    await me.new_room("orchard")
    await foe.join_invite(await me.invite("orchard"))
    app = world.app(me, "orchard")

    async def see() -> None:
        theirs = await foe.open("orchard")
        mine = await me.open("orchard")
        while not (theirs.view.online and mine.view.online):  # noqa: ASYNC110 - two sessions, no one event
            await asyncio.sleep(0.01)
        await attack(world, theirs)
        while not (isinstance(app.screen, ChatScreen) and LAST in shown(app.screen)):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        drawn = asyncio.Event()
        app.screen.call_after_refresh(drawn.set)
        await drawn.wait()

    async def play() -> None:
        try:
            async with asyncio.timeout(LONGEST_S):
                await see()
        finally:
            app.exit()

    playing = asyncio.create_task(play())
    await app.run_async()
    await playing


if __name__ == "__main__":
    asyncio.run(main())
