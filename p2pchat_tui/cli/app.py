"""The command without a name: the app on the screen."""

from __future__ import annotations

import argparse
import os
from functools import partial
from typing import TYPE_CHECKING

from ..collector import code_loading
from ..config import Config, ConfigError
from ..ssc.text import clean_name
from .errors import Exit
from .opening import Opening
from .terminal import INVITE_VARIABLE, check_terminal

if TYPE_CHECKING:
    from contextlib import AsyncExitStack

    from ..ui.settings import Settings
    from ..ui.starting import Start


async def app(config: Config, options: argparse.Namespace) -> int:
    """Run the app, in a room if one is named; the exit code."""
    if options.plain:
        from .plain import plain

        return await plain(config, options)
    check_terminal()
    with code_loading():
        from ..ui.app import DEMO
        from ..ui.starting import StartingApp

    async def open_profile(stack: AsyncExitStack) -> Start:
        from ..ui.starting import Start
        from .compose import open_profile, room_to_open

        opened = await stack.enter_async_context(open_profile(config, guest=True))
        return Start(opened.profile, await room_to_open(opened, options.room))

    # A guess: which screen comes next is not known before the profile is open.
    has_rooms = INVITE_VARIABLE in os.environ or (
        not config.ephemeral and (config.profile_folder / "rooms.db").exists()
    )
    what = f"opening {clean_name(options.room)}…" if options.room else "opening the room where you were last…"
    async with Opening(open_profile) as opening:
        chat = StartingApp(
            opening,
            "making a profile…" if config.ephemeral or not has_rooms else what,
            has_rooms=has_rooms,
            settings=settings_of(config),
            config_path="" if config.ephemeral else str(config.file),
        )
        chosen = await chat.run_async()
    if chat.trouble is not None:
        raise chat.trouble
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
