"""What every Transport does, whatever it is made of: a suite to inherit from, and a reader for transport events."""

from __future__ import annotations

import asyncio
import contextlib
import os
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable

import pytest

from p2pchat_tui.ports.transport import (
    Channel,
    FrameReceived,
    LinkClosed,
    LinkOpened,
    PairState,
    Path,
    Transport,
    TransportError,
    TransportEvent,
)
from p2pchat_tui.ssc.ids import LinkId
from p2pchat_tui.transport.limits import LOW_WATER, MESSAGE_MAX

LONG = 15.0
"""Seconds after which a test is hopeless: far above what anything here takes."""


def new_link() -> LinkId:
    """A link id that nobody has used."""
    return LinkId(os.urandom(LinkId.size))


class Watched:
    """A transport with a reader: `seen` is everything that happened so far."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport
        self.seen: list[TransportEvent] = []
        self._news = asyncio.Event()
        self.reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        async for event in self.transport.events():
            self.seen.append(event)
            self._news.set()

    async def until(self, done: Callable[[], bool], within: float = LONG) -> None:
        """Return once `done()`; it is asked again after every event. Raises TimeoutError."""
        async with asyncio.timeout(within):
            while not done():
                self._news.clear()
                await self._news.wait()

    def of(self, link: LinkId) -> list[TransportEvent]:
        """The events of one link."""
        return [event for event in self.seen if event.link == link]

    def data(self, link: LinkId, channel: Channel = Channel.CHAT) -> list[str | bytes]:
        """What came in over one channel."""
        return [event.data for event in self.of(link) if isinstance(event, FrameReceived) and event.channel == channel]

    def closings(self, link: LinkId) -> list[str]:
        """The reasons of every LinkClosed of one link."""
        return [event.reason for event in self.of(link) if isinstance(event, LinkClosed)]

    async def opened(self, link: LinkId) -> None:
        """Wait for LinkOpened."""
        await self.until(lambda: LinkOpened(link) in self.seen)

    async def closed(self, link: LinkId, within: float = LONG) -> str:
        """Wait for LinkClosed; its reason."""
        await self.until(lambda: bool(self.closings(link)), within)
        return self.closings(link)[0]

    async def received(self, link: LinkId, count: int, channel: Channel = Channel.CHAT) -> list[str | bytes]:
        """Wait for `count` messages on one channel."""
        await self.until(lambda: len(self.data(link, channel)) >= count)
        return self.data(link, channel)

    async def close(self) -> None:
        """Close the transport and read to the end."""
        await self.transport.close()
        async with asyncio.timeout(LONG):
            await self.reading


async def connect(one: Watched, other: Watched) -> LinkId:
    """Link two transports and wait until it is open on both sides."""
    link = new_link()
    offer = await one.transport.offer(link)
    await one.transport.accept(link, await other.transport.answer(link, offer))
    await one.opened(link)
    await other.opened(link)
    return link


Make = Callable[..., Watched]


class TransportContract(ABC):
    """Inherit, and give `new`. The tests of a pair hold for every adapter."""

    @abstractmethod
    def new(self, **options: float) -> Transport:
        """A transport that reaches all others of this test. Option: `deadline` in seconds."""

    @pytest.fixture
    async def make(self) -> AsyncIterator[Make]:
        made: list[Watched] = []

        def make(**options: float) -> Watched:
            made.append(Watched(self.new(**options)))
            return made[-1]

        yield make
        for watched in made:
            await watched.close()

    async def test_a_link_opens_on_both_sides(self, make: Make) -> None:
        one, other = make(), make()
        link = await connect(one, other)
        assert one.of(link) == other.of(link) == [LinkOpened(link)]

    async def test_both_sides_know_the_same_fingerprints(self, make: Make) -> None:
        one, other = make(), make()
        link = await connect(one, other)
        own, others = one.transport.fingerprints(link)
        assert other.transport.fingerprints(link) == (others, own)
        assert own != others
        assert all(len(text) == 95 and text == text.upper() for text in (own, others))

    async def test_a_link_within_this_machine_is_lan(self, make: Make) -> None:
        one, other = make(), make()
        link = await connect(one, other)
        assert one.transport.path(link) is other.transport.path(link) is Path.LAN

    async def test_stats_count_what_goes_over_a_link(self, make: Make) -> None:
        one, other = make(), make()
        link = await connect(one, other)
        before = one.transport.stats(link)
        one.transport.send(link, Channel.CHAT, "x" * 1000)
        await other.received(link, 1)
        mine, theirs = one.transport.stats(link), other.transport.stats(link)
        assert mine.sent >= before.sent + 1000 and theirs.received >= 1000
        assert (mine.local, mine.local_address) == (theirs.remote, theirs.remote_address)
        assert mine.tried >= 1
        assert mine.messages_sent == before.messages_sent + 1 == theirs.messages_received == 1
        with pytest.raises(TransportError):
            one.transport.stats(new_link())

    async def test_pairs_tell_what_was_tried_and_chosen(self, make: Make) -> None:
        one, other = make(), make()
        assert one.transport.pairs(new_link()) == ()
        link = await connect(one, other)
        for transport in (one.transport, other.transport):
            stats = transport.stats(link)
            [chosen] = [pair for pair in transport.pairs(link) if pair.chosen]
            assert chosen.state is PairState.WORKS
            assert (chosen.local_address, chosen.remote_address) == (stats.local_address, stats.remote_address)
        await one.transport.close_link(link)
        assert one.transport.pairs(link) == ()

    @pytest.mark.parametrize("channel", list(Channel))
    async def test_text_and_bytes_arrive_exactly(self, make: Make, channel: Channel) -> None:
        one, other = make(), make()
        link = await connect(one, other)
        messages: list[str | bytes] = ["", "text", "żółw 🐢\n\0", b"", bytes(range(256)), b"text"]
        for sender, receiver in ((one, other), (other, one)):
            for message in messages:
                sender.transport.send(link, channel, message)
            got = await receiver.received(link, len(messages), channel)
            assert sorted(map(repr, got)) == sorted(map(repr, messages))
            if channel is Channel.CHAT:
                assert got == messages

    async def test_channels_are_apart(self, make: Make) -> None:
        one, other = make(), make()
        link = await connect(one, other)
        one.transport.send(link, Channel.CHAT, "said")
        one.transport.send(link, Channel.PRESENCE, "here")
        assert await other.received(link, 1, Channel.CHAT) == ["said"]
        assert await other.received(link, 1, Channel.PRESENCE) == ["here"]

    async def test_a_burst_arrives_complete_and_in_order(self, make: Make) -> None:
        one, other = make(), make()
        link = await connect(one, other)
        burst = [f"{number}:{'x' * (number % 7)}" for number in range(200)]
        for message in burst:
            one.transport.send(link, Channel.CHAT, message)
        assert await other.received(link, 200) == burst

    async def test_frames_of_the_largest_size_arrive(self, make: Make) -> None:
        one, other = make(), make()
        link = await connect(one, other)
        frames = [bytes([number]) * 16 * 1024 for number in range(20)]
        for frame in frames:
            one.transport.send(link, Channel.CHAT, frame)
        assert await other.received(link, 20) == frames

    async def test_longer_messages_than_allowed_are_refused(self, make: Make) -> None:
        one, other = make(), make()
        link = await connect(one, other)
        with pytest.raises(ValueError, match="at most"):
            one.transport.send(link, Channel.CHAT, bytes(MESSAGE_MAX + 1))
        one.transport.send(link, Channel.CHAT, "still here")
        assert await other.received(link, 1) == ["still here"]

    async def test_writable_waits_for_the_network(self, make: Make) -> None:
        one, other = make(), make()
        link = await connect(one, other)
        for _ in range(64):
            one.transport.send(link, Channel.CHAT, bytes(16 * 1024))
        assert one.transport.buffered(link) > LOW_WATER
        async with asyncio.timeout(LONG):
            await one.transport.writable(link)
        assert one.transport.buffered(link) < LOW_WATER
        assert len(await other.received(link, 64)) == 64
        assert one.transport.buffered(link) == 0

    async def test_writable_returns_when_the_link_ends(self, make: Make) -> None:
        one, other = make(), make()
        link = await connect(one, other)
        for _ in range(64):
            one.transport.send(link, Channel.CHAT, bytes(16 * 1024))
        waiting = asyncio.create_task(one.transport.writable(link))
        await one.transport.close_link(link)
        async with asyncio.timeout(LONG):
            await waiting
        assert one.transport.buffered(link) == 0

    async def test_a_close_is_said_to_the_other_side_and_told_once(self, make: Make) -> None:
        one, other = make(), make()
        link = await connect(one, other)
        await one.transport.close_link(link)
        await one.transport.close_link(link)
        # Not that it fell silent, which shows much later.
        assert await other.closed(link) == "The other side closed the link."
        assert await one.closed(link) == "This side closed the link."
        await other.transport.close_link(link)
        await one.close()
        await other.close()
        assert len(one.closings(link)) == len(other.closings(link)) == 1
        assert one.seen[-1] == LinkClosed(link, one.closings(link)[0])

    async def test_what_was_said_last_arrives_before_the_end(self, make: Make) -> None:
        one, other = make(), make()
        link = await connect(one, other)
        one.transport.send(link, Channel.CHAT, "goodbye")
        await one.transport.close()
        assert await other.received(link, 1) == ["goodbye"]
        assert await other.closed(link) == "The other side closed the link."

    async def test_what_was_sent_to_a_link_that_is_gone_is_swallowed(self, make: Make) -> None:
        one, other = make(), make()
        link = await connect(one, other)
        await one.transport.close_link(link)
        for gone in (link, new_link()):
            one.transport.send(gone, Channel.CHAT, "to nobody")
            assert one.transport.buffered(gone) == 0
            await one.transport.writable(gone)
            await one.transport.close_link(gone)
            with pytest.raises(TransportError):
                one.transport.fingerprints(gone)
            with pytest.raises(TransportError):
                one.transport.path(gone)
            with pytest.raises(TransportError):
                await one.transport.accept(gone, "anything")

    @pytest.mark.parametrize("garbage", ["", "garbage", "v=0\r\n", "\0" * 100, "a=candidate:" * 5000, "[]"])
    async def test_an_offer_that_makes_no_sense_is_refused(self, make: Make, garbage: str) -> None:
        other = make()
        link = new_link()
        with pytest.raises(TransportError):
            await other.transport.answer(link, garbage)
        assert await other.closed(link)
        assert len(other.of(link)) == 1

    async def test_an_answer_that_makes_no_sense_is_refused(self, make: Make) -> None:
        one = make()
        link = new_link()
        await one.transport.offer(link)
        with pytest.raises(TransportError):
            await one.transport.accept(link, "garbage")
        assert await one.closed(link)
        assert len(one.of(link)) == 1

    async def test_a_second_answer_changes_nothing(self, make: Make) -> None:
        one, other = make(), make()
        link = new_link()
        answer = await other.transport.answer(link, await one.transport.offer(link))
        await one.transport.accept(link, answer)
        with pytest.raises(TransportError):
            await one.transport.accept(link, answer)
        with pytest.raises(TransportError):
            await other.transport.accept(link, answer)
        await one.opened(link)
        await other.opened(link)

    async def test_a_link_is_begun_once(self, make: Make) -> None:
        one, other = make(), make()
        link = await connect(one, other)
        with pytest.raises(TransportError):
            await one.transport.offer(link)
        one.transport.send(link, Channel.CHAT, "unharmed")
        assert await other.received(link, 1) == ["unharmed"]

    async def test_an_offer_without_an_answer_ends_at_its_deadline(self, make: Make) -> None:
        one = make(deadline=0.2)
        link = new_link()
        with contextlib.suppress(TransportError):  # a busy machine has not even offered by then
            await one.transport.offer(link)
        assert "did not answer within 0.2 s" in await one.closed(link)
        with pytest.raises(TransportError):
            await one.transport.accept(link, "anything")
        assert len(one.of(link)) == 1

    async def test_an_answer_that_is_not_taken_ends_at_its_deadline(self, make: Make) -> None:
        one, other = make(), make(deadline=0.3)
        link = new_link()
        offer = await one.transport.offer(link)
        with contextlib.suppress(TransportError):  # a busy machine has not even answered by then
            await other.transport.answer(link, offer)
        assert "within 0.3 s" in await other.closed(link)

    async def test_an_open_link_outlives_its_deadline(self, make: Make) -> None:
        one, other = make(deadline=4.0), make(deadline=4.0)
        link = await connect(one, other)
        late = new_link()
        await one.transport.offer(late)
        await one.closed(late)  # by now the first one's deadline has passed as well
        one.transport.send(link, Channel.CHAT, "alive")
        assert await other.received(link, 1) == ["alive"]

    async def test_three_transports_mesh(self, make: Make) -> None:
        peers = [make(), make(), make()]
        pairs = [(peers[0], peers[1]), (peers[0], peers[2]), (peers[1], peers[2])]
        links = await asyncio.gather(*(connect(one, other) for one, other in pairs))
        for (one, other), link in zip(pairs, links, strict=True):
            one.transport.send(link, Channel.CHAT, link.text)
            assert await other.received(link, 1) == [link.text]
        await peers[0].close()
        assert await peers[1].closed(links[0])
        peers[1].transport.send(links[2], Channel.CHAT, "we two go on")
        assert "we two go on" in await peers[2].received(links[2], 2)

    async def test_closing_ends_links_then_events(self, make: Make) -> None:
        one, other = make(), make()
        link = await connect(one, other)
        half = new_link()
        await one.transport.offer(half)
        await one.close()
        await one.transport.close()
        assert len(one.closings(link)) == len(one.closings(half)) == 1
        assert [event async for event in one.transport.events()] == []
        with pytest.raises(TransportError):
            await one.transport.offer(new_link())
        with pytest.raises(TransportError):
            await one.transport.answer(new_link(), "anything")
        assert await other.closed(link)
