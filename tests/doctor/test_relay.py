"""What `doctor` tells of relays: each fault from a real server on 127.0.0.1 that has it."""

from __future__ import annotations

import asyncio
import os
import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve

from p2pchat_tui.doctor import visit as visiting
from p2pchat_tui.doctor.findings import Finding, Status
from p2pchat_tui.doctor.relay import judge_clock, judge_relay, judge_room
from p2pchat_tui.doctor.visit import Visit, visit
from p2pchat_tui.ports.ice import IceServer
from p2pchat_tui.ports.signaling import SessionSeen
from p2pchat_tui.signaling.client import RelayClient
from p2pchat_tui.signaling.limits import Limits
from p2pchat_tui.signaling.relay import Relay
from p2pchat_tui.ssc.ids import LinkId, SessionId
from p2pchat_tui.ssc.room import RoomKeys, room_keys
from p2pchat_tui.ssc.seal import Signal, SignalKind, seal
from tests.contracts.signaling import OPEN
from tests.helpers import identity
from tests.machine import free_port
from tests.signaling.certificate import write_certificate

KEYS = room_keys(b"secret of a test")
OTHERS = RoomKeys(KEYS.room, b"s" * 32, b"b" * 32)
"""Keys of somebody in the same room who seals with another key."""


def wall_ms() -> int:
    return time.time_ns() // 1_000_000


async def look(url: str, keys: RoomKeys | None = KEYS, trust: ssl.SSLContext | None = None) -> Visit:
    return await visit(url, keys, chance=os.urandom, wall_ms=wall_ms, trust=trust)


async def code(url: str, trust: ssl.SSLContext | None = None) -> str:
    """What is found at `url`, with the next step beside it."""
    finding = judge_relay(await look(url, trust=trust))
    assert finding.check == "relay" and finding.what.endswith(".")
    if finding.code != "ok":
        assert finding.status is Status.FAIL and finding.do
    return finding.code


@asynccontextmanager
async def fake(*frames: str, date: str | None = None, listen: bool = True) -> AsyncIterator[str]:
    """The URL of something that answers `join` with these frames."""

    async def talk(socket: ServerConnection) -> None:
        if listen:
            await socket.recv()
        for frame in frames:
            await socket.send(frame)
        await socket.wait_closed()

    def dated(_: ServerConnection, __: Any, response: Any) -> None:
        if date is not None:
            del response.headers["Date"]
            response.headers["Date"] = date

    async with serve(talk, "127.0.0.1", 0, process_response=dated) as server:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/ws"


