"""Small run-time guards on aiortc 1.16 and aioice 0.13: faults that a stranger, a slow path or a dead server triggers.

`install` puts them in place, `remove` takes them out again. A guard wraps one function of upstream, or sets one of
its constants, and only where the function still takes the parameters that the guard knows; what does not fit
is left alone and named. The tests show each fault without its guard, and fail when the guarded code changes.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import logging
import struct
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from aioice import ice, stun
from aiortc import rtcdtlstransport as dtls
from aiortc import rtcsctptransport as sctp

from . import flights
from .cable import cable_addresses

log = logging.getLogger(__name__)

GATHER_S = 2
"""Seconds that a STUN or TURN server may take to answer while candidates are gathered; upstream waits 5."""
CONSENT_RETRANSMISSIONS = 2
"""A consent check is sent at 0, 0.5 and 1.5 s and fails after 3.5 s; upstream sends once and waits 0.5 s."""
CONSENT_FAILURES = 4
"""Failed consent checks that end a link: with the longer check this is again about 33 s of silence."""
DATAGRAMS_MAX = 4096
"""Datagrams that wait for the DTLS layer: what comes on top is dropped, as a full socket buffer would."""
RTO_MIN_S = 0.2
"""Least SCTP retransmission time-out in seconds; upstream's 1 s makes every lost tail a pause that people notice."""
RTO_INITIAL_S = 1.0
"""The same before anything was measured, as RFC 9260 has it; upstream's 3 s is the pause after each lost INIT."""
Function = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Guard:
    """One wrapped function of upstream."""

    name: str
    owner: Any
    attribute: str
    expects: tuple[str, ...]
    """Names of the parameters that upstream's function has."""
    wrap: Callable[[Function], Function]


@dataclass(frozen=True, slots=True)
class Constant:
    """One changed constant of upstream."""

    name: str
    owner: Any
    attribute: str
    expects: float
    value: float


# ------------------------------------------------------------------------------------------------------ strangers


def _parse(original: Function) -> Function:
    # Upstream lets struct.error out of a mutated message: it ends up in the loop's exception handler (UDP), or
    # closes the connection to the TURN server (TCP). Callers expect ValueError for whatever is no STUN.
    @functools.wraps(original)
    def parse_message(data: bytes) -> Any:
        try:
            return original(data)
        except (struct.error, LookupError, TypeError) as error:
            raise ValueError("not a STUN message") from error

    return parse_message


def _datagrams(original: Function) -> Function:
    # An empty datagram, from any address and without a key, would reach `data[0]` in the DTLS receive loop: the
    # IndexError closes an established link. Any other exception in here belongs to one datagram, not to the loop.
    @functools.wraps(original)
    def datagram_received(self: Any, data: bytes, addr: tuple[Any, ...]) -> None:
        if not data:
            return
        try:
            original(self, data, addr)
        except Exception:
            log.debug("dropped a datagram that makes no sense", exc_info=True)

    return datagram_received


def _flood(original: Function) -> Function:
    # The queue between socket and DTLS has no limit, and the sender's address is not checked.
    @functools.wraps(original)
    def data_received(self: Any, data: bytes, component: int) -> None:
        if self._queue.qsize() < DATAGRAMS_MAX:
            original(self, data, component)

    return data_received


# ------------------------------------------------------------------------------------------------------------ ICE


def _consent(original: Function) -> Function:
    # The consent check is the one request that asks for no retransmission at all: with a round trip above 0.5 s
    # each one fails, and a healthy link is closed after half a minute while messages still flow.
    @functools.wraps(original)
    async def request(
        self: Any, request: Any, addr: Any, integrity_key: bytes | None = None, retransmissions: int | None = None
    ) -> Any:
        if retransmissions == 0:
            retransmissions = CONSENT_RETRANSMISSIONS
        return await original(self, request, addr, integrity_key=integrity_key, retransmissions=retransmissions)

    return request


def _gathering(original: Function) -> Function:
    @functools.wraps(original)
    async def get_component_candidates(
        self: Any, component: int, addresses: list[str], timeout: float = GATHER_S
    ) -> Any:
        return await original(self, component, addresses, min(timeout, GATHER_S))

    return get_component_candidates


_chosen: ContextVar[tuple[tuple[str, ...] | None, bool]] = ContextVar("_chosen", default=(None, False))


@contextlib.contextmanager
def host_addresses(addresses: Sequence[str] | None, loopback: bool = False) -> Iterator[None]:
    """Within: gather on `addresses` only, or on all that there are when None, with 127.0.0.1 too if `loopback`."""
    token = _chosen.set((None if addresses is None else tuple(addresses), loopback))
    try:
        yield
    finally:
        _chosen.reset(token)


def _addresses(original: Function) -> Function:
    # Upstream always skips loopback, so two sessions on a machine without a network could not meet; and addresses
    # with a scope, so two machines on one cable could not. A socket that is bound to such a one sends by its interface.
    @functools.wraps(original)
    def get_host_addresses(use_ipv4: bool, use_ipv6: bool) -> list[str]:
        addresses, loopback = _chosen.get()
        if addresses is not None:
            return list(addresses)
        found: list[str] = original(use_ipv4, use_ipv6)
        found += cable_addresses() if use_ipv6 else []
        return [*found, "127.0.0.1"] if loopback or not found else found

    return get_host_addresses


