"""The relay's client over a real relay, and over everything that is none."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from websockets.asyncio.server import ServerConnection
from websockets.asyncio.server import serve as serve_websocket
from websockets.frames import Close

from p2pchat_tui.ports.ice import IceServer
from p2pchat_tui.ports.signaling import IceServersOffered, SessionGone, SessionSeen, SignalingState, StateChanged
from p2pchat_tui.signaling import client_socket, protocol
from p2pchat_tui.signaling.client import Backoff, RelayClient
from p2pchat_tui.signaling.limits import Limits
from p2pchat_tui.signaling.relay import Relay
from p2pchat_tui.ssc.ids import RoomId, SessionId
from tests.contracts.signaling import OPEN, ROOM, Listener, SignalingContract, listening, meeting, session_id
from tests.machine import free_port
from tests.signaling.certificate import write_certificate

QUICK = Backoff(first_s=0.02, most_s=0.1)
NEVER = Backoff(first_s=1000.0, most_s=1000.0)


def client(
    url: str,
    number: int = 1,
    *,
    resume: bytes | None = None,
    backoff: Backoff = QUICK,
    trust: ssl.SSLContext | None = None,
    room: RoomId = ROOM,
) -> RelayClient:
    secret = resume or bytes([number]) * 16
    session = session_id(number)
    return RelayClient(url, room, session, secret, jitter=lambda: 0.5, backoff=backoff, ssl=trust)


async def detail(url: str, *, trust: ssl.SSLContext | None = None) -> str:
    """What is said when `url` is tried once."""
    listener = Listener(client(url, backoff=NEVER, trust=trust))
    await listener.signaling.open()
    lost = await listener.until_lost()
    await listener.end()
    assert lost.retry_ms == 750_000
    assert "\n" not in lost.detail and lost.detail.isprintable()
    return lost.detail


class RelayWorld:
    def __init__(self, relay: Relay) -> None:
        self.relay = relay

    def make(self, session: SessionId, room: RoomId = ROOM) -> RelayClient:
        return client(self.relay.url, session[0], room=room)

    async def interrupt(self) -> None:
        await self.relay.stop()
        await self.relay.start()


class TestContract(SignalingContract):
    @pytest.fixture
    async def world(self) -> AsyncIterator[RelayWorld]:
        async with Relay(port=free_port()) as relay:
            yield RelayWorld(relay)


# --------------------------------------------------------------------------------------- what is told


async def test_nothing_listens() -> None:
    assert "Nothing listens" in await detail(f"ws://127.0.0.1:{free_port()}")


async def test_a_web_server_is_no_relay() -> None:
    async with Relay() as relay:
        assert "HTTP 404" in await detail(f"ws://127.0.0.1:{relay.port}/elsewhere")
        assert "HTTP 200" in await detail(f"ws://127.0.0.1:{relay.port}/healthz")


async def test_a_full_relay_says_so() -> None:
    async with Relay(limits=Limits(loopback_sockets=0)) as relay:
        assert "full" in await detail(relay.url)


async def test_something_that_is_no_http() -> None:
    async def mumble(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail ready\r\n")
        writer.close()

    server = await asyncio.start_server(mumble, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        assert "not like a relay" in await detail(f"ws://127.0.0.1:{port}")


async def test_a_redirect_is_not_followed() -> None:
    asked: list[str] = []

    async def redirect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.readline()).decode())
        writer.write(b"HTTP/1.1 302 Found\r\nLocation: /ws2\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(redirect, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        assert "HTTP 302" in await detail(f"ws://127.0.0.1:{port}")
    assert asked == ["GET /ws HTTP/1.1\r\n"]


async def test_tls_that_fits_and_tls_that_does_not(tmp_path: Path) -> None:
    certificate, key = write_certificate(tmp_path, "localhost")
    own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    own.load_cert_chain(certificate, key)
    async with Relay(ssl=own) as relay:
        trusting = ssl.create_default_context(cafile=str(certificate))
        url = f"wss://localhost:{relay.port}"
        async with listening(client(url, 1, trust=trusting), client(url, 2, trust=trusting)) as [one, _]:
            await one.until_heard(SessionSeen(session_id(2)))
        assert "certificate" in await detail(url)
        assert "certificate" in await detail(f"wss://127.0.0.1:{relay.port}", trust=trusting)
        wrong = await detail(f"ws://127.0.0.1:{relay.port}")
        assert "ws:// or wss://" in wrong


async def test_a_port_without_tls() -> None:
    async def complain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        while await reader.read(4096):
            pass
        writer.close()

    server = await asyncio.start_server(complain, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        assert "does not speak TLS" in await detail(f"wss://127.0.0.1:{port}")


async def _speak(frame: bytes | None) -> str:
    """What is said of a WebSocket server that answers `join` with `frame`."""

    async def serve(connection: ServerConnection) -> None:
        await connection.recv()
        if frame is not None:
            await connection.send(frame, text=True)
        await connection.wait_closed() if frame is not None else await connection.close(1001)

    async with serve_websocket(serve, "127.0.0.1", 0) as server:
        return await detail(f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}")


async def test_a_websocket_that_is_no_relay() -> None:
    assert "language" in await _speak(b'{"hello":1}')


async def test_a_relay_of_another_version() -> None:
    assert "p2pchat is too old" in await _speak(b'{"t":"welcome","v":2,"people":[]}')
    assert "relay at" in await _speak(b'{"t":"welcome","v":0,"peers":[]}')


async def test_a_refusal_is_shown_clean() -> None:
    said = await _speak(protocol.encode(protocol.Refused("no-idea", "go \x1b[2Jaway\u202e\nnow")))
    assert said.endswith("refuses: go \u241b[2Jaway now")
    assert "as many people" in await _speak(protocol.encode(protocol.Refused("room-full", "")))


async def test_a_relay_that_ends() -> None:
    assert "shutting down" in await _speak(None)


# ----------------------------------------------------------------------------------- how it behaves


async def test_servers_are_offered_and_hidden_in_repr() -> None:
    servers = (IceServer("turn:127.0.0.1:3478?transport=udp", "1700000000:x", "topsecret"),)
    async with Relay(ice=lambda: servers) as relay, listening(client(relay.url)) as [one]:
        await one.until_heard(IceServersOffered(servers))
        assert "topsecret" not in repr(one.heard)
        assert "01" * 16 not in repr(one.signaling)


async def test_it_waits_longer_each_time_and_can_be_hurried() -> None:
    backoff = Backoff(first_s=0.25, most_s=30.0)
    waits = [backoff.delay_s(failures, 1.0) for failures in range(1, 12)]
    assert waits[:4] == [0.25, 0.5, 1.0, 2.0] and waits[-1] == 30.0
    assert backoff.delay_s(1, 0.0) == 0.125 and backoff.delay_s(10**6, 0.0) == 15.0
    port = free_port()
    one = Listener(client(f"ws://127.0.0.1:{port}", backoff=NEVER))
    await one.signaling.open()
    await one.until_lost()
    async with Relay("127.0.0.1", port):
        assert isinstance(one.signaling, RelayClient)
        one.signaling.retry_now()
        await one.until_heard(OPEN)
        await one.end()


async def test_a_changed_network_cuts_a_connection_that_is_dead_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Relay() as relay, meeting(RelayWorld(relay), 1, 2) as [one, _]:
        one.forget()
        assert isinstance(one.signaling, RelayClient)
        one.signaling.retry_now()
        checking = one.signaling._checking
        assert checking is not None
        await asyncio.wait({checking})
        assert one.of(StateChanged) == [], "it answered, so it stands"
        monkeypatch.setattr("p2pchat_tui.signaling.client_socket._is_own", lambda address: False)
        one.signaling.retry_now()
        await one.until_lost()
        await one.until_heard(SessionSeen(session_id(2)))


async def test_a_relay_that_does_not_answer_a_changed_network_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("p2pchat_tui.signaling.client_socket.ALIVE_S", 0.05)
    async with Relay() as relay, listening(client(relay.url)) as [one]:
        assert isinstance(one.signaling, RelayClient) and one.signaling._socket is not None
        for connection in relay._sockets:
            connection.transport.pause_reading()
        one.signaling.retry_now()
        await one.until_lost()


async def test_an_attempt_under_way_begins_anew_when_the_network_changed() -> None:
    once, twice = asyncio.Event(), asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        (twice if once.is_set() else once).set()
        await reader.read()
        writer.close()

    async with await asyncio.start_server(silent, "127.0.0.1", 0) as server:
        one = Listener(client(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}", backoff=NEVER))
        await one.signaling.open()
        async with asyncio.timeout(10):
            await once.wait()
            for _ in range(4):  # as a person and the transport may, while the first is still being heeded
                one.signaling.retry_now()
                await asyncio.sleep(0)
            await twice.wait()
        await one.end()


def test_own_addresses_are_told_from_others() -> None:
    assert client_socket._is_own("127.0.0.1")
    assert not client_socket._is_own("192.0.2.7")


async def test_states_come_in_order_for_ever() -> None:
    port = free_port()
    one = Listener(client(f"ws://127.0.0.1:{port}"))
    await one.signaling.open()
    await one.until(lambda heard: len(heard) >= 8)
    states = [state.state for state in one.of(StateChanged)][:8]
    assert states == [SignalingState.CONNECTING, SignalingState.LOST] * 4
    async with Relay("127.0.0.1", port):
        await one.until_heard(OPEN)
        await one.end()


async def test_who_left_while_we_were_away_is_reported_gone() -> None:
    async with Relay(port=free_port()) as relay, meeting(RelayWorld(relay), 1, 2) as [one, two]:
        one.forget()
        await relay.stop()
        await one.until_lost()
        await two.end()
        await relay.start()
        await one.until_heard(SessionGone(session_id(2)))
        assert not one.of(SessionSeen)


async def test_it_comes_back_to_a_relay_that_restarts_when_it_was_told_to() -> None:
    port = free_port()
    relay = Relay("127.0.0.1", port)
    await relay.start()
    async with listening(client(relay.url, backoff=NEVER)) as [one]:
        one.forget()
        await relay.drain(lambda: 0.0)
        lost = await one.until_lost()
        assert "restarted" in lost.detail and lost.retry_ms == 500
        async with Relay("127.0.0.1", port):
            await one.until_heard(OPEN)


@pytest.mark.parametrize(
    ("code", "reason", "wait"),
    [
        (1012, "2500", 2.5),
        (1012, "9" * 50, 60.0),
        (1012, "", None),
        (1012, "-1", None),
        (1012, "²", None),
        (1001, "5", None),
    ],
)
def test_what_counts_as_such_a_word(code: int, reason: str, wait: float | None) -> None:
    assert protocol.wait_asked(Close(code, reason)) == wait
    assert protocol.wait_asked(None) is None


async def test_the_traffic_is_counted() -> None:
    async with Relay() as relay, meeting(RelayWorld(relay), 1, 2) as [one, two]:
        assert isinstance(one.signaling, RelayClient)
        before = one.signaling.traffic
        assert before.frames == 3  # join, welcome, seen
        assert before.bytes > 300  # with the handshake
        one.signaling.send(session_id(2), bytes(300))
        await two.until(lambda _: bool(two.signals()))
        wire = one.signaling.traffic
        assert wire.frames == 4 and 400 < wire.bytes - before.bytes < 600
        assert one.signaling._socket is not None
        await (await one.signaling._socket.ping(b"1234"))
        keep_alive = one.signaling.traffic
        assert (keep_alive.frames, keep_alive.bytes - wire.bytes) == (4, 2 + 4 + 4 + 2 + 4)


async def test_more_signals_than_the_queue_holds_are_dropped() -> None:
    async with Relay() as relay, meeting(RelayWorld(relay), 1, 2) as [one, two]:
        client = one.signaling
        assert isinstance(client, RelayClient)
        for _ in range(30):
            client.send(session_id(2), bytes(16 * 1024))
        await two.until(lambda _: bool(two.signals()) and not client._outbox)
        client.send(session_id(2), b"last")
        await two.until(lambda _: (session_id(1), b"last") in two.signals())
        assert 5 < len(two.signals()) < 20
        await one.end()
        client.send(session_id(2), b"x")
        assert not client._outbox


async def test_wrong_resume_secrets_are_a_mistake() -> None:
    for length in (1, 15, 33):
        with pytest.raises(ValueError, match="resume"):
            client("ws://127.0.0.1:1", resume=bytes(length))


async def test_failures_stay_out_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    await detail(f"ws://127.0.0.1:{free_port()}")
    await _speak(b"garbage")
    assert not [record for record in caplog.records if record.name.startswith("p2pchat_tui")]
