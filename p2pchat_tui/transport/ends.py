"""What a link stands on, and what was tried to get it: read from aiortc, whose own statistics know no ends."""

from __future__ import annotations

from typing import Any

from ..ports.transport import LinkStats, Pair, PairState, Path, TransportError
from .description import is_near

_STATES = {
    "IN_PROGRESS": PairState.TRYING,
    "SUCCEEDED": PairState.WORKS,
    "FAILED": PairState.FAILED,
}
"""By the names that aioice gives them; all others wait."""


def path_of(dtls: Any) -> Path:
    """How the link over this DTLS transport goes. Raises TransportError while nothing is nominated."""
    local, remote = _nominated(dtls)
    if "relay" in (local.type, remote.type):
        return Path.RELAYED
    return Path.LAN if remote.type == "host" and is_near(remote.host) else Path.DIRECT


def stats_of(dtls: Any, messages_sent: int, messages_received: int) -> LinkStats:
    """The pair in use and the bytes that went over it. Raises TransportError while nothing is nominated."""
    local, remote = _nominated(dtls)
    [report] = dtls._get_stats().values()
    return LinkStats(
        local=local.type,
        remote=remote.type,
        local_address=_address(local),
        remote_address=_address(remote),
        tried=len(_ice(dtls)._check_list),
        sent=report.bytesSent,
        received=report.bytesReceived,
        messages_sent=messages_sent,
        messages_received=messages_received,
    )


def pairs_of(dtls: Any) -> tuple[Pair, ...]:
    """ICE's check list as it is now. Once a pair is chosen ICE leaves out those that it never came to try."""
    chosen = _ice(dtls)._nominated.get(1)
    return tuple(
        Pair(
            local=pair.local_candidate.type,
            remote=pair.remote_candidate.type,
            local_address=_address(pair.local_candidate),
            remote_address=_address(pair.remote_candidate),
            state=_STATES.get(pair.state.name, PairState.WAITING),
            chosen=pair is chosen,
        )
        for pair in _ice(dtls)._check_list
    )


def _ice(dtls: Any) -> Any:
    return dtls.transport._connection


def _nominated(dtls: Any) -> tuple[Any, Any]:
    pair = _ice(dtls)._nominated.get(1)
    if pair is None:
        raise TransportError("This link is not open.")
    return pair.local_candidate, pair.remote_candidate


def _address(candidate: Any) -> str:
    """`192.0.2.1:4000`, `[2001:db8::1]:4000`."""
    host = f"[{candidate.host}]" if ":" in candidate.host else candidate.host
    return f"{host}:{candidate.port}"
