"""The local network as a switch: at once, for one room, kept over restarts, and never where it is excluded."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Callable

import pytest

from p2pchat_tui.ports.signaling import Signaling
from p2pchat_tui.ports.store import Store
from p2pchat_tui.ports.transport import Transport
from p2pchat_tui.session import api
from p2pchat_tui.session.profile import Connections, Profile
from p2pchat_tui.session.session import Session
from p2pchat_tui.signaling import lan_site
from p2pchat_tui.signaling.lan import LanSignaling
from p2pchat_tui.ssc.ids import SessionId
from p2pchat_tui.ssc.room import RoomKeys
from p2pchat_tui.store.memory import MemoryStore
from p2pchat_tui.transport.memory import MemoryNet
from tests.contracts.signaling import PATIENCE_S
from tests.helpers import entropy, identity
from tests.signaling.neighbourhood import NOON_MS, Neighbourhood
from tests.virtual_time import LoopClock

pytestmark = pytest.mark.usefixtures("hasty")


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lan_site, "COURTESY_S", 0.05)


class Town:
    """People who have nothing but a LAN, which is 127.0.0.1 here."""

    def __init__(self) -> None:
        self.lan = Neighbourhood()
        self.net = MemoryNet(random.Random(1))

    def person(self, number: int, *, store: Store | None = None, lan: bool = False, can: bool = True) -> Profile:
        async def transport() -> Transport:
            return self.net.transport()

        def signaling(keys: RoomKeys, session: SessionId) -> Signaling:
            return LanSignaling(
                self.lan,
                keys.beacon,
                session,
                places=lambda: self.lan.places,
                wall_ms=lambda: NOON_MS,
                chance=os.urandom,
            )

        return Profile(
            identity(number),
            store or MemoryStore(),
            Connections(transport, lambda *_: (), signaling if can else None),
            clock=LoopClock(),
            entropy=entropy(number),
            scratch=MemoryStore,
            lan=lan,
        )

    @property
    def announced(self) -> int:
        """How many a bystander sees."""
        return sum(map(len, self.lan.announced.values()))


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not holds():  # noqa: ASYNC110 - it is about sockets, which set no event of ours
            await asyncio.sleep(0.005)


async def both(town: Town) -> tuple[Profile, Profile, Session, Session]:
    """Two people in one room, who do not look for each other yet."""
    ana, bo = town.person(1), town.person(2)
    await ana.new_room("orchard", "")
    await bo.join_invite(await ana.invite("orchard"))
    return ana, bo, await ana.open("orchard"), await bo.open("orchard")


async def test_turned_on_in_mid_room_it_links_and_turned_off_it_falls_silent() -> None:
    town = Town()
    ana, bo, mine, theirs = await both(town)
    assert (mine.view.lan, mine.view.relays, town.announced) == (False, (), 0)
    await ana.use_lan("orchard", True)
    await bo.use_lan("orchard", True)
    assert mine.view.lan is True and [relay.url for relay in mine.view.relays] == ["lan"]
    await until(lambda: mine.view.online and theirs.view.online and mine.view.online[0].path)
    assert town.announced == 2
    await until(lambda: mine.view.relays[0].state is api.SignalingState.DORMANT)
    await ana.use_lan("orchard", False)
    assert (mine.view.lan, mine.view.relays, town.announced) == (False, (), 1)
    await mine.do(api.Say("the link that stands stays"))
    await until(lambda: mine.holders(identity(1).peer, 1)[0])
    await ana.use_lan("orchard", True)
    await until(lambda: town.announced == 2)
    await ana.close()
    await bo.close()
    assert town.announced == 0


async def test_what_a_room_says_is_kept_and_wins_over_what_holds_for_all() -> None:
    town, store = Town(), MemoryStore()
    ana = town.person(1, store=store)
    await ana.new_room("orchard")
    await ana.new_room("ops")
    await ana.use_lan("orchard", True)
    assert (await ana.lan("orchard"), await ana.lan("ops")) == (True, None)
    session = await ana.open("orchard")
    assert session.view.lan
    await session.close()

    again = town.person(1, store=store)
    orchard, ops = await again.open("orchard"), await again.open("ops")
    assert (orchard.view.lan, ops.view.lan) == (True, False)
    await again.use_lan_everywhere(True)
    assert (orchard.view.lan, ops.view.lan) == (True, True)
    await again.use_lan("ops", False)
    await again.use_lan_everywhere(False)
    assert (orchard.view.lan, ops.view.lan) == (True, False)
    await again.use_lan("orchard", None)
    assert orchard.view.lan is False and await again.lan("orchard") is None
    await again.close()


async def test_who_links_through_turn_alone_cannot_turn_it_on() -> None:
    town, store = Town(), MemoryStore()
    ana = town.person(1, store=store, lan=True, can=False)
    await ana.new_room("orchard")
    session = await ana.open("orchard")
    assert session.view.lan is None
    with pytest.raises(api.CommandRefused, match="relay-only"):
        await ana.use_lan("orchard", True)
    await ana.use_lan("orchard", False)
    assert session.view.relays == ()
    await ana.close()