# ----------------------------------------------------------------------------------------------------------- SCTP


def _sack(original: Function) -> Function:
    # Gap blocks are walked number by number, also those far beyond what was sent: 20 packets stop the loop for
    # seconds. Only ascending, disjoint gaps within what is in flight mean anything.
    @functools.wraps(original)
    async def _receive_sack_chunk(self: Any, chunk: Any) -> None:
        span = (self._local_tsn - 1 - chunk.cumulative_tsn) % sctp.SCTP_TSN_MODULO
        if span >= sctp.SCTP_TSN_MODULO // 2:
            return  # acknowledges what was never sent
        chunk.gaps = list(_plausible(chunk.gaps, span))
        await original(self, chunk)

    return _receive_sack_chunk


def _plausible(gaps: Sequence[tuple[int, int]], span: int) -> Iterator[tuple[int, int]]:
    last = 0
    for first, final in gaps:
        if not last < first <= final <= span:
            return
        yield first, final
        last = final


def _packets(original: Function) -> Function:
    # A malformed packet of a member ends that member's link; upstream does it by an exception that nobody
    # retrieves. As ConnectionError it takes the orderly way. The same for one who never finishes its messages.
    @functools.wraps(original)
    async def _handle_data(self: Any, data: bytes) -> None:
        try:
            await original(self, data)
        except ConnectionError:
            raise
        except Exception as error:
            log.debug("closing a link after a malformed SCTP packet", exc_info=True)
            raise ConnectionError("malformed SCTP packet") from error
        if self._advertised_rwnd < 0:  # the window of 1 MiB, which upstream advertises and does not enforce
            log.debug("closing a link with more unfinished data than the window allows")
            raise ConnectionError("too much unfinished data")

    return _handle_data


def _unsendable(original: Function) -> Function:
    # Timers and sends run as tasks of their own; on a connection that has just gone each of them dies of a
    # ConnectionError that nobody retrieves. What cannot be sent is a lost packet; the receive loop ends the link.
    @functools.wraps(original)
    async def _send_chunk(self: Any, chunk: Any) -> None:
        try:
            await original(self, chunk)
        except ConnectionError:
            log.debug("a packet had no connection to go to")

    return _send_chunk


GUARDS = (
    Guard("parse", stun, "parse_message", ("data",), _parse),
    Guard("datagrams", ice.StunProtocol, "datagram_received", ("self", "data", "addr"), _datagrams),
    Guard("flood", ice.Connection, "data_received", ("self", "data", "component"), _flood),
    Guard(
        "consent",
        ice.StunProtocol,
        "request",
        ("self", "request", "addr", "integrity_key", "retransmissions"),
        _consent,
    ),
    Guard(
        "gathering",
        ice.Connection,
        "get_component_candidates",
        ("self", "component", "addresses", "timeout"),
        _gathering,
    ),
    Guard("addresses", ice, "get_host_addresses", ("use_ipv4", "use_ipv6"), _addresses),
    Guard("handshake", dtls.RTCDtlsTransport, "_do_handshake", ("self",), flights.repeated),
    Guard("sack", sctp.RTCSctpTransport, "_receive_sack_chunk", ("self", "chunk"), _sack),
    Guard("packets", sctp.RTCSctpTransport, "_handle_data", ("self", "data"), _packets),
    Guard("unsendable", sctp.RTCSctpTransport, "_send_chunk", ("self", "chunk"), _unsendable),
)

CONSTANTS = (
    Constant("consent failures", ice, "CONSENT_FAILURES", 6, CONSENT_FAILURES),
    Constant("retransmission", sctp, "SCTP_RTO_MIN", 1, RTO_MIN_S),
    Constant("first retransmission", sctp, "SCTP_RTO_INITIAL", 3.0, RTO_INITIAL_S),
)

_installed: dict[str, Function] = {}


def install() -> tuple[str, ...]:
    """Put every guard in place, once; the names of those that do not fit the installed aiortc or aioice."""
    unfit: list[str] = []
    for guard in GUARDS:
        if guard.name in _installed:
            continue
        original = getattr(guard.owner, guard.attribute, None)
        if original is None or tuple(inspect.signature(original).parameters) != guard.expects:
            unfit.append(guard.name)
            continue
        _installed[guard.name] = original
        setattr(guard.owner, guard.attribute, guard.wrap(original))
    for constant in CONSTANTS:
        if getattr(constant.owner, constant.attribute, None) in (constant.expects, constant.value):
            setattr(constant.owner, constant.attribute, constant.value)
        else:
            unfit.append(constant.name)
    if unfit:
        log.warning("This aiortc is not the one that was tested: left without the guards %s", ", ".join(unfit))
    return tuple(unfit)


def remove() -> None:
    """Give upstream its own functions and constants back."""
    for guard in GUARDS:
        if original := _installed.pop(guard.name, None):
            setattr(guard.owner, guard.attribute, original)
    for constant in CONSTANTS:
        if getattr(constant.owner, constant.attribute, None) == constant.value:
            setattr(constant.owner, constant.attribute, constant.expects)
