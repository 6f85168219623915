"""Whether multicast works on an interface: this machine says something to the mDNS group there and must hear it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from ipaddress import IPv4Interface

from .lan_places import Place

GROUP_4, GROUP_6, PORT = "224.0.0.251", "ff02::fb", 5353
HEAR_S = 2.0
"""For a datagram to go around within this machine."""
AGAIN_S = 0.5


async def hears_itself(place: Place, ident: int) -> bool:
    """Whether a question without content, marked with `ident` (0 to 65535), comes back. Raises OSError."""
    loop = asyncio.get_running_loop()
    data = struct.pack(">6H", ident, 0, 0, 0, 0, 0)
    with contextlib.closing(_open(place)) as sock, contextlib.suppress(TimeoutError):
        async with asyncio.timeout(HEAR_S):
            while True:
                await loop.sock_sendto(sock, data, _group(place))
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(AGAIN_S):
                        while await loop.sock_recv(sock, 9000) != data:
                            pass
                        return True
    return False


def _open(place: Place) -> socket.socket:
    own = place.addresses[0]
    is_four = isinstance(own, IPv4Interface)
    sock = socket.socket(socket.AF_INET if is_four else socket.AF_INET6, socket.SOCK_DGRAM)
    try:
        sock.setblocking(False)
        for option in (socket.SO_REUSEADDR, socket.SO_REUSEPORT):  # other programs listen there as well
            sock.setsockopt(socket.SOL_SOCKET, option, 1)
        sock.bind(("", PORT))
        if is_four:
            here = own.ip.packed
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(GROUP_4) + here)
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, here)
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 1)
        else:
            index = struct.pack("@I", place.index)
            group = socket.inet_pton(socket.AF_INET6, GROUP_6)
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, group + index)
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_LOOP, 1)
    except BaseException:
        sock.close()
        raise
    return sock


def _group(place: Place) -> tuple[str, int] | tuple[str, int, int, int]:
    if isinstance(place.addresses[0], IPv4Interface):
        return GROUP_4, PORT
    return GROUP_6, PORT, 0, place.index
