"""The relay against clients that are wrong, slow, greedy or somebody else."""

from __future__ import annotations

import asyncio
import base64
import logging
import socket
from contextlib import AsyncExitStack
from itertools import count

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus

from p2pchat_tui.signaling.limits import LOOPBACK, Limits, address_key, frame_cost
from p2pchat_tui.signaling.protocol import CLOSE_REFUSED, CLOSE_REPLACED, CLOSE_RESTART, FRAME_MAX, VERSION, Refusal
from p2pchat_tui.signaling.relay import COME_BACK_PER_S, COME_BACK_S, Relay, serve
from p2pchat_tui.ssc.rate import TokenBucket
from tests.machine import free_port
from tests.signaling.raw import PATIENCE_S, ROOM, dial, ending, hear, http, join, joined, sid, signal
from tests.signaling.recording import RecordingRelay


@pytest.fixture(autouse=True)
def quiet_log(caplog: pytest.LogCaptureFixture) -> object:
    """Whatever clients do, the relay's log stays free of warnings, errors and ids."""
    caplog.set_level(logging.INFO)
    yield
    for record in caplog.get_records("call"):
        if record.name.startswith(("p2pchat_tui", "websockets", "asyncio")):
            assert record.levelno <= logging.INFO, record.getMessage()
            assert not record.name.endswith(".websockets"), "the library talks at debug level alone"
            assert ROOM not in record.getMessage()


async def until_sockets(relay: Relay, number: int) -> None:
    """Wait until so many sockets are left, as /metrics shows it (its own included)."""
    async with asyncio.timeout(PATIENCE_S):
        while f"p2pchat_relay_sockets {number + 1}\n" not in (await http(relay, "/metrics"))[1]:
            pass


# -------------------------------------------------------------------------------------------- pages


async def test_pages() -> None:
    async with Relay() as relay, joined(relay, 1) as one, joined(relay, 2):
        assert await hear(one) == {"t": "seen", "session": sid(2)}
        assert await http(relay, "/healthz") == (200, "ok p2pchat-relay 1\n")
        assert (await http(relay, "/"))[0] == 404
        assert (await http(relay, "/ws/x"))[0] == 404
        assert (await http(relay, "/ws"))[0] == 426
        await one.send(signal(2, bytes(100)), text=True)
        await one.send(b"garbage", text=True)
        assert await ending(one) == ("bad-frame", CLOSE_REFUSED)
        status, page = await http(relay, "/metrics?x=1")
        assert status == 200
        assert "p2pchat_relay_rooms 1\n" in page
        assert "p2pchat_relay_forwarded_frames_total 1\n" in page
        assert "p2pchat_relay_forwarded_bytes_total 100\n" in page
        assert 'p2pchat_relay_refused_total{reason="bad-frame"} 1\n' in page
        assert 'p2pchat_relay_refused_total{reason="room-full"} 0\n' in page
        assert ROOM not in page and sid(2) not in page


async def test_a_room_leaves_nothing_behind() -> None:
    async with Relay() as relay:
        async with joined(relay, 1), joined(relay, 2, room="0e" * 16):
            assert "p2pchat_relay_rooms 2\n" in (await http(relay, "/metrics"))[1]
        await until_sockets(relay, 0)
        assert "p2pchat_relay_rooms 0\n" in (await http(relay, "/metrics"))[1]
        assert not relay._rooms._rooms_of and not relay._rooms._rooms


async def test_web_pages_are_turned_away_where_asked() -> None:
    async with Relay(browsers=False) as relay, Relay() as public:
        with pytest.raises(InvalidStatus, match="403"):
            async with dial(relay, origin="https://example.org"):
                pass
        async with dial(relay), dial(public, origin="https://example.org"):
            pass


# -------------------------------------------------------------------------------------- wrong frames


@pytest.mark.parametrize(
    ("first", "code"),
    [
        (b"garbage", "bad-frame"),
        (b"\xff\xff", "bad-frame"),
        (signal(2, b"too early"), "bad-frame"),
        (b'{"t":"join","v":0}', "too-old"),
        (b'{"t":"join","v":%d}' % (VERSION + 1), "too-new"),
    ],
)
async def test_a_wrong_first_frame(first: bytes, code: str) -> None:
    async with Relay() as relay, dial(relay) as one:
        await one.send(first)
        assert await ending(one) == (code, CLOSE_REFUSED)


async def test_a_second_join_is_refused() -> None:
    async with Relay() as relay, joined(relay, 1) as one:
        await one.send(join(1), text=True)
        assert await ending(one) == ("bad-frame", CLOSE_REFUSED)


