"""A small STUN and TURN server (RFC 8489, RFC 8656) on 127.0.0.1 that relays from 127.0.0.2 and notes what it hears."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import md5
from typing import Any

from aioice import stun

from p2pchat_tui.ports.ice import IceServer
from tests.machine import free_port

USER, PASSWORD, REALM = "ana", "hush", "test"
RELAYED_FROM = "127.0.0.2"

Address = tuple[str, int]


class TurnServer(asyncio.DatagramProtocol):
    """Every allocation is a socket on RELAYED_FROM. Channels only, as our stack uses nothing else."""

    def __init__(
        self, *, silent: bool = False, reflexive: Address | None = None, refusal: tuple[int, str] | None = None
    ) -> None:
        self.silent = silent
        """Whether it never answers."""
        self.reflexive = reflexive
        """What it says that clients come from, if not the truth."""
        self.refusal = refusal
        """What it answers to whoever has the right password."""
        self.asked: list[stun.Method] = []
        self.clients: dict[Address, _Allocation] = {}
        self.bound: list[Address] = []
        """The peers that clients wanted to talk with."""
        self.transport: asyncio.DatagramTransport

    @property
    def port(self) -> int:
        return int(self.transport.get_extra_info("sockname")[1])

    @property
    def host(self) -> str:
        return str(self.transport.get_extra_info("sockname")[0])

    @property
    def turn(self) -> IceServer:
        return IceServer(f"turn:{self.host}:{self.port}", USER, PASSWORD)

    @property
    def stun(self) -> IceServer:
        return IceServer(f"stun:{self.host}:{self.port}")

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: Address) -> None:
        if data[:1] >= b"\x40":
            if addr in self.clients:
                self.clients[addr].send(data)
            return
        message = stun.parse_message(data)
        self.asked.append(message.message_method)
        if not self.silent:
            asyncio.ensure_future(self._answer(message, addr))  # noqa: RUF006 - it ends at once

    async def _answer(self, message: stun.Message, addr: Address) -> None:
        response = stun.Message(message.message_method, stun.Class.RESPONSE, message.transaction_id)
        if message.message_method is stun.Method.BINDING:
            response.attributes["XOR-MAPPED-ADDRESS"] = self.reflexive or addr
            self.transport.sendto(bytes(response), addr)
            return
        key = md5(f"{USER}:{REALM}:{PASSWORD}".encode()).digest()
        if message.attributes.get("USERNAME") != USER or not message.check_message_integrity(key):
            response.message_class = stun.Class.ERROR
            response.attributes.update({"ERROR-CODE": (401, "Unauthorized"), "REALM": REALM, "NONCE": b"nonce"})
            self.transport.sendto(bytes(response), addr)
            return
        if self.refusal:
            response.message_class = stun.Class.ERROR
            response.attributes["ERROR-CODE"] = self.refusal
        elif message.message_method is stun.Method.ALLOCATE:
            allocation = self.clients[addr] = _Allocation(self, addr)
            await allocation.open()
            response.attributes.update(
                {"XOR-RELAYED-ADDRESS": allocation.address, "XOR-MAPPED-ADDRESS": addr, "LIFETIME": 600}
            )
        elif message.message_method is stun.Method.CHANNEL_BIND:
            peer = message.attributes["XOR-PEER-ADDRESS"]
            self.bound.append(peer)
            self.clients[addr].channels[message.attributes["CHANNEL-NUMBER"]] = peer
        elif message.message_method is stun.Method.REFRESH:
            response.attributes["LIFETIME"] = message.attributes["LIFETIME"]
        response.add_message_integrity(key)
        self.transport.sendto(bytes(response), addr)


class _Allocation(asyncio.DatagramProtocol):
    def __init__(self, server: TurnServer, client: Address) -> None:
        self.server, self.client = server, client
        self.channels: dict[int, Address] = {}

    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        self.transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(RELAYED_FROM, 0))

    @property
    def address(self) -> Address:
        host, port = self.transport.get_extra_info("sockname")
        return host, port

    def send(self, data: bytes) -> None:
        peer = self.channels.get(int.from_bytes(data[:2], "big"))
        if peer:
            self.transport.sendto(data[4 : 4 + int.from_bytes(data[2:4], "big")], peer)

    def datagram_received(self, data: bytes, addr: Address) -> None:
        for channel, peer in self.channels.items():
            if peer == addr:
                head = channel.to_bytes(2, "big") + len(data).to_bytes(2, "big")
                self.server.transport.sendto(head + data, self.client)


@asynccontextmanager
async def turn_server(host: str = "127.0.0.1", port: int | None = None, **options: Any) -> AsyncIterator[TurnServer]:
    """A server that runs within, by default on a port to which nobody else's late datagrams come."""
    loop, here = asyncio.get_running_loop(), (host, free_port() if port is None else port)
    transport, server = await loop.create_datagram_endpoint(lambda: TurnServer(**options), local_addr=here)
    try:
        yield server
    finally:
        for allocation in server.clients.values():
            allocation.transport.close()
        transport.close()
