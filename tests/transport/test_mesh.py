"""The transport over WebRTC: the contract on 127.0.0.1, and what only the real one can get wrong."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import re
import socket
from collections.abc import AsyncIterator, Iterator
from typing import Any

import ifaddr
import pytest
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription

from p2pchat_tui.ports.ice import IceServer
from p2pchat_tui.ports.transport import Channel, LinkClosed, LinkOpened, Path, Transport, TransportError
from p2pchat_tui.transport import ends, probe
from p2pchat_tui.transport.limits import INBOUND_MAX, MESSAGE_MAX
from p2pchat_tui.transport.link import CHANNEL_IDS, configuration
from p2pchat_tui.transport.loading import load_mesh
from p2pchat_tui.transport.mesh import Mesh
from tests.contracts.transport import LONG, Make, TransportContract, Watched, connect, new_link
from tests.machine import free_port

HERE = ("127.0.0.1",)


@pytest.fixture(autouse=True)
def nothing_unhandled() -> Iterator[list[dict[str, Any]]]:
    """No task of the stack may die unseen: whatever reaches the loop's exception handler fails the test."""
    unhandled: list[dict[str, Any]] = []
    original = asyncio.BaseEventLoop.call_exception_handler
    asyncio.BaseEventLoop.call_exception_handler = (  # type: ignore[method-assign]
        lambda self, context: unhandled.append(context)
    )
    yield unhandled
    gc.collect()
    asyncio.BaseEventLoop.call_exception_handler = original  # type: ignore[method-assign]
    assert unhandled == []


