"""A room's own relays, chosen while it runs: used at once, kept over restarts, and named by its invite."""

from __future__ import annotations

import asyncio
import random

import pytest

from p2pchat_tui.session import api
from p2pchat_tui.session.catalogue import RoomError
from p2pchat_tui.session.profile import Connections, Profile
from p2pchat_tui.session.relay_wishes import NO_RELAYS
from p2pchat_tui.signaling.memory import MemorySignaling
from p2pchat_tui.store.memory import MemoryStore
from p2pchat_tui.transport.memory import MemoryNet
from tests.helpers import entropy, identity
from tests.session.test_lan import until
from tests.ui.world import PATIENCE, World
from tests.virtual_time import LoopClock

ONE, TWO = "wss://one.example.org/ws", "wss://two.example.org/ws"


def urls(profile: Profile, name: str) -> list[str]:
    session = next(each for each in profile._sessions.values() if each.name == name)
    return [relay.url for relay in session.view.relays]


async def test_one_that_is_given_in_mid_room_links_and_stands_in_the_invite() -> None:
    world = World()
    ana, bo = world.profile("ana"), world.profile("bo")
    await ana.new_room("orchard")
    await bo.join_invite(await ana.invite("orchard"))
    mine, theirs = await ana.open("orchard"), await bo.open("orchard")
    world.hub.cut()
    assert await ana.use_relays("orchard", " one.example.org") == ONE
    await bo.use_relays("orchard", ONE)
    await until(lambda: mine.view.online and theirs.view.online and mine.view.online[0].path)
    assert "//one.example.org/orchard#" in await ana.invite("orchard") and await ana.relays("orchard") == ONE

    assert await ana.use_relays("orchard", f"{ONE} two.example.org") == f"{ONE} {TWO}"
    await until(lambda: urls(ana, "orchard") == ["memory:", ONE, TWO])
    assert await ana.use_relays("orchard", "") == ""
    assert urls(ana, "orchard") == ["memory:"] and "p2pchat:///orchard#" in await ana.invite("orchard")
    await until(lambda: not world.relays[ONE]._present[theirs.view.room].keys() - {theirs._parts.session})
    events = theirs.events()
    await mine.do(api.Say("the link that stands stays"))
    async with asyncio.timeout(PATIENCE):
        while not isinstance(await anext(events), api.MessageAdded):
            pass
    await world.close()


async def test_it_leaves_the_lan_alone_and_is_there_after_a_restart() -> None:
    world = World()
    ana = world.profile("ana")
    await ana.new_room("orchard")
    await ana.use_relays("orchard", ONE)
    session = await ana.open("orchard")
    await ana.use_lan("orchard", True)
    await ana.use_relays("orchard", TWO)
    assert sorted(urls(ana, "orchard")) == ["lan", "memory:", TWO]
    await session.close()
    again = await ana.open("orchard")
    assert sorted(relay.url for relay in again.view.relays) == ["lan", "memory:", TWO]
    await world.close()


async def test_one_that_is_given_while_the_room_begins_is_not_lost() -> None:
    world = World()
    ana = world.profile("ana")
    await ana.new_room("orchard", ONE)
    session, *_ = await asyncio.gather(
        ana.open("orchard"), ana.use_relays("orchard", TWO), ana.use_relays("orchard", TWO)
    )
    assert await ana.relays("orchard") == TWO
    assert [relay.url for relay in session.view.relays] == ["memory:", TWO]
    await world.close()


@pytest.mark.parametrize("typed", ["http://relay", "relay:port", "two words!", "a.x b.x c.x d.x e.x", "wss://u:p@host"])
async def test_a_wrong_one_changes_nothing(typed: str) -> None:
    world = World()
    ana = world.profile("ana")
    await ana.new_room("orchard", ONE)
    with pytest.raises(RoomError, match=r"relay.*\.$"):
        await ana.use_relays("orchard", typed)
    assert await ana.relays("orchard") == ONE
    await world.close()


async def test_the_demo_takes_none() -> None:
    async def transport() -> object:
        return MemoryNet(random.Random(1)).transport()

    ana = Profile(
        identity(1),
        MemoryStore(),
        Connections(transport, lambda *_: list[MemorySignaling]()),  # type: ignore[arg-type]
        clock=LoopClock(),
        entropy=entropy(1),
        scratch=MemoryStore,
    )
    await ana.new_room("demo")
    with pytest.raises(RoomError) as refusal:
        await ana.use_relays("demo", ONE)
    assert str(refusal.value) == NO_RELAYS and await ana.relays("demo") == ""
    await ana.close()
