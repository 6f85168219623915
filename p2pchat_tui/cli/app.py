"""The command without a name: the app on the screen."""

from __future__ import annotations

import argparse
from functools import partial
from typing import TYPE_CHECKING

from ..config import Config, ConfigError
from .errors import Exit
from .terminal import check_terminal

if TYPE_CHECKING:
    from ..ui.settings import Settings


async def app(config: Config, options: argparse.Namespace) -> int:
    """Run the app, in a room if one is named; the exit code."""
    if options.plain:
        from .plain import plain

        return await plain(config, options)
    check_terminal()
    from ..ui.app import DEMO, ChatApp
    from .compose import open_profile, room_to_open

    async with open_profile(config, guest=True) as opened:
        chat = ChatApp(
            opened.profile,
            start_room=await room_to_open(opened, options.room),
            settings=settings_of(config),
            config_path="" if config.ephemeral else str(config.file),
        )
        chosen = await chat.run_async()
    if chosen == DEMO:
        from .demo import demo

        return await demo(config, options)
    return chat.return_code or Exit.DONE


def settings_of(config: Config) -> Settings:
    """The preferences of this run, and the way to write them down."""
    from ..ui.settings import Settings, forgets

    return Settings(config.preferences, forgets if config.ephemeral else partial(_keep, config))


def _keep(config: Config, name: str, value: str | int | bool) -> str:
    """Write a setting down; why it could not be."""
    from .config_file import save_value

    try:
        save_value(config.file, name, value)
    except ConfigError as error:
        return str(error)
    return ""