async def test_a_frame_that_is_too_long_ends_only_its_sender() -> None:
    async with Relay() as relay, joined(relay, 1) as one, joined(relay, 2) as two:
        await two.send(b" " * (FRAME_MAX + 1), text=True)
        assert await ending(two) == (None, 1009)
        assert await hear(one) == {"t": "seen", "session": sid(2)}
        assert await hear(one) == {"t": "gone", "session": sid(2)}
        assert relay.counts.refused[Refusal.TOO_LONG] == 1


async def test_who_never_joins_is_sent_away() -> None:
    async with Relay(limits=Limits(join_s=0.05)) as relay, dial(relay) as one:
        assert await ending(one) == ("late", CLOSE_REFUSED)


async def test_who_never_shakes_hands_is_cut() -> None:
    async with Relay(limits=Limits(handshake_s=0.05)) as relay:
        reader, writer = await asyncio.open_connection("127.0.0.1", relay.port)
        writer.write(b"GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ")
        async with asyncio.timeout(PATIENCE_S):
            with pytest.raises(ConnectionResetError):
                assert await reader.read() == b""
                raise ConnectionResetError
        writer.close()
        await until_sockets(relay, 0)


# -------------------------------------------------------------------------------------------- bounds


async def test_a_full_room() -> None:
    async with (
        Relay(limits=Limits(peers_per_room=2)) as relay,
        joined(relay, 1),
        joined(relay, 2),
        joined(relay, 3, room="0e" * 16),
        dial(relay) as four,
    ):
        await four.send(join(4), text=True)
        assert await ending(four) == ("room-full", CLOSE_REFUSED)
        async with joined(relay, 2):
            pass  # a session that comes back takes its own place


async def test_rooms_in_all_and_for_one_address() -> None:
    for limits, code in ((Limits(rooms=1), "relay-full"), (Limits(loopback_rooms=1), "address-full")):
        async with Relay(limits=limits) as relay, joined(relay, 1), joined(relay, 2), dial(relay) as three:
            await three.send(join(3, room="0e" * 16), text=True)
            assert await ending(three) == (code, CLOSE_REFUSED)
            assert relay.counts.refused[Refusal(code)] == 1


@pytest.mark.parametrize(
    ("limits", "reason"),
    [(Limits(loopback_sockets=2), Refusal.ADDRESS_FULL), (Limits(sockets=2), Refusal.RELAY_FULL)],
)
async def test_sockets_for_one_address_and_in_all(limits: Limits, reason: Refusal) -> None:
    async with Relay(limits=limits) as relay:
        async with joined(relay, 1), joined(relay, 2):
            with pytest.raises(InvalidStatus, match="503"):
                async with dial(relay):
                    pass
            assert relay.counts.refused[reason] == 1
            assert (await http(relay, "/healthz"))[0] == 200
        await until_sockets(relay, 0)
        async with joined(relay, 3):
            pass


async def test_far_too_many_sockets_are_cut_unheard() -> None:
    async with Relay(limits=Limits(sockets=2)) as relay, AsyncExitStack() as stack:
        for _ in range(4):
            _, writer = await asyncio.open_connection("127.0.0.1", relay.port)
            stack.callback(writer.close)
        reader, writer = await asyncio.open_connection("127.0.0.1", relay.port)
        stack.callback(writer.close)
        async with asyncio.timeout(PATIENCE_S):
            with pytest.raises(ConnectionResetError):
                assert await reader.read() == b""
                raise ConnectionResetError


async def test_who_sends_too_fast_is_sent_away() -> None:
    limits = Limits(frames_per_s=0.0, frames_burst=20.0, close_s=0.2)
    async with Relay(limits=limits) as relay, joined(relay, 1) as one, joined(relay, 2) as two:
        for _ in range(30):
            await two.send(signal(1, b"x"), text=True)
        assert await ending(two) == ("too-fast", CLOSE_REFUSED)
        assert await hear(one) == {"t": "seen", "session": sid(2)}
        heard = []
        while (frame := await hear(one))["t"] != "gone":
            heard.append(frame["t"])
        # `join` took a token; what came in one piece with the last straw is not forwarded any more.
        assert set(heard) <= {"signal"} and len(heard) <= 19


async def test_a_flood_of_pings_is_cut_short() -> None:
    limits = Limits(frames_per_s=0.0, frames_burst=100.0, close_s=0.2)
    async with Relay(limits=limits) as relay, joined(relay, 1) as one:
        # Empty pings, masked with zeros, as fast as the socket takes them.
        one.transport.write(b"\x89\x80\x00\x00\x00\x00" * 50_000)
        assert (await ending(one))[0] in ("too-fast", None)
        assert relay.counts.refused[Refusal.TOO_FAST] == 1


def test_the_token_bucket() -> None:
    bucket = TokenBucket(rate=2.0, burst=3.0, now=10.0)
    assert [bucket.take(1.0, 10.0) for _ in range(4)] == [True, True, True, False]
    assert not bucket.take(1.0, 10.4) and bucket.take(1.0, 10.5)
    assert not bucket.take(3.5, 1000.0) and bucket.take(3.0, 1000.0)
    assert (frame_cost(0), frame_cost(5000), frame_cost(22_000)) == (1.0, 2.0, 6.0)


