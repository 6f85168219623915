"""What one replica says of itself, when, and to whom; what it passes on of others. Meshes are in test_gossip.py."""

from __future__ import annotations

from collections import deque

import pytest

from p2pchat_tui.ssc import gossip as module
from p2pchat_tui.ssc import presence
from p2pchat_tui.ssc.effects import Effect, PresenceChanged, Send
from p2pchat_tui.ssc.frames import Presence, short_peer
from p2pchat_tui.ssc.gossip import READ_DELAY_MS, Gossip
from p2pchat_tui.ssc.ids import PeerId, SessionId, Stamp
from p2pchat_tui.ssc.presence import HEARTBEAT_MS, HOPS_MAX, PRESENCE_MS, TYPING_MS, Board, State
from tests.helpers import ROOM, ManualClock, identity

SESSION = SessionId(b"session of a one")


class Place:
    """One board and its gossip, linked with whom the test says."""

    def __init__(self, *linked: int) -> None:
        self.clock = ManualClock()
        self.board = Board(ROOM, identity(1), SESSION, "me")
        self.linked = [identity(number).peer for number in linked]
        self.effects: deque[Effect] = deque()
        self.gossip = Gossip(self.board, self.linked, self.effects)
        for peer in self.linked:
            self.gossip.meet(peer, session_of(peer), self.clock.now)
        self.effects.clear()

    def sent(self) -> list[tuple[PeerId, Presence]]:
        """What was sent since, and to whom."""
        found = [(each.peer, each.frame) for each in self.effects if isinstance(each, Send)]
        self.effects.clear()
        return [(peer, frame) for peer, frame in found if isinstance(frame, Presence)]

    def changes(self) -> list[PeerId]:
        """Whose presence changed since."""
        found = [each.seen.peer for each in self.effects if isinstance(each, PresenceChanged)]
        self.effects.clear()
        return found


def session_of(peer: PeerId) -> SessionId:
    return SessionId(peer[: SessionId.size])


class Person:
    """Somebody else who speaks for himself."""

    def __init__(self, number: int, *linked: int) -> None:
        self.identity = identity(number)
        self.peer = self.identity.peer
        self.links = [identity(each).peer for each in linked]
        self.board = Board(ROOM, self.identity, session_of(self.peer), f"person {number}")

    def speaks(self, clock: ManualClock) -> Presence:
        return self.board.speak(self.links, clock.now)


def test_a_new_state_is_said_at_once_and_once() -> None:
    place = Place(2, 3)
    place.gossip.say_state(State.AWAY, place.clock.now)
    said = place.sent()
    assert [peer for peer, _ in said] == place.linked
    assert {frame.state for _, frame in said} == {"away"}
    place.gossip.say_state(State.AWAY, place.clock.now)
    place.gossip.say_name("me", place.clock.now)
    place.gossip.say_typing(False, place.clock.now)
    assert place.sent() == []


def test_each_word_is_newer_than_the_one_before_whatever_the_clock_does() -> None:
    place = Place(2)
    clocks = []
    for name in ("a", "b", "c"):
        place.clock.wall -= 60_000
        place.gossip.say_name(name, place.clock.now)
        clocks += [frame.clock for _, frame in place.sent()]
    assert clocks == sorted(set(clocks))


def test_hearts_beat_in_time() -> None:
    """On the whole multiples of the wall clock, where the test's clock begins, and once each."""
    place = Place(2)
    place.clock.advance(HEARTBEAT_MS - 1)
    place.gossip.tick(place.clock.now)
    assert place.sent() == []
    for _ in range(3):
        place.clock.advance(1)
        place.gossip.tick(place.clock.now)
        place.gossip.tick(place.clock.now)
        assert len(place.sent()) == 1
        place.clock.advance(HEARTBEAT_MS - 1)
        place.gossip.tick(place.clock.now)
        assert place.sent() == []


def test_whoever_scrolls_says_so_once_a_second() -> None:
    place = Place(2)
    for stamp in range(1, 50):
        place.gossip.say_read(Stamp(stamp), place.clock.now)
    assert place.sent() == []
    assert place.gossip.deadline() == place.clock.mono + READ_DELAY_MS
    place.clock.advance(READ_DELAY_MS)
    place.gossip.tick(place.clock.now)
    assert [frame.read for _, frame in place.sent()] == [49]


def test_nobody_is_spoken_to_where_nobody_is_linked() -> None:
    place = Place()
    place.gossip.say_state(State.AWAY, place.clock.now)
    place.gossip.say_typing(True, place.clock.now)
    place.clock.advance(60_000)
    place.gossip.tick(place.clock.now)
    assert place.sent() == []
    assert place.gossip.deadline() is None


