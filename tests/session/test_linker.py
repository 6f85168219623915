"""Introductions: who offers, what is sent again, what replaces what; as a machine, without any loop."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from p2pchat_tui.session.linker import ASKED_MS, OVERLAP_MS, REBUILD_MS, RETRY_MOST_MS, STEADY_MS, STUCK_MS, Linker
from p2pchat_tui.session.remote import (
    RESEND_MS,
    AcceptAnswer,
    Action,
    Drop,
    MakeAnswer,
    MakeOffer,
    SendSignal,
)
from p2pchat_tui.ssc.ids import LinkId, SessionId
from p2pchat_tui.ssc.seal import Signal, SignalKind
from tests.helpers import entropy, identity

SMALL, LARGE = SessionId(b"\x01" * 16), SessionId(b"\x02" * 16)
PEERS = {SMALL: identity(1).peer, LARGE: identity(2).peer}


def actions(linker: Linker) -> list[Action]:
    out = []
    while action := linker.take():
        out.append(action)
    return out


def begun() -> tuple[Linker, LinkId]:
    """The offering side, with its offer out."""
    linker = Linker(SMALL, entropy(1))
    linker.seen(LARGE, "relay", 0)
    (offer,) = actions(linker)
    assert isinstance(offer, MakeOffer)
    linker.described(offer.link, "offer", 0)
    (signal,) = actions(linker)
    assert signal == SendSignal(LARGE, SignalKind.OFFER, offer.link, "offer")
    return linker, offer.link


def answer(link: LinkId) -> Signal:
    return Signal(SignalKind.ANSWER, link, PEERS[LARGE], "answer")


def offer(link: LinkId) -> Signal:
    return Signal(SignalKind.OFFER, link, PEERS[SMALL], "offer")


def test_the_smaller_session_offers_and_the_larger_waits() -> None:
    linker = Linker(LARGE, entropy(1))
    linker.seen(SMALL, "relay", 0)
    assert actions(linker) == []
    begun()


def test_an_offer_is_sent_again_until_it_is_answered() -> None:
    linker, link = begun()
    assert linker.deadline() == RESEND_MS
    linker.tick(RESEND_MS)
    assert [type(each) for each in actions(linker)] == [SendSignal]
    assert linker.deadline() == 3 * RESEND_MS
    linker.signal(LARGE, answer(link), RESEND_MS + 5)
    assert actions(linker) == [AcceptAnswer(link, "answer")]
    linker.signal(LARGE, answer(link), RESEND_MS + 6)
    assert actions(linker) == []
    assert linker.deadline() is None


def test_an_offer_that_comes_twice_is_answered_twice_with_one_answer() -> None:
    linker = Linker(LARGE, entropy(1))
    link = LinkId(b"12345678")
    linker.signal(SMALL, offer(link), 0)
    assert actions(linker) == [MakeAnswer(link, SMALL, "offer")]
    linker.signal(SMALL, offer(link), 1)
    assert actions(linker) == []
    linker.described(link, "answer", 2)
    linker.signal(SMALL, offer(link), 3)
    assert [each.kind for each in actions(linker) if isinstance(each, SendSignal)] == [SignalKind.ANSWER] * 2


def test_a_replayed_offer_starts_nothing() -> None:
    linker = Linker(LARGE, entropy(1))
    link = LinkId(b"12345678")
    linker.seen(SMALL, "relay", 0)
    linker.signal(SMALL, offer(link), 0)
    linker.described(link, "answer", 0)
    linker.up(link, 0)
    linker.down(link, "cut", 10)
    actions(linker)
    for _ in range(10):
        linker.signal(SMALL, offer(link), 20)
    assert actions(linker) == []


def test_roles_are_fixed() -> None:
    linker, link = begun()
    linker.signal(LARGE, Signal(SignalKind.OFFER, LinkId(b"xxxxxxxx"), PEERS[LARGE], "offer"), 0)
    assert actions(linker) == []
    other = Linker(LARGE, entropy(1))
    other.signal(SMALL, Signal(SignalKind.ANSWER, link, PEERS[SMALL], "answer"), 0)
    assert actions(other) == []


def test_a_session_has_one_owner() -> None:
    linker = Linker(LARGE, entropy(1))
    linker.signal(SMALL, offer(LinkId(b"12345678")), 0)
    actions(linker)
    linker.signal(SMALL, Signal(SignalKind.OFFER, LinkId(b"87654321"), identity(9).peer, "offer"), 0)
    assert actions(linker) == []


def test_failures_are_tried_again_with_growing_pauses_for_as_long_as_the_other_is_there() -> None:
    linker, link = begun()
    now, pauses = 0, []
    for _ in range(9):
        linker.down(link, "no route", now)
        due = linker.deadline()
        assert due is not None
        pauses.append(due - now)
        now = due
        linker.tick(now)
        made = [each for each in actions(linker) if isinstance(each, MakeOffer)]
        assert len(made) == 1
        link = made[0].link
    assert pauses[0] <= 2_000
    assert RETRY_MOST_MS // 2 <= pauses[-1] <= RETRY_MOST_MS
    linker.gone(LARGE, "relay")
    linker.down(link, "no route", now)
    assert linker.deadline() is None
    assert linker.remotes == {}


def test_retry_now_does_not_wait() -> None:
    linker, link = begun()
    linker.down(link, "no route", 0)
    linker.retry_now(1)
    assert [type(each) for each in actions(linker)] == [MakeOffer]


def test_a_new_link_runs_beside_the_old_and_replaces_it_when_up() -> None:
    linker = Linker(LARGE, entropy(1))
    old, new = LinkId(b"11111111"), LinkId(b"22222222")
    linker.signal(SMALL, offer(old), 0)
    linker.described(old, "answer", 0)
    linker.up(old, 0)
    actions(linker)
    linker.signal(SMALL, offer(new), 50)
    linker.described(new, "answer", 50)
    assert not any(isinstance(each, Drop) for each in actions(linker))
    assert linker.remotes[SMALL].link == old
    linker.up(new, 60)
    assert actions(linker) == [] and linker.remotes[SMALL].link == new
    assert linker.deadline() == 60 + OVERLAP_MS
    linker.tick(60 + OVERLAP_MS)
    assert [each.link for each in actions(linker) if isinstance(each, Drop)] == [old]
    linker.down(old, "replaced", 60)
    assert linker.remotes[SMALL].link == new


def standing(me: SessionId, other: SessionId) -> tuple[Linker, LinkId]:
    """A session with a link that stands, at one relay."""
    linker = Linker(me, entropy(1))
    linker.seen(other, "relay", 0)
    if me < other:
        (made,) = actions(linker)
        assert isinstance(made, MakeOffer)
        link = made.link
        linker.described(link, "offer", 0)
        linker.signal(other, answer(link), 0)
    else:
        link = LinkId(b"12345678")
        linker.signal(other, offer(link), 0)
        linker.described(link, "answer", 0)
    linker.up(link)
    actions(linker)
    return linker, link


def ask(link: LinkId) -> Signal:
    return Signal(SignalKind.ASK, link, PEERS[LARGE], "")


def test_an_offer_goes_out_at_once_to_whom_is_seen_at_another_relay() -> None:
    linker, _ = begun()
    linker.seen(LARGE, "relay", 500)
    assert linker.deadline() == RESEND_MS
    linker.seen(LARGE, "other relay", 500)
    linker.tick(500)
    assert [type(each) for each in actions(linker)] == [SendSignal]


def test_what_a_struggling_attempt_knows_is_its_reason() -> None:
    linker, link = begun()
    linker.struggled(link, "no path yet")
    assert linker.remotes[LARGE].reason == "no path yet"
    linker.signal(LARGE, answer(link), 0)
    linker.up(link, 0)
    assert linker.remotes[LARGE].reason == ""


def test_whoever_is_at_two_relays_is_gone_when_gone_from_both() -> None:
    linker, link = begun()
    linker.seen(LARGE, "other relay", 0)
    linker.gone(LARGE, "relay")
    linker.down(link, "no route", 0)
    assert linker.deadline() is not None
    linker.place_lost("other relay")
    assert linker.remotes == {}


def test_a_ghost_is_retired() -> None:
    linker, link = begun()
    linker.retire(LARGE)
    assert [each.link for each in actions(linker) if isinstance(each, Drop)] == [link]
    assert linker.remotes == {}


@settings(max_examples=80)
@given(st.integers(0, 10_000))
def test_two_machines_link_whatever_the_relay_does_to_signals(seed: int) -> None:
    """Signals are lost, doubled and reordered; descriptions take their time; attempts fail at times."""
    chance = random.Random(seed)
    sides = {SMALL: Linker(SMALL, entropy(seed)), LARGE: Linker(LARGE, entropy(seed + 1))}
    other = {SMALL: LARGE, LARGE: SMALL}
    for me, linker in sides.items():
        linker.seen(other[me], "relay", 0)
    under_way: list[tuple[int, SessionId, str, object]] = []
    up: dict[SessionId, LinkId] = {}
    now = 0
    for _ in range(20_000):
        for me, linker in sides.items():
            linker.tick(now)
            for action in actions(linker):
                match action:
                    case MakeOffer(link) | MakeAnswer(link):
                        under_way.append((now + chance.randint(0, 300), me, "described", link))
                    case SendSignal(session, kind, link, text):
                        for _ in range(chance.choice([0, 1, 1, 2])):
                            signal = Signal(kind, link, PEERS[me], text)
                            under_way.append((now + chance.randint(0, 900), session, "signal", signal))
                    case AcceptAnswer(link):
                        if chance.random() < 0.3:
                            under_way += [(now + 500, side, "down", link) for side in sides]
                        else:
                            under_way += [(now + chance.randint(0, 200), side, "up", link) for side in sides]
                    case Drop(link):
                        under_way.append((now, me, "down", link))
        due = sorted((each for each in under_way if each[0] <= now), key=lambda each: each[0])
        under_way = [each for each in under_way if each[0] > now]
        for _, me, what, value in due:
            match what:
                case "described":
                    sides[me].described(value, "text", now)  # type: ignore[arg-type]
                case "signal":
                    sides[me].signal(other[me], value, now)  # type: ignore[arg-type]
                case "up":
                    sides[me].up(value, now)  # type: ignore[arg-type]
                    up[me] = value  # type: ignore[assignment]
                case "down":
                    sides[me].down(value, "failed", now)  # type: ignore[arg-type]
        if len(up) == 2 and up[SMALL] == up[LARGE]:
            return
        now += 50
    raise AssertionError("they never linked")


def asked(number: int) -> Signal:
    return Signal(SignalKind.ASK, LinkId(number.to_bytes(8, "big")), PEERS[LARGE], "")


def test_the_larger_session_asks_when_no_offer_comes() -> None:
    linker = Linker(LARGE, entropy(1))
    linker.seen(SMALL, "relay", 0)
    links, now = set(), 0
    for _ in range(8):
        due = linker.deadline()
        assert due is not None and due - now <= RETRY_MOST_MS
        now = due
        linker.tick(now)
        (wish,) = actions(linker)
        assert isinstance(wish, SendSignal) and (wish.kind, wish.description) == (SignalKind.ASK, "")
        links.add(wish.link)
    assert len(links) == 8
    linker.signal(SMALL, offer(LinkId(b"12345678")), now)
    assert [type(each) for each in actions(linker)] == [MakeAnswer]
    assert linker.deadline() is None


def test_who_is_asked_offers_once_in_a_while_and_never_for_a_replay() -> None:
    linker, link = begun()
    linker.signal(LARGE, asked(1), 10)
    linker.tick(10)
    assert [each.link for each in actions(linker) if isinstance(each, SendSignal)] == [link], "its offer, again"
    linker.signal(LARGE, answer(link), 20)
    linker.signal(LARGE, asked(2), STUCK_MS - 1)
    assert [type(each) for each in actions(linker)] == [AcceptAnswer]
    linker.signal(LARGE, asked(3), STUCK_MS)
    dropped, made = actions(linker)
    assert isinstance(dropped, Drop) and dropped.link == link and isinstance(made, MakeOffer)
    for number in (1, 2, 3):
        linker.signal(LARGE, asked(number), 3 * STUCK_MS)
    assert actions(linker) == []
    linker.down(made.link, "no route", STUCK_MS + 1)
    linker.signal(LARGE, asked(4), STUCK_MS + ASKED_MS - 1)
    assert actions(linker) == []
    linker.signal(LARGE, asked(5), STUCK_MS + ASKED_MS)
    assert [type(each) for each in actions(linker)] == [MakeOffer]


def test_a_silent_link_is_kept_while_another_is_tried_and_tried_again() -> None:
    linker, link = begun()
    linker.signal(LARGE, answer(link), 0)
    linker.up(link, 0)
    actions(linker)
    linker.doubt(LARGE, 8_000)
    linker.doubt(LARGE, 8_001)
    (made,) = actions(linker)
    assert isinstance(made, MakeOffer)
    linker.down(made.link, "did not answer", 28_000)
    due = linker.deadline()
    assert due is not None and linker.remotes[LARGE].link == link
    linker.tick(due)
    (again,) = actions(linker)
    linker.trust(LARGE)
    linker.down(again.link, "did not answer", due + 20_000)  # type: ignore[union-attr]
    assert linker.deadline() is None and linker.remotes[LARGE].link == link
    assert actions(linker) == []


def test_a_changed_network_begins_everything_anew_but_what_has_just_begun() -> None:
    linker, link = begun()
    linker.rebuild(REBUILD_MS - 1)
    assert actions(linker) == []
    linker.rebuild(REBUILD_MS)
    dropped, made = actions(linker)
    assert isinstance(dropped, Drop) and dropped.link == link and isinstance(made, MakeOffer)
    linker.down(link, "dropped", REBUILD_MS)
    assert linker.deadline() is None and linker.remotes[LARGE].failures == 0
    other = Linker(LARGE, entropy(2))
    other.signal(SMALL, offer(link), 0)
    other.seen(SMALL, "relay", 0)
    other.up(link, 0)
    actions(other)
    other.rebuild(60_000)
    (wish,) = actions(other)
    assert isinstance(wish, SendSignal) and wish.kind is SignalKind.ASK
    assert other.remotes[SMALL].link == link


def test_a_link_that_never_lasts_is_not_made_faster_and_faster() -> None:
    linker, link = begun()
    now, pauses = 0, []
    for _ in range(8):
        linker.signal(LARGE, answer(link), now)
        linker.up(link, now)
        linker.down(link, "closed", now + 50)
        due = linker.deadline()
        assert due is not None
        pauses.append(due - now)
        now = due
        linker.tick(now)
        link = next(each.link for each in actions(linker) if isinstance(each, MakeOffer))
        linker.described(link, "offer", now)
        actions(linker)
    assert pauses[-1] >= RETRY_MOST_MS // 2
    linker.signal(LARGE, answer(link), now)
    linker.up(link, now)
    linker.down(link, "closed", now + STEADY_MS)
    due = linker.deadline()
    assert due is not None and due - now - STEADY_MS <= 1_000


def test_who_has_left_every_place_is_forgotten_when_the_network_changes() -> None:
    linker, _ = begun()
    linker.place_lost("relay")
    linker.rebuild(REBUILD_MS + 1)
    assert not linker.remotes


def test_a_link_that_stood_long_is_replaced_without_the_pauses_of_old_failures() -> None:
    linker, link = begun()
    linker.signal(LARGE, answer(link), 0)
    linker.up(link, 0)
    remote = linker.remotes[LARGE]
    remote.failures = remote.asks = 5
    linker.doubt(LARGE, STEADY_MS)
    assert (remote.failures, remote.asks) == (0, 0)
    remote.asks = 3
    linker.trust(LARGE)
    assert not remote.doubted and remote.asks == 0