def open_sockets() -> int:
    """Sockets of this process."""
    return sum("socket:" in os.readlink(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd") if _is_there(fd))


def _is_there(fd: str) -> bool:
    return os.path.lexists(f"/proc/self/fd/{fd}")


class TestContract(TransportContract):
    def new(self, **options: float) -> Transport:
        return Mesh((), HERE, **options)


@pytest.fixture
async def make() -> AsyncIterator[Make]:
    made: list[Watched] = []

    def make(*args: Any, **options: Any) -> Watched:
        made.append(Watched(Mesh(*(args or ((), HERE)), **options)))
        return made[-1]

    yield make
    for watched in made:
        await watched.close()


class Foreign:
    """Another program's end of a link: plain aiortc, with whatever channels it likes."""

    def __init__(self) -> None:
        self.pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.chat = self.pc.createDataChannel("chat", negotiated=True, id=CHANNEL_IDS[Channel.CHAT])
        self.presence = self.pc.createDataChannel("presence", negotiated=True, id=CHANNEL_IDS[Channel.PRESENCE])
        self.open = asyncio.Event()
        self.chat.on("open", self.open.set)

    async def link(self, watched: Watched) -> Any:
        link = new_link()
        offer = await watched.transport.offer(link)
        await self.pc.setRemoteDescription(RTCSessionDescription(sdp=offer, type="offer"))
        await self.pc.setLocalDescription(await self.pc.createAnswer())
        await watched.transport.accept(link, self.pc.localDescription.sdp)
        await watched.opened(link)
        async with asyncio.timeout(LONG):
            await self.open.wait()
        return link


@pytest.fixture
async def foreign() -> AsyncIterator[Foreign]:
    end = Foreign()
    yield end
    await end.pc.close()


# ------------------------------------------------------------------------------------------------------- privacy


def test_no_server_is_used_unless_named() -> None:
    assert configuration(()).iceServers == []
    [server] = configuration([IceServer("turn:127.0.0.1:3478", "user", "word")]).iceServers or []
    assert (server.urls, server.username, server.credential) == ("turn:127.0.0.1:3478", "user", "word")


async def test_the_stack_is_never_left_to_its_default_server(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def default_servers(cls: Any) -> list[Any]:
        asked.append("default")
        return []

    monkeypatch.setattr("aiortc.rtcicetransport.RTCIceGatherer.getDefaultIceServers", classmethod(default_servers))
    one, other = make(), make()
    link = await connect(one, other)
    connection = one.transport._links[link]._dtls.transport._connection
    assert asked == []
    assert connection.stun_server is connection.turn_server is None


def candidates(description: str) -> list[list[str]]:
    """Address and type of every candidate."""
    return [[m[1], m[2]] for m in re.finditer(r"a=candidate:(?:\S+ ){4}(\S+) \d+ typ (\S+)", description)]


async def test_only_the_named_addresses_are_gathered(make: Make) -> None:
    assert candidates(await make((), ("127.0.0.1",)).transport.offer(new_link())) == [["127.0.0.1", "host"]]
    assert candidates(await make((), ("127.0.0.2", "127.0.0.3")).transport.offer(new_link())) == [
        ["127.0.0.2", "host"],
        ["127.0.0.3", "host"],
    ]


async def test_loopback_is_used_when_there_is_nothing_else_or_when_asked(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def only(*addresses: str) -> list[ifaddr.Adapter]:
        return [ifaddr.Adapter("x", "x", [ifaddr.IP(address, 8, "x") for address in addresses])]

    monkeypatch.setattr(ifaddr, "get_adapters", lambda: only("127.0.0.1"))
    one, other = make((), None), make((), None)
    link = await connect(one, other)
    assert one.transport.path(link) is Path.LAN
    monkeypatch.setattr(ifaddr, "get_adapters", lambda: only("127.0.0.1", "127.0.0.9"))
    assert candidates(await one.transport.offer(new_link())) == [["127.0.0.9", "host"]]
    loopback = make((), None, loopback=True)
    assert candidates(await loopback.transport.offer(new_link())) == [["127.0.0.9", "host"], ["127.0.0.1", "host"]]


async def test_names_in_candidates_are_never_looked_up(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    async def resolve(subscriber: object) -> None:
        raise AssertionError("a name was looked up")

    monkeypatch.setattr("aioice.ice.get_or_create_mdns_protocol", resolve)
    one, other = make(), make()
    link = new_link()
    offer = await one.transport.offer(link)
    named = offer.replace(
        "a=end-of-candidates", "a=candidate:1 1 udp 2130706431 abc.local 5000 typ host\r\na=end-of-candidates"
    )
    assert named != offer
    await one.transport.accept(link, await other.transport.answer(link, named))
    await other.opened(link)


# ------------------------------------------------------------------------------------------------ hostile members


async def test_a_channel_opened_by_the_other_side_ends_the_link(make: Make, foreign: Foreign) -> None:
    one = make()
    link = await foreign.link(one)
    foreign.pc.createDataChannel("surprise")
    assert "a channel that nobody asked for" in await one.closed(link)


async def test_a_message_above_the_limit_ends_the_link(make: Make, foreign: Foreign) -> None:
    one = make()
    link = await foreign.link(one)
    foreign.chat.send(bytes(MESSAGE_MAX))
    await one.received(link, 1)
    foreign.chat.send(bytes(MESSAGE_MAX + 1))
    assert "far too long" in await one.closed(link)
    assert [len(data) for data in one.data(link)] == [MESSAGE_MAX]


async def test_a_link_that_is_not_read_is_bounded(foreign: Foreign, make: Make) -> None:
    unread = Mesh((), HERE)
    link = new_link()
    offer = await unread.offer(link)
    await foreign.pc.setRemoteDescription(RTCSessionDescription(sdp=offer, type="offer"))
    await foreign.pc.setLocalDescription(await foreign.pc.createAnswer())
    await unread.accept(link, foreign.pc.localDescription.sdp)
    async with asyncio.timeout(LONG):
        await foreign.open.wait()
        gone = asyncio.Event()
        foreign.chat.on("close", gone.set)
        for _ in range(INBOUND_MAX // (MESSAGE_MAX // 2) + 20):
            foreign.chat.send(bytes(MESSAGE_MAX // 2))
        await gone.wait()
    await unread.close()
    events = [event async for event in unread.events()]
    assert events[0] == LinkOpened(link)
    assert isinstance(events[-1], LinkClosed) and "faster" in events[-1].reason
    assert 100 < len(events) <= 2 + INBOUND_MAX // (MESSAGE_MAX // 2)


async def test_bad_text_ends_only_that_link(make: Make, foreign: Foreign) -> None:
    one, other = make(), make()
    safe = await connect(one, other)
    link = await foreign.link(one)
    assert foreign.pc.sctp is not None
    await foreign.pc.sctp._send(CHANNEL_IDS[Channel.CHAT], 51, b"\xff\xfe")
    assert await one.closed(link)
    one.transport.send(safe, Channel.CHAT, "unharmed")
    assert await other.received(safe, 1) == ["unharmed"]


async def test_a_handler_that_fails_ends_the_link_with_a_reason(
    make: Make, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    one, other = make(), make()
    link = await connect(one, other)

    def broken(link: object) -> int:
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr(one.transport._inbox, "waiting", broken)
    other.transport.send(link, Channel.CHAT, "boom")
    assert "internal error" in await one.closed(link)
    assert "a mistake of ours" in caplog.text


async def test_a_description_with_another_fingerprint_never_opens(make: Make) -> None:
    one, other = make(), make()
    link = new_link()
    offer = await one.transport.offer(link)
    answer = await other.transport.answer(link, offer)
    own, theirs = (re.findall(r"fingerprint:sha-256 (\S+)", text)[0] for text in (offer, answer))
    await one.transport.accept(link, answer.replace(theirs, own))
    assert await one.closed(link) == "The encrypted handshake failed."
    assert LinkOpened(link) not in one.seen + other.seen


@pytest.mark.parametrize(
    ("pattern", "instead"),
    [
        (r"a=fingerprint:sha-256.*\r\n", ""),
        (r"a=fingerprint:sha-256 ", "a=fingerprint:sha-256 00:"),
        (r"a=ice-pwd:.*\r\n", ""),
        (r"a=ice-ufrag:.*\r\n", ""),
        (r"m=application", "m=audio"),
        (r"a=candidate:(\S+) 1 udp \d+", r"a=candidate:\1 one udp x"),
        (r"a=sctp-port:5000", "a=sctp-port:x"),
        (r"webrtc-datachannel\r\n", "webrtc-datachannel\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\n"),
        (r"$", "x" * 20_000),
    ],
    ids=["no-print", "two-prints", "no-pwd", "no-ufrag", "media", "candidate", "port", "more-media", "long"],
)
async def test_damaged_descriptions_are_refused(make: Make, pattern: str, instead: str) -> None:
    one, other = make(), make()
    link = new_link()
    offer = await one.transport.offer(link)
    damaged = re.sub(pattern, instead, offer, count=1)
    assert damaged != offer
    with pytest.raises(TransportError):
        await other.transport.answer(link, damaged)
    await other.closed(link)
    assert len(other.of(link)) == 1


# ------------------------------------------------------------------------------------------------- nothing leaks


async def gone(watched: Watched, link: Any) -> None:
    """Wait until nothing is left of a link that has ended."""
    if ending := watched.transport._links.get(link):
        await ending.closed(LONG)


async def test_links_leave_nothing_behind(make: Make) -> None:
    one, other = make(), make()
    await connect(one, other)
    tasks, sockets = len(asyncio.all_tasks()), open_sockets()
    for round_ in range(4):
        links = await asyncio.gather(*(connect(one, other) for _ in range(5)))
        for number, link in enumerate(links):
            await (one if (number + round_) % 2 else other).transport.close_link(link)
        for link in links:
            await one.closed(link)
            await other.closed(link)
            await gone(one, link)
            await gone(other, link)
    assert len(asyncio.all_tasks()) == tasks
    assert open_sockets() == sockets


async def test_attempts_that_fail_leave_nothing_behind(make: Make) -> None:
    one, other = make(deadline=0.2), make()
    offer = await other.transport.offer(new_link())
    await other.close()
    tasks, sockets = len(asyncio.all_tasks()), open_sockets()
    overdue, given_up, garbled = new_link(), new_link(), new_link()
    with contextlib.suppress(TransportError):  # a busy machine has not even offered by then
        await one.transport.offer(overdue)
    waiting = asyncio.create_task(one.transport.offer(given_up))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    with pytest.raises(TransportError):
        await one.transport.answer(garbled, offer.replace("a=ice-pwd", "a=ice-x"))
    for link in (overdue, given_up, garbled):
        await one.closed(link)
        await gone(one, link)
    assert len(asyncio.all_tasks()) == tasks
    assert open_sockets() == sockets


async def test_a_link_closed_while_it_is_described(make: Make) -> None:
    one = make()
    link = new_link()
    describing = asyncio.create_task(one.transport.offer(link))
    await asyncio.sleep(0)
    assert link in one.transport._links
    await one.transport.close_link(link)
    with pytest.raises(TransportError, match="closed the link"):
        await describing
    await one.closed(link)
    assert len(one.of(link)) == 1


# ------------------------------------------------------------------------------------------------------- servers


async def test_a_dead_server_delays_nothing_once_it_is_known(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "PROBE_S", 0.2)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        port = free_port()
        silent.bind(("127.0.0.1", port))
        silent.setblocking(False)
        one = make((IceServer(f"stun:127.0.0.1:{port}"), IceServer(f"turn:127.0.0.1:{port}", "u", "p")), HERE)
        await one.transport.offer(new_link())
        with pytest.raises(BlockingIOError):
            while silent.recv(2048):
                pass  # both were asked whether they are there
        await connect(one, make())
        with pytest.raises(BlockingIOError):
            silent.recv(2048)  # and are not asked for an address


async def test_loading_gives_a_mesh() -> None:
    mesh = await load_mesh((), HERE, deadline=1.0)
    assert isinstance(mesh, Mesh)
    assert candidates(await mesh.offer(new_link())) == [["127.0.0.1", "host"]]
    await mesh.close()


async def test_stats_name_the_pair(make: Make) -> None:
    one, other = make(), make()
    link = await connect(one, other)
    mine, theirs = one.transport.stats(link), other.transport.stats(link)
    assert (mine.local, mine.local_address) == (theirs.remote, theirs.remote_address)
    assert mine.local == "host" and mine.local_address.startswith("127.0.0.1:")
    assert mine.tried >= 1
    assert mine.sent > 500 and mine.received > 500


@pytest.mark.parametrize(
    ("local", "remote", "host", "path"),
    [
        ("host", "host", "192.168.0.2", Path.LAN),
        ("host", "host", "8.8.8.8", Path.DIRECT),
        ("host", "srflx", "8.8.8.8", Path.DIRECT),
        ("host", "prflx", "192.168.0.2", Path.DIRECT),
        ("relay", "host", "192.168.0.2", Path.RELAYED),
        ("host", "relay", "192.168.0.2", Path.RELAYED),
    ],
)
async def test_paths(
    make: Make, monkeypatch: pytest.MonkeyPatch, local: str, remote: str, host: str, path: Path
) -> None:
    one, other = make(), make()
    link = await connect(one, other)
    pair = ends._nominated(one.transport._links[link]._dtls)
    monkeypatch.setattr(pair[0], "type", local)
    monkeypatch.setattr(pair[1], "type", remote)
    monkeypatch.setattr(pair[1], "host", host)
    assert one.transport.path(link) is path
