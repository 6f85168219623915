"""Session descriptions (SDP) of the other side: what is checked and taken out before the WebRTC stack sees them.

The signal that carries a description is sealed and signed, so it comes from a member of the room. A member may
still be hostile: a description must not make us look names up, ping foreign hosts by the hundred, or talk media.
"""

from __future__ import annotations

import ipaddress
import re

from ..ports.transport import TransportError

DESCRIPTION_MAX = 16 * 1024
"""Characters of a description: one with a dozen candidates has 3,000."""
CANDIDATES_MAX = 40
"""Candidates kept: a machine with ten addresses, each seen through STUN and TURN too, stays below."""

_FINGERPRINT = re.compile(r"^a=fingerprint:sha-256 ([0-9A-F]{2}(?::[0-9A-F]{2}){31})\s*$", re.IGNORECASE)
_ADDRESS_FIELD = 4


def fingerprint_of(text: str) -> str:
    """The one sha-256 DTLS fingerprint in `text`, in capitals. Raises TransportError unless there is exactly one."""
    found = {match[1].upper() for line in text.splitlines() if (match := _FINGERPRINT.match(line))}
    if len(found) != 1:
        raise TransportError("The description must name exactly one sha-256 fingerprint.")
    return found.pop()


def checked(text: str) -> str:
    """`text` without candidates that we do not use. Raises TransportError when it describes no data link."""
    if len(text) > DESCRIPTION_MAX:
        raise TransportError(f"The description has {len(text)} characters; at most {DESCRIPTION_MAX} are allowed.")
    lines = text.splitlines()
    media = [line for line in lines if line.startswith("m=")]
    if not text.startswith("v=0") or len(media) != 1 or not media[0].startswith("m=application "):
        raise TransportError("The description is not one of a data link.")
    fingerprint_of(text)
    kept: list[str] = []
    candidates = 0
    for line in lines:
        if line.startswith("a=candidate:"):
            if candidates >= CANDIDATES_MAX or not is_usable(line):
                continue
            candidates += 1
        kept.append(line)
    return "\r\n".join(kept) + "\r\n"


def is_usable(line: str) -> bool:
    """Whether a candidate line names a UDP address that can be a peer: no name (mDNS), no group of hosts."""
    fields = line.removeprefix("a=candidate:").split()
    if len(fields) < 8 or fields[2].lower() != "udp":
        return False
    try:
        address = ipaddress.ip_address(fields[_ADDRESS_FIELD])
    except ValueError:
        return False
    return not (address.is_multicast or address.is_unspecified or str(address) == "255.255.255.255")


def candidate_types(text: str) -> set[str]:
    """The types of all candidates in a description: host, srflx, prflx, relay."""
    fields = [line.split() for line in text.splitlines() if line.startswith("a=candidate:")]
    return {each[each.index("typ") + 1] for each in fields if "typ" in each[:-1]}


def is_near(host: str) -> bool:
    """Whether `host` is an address of this machine or of a local network."""
    address = ipaddress.ip_address(host)
    return address.is_private or address.is_loopback or address.is_link_local
