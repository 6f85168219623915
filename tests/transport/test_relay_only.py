"""Relay-only links: what the other side, and whoever listens on the wire, learns of this machine's addresses."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace

import pytest
from aioice import stun

from p2pchat_tui.ports.ice import IceServer
from p2pchat_tui.ports.transport import Channel, Path, TransportError
from p2pchat_tui.transport.mesh import Mesh
from tests.contracts.transport import Watched, connect, new_link
from tests.machine import free_port
from tests.turn_server import RELAYED_FROM, turn_server

ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+|[0-9a-f]*:[0-9a-f:]*::?[0-9a-f:]*")


def addresses(description: str) -> set[str]:
    """Every IP address that a description holds anywhere, but for fingerprints."""
    lines = [line for line in description.splitlines() if "fingerprint" not in line]
    return {found for line in lines for found in ADDRESS.findall(line) if found != "0.0.0.0"}


def mesh(*servers: IceServer, relay_only: bool = True) -> Watched:
    return Watched(Mesh(servers, relay_only=relay_only))


async def test_both_descriptions_hold_the_turn_servers_address_only() -> None:
    async with turn_server(reflexive=("198.51.100.7", 4000)) as server:
        one, two = mesh(server.turn, server.stun), mesh(server.turn, server.stun)
        try:
            link = new_link()
            offer = await one.transport.offer(link)
            answer = await two.transport.answer(link, offer)
            assert addresses(offer) == addresses(answer) == {RELAYED_FROM}
            assert "typ host" not in offer + answer and "srflx" not in offer + answer
            assert stun.Method.BINDING not in server.asked  # the STUN server is not even asked
        finally:
            await one.close()
            await two.close()


async def test_without_relay_only_the_addresses_are_told() -> None:
    """What the other tests look for is there to be found."""
    async with turn_server(reflexive=("198.51.100.7", 4000)) as server:
        open_mesh = Watched(Mesh((server.turn, server.stun), ("127.0.0.1",)))
        try:
            found = addresses(await open_mesh.transport.offer(new_link()))
            assert found >= {"127.0.0.1", "198.51.100.7", RELAYED_FROM}
        finally:
            await open_mesh.close()


@pytest.mark.parametrize("both", [True, False])
async def test_a_link_opens_through_the_server(both: bool) -> None:
    async with turn_server() as server:
        one = mesh(server.turn)
        two = mesh(server.turn) if both else Watched(Mesh((), ("127.0.0.1",)))
        try:
            link = await connect(one, two)
            assert one.transport.path(link) is two.transport.path(link) is Path.RELAYED
            one.transport.send(link, Channel.CHAT, "through the server")
            assert await two.received(link, 1) == ["through the server"]
        finally:
            await one.close()
            await two.close()


class Witness(asyncio.DatagramProtocol):
    """An address that another member names: notes who sends anything there."""

    def __init__(self) -> None:
        self.sources: set[str] = set()
        self.heard = asyncio.Event()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.sources.add(addr[0])
        self.heard.set()


async def test_nothing_goes_straight_to_an_address_that_the_other_names() -> None:
    loop = asyncio.get_running_loop()
    async with turn_server() as server:
        one, two = mesh(server.turn), Watched(Mesh((), ("127.0.0.1",)))
        transport, witness = await loop.create_datagram_endpoint(Witness, local_addr=("127.0.0.1", free_port()))
        try:
            port = transport.get_extra_info("sockname")[1]
            link = new_link()
            offer = await two.transport.offer(link)
            lured = re.sub(r"127\.0\.0\.1 \d+ typ", f"127.0.0.1 {port} typ", offer)
            await one.transport.answer(link, lured)
            async with asyncio.timeout(10):
                await witness.heard.wait()
            assert witness.sources == {RELAYED_FROM}
            assert server.bound == [("127.0.0.1", port)]
        finally:
            transport.close()
            await one.close()
            await two.close()


async def refused(*servers: IceServer) -> str:
    """Why a relay-only link cannot be begun."""
    one = mesh(*servers)
    try:
        with pytest.raises(TransportError) as error:
            await one.transport.offer(new_link())
        return str(error.value)
    finally:
        await one.close()


async def test_no_turn_server_is_refused_clearly() -> None:
    assert "none is named" in await refused()
    async with turn_server() as server:
        assert "none is named" in await refused(server.stun)
        assert not server.asked


async def test_a_turn_server_that_gives_nothing_is_refused_clearly() -> None:
    async with turn_server() as server:
        assert "user name" in await refused(replace(server.turn, credential="wrong"))
    async with turn_server(silent=True) as server:
        assert "none of those" in await refused(server.turn)


async def test_servers_named_by_a_relay_will_do() -> None:
    async with turn_server() as server:
        one = mesh()
        try:
            one.transport.offer_servers([server.stun, server.turn])
            assert addresses(await one.transport.offer(new_link())) == {RELAYED_FROM}
        finally:
            await one.close()
