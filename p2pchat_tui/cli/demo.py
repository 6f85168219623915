"""The command `demo`: the app with two scripted peers."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ..collector import code_loading
from ..config import Config
from .errors import Exit
from .opening import Opening
from .terminal import check_terminal

if TYPE_CHECKING:
    from contextlib import AsyncExitStack

    from ..ui.starting import Start


async def demo(config: Config, options: argparse.Namespace) -> int:
    """Run the app on the demo's stage; the exit code."""
    from ..ui.settings import Settings

    settings = Settings(config.preferences)
    if getattr(options, "plain", False):
        from .plain import chat_plainly
        from .stage import ROOM, stage

        async with stage(config.nickname) as scene:
            return await chat_plainly(scene.profile, settings, ROOM)
    check_terminal("demo")
    with code_loading():
        from ..ui.starting import StartingApp

    async def open_stage(stack: AsyncExitStack) -> Start:
        from ..ui.starting import Start
        from .stage import ROOM, stage

        scene = await stack.enter_async_context(stage(config.nickname))
        return Start(scene.profile, ROOM)

    async with Opening(open_stage, ("..store.sqlite", "..store.memory", ".stage")) as opening:
        chat = StartingApp(opening, "opening the demo…", has_rooms=True, demo=True, settings=settings)
        await chat.run_async()
    if chat.trouble is not None:
        raise chat.trouble
    return chat.return_code or Exit.DONE
