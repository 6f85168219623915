"""What is told and remembered of peers: each thing once, and of endless made-up identities no more than fits."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from p2pchat_tui.session import api
from p2pchat_tui.session import reporter as module
from p2pchat_tui.session.fanout import Fanout
from p2pchat_tui.session.names import Names
from p2pchat_tui.session.people import Acquaintances
from p2pchat_tui.session.reporter import Reporter
from p2pchat_tui.session.view import Memory
from p2pchat_tui.ssc.clock import Now
from p2pchat_tui.ssc.effects import ClockAhead, Noticed, PresenceChanged, VectorChanged
from p2pchat_tui.ssc.ids import PeerId, SessionId, Stamp
from p2pchat_tui.ssc.presence import Seen, State
from p2pchat_tui.store.memory import MemoryStore


def somebody(number: int) -> PeerId:
    return PeerId(number.to_bytes(32, "big"))


def seen(number: int, name: str, at_ms: int = 1_000, *, typing: bool = False) -> Seen:
    session = SessionId(number.to_bytes(16, "big"))
    return Seen(somebody(number), session, 1, State.ONLINE, typing, name, frozenset(), Stamp(0), Now(at_ms, at_ms))


class Place:
    """A reporter, and everything that it told."""

    def __init__(self, *authors: int) -> None:
        self.told: list[api.Event] = []
        fanout = Fanout()
        fanout.emit = self.told.append  # type: ignore[method-assign]
        self.people = Acquaintances(MemoryStore())
        self.names = Names(self.people.people)
        self.memory = Memory()
        picture = SimpleNamespace(peer=lambda peer: peer, is_author={somebody(each) for each in authors}.__contains__)
        network: Any = SimpleNamespace(relays=(), attempts=lambda: ())
        self.reporter = Reporter(fanout, picture, network, self.names, self.people, self.memory)  # type: ignore[arg-type]

    def hear(self, number: int, name: str, before: Seen | None = None, **more: Any) -> Seen:
        now = seen(number, name, **more)
        self.reporter.tell(PresenceChanged(now, before))
        return now

    def kinds(self) -> list[str]:
        """What was told since, by kind."""
        found = [type(event).__name__ for event in self.told]
        self.told.clear()
        return found


def test_a_presence_is_told_when_it_says_something_new() -> None:
    place = Place()
    first = place.hear(1, "ana")
    assert place.kinds() == ["PeerChanged"]
    again = place.hear(1, "ana", first, at_ms=2_000)
    assert place.kinds() == []
    assert place.memory.last_seen[somebody(1)] == 2_000
    place.hear(1, "anna", again, typing=True)
    assert place.kinds() == ["TypingChanged", "PeerChanged"]
    assert place.reporter.to_save == {somebody(1)}


def test_endless_identities_are_told_of_and_not_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever wrote here, or was known before, is remembered all the same."""
    monkeypatch.setattr(module, "PEERS_MAX", 10)
    place = Place(200)
    place.hear(1, "ana")
    for number in range(2, 100):
        place.hear(number, f"nobody {number}")
        place.reporter.tell(VectorChanged(somebody(number)))
        place.reporter.met(somebody(number), 1_000)
    assert place.kinds().count("PeerChanged") >= 98
    known = {somebody(number) for number in range(1, 11)}
    assert place.memory.last_seen.keys() == place.reporter.to_save == place.reporter.seen == place.names.peers == known
    assert {person.peer for person in place.people.people.all()} == known
    place.hear(200, "an author")
    place.hear(1, "anna")
    assert place.names.of(somebody(200)) == "an author" and place.names.of(somebody(1)) == "anna"


def test_wrong_clocks_are_told_of_once_each_and_not_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AHEAD_MAX", 3)
    place = Place()
    for _ in range(2):
        for number in range(1, 9):
            place.reporter.tell(ClockAhead(somebody(number), 20 * 60_000))
    assert len(place.memory.ahead) == 3
    assert place.kinds().count("Problem") == 3
    place.reporter.in_step([somebody(1)])
    place.reporter.tell(ClockAhead(somebody(8), 20 * 60_000))
    assert "Problem" in place.kinds(), "there is room again"


def test_who_says_that_this_clock_is_ahead_is_heard_once_over_each_link() -> None:
    place = Place()
    for _ in range(3):
        place.reporter.tell(Noticed(somebody(1), "clock-ahead"))
    place.reporter.tell(Noticed(somebody(1), "of a later version"))
    assert place.kinds() == ["Problem"]
    place.reporter.met(somebody(1), 1_000)
    place.kinds()
    place.reporter.tell(Noticed(somebody(1), "clock-ahead"))
    assert place.kinds() == ["Problem"]


def test_who_says_that_this_clock_is_ahead_is_not_remembered_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AHEAD_MAX", 3)
    place = Place()
    for _ in range(2):
        for number in range(1, 9):
            place.reporter.tell(Noticed(somebody(number), "clock-ahead"))
    assert len(place.reporter._noticed) == 3 and place.kinds() == ["Problem"] * 3
    place.reporter.met(somebody(1), 1_000)
    place.kinds()
    place.reporter.tell(Noticed(somebody(8), "clock-ahead"))
    assert place.kinds() == ["Problem"], "there is room again"
