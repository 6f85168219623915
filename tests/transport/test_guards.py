"""Each guard: the fault without it, and its absence with it. And that upstream is still what they were made for."""

from __future__ import annotations

import asyncio
import hashlib
import inspect
import socket
import struct
from collections.abc import AsyncIterator, Iterator
from importlib.metadata import version
from typing import Any

import aioice
import ifaddr
import pytest
from aioice import ice, stun
from aiortc import RTCConfiguration, RTCPeerConnection
from aiortc import rtcdtlstransport as dtls
from aiortc import rtcsctptransport as sctp
from OpenSSL import SSL

from p2pchat_tui.ports.transport import Channel, Path
from p2pchat_tui.transport import flights, guards
from p2pchat_tui.transport.mesh import Mesh
from p2pchat_tui.transport.reasons import candidates
from tests.contracts.transport import LONG, Watched, connect, new_link

HERE = ("127.0.0.1",)

SOURCES = {
    "parse": "3a0a63ed663f89e6199026c6a53a0db3e45d4c9485c665b6fff7d99948e0d485",
    "datagrams": "ff4c8b910d45fb3a9e50c4391fe5cbaba33dcba669fea9e847e19a5c99b9bfbb",
    "flood": "5631b17fab717d6b9a956b775d6f5580a50c2419dc6ef693286a98355e98a253",
    "consent": "97991c38f65ea93975f911477d8bb6c852d862291e82def80706f5b97c696659",
    "gathering": "118597a9fcb703f9950c2f2964e3e44423724576eda484ba6747b1610ccf4a2f",
    "addresses": "d4a54f9a68c39ff1bed532e76bd148cf1530aeb35b9be32900b53e234b78ae4f",
    "handshake": "0af5299c33352e6e061bf2147281ede4dc7b078665a24d291593483d4b48bdca",
    "sack": "4b35ccf1372cdec8705f378a04de43d9c4ad5675afae09781eddd69ecdb473b1",
    "packets": "8661b724e20776bbf9af6f68a828cfb952d2deb617d7a9e0f143d641bdae95e2",
    "unsendable": "eb2f909e3c2ff5cc948062e5eeaee54868455940ea62c6c9162145a4550127e6",
}
"""SHA-256 of each guarded function's source. When one changes: read it, look at its guard, then note the new one."""


@pytest.fixture(params=[False, True], ids=["unguarded", "guarded"])
def guarded(request: pytest.FixtureRequest) -> Iterator[bool]:
    """Whether the guards are in place in this run of the test."""
    if request.param:
        guards.install()
    else:
        guards.remove()
    yield request.param
    guards.install()


