"""Rooms on this machine without a relay of their own: the first window is one, and when it goes another is.

Every process has one LocalRelay, shared by its rooms. It binds 127.0.0.1:port if it can; if another p2pchat
was first it is a guest there. Whoever loses the connection tries to bind before it connects again, so that
the port has a relay again within one short wait.
"""

from __future__ import annotations

import asyncio
import errno
import logging
from collections.abc import AsyncIterator, Callable

from ..ports.signaling import SignalingEvent, Traffic
from ..ssc.ids import RoomId, SessionId
from ..ssc.text import clean_line
from .client import Backoff, RelayClient
from .limits import Limits
from .relay import Relay
from .troubles import Unusable
from .urls import DEFAULT_PORT, PATH

HOST = "127.0.0.1"
"""Loopback only: nobody outside this machine reaches it."""
PROBE_S = 2.0
"""For another program on the port to say who it is; a relay takes a millisecond."""
ANSWER_MAX = 4096
"""Bytes of that answer that are looked at."""
LOCAL_BACKOFF = Backoff(first_s=0.05, most_s=5.0)
"""A takeover is one short wait; a port that somebody else uses is asked about twelve times a minute."""

_log = logging.getLogger(__name__)


class LocalRelay:
    """One process's share in the relay of this machine: owner of the port, or guest of whoever owns it."""

    def __init__(
        self, port: int = DEFAULT_PORT, *, limits: Limits | None = None, change_with: str = "--local-port"
    ) -> None:
        """`port` is 1 to 65535, the same for all windows; `change_with` is how people choose another.

        Raises ValueError for another port.
        """
        if not 0 < port < 65536:
            raise ValueError(f"a port is 1 to 65535, not {port}")
        self.port = port
        self._limits, self._change_with = limits, change_with
        self._users = 0
        self._relay: Relay | None = None
        self._busy = asyncio.Lock()

    @property
    def url(self) -> str:
        """Where it is, whoever owns it."""
        return f"ws://{HOST}:{self.port}{PATH}"

    @property
    def is_owner(self) -> bool:
        """Whether this process is the relay at the moment."""
        return self._relay is not None

    def acquire(self) -> None:
        """One more room uses it; give back with `release`."""
        self._users += 1

    async def release(self) -> None:
        """One room fewer; after the last the port is free for another window."""
        self._users -= 1
        if self._users == 0:
            async with self._busy:
                relay, self._relay = self._relay, None
                if relay is not None:
                    await relay.stop()

    async def ensure(self) -> None:
        """See to it that a relay is on the port, this process's or another's. Raises Unusable."""
        async with self._busy:
            if self._relay is not None or self._users == 0:
                return
            relay = Relay(HOST, self.port, limits=self._limits, browsers=False)
            try:
                await _start(relay)
            except OSError as error:
                await self._explain(error)
            else:
                self._relay = relay
                _log.debug("this process is now the relay on port %d", self.port)

    async def _explain(self, error: OSError) -> None:
        """The port cannot be had: fine when a relay of ours has it."""
        if error.errno == errno.EADDRINUSE:
            if await is_relay(self.port):
                return
            trouble = "is used by another program"
        else:
            trouble = f"cannot be opened ({clean_line(error.strerror or 'no reason given')})"
        advice = f"choose another with {self._change_with}."
        raise Unusable(f"Port {self.port} on this machine {trouble}; {advice}") from error


class LocalSignaling:
    """The `Signaling` port for this machine; see the module. Several may share one LocalRelay."""

    def __init__(
        self,
        relay: LocalRelay,
        room: RoomId,
        session: SessionId,
        resume: bytes,
        *,
        jitter: Callable[[], float],
    ) -> None:
        self._relay = relay
        self._holds = False
        self._client = RelayClient(
            relay.url,
            room,
            session,
            resume,
            jitter=jitter,
            backoff=LOCAL_BACKOFF,
            before=relay.ensure,
            quiet=True,
        )

    def __repr__(self) -> str:
        return f"LocalSignaling({self.url!r})"

    @property
    def url(self) -> str:
        """The relay's URL on this machine."""
        return self._client.url

    @property
    def is_own(self) -> bool:
        """See the port."""
        return True

    @property
    def traffic(self) -> Traffic:
        """See the port."""
        return self._client.traffic

    async def open(self) -> None:
        """See the port."""
        if not self._holds:
            self._holds = True
            self._relay.acquire()
        await self._client.open()

    def send(self, to: SessionId, data: bytes) -> None:
        """See the port, and RelayClient about what is dropped."""
        self._client.send(to, data)

    def retry_now(self) -> None:
        """Do not wait any longer for the next attempt."""
        self._client.retry_now()

    def events(self) -> AsyncIterator[SignalingEvent]:
        """See the port."""
        return self._client.events()

    async def close(self) -> None:
        """Leave; after the process's last room, leave the port to another window too. May be called twice."""
        holds, self._holds = self._holds, False
        await self._client.close()
        if holds:
            await self._relay.release()


async def _start(relay: Relay) -> None:
    """Start it wholly or not at all, also when cancelled: a port bound by nobody would stay bound."""
    starting = asyncio.ensure_future(relay.start())
    try:
        await asyncio.shield(starting)
    except asyncio.CancelledError:
        await asyncio.wait([starting])
        if starting.exception() is None:
            await relay.stop()
        raise


async def is_relay(port: int) -> bool:
    """Whether the program on `port` says that it is our relay. Raises Unusable when it has just gone."""
    writer: asyncio.StreamWriter | None = None
    try:
        async with asyncio.timeout(PROBE_S):
            reader, writer = await asyncio.open_connection(HOST, port, limit=ANSWER_MAX)
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
            answer = b""
            while len(answer) < ANSWER_MAX and (more := await reader.read(ANSWER_MAX)):
                answer += more
    except ConnectionRefusedError:
        raise Unusable(f"The relay on port {port} of this machine has just ended; it is replaced.") from None
    except (OSError, TimeoutError):
        return False
    finally:
        if writer is not None:
            writer.transport.abort()
    head, _, body = answer.partition(b"\r\n\r\n")
    return head.startswith(b"HTTP/1.1 200 ") and body.startswith(b"ok p2pchat-relay ")
