"""What a relay allows, so that no client can take it from the others: every bound, with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

from .protocol import FRAME_MAX

LOOPBACK = "loopback"
"""The address key of 127.0.0.0/8 and ::1."""
FRAME_COST_BYTES = 4096
"""A frame costs one token and one more for each 4 KiB: a usual signal 2, the largest 6."""
PIECE_BYTES = 4096
"""Input is given to the WebSocket parser in pieces: one holds at most 680 empty pings, 14 ms of work."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one relay. Counts are at one time, `_s` are seconds."""

    frame_bytes: int = FRAME_MAX
    """One incoming message; above it the socket is closed (1009) before it is read whole."""
    queue_bytes: int = 256 * 1024
    """Waiting for one client: a dozen of the largest signals; a client further behind is closed (1013)."""
    write_s: float = 20.0
    """One frame taking longer than this to leave means that nobody reads it: as long as a ping may take."""
    frames_per_s: float = 50.0
    """Tokens per second and socket: a chat at rest sends none."""
    frames_burst: float = 512.0
    """Tokens at the start: offers to a full room of 64, with the largest signals, are 378."""
    peers_per_room: int = 64
    """Everybody links with everybody: past this a mesh serves nobody."""
    rooms: int = 4096
    """At some 2 KiB each."""
    rooms_per_address: int = 32
    """Rooms that one address (IPv6: one /64) is in: a household with many rooms."""
    sockets: int = 4096
    """At some 18 KiB each, 74 MiB; less where the system allows fewer open files."""
    sockets_per_address: int = 64
    """A household or an office behind one address."""
    loopback_rooms: int = 1024
    loopback_sockets: int = 1024
    """People run many windows on their own machine, and a reverse proxy makes everybody look like it."""
    join_s: float = 5.0
    """From the WebSocket handshake to `join`: a client has it ready."""
    handshake_s: float = 5.0
    """For TLS, and again for the WebSocket handshake: slow lines need under two."""
    ping_every_s: float = 20.0
    ping_timeout_s: float = 20.0
    """A socket that went without a word is noticed in 40 s; home routers forget silent ones after minutes."""
    close_s: float = 2.0
    """For the closing handshake; then the socket is cut, whatever it still holds."""

    def sockets_of(self, address: str) -> int:
        """How many sockets `address` (a key of `address_key`) may have."""
        return self.loopback_sockets if address == LOOPBACK else self.sockets_per_address

    def rooms_of(self, address: str) -> int:
        """In how many rooms `address` may be."""
        return self.loopback_rooms if address == LOOPBACK else self.rooms_per_address


def frame_cost(size: int) -> float:
    """Tokens for a frame with `size` bytes of payload."""
    return 1.0 + size // FRAME_COST_BYTES


def address_key(host: str) -> str:
    """What counts as one address: an IPv4 address, an IPv6 /64 (one subscriber's), or LOOPBACK."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if address.is_loopback:
        return LOOPBACK
    return address.packed[:8].hex() if isinstance(address, IPv6Address) else str(address)
