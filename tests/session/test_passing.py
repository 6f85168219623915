"""Ways through the mesh: the nearest neighbour first, a few links at most, a fair share for each, and no more."""

from __future__ import annotations

from p2pchat_tui.session.linker import Linker
from p2pchat_tui.session.passing import HOPS, SIGNALS_BURST, THERE_MAX, Onward, Passing
from p2pchat_tui.ssc.clock import Now
from p2pchat_tui.ssc.frames import Carried, short_peer
from p2pchat_tui.ssc.ids import SIGNAL_MAX, PeerId, SessionId
from p2pchat_tui.ssc.presence import Seen, State
from tests.helpers import entropy

NOW = Now(1_000, 1_000)


def peer(number: int) -> PeerId:
    return PeerId(bytes([number]) * 32)


def session(number: int) -> SessionId:
    return SessionId(bytes([number]) * 16)


def seen(number: int, *links: int, state: State = State.ONLINE, of: int | None = None) -> Seen:
    names = frozenset(short_peer(peer(each)) for each in links)
    return Seen(peer(number), session(of or number), 1, state, False, "", names, heard=NOW, read=0)


def hearing(*presences: Seen, me: int = 100) -> tuple[Passing, Linker]:
    passing, linker = Passing(session(me)), Linker(session(me), entropy(1))
    for each in presences:
        passing.hear(each, linker, NOW)
    return passing, linker


def linked(*numbers: int) -> dict[SessionId, PeerId]:
    return {session(number): peer(number) for number in numbers}


def carried(sender: int, to: int, hops: int = HOPS, data: bytes = b"sealed") -> Carried:
    return Carried(session(sender), session(to), hops, data)


def way(onward: Onward | bytes | None) -> PeerId | None:
    return onward.peer if isinstance(onward, Onward) else None


CHAIN = (seen(1, 100, 2), seen(2, 1, 3), seen(3, 2, 4), seen(4, 3, 5), seen(5, 4, 6), seen(6, 5))


def test_presence_tells_the_linker_who_is_there() -> None:
    passing, linker = hearing(seen(1), seen(2))
    assert set(linker.remotes) == {session(1), session(2)}
    passing.hear(seen(1, of=9), linker, NOW)
    while linker.take():
        pass
    assert passing.who(session(9)) == peer(1) and passing.who(session(1)) is None
    assert not linker.remotes[session(2)].link
    passing.hear(seen(2, state=State.OFFLINE), linker, NOW)
    assert passing.who(session(2)) is None
    assert not any(linker.remotes[each].places for each in linker.remotes if each != session(9))


def test_the_nearest_neighbours_come_first() -> None:
    passing, _ = hearing(seen(1, 2), seen(2, 1, 3), seen(3, 2, 9), seen(4, 9), seen(9, 3, 4))
    ways = passing.first(session(9), b"x", linked(1, 2, 4))
    assert [each.peer for each in ways] == [peer(4), peer(2)]
    assert {each.frame for each in ways} == {Carried(session(100), session(9), HOPS, b"x")}
    assert [each.peer for each in passing.first(session(9), b"x", linked(1, 9))] == [peer(9)]
    assert passing.first(session(50), b"x", linked(1, 2, 4)) == []


def test_a_chain_is_followed_to_its_limit() -> None:
    passing, _ = hearing(*CHAIN)
    assert [each.peer for each in passing.first(session(5), b"x", linked(1))] == [peer(1)]
    assert passing.first(session(6), b"x", linked(1)) == []  # five links beyond the neighbour


def test_a_signal_is_passed_on_with_one_hop_less_and_never_back() -> None:
    passing, _ = hearing(*CHAIN, me=2)
    onward = passing.take(carried(100, 4), peer(1), linked(1, 3), NOW)
    assert onward == Onward(peer(3), carried(100, 4, HOPS - 1))
    assert passing.take(carried(100, 4, 0), peer(1), linked(1, 3), NOW) is None
    assert passing.take(carried(100, 4), peer(3), linked(3), NOW) is None
    assert way(passing.take(carried(100, 3, 1), peer(1), linked(1, 3), NOW)) == peer(3)
    assert passing.take(carried(100, 77), peer(1), linked(1, 3), NOW) is None


def test_what_is_for_me_goes_nowhere_else() -> None:
    passing, _ = hearing(*CHAIN, me=2)
    assert passing.take(carried(100, 2, 0), peer(1), linked(1, 3), NOW) == b"sealed"


def test_an_answer_finds_its_way_back_to_somebody_not_heard_of() -> None:
    passing, _ = hearing(me=2)
    assert passing.take(carried(70, 2), peer(1), linked(1, 3), NOW) == b"sealed"
    assert [each.peer for each in passing.first(session(70), b"x", linked(1, 3))] == [peer(1)]
    assert way(passing.take(carried(3, 70), peer(3), linked(1, 3), NOW)) == peer(1)
    assert passing.first(session(70), b"x", linked(3)) == []


def test_each_neighbour_has_its_share_by_size() -> None:
    passing, _ = hearing(*CHAIN, me=2)
    large = carried(100, 3, data=bytes(SIGNAL_MAX))
    passed = sum(passing.take(large, peer(1), linked(1, 3), NOW) is not None for _ in range(100))
    assert passed == SIGNALS_BURST // 17
    assert passing.take(carried(100, 1), peer(3), linked(1, 3), NOW) is not None
    later = Now(NOW.wall, NOW.mono + 3_000)
    assert passing.take(large, peer(1), linked(1, 3), later) is not None
    assert passing.take(large, peer(1), linked(1, 3), later) is None


def test_who_makes_up_identities_costs_a_bounded_number_of_attempts() -> None:
    passing, linker = hearing(*(seen(number) for number in range(1, 100)))
    assert len(linker.remotes) == 64
    for second in range(1, 60):
        for number in range(1, 255):
            passing.hear(seen(number, of=(number + second) % 250 + 1), linker, Now(NOW.wall, NOW.mono + 100 * second))
    assert len(passing._there) <= THERE_MAX
    for number in range(1_000):
        sender = SessionId(number.to_bytes(16, "big"))
        passing.take(Carried(sender, session(9), 1, b"x"), peer(1), linked(1), Now(0, 1000 * number))
    assert len(passing._trails) == 256
