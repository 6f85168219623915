"""The command without a name: the app on the screen."""

from __future__ import annotations

import argparse

from ..config import Config
from .errors import Exit
from .terminal import check_terminal


async def app(config: Config, options: argparse.Namespace) -> int:
    """Run the app, in a room if one is named; the exit code."""
    check_terminal()
    from ..ui.app import DEMO, ChatApp
    from .compose import open_profile, room_to_open

    async with open_profile(config, guest=True) as opened:
        chat = ChatApp(opened.profile, start_room=await room_to_open(opened, options.room))
        chosen = await chat.run_async()
    if chosen == DEMO:
        from .demo import demo

        return await demo(config, options)
    return chat.return_code or Exit.DONE