def test_a_word_goes_on_to_those_who_lack_it() -> None:
    """Not back, not to whom it is about, and not to who is linked with that one by his own word."""
    place = Place(2, 3, 4)
    near = Person(4, 9)
    place.gossip.hear(near.peer, near.speaks(place.clock), place.clock.now)
    place.sent()
    far = Person(9, 2)
    place.gossip.hear(identity(2).peer, far.speaks(place.clock), place.clock.now)
    passed = place.sent()
    assert [peer for peer, _ in passed] == [identity(3).peer]
    assert passed[0][1].hops == HOPS_MAX - 1
    assert place.gossip.are_linked(near.peer, far.peer)
    assert not place.gossip.are_linked(far.peer, near.peer)
    assert short_peer(identity(2).peer) in place.board.get(far.peer).links  # type: ignore[union-attr]


def test_a_word_that_is_old_forged_or_mine_goes_nowhere() -> None:
    place = Place(2, 3)
    far = Person(9)
    old, new = far.speaks(place.clock), far.speaks(place.clock)
    place.gossip.hear(identity(2).peer, new, place.clock.now)
    assert len(place.sent()) == 1
    forged = Presence(**{name: getattr(old, name) for name in old.__struct_fields__} | {"clock": new.clock + 1})
    mine = place.board.speak([], place.clock.now)
    for frame in (old, new, forged, mine):
        place.gossip.hear(identity(2).peer, frame, place.clock.now)
    assert list(place.effects) == []


def test_the_last_hop_is_taken_in_and_not_passed_on() -> None:
    place = Place(2, 3)
    frame = Person(9).speaks(place.clock)
    last = Presence(**{name: getattr(frame, name) for name in frame.__struct_fields__} | {"hops": 0})
    place.gossip.hear(identity(2).peer, last, place.clock.now)
    assert place.changes() == [identity(9).peer]


def test_silence_ends_typing_and_then_presence() -> None:
    place = Place(2)
    typist = Person(2)
    typist.board.set_typing(True, place.clock.now)
    place.gossip.hear(typist.peer, typist.speaks(place.clock), place.clock.now)
    place.sent()
    place.clock.advance(TYPING_MS)
    place.gossip.tick(place.clock.now)
    assert place.changes() == [typist.peer]
    place.clock.advance(PRESENCE_MS - TYPING_MS)
    place.gossip.tick(place.clock.now)
    assert place.changes() == [typist.peer]
    assert place.board.get(typist.peer).state is State.OFFLINE  # type: ignore[union-attr]


def test_what_one_neighbour_may_bring_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    """A flood costs no more than so much, and does not end the word of others, nor that of the flooder for good."""
    monkeypatch.setattr(module, "BROUGHT_BURST", 20.0)
    monkeypatch.setattr(module, "BROUGHT_PER_S", 10.0)
    place = Place(2, 3)
    flooder, calm = identity(2).peer, Person(3)
    made_up = Person(50)
    flood = [made_up.speaks(place.clock) for _ in range(40)]
    for frame in flood:
        place.gossip.hear(flooder, frame, place.clock.now)
    assert len(place.changes()) == 20
    place.gossip.hear(calm.peer, calm.speaks(place.clock), place.clock.now)
    assert place.changes() == [calm.peer]
    place.clock.advance(1_000)
    for _ in flood:
        place.gossip.hear(flooder, made_up.speaks(place.clock), place.clock.now)
    assert len(place.changes()) == 10


def test_a_new_link_begins_with_a_full_share_and_leaves_none_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BROUGHT_BURST", 20.0)
    place = Place(2)
    flooder, made_up = identity(2).peer, Person(50)
    for _ in range(20):
        place.gossip.hear(flooder, made_up.speaks(place.clock), place.clock.now)
    place.gossip.part(flooder)
    place.gossip.part(flooder)
    assert place.gossip._brought == {}
    place.gossip.meet(flooder, session_of(flooder), place.clock.now)
    place.effects.clear()
    place.gossip.hear(flooder, made_up.speaks(place.clock), place.clock.now)
    assert place.changes() == [made_up.peer]


def test_of_made_up_people_no_more_are_remembered_than_a_room_can_have(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presence, "PEERS_MAX", 64)
    board = Board(ROOM, identity(1), SESSION, "me")
    clock = ManualClock()
    for number in range(2 * 64):
        board.restart(PeerId(number.to_bytes(32, "big")), SESSION, clock.now)
    assert len(list(board.others)) == 64
    clock.advance(PRESENCE_MS)
    board.expire(clock.now)
    real = Person(9)
    assert board.hear(real.speaks(clock), clock.now), "those who fell silent make room"
    assert len(list(board.others)) <= 64
