"""One session of one room on one interface: announces itself, takes connections, and dials whom it sees."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import socket
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any

from ..ssc.ids import SessionId
from . import lan_proof
from .lan_circle import Circle
from .lan_discovery import Discovery, Radio, Sighting
from .lan_link import Hello, accept, dial
from .lan_places import ADDRESSES_MAX, Place
from .lan_proof import LABEL_NONCE_BYTES, NONCE_BYTES, LanError

COURTESY_S = 1.0
"""Of two that see each other the larger label waits so long for the other to dial: mostly one connection is made."""
CONNECT_S = 2.0
"""For one address to answer: a neighbour takes a millisecond."""
RETRY_S, RETRY_MOST_S = 0.5, 30.0
"""The pause after a first failure, doubled with each further one, up to the longest."""
HANDSHAKES_MAX = 32
"""Connections at one time that have not proved anything yet …"""
HANDSHAKES_PER_ADDRESS = 4
"""… and of one address."""
PURSUED_MAX = 64
"""Labels of members that are dialed: as many as a relay lets into a room."""
PORT_TRIES = 8
"""Chances for a port to be free on every address of the interface."""
STREAM_BYTES = 64 * 1024
"""What is read ahead of one connection."""

_log = logging.getLogger(__name__)


class LanSite:
    """See the module. The label, and with it the port, is new with every `announce`."""

    def __init__(
        self, place: Place, beacon: bytes, session: SessionId, circle: Circle, chance: Callable[[int], bytes]
    ) -> None:
        self.place = place
        self.slot = -1
        """The slot of the label that is announced."""
        self._beacon, self._session, self._circle, self._chance = beacon, session, circle, chance
        self._label = ""
        self._radio: Radio | None = None
        self._servers: list[asyncio.Server] = []
        self._seen: dict[str, Sighting] = {}
        self._pursuits: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._strangers: Counter[str] = Counter()

    async def open(self, discovery: Discovery, slot: int) -> None:
        """Begin. Raises OSError when this interface cannot be used."""
        self.slot = slot
        self._radio = await discovery.open(self.place, self)
        await self.announce(slot)

    async def announce(self, slot: int) -> None:
        """Take a new label and a new port for `slot`; whoever is connected is told. Raises OSError."""
        if self._radio is None:
            return
        before, self._label = self._label, lan_proof.make_label(self._beacon, slot, self._chance(LABEL_NONCE_BYTES))
        self.slot = slot
        former, self._servers = self._servers, []
        try:
            port = await self._listen(self._label)
        finally:
            # Not before: a port that is still held cannot be given again, by which one could tell who this was.
            _stop(former)
        self._circle.rename(before, self._me(self._label))
        if before:
            await self._radio.withdraw(before)
        await self._radio.announce(self._label, self.place.own(), port)

    async def close(self) -> None:
        """Take the announcement back and end every connection on this interface. May be called twice."""
        _stop(self._servers)
        tasks = {*self._tasks, *self._pursuits.values()}
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        radio, self._radio = self._radio, None
        if radio is not None:
            await radio.close()

    def _me(self, label: str) -> Hello:
        return Hello(self._session, label)

    # --------------------------------------------------------------------------------------------------- listening

    async def _listen(self, label: str) -> int:
        """Listen on every address of the interface, and on nothing else; the port."""
        sockets = _bind(self.place)

        def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self._connected(label, reader, writer)

        for sock in sockets:  # nothing waits in here yet, so that no cancelling leaves a socket to nobody
            server = await asyncio.start_server(connected, sock=sock, limit=STREAM_BYTES, start_serving=False)
            self._servers.append(server)
        for server in self._servers:
            await server.start_serving()
        return int(sockets[0].getsockname()[1])

    def _connected(self, label: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host = str((writer.get_extra_info("peername") or ("",))[0])
        is_flood = self._strangers[host] >= HANDSHAKES_PER_ADDRESS or self._strangers.total() >= HANDSHAKES_MAX
        if is_flood or not self.place.is_near(host) or self._radio is None:
            writer.transport.abort()
            return
        self._strangers[host] += 1
        self._spawn(self._take_in(label, host, reader, writer))

    async def _take_in(self, label: str, host: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            try:
                link = await accept(reader, writer, self._beacon, self._chance(NONCE_BYTES), self._me(label))
            finally:
                self._strangers -= Counter([host])
            await self._circle.keep(link)
        except (LanError, OSError) as error:
            _log.debug("let a stranger go: %s", type(error).__name__)
        finally:
            writer.transport.abort()

    # ----------------------------------------------------------------------------------------------------- dialing

    def wants(self, label: str) -> bool:
        """See Watcher: labels of this room, but not our own."""
        return label != self._label and lan_proof.is_ours(self._beacon, self.slot, label)

    def found(self, sighting: Sighting) -> None:
        """See Watcher: dial it, once it is clear that it does not dial us."""
        label = sighting.label
        if not self.wants(label) or self._radio is None:
            return
        if label not in self._pursuits:
            if len(self._pursuits) >= PURSUED_MAX:
                return
            pause = 0.0 if self._label < label else COURTESY_S
            self._pursuits[label] = asyncio.create_task(self._pursue(label, pause), name="lan pursue")
        self._seen[label] = sighting

    def lost(self, label: str) -> None:
        """See Watcher. A connection that stands is not touched."""
        self._seen.pop(label, None)
        if task := self._pursuits.pop(label, None):
            task.cancel()

    async def _pursue(self, label: str, pause: float) -> None:
        """Be connected with the owner of `label`, for as long as it is announced."""
        failures = 0
        while True:
            await asyncio.sleep(pause)
            if self._circle.knows(label):
                await self._circle.until_unknown(label)
                failures = 0
            await self._dial(self._seen[label])
            failures += 1
            pause = min(RETRY_S * 2.0 ** min(failures - 1, 10), RETRY_MOST_S)

    async def _dial(self, sighting: Sighting) -> None:
        """Try the addresses of the owner of a label in turn; a connection that comes of it goes on by itself."""
        for address in sighting.addresses[:ADDRESSES_MAX]:
            own = self.place.facing(address)
            if own is None:
                continue  # not on this network: nobody sends us elsewhere
            with contextlib.suppress(LanError, OSError, TimeoutError):
                async with asyncio.timeout(CONNECT_S):
                    reader, writer = await asyncio.open_connection(
                        self.place.scoped(address), sighting.port, local_addr=(own, 0), limit=STREAM_BYTES
                    )
                try:
                    chance, me = self._chance(NONCE_BYTES), self._me(self._label)
                    link = await dial(reader, writer, self._beacon, sighting.label, chance, me)
                except BaseException:
                    writer.transport.abort()
                    raise
                self._spawn(self._circle.keep(link))
                return

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name="lan link")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _stop(servers: list[asyncio.Server]) -> None:
    for server in servers:
        server.close()
    servers.clear()


def _bind(place: Place) -> list[socket.socket]:
    """A socket on each address of `place`, all with one port. Raises OSError."""
    for remaining in reversed(range(PORT_TRIES)):
        sockets: list[socket.socket] = []
        port = 0
        try:
            for own in place.own():
                family, kind, protocol, _, address = socket.getaddrinfo(
                    own, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST | socket.AI_PASSIVE
                )[0]
                sock = socket.socket(family, kind, protocol)
                sockets.append(sock)
                sock.bind(address)
                sock.setblocking(False)
                port = sock.getsockname()[1]
            return sockets
        except OSError as error:
            for sock in sockets:
                sock.close()
            if error.errno != errno.EADDRINUSE or not remaining:
                raise
    raise OSError(errno.EADDRINUSE, "no port is free")