@pytest.mark.parametrize(
    ("host", "key"),
    [
        ("127.0.0.1", LOOPBACK),
        ("127.9.9.9", LOOPBACK),
        ("::1", LOOPBACK),
        ("::ffff:127.0.0.1", LOOPBACK),
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "20010db800010002"),
        ("fe80::1%eth0", "fe80000000000000"),
        ("?", "unknown"),
    ],
)
def test_what_counts_as_one_address(host: str, key: str) -> None:
    assert address_key(host) == key


def test_this_machine_gets_more() -> None:
    limits = Limits()
    assert limits.sockets_of(LOOPBACK) > limits.sockets_of("192.0.2.7") == 64
    assert limits.rooms_of(LOOPBACK) > limits.rooms_of("192.0.2.7")


# --------------------------------------------------------------------------------------- slow readers


async def test_who_does_not_read_harms_nobody() -> None:
    limits = Limits(frames_per_s=1e9, frames_burst=1e9, close_s=0.1)
    chunk, total = 16 * 1024, 600
    async with Relay(limits=limits) as relay, joined(relay, 1) as one, joined(relay, 2) as two:
        slow_socket = socket.socket()
        slow_socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow_socket.setblocking(False)
        await asyncio.get_running_loop().sock_connect(slow_socket, ("127.0.0.1", relay.port))
        async with dial(relay, sock=slow_socket, max_queue=1, ping_interval=None) as slow:
            await slow.send(join(3), text=True)
            assert (await hear(slow))["t"] == "welcome"
            slow.transport.pause_reading()
            got = asyncio.create_task(_collect(two, total))
            for number in range(total):
                await one.send(signal(3, bytes(chunk)), text=True)
                await one.send(signal(2, number.to_bytes(4, "big") + bytes(chunk - 4)), text=True)
            async with asyncio.timeout(PATIENCE_S * 2):
                frames = await got
            numbers = [int.from_bytes(data[:4], "big") for data in frames]
            assert numbers == list(range(total))
            assert relay.counts.refused[Refusal.TOO_SLOW] == 1
            slow.transport.abort()
        # What it left unread was let go when the bound was reached: most was never forwarded at all.
        assert relay.counts.forwarded < total + total // 2


async def _collect(connection: ClientConnection, number: int) -> list[bytes]:
    frames: list[bytes] = []
    while len(frames) < number:
        frame = await hear(connection)
        if frame["t"] == "signal":
            frames.append(base64.b64decode(frame["data"]))
    return frames


async def test_a_slow_reader_that_wakes_up_is_told_1013() -> None:
    limits = Limits(frames_per_s=1e9, frames_burst=1e9, queue_bytes=64 * 1024, close_s=PATIENCE_S)
    async with Relay(limits=limits) as relay, joined(relay, 1) as one, joined(relay, 2) as two:
        two.transport.pause_reading()
        for _ in count():
            if relay.counts.refused[Refusal.TOO_SLOW]:
                break
            await one.send(signal(2, bytes(16 * 1024)), text=True)
        two.transport.resume_reading()
        assert await ending(two) == (None, 1013)


# ------------------------------------------------------------------------------------- whose session


async def test_a_stranger_cannot_take_a_session() -> None:
    async with Relay() as relay, joined(relay, 1) as one, joined(relay, 2) as two:
        assert await hear(one) == {"t": "seen", "session": sid(2)}
        async with dial(relay) as thief:
            await thief.send(join(2, resume="ee" * 32), text=True)
            assert await ending(thief) == ("session-taken", CLOSE_REFUSED)
        await one.send(signal(2, b"still you"), text=True)
        assert (await hear(two))["data"] == base64.b64encode(b"still you").decode()


async def test_a_session_takes_its_own_place_quietly() -> None:
    async with Relay() as relay, joined(relay, 1) as one, joined(relay, 2) as stale:
        assert await hear(one) == {"t": "seen", "session": sid(2)}
        async with dial(relay) as fresh:
            await fresh.send(join(2), text=True)
            assert await hear(fresh) == {"t": "welcome", "v": VERSION, "peers": [sid(1)], "ice": [], "ttl": 0}
            assert await ending(stale) == (None, CLOSE_REPLACED)
            await one.send(signal(2, b"to the new"), text=True)
            assert (await hear(fresh))["t"] == "signal"
            await fresh.send(signal(1, b"from the new"), text=True)
            # The very next that the other one hears: neither gone nor seen came in between.
            assert (await hear(one))["from"] == sid(2)
        assert await hear(one) == {"t": "gone", "session": sid(2)}


