"""Notices that the network is another one: addresses came or went, or the machine slept."""

from __future__ import annotations

import time
from collections.abc import Callable

import ifaddr

from .cable import cable_addresses, is_down
from .kernel_news import KernelNews

LOOK_S = 1.0
"""Seconds between two looks; one that has to read the addresses takes up to a millisecond."""
SLEPT_MS = 8_000
"""A look that comes so late was not held up by work: the machine slept, or this program was stopped."""


def addresses() -> frozenset[str]:
    """The addresses of this machine that could reach somebody: no loopback, no interface that is down."""
    found = set(cable_addresses())
    for adapter in ifaddr.get_adapters():
        if is_down(adapter.name):
            continue
        for ip in adapter.ips:
            address = ip.ip if isinstance(ip.ip, str) else ip.ip[0]
            scope = 0 if isinstance(ip.ip, str) else ip.ip[2]
            if not scope and not address.startswith("127.") and address != "::1":
                found.add(address)
    return frozenset(found)


def boot_ms() -> int:
    """Milliseconds from an arbitrary start that go on while the machine sleeps, where the system counts them."""
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return time.clock_gettime_ns(clock) // 1_000_000


class Watch:
    """Compares what is with what was."""

    def __init__(
        self,
        found: Callable[[], frozenset[str]] = addresses,
        clock_ms: Callable[[], int] = boot_ms,
        news: KernelNews | None = None,
    ) -> None:
        """`found` gives the usable addresses, `clock_ms` a time that goes on during sleep; `news` tells when `found`
        need not be called.
        """
        self._news = news
        self._found = found
        self._clock_ms = clock_ms
        self._addresses = found()
        self._looked_at = clock_ms()
        self._is_cut_off = not self._addresses

    def look(self) -> str:
        """What has happened since the last look, as a phrase; empty when nothing did.

        A machine that has just lost its last address is told of once it has one again: until then nothing helps.
        """
        now = self._clock_ms()
        slept = now - self._looked_at > SLEPT_MS
        may_differ = self._news is None or self._news.came() or slept
        found = self._found() if may_differ else self._addresses
        changed = found != self._addresses
        was_cut_off, self._is_cut_off = self._is_cut_off, not found
        self._looked_at, self._addresses = now, found
        if not found and not slept:
            return ""
        if slept:
            return "the machine slept"
        if changed:
            return "the network is back" if was_cut_off else "the addresses changed"
        return ""

    def close(self) -> None:
        """Look no more."""
        if self._news is not None:
            self._news.close()
