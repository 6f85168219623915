"""One visit at a relay: as far as it gets, why no further, and what was seen there."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from ..ports.ice import IceServer
from ..signaling import protocol
from ..signaling.protocol import ProtocolError, Refusal
from ..signaling.troubles import RefusedByRelay, explain
from ..signaling.urls import shown_host
from ..ssc.ids import RoomId, SessionId
from ..ssc.room import RoomKeys
from ..ssc.seal import SignalError, unseal

ARRIVE_S = 5.0
"""For DNS, TCP, TLS, WebSocket and welcome."""
LISTEN_S = 3.0
"""For somebody who is there to introduce themselves: an offer takes a gathering of 2 s at most."""
_SESSION_HEAD = b"\xff\xff"
"""Sessions offer to those with a larger id: this one is larger than nearly all, so everybody speaks to it first."""

_REFUSED = {Refusal.TOO_OLD.value: "program-old", Refusal.TOO_NEW.value: "relay-old"}
"""What a relay says of us; other refusals are about the moment."""
_CERTIFICATE = {
    9: "tls-not-yet-valid",
    10: "tls-expired",
    18: "tls-unknown-ca",
    19: "tls-unknown-ca",
    20: "tls-unknown-ca",
    21: "tls-unknown-ca",
    62: "tls-wrong-host",
    64: "tls-wrong-host",
}
"""OpenSSL's numbers (x509_vfy.h)."""


@dataclass(slots=True)
class Visit:
    """What a visit at `url` came to."""

    url: str
    code: str = "ok"
    """`ok`, or what kept it from getting in."""
    said: str = ""
    """The same in a sentence with the next step, when not ok."""
    ahead_ms: int | None = None
    """How far this machine's clock is ahead of the relay's, if that told its own; whole seconds."""
    servers: tuple[IceServer, ...] = ()
    """STUN and TURN servers that it named."""
    others: int = 0
    """Sessions in the room."""
    opened: int = 0
    """Signals of theirs that open with the room's key."""
    unreadable: int = field(default=0)
    """Signals that do not."""

    def hear(self, data: bytes, keys: RoomKeys, sender: SessionId, me: SessionId) -> None:
        """Count a signal that came."""
        try:
            unseal(data, keys, sender, me)
            self.opened += 1
        except SignalError:
            self.unreadable += 1

    @property
    def host(self) -> str:
        """For sentences."""
        return shown_host(self.url) or self.url


def last_session(chance: Callable[[int], bytes]) -> SessionId:
    """A new session that is greeted by all others."""
    return SessionId(_SESSION_HEAD + chance(SessionId.size - len(_SESSION_HEAD)))


class _Connect(connect):
    """As the chat's own client: nobody is sent elsewhere than they asked to go."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


async def visit(
    url: str,
    keys: RoomKeys | None,
    *,
    chance: Callable[[int], bytes],
    wall_ms: Callable[[], int],
    trust: ssl.SSLContext | None = None,
) -> Visit:
    """Join the room of `keys`, or one that nobody is in; hear who is there; leave. Takes ARRIVE_S and LISTEN_S."""
    found = Visit(url)
    session = last_session(chance)
    room = keys.room if keys else RoomId(chance(RoomId.size))
    line: ClientConnection | None = None
    try:
        async with asyncio.timeout(ARRIVE_S):
            line = await _Connect(
                url,
                proxy=None,
                compression=None,
                user_agent_header=None,
                open_timeout=None,
                close_timeout=0.5,
                max_size=protocol.FRAME_MAX,
                ssl=(trust or True) if url.startswith("wss:") else None,
            )
            found.ahead_ms = _ahead(line, wall_ms())
            join = protocol.Join(protocol.VERSION, room.text, session.text, chance(32).hex())
            await line.send(protocol.encode(join), text=True)
            welcome = await _receive(line)
            if not isinstance(welcome, protocol.Welcome):
                raise ProtocolError("no welcome")
        found.servers = tuple(IceServer(each.url, each.username, each.credential) for each in welcome.ice)
        found.others = len(welcome.peers)
        if keys and found.others:
            await _listen(line, keys, session, found)
    except (OSError, WebSocketException, ProtocolError, RefusedByRelay, EOFError) as error:
        found.code, found.said = _code_of(error) or await _other_language(url), explain(error, found.host)
    finally:
        if line is not None:
            with contextlib.suppress(TimeoutError, OSError):
                async with asyncio.timeout(1):
                    await line.close()
            line.transport.abort()
    return found


async def _listen(line: ClientConnection, keys: RoomKeys, session: SessionId, found: Visit) -> None:
    """Until a signal opens, or LISTEN_S are over."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LISTEN_S):
            while not found.opened:
                frame = await _receive(line)
                if not isinstance(frame, protocol.SignalFrom):
                    continue
                found.hear(frame.data, keys, SessionId.from_text(frame.sender), session)


async def _receive(line: ClientConnection) -> protocol.FromRelay:
    frame = protocol.decode_from_relay(await line.recv(decode=False))
    if isinstance(frame, protocol.Refused):
        raise RefusedByRelay(frame)
    return frame


def _ahead(line: ClientConnection, now_ms: int) -> int | None:
    said = line.response.headers.get("Date") if line.response else None
    try:
        date = parsedate_to_datetime(said or "")
    except ValueError:
        return None
    theirs = round((date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() * 1000)
    return now_ms - theirs


def _code_of(error: Exception) -> str | None:
    """What `error` shows; None when another look is needed."""
    if isinstance(error, RefusedByRelay):
        return _REFUSED.get(error.frame.code, "relay-refuses")
    if isinstance(error, ProtocolError):
        return {Refusal.TOO_OLD: "relay-old", Refusal.TOO_NEW: "program-old"}.get(error.code, "no-relay")
    if isinstance(error, ssl.SSLCertVerificationError):
        return _CERTIFICATE.get(error.verify_code, "tls-untrusted")
    if isinstance(error, ssl.SSLError):
        return "tls-none"
    if isinstance(error, InvalidStatus):
        return "relay-refuses" if error.response.status_code in (401, 403, 407, 429, 503) else "no-relay"
    if isinstance(error, TimeoutError | socket.gaierror | ConnectionRefusedError):
        return "relay-unreachable"
    if isinstance(error, ConnectionClosed) and error.rcvd is not None:
        return "relay-refuses"
    if isinstance(error, WebSocketException | EOFError | ConnectionError):
        return None
    return "relay-unreachable"


async def _other_language(url: str) -> str:
    """Whether the other side speaks TLS where we did not, or the other way round; `no-relay` when neither."""
    parts = urlsplit(url)
    is_plain = parts.scheme == "ws"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # whose certificate it is does not matter here
    try:
        async with asyncio.timeout(ARRIVE_S / 2):
            port = parts.port or (80 if is_plain else 443)
            reader, writer = await asyncio.open_connection(parts.hostname, port, ssl=context if is_plain else None)
            try:
                if is_plain:
                    return "tls-wanted"
                writer.write(b"GET /healthz HTTP/1.1\r\nHost: relay\r\nConnection: close\r\n\r\n")
                return "tls-none" if (await reader.read(5)) == b"HTTP/" else "no-relay"
            finally:
                writer.transport.abort()
    except (OSError, TimeoutError):
        return "no-relay"