@asynccontextmanager
async def plain(answer: bytes) -> AsyncIterator[str]:
    """The host and port of something that says `answer` to whatever is said."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    try:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


def url(running: Relay, scheme: str = "ws") -> str:
    return f"{scheme}://127.0.0.1:{running.port}/ws"


# ---------------------------------------------------------------------------------------------------------- reaching


async def test_a_relay_that_works() -> None:
    server = IceServer("stun:127.0.0.1:3478")
    async with Relay(ice=[server]) as running:
        seen = await look(url(running))
        assert judge_relay(seen).status is Status.OK
        assert seen.servers == (server,) and seen.others == 0
        assert judge_clock([seen]).code == "ok"


async def test_nothing_listens() -> None:
    assert await code(f"ws://127.0.0.1:{free_port()}/ws") == "relay-unreachable"


async def test_somebody_takes_the_connection_and_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visiting, "ARRIVE_S", 0.2)
    async with fake() as silent:
        assert await code(silent) == "relay-unreachable"


async def test_it_refuses() -> None:
    async with Relay(limits=Limits(rooms=0)) as full:
        assert await code(url(full)) == "relay-refuses"


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        ('{"t":"welcome","v":0,"peers":[]}', "relay-old"),
        ('{"t":"welcome","v":2,"peers":[]}', "program-old"),
        ('{"t":"refused","code":"too-old","text":"x"}', "program-old"),
        ('{"t":"refused","code":"too-new","text":"x"}', "relay-old"),
        ('{"t":"refused","code":"tomorrow","text":"come back \\u001b[2J tomorrow"}', "relay-refuses"),
        ('{"hello":"world"}', "no-relay"),
        ("garbage", "no-relay"),
    ],
)
async def test_versions_and_refusals(frame: str, expected: str) -> None:
    async with fake(frame) as there:
        assert await code(there) == expected


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "no-relay"),
        (b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", "relay-refuses"),
        (b"HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.2:1/\r\nContent-Length: 0\r\n\r\n", "no-relay"),
        (b"220 smtp.example.org ESMTP\r\n", "no-relay"),
        (b"", "no-relay"),
    ],
)
async def test_other_servers(answer: bytes, expected: str) -> None:
    async with plain(answer) as place:
        assert await code(f"ws://{place}/ws") == expected


# --------------------------------------------------------------------------------------------------------------- TLS


@asynccontextmanager
async def secured(
    folder: Path, name: str = "localhost", days: tuple[int, int] = (-1, 1), *, for_clients: bool = False
) -> AsyncIterator[tuple[Relay, Path]]:
    certificate, key = write_certificate(folder, name, days, for_clients=for_clients)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    async with Relay(ssl=context) as running:
        yield running, certificate


def at(running: Relay) -> str:
    return f"wss://localhost:{running.port}/ws"


async def test_a_certificate_that_is_right(tmp_path: Path) -> None:
    async with secured(tmp_path) as (running, certificate):
        assert await code(at(running), ssl.create_default_context(cafile=str(certificate))) == "ok"


async def test_a_certificate_of_nobody(tmp_path: Path) -> None:
    async with secured(tmp_path) as (running, _):
        assert await code(at(running)) == "tls-unknown-ca"


@pytest.mark.parametrize(("days", "expected"), [((-9, -2), "tls-expired"), ((2, 9), "tls-not-yet-valid")])
async def test_a_certificate_of_another_time(tmp_path: Path, days: tuple[int, int], expected: str) -> None:
    async with secured(tmp_path, days=days) as (running, certificate):
        assert await code(at(running), ssl.create_default_context(cafile=str(certificate))) == expected


async def test_a_certificate_of_another_host(tmp_path: Path) -> None:
    async with secured(tmp_path, "relay.example.org") as (running, certificate):
        assert await code(at(running), ssl.create_default_context(cafile=str(certificate))) == "tls-wrong-host"


async def test_a_certificate_for_something_else(tmp_path: Path) -> None:
    async with secured(tmp_path, for_clients=True) as (running, certificate):
        assert await code(at(running), ssl.create_default_context(cafile=str(certificate))) == "tls-untrusted"


async def test_tls_is_spoken_where_there_is_none() -> None:
    async with Relay() as running:
        assert await code(at(running)) == "tls-none"


async def test_tls_is_not_spoken_where_it_is_wanted(tmp_path: Path) -> None:
    async with secured(tmp_path) as (running, _):
        assert await code(url(running)) == "tls-wanted"


# ------------------------------------------------------------------------------------------------------------- rooms


@asynccontextmanager
async def somebody(running: Relay, speak: Callable[[RelayClient, SessionId, SessionId], None]) -> AsyncIterator[None]:
    """Another session in the room, which says something to whoever it sees."""
    me = SessionId(b"\1" * 16)
    client = RelayClient(url(running), KEYS.room, me, b"r" * 32, jitter=lambda: 0.5)
    await client.open()
    there = asyncio.Event()

    async def follow() -> None:
        async for event in client.events():
            if event == OPEN:
                there.set()
            if isinstance(event, SessionSeen):
                speak(client, me, event.session)

    task = asyncio.create_task(follow())
    try:
        async with asyncio.timeout(10):
            await there.wait()
        yield
    finally:
        await client.close()
        await task


def offer(keys: RoomKeys) -> Callable[[RelayClient, SessionId, SessionId], None]:
    def speak(client: RelayClient, me: SessionId, to: SessionId) -> None:
        who = identity(1)
        signal = Signal(SignalKind.OFFER, LinkId(bytes(8)), who.peer, "v=0")
        client.send(to, seal(signal, who, keys, me, to, os.urandom(12)))

    return speak


def room(seen: Visit) -> Finding:
    return judge_room("orchard", "kiwi oyster elbow", [seen])


async def test_nobody_is_there() -> None:
    async with Relay() as running:
        finding = room(await look(url(running)))
        assert (finding.code, finding.status) == ("nobody", Status.WARN)
        assert "kiwi oyster elbow" in finding.do


async def test_somebody_is_there() -> None:
    async with Relay() as running, somebody(running, offer(KEYS)):
        assert room(await look(url(running))).code == "ok"


async def test_signals_do_not_open(monkeypatch: pytest.MonkeyPatch) -> None:
    hear = Visit.hear

    def hear_one(*said: Any) -> None:
        """As if the time were over once one signal came, however long that takes."""
        hear(*said)
        raise TimeoutError

    monkeypatch.setattr(Visit, "hear", hear_one)
    monkeypatch.setattr(visiting, "LISTEN_S", 30.0)
    async with Relay() as running, somebody(running, offer(OTHERS)):
        seen = await look(url(running))
        assert room(seen).code == "signals-unreadable" and "kiwi oyster elbow" in room(seen).do


async def test_nobody_introduces_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visiting, "LISTEN_S", 0.1)
    async with Relay() as running, somebody(running, lambda *_: None):
        assert room(await look(url(running))).code == "signals-missing"


def test_without_room_or_relay_nothing_is_claimed() -> None:
    assert judge_room("", "", []).code == "no-room"
    assert judge_room("orchard", "a b c", []).code == "no-relay"
    assert judge_room("orchard", "a b c", [Visit("ws://x:1/ws", "relay-unreachable")]).code == "relay-failed"


# ------------------------------------------------------------------------------------------------------------- clock


@pytest.mark.parametrize(
    ("away_s", "expected", "words"),
    [
        (0, "ok", "agrees"),
        (-100, "clock-off", "ahead of"),
        (3600 * 5, "clock-wrong", "5 hours behind"),
        (-86400 * 40, "clock-wrong", "40 days ahead of"),
    ],
)
async def test_the_clock(away_s: int, expected: str, words: str) -> None:
    async with fake('{"t":"welcome","v":1,"peers":[]}', date=formatdate(time.time() + away_s, usegmt=True)) as there:
        finding = judge_clock([await look(there)])
        assert finding.code == expected and words in finding.what


async def test_no_clock_to_compare_with() -> None:
    async with fake('{"t":"welcome","v":1,"peers":[]}', date="yesterday") as there:
        assert judge_clock([await look(there)]).code == "unknown"
    assert judge_clock([]).status is Status.SKIP
