"""Discovery by multicast DNS (RFC 6762, RFC 6763): one responder for each interface, shared by the rooms of a process.

An interface is told of no address but its own. Importing this module imports zeroconf.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Interface

from zeroconf import Error as ZeroconfError
from zeroconf import ServiceStateChange, Zeroconf
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

from .lan_discovery import Sighting, Watcher
from .lan_places import Place

TYPE = "_p2pchat._tcp.local."
"""All that anybody learns: that a machine runs this program."""
TTL_S = 120
"""How long an announcement of a program that was killed is believed."""
RESOLVE_MS = 3000
"""For the owner of a label to say where it is."""
RESOLVING_MAX = 64
"""Labels asked about at one time."""
LABELS_MAX = 1024
"""Labels remembered of one interface, wanted or not: strangers may announce any number."""


@dataclass(slots=True)
class _Share:
    """The responder of one interface."""

    zeroconf: AsyncZeroconf
    watchers: list[Watcher] = field(default_factory=list)
    labels: set[str] = field(default_factory=set)
    resolving: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    browser: AsyncServiceBrowser | None = None

    def changed(self, zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange) -> None:
        """A label came, moved or went. The names of the parameters are zeroconf's."""
        label = name.removesuffix("." + service_type)
        if state_change is ServiceStateChange.Removed:
            self.labels.discard(label)
            for watcher in self.watchers:
                watcher.lost(label)
            return
        if len(self.labels) < LABELS_MAX:
            self.labels.add(label)
        self.resolve(label)

    def resolve(self, label: str) -> None:
        """Ask where `label` is, if anybody wants to know."""
        if label in self.resolving or len(self.resolving) >= RESOLVING_MAX:
            return
        if any(watcher.wants(label) for watcher in self.watchers):
            task = asyncio.create_task(self._resolve(label), name="lan resolve")
            self.resolving[label] = task
            task.add_done_callback(lambda _: self.resolving.pop(label, None))

    async def _resolve(self, label: str) -> None:
        info = AsyncServiceInfo(TYPE, f"{label}.{TYPE}")
        with contextlib.suppress(ZeroconfError, OSError):
            if not await info.async_request(self.zeroconf.zeroconf, RESOLVE_MS) or not info.port:
                return
            sighting = Sighting(label, tuple(info.parsed_scoped_addresses()), info.port)
            for watcher in self.watchers:
                if watcher.wants(label):
                    watcher.found(sighting)

    async def close(self) -> None:
        tasks = set(self.resolving.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        if self.browser is not None:
            await self.browser.async_cancel()
        await self.zeroconf.async_close()


class Mdns:
    """The `Discovery` of a process."""

    def __init__(self) -> None:
        self._shares: dict[Place, _Share] = {}
        self._busy = asyncio.Lock()

    async def open(self, place: Place, watcher: Watcher) -> MdnsRadio:
        """See Discovery."""
        async with self._busy:
            share = self._shares.get(place)
            if share is None:
                share = self._shares[place] = await _start(place)
        share.watchers.append(watcher)
        for label in share.labels:
            share.resolve(label)
        return MdnsRadio(self, place, share, watcher)

    async def release(self, place: Place, share: _Share) -> None:
        """A watcher of `share` is gone; after the last one nothing is left of it."""
        async with self._busy:
            if not share.watchers and self._shares.get(place) is share:
                del self._shares[place]
                await share.close()


class MdnsRadio:
    """The `Radio` of one watcher."""

    def __init__(self, mdns: Mdns, place: Place, share: _Share, watcher: Watcher) -> None:
        self._mdns, self._place, self._share, self._watcher = mdns, place, share, watcher
        self._infos: dict[str, AsyncServiceInfo] = {}
        self._repeats: set[asyncio.Future[None]] = set()

    async def announce(self, label: str, addresses: Sequence[str], port: int) -> None:
        """See Radio. The host's name is another random one: the machine's own is nobody's business."""
        info = AsyncServiceInfo(
            TYPE,
            f"{label}.{TYPE}",
            port=port,
            addresses=[_packed(address) for address in addresses],
            server=f"{label[:24]}.local.",
            host_ttl=TTL_S,
            other_ttl=TTL_S,
        )
        self._infos[label] = info
        try:
            # Nobody else has this label, so nobody is asked for it first.
            repeats = await self._share.zeroconf.async_register_service(info, cooperating_responders=True)
        except ZeroconfError as error:
            raise OSError(errno.EIO, f"multicast DNS failed: {type(error).__name__}") from error
        self._repeat(asyncio.ensure_future(repeats))

    async def withdraw(self, label: str) -> None:
        """See Radio."""
        info = self._infos.pop(label, None)
        if info is not None:
            with contextlib.suppress(ZeroconfError):
                self._repeat(asyncio.ensure_future(await self._share.zeroconf.async_unregister_service(info)))

    def _repeat(self, repeats: asyncio.Future[None]) -> None:
        """What is said is said three times, by zeroconf's own task; it must not outlive this."""
        self._repeats.add(repeats)
        repeats.add_done_callback(self._repeats.discard)

    async def close(self) -> None:
        """See Radio."""
        if self._watcher not in self._share.watchers:
            return
        self._share.watchers.remove(self._watcher)
        for label in list(self._infos):
            await self.withdraw(label)
        if self._repeats:
            await asyncio.wait(set(self._repeats))
        await self._mdns.release(self._place, self._share)


async def _start(place: Place) -> _Share:
    """A responder on `place` alone. Raises OSError when it cannot be."""
    try:
        zeroconf = AsyncZeroconf(interfaces=_interfaces(place))
    except (ZeroconfError, RuntimeError) as error:
        raise OSError(errno.ENODEV, "no multicast there") from error
    share = _Share(zeroconf)
    try:
        await zeroconf.zeroconf.async_wait_for_start()
        if not zeroconf.zeroconf.engine.senders:
            raise OSError(errno.ENODEV, "no multicast there")
        share.browser = AsyncServiceBrowser(zeroconf.zeroconf, TYPE, handlers=[share.changed])
    except BaseException as error:
        await share.close()
        if isinstance(error, ZeroconfError):
            raise OSError(errno.ENODEV, "no multicast there") from error
        raise
    return share


def _interfaces(place: Place) -> list[str | int | tuple[tuple[str, int, int], int]]:
    """One address of each kind, for IPv6 a link-local one if there is any: multicast needs no more."""
    four = [str(each.ip) for each in place.addresses if isinstance(each, IPv4Interface)]
    six = [each.ip for each in place.addresses if not isinstance(each, IPv4Interface)]
    six.sort(key=lambda ip: not ip.is_link_local)
    return [*four[:1], *map(str, six[:1])]


def _packed(address: str) -> bytes:
    bare = address.partition("%")[0]
    return socket.inet_pton(socket.AF_INET6 if ":" in bare else socket.AF_INET, bare)
