"""The command `relay`: introduces people to each other, until it is told to stop."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import errno
import os
import random
import signal
import ssl
import time

from ..config import Config
from ..signaling.relay import serve
from ..signaling.turn import TurnMint
from ..ssc.text import clean_line
from .errors import Exit, Failure
from .signals import heeded
from .terminal import note, say


async def relay(config: Config, options: argparse.Namespace) -> Exit:
    """Run a relay until a signal comes; prints its URL once it listens."""
    context = _tls(options.tls_cert, options.tls_key)
    loop = asyncio.get_running_loop()
    mint = TurnMint(config.ice_servers, config.turn_secret, time.time, os.urandom)
    serving = asyncio.create_task(
        serve(
            options.host,
            options.port,
            ssl=context,
            ice=mint,
            ttl_s=mint.ttl_s,
            on_ready=_ready,
            jitter=random.random,
        )
    )
    signals = heeded(signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for each in signals:
        loop.add_signal_handler(each, serving.cancel)
    try:
        with contextlib.suppress(asyncio.CancelledError):
            await serving
    except OSError as error:
        raise Failure(_why_not(error, options.host, options.port)) from error
    finally:
        for each in signals:
            loop.remove_signal_handler(each)
    note("The relay has stopped; chats that are under way go on without it.")
    return Exit.DONE


def _ready(url: str) -> None:
    say(url)
    note("The relay listens. Others use it by `--relay URL` with the address under which they reach this machine.")


def _tls(certificate: str | None, key: str | None) -> ssl.SSLContext | None:
    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        raise Failure("TLS needs both, --tls-cert and --tls-key: add the other one, or leave both out.", Exit.USAGE)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key)
    except ssl.SSLError:
        raise Failure(
            f"{certificate} and {key} are not a certificate chain and its key in PEM form.", Exit.USAGE
        ) from None
    except OSError as error:
        reason = (error.strerror or "unknown error").lower()
        raise Failure(f"The TLS files cannot be read ({reason}): check their paths and rights.", Exit.USAGE) from None
    return context


def _why_not(error: OSError, host: str, port: int) -> str:
    where = clean_line(f"{host}:{port}")
    match error.errno:
        case errno.EADDRINUSE:
            return f"Port {port} is in use already: stop the program that has it, or choose another with --port."
        case errno.EACCES:
            return f"{where} may not be used by this account: choose a port over 1023 with --port."
        case errno.EADDRNOTAVAIL:
            return f"{where} is no address of this machine: choose another with --host."
    return f"The relay cannot listen on {where} ({(error.strerror or str(error)).lower()})."
