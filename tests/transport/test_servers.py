"""STUN and TURN servers: which are picked, and what a dead one costs."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aioice import stun

from p2pchat_tui.ports.ice import IceServer
from p2pchat_tui.transport import mesh as meshes
from p2pchat_tui.transport import probe as probing
from p2pchat_tui.transport import servers
from p2pchat_tui.transport.mesh import Mesh
from p2pchat_tui.transport.probe import Answer, Kind, kind_of, probe
from p2pchat_tui.transport.servers import Servers
from tests.contracts.transport import LONG, Watched, connect, new_link
from tests.machine import free_port


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
        StunServer, local_addr=("127.0.0.1", free_port())
    )
    yield protocol
    transport.close()


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine an answer may take long."""
    monkeypatch.setattr(probing, "PROBE_S", LONG)
    monkeypatch.setattr(probing, "RESEND_S", LONG)


async def asked(server: IceServer) -> IceServer | None:
    """The server as it is to be used, if it answers."""
    answer = await probe(server)
    return answer.server if answer else None


async def test_a_server_that_answers_is_used_by_its_address(server: StunServer) -> None:
    named = IceServer(f"stun:localhost:{server.port}")
    answer = await probe(named)
    assert answer is not None
    assert (answer.server, answer.kind) == (IceServer(f"stun:127.0.0.1:{server.port}"), Kind.STUN)
    assert 0 < answer.seconds < LONG
    turn = IceServer(f"turn:127.0.0.1:{server.port}?transport=udp", "user", "word")
    assert await asked(turn) == turn
    assert server.asked == [stun.Method.BINDING, stun.Method.ALLOCATE]


async def test_a_lost_request_is_sent_again(server: StunServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probing, "RESEND_S", 0.05)
    server.deaf = 2
    assert await asked(IceServer(f"stun:127.0.0.1:{server.port}")) is not None
    assert len(server.asked) >= 3


async def test_servers_over_tcp_are_there_when_they_accept() -> None:
    async with await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        for url in (f"turn:127.0.0.1:{port}?transport=tcp", f"turns:127.0.0.1:{port}?transport=tcp"):
            assert await asked(IceServer(url, "u", "p")) == IceServer(url, "u", "p")
    port = free_port()
    assert await asked(IceServer(f"turn:127.0.0.1:{port}?transport=tcp", "u", "p")) is None


async def test_what_is_not_there_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_such_name(*_: object, **__: object) -> str:
        raise socket.gaierror("no such name")

    monkeypatch.setattr(probing, "PROBE_S", 0.3)
    assert await asked(IceServer(f"stun:127.0.0.1:{free_port()}")) is None
    for nonsense in ("", "http://127.0.0.1", "stun:", "stun:127.0.0.1?transport=tcp", "stuns:127.0.0.1"):
        assert await asked(IceServer(nonsense)) is None
    monkeypatch.setattr(socket, "getaddrinfo", no_such_name)
    assert await asked(IceServer("stun:nowhere.invalid")) is None


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("stun:host", Kind.STUN),
        ("turn:host", Kind.TURN_UDP),
        ("turn:host?transport=udp", Kind.TURN_UDP),
        ("turn:host:443?transport=tcp", Kind.TURN_TCP),
        ("turns:host", Kind.TURN_TLS),
        ("turns:host?transport=udp", None),
        ("stuns:host", None),
        ("nonsense", None),
    ],
)
def test_kinds(url: str, kind: Kind | None) -> None:
    assert kind_of(IceServer(url)) is kind


