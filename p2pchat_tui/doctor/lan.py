"""Looks whether others could be found on the local networks, and whether the windows of this machine can meet."""

from __future__ import annotations

import asyncio
import contextlib
import errno
from collections.abc import Callable, Sequence
from ipaddress import IPv6Address

from ..ports.signaling import SessionSeen, SignalingState, SignalReceived, StateChanged
from ..signaling.lan import URL, LanSignaling
from ..signaling.lan_discovery import Discovery
from ..signaling.lan_hearing import hears_itself
from ..signaling.lan_places import Place
from ..signaling.local import is_relay
from ..signaling.troubles import Unusable
from ..ssc.room import RoomKeys
from .findings import Finding, fail, ok, skip
from .visit import Visit, last_session

FIND_S = 5.0
"""For somebody on the LAN to be found, and to introduce themselves: both took about a second."""

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
    if all(isinstance(each.ip, IPv6Address) and each.ip.is_link_local for each in place.addresses):
        what = f"Announcements can be made on {place.name}; they reach who is on the same cable or switch only."
        return ok("lan", what)
    return ok("lan", f"Announcements can be made on {place.name}; a switch or access point may still hold them back.")


async def visit_lan(
    keys: RoomKeys,
    discovery: Discovery,
    places: Callable[[], Sequence[Place]],
    *,
    chance: Callable[[int], bytes],
    wall_ms: Callable[[], int],
) -> Visit:
    """Announce ourselves for FIND_S, and hear who of the room is on the local networks."""
    me = last_session(chance)
    found = Visit(URL)
    lan = LanSignaling(discovery, keys.beacon, me, places=places, wall_ms=wall_ms, chance=chance)
    await lan.open()
    try:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FIND_S):
                async for event in lan.events():
                    match event:
                        case StateChanged(SignalingState.LOST, detail):
                            found.code, found.said = "no-lan", detail
                            break
                        case SessionSeen():
                            found.others += 1
                        case SignalReceived(sender, data):
                            found.hear(data, keys, sender, me)
                            if found.opened:
                                break
    finally:
        await lan.close()
    return found


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
