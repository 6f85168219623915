"""Why two sides find no path to each other, in plain words, from what both of them had to offer."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable

_CANDIDATE = re.compile(r"^a=candidate:\S+ \d+ udp \d+ (\S+) \d+ typ (\S+)", re.IGNORECASE | re.MULTILINE)
_SHOWN = {"host": "", "srflx": " outside", "relay": " by TURN"}
SHOWN_MAX = 4
"""Addresses of one side that are named: more explain nothing."""

Candidate = tuple[str, str]
"""Address and type."""


def candidates(description: str) -> list[Candidate]:
    """Address and type of each candidate of a description, without repeats."""
    return list(dict.fromkeys((match[1], match[2]) for match in _CANDIDATE.finditer(description)))


def no_path(own: str, other: str, *, udp_blocked: bool) -> str:
    """The sentences for two descriptions between which nothing passed.

    `udp_blocked`: whether the servers that were asked by UDP are all silent.
    """
    here, there = candidates(own), candidates(other)
    if not here:
        return "This machine has no address to link with: check its network."
    if not there:
        return "The other side has no address to link with: its network is down."
    return (
        f"No path works between here ({_named(here)}) and there ({_named(there)}). {_advice(here, there, udp_blocked)}"
    )


def _advice(here: list[Candidate], there: list[Candidate], udp_blocked: bool) -> str:
    if _families(here).isdisjoint(_families(there)):
        return "One side has only IPv4 and the other only IPv6: a TURN server is needed (ice_servers)."
    if bound := [side for side, found in (("here", here), ("there", there)) if _holds_on_a_cable(found)]:
        side = " and ".join(bound)
        return f"The addresses {side} hold on one cable only: connect both machines by it, or with a network."
    if udp_blocked and not _has("relay", here):
        return "UDP seems blocked here: a TURN server over TCP is needed (ice_servers)."
    lacking = [side for side, found in (("here", here), ("there", there)) if not _is_public(found)]
    if lacking:
        return f"No STUN server tells the outside address {' and '.join(lacking)}: name one (ice_servers)."
    if _has("relay", here) or _has("relay", there):
        return "Not even TURN gets through: check that its server may relay to the other side."
    return "The routers in between let nobody in: a TURN server is needed (ice_servers)."


def _named(found: list[Candidate]) -> str:
    named = [f"{address}{_SHOWN.get(kind, '')}" for address, kind in found[:SHOWN_MAX]]
    more = len(found) - len(named)
    return ", ".join(named) + (f" and {more} more" if more else "")


def _has(kind: str, found: Iterable[Candidate]) -> bool:
    return any(each == kind for _, each in found)


def _families(found: Iterable[Candidate]) -> set[int]:
    return {ipaddress.ip_address(address).version for address, _ in found}


def _holds_on_a_cable(found: Iterable[Candidate]) -> bool:
    """Whether there is nothing but IPv6 link-local addresses."""
    return all(":" in address and ipaddress.ip_address(address).is_link_local for address, _ in found)


def _is_public(found: Iterable[Candidate]) -> bool:
    """Whether the other side was told an address beyond the local network."""
    return any(kind in ("srflx", "relay") or not ipaddress.ip_address(address).is_private for address, kind in found)
