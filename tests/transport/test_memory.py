"""The transport in memory: the contract, and what its net can be told to do."""

from __future__ import annotations

import asyncio
from random import Random

import pytest

from p2pchat_tui.ports.transport import Channel, LinkOpened, Transport
from p2pchat_tui.transport.limits import DEATH_S
from p2pchat_tui.transport.memory import MemoryNet, MemoryTransport
from tests.contracts.transport import TransportContract, Watched, connect, new_link


class TestContract(TransportContract):
    @pytest.fixture(autouse=True)
    def net(self) -> None:
        self._net = MemoryNet(Random(1), delay=0.001, jitter=0.001, bandwidth=50e6)

    def new(self, **options: float) -> Transport:
        return self._net.transport(**options)


class TestContractAtOnce(TransportContract):
    """Without any delay, when everything happens in one moment."""

    @pytest.fixture(autouse=True)
    def net(self) -> None:
        self._net = MemoryNet(Random(1))

    def new(self, **options: float) -> Transport:
        return self._net.transport(**options)


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop whose clock jumps to the next timer as soon as nothing else is to be done."""

    def __init__(self) -> None:
        super().__init__()
        self._now = 0.0

    def time(self) -> float:
        return self._now

    def _run_once(self) -> None:
        pending = [timer.when() for timer in self._scheduled if not timer.cancelled()]  # type: ignore[attr-defined]
        if not self._ready and pending:  # type: ignore[attr-defined]
            self._now = max(self._now, min(pending))
        super()._run_once()  # type: ignore[misc]


async def pass_time(seconds: float) -> None:
    """Let virtual time pass."""
    await asyncio.sleep(seconds)


def pair(net: MemoryNet) -> tuple[MemoryTransport, MemoryTransport, Watched, Watched]:
    one, other = net.transport(), net.transport()
    return one, other, Watched(one), Watched(other)


async def _death(how: str) -> tuple[float, list[str], list[str]]:
    net = MemoryNet(Random(1), delay=0.05)
    one, other, left, right = pair(net)
    link = await connect(left, right)
    began = asyncio.get_running_loop().time()
    if how == "cut":
        net.cut(link)
    elif how == "kill":
        net.kill(one)
    else:
        net.partition([one], [other])
    one.send(link, Channel.CHAT, "into the void")
    await right.until(lambda: bool(right.closings(link)), within=100)
    took = asyncio.get_running_loop().time() - began
    if how != "kill":
        await left.closed(link)
    assert right.data(link) == []
    await left.close()
    await right.close()
    return took, left.closings(link), right.closings(link)


@pytest.mark.parametrize("how", ["cut", "partition"])
def test_a_broken_link_is_noticed_late_on_both_sides(how: str) -> None:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        took, left, right = runner.run(_death(how))
    assert took == pytest.approx(DEATH_S)
    assert left == right == ["The other side fell silent."]


def test_a_killed_peer_is_noticed_late_and_says_nothing() -> None:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        took, left, right = runner.run(_death("kill"))
    assert took == pytest.approx(DEATH_S)
    assert (left, right) == ([], ["The other side fell silent."])


async def _partition_heals() -> None:
    net = MemoryNet(Random(1), delay=0.05)
    one, other, left, right = pair(net)
    link = await connect(left, right)
    net.partition([one], [other])
    for number in range(10):
        one.send(link, Channel.CHAT, str(number))
        one.send(link, Channel.PRESENCE, str(number))
    await pass_time(0.9 * DEATH_S)
    net.heal()
    one.send(link, Channel.CHAT, "10")
    assert await right.received(link, 11) == [str(number) for number in range(11)]
    await pass_time(2 * DEATH_S)
    assert right.data(link, Channel.PRESENCE) == [], "soft messages are not sent again"
    assert not left.closings(link) and not right.closings(link)
    await left.close()
    await right.close()


def test_a_short_partition_loses_nothing() -> None:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(_partition_heals())


async def _opens_late() -> float:
    net = MemoryNet(Random(1), delay=0.05)
    one, other, left, right = pair(net)
    net.partition([one], [other])
    link = new_link()
    await one.accept(link, await other.answer(link, await one.offer(link)))
    await pass_time(5)
    assert LinkOpened(link) not in left.seen + right.seen
    net.heal()
    await left.opened(link)
    await right.opened(link)
    await left.close()
    await right.close()
    return asyncio.get_running_loop().time()


def test_a_link_opens_once_packets_pass() -> None:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        assert runner.run(_opens_late()) == pytest.approx(5.1, abs=0.2)


async def _soft_messages(loss: float, seed: int) -> list[str | bytes]:
    net = MemoryNet(Random(seed), delay=0.05, jitter=0.5, loss=loss)
    one, _, left, right = pair(net)
    link = await connect(left, right)
    for number in range(1000):
        one.send(link, Channel.PRESENCE, str(number))
        one.send(link, Channel.CHAT, str(number))
    assert await right.received(link, 1000) == [str(number) for number in range(1000)]
    await pass_time(1)
    got = right.data(link, Channel.PRESENCE)
    await left.close()
    await right.close()
    return got


def test_presence_is_lossy_unordered_and_repeatable_while_chat_is_whole() -> None:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        got = runner.run(_soft_messages(0.3, 7))
        again = runner.run(_soft_messages(0.3, 7))
        otherwise = runner.run(_soft_messages(0.3, 8))
        whole = runner.run(_soft_messages(0.0, 7))
    assert 600 < len(got) < 800
    assert got != sorted(got, key=int)
    assert got == again != otherwise
    assert len(whole) == 1000


async def _bandwidth() -> tuple[float, float]:
    net = MemoryNet(Random(1), delay=1.0, bandwidth=1000.0)
    one, _, left, right = pair(net)
    link = await connect(left, right)
    loop = asyncio.get_running_loop()
    began = loop.time()
    for _ in range(4):
        one.send(link, Channel.CHAT, bytes(10_000))
    assert one.buffered(link) == 40_000
    await one.writable(link)
    drained = loop.time() - began
    await right.until(lambda: len(right.data(link)) == 4, within=100)
    arrived = loop.time() - began
    await left.close()
    await right.close()
    return drained, arrived


def test_bandwidth_fills_the_buffer_and_drains_it() -> None:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        drained, arrived = runner.run(_bandwidth())
    assert drained == pytest.approx(10.0)
    assert arrived == pytest.approx(41.0)
