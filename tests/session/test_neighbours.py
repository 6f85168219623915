"""The links that stand: one for each peer, replaced and removed by name, and never more waiting than fits."""

from __future__ import annotations

from typing import cast

from p2pchat_tui.ports.transport import Channel, Path, Transport
from p2pchat_tui.session.links import ASK_MS, BEHIND, PING_MS, SILENT_MS, STUCK_BYTES, Link
from p2pchat_tui.session.neighbours import Neighbours
from p2pchat_tui.ssc.clock import Now
from p2pchat_tui.ssc.effects import ServeRun
from p2pchat_tui.ssc.frames import Carried, Notice, Ping, Vector
from p2pchat_tui.ssc.ids import LinkId, PeerId, SessionId
from p2pchat_tui.ssc.wire import Decoder
from tests.helpers import identity

from .wires import FakeWire

ANA, BO = identity(1).peer, identity(2).peer
CARRIED = Carried(bytes(16), bytes(16), 2, b"sealed")


def now(mono: int) -> Now:
    return Now(1_700_000_000_000 + mono, mono)


def link(wire: FakeWire, number: int, peer: PeerId | None = ANA) -> Link:
    return Link(cast(Transport, wire), LinkId(bytes([number]) * 8), SessionId(bytes([number]) * 16), peer)


def kinds(wire: FakeWire) -> list[str]:
    """What went out, by kind."""
    return [type(Decoder().decode(data)).__name__ for _, data in wire.sent]


def test_a_peer_has_one_link_and_the_newest_stands() -> None:
    wire, neighbours = FakeWire(), Neighbours()
    old, new = link(wire, 1), link(wire, 2)
    neighbours.put(ANA, old)
    neighbours.put(ANA, new)
    assert len(neighbours) == 1 and list(neighbours) == [new]
    assert ANA in neighbours and BO not in neighbours and None not in neighbours
    assert neighbours.get(ANA) is new and neighbours.get(BO) is None
    assert neighbours.stands(ANA, new.id) and not neighbours.stands(ANA, old.id) and not neighbours.stands(BO, new.id)


def test_the_end_of_a_link_that_was_replaced_takes_nobody_away() -> None:
    wire, neighbours = FakeWire(), Neighbours()
    old, new, stranger = link(wire, 1), link(wire, 2), link(wire, 3, None)
    neighbours.put(ANA, old)
    neighbours.put(ANA, new)
    assert neighbours.remove(old) is None
    assert neighbours.remove(stranger) is None
    assert neighbours.remove(new) == ANA
    assert neighbours.remove(new) is None
    assert len(neighbours) == 0


def test_path_and_round_trip_are_those_of_the_link() -> None:
    neighbours, one = Neighbours(), link(FakeWire(), 1)
    one.path, one.pings.rtt_ms = Path.DIRECT, 12
    neighbours.put(ANA, one)
    assert (neighbours.path(ANA), neighbours.rtt_ms(ANA)) == (Path.DIRECT, 12)
    assert (neighbours.path(BO), neighbours.rtt_ms(BO)) == (None, None)


def test_the_silent_carry_nothing() -> None:
    wire, neighbours = FakeWire(), Neighbours()
    quiet, lively = link(wire, 1, ANA), link(wire, 2, BO)
    neighbours.put(ANA, quiet)
    neighbours.put(BO, lively)
    lively.hear(SILENT_MS)
    assert neighbours.tick(now(SILENT_MS)) == [quiet]
    assert neighbours.tick(now(SILENT_MS + 1)) == [], "said once"
    assert neighbours.lively() == {lively.session: BO}
    assert quiet.hear(SILENT_MS + 2), "it is heard again"
    assert neighbours.lively() == {quiet.session: ANA, lively.session: BO}


def test_pings_go_out_when_they_are_due_and_never_late() -> None:
    wire, neighbours = FakeWire(), Neighbours()
    neighbours.put(ANA, link(wire, 1))
    assert neighbours.deadline() == 0
    neighbours.tick(now(0))
    assert neighbours.deadline() == ASK_MS
    neighbours.tick(now(ASK_MS))
    assert kinds(wire) == ["Ping", "Ping"] and wire.channels == [Channel.PRESENCE, Channel.CHAT]
    assert neighbours.deadline() == SILENT_MS
    neighbours.tick(now(SILENT_MS))
    assert neighbours.deadline() == PING_MS
    neighbours.ping(SILENT_MS)
    assert wire.channels[2:] == [Channel.CHAT]
    assert Neighbours().deadline() is None


def test_nothing_is_sent_to_who_has_no_link() -> None:
    wire, neighbours = FakeWire(), Neighbours()
    neighbours.put(ANA, link(wire, 1))
    neighbours.send(BO, Notice("code", "text"))
    neighbours.carry(BO, CARRIED)
    neighbours.request(ServeRun(BO, 1, ANA, 1, 2))
    assert wire.sent == []
    neighbours.send(ANA, Notice("code", "text"))
    neighbours.carry(ANA, CARRIED)
    neighbours.request(ServeRun(ANA, 1, ANA, 1, 2))
    assert kinds(wire) == ["Notice", "Carried"]
    assert neighbours.get(ANA).requests.qsize() == 1  # type: ignore[union-attr]


def test_soft_frames_are_left_out_while_a_link_takes_nothing_and_others_wait() -> None:
    wire, neighbours = FakeWire(), Neighbours()
    one = link(wire, 1)
    neighbours.put(ANA, one)
    wire.is_full = True
    neighbours.send(ANA, Ping(1), soft=True)
    for number in range(BEHIND + 1):
        assert not one.outbox.is_behind
        neighbours.send(ANA, Ping(number))
    assert one.outbox.is_behind
    neighbours.carry(ANA, CARRIED)
    wire.is_full = False
    neighbours.send(ANA, Notice("code", "text"))
    assert kinds(wire) == ["Ping"] * (BEHIND + 1) + ["Notice"], "in order, and no signal of others"
    assert not one.outbox.is_behind


def test_a_link_that_takes_nothing_is_given_up_before_it_fills_the_memory() -> None:
    wire, neighbours = FakeWire(), Neighbours()
    one = link(wire, 1)
    neighbours.put(ANA, one)
    wire.is_full = True
    large = Vector({}, True, {identity(number).peer: 2 for number in range(200)})
    count = 0
    while not one.outbox.is_stuck:
        neighbours.send(ANA, large)
        count += 1
        assert count * 7_000 < 2 * STUCK_BYTES
    assert not link(wire, 2).outbox.is_stuck
    wire.is_full = False
    neighbours.send(ANA, Ping(1))
    assert not one.outbox.is_stuck and one.outbox._urgent_bytes == 0
