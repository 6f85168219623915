"""STUN and TURN servers, as relays name them and transports use them."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class IceServer:
    """A STUN or TURN server. `repr` hides the credential."""

    url: str
    username: str = ""
    credential: str = field(default="", repr=False)


def needs_user(server: IceServer) -> bool:
    """Whether it is a TURN server without a user."""
    return server.url.startswith("turn") and not server.username
