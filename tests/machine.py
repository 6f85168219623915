"""What tests need of this machine's own network: ports for what must be told one, and IPv6, which not every one has."""

from __future__ import annotations

import os
import socket
from itertools import count, islice

import pytest

_FIRST, _SPAN = 20_000, 12_000
"""Below those that a system gives to whoever asks for any (32768 and up): nobody gets one of these by chance."""
_KEEPER = "127.77.77.77"
"""An address of this machine that no test uses: whoever has a UDP port of it has that number to itself."""
_kept: list[socket.socket] = []
"""They end with the process, so a number is nobody else's until then, whatever other processes test here."""
_steps = count(os.getpid())


def free_port() -> int:
    """A port, of TCP and of UDP, on which nobody listens, and that no other test of this machine is given."""
    for step in islice(_steps, _SPAN):
        port = _FIRST + step % _SPAN
        keeper = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            keeper.bind((_KEEPER, port))
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                with socket.socket(socket.AF_INET, kind) as probe:
                    probe.bind(("127.0.0.1", port))
        except OSError:
            keeper.close()
            continue
        _kept.append(keeper)
        return port
    raise AssertionError("no port is free")


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


needs_ipv6 = pytest.mark.skipif(not _has_ipv6(), reason="this machine has no IPv6")
