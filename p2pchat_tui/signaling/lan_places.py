"""The local networks that this machine is in: its interfaces, and who is a neighbour on each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Interface, IPv6Address, IPv6Interface, ip_address, ip_interface

INTERFACES_MAX = 8
"""Interfaces used at one time: a laptop has three, a machine full of containers dozens that lead nowhere."""
ADDRESSES_MAX = 8
"""Addresses used of one interface."""


@dataclass(frozen=True, slots=True)
class Place:
    """One interface with its addresses. Equal to another only while nothing of it has changed."""

    name: str
    index: int
    """The system's number of it: the scope of its link-local IPv6 addresses."""
    addresses: tuple[IPv4Interface | IPv6Interface, ...]

    def is_near(self, host: str) -> bool:
        """Whether `host`, an address with or without a scope, is in one of the networks on this interface."""
        return self.facing(host) is not None

    def scoped(self, address: str) -> str:
        """`address` as sockets want it: a link-local one with the scope of this interface."""
        bare = ip_address(address.partition("%")[0])
        needs_scope = isinstance(bare, IPv6Address) and bare.is_link_local
        return f"{bare}%{self.index}" if needs_scope else str(bare)

    def own(self) -> tuple[str, ...]:
        """This machine's addresses here, with scopes."""
        return tuple(self.scoped(str(each.ip)) for each in self.addresses)

    def facing(self, address: str) -> str | None:
        """The own address to reach `address` from, one in the same network; None when there is none."""
        try:
            bare = ip_address(address.partition("%")[0])
        except ValueError:
            return None
        own = next((each.ip for each in self.addresses if bare in each.network), None)
        return None if own is None else self.scoped(str(own))


def find_places(only: Sequence[str] | None = None) -> tuple[Place, ...]:
    """The interfaces to use, with `only` those addresses of them; loopback counts only when it is named there."""
    import ifaddr  # Only who has the LAN switched on waits for it.

    wanted = None if only is None else {ip_address(each.partition("%")[0]) for each in only}
    places: list[Place] = []
    for adapter in ifaddr.get_adapters():
        addresses: list[IPv4Interface | IPv6Interface] = []
        for each in adapter.ips:
            host = each.ip if isinstance(each.ip, str) else each.ip[0]
            address = ip_interface(f"{host.partition('%')[0]}/{each.network_prefix}")
            is_chosen = address.ip in wanted if wanted is not None else not address.ip.is_loopback
            # A network of one, as on most VPNs, has no neighbours; except that a loopback is one by nature.
            has_others = address.network.num_addresses > 2 or address.ip.is_loopback
            if is_chosen and has_others:
                addresses.append(address)
        if addresses:
            places.append(
                Place(adapter.nice_name, adapter.index or 0, tuple(sorted(addresses, key=str)[:ADDRESSES_MAX]))
            )
    return tuple(sorted(places, key=lambda place: place.index)[:INTERFACES_MAX])
