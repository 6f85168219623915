"""Signaling in memory: the contract, and the faults it can play."""

from __future__ import annotations

from random import Random

import pytest

from p2pchat_tui.ports.ice import IceServer
from p2pchat_tui.ports.signaling import IceServersOffered, SessionGone, SessionSeen
from p2pchat_tui.signaling.memory import Faults, MemoryHub, MemorySignaling
from p2pchat_tui.ssc.ids import RoomId, SessionId
from tests.contracts.signaling import OPEN, ROOM, SignalingContract, listening, meeting, session_id


class MemoryWorld:
    def __init__(self, hub: MemoryHub) -> None:
        self.hub = hub

    def make(self, session: SessionId, room: RoomId = ROOM) -> MemorySignaling:
        return MemorySignaling(self.hub, room, session)

    async def interrupt(self) -> None:
        self.hub.cut()
        self.hub.heal()


class TestContract(SignalingContract):
    @pytest.fixture
    def world(self) -> MemoryWorld:
        return MemoryWorld(MemoryHub())


async def _numbers_received(seed: int, faults: Faults) -> list[int]:
    hub = MemoryHub(Random(seed))
    async with meeting(MemoryWorld(hub), 1, 2) as [one, two]:
        hub.faults = faults
        for number in range(60):
            one.signaling.send(session_id(2), bytes([number]))
        hub.faults = Faults(delay_s=0.01)
        one.signaling.send(session_id(2), b"\xff")
        await two.until(lambda _: (session_id(1), b"\xff") in two.signals())
        return [data[0] for _, data in two.signals() if data != b"\xff"]


async def test_drops_are_the_same_for_the_same_seed() -> None:
    lossy = Faults(drop=0.3)
    first = await _numbers_received(1, lossy)
    assert first == await _numbers_received(1, lossy) != await _numbers_received(2, lossy)
    assert 20 < len(first) < 60 and first == sorted(first)


async def test_duplicates() -> None:
    numbers = await _numbers_received(1, Faults(duplicate=0.5))
    assert set(numbers) == set(range(60)) and len(numbers) > 70


async def test_reordering_loses_nothing() -> None:
    numbers = await _numbers_received(1, Faults(reorder=0.5))
    assert sorted(numbers) == list(range(60)) != numbers


async def test_faults_by_chance_need_a_generator() -> None:
    with pytest.raises(ValueError, match="seeded"):
        MemoryHub(faults=Faults(drop=0.1))


async def test_one_is_cut_and_comes_back() -> None:
    hub = MemoryHub()
    async with meeting(MemoryWorld(hub), 1, 2) as [one, two]:
        one.forget()
        two.forget()
        hub.cut([session_id(2)])
        await two.until_lost()
        await one.until_heard(SessionGone(session_id(2)))
        one.signaling.send(session_id(2), b"lost")
        two.signaling.send(session_id(1), b"lost")
        hub.heal([session_id(2)])
        await two.until_heard(SessionSeen(session_id(1)))
        await one.until_heard(SessionSeen(session_id(2)))
        one.signaling.send(session_id(2), b"there")
        await two.until(lambda _: two.signals() == [(session_id(1), b"there")])
        assert not one.signals()


async def test_who_left_meanwhile_is_reported_gone() -> None:
    hub = MemoryHub()
    async with meeting(MemoryWorld(hub), 1, 2) as [one, two]:
        hub.cut()
        await two.end()
        one.forget()
        hub.heal()
        await one.until_heard(OPEN)
        await one.until_heard(SessionGone(session_id(2)))
        assert not one.of(SessionSeen)


async def test_servers_are_offered_and_signals_recorded() -> None:
    servers = (IceServer("turn:127.0.0.1:3478", "u", "c"),)
    hub = MemoryHub(ice=servers)
    async with listening(*(MemorySignaling(hub, ROOM, session_id(number)) for number in (1, 2))) as [one, _]:
        await one.until_heard(IceServersOffered(servers))
        await one.until_heard(SessionSeen(session_id(2)))
        one.signaling.send(session_id(2), b"noted")
        assert hub.forwarded == [(session_id(1), session_id(2), b"noted")]


async def test_one_session_cannot_be_there_twice() -> None:
    hub = MemoryHub()
    async with listening(MemorySignaling(hub, ROOM, session_id(1))):
        with pytest.raises(ValueError, match="already"):
            await MemorySignaling(hub, ROOM, session_id(1)).open()
