"""Finds addresses that hold on one cable only (IPv6 link-local), where an interface has no others.

Two laptops with one cable between them and nobody who hands out addresses have just these. Elsewhere they are left
out: every interface has one, whoever is reached by it is reached by another one as well, and some tell a serial number.
"""

from __future__ import annotations

import socket
from pathlib import Path

import ifaddr

CABLES_MAX = 4
"""Addresses used: a machine full of containers has dozens of such interfaces, that lead nowhere."""
_INTERFACES = Path("/sys/class/net")


def cable_addresses() -> list[str]:
    """With the interface's number after `%`, as sockets want them."""
    found: list[str] = []
    for adapter in ifaddr.get_adapters():
        six = [each.ip for each in adapter.ips if not isinstance(each.ip, str)]
        is_bare = len(six) == len(adapter.ips) and all(scope for _, _, scope in six)
        if is_bare and not is_down(adapter.name) and len(found) < CABLES_MAX:
            scoped = [f"{address.partition('%')[0]}%{scope}" for address, _, scope in six]
            found += filter(can_bind, scoped)
    return found[:CABLES_MAX]


def can_bind(address: str) -> bool:
    """Whether it can be used already: for a second or two the system asks around whether somebody else has it."""
    try:
        family, kind, protocol, _, resolved = socket.getaddrinfo(address, 0, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.bind(resolved)
    except OSError:
        return False
    return True


def is_down(interface: str) -> bool:
    """Whether nothing is at the other end of it."""
    # An address stays when its cable is pulled. Where there is no such file nothing is known: then it counts as up.
    try:
        return (_INTERFACES / interface / "operstate").read_text().strip() in ("down", "lowerlayerdown")
    except (OSError, ValueError):
        return False
