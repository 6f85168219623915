"""Time-limited TURN credentials, made from a secret that only the relay and the TURN server know.

    username   = EXPIRY ":" TAG                    EXPIRY: Unix seconds; TAG: random, so that no two greetings are alike
    credential = base64(HMAC-SHA1(secret, username))

That is coturn's `use-auth-secret`. Whoever is greeted gets a pair that works for half a day, and never the secret.
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from ..ports.ice import IceServer, needs_user

LIFETIME_S = 12 * 3600
"""Seconds for which a pair is good: an evening's links need no other, and one that leaks is soon worth nothing."""
TAG_BYTES = 6


def credentials(secret: str, tag: str, now_s: float) -> tuple[str, str]:
    """User name and credential that are good for LIFETIME_S from `now_s`, Unix seconds."""
    username = f"{int(now_s) + LIFETIME_S}:{tag}"
    digest = hmac.digest(secret.encode(), username.encode(), "sha1")
    return username, b64encode(digest).decode()


@dataclass(frozen=True, slots=True)
class TurnMint:
    """STUN and TURN servers for a greeting, those without a user with a fresh one. `repr` hides the secret."""

    servers: Sequence[IceServer]
    secret: str = field(repr=False)
    now_s: Callable[[], float]
    """Unix seconds."""
    entropy: Callable[[int], bytes]

    @property
    def ttl_s(self) -> int:
        """Seconds for which what it makes is good; 0 when nothing of it ages."""
        return LIFETIME_S if self.secret and any(map(needs_user, self.servers)) else 0

    def __call__(self) -> tuple[IceServer, ...]:
        """The servers, as they are named in one greeting. A TURN server for which there is no user is left out."""
        made = []
        for server in self.servers:
            if not needs_user(server):
                made.append(server)
            elif self.secret:
                username, credential = credentials(self.secret, self.entropy(TAG_BYTES).hex(), self.now_s())
                made.append(replace(server, username=username, credential=credential))
        return tuple(made)
