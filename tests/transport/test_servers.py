"""STUN and TURN servers: which are picked, and what a dead one costs."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aioice import stun

from p2pchat_tui.ports import IceServer
from p2pchat_tui.transport import servers
from p2pchat_tui.transport.servers import Servers, probe
from tests.contracts.transport import LONG


class StunServer(asyncio.DatagramProtocol):
    """Answers Binding requests, and refuses Allocate requests as a TURN server does that wants a password."""

    def __init__(self) -> None:
        self.asked: list[stun.Method] = []
        self.deaf = 0

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        request = stun.parse_message(data)
        self.asked.append(request.message_method)
        if len(self.asked) <= self.deaf:
            return
        binding = request.message_method is stun.Method.BINDING
        answer = stun.Message(
            message_method=request.message_method,
            message_class=stun.Class.RESPONSE if binding else stun.Class.ERROR,
            transaction_id=request.transaction_id,
        )
        if binding:
            answer.attributes["XOR-MAPPED-ADDRESS"] = addr
        else:
            answer.attributes["ERROR-CODE"] = (401, "Unauthorized")
        self.transport.sendto(bytes(answer), addr)


@pytest.fixture
async def server() -> AsyncIterator[StunServer]:
    transport, protocol = await asyncio.get_running_loop().create_datagram_endpoint(
        StunServer, local_addr=("127.0.0.1", 0)
    )
    yield protocol
    transport.close()


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servers, "PROBE_S", 0.3)
    monkeypatch.setattr(servers, "RESEND_S", 0.05)


def closed_port(kind: socket.SocketKind) -> int:
    """A port on which nobody listens."""
    with socket.socket(socket.AF_INET, kind) as probe_socket:
        probe_socket.bind(("127.0.0.1", 0))
        return int(probe_socket.getsockname()[1])


async def test_a_server_that_answers_is_used_by_its_address(server: StunServer) -> None:
    named = IceServer(f"stun:localhost:{server.port}")
    assert await probe(named) == IceServer(f"stun:127.0.0.1:{server.port}")
    turn = IceServer(f"turn:127.0.0.1:{server.port}?transport=udp", "user", "word")
    assert await probe(turn) == turn
    assert server.asked == [stun.Method.BINDING, stun.Method.ALLOCATE]


async def test_a_lost_request_is_sent_again(server: StunServer) -> None:
    server.deaf = 2
    assert await probe(IceServer(f"stun:127.0.0.1:{server.port}")) is not None
    assert len(server.asked) == 3


async def test_servers_over_tcp_are_there_when_they_accept() -> None:
    async with await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        for url in (f"turn:127.0.0.1:{port}?transport=tcp", f"turns:127.0.0.1:{port}?transport=tcp"):
            assert await probe(IceServer(url, "u", "p")) == IceServer(url, "u", "p")
    port = closed_port(socket.SOCK_STREAM)
    assert await probe(IceServer(f"turn:127.0.0.1:{port}?transport=tcp", "u", "p")) is None


async def test_what_is_not_there_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_such_name(host: str) -> str:
        raise socket.gaierror("no such name")

    port = closed_port(socket.SOCK_DGRAM)
    assert await probe(IceServer(f"stun:127.0.0.1:{port}")) is None
    for nonsense in ("", "http://127.0.0.1", "stun:", "stun:127.0.0.1?transport=tcp"):
        assert await probe(IceServer(nonsense)) is None
    monkeypatch.setattr(socket, "gethostbyname", no_such_name)
    assert await probe(IceServer("stun:nowhere.invalid")) is None


async def test_the_first_of_each_kind_that_answers_is_picked(server: StunServer) -> None:
    dead = closed_port(socket.SOCK_DGRAM)
    wanted = [
        IceServer(f"stun:127.0.0.1:{dead}"),
        IceServer(f"turn:127.0.0.1:{dead}", "u", "p"),
        IceServer(f"turn:127.0.0.1:{server.port}", "first", "p"),
        IceServer(f"turn:127.0.0.1:{server.port}", "second", "p"),
        IceServer(f"stun:127.0.0.1:{server.port}"),
    ]
    picked = Servers(wanted)
    assert await picked.alive() == (wanted[2], wanted[4])
    await picked.close()


async def test_results_are_kept_and_refreshed_without_waiting(
    server: StunServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = IceServer(f"stun:127.0.0.1:{server.port}")
    known = Servers([wanted])
    for _ in range(5):
        assert await known.alive() == (wanted,)
    assert len(server.asked) == 1
    monkeypatch.setattr(servers, "FRESH_S", -1.0)
    server.transport.close()
    assert await known.alive() == (wanted,)  # still the last result, while the next is on its way
    probing = known._probe
    assert await known.alive() == (wanted,)
    assert probing is not None and known._probe is probing, "one probe at a time"
    async with asyncio.timeout(LONG):
        await asyncio.wait({probing})
    assert await known.alive() == ()
    await known.close()


async def test_other_servers_can_be_named_later(server: StunServer) -> None:
    known = Servers(())
    assert await known.alive() == ()
    wanted = IceServer(f"stun:127.0.0.1:{server.port}")
    known.use([wanted])
    assert await known.alive() == (wanted,)
    known.use(())
    assert await known.alive() == ()
    await known.close()
