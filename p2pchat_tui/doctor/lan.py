"""Looks whether others could be found on the local networks, and whether the windows of this machine can meet."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable, Sequence

from ..signaling.lan_hearing import hears_itself
from ..signaling.lan_places import Place
from ..signaling.local import is_relay
from ..signaling.troubles import Unusable
from .findings import Finding, fail, ok, skip

BLOCKED_DO = (
    "Let UDP port 5353 through this machine's firewall; in a container or on some Wi-Fis there is no multicast at all."
)


async def check_lan(is_on: bool, places: Sequence[Place], chance: Callable[[int], bytes]) -> list[Finding]:
    """Whether multicast works on each interface. Nothing is sent while the LAN is switched off."""
    if not is_on:
        return [
            skip("lan", "off", "The local network is not looked at, since it is switched off.", "--lan switches it on.")
        ]
    if not places:
        return [fail("lan", "no-network", "This machine is in no local network.", "Connect it by Wi-Fi or cable.")]
    return list(await asyncio.gather(*(_check(place, int.from_bytes(chance(2), "big")) for place in places)))


async def _check(place: Place, ident: int) -> Finding:
    try:
        heard = await hears_itself(place, ident)
    except OSError as error:
        why = (error.strerror or "unknown error").lower()
        return fail("lan", "multicast-blocked", f"Nothing can be announced on {place.name} ({why}).", BLOCKED_DO)
    if not heard:
        return fail("lan", "multicast-blocked", f"What is announced on {place.name} is lost.", BLOCKED_DO)
    return ok("lan", f"Announcements can be made on {place.name}; a switch or access point may still hold them back.")


async def check_windows(port: int) -> Finding:
    """Whether the windows of this machine can meet on `port`; 0 when they do not."""
    if not port:
        return skip("windows", "off", "The windows of this machine do not meet: --local-port is 0.")
    try:
        if await is_relay(port):
            return ok("windows", f"Another window is open, and this machine's windows meet on port {port}.")
    except Unusable:  # nobody is there
        return await _can_listen(port)
    return fail(
        "windows",
        "port-taken",
        f"Port {port}, where the windows of this machine meet, is used by another program.",
        "Choose another with --local-port, the same for all windows.",
    )


async def _can_listen(port: int) -> Finding:
    try:
        server = await asyncio.start_server(lambda *_: None, "127.0.0.1", port)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:  # a window came between
            return ok("windows", f"This machine's windows meet on port {port}.")
        why = (error.strerror or "unknown error").lower()
        do = "Choose another with --local-port, the same for all windows."
        return fail("windows", "port-forbidden", f"Port {port} of this machine cannot be opened ({why}).", do)
    server.close()
    return ok("windows", f"The windows of this machine can meet on port {port}.")
