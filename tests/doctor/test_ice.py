"""What `doctor` tells of STUN and TURN servers, UDP and NATs: from servers on 127.0.0.1 that behave so."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable
from dataclasses import replace

import pytest

from p2pchat_tui.doctor.findings import Finding, Status
from p2pchat_tui.doctor.ice import judge_ipv6, judge_missing, judge_nat, judge_stun, judge_turn, judge_udp
from p2pchat_tui.doctor.visit import Visit
from p2pchat_tui.ports.ice import IceServer
from p2pchat_tui.transport import asking
from p2pchat_tui.transport.asking import Answer, ask_stun, ask_turn
from tests.machine import free_port, needs_ipv6
from tests.turn_server import turn_server

HERE = ("127.0.0.1",)
RELAY = Visit("ws://relay.example.org/ws")


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine an answer may take long."""
    monkeypatch.setattr(asking, "ANSWER_S", 30.0)


@pytest.fixture
def be_impatient(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From now on nobody is waited for: what is asked then does not answer."""

    def hurry() -> None:
        monkeypatch.setattr(asking, "ANSWER_S", 0.6)
        monkeypatch.setattr(asking, "RESEND_S", 0.1)

    return hurry


def failing(finding: Finding) -> str:
    assert finding.status is Status.FAIL and finding.do
    return finding.code


async def test_servers_that_work() -> None:
    async with turn_server() as server:
        [seen], relayed = await ask_stun([server.stun]), await ask_turn(server.turn)
        assert judge_stun(seen).status is judge_turn(relayed).status is Status.OK
        assert seen.address and seen.address[0] == "127.0.0.1"
        assert relayed.address and relayed.address[0] == "127.0.0.2"
        assert judge_udp([seen], [relayed], []).status is Status.OK


async def test_servers_that_never_answer(be_impatient: Callable[[], None]) -> None:
    be_impatient()
    async with turn_server(silent=True) as server:
        seen, relayed = await asyncio.gather(ask_stun([server.stun]), ask_turn(server.turn))
        assert failing(judge_stun(seen[0])) == "stun-dead"
        assert failing(judge_turn(relayed)) == "turn-dead"
        assert server.asked


@pytest.fixture
def by_name(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Give every name these addresses."""

    def have(*addresses: str) -> None:
        async def resolve(host: str) -> list[str]:
            return list(addresses)

        monkeypatch.setattr(asking, "resolve", resolve)

    return have


@needs_ipv6
async def test_a_server_that_has_ipv6_too(by_name: Callable[..., None]) -> None:
    by_name("127.0.0.1", "::1")
    async with turn_server() as server, turn_server("::1", port=server.port):
        answers = await ask_stun([IceServer(f"stun:both.example.org:{server.port}")])
        assert [(answer.version, answer.address[0]) for answer in answers if answer.address] == [
            (4, "127.0.0.1"),
            (6, "::1"),
        ]
        assert {judge_stun(answer).status for answer in answers} == {Status.OK}
        finding = judge_ipv6(answers, ["::1"])
        assert finding and finding.status is Status.OK and "no NAT for IPv6" in finding.what
        assert (translated := judge_ipv6(answers, HERE)) and translated.code == "nat-ipv6"
        assert judge_nat(answers, HERE).status is Status.OK


@needs_ipv6
async def test_a_server_that_is_deaf_on_ipv6(by_name: Callable[..., None], be_impatient: Callable[[], None]) -> None:
    async with turn_server() as server:
        both = IceServer(f"stun:both.example.org:{server.port}")
        by_name("127.0.0.1")
        [four] = await ask_stun([both])
        be_impatient()
        by_name("::1")
        [_, six] = await ask_stun([both])
        assert judge_stun(four).status is Status.OK
        finding = judge_stun(six)
        assert (finding.code, finding.status) == ("stun-dead-ipv6", Status.WARN) and finding.do
        assert judge_udp([four, six], [], []).status is Status.OK
        assert judge_ipv6([four, six], HERE) is None


@needs_ipv6
async def test_a_server_that_has_ipv6_only(by_name: Callable[..., None]) -> None:
    by_name("::1")
    async with turn_server("::1") as server:
        four, six = await ask_stun([IceServer(f"stun:six.example.org:{server.port}")])
        assert judge_stun(four).code == "stun-no-ipv4" and judge_stun(six).status is Status.OK
        assert judge_udp([four, six], [], []).status is Status.OK
        relayed = await ask_turn(replace(server.turn, url=f"turn:six.example.org:{server.port}"))
        assert judge_turn(relayed).status is Status.OK


async def test_a_machine_without_a_way_out_by_ipv6(
    by_name: Callable[..., None], be_impatient: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    be_impatient()

    def sendto(self: object, data: bytes, addr: tuple[str, int]) -> None:
        if ":" in addr[0]:
            self._protocol.error_received(OSError(errno.ENETUNREACH, "no route"))  # type: ignore[attr-defined]

    by_name("127.0.0.1", "2001:db8::1")
    monkeypatch.setattr("asyncio.selector_events._SelectorDatagramTransport.sendto", sendto)
    four, six = await ask_stun([IceServer("stun:both.example.org")])
    assert failing(judge_stun(four)) == "stun-dead"
    finding = judge_stun(six)
    assert (finding.code, finding.status) == ("stun-no-ipv6", Status.SKIP)


async def test_nothing_listens(be_impatient: Callable[[], None]) -> None:
    be_impatient()
    port = free_port()
    [seen] = await ask_stun([IceServer(f"stun:127.0.0.1:{port}")])
    assert failing(judge_stun(seen)) == "stun-dead"
    for transport in ("udp", "tcp"):
        server = IceServer(f"turn:127.0.0.1:{port}?transport={transport}", "u", "c")
        assert failing(judge_turn(await ask_turn(server))) == "turn-dead"


async def test_wrong_credentials() -> None:
    async with turn_server() as server:
        for wrong in (replace(server.turn, credential="wrong"), replace(server.turn, username="bo")):
            answer = await ask_turn(wrong)
            assert failing(judge_turn(answer)) == "turn-credentials"
            assert "wrong" not in repr(judge_turn(answer))


async def test_a_refusal_says_why() -> None:
    async with turn_server(refusal=(486, "Allocation Quota Reached")) as server:
        finding = judge_turn(await ask_turn(server.turn))
        assert failing(finding) == "turn-refuses" and "Quota" in finding.what


async def test_a_certificate_that_is_not_there() -> None:
    async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"this is no TLS")
        writer.close()

    server = await asyncio.start_server(deaf, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    assert failing(judge_turn(await ask_turn(IceServer(f"turns:127.0.0.1:{port}", "u", "c")))) == "turn-tls"
    server.close()


async def test_addresses_that_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    async def resolve(host: str) -> list[str]:
        raise OSError("no such name")

    monkeypatch.setattr(asking, "resolve", resolve)
    [unknown, wrong] = await ask_stun([IceServer("stun:stun.example.org"), IceServer("http://x")])
    assert failing(judge_stun(unknown)) == "stun-no-name"
    assert failing(judge_stun(wrong)) == "stun-no-server"
    assert failing(judge_turn(await ask_turn(IceServer("turn:turn.example.org", "u", "c")))) == "turn-no-name"


# ---------------------------------------------------------------------------------------------------------- networks


async def two(first: tuple[str, int] | None, second: tuple[str, int] | None) -> list[Answer]:
    """What two STUN servers say that see us there."""
    async with turn_server(reflexive=first) as one, turn_server(reflexive=second, host="127.0.0.3") as other:
        return await ask_stun([one.stun, other.stun])


async def test_no_nat() -> None:
    answers = await two(None, None)
    assert answers[0].address == answers[1].address
    assert judge_nat(answers, HERE).status is Status.OK and "no NAT" in judge_nat(answers, HERE).what


async def test_a_nat_that_keeps_ports() -> None:
    answers = await two(("198.51.100.7", 4000), ("198.51.100.7", 4000))
    assert judge_nat(answers, HERE).status is Status.OK and "a NAT" in judge_nat(answers, HERE).what


async def test_a_symmetric_nat() -> None:
    answers = await two(("198.51.100.7", 4000), ("198.51.100.7", 4001))
    finding = judge_nat(answers, HERE)
    assert (finding.code, finding.status) == ("nat-symmetric", Status.WARN) and "TURN" in finding.do


async def test_one_server_cannot_tell() -> None:
    async with turn_server(reflexive=("198.51.100.7", 4000)) as server:
        finding = judge_nat(await ask_stun([server.stun]), HERE)
        assert finding.code == "nat-unknown" and "Name two" in finding.do
    assert judge_nat([], HERE).code == "unknown"


STUN = IceServer("stun:a.example.org")
DEAD = Answer(STUN, "dead", "a.example.org")


@pytest.mark.parametrize(
    ("stun", "turn", "visits", "expected"),
    [
        ([], [], [RELAY], "unknown"),
        ([DEAD], [], [RELAY], "udp-unclear"),
        ([DEAD, replace(DEAD, host="b")], [], [], "udp-unclear"),
        ([DEAD, replace(DEAD, host="b")], [], [RELAY], "udp-blocked"),
        ([DEAD], [replace(DEAD, code="ok", over="tcp")], [], "udp-blocked"),
        ([DEAD], [replace(DEAD, code="ok", over="tcp", host="b")], [], "udp-unclear"),
        ([DEAD, replace(DEAD, code="ok", host="b")], [], [RELAY], "ok"),
        ([], [replace(DEAD, code="credentials")], [RELAY], "ok"),
        ([replace(DEAD, code="no-name")], [], [RELAY], "unknown"),
    ],
)
def test_whether_udp_is_blocked(stun: list[Answer], turn: list[Answer], visits: list[Visit], expected: str) -> None:
    assert judge_udp(stun, turn, visits).code == expected


async def test_udp_is_blocked_and_tcp_is_not(be_impatient: Callable[[], None]) -> None:
    """One server, deaf on UDP, that answers over TCP."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readexactly(20)
        # Allocate error response, same transaction: 400.
        writer.write(b"\x01\x13\x00\x08" + head[4:] + b"\x00\x09\x00\x04\x00\x00\x04\x00")
        await reader.read()
        writer.close()

    port = free_port()
    server = await asyncio.start_server(answer, "127.0.0.1", port)
    by_tcp = await ask_turn(IceServer(f"turn:127.0.0.1:{port}?transport=tcp", "u", "c"))
    be_impatient()
    by_udp = await ask_turn(IceServer(f"turn:127.0.0.1:{port}?transport=udp", "u", "c"))
    server.close()
    assert failing(judge_udp([], [by_udp, by_tcp], [])) == "udp-blocked"


def test_relay_only_without_a_turn_server() -> None:
    missing = judge_missing([], relay_only=True)
    assert missing and failing(missing) == "turn-missing"
    unneeded = judge_missing([], relay_only=False)
    assert unneeded and unneeded.status is Status.SKIP
    assert judge_missing([DEAD], relay_only=True) is None