async def test_a_place_is_free_again_when_its_owner_has_left() -> None:
    async with Relay() as relay, joined(relay, 1) as one:
        async with joined(relay, 2):
            assert (await hear(one))["t"] == "seen"
        assert (await hear(one))["t"] == "gone"
        async with joined(relay, 2, resume="ee" * 32):
            assert (await hear(one))["t"] == "seen"


# ------------------------------------------------------------------------------------------ blindness


async def test_the_relay_hears_ids_and_sealed_bytes_and_nothing_else() -> None:
    sealed = bytes(range(256))
    async with RecordingRelay() as relay, joined(relay, 1) as one, joined(relay, 2) as two:
        assert (await hear(one))["t"] == "seen"
        await one.send(signal(2, sealed), text=True)
        assert (await hear(two))["t"] == "signal"
        assert relay.heard == [join(1), join(2), signal(2, sealed)]


async def test_debug_alone_shows_ids(caplog: pytest.LogCaptureFixture) -> None:
    async with Relay() as relay, joined(relay, 1):
        assert "listens on port" in caplog.text
        assert sid(1) not in caplog.text
        with caplog.at_level(logging.DEBUG, logger="p2pchat_tui.signaling.relay"):
            async with joined(relay, 2):
                pass
        assert sid(2) in caplog.text
        caplog.clear()


# ------------------------------------------------------------------------------------------------ end


async def test_stopping_says_goodbye() -> None:
    port = free_port()
    relay = Relay(port=port)
    await relay.start()
    async with joined(relay, 1) as one, joined(relay, 2) as two:
        assert (await hear(one))["t"] == "seen"
        await relay.stop()
        await relay.stop()
        for connection in (one, two):
            # Not even a `gone`: nobody left, the relay did.
            with pytest.raises(ConnectionClosed) as closed:
                await connection.recv()
            assert closed.value.rcvd is not None and closed.value.rcvd.code == 1001
    async with Relay(port=port):
        pass  # the port is free at once


async def test_stopping_waits_for_nobody_who_does_not_listen() -> None:
    relay = Relay(limits=Limits(close_s=0.1, frames_per_s=1e9, frames_burst=1e9))
    await relay.start()
    _, half_open = await asyncio.open_connection("127.0.0.1", relay.port)
    async with joined(relay, 1) as one, joined(relay, 2) as deaf:
        deaf.transport.pause_reading()
        for _ in range(400):
            await one.send(signal(2, bytes(16 * 1024)), text=True)
        async with asyncio.timeout(PATIENCE_S):
            await relay.stop()
        deaf.transport.abort()
    half_open.close()


# ------------------------------------------------------------------------------------------- restarts


async def test_a_restart_lets_out_what_is_under_way_and_says_when_to_come_back() -> None:
    port = free_port()
    relay = Relay(port=port)
    await relay.start()
    chances = iter((0.0, 0.5, 1.0))
    async with joined(relay, 1) as one, joined(relay, 2) as two, joined(relay, 3) as three:
        assert [(await hear(one))["session"], (await hear(one))["session"]] == [sid(2), sid(3)]
        await two.send(signal(1, b"last words"), text=True)
        await asyncio.wait_for(await two.ping(), PATIENCE_S)
        draining = asyncio.create_task(relay.drain(lambda: next(chances)))
        assert (await hear(one))["t"] == "signal"
        endings = [await ending(each) for each in (one, two, three)]
        assert endings == [(None, CLOSE_RESTART)] * 3, "nobody is told that the others have gone"
        asked = sorted(int(each.close_reason or "") for each in (one, two, three))
        spread_s = 3 / COME_BACK_PER_S
        assert asked == [round(1000 * (COME_BACK_S + part * spread_s)) for part in (0.0, 0.5, 1.0)]
        await draining
    with pytest.raises(OSError, match="Connect call failed"):
        await asyncio.open_connection("127.0.0.1", port)
    await relay.drain(lambda: 0.0)


async def test_a_restart_waits_for_nobody_who_does_not_read() -> None:
    relay = Relay(limits=Limits(close_s=0.1, frames_per_s=1e9, frames_burst=1e9))
    await relay.start()
    async with joined(relay, 1) as one, joined(relay, 2) as deaf:
        deaf.transport.pause_reading()
        for _ in range(400):
            await one.send(signal(2, bytes(16 * 1024)), text=True)
        async with asyncio.timeout(PATIENCE_S):
            await relay.drain(lambda: 0.5)
        deaf.transport.abort()


async def test_serve_until_cancelled() -> None:
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(serve("127.0.0.1", 0, on_ready=ready.set_result))
    url = await ready
    assert url.startswith("ws://127.0.0.1:") and url.endswith("/ws")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_port_that_is_taken() -> None:
    async with Relay() as relay:
        with pytest.raises(OSError, match="in use"):
            await serve("127.0.0.1", relay.port)
