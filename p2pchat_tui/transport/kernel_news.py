"""Whether addresses or interfaces have changed, by the kernel's own word: that costs a microsecond, a look a thousand.

Linux tells whoever listens on a netlink socket (rtnetlink(7)); elsewhere, and where that is not allowed, nobody tells.
"""

from __future__ import annotations

import socket

_GROUPS = 0x1 | 0x10 | 0x100
"""RTMGRP_LINK, RTMGRP_IPV4_IFADDR and RTMGRP_IPV6_IFADDR."""
_MESSAGE_BYTES = 64 * 1024


class KernelNews:
    """Changes since the last call; without a kernel that tells, there may always have been one."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None
        if not hasattr(socket, "AF_NETLINK"):
            return
        try:
            self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, 0)
            self._socket.setblocking(False)
            self._socket.bind((0, _GROUPS))
        except OSError:
            self.close()

    def came(self) -> bool:
        """Whether something may have changed since this was last asked."""
        if self._socket is None:
            return True
        has_come = False
        try:
            while True:
                self._socket.recv(_MESSAGE_BYTES)
                has_come = True
        except BlockingIOError:
            return has_come
        except OSError:
            return True  # more came than there was room for

    def close(self) -> None:
        """Listen no longer. May be called twice."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