class Scripted:
    """Servers that answer when the test says so, and count how often they are asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.rounds: dict[str, list[asyncio.Future[float | None]]] = {}
        monkeypatch.setattr(servers, "probe", self._probe)

    async def _probe(self, server: IceServer) -> Answer | None:
        future: asyncio.Future[float | None] = asyncio.get_running_loop().create_future()
        self.rounds.setdefault(server.url, []).append(future)
        seconds, kind = await future, kind_of(server)
        return Answer(server, kind, seconds) if seconds is not None and kind is not None else None

    async def answer(self, server: IceServer, seconds: float | None) -> None:
        """Let the last request to `server` be answered after `seconds`; None: it was in vain."""
        await settle()
        self.rounds[server.url][-1].set_result(seconds)
        await settle()


async def settle() -> None:
    """Let every task go on as far as it can."""
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> Scripted:
    return Scripted(monkeypatch)


HERE = ["127.0.0.1"]
FIRST, SECOND = IceServer("stun:first"), IceServer("stun:second")
UDP, OTHER_UDP = IceServer("turn:one", "u", "p"), IceServer("turn:two", "u", "p")
TCP = IceServer("turn:one?transport=tcp", "u", "p")


async def test_the_best_of_each_kind_that_answers_is_picked(scripted: Scripted) -> None:
    known = Servers([TCP, FIRST, UDP, SECOND, OTHER_UDP])
    await scripted.answer(TCP, 0.001)
    assert known.best == (TCP,)
    await scripted.answer(FIRST, 0.2)
    await scripted.answer(OTHER_UDP, 0.1)
    assert known.best == (FIRST, OTHER_UDP)
    await scripted.answer(SECOND, 0.1)
    await scripted.answer(UDP, None)
    assert await known.alive() == (SECOND, OTHER_UDP)
    await known.close()


async def test_a_link_waits_a_moment_for_what_may_still_come_and_no_longer(scripted: Scripted) -> None:
    loop = asyncio.get_running_loop()
    late: list[str] = []
    known = Servers([FIRST, TCP, UDP], lambda: late.append("improved"))
    await scripted.answer(FIRST, 0.01)
    began = loop.time()
    assert await known.alive() == (FIRST,)
    assert loop.time() - began == pytest.approx(servers.PATIENCE_S, abs=0.05)
    waiting = asyncio.create_task(known.alive())
    await scripted.answer(UDP, 0.05)
    assert waiting.done() and waiting.result() == (FIRST, UDP), "nothing better can come"
    assert late == ["improved"], "the first link was begun without it"
    await scripted.answer(TCP, None)
    assert late == ["improved"]
    await known.close()


async def test_where_nobody_answered_they_are_asked_again_soon(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = Servers([FIRST])
    await scripted.answer(FIRST, None)
    assert await known.alive() == () and len(scripted.rounds[FIRST.url]) == 1
    monkeypatch.setattr(servers, "AGAIN_S", -1.0)
    waiting = asyncio.create_task(known.alive())
    await scripted.answer(FIRST, 0.01)
    assert await waiting == (FIRST,), "the link that asks again is the one that profits"
    await known.close()


async def test_dead_servers_cost_patience_once(scripted: Scripted) -> None:
    known = Servers([FIRST, UDP])
    assert await known.alive() == ()
    for server in (FIRST, UDP):
        await scripted.answer(server, None)
    waiting = asyncio.create_task(known.alive())
    await settle()
    assert waiting.done() and waiting.result() == ()
    assert known.is_udp_blocked
    await known.close()


async def test_udp_is_blocked_when_only_tcp_answers(scripted: Scripted) -> None:
    known = Servers([FIRST, UDP, TCP])
    await scripted.answer(TCP, 0.01)
    assert not known.is_udp_blocked, "UDP may still answer"
    await scripted.answer(FIRST, None)
    await scripted.answer(UDP, None)
    assert known.is_udp_blocked
    await known.close()
    none = Servers(())
    assert not none.is_udp_blocked
    await none.close()


async def test_results_are_kept_and_refreshed_without_waiting(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = Servers([FIRST])
    await scripted.answer(FIRST, 0.01)
    for _ in range(5):
        assert await known.alive() == (FIRST,)
    assert len(scripted.rounds[FIRST.url]) == 1
    monkeypatch.setattr(servers, "FRESH_S", -1.0)
    assert await known.alive() == (FIRST,)  # still the last result, while the next is on its way
    await settle()
    assert await known.alive() == (FIRST,)
    assert len(scripted.rounds[FIRST.url]) == 2, "one round at a time"
    await scripted.answer(FIRST, None)
    monkeypatch.setattr(servers, "FRESH_S", 60.0)
    assert await known.alive() == ()
    known.forget()
    await scripted.answer(FIRST, 0.01)
    assert await known.alive() == (FIRST,), "another network, another answer"
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


@pytest.mark.parametrize("offers", [True, False])
async def test_a_link_without_a_path_is_begun_anew_with_a_server_that_answered_late(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch, offers: bool
) -> None:
    monkeypatch.setattr(meshes, "LATE_S", 0.05)
    one, other = Watched(Mesh((), HERE)), Watched(Mesh([FIRST], HERE))
    asker, answerer = (other, one) if offers else (one, other)
    link = new_link()
    await answerer.transport.answer(link, await asker.transport.offer(link))  # which never arrives
    await scripted.answer(FIRST, 0.2)
    assert "answered meanwhile" in await other.closed(link, 5)
    assert one.closings(link) == []
    await one.close()
    await other.close()


async def test_a_link_that_stands_is_left_alone(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meshes, "LATE_S", 0.0)
    one, other = Watched(Mesh((), HERE)), Watched(Mesh([FIRST], HERE))
    link = await connect(one, other)
    await scripted.answer(FIRST, 0.2)
    await settle()
    assert other.closings(link) == [] and other.transport.path(link)
    await one.close()
    await other.close()
