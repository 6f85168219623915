"""Rooms of two: the same for both whoever begins, after a yes only, kept until the other comes; no flood."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

import pytest

from p2pchat_tui.session import api
from p2pchat_tui.session.calling import HEAR_MS
from p2pchat_tui.session.catalogue import RoomError
from p2pchat_tui.session.directs import ASKED_MAX, Ask, Directs, Standing
from p2pchat_tui.session.profile import Profile
from p2pchat_tui.session.session import Session
from p2pchat_tui.signaling.memory import MemoryHub
from p2pchat_tui.ssc.frames import Direct
from p2pchat_tui.ssc.ids import PeerId, RoomId
from p2pchat_tui.store.memory import MemoryStore
from p2pchat_tui.transport.memory import MemoryNet
from p2pchat_tui.ui.spoken import is_hidden
from tests.helpers import ROOM, identity
from tests.session.test_profile import profile
from tests.virtual_time import run

ANA, BO, CY = (identity(number).peer for number in (1, 2, 3))


async def until(is_so: Callable[[], object], seconds: float = 60) -> None:
    for _ in range(round(seconds * 20)):
        if is_so():
            return
        await asyncio.sleep(0.05)
    raise TimeoutError


class Circle:
    """Ana, bo and cy in one room, each with what their sessions told."""

    def __init__(self) -> None:
        self.hub, self.net = MemoryHub(), MemoryNet(random.Random(1))
        self.stores = [MemoryStore() for _ in range(3)]
        self.people = [self.person(number) for number in (1, 2, 3)]
        self.events: list[list[api.Event]] = [[], [], []]
        self.listening: list[asyncio.Task[None]] = []

    def person(self, number: int) -> Profile:
        return profile(number, self.hub, self.net, self.stores[number - 1])

    async def open(self, number: int, name: str = "orchard") -> Session:
        """Have a person be in a room, and listen."""
        session = await self.people[number - 1].open(name)
        self.listening.append(asyncio.create_task(self._listen(number, session)))
        await asyncio.sleep(0)
        return session

    async def meet(self, *numbers: int) -> list[Session]:
        ana = self.people[0]
        await ana.new_room("orchard")
        sessions = []
        for number in numbers:
            if number > 1:
                await self.people[number - 1].join_invite(await ana.invite("orchard"))
            sessions.append(await self.open(number))
        await self.linked(*sessions)
        return sessions

    async def linked(self, *sessions: Session) -> None:
        await until(lambda: all(len(each.view.online) == len(sessions) - 1 for each in sessions))

    async def _listen(self, number: int, session: Session) -> None:
        async for event in session.events():
            self.events[number - 1].append(event)

    def told(self, number: int, kind: type[api.Event]) -> list[api.Event]:
        return [each for each in self.events[number - 1] if isinstance(each, kind)]

    async def close(self) -> None:
        for person in self.people:
            await person.close()
        await asyncio.gather(*self.listening)


async def texts(session: Session) -> list[str]:
    return [each.text for each in (await session.history(50)).messages]


def test_one_opens_it_the_other_says_yes_and_both_are_in_the_same_room() -> None:
    async def scenario() -> None:
        circle = Circle()
        ana, bo, _ = circle.people
        await circle.meet(1, 2, 3)
        hers = await ana.direct(BO, "person 2", "orchard")
        assert (hers.title, hers.direct) == ("@person 2", BO)
        session = await circle.open(1, hers.name)
        await session.do(api.Say("just between us"))
        assert [each.name for each in session.view.peers] == ["person 2"], "it is known for whom it waits"
        await until(lambda: circle.told(2, api.DirectAsked))
        assert circle.told(2, api.DirectAsked) == [api.DirectAsked(ANA, "person 1")]
        assert await bo.asks() == (Ask(ANA, "person 1", (await bo.rooms())[0].room),)
        assert [each.name for each in await bo.rooms()] == ["orchard"], "nothing is opened without a yes"
        his = await bo.direct(ANA, "person 1", "orchard")
        assert (his.room, his.title, await bo.asks()) == (hers.room, "@person 1", ())
        there = await circle.open(2, his.name)
        await circle.linked(session, there)
        await until(lambda: there.view.unread or there.view.peers)
        await until(lambda: circle.told(2, api.MessageAdded))
        assert await texts(there) == ["just between us"]
        assert (await there.history(1)).messages[-1].to_me, "who writes to me alone speaks to me"
        assert not circle.told(3, api.DirectAsked) and not await circle.people[2].asks()
        assert (await ana.direct(BO, "person 2", "orchard")).name == hers.name
        assert (await bo.direct(ANA, "person 1", "orchard")).name == his.name
        assert session.view.title == "@person 2"
        await circle.close()

    run(scenario())


def test_each_is_called_there_as_where_they_met_and_the_room_says_for_whom_one_waits() -> None:
    async def scenario() -> None:
        circle = Circle()
        ana, bo, _ = circle.people
        one, two = await circle.meet(1, 2)
        await one.do(api.SetName("annie"))
        await two.do(api.SetName("bob"))
        session = await circle.open(1, (await ana.direct(BO, "bob", "orchard")).name)
        await until(lambda: session.view.network.startswith("bob has not come to this room of two yet."))
        there = await circle.open(2, (await bo.direct(ANA, "annie", "orchard")).name)
        await circle.linked(session, there)
        assert (session.view.my_name, there.view.my_name) == ("annie", "bob")
        assert [each.nick for each in there.view.peers] == ["annie"]
        await there.do(api.Leave())
        await until(lambda: session.view.network.startswith("bob is not in this room of two now."))
        await circle.close()

    run(scenario())


def test_two_who_begin_at_once_meet_in_one_room_and_nobody_is_asked() -> None:
    async def scenario() -> None:
        circle = Circle()
        ana, bo, _ = circle.people
        await circle.meet(1, 2)
        hers, his = await asyncio.gather(ana.direct(BO, "bo", "orchard"), bo.direct(ANA, "ana", "orchard"))
        assert hers.room == his.room
        here, there = await circle.open(1, hers.name), await circle.open(2, his.name)
        await here.do(api.Say("from ana"))
        await there.do(api.Say("from bo"))
        await circle.linked(here, there)
        await until(lambda: all(len(circle.told(number, api.MessageAdded)) == 2 for number in (1, 2)))
        assert await texts(here) == await texts(there)
        assert sorted(await texts(here)) == ["from ana", "from bo"]
        assert not circle.told(1, api.DirectAsked) and not circle.told(2, api.DirectAsked)
        await circle.close()

    run(scenario())


def test_who_is_not_there_is_asked_when_he_comes_also_after_a_restart() -> None:
    async def scenario() -> None:
        circle = Circle()
        await circle.meet(1, 2)
        ana, bo = circle.people[0], circle.people[1]
        await bo.close()
        hers = await ana.direct(BO, "bo", "orchard")
        session = await circle.open(1, hers.name)
        await session.do(api.Say("when you come"))
        await ana.close()
        # Stores in memory are closed for good: those of the next run hold the same.
        for store in circle.stores:
            store._is_closed = False
        circle.people[0], circle.people[1] = circle.person(1), circle.person(2)
        await circle.open(1)
        await circle.open(2)
        await until(lambda: circle.told(2, api.DirectAsked))
        his = await circle.people[1].direct(ANA, "ana", "orchard")
        there = await circle.open(2, his.name)
        await until(lambda: circle.told(1, api.DirectCalled))
        assert (await circle.people[0].direct_with(BO)) is not None
        here = await circle.open(1, hers.name)
        await circle.linked(here, there)
        await until(lambda: any(isinstance(each, api.MessageAdded) for each in circle.events[1]))
        assert await texts(there) == ["when you come"]
        await circle.close()

    run(scenario())


def test_a_no_is_for_good_and_the_other_is_not_told() -> None:
    async def scenario() -> None:
        circle = Circle()
        ana, bo, _ = circle.people
        await circle.meet(1, 2)
        await ana.direct(BO, "bo", "orchard")
        await until(lambda: circle.told(2, api.DirectAsked))
        await bo.decline(ANA)
        assert await bo.asks() == ()
        for _ in range(3):
            await asyncio.sleep(HEAR_MS / 1000 + 1)
            await ana.direct(BO, "bo", "orchard")
        await asyncio.sleep(1)
        assert len(circle.told(2, api.DirectAsked)) == 1 and await bo.asks() == ()
        assert [each.name for each in await bo.rooms()] == ["orchard"]
        his = await bo.direct(ANA, "ana", "orchard")
        assert his.room == (await ana.direct(BO, "bo", "orchard")).room, "he may always think better of it"
        await bo.decline(ANA)
        assert await bo.direct_with(ANA), "what is open is left by /forget"
        await circle.close()

    run(scenario())


def test_who_is_ignored_asks_in_vain_until_that_is_taken_back() -> None:
    async def scenario() -> None:
        circle = Circle()
        ana, bo, _ = circle.people
        _, his = await circle.meet(1, 2)
        await his.do(api.SetIgnored(ANA, True))
        await ana.direct(BO, "bo", "orchard")
        await until(lambda: circle.told(2, api.DirectAsked))
        (event,) = circle.told(2, api.DirectAsked)
        assert is_hidden(event, his.ignored) and not is_hidden(event, frozenset())
        assert await bo.asks() == () and [ask.peer for ask in await bo.asks(ignored=True)] == [ANA]
        assert bo._directs._ignored() == {ANA}, "so that he takes nobody's place"
        await bo.decide(api.SetIgnored(ANA, False))
        assert [ask.peer for ask in await bo.asks()] == [ANA] and await bo.asks(ignored=True) == ()
        await circle.close()

    run(scenario())


def test_who_forgot_the_room_is_asked_again() -> None:
    async def scenario() -> None:
        circle = Circle()
        ana, bo, _ = circle.people
        await circle.meet(1, 2)
        hers = await ana.direct(BO, "bo", "orchard")
        await until(lambda: circle.told(2, api.DirectAsked))
        his = await bo.direct(ANA, "ana", "orchard")
        await circle.linked(await circle.open(1, hers.name), await circle.open(2, his.name))
        await bo.forget(his.name)
        assert await bo.direct_with(ANA) is None
        await asyncio.sleep(HEAR_MS / 1000 + 1)
        await ana.direct(BO, "bo", "orchard")
        await until(lambda: len(circle.told(2, api.DirectAsked)) == 2)
        await circle.close()

    run(scenario())


def test_nobody_has_a_room_with_himself_or_from_where_he_is_nobody() -> None:
    async def scenario() -> None:
        circle = Circle()
        ana = circle.people[0]
        await ana.new_room("orchard")
        await ana.new_room("ghosts", keep="none")
        with pytest.raises(RoomError, match="yourself"):
            await ana.direct(ANA, "ana", "orchard")
        with pytest.raises(RoomError, match="somebody new"):
            await ana.direct(BO, "bo", "ghosts")
        assert len(await ana.rooms()) == 2
        await circle.close()

    run(scenario())


def test_a_call_with_another_room_means_nothing_and_a_flood_of_asks_ends() -> None:
    async def scenario() -> None:
        mine = Directs(identity(1), MemoryStore())
        assert await mine.heard(Ask(BO, "bo", ROOM), Direct(ROOM)) is None
        told = 0
        for number in range(2, 60):
            peer = identity(number).peer
            call = Direct(mine.keys(peer).room)
            told += await mine.heard(Ask(peer, f"\n{number} ", ROOM), call) is not None
            assert await mine.heard(Ask(peer, "again", ROOM), call) is None, "told once"
        assert told == ASKED_MAX == len(await mine.asks())
        await mine.decline(BO)
        late = identity(59).peer
        assert await mine.heard(Ask(late, "late", ROOM), Direct(mine.keys(late).room)), "there is room again"
        assert await mine.heard(Ask(BO, "bo", ROOM), Direct(mine.keys(BO).room)) is None

    run(scenario())


def test_those_who_are_ignored_take_nobodys_place() -> None:
    async def scenario() -> None:
        others = [identity(number).peer for number in range(2, 60)]
        ignored = set(others[:20])
        mine = Directs(identity(1), MemoryStore(), lambda: ignored)

        async def ask(peer: PeerId) -> bool:
            return await mine.heard(Ask(peer, "x", ROOM), Direct(mine.keys(peer).room)) is not None

        assert sum([await ask(peer) for peer in others]) == 2 * ASKED_MAX
        kept = {each.peer for each in await mine.asks()}
        assert kept == {*others[:ASKED_MAX], *others[20 : 20 + ASKED_MAX]}, "the first ones of both"
        ignored.clear()
        await mine.decline(others[0])
        assert not await ask(others[50]), "those who are seen again are counted again"

    run(scenario())


def test_what_the_disk_has_spoilt_is_no_room_of_two() -> None:
    async def scenario() -> None:
        store = MemoryStore()
        mine = Directs(identity(1), store)
        for text in ("open", "open zz", f"wide {BO.text}", f"asked {BO.text[:-1]}"):
            await store.set_setting(mine.keys(BO).room, "direct", text)
            assert await mine.standing(BO) is None and await mine.peer_of(mine.keys(BO).room) is None
        await store.set_setting(mine._desk, "asked", f"\nzz\n{BO.text}\n{BO.text} {ROOM.text} bo\n")
        assert await mine.asks() == (Ask(BO, "bo", ROOM),)

    run(scenario())


def test_one_peer_is_heard_only_so_often() -> None:
    async def scenario() -> None:
        circle = Circle()
        here, there = await circle.meet(1, 2)
        heard: list[PeerId] = []

        async def count(ask: Ask, _frame: Direct) -> None:
            heard.append(ask.peer)

        directs = there._parts.calling._directs
        assert directs is not None
        directs.heard = count  # type: ignore[method-assign, assignment]
        for _ in range(200):
            here._parts.network.neighbours.send(BO, Direct(RoomId(bytes(16))))
        await asyncio.sleep(1)
        assert heard == [ANA]
        await circle.close()

    run(scenario())


def test_how_it_stands_goes_from_one_to_the_next() -> None:
    async def scenario() -> None:
        mine = Directs(identity(1), MemoryStore())
        own = mine.keys(BO).room
        assert await mine.call(BO, ROOM, lambda _: True) is None, "strangers are not called"
        await mine.begin(BO)
        assert await mine.standing(BO) is Standing.CALLING
        await mine.met(BO, ROOM)
        assert await mine.call(BO, ROOM, lambda _: False) == Direct(own), "until he knows"
        assert await mine.call(BO, own, lambda _: True) is None, "he is there"
        assert await mine.standing(BO) is Standing.CALLING
        await mine.met(BO, own)
        assert await mine.standing(BO) is Standing.OPEN
        assert await mine.call(BO, ROOM, lambda _: False) is None
        assert await mine.call(BO, ROOM, lambda room: room == own) == Direct(own), "I am there just now"

    run(scenario())
