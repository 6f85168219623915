"""Runs one command: settings, log, event loop; and turns whatever goes wrong into one sentence and an exit code."""

from __future__ import annotations

import argparse
import asyncio
import importlib
import logging
import os
from collections.abc import Awaitable, Callable

from ..collector import code_loading
from ..config import Config, read_config
from .errors import Exit, explain
from .logs import start_log
from .terminal import complain, drop_output

_COMMANDS = {
    "app": ("app", "app"),
    "demo": ("demo", "demo"),
    "new": ("rooms", "new"),
    "join": ("rooms", "join"),
    "rooms": ("listing", "rooms"),
    "invite": ("listing", "invite"),
    "keep": ("rooms", "keep"),
    "forget": ("rooms", "forget"),
    "pipe": ("pipe", "pipe"),
    "export": ("export", "export"),
    "verify": ("verify", "verify"),
    "relay": ("relay", "relay"),
    "doctor": ("doctor", "doctor"),
}
"""Command → its module in this package, imported only when it runs, and its function there."""

Command = Callable[[Config, argparse.Namespace], Awaitable[int]]

logger = logging.getLogger(__name__)


def run(options: argparse.Namespace) -> int:
    """The exit code of the command that `options` ask for."""
    config: Config | None = None
    try:
        config = read_config(vars(options), os.environ)
        start_log(config)
        module, name = _COMMANDS[options.command]
        with code_loading():
            command: Command = getattr(importlib.import_module(f".{module}", __package__), name)
        return int(asyncio.run(_as_coroutine(command, config, options)))
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except BrokenPipeError:
        return _no_reader()
    except Exception as error:
        return _report(error, config)


async def _as_coroutine(command: Command, config: Config, options: argparse.Namespace) -> int:
    return await command(config, options)


def _report(error: Exception, config: Config | None) -> int:
    """Say what went wrong, in one sentence."""
    foreseen = explain(error)
    if foreseen:
        code, text = foreseen
        complain(text)
        return code
    logger.critical("the program ended by an error", exc_info=error)
    where = "It came before there was a log"
    if config:
        where = "Nothing is written with --ephemeral" if config.ephemeral else f"Its details are in {config.log_file}"
    complain(f"Something went wrong that nobody foresaw ({type(error).__name__}). {where}; please report it.")
    return Exit.FAILED


def _no_reader() -> int:
    """Whoever read the output has gone, which is their right: end without a word."""
    drop_output()
    return Exit.FAILED
