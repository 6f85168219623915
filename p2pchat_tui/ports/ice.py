"""STUN and TURN servers, as relays name them and transports use them."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class IceServer:
    """A STUN or TURN server. `repr` hides the credential."""

    url: str
    username: str = ""
    credential: str = field(default="", repr=False)
