"""What `doctor` tells of the local network and of the windows of this machine; nothing leaves loopback."""

from __future__ import annotations

import asyncio
import os
from ipaddress import ip_interface

import pytest

from p2pchat_tui.doctor import lan
from p2pchat_tui.doctor.findings import Status
from p2pchat_tui.doctor.lan import check_lan, check_windows, visit_lan
from p2pchat_tui.doctor.relay import judge_room
from p2pchat_tui.doctor.visit import Visit
from p2pchat_tui.ports.signaling import SessionSeen
from p2pchat_tui.signaling import lan_hearing
from p2pchat_tui.signaling.lan import LanSignaling
from p2pchat_tui.signaling.lan_places import Place, find_places
from p2pchat_tui.signaling.relay import Relay
from p2pchat_tui.ssc.ids import LinkId
from p2pchat_tui.ssc.room import RoomKeys, room_keys
from p2pchat_tui.ssc.seal import Signal, SignalKind, seal
from tests.contracts.signaling import listening, session_id
from tests.helpers import identity
from tests.machine import free_port
from tests.signaling.neighbourhood import Neighbourhood

LOOPBACK = find_places(["127.0.0.1"])


async def test_multicast_that_works() -> None:
    [finding] = await check_lan(True, LOOPBACK, os.urandom)
    assert finding.status is Status.OK and "lo" in finding.what


async def test_an_interface_with_the_addresses_that_ipv6_gives_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    async def hears(*_: object) -> bool:
        return True

    monkeypatch.setattr(lan, "hears_itself", hears)
    [finding] = await check_lan(True, [Place("eth0", 2, (ip_interface("fe80::2/64"),))], os.urandom)
    assert finding.status is Status.OK and "same cable" in finding.what


async def test_an_interface_that_is_gone() -> None:
    gone = Place("eth9", 99, (ip_interface("192.0.2.1/24"),))
    [finding] = await check_lan(True, [gone], os.urandom)
    assert (finding.code, finding.status) == ("multicast-blocked", Status.FAIL) and "eth9" in finding.what


async def test_announcements_that_get_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lan_hearing, "HEAR_S", 0.2)
    monkeypatch.setattr(lan_hearing, "_group", lambda _: ("127.0.0.1", 9))  # as a filter that swallows them
    [finding] = await check_lan(True, LOOPBACK, os.urandom)
    assert finding.code == "multicast-blocked" and "5353" in finding.do


async def test_no_network_and_switched_off() -> None:
    assert [each.code for each in await check_lan(True, [], os.urandom)] == ["no-network"]
    assert [each.code for each in await check_lan(False, LOOPBACK, os.urandom)] == ["off"]


async def test_windows_can_meet() -> None:
    assert (await check_windows(free_port())).code == "ok"
    assert (await check_windows(0)).code == "off"
    async with Relay() as relay:
        assert (await check_windows(relay.port)).code == "ok"


async def test_another_program_has_the_port() -> None:
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    finding = await check_windows(server.sockets[0].getsockname()[1])
    server.close()
    assert finding.code == "port-taken" and "--local-port" in finding.do


async def test_a_port_that_this_account_may_not_use(monkeypatch: pytest.MonkeyPatch) -> None:
    async def refused(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(asyncio, "start_server", refused)
    assert (await check_windows(free_port())).code == "port-forbidden"


# ------------------------------------------------------------------------------------------------- members on the LAN


async def _visit(world: Neighbourhood, keys: RoomKeys) -> Visit:
    return await visit_lan(keys, world, lambda: world.places, chance=os.urandom, wall_ms=lambda: world.now_ms)


async def test_a_member_is_found_on_the_lan() -> None:
    world, keys = Neighbourhood(), room_keys(b"secret of a test")
    me = session_id(1)
    member = LanSignaling(
        world, keys.beacon, me, places=lambda: world.places, wall_ms=lambda: world.now_ms, chance=os.urandom
    )
    async with listening(member) as [one]:
        looking = asyncio.create_task(_visit(world, keys))
        await one.until(lambda _: bool(one.of(SessionSeen)))
        [seen] = one.of(SessionSeen)
        who = identity(1)
        signal = Signal(SignalKind.OFFER, LinkId(bytes(8)), who.peer, "v=0")
        member.send(seen.session, seal(signal, who, keys, me, seen.session, os.urandom(12)))
        found = await looking
    assert (found.code, found.others, found.opened) == ("ok", 1, 1)
    assert judge_room("orchard", "a b c", [found]).code == "ok"


async def test_nobody_is_found_on_the_lan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lan, "FIND_S", 0.2)
    found = await _visit(Neighbourhood(), room_keys(b"secret of a test"))
    assert judge_room("orchard", "a b c", [found]).code == "nobody"
    without = Neighbourhood()
    without.places = ()
    nowhere = await _visit(without, room_keys(b"secret of a test"))
    assert nowhere.code == "no-lan" and judge_room("orchard", "a b c", [nowhere]).code == "relay-failed"
