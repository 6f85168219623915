"""Who holds what: vectors said and heard, and how much a room may make us remember of them."""

from __future__ import annotations

import pytest

from p2pchat_tui.ssc import holdings as module
from p2pchat_tui.ssc import ranges
from p2pchat_tui.ssc.clock import Now
from p2pchat_tui.ssc.feed import Feed
from p2pchat_tui.ssc.frames import RANGES_MAX
from p2pchat_tui.ssc.holdings import AUTHORS_MAX, VECTOR_DELAY_MS, VECTOR_MS, VECTOR_RANGES_MAX, Holdings
from p2pchat_tui.ssc.ids import PeerId
from tests.helpers import ROOM, chain, identity

ME, ANA, BO = (identity(number).peer for number in (1, 2, 3))
START = Now(1_700_000_010_000, 1_000)


def later(ms: int) -> Now:
    return Now(START.wall + ms, START.mono + ms)


def somebody(number: int) -> PeerId:
    """An id like a key; nothing is signed here."""
    return PeerId(number.to_bytes(32, "big"))


def holdings() -> Holdings:
    return Holdings(ME, {})


# Of this replica -----------------------------------------------------------------------------------------------------


def test_nothing_is_listed_before_it_is_on_disk() -> None:
    mine = holdings()
    feed = Feed(ROOM, ANA)
    entries = chain(identity(2), 3)
    feed.take(entries)
    assert mine.vector([ANA], {ANA: feed}, None).feeds == {}
    mine.stored(entries[:2], START)
    assert mine.vector([ANA], {ANA: feed}, None).feeds[ANA].ranges == ((1, 2),)


def test_what_was_stored_goes_out_once_and_soon() -> None:
    mine = holdings()
    mine.take_whole(START)
    mine.stored(chain(identity(2), 1), START)
    mine.stored(chain(identity(3), 1), later(50))
    assert mine.deadline() == START.mono + VECTOR_DELAY_MS, "the first change counts"
    assert mine.take_changed(later(VECTOR_DELAY_MS - 1)) == set()
    assert mine.take_changed(later(VECTOR_DELAY_MS)) == {ANA, BO}
    assert mine.take_changed(later(10_000)) == set()


def test_what_was_let_go_is_said_at_once() -> None:
    mine = holdings()
    feeds = {ANA: Feed(ROOM, ANA), BO: Feed(ROOM, BO)}
    for author, number in ((ANA, 2), (BO, 3)):
        feeds[author].take(chain(identity(number), 5))
    mine.reset(feeds)
    assert mine.take_whole(START)
    mine.reset(feeds)
    assert mine.deadline() == START.mono + VECTOR_MS, "nothing is new"
    feeds[BO] = Feed(ROOM, BO)
    feeds[BO].take(chain(identity(3), 5)[3:])
    mine.reset(feeds)
    assert mine.take_changed(later(1)) == {BO}
    assert mine.vector([BO], feeds, None).feeds[BO].ranges == ((4, 5),)
    del feeds[BO]
    mine.reset(feeds)
    assert mine.take_whole(later(2)), "of whom nothing is held, only a whole vector says so"


def test_the_whole_vector_takes_the_place_of_what_changed() -> None:
    mine = holdings()
    assert mine.take_whole(START)
    assert not mine.take_whole(later(VECTOR_MS - 1))
    mine.stored(chain(identity(2), 1), later(VECTOR_MS - 1))
    assert mine.take_whole(later(VECTOR_MS))
    assert mine.take_changed(later(2 * VECTOR_MS - 1)) == set()
    assert mine.deadline() == START.mono + 2 * VECTOR_MS


def test_a_feed_in_many_pieces_is_named_by_its_newest() -> None:
    mine = holdings()
    feed = Feed(ROOM, ANA)
    feed.take(chain(identity(2), 1))
    mine.durable[ANA] = ranges.normal((2 * each, 2 * each) for each in range(1, 2 * RANGES_MAX))
    said = mine.vector([ANA], {ANA: feed}, {}).feeds[ANA].ranges
    assert said == mine.durable[ANA][-RANGES_MAX:]


def test_a_vector_of_many_feeds_is_one_that_others_take() -> None:
    """Each has its share of the ranges, so that all of them together are no more than a peer may claim."""
    mine, feeds = holdings(), {}
    scattered = ranges.normal((2 * each, 2 * each) for each in range(1, RANGES_MAX))
    entry = chain(identity(2), 1)
    for number in range(200):
        feeds[somebody(number)] = Feed(ROOM, somebody(number))
        feeds[somebody(number)].take(entry)
        mine.durable[somebody(number)] = scattered
    said = mine.vector(mine.durable, feeds, {})
    heard = {PeerId(author): state.ranges for author, state in said.feeds.items()}
    assert sum(map(len, heard.values())) <= VECTOR_RANGES_MAX
    assert holdings().hear(BO, heard, whole=True)


def test_after_a_cut_nothing_above_it_is_held_here_or_anywhere() -> None:
    mine = holdings()
    mine.stored(chain(identity(2), 5), START)
    mine.hear(BO, {ANA: ((1, 9),), BO: ((1, 3),)}, whole=True)
    mine.cut(ANA, 3)
    assert mine.durable[ANA] == ((1, 2),)
    assert mine.vectors[BO] == {ANA: ((1, 2),), BO: ((1, 3),)}
    mine.cut(ANA, 1)
    assert mine.durable[ANA] == mine.vectors[BO][ANA] == ranges.EMPTY


