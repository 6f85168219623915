"""Target: a running session whose neighbour sends garbage: that link ends with a reason, and nothing else happens."""

from __future__ import annotations

import asyncio
from collections import deque
from random import Random

from p2pchat_tui.ports.transport import Channel
from p2pchat_tui.session import api
from p2pchat_tui.ssc.ids import LinkId
from p2pchat_tui.ssc.wire import MESSAGE_MAX, Message
from p2pchat_tui.transport.limits import OPEN_S
from p2pchat_tui.transport.memory import MemoryNet, MemoryTransport
from tests.session.world import Member, World
from tests.sim.bounds import leftovers
from tests.virtual_time import run

from . import corpus
from .meter import Meter
from .mutate import Mutator

EPISODE = 30
"""Messages that one session gets."""
PROCESSED_S = 0.2
"""Virtual seconds in which a message is dealt with: the network has no delay."""
EXPECTED = {"peer-faulty", "own-clock-ahead"}
"""Problems that a linked liar can make a session report."""
REMEMBERED = 40
"""Own messages kept to be spoilt: real traffic, with the right ids and signatures."""


class SpoiltTransport(MemoryTransport):
    """A transport whose session is honest, and whose wire is not."""

    def __init__(self, net: MemoryNet, mutator: Mutator) -> None:
        super().__init__(net, OPEN_S)
        self._mutator = mutator
        self._greeted: set[LinkId] = set()
        self.sent: deque[Message] = deque(maxlen=REMEMBERED)
        self.spoils_hello = False
        """Whether the next link's first message comes out spoilt."""

    def send(self, link: LinkId, channel: Channel, data: Message) -> None:
        """See Transport; the first message of a link may come out spoilt."""
        self.sent.append(data)
        if self.spoils_hello and channel is Channel.CHAT and link not in self._greeted:
            self.spoils_hello = False
            data = self._mutator.message(data)[:MESSAGE_MAX]
        self._greeted.add(link)
        super().send(link, channel, data)

    def inject(self, link: LinkId, data: Message) -> None:
        """Send something that no session sends."""
        super().send(link, self._mutator.random.choice((Channel.CHAT, Channel.CHAT, Channel.PRESENCE)), data)


def spoilt_links(random: Random, meter: Meter) -> None:
    """One room: ana and bo, and mallory whose frames are spoilt."""
    run(_episode(random, meter))


async def _episode(random: Random, meter: Meter) -> None:
    mutator = Mutator(random)
    async with World(random.randrange(2**32)) as world:
        ana, bo = await world.join("ana"), await world.join("bo")
        await world.linked(ana, bo)
        spoilt = SpoiltTransport(world.net, mutator)
        world.net.transport = lambda **_: spoilt  # type: ignore[method-assign]
        mallory = await world.join("mallory")
        await world.linked(ana, bo, mallory)
        kept = ana.session._parts.network.neighbours._by_peer[bo.identity.peer]
        for number in range(EPISODE):
            await world.linked(ana, mallory)
            if number % 5 == 0:
                await mallory.session.do(api.Say(f"mallory {number}"))
            if random.random() < 0.15:
                await _spoil_hello(ana, mallory, spoilt, meter)
            else:
                await _spoil_frame(ana, mallory, spoilt, mutator, meter)
            assert ana.session.is_running, "the session ended"
            assert ana.session._parts.network.neighbours.get(bo.identity.peer) is kept, "another link suffered"
        said = await ana.session.do(api.Say("still here"))
        await bo.until_event(api.MessageAdded, lambda each: each.message.id == said)
        await world.linked(ana, bo, mallory)
        await ana.until(lambda: not leftovers(ana.session, 2))


async def _spoil_hello(ana: Member, mallory: Member, spoilt: SpoiltTransport, meter: Meter) -> None:
    """End the link, and spoil the first word on the next one."""
    link = mallory.session._parts.network.neighbours._by_peer[ana.identity.peer]
    meter.begin()
    spoilt.spoils_hello = True
    await spoilt.close_link(link.id)
    await ana.until(lambda: not spoilt.spoils_hello)
    await asyncio.sleep(PROCESSED_S)
    faulty = [each.text for each in _problems(ana) if each.code == "peer-faulty"]
    assert {each.code for each in _problems(ana)} <= EXPECTED
    assert all(": it " in text for text in faulty), "no reason is given"
    meter.did("hello")


async def _spoil_frame(ana: Member, mallory: Member, spoilt: SpoiltTransport, mutator: Mutator, meter: Meter) -> None:
    """Send one spoilt message on the link as it stands."""
    link = mallory.session._parts.network.neighbours._by_peer[ana.identity.peer].id
    chance = mutator.random
    choice = list(spoilt.sent) if chance.random() < 0.7 else [each for frame in corpus.messages() for each in frame]
    message = mutator.message(chance.choice(choice))[:MESSAGE_MAX]
    before = len(_problems(ana))
    meter.begin()
    spoilt.inject(link, message)
    await asyncio.sleep(PROCESSED_S)
    told = _problems(ana)[before:]
    stands = ana.session._parts.network._maker._links.get(link)
    faulty = [each.text for each in told if each.code == "peer-faulty"]
    assert {each.code for each in told} <= EXPECTED, told
    if faulty:
        assert len(faulty) == 1
        assert mallory.identity.peer.tag in faulty[0], faulty
        assert ": it " in faulty[0], "no reason is given"
        assert stands is None, "a faulty link stands"
        meter.did("ended")
    else:
        assert stands is not None and stands.is_up, "a link ended without a reason"
        meter.did("kept")


def _problems(member: Member) -> list[api.Problem]:
    return [each for each in member.events if isinstance(each, api.Problem)]
