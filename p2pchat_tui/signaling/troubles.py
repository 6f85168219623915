"""Why a relay cannot be used, in one sentence for a person, with the next step."""

from __future__ import annotations

import errno
import socket
import ssl

from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage, InvalidStatus

from ..ssc.text import clean_line
from .protocol import CLOSE_REPLACED, CLOSE_RESTART, ProtocolError, Refusal, Refused

_REFUSED = {
    Refusal.TOO_OLD: "This p2pchat is too old for the relay at {host}: update it.",
    Refusal.TOO_NEW: "The relay at {host} is too old for this p2pchat: ask its owner to update it.",
    Refusal.ROOM_FULL: "This room has as many people as the relay at {host} allows: wait until one leaves.",
    Refusal.RELAY_FULL: "The relay at {host} is full: wait, or use another.",
    Refusal.ADDRESS_FULL: "The relay at {host} has too many connections from your network: close some.",
    Refusal.SESSION_TAKEN: "Another program holds this session at {host}: leave the room and open it again.",
    Refusal.TOO_FAST: "The relay at {host} hung up because too much was sent at once; it is tried again.",
}
_CLOSED = {
    1001: "The relay at {host} is shutting down; it is tried again.",
    1009: "The relay at {host} hung up because a signal was too long for it.",
    CLOSE_RESTART: "The relay at {host} is being restarted; it is tried again.",
    1013: "The relay at {host} hung up because this program was too slow to read; it is tried again.",
    CLOSE_REPLACED: "This session was opened a second time at {host}: close the other window.",
}
_NO_ROUTE = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL, errno.ENETDOWN}


class Unusable(Exception):
    """There is no relay to connect to at the moment; the text is the sentence to show."""


class RefusedByRelay(Exception):
    """The relay said no. `frame` is what it sent: text from others."""

    def __init__(self, frame: Refused) -> None:
        super().__init__(frame.code)
        self.frame = frame


def explain(error: Exception, host: str) -> str:
    """The sentence for `error`, raised while connecting to or talking with the relay at `host`."""
    if isinstance(error, Unusable):
        return str(error)
    if isinstance(error, RefusedByRelay):
        return _explain_refusal(error.frame, host)
    if isinstance(error, ProtocolError):
        return _explain_protocol(error, host)
    if isinstance(error, ConnectionClosed):
        code = error.rcvd.code if error.rcvd is not None else None
        known = _CLOSED.get(code) if code is not None else None
        return (known or "The connection to the relay at {host} broke; it is tried again.").format(host=host)
    if isinstance(error, InvalidStatus):
        return _explain_status(error.response.status_code, host)
    if isinstance(error, InvalidMessage):
        return f"{host} answers, but not like a relay: check the port, and whether it is ws:// or wss://."
    if isinstance(error, InvalidHandshake):
        return f"{host} answers, but is no p2pchat relay: check the address."
    if isinstance(error, OSError):
        return _explain_os(error, host)
    return f"The relay at {host} cannot be used ({clean_line(type(error).__name__)}): check its address."


def _explain_refusal(frame: Refused, host: str) -> str:
    try:
        known = _REFUSED.get(Refusal(frame.code))
    except ValueError:
        known = None
    if known is not None:
        return known.format(host=host)
    said = clean_line(frame.text) or clean_line(frame.code, 40) or "no reason given"
    return f"The relay at {host} refuses: {said}"


def _explain_protocol(error: ProtocolError, host: str) -> str:
    # Here it is the relay whose version does not fit.
    if error.code is Refusal.TOO_NEW:
        return _REFUSED[Refusal.TOO_OLD].format(host=host)
    if error.code is Refusal.TOO_OLD:
        return _REFUSED[Refusal.TOO_NEW].format(host=host)
    return f"{host} answers, but does not speak the relay's language: check the address, or update p2pchat."


def _explain_status(status: int, host: str) -> str:
    if status in (429, 503):
        return f"The relay at {host} is full or restarting (HTTP {status}): wait, or use another."
    if status in (401, 403, 407):
        return f"{host} lets nobody in like this (HTTP {status}): ask whoever runs the relay."
    return f"{host} is a web server, but no p2pchat relay (HTTP {status}): check the address and its path."


def _explain_os(error: OSError, host: str) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        why = clean_line(error.verify_message or "not valid", 100)
        return f"The certificate of {host} cannot be trusted ({why}): check the address and the clock."
    if isinstance(error, ssl.SSLError):
        return f"{host} does not speak TLS: check the port, or use ws:// if the relay has no certificate."
    if isinstance(error, TimeoutError):
        return f"{host} does not answer: check the address and the network; a firewall may be in between."
    if isinstance(error, socket.gaierror):
        return f"The name of {host} cannot be found: check the address and the network."
    if isinstance(error, ConnectionRefusedError):
        return f"Nothing listens at {host}: start the relay there, or check the port."
    if isinstance(error, ConnectionError):
        return f"{host} broke off the connection: check the port, and whether it is ws:// or wss://."
    if error.errno in _NO_ROUTE:
        return f"There is no way to {host} from here: check the network."
    why = clean_line(error.strerror or type(error).__name__, 100)
    return f"{host} cannot be reached ({why}): check the network."