# Of the others -------------------------------------------------------------------------------------------------------


def test_a_whole_vector_replaces_and_a_part_adds() -> None:
    mine = holdings()
    assert mine.hear(ANA, {ANA: ((1, 5),), BO: ((1, 2),)}, whole=True)
    assert mine.hear(ANA, {BO: ((1, 3),)}, whole=False)
    assert mine.vectors[ANA] == {ANA: ((1, 5),), BO: ((1, 3),)}
    assert mine.hear(ANA, {BO: ((3, 3),)}, whole=True)
    assert not mine.holds(ANA, ANA, 1)
    assert mine.holders_of(BO, 3) == (ANA,)


def test_whoever_sent_entries_holds_them() -> None:
    mine = holdings()
    entries = chain(identity(3), 6)
    mine.sent_by(ANA, entries[3:])
    mine.sent_by(ANA, entries[:2])
    assert mine.vectors[ANA] == {BO: ((1, 2), (4, 6))}
    assert mine.top_elsewhere(BO) == 6
    assert mine.top_elsewhere(ANA) == 0


def test_i_am_no_holder_of_my_own() -> None:
    mine = Holdings(ME, {ME: {ME: ((1, 9),)}, ANA: {ME: ((1, 4),)}})
    assert mine.holders_of(ME, 4) == (ANA,)
    assert mine.holders_of(ME, 5) == ()


@pytest.mark.parametrize(
    "claim",
    [
        {somebody(number): ((1, 1),) for number in range(AUTHORS_MAX + 1)},
        {somebody(number): tuple((2 * each, 2 * each) for each in range(1, 257)) for number in range(65)},
    ],
    ids=["authors", "ranges"],
)
def test_more_than_a_room_can_have_is_refused_and_changes_nothing(claim: dict[PeerId, ranges.Ranges]) -> None:
    mine = holdings()
    mine.hear(ANA, {BO: ((1, 2),)}, whole=True)
    assert not mine.hear(ANA, claim, whole=True)
    assert not mine.hear(ANA, claim, whole=False)
    assert mine.vectors[ANA] == {BO: ((1, 2),)}


def test_many_parts_make_no_more_than_one_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AUTHORS_MAX", 10)
    mine = holdings()
    taken = sum(mine.hear(ANA, {somebody(number): ((1, 1),)}, whole=False) for number in range(100))
    assert taken == len(mine.vectors[ANA]) == 10


def test_of_endless_identities_the_last_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PEERS_MAX", 8)
    mine = holdings()
    mine.hear(ANA, {ANA: ((1, 5),)}, whole=True)
    for number in range(100):
        assert mine.hear(somebody(number), {BO: ((1, 1),)}, whole=True)
        assert mine.hear(ANA, {BO: ((1, number + 1),)}, whole=False), "who speaks is not forgotten"
    assert len(mine.vectors) == 8
    assert mine.vectors[ANA] == {ANA: ((1, 5),), BO: ((1, 100),)}


def test_all_together_claim_no_more_than_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ITEMS_MAX", 100)
    mine = holdings()
    for number in range(50):
        mine.hear(somebody(number), {somebody(each): ((1, 1),) for each in range(20)}, whole=True)
    assert len(mine.vectors) == 2, "each counts 40"
    mine.hear(ANA, {somebody(each): ((1, 1),) for each in range(90)}, whole=True)
    assert list(mine.vectors) == [ANA], "one alone may be large"


def test_what_was_said_again_or_cut_does_not_count_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ITEMS_MAX", 60)
    mine = holdings()
    for seq in range(1, 100):
        mine.hear(ANA, {BO: ((seq, seq), (seq + 2, seq + 2))}, whole=seq % 2 == 0)
        mine.sent_by(BO, chain(identity(2), 1))
        mine.cut(BO, seq + 1)
    mine.recall(BO, {somebody(each): ((1, 1),) for each in range(25)})
    assert set(mine.vectors) == {ANA, BO}


def test_who_keeps_nothing_is_a_holder_while_linked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PEERS_MAX", 2)
    linked = {ANA}
    mine = Holdings(ME, {}, linked)
    mine.hear(ANA, {ME: ((1, 4),)}, whole=True, fleeting=True)
    mine.hear(BO, {ME: ((1, 4),)}, whole=True)
    assert mine.holders_of(ME, 4) == (ANA, BO)
    linked.clear()
    assert mine.holders_of(ME, 4) == (BO,)
    assert mine.top_elsewhere(ME) == 4, "it may come back, and knows what I wrote"
    assert mine.keeps(BO) and not mine.keeps(ANA)
    for number in range(2):
        mine.hear(somebody(number), {}, whole=True)
    assert mine.keeps(ANA), "forgotten with the rest"


def test_who_keeps_nothing_says_so() -> None:
    mine = holdings()
    assert not mine.vector([], {}, {}).fleeting
    mine.is_fleeting = True
    assert mine.vector([], {}, {}).fleeting and mine.vector([], {}, None).fleeting