@pytest.fixture(autouse=True)
def unhandled(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What reached the loop's exception handler."""
    contexts: list[dict[str, Any]] = []
    monkeypatch.setattr(asyncio.BaseEventLoop, "call_exception_handler", lambda self, context: contexts.append(context))
    return contexts


def test_upstream_is_what_the_guards_were_made_for() -> None:
    guards.remove()
    try:
        found = {
            guard.name: hashlib.sha256(inspect.getsource(getattr(guard.owner, guard.attribute)).encode()).hexdigest()
            for guard in guards.GUARDS
        }
        assert "retransmissions=0" in inspect.getsource(ice.Connection.query_consent)
        assert inspect.getsource(ice.Connection).count("retransmissions=0") == 1
    finally:
        unfit = guards.install()
    assert (version("aiortc"), version("aioice")) == ("1.16.0", "0.13.0")
    assert found == SOURCES
    assert unfit == ()


def test_installing_twice_changes_nothing_and_removing_gives_all_back() -> None:
    guards.remove()
    before = [getattr(guard.owner, guard.attribute) for guard in guards.GUARDS]
    constants = [getattr(constant.owner, constant.attribute) for constant in guards.CONSTANTS]
    assert guards.install() == guards.install() == ()
    inside = [getattr(guard.owner, guard.attribute) for guard in guards.GUARDS]
    assert all(new is not old and new.__wrapped__ is old for new, old in zip(inside, before, strict=True))
    assert sctp.SCTP_RTO_MIN == guards.RTO_MIN_S
    assert sctp.SCTP_RTO_INITIAL == guards.RTO_INITIAL_S
    assert ice.CONSENT_FAILURES == guards.CONSENT_FAILURES
    guards.remove()
    assert [getattr(guard.owner, guard.attribute) for guard in guards.GUARDS] == before
    assert [getattr(constant.owner, constant.attribute) for constant in guards.CONSTANTS] == constants
    guards.install()


def test_a_function_that_has_changed_is_left_alone_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def get_host_addresses(use_ipv4: bool) -> list[str]:
        return []

    guards.remove()
    with monkeypatch.context() as patch:
        patch.setattr(ice, "get_host_addresses", get_host_addresses)
        patch.setattr(sctp, "SCTP_RTO_MIN", 3)
        assert guards.install() == ("addresses", "retransmission")
        assert ice.get_host_addresses is get_host_addresses
        assert sctp.SCTP_RTO_MIN == 3
        guards.remove()
    assert guards.install() == ()


# ------------------------------------------------------------------------------------------------------ strangers


@pytest.fixture
async def linked(guarded: bool) -> AsyncIterator[tuple[Watched, Watched, Any]]:
    """Two sessions with an open link, with or without the guards (which every Mesh installs)."""
    one, other = Watched(Mesh((), HERE)), Watched(Mesh((), HERE))
    if not guarded:
        guards.remove()
        original = ice.get_host_addresses
        ice.get_host_addresses = lambda use_ipv4, use_ipv6: list(HERE)
    link = await connect(one, other)
    if not guarded:
        ice.get_host_addresses = original
    yield one, other, link
    await one.close()
    await other.close()


async def test_an_empty_datagram_from_a_stranger(
    linked: tuple[Watched, Watched, Any], guarded: bool, unhandled: list[dict[str, Any]]
) -> None:
    one, other, link = linked
    address = one.transport.stats(link).local_address
    host, port = address.split(":")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        for _ in range(100):
            stranger.sendto(b"", (host, int(port)))
            stranger.sendto(b"\0\1\0\4\x21\x12\xa4\x42" + bytes(12) + b"\0\x24\0\0", (host, int(port)))
            stranger.sendto(b"\x80", (host, int(port)))
    if guarded:
        other.transport.send(link, Channel.CHAT, "alive")
        assert await one.received(link, 1) == ["alive"]
        assert not one.closings(link)
        assert unhandled == []
    else:
        assert await one.closed(link)


def test_a_mutated_stun_message_is_no_stun_message(guarded: bool) -> None:
    mutated = struct.pack("!HHI12sHH", 1, 4, 0x2112A442, bytes(12), 0x0024, 0)  # a priority of no bytes
    with pytest.raises(ValueError if guarded else struct.error):
        stun.parse_message(mutated)


async def test_datagrams_do_not_pile_up(guarded: bool) -> None:
    connection = aioice.Connection(ice_controlling=True)
    for _ in range(guards.DATAGRAMS_MAX + 1000):
        connection.data_received(b"x", 1)
    assert connection._queue.qsize() == guards.DATAGRAMS_MAX + (0 if guarded else 1000)


# ------------------------------------------------------------------------------------------------------------ ICE


async def ice_pair() -> tuple[aioice.Connection, aioice.Connection]:
    """Two connected ICE agents on 127.0.0.1."""
    one, other = aioice.Connection(ice_controlling=True), aioice.Connection(ice_controlling=False)
    for connection in (one, other):
        connection._local_candidates_start = connection._local_candidates_end = True
        connection._local_candidates = await connection.get_component_candidates(1, list(HERE))
    for mine, theirs in ((one, other), (other, one)):
        for candidate in mine.local_candidates:
            await theirs.add_remote_candidate(candidate)
        await theirs.add_remote_candidate(None)
        theirs.remote_username, theirs.remote_password = mine.local_username, mine.local_password
    await asyncio.gather(one.connect(), other.connect())
    return one, other


async def test_a_slow_path_is_not_a_dead_one(guarded: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    # Time runs ten times as fast: checks every 20 ms, a first wait of 50 ms, and answers that take 80 ms.
    one, other = await ice_pair()
    for connection in (one, other):
        assert connection._query_consent_task is not None
        connection._query_consent_task.cancel()
    monkeypatch.setattr(ice, "CONSENT_INTERVAL", 0.02)
    monkeypatch.setattr(stun, "RETRY_RTO", 0.05)
    loop, answer = asyncio.get_running_loop(), ice.StunProtocol.send_stun
    answers = 0
    enough = asyncio.Event()
    often = asyncio.create_task(enough.wait())

    def late(self: ice.StunProtocol, message: stun.Message, addr: tuple[str, int]) -> None:
        nonlocal answers
        if message.message_class is stun.Class.RESPONSE:
            answers += 1
            if answers > 3 * ice.CONSENT_FAILURES:
                enough.set()
            loop.call_later(0.08, lambda: self.transport.is_closing() or answer(self, message, addr))
        else:
            answer(self, message, addr)

    monkeypatch.setattr(ice.StunProtocol, "send_stun", late)
    checking = asyncio.create_task(one.query_consent())
    ended = asyncio.create_task(one.get_event())
    if guarded:
        async with asyncio.timeout(LONG):
            await asyncio.wait({often, ended}, return_when=asyncio.FIRST_COMPLETED)
        assert not ended.done()
    else:
        async with asyncio.timeout(LONG):
            assert isinstance(await ended, ice.ConnectionClosed)
    checking.cancel()
    await asyncio.wait({checking})
    for connection in (one, other):
        connection._query_consent_task = None
        await connection.close()
    ended.cancel()
    often.cancel()


async def test_a_dead_path_is_noticed_after_all(monkeypatch: pytest.MonkeyPatch) -> None:
    guards.install()
    one, other = await ice_pair()
    monkeypatch.setattr(ice, "CONSENT_INTERVAL", 0.01)
    monkeypatch.setattr(stun, "RETRY_RTO", 0.01)
    await other.close()
    assert one._query_consent_task is not None
    one._query_consent_task.cancel()
    async with asyncio.timeout(LONG):
        await one.query_consent()
    assert one._closed


async def test_a_dead_server_is_not_waited_for(guarded: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guards, "GATHER_S", 0.05)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        connection = aioice.Connection(ice_controlling=True, stun_server=silent.getsockname())
        before = asyncio.all_tasks()
        gathering = asyncio.create_task(connection.get_component_candidates(1, list(HERE), LONG * 2))
        done, _ = await asyncio.wait({gathering}, timeout=LONG if guarded else 0.5)
        assert bool(done) is guarded
        if guarded:
            assert [candidate.type for candidate in gathering.result()] == ["host"]
        left = asyncio.all_tasks() - before
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await connection.close()


def test_host_addresses_are_chosen_within_only(guarded: bool) -> None:
    with guards.host_addresses(["127.0.0.7"]):
        chosen = ice.get_host_addresses(True, False)
    assert (chosen == ["127.0.0.7"]) is guarded
    with guards.host_addresses(None, loopback=True):
        assert ("127.0.0.1" in ice.get_host_addresses(True, False)) is guarded
    assert "127.0.0.7" not in ice.get_host_addresses(True, False)


async def test_a_machine_without_any_network_still_has_itself(guarded: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    loopback = ifaddr.Adapter("lo", "lo", [ifaddr.IP("127.0.0.1", 8, "lo"), ifaddr.IP(("::1", 0, 0), 128, "lo")])
    monkeypatch.setattr(ifaddr, "get_adapters", lambda: [loopback])
    connection = aioice.Connection(ice_controlling=True)
    await connection.gather_candidates()
    assert [each.host for each in connection.local_candidates] == (["127.0.0.1"] if guarded else [])
    await connection.close()


def test_an_address_that_holds_on_one_cable_only(guarded: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    cable = ifaddr.Adapter("cable", "cable", [ifaddr.IP(("fe80::3", 0, 3), 64, "cable")])
    monkeypatch.setattr(ifaddr, "get_adapters", lambda: [cable])
    monkeypatch.setattr("p2pchat_tui.transport.cable.can_bind", lambda _: True)
    assert ice.get_host_addresses(True, True) == (["fe80::3%3"] if guarded else [])
    assert ice.get_host_addresses(True, False) == (["127.0.0.1"] if guarded else [])


async def test_two_windows_of_a_machine_without_any_network(guarded: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    loopback = ifaddr.Adapter("lo", "lo", [ifaddr.IP("127.0.0.1", 8, "lo"), ifaddr.IP(("::1", 0, 0), 128, "lo")])
    monkeypatch.setattr(ifaddr, "get_adapters", lambda: [loopback])
    one, other = Watched(Mesh()), Watched(Mesh())
    if not guarded:
        guards.remove()
    try:
        if guarded:
            link = await connect(one, other)
            assert one.transport.path(link) is Path.LAN
        else:
            assert candidates(await one.transport.offer(new_link())) == []
    finally:
        await one.close()
        await other.close()


# ----------------------------------------------------------------------------------------------------------- DTLS


async def test_a_part_of_the_handshake_that_is_lost_is_said_again_soon(
    guarded: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost: set[Any] = set()
    waited = 0
    send, clock = ice.Connection.send, SSL.Connection.DTLSv1_handle_timeout

    async def first_is_lost(self: ice.Connection, data: bytes) -> None:
        if self in lost:
            await send(self, data)
        lost.add(self)

    def handle_timeout(self: Any) -> Any:
        nonlocal waited
        waited += 1
        return clock(self)

    monkeypatch.setattr(ice.Connection, "send", first_is_lost)
    monkeypatch.setattr(SSL.Connection, "DTLSv1_handle_timeout", handle_timeout)
    monkeypatch.setattr(flights, "AGAIN_S", 0.02)
    one, other = Watched(Mesh((), HERE)), Watched(Mesh((), HERE))
    if not guarded:
        monkeypatch.setattr(dtls.RTCDtlsTransport, "_do_handshake", inspect.unwrap(dtls.RTCDtlsTransport._do_handshake))
    try:
        await connect(one, other)
        assert len(lost) == 2
        assert bool(waited) is not guarded
    finally:
        await one.close()
        await other.close()


# ----------------------------------------------------------------------------------------------------------- SCTP


class Wide(int):
    """A gap's end that tells when somebody counts up to it."""

    counted = 0

    def __add__(self, other: int) -> int:
        Wide.counted += 1
        return 1  # do not really count


@pytest.fixture
async def association() -> AsyncIterator[Any]:
    """An SCTP transport that is not connected to anything."""
    pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    pc.createDataChannel("chat", negotiated=True, id=0)
    assert pc.sctp is not None
    pc.sctp._remote_port = 5000
    yield pc.sctp
    await pc.close()


async def test_gaps_beyond_what_was_sent_are_not_counted(association: Any, guarded: bool) -> None:
    chunk = sctp.SackChunk()
    chunk.cumulative_tsn = association._last_sacked_tsn
    chunk.gaps = [(0, Wide(65535))] * 270
    Wide.counted = 0
    await association._receive_sack_chunk(chunk)
    assert Wide.counted == (0 if guarded else 270)


@pytest.mark.parametrize(
    ("gaps", "span", "kept"),
    [
        ([(2, 3), (5, 5)], 9, [(2, 3), (5, 5)]),
        ([(2, 9)], 9, [(2, 9)]),
        ([(2, 10)], 9, []),
        ([(5, 5), (2, 3)], 9, [(5, 5)]),
        ([(2, 4), (4, 6)], 9, [(2, 4)]),
        ([(4, 2)], 9, []),
        ([(0, 1)], 9, []),
        ([], 0, []),
    ],
)
def test_plausible_gaps(gaps: list[tuple[int, int]], span: int, kept: list[tuple[int, int]]) -> None:
    assert list(guards._plausible(gaps, span)) == kept


async def test_an_acknowledgement_of_what_was_never_sent_is_ignored(association: Any) -> None:
    guards.install()
    chunk = sctp.SackChunk()
    chunk.cumulative_tsn = (association._local_tsn + 5) % sctp.SCTP_TSN_MODULO
    before = association._last_sacked_tsn
    await association._receive_sack_chunk(chunk)
    assert association._last_sacked_tsn == before


async def test_a_malformed_packet_ends_the_link_in_order(association: Any, guarded: bool) -> None:
    init = bytes(sctp.InitChunk())
    header = struct.pack("!HHL", 5000, 5000, 0)
    packet = header + struct.pack("<L", sctp.crc32c(header + bytes(4) + init + init)) + init + init
    with pytest.raises(ConnectionError if guarded else AssertionError):
        await association._handle_data(packet)


async def test_messages_that_never_end_are_bounded(association: Any, guarded: bool) -> None:
    association._last_received_tsn = 0
    association._send_sack = _nothing
    ended = False
    for tsn in range(1, 31):
        chunk = sctp.DataChunk(flags=sctp.SCTP_DATA_FIRST_FRAG if tsn == 1 else 0)
        chunk.tsn, chunk.user_data = tsn, bytes(60_000)
        packet = sctp.serialize_packet(5000, 5000, association._local_verification_tag, chunk)
        try:
            await association._handle_data(packet)
        except ConnectionError:
            ended = True
            break
    assert ended is guarded


async def _nothing() -> None:
    return None


async def test_a_packet_without_a_connection_is_a_lost_packet(association: Any, guarded: bool) -> None:
    if guarded:
        await association._send_chunk(sctp.HeartbeatChunk())
    else:
        with pytest.raises(ConnectionError):
            await association._send_chunk(sctp.HeartbeatChunk())
