"""Forks: whatever branch a replica saw first, all end with the same log, and with the proof."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from p2pchat_tui.ssc.body import Say, encode_body
from p2pchat_tui.ssc.effects import Abandon, Compare, Cut, Forked, Strike
from p2pchat_tui.ssc.entry import Entry, sign_entry
from p2pchat_tui.ssc.fork_watch import CHASES_MAX
from p2pchat_tui.ssc.forks import ForkProof, find_apart, find_fork, is_joined, is_proof, is_vouched
from p2pchat_tui.ssc.frames import Batch, Done, FeedState, Vector
from p2pchat_tui.ssc.ids import GENESIS, Stamp
from p2pchat_tui.ssc.replica import OwnFeedCut
from p2pchat_tui.ssc.runs import CHECKPOINT, chained, run_of
from p2pchat_tui.ssc.segments import add_entries
from p2pchat_tui.ssc.wire import decode_proof, encode_proof
from tests.helpers import ROOM, Net, Node, chain, identity

FORKER = identity(7)


def branches(at: int, one: int, two: int) -> tuple[list[Entry], list[Entry]]:
    """Two feeds of FORKER that part at seq `at`, of lengths `one` and `two`."""
    first = chain(FORKER, one)
    return first, branch_off(first, at, two, "elsewhere")


def branch_off(feed: list[Entry], at: int, length: int, text: str) -> list[Entry]:
    """Another feed of FORKER, of that length, that says `text` from seq `at` on."""
    other = feed[: at - 1]
    prev = other[-1].id if other else GENESIS
    last = other[-1].stamp if other else feed[0].stamp
    for seq in range(at, length + 1):
        stamp = Stamp(last + (seq - at + 1 << 20))
        other.append(sign_entry(ROOM, FORKER, seq, stamp, prev, encode_body(Say(text))))
        prev = other[-1].id
    return other


def as_pulled(feed: list[Entry]) -> list[Entry]:
    """`feed` as it comes in pages: only the last of each carries its signature."""
    return [
        entry if entry.seq % CHECKPOINT == 0 or entry is feed[-1] else replace(entry, signature=b"") for entry in feed
    ]


def give(node: Node, entries: list[Entry]) -> None:
    for entry in entries:
        node.disk[entry.author, entry.seq] = entry
    node.start()


def meet(net: Net, *links: tuple[int, int]) -> None:
    """Link these one after the other, and let some periods pass: then all hold the same."""
    for one, two in links:
        net.link(one, two)
        net.run()
    net.pass_time(64_000, 1_000)
    assert net.is_agreed()


def assert_nothing_is_proven(net: Net) -> None:
    for node in net.nodes:
        assert not node.replica.forked, "where both part nobody can tell"
        assert not node.strikes
    looks = [each for node in net.nodes for each in node.effects if isinstance(each, Compare)]
    assert len(looks) < 60, "it is not looked for again and again"


@settings(max_examples=40)
@given(st.integers(1, 300), st.integers(0, 200), st.integers(0, 200), st.integers(0, 99))
def test_all_replicas_cut_at_the_same_place(at: int, more_one: int, more_two: int, seed: int) -> None:
    first, other = branches(at, at + more_one, at + more_two)
    net = Net(4, seed)
    give(net.nodes[0], first)
    give(net.nodes[1], other)
    give(net.nodes[2], first[: at // 2])
    for one, two in ((0, 2), (2, 1), (1, 3)):  # a line: the two who differ are not neighbours
        net.link(one, two)
    net.run()
    net.pass_time(32_000, 1_000)
    assert net.is_agreed()
    assert len(net.logs()[0]) == at - 1
    for node in net.nodes:
        assert node.replica.forked == {FORKER.peer}
        assert node.proofs[FORKER.peer].seq == at
        assert not node.strikes
        node.start()
        assert node.replica.forked == {FORKER.peer}, "a restart remembers it"


@settings(max_examples=30)
@given(st.integers(2, 150), st.integers(2, 150), st.integers(0, 40), st.integers(1, 40), st.integers(0, 99))
def test_what_is_left_of_a_lost_branch_gives_way_to_a_whole_one(
    at: int, lost: int, island: int, more: int, seed: int
) -> None:
    """A copy wrote, its last entries reached somebody, and the rest of what it wrote was lost."""
    top = at + lost + island
    whole, other = branches(at, top + more, top)
    net = Net(3, seed)
    give(net.nodes[0], whole)
    give(net.nodes[1], [*other[: at - 1], *other[at + lost - 1 :]])
    net.nodes[2].start()
    meet(net, (1, 2), (2, 0))
    assert len(net.logs()[0]) == len(whole)
    assert_nothing_is_proven(net)


@settings(max_examples=60)
@example(at=5, gone_one=1, gone_two=144, more_one=1, more_two=2, seed=36)
@given(
    st.integers(2, 150),
    st.integers(1, 150),
    st.integers(1, 150),
    st.integers(1, 150),
    st.integers(1, 150),
    st.integers(0, 99),
)
def test_where_nobody_holds_the_parting_any_more_one_branch_stays(
    at: int, gone_one: int, gone_two: int, more_one: int, more_two: int, seed: int
) -> None:
    """Everybody let old messages go, and the place where both branches part with them."""
    lows = (at + gone_one, at + gone_two)
    first, other = branches(at, max(lows) + more_one, max(lows) + more_two)
    net = Net(3, seed)
    give(net.nodes[0], first[lows[0] :])
    give(net.nodes[1], other[lows[1] :])
    meet(net, (0, 2), (2, 1))
    assert any(
        {bytes(each.id) for each in branch[low:]} <= set(net.logs()[0])
        for branch, low in zip((first, other), lows, strict=True)
    )
    assert_nothing_is_proven(net)


@settings(max_examples=60)
@given(st.integers(2, 150), st.integers(1, 150), st.integers(1, 150), st.integers(1, 20), st.integers(0, 99))
def test_an_island_of_a_lost_branch_gives_way_where_the_parting_was_let_go(
    at: int, gone: int, island: int, more: int, seed: int
) -> None:
    """A backup was put back: of its branch an island is left beside the newest part of the other."""
    low = at + gone
    top = low + island + 1 + more
    kept, lost = branches(at, top, top)
    net = Net(2, seed)
    give(net.nodes[0], kept[low:])
    give(net.nodes[1], [*lost[low : low + island], *kept[low + island + 1 :]])
    meet(net, (0, 1))
    assert net.logs()[0] == [bytes(each.id) for each in kept[low:]]
    assert_nothing_is_proven(net)


@settings(max_examples=60)
@given(st.integers(2, 150), st.integers(1, 300), st.integers(0, 150), st.integers(1, 150), st.integers(0, 99))
def test_a_branch_without_its_beginning_gives_way_to_a_whole_one_though_it_is_longer(
    at: int, gone: int, more: int, longer: int, seed: int
) -> None:
    """Who let old messages go went on alone with the copy, the others hold all of the other branch."""
    low = at + gone
    whole, other = branches(at, low + more, low + more + longer)
    net = Net(3, seed)
    give(net.nodes[0], whole)
    give(net.nodes[1], other[low - 1 :])
    meet(net, (0, 2), (2, 1))
    assert {bytes(each.id) for each in whole} <= set(net.logs()[0])
    assert_nothing_is_proven(net)


def test_a_page_of_a_branch_is_compared_once_all_of_it_is_there() -> None:
    """Long messages come in several batches, the upper ones first; only the first carries a signature."""
    mine, other = branches(20, 40, 40)
    net = Net(2)
    node, liar = net.nodes
    give(node, mine)
    net.link(0, 1)
    net.run()
    node.replica.receive(liar.peer, Vector({FORKER.peer: FeedState(((1, 40),), bytes(8))}, whole=True), node.now)
    number = node.replica.forks.chases[FORKER.peer].request
    unsigned = [replace(each, signature=b"") for each in other[:30]]
    node.replica.receive(liar.peer, Batch(number, (run_of(other[30:]),)), node.now)
    node.replica.receive(liar.peer, Batch(number, (run_of(unsigned[9:]),)), node.now)
    node.settle()
    assert not [each for each in node.effects if isinstance(each, Compare)]
    node.replica.receive(liar.peer, Done(number), node.now)
    node.settle()
    assert node.proofs[FORKER.peer].seq == 20


def test_nothing_gives_way_to_what_its_author_has_not_signed() -> None:
    """What is held already vouches for what lies below it alone."""
    feed = chain(FORKER, 40)
    forged = [*feed[:10], *(replace(each, body=b"forged", signature=b"") for each in feed[10:])]
    net = Net(2)
    node, liar = net.nodes
    give(node, [*feed[:10], *feed[19:]])
    net.link(0, 1)
    net.run()
    node.replica.receive(liar.peer, Vector({FORKER.peer: FeedState(((1, 40),), bytes(8))}, whole=True), node.now)
    assert node.replica.forks.chases
    for _ in range(3):
        if chase := node.replica.forks.chases.get(FORKER.peer):
            node.replica.receive(liar.peer, Batch(chase.request, (run_of(chained(run_of(forged), ROOM)),)), node.now)
            node.replica.receive(liar.peer, Done(chase.request), node.now)
            node.settle()
    assert not [each for each in node.effects if isinstance(each, Abandon | Cut)]
    assert len(node.disk) == 31


def test_one_peer_has_few_pages_of_branches_on_their_way() -> None:
    net = Net(2)
    node, liar = net.nodes
    authors = [identity(number) for number in range(20, 40)]
    give(node, [entry for author in authors for entry in chain(author, 3)])
    net.link(0, 1)
    net.run()
    claim = {author.peer: FeedState(((1, 3),), bytes(8)) for author in authors}
    node.replica.receive(liar.peer, Vector(claim, whole=True), node.now)
    assert len(node.replica.forks.chases) == CHASES_MAX
    author, chase = next(iter(node.replica.forks.chases.items()))
    far = run_of(chain(identity(20), 200)[140:])
    for _ in range(3):
        node.replica.receive(liar.peer, Batch(chase.request, (replace(far, author=author),)), node.now)
    assert not chase.runs, "nothing is held that was not asked for"


def test_it_is_told_once_and_the_rest_of_the_room_goes_on() -> None:
    first, other = branches(5, 9, 9)
    net = Net(3)
    give(net.nodes[0], first)
    give(net.nodes[1], other)
    net.mesh()
    net.run()
    net.pass_time(32_000, 1_000)
    for node in net.nodes:
        assert len([each for each in node.effects if isinstance(each, Forked)]) == 1
        assert len([each for each in node.effects if isinstance(each, Cut)]) == 1
    net.nodes[0].say("life goes on")
    net.run()
    assert net.is_agreed()
    assert len(net.logs()[0]) == 5


def test_an_earlier_fork_counts_more() -> None:
    first, other = branches(5, 20, 20)
    _, third = branches(3, 20, 20)
    net = Net(3)
    for node, entries in zip(net.nodes, (first, other, third), strict=True):
        give(node, entries)
    net.mesh()
    net.run()
    net.pass_time(48_000, 1_000)
    assert net.is_agreed()
    assert len(net.logs()[0]) == 2


@settings(max_examples=150)
@given(
    st.integers(1, 150),
    st.integers(1, 150),
    st.integers(0, 150),
    st.integers(0, 20),
    st.tuples(st.booleans(), st.booleans()),
    st.booleans(),
    st.integers(0, 99),
)
def test_of_three_branches_all_end_with_the_same(
    at: int, between: int, more: int, above: int, pulled: tuple[bool, bool], is_late: bool, seed: int
) -> None:
    """Two backups were put back: the proof that the later branches make meets somebody who holds the first one."""
    fork = at + between
    first = chain(FORKER, at + more)
    second = branch_off(first, at, fork + above, "second")
    third = branch_off(second, fork, fork + above, "third")
    net = Net(4, seed)
    give(net.nodes[0], as_pulled(first) if pulled[0] else first)
    give(net.nodes[1], as_pulled(second) if pulled[1] else second)
    give(net.nodes[2], third)
    net.nodes[3].start()
    net.link(1, 2)
    if is_late:
        net.run()
        net.pass_time(64_000, 1_000)
        assert [node.replica.forks.proofs[FORKER.peer].seq for node in net.nodes[1:3]] == [fork, fork]
    meet(net, (0, 3), (3, 1))
    assert {bytes(entry.id) for entry in first[: at - 1]} <= set(net.logs()[0]), "what all branches share stays"
    assert not any(node.strikes for node in net.nodes)


def test_a_piece_of_a_third_branch_gives_way_and_what_is_proven_above_it_stays() -> None:
    """Only he holds the middle of the branch that counts: it must not go with the piece below it."""
    lost = chain(FORKER, 10)
    kept = branch_off(lost, 5, 42, "kept")
    copy = branch_off(kept, 41, 42, "copy")
    held = [*lost, *kept[19:40]]
    net = Net(2)
    node, other = net.nodes
    for each in net.nodes:
        each.proofs[FORKER.peer] = ForkProof(run_of(kept[40:]), run_of(copy[40:]))
    give(node, as_pulled(held))
    give(other, as_pulled(kept[:30]))
    meet(net, (0, 1))
    assert node.proofs[FORKER.peer].seq == 41, "nobody holds a signature by which the parting could be proven"
    assert net.logs()[0] == [bytes(each.id) for each in kept[:40]]
    assert [(each.low, each.high) for each in node.effects if isinstance(each, Abandon)] == [(5, 10)]


def test_a_comparison_that_comes_late_does_not_lift_the_cut() -> None:
    first, other = branches(5, 9, 9)
    _, third = branches(3, 9, 9)
    net = Net(1)
    (node,) = net.nodes
    give(node, first)
    for branch in (third, other):
        node.replica.compared(Compare(identity(8).peer, run_of(branch[1:])), first, node.now)
    node.settle()
    assert node.proofs[FORKER.peer].seq == 3
    assert [each.seq for each in node.effects if isinstance(each, Forked)] == [3]


def test_two_comparisons_give_up_what_is_left_of_a_lost_branch_once() -> None:
    whole, other = branches(3, 12, 9)
    net = Net(1)
    (node,) = net.nodes
    give(node, [*whole[:2], *other[5:]])
    mine = [*whole[:2], *other[5:]]
    for number in (8, 9):
        node.replica.compared(Compare(identity(number).peer, run_of(whole)), mine, node.now)
    node.settle()
    assert [each for each in node.effects if isinstance(each, Abandon)] == [Abandon(FORKER.peer, 6, 9, 4)]
    assert sorted(seq for _, seq in node.disk) == [1, 2]


def test_who_was_copied_writes_no_more() -> None:
    net = Net(2)
    node, other = net.nodes
    node.say("one")
    copy = Node(100, net.clock)
    copy.disk = dict(node.disk)
    copy.start()
    node.say("two, here")
    two = copy.say("two, there")
    other.disk[node.peer, 1], other.disk[node.peer, 2] = node.disk[node.peer, 1], two
    other.start()
    net.link(0, 1)
    net.run()
    net.pass_time(16_000, 1_000)
    with pytest.raises(OwnFeedCut):
        node.say("three")
    assert net.is_agreed()
    assert len(node.disk) == 1


def proof_at(at: int) -> ForkProof:
    first, other = branches(at, at + 2, at + 2)
    return ForkProof(run_of(first[at - 1 :]), run_of(other[at - 1 :]))


def test_a_proof_comes_back_from_its_bytes() -> None:
    proof = proof_at(4)
    assert decode_proof(encode_proof(proof)) == proof
    assert is_proof(proof, ROOM)
    assert (proof.author, proof.seq) == (FORKER.peer, 4)


def test_what_proves_nothing_is_a_strike() -> None:
    proof = proof_at(4)
    stamp, body = proof.two.items[0]
    forged = [
        ForkProof(proof.one, proof.one),
        ForkProof(proof.one, replace(proof.two, signatures={})),
        ForkProof(proof.one, replace(proof.two, items=((stamp, body + b" "), *proof.two.items[1:]))),
        ForkProof(proof.one, replace(proof.two, first=5)),
        ForkProof(proof.one, replace(proof.two, author=identity(3).peer)),
        ForkProof(replace(proof.one, prev=proof.two.prev), replace(proof.two, prev=GENESIS)),
    ]
    for each in forged:
        assert not is_proof(each, ROOM)
        net = Net(2)
        node, liar = net.nodes
        give(node, chain(FORKER, 6))
        node.replica.receive(liar.peer, each, node.now)
        node.settle()
        assert [strike.peer for strike in node.strikes] == [liar.peer]
        assert all(not isinstance(effect, Strike | Cut) or effect in node.strikes for effect in node.effects)
        assert len(node.disk) == 6


def test_finding_a_fork() -> None:
    first, other = branches(5, 12, 12)
    mine = {entry.seq: entry for entry in first}
    assert find_fork(first[2:8], mine) is None
    assert find_fork(other[6:8], mine) is None, "it lies further down"
    assert find_fork(other[5:8], {5: first[4]}) is None
    found = find_fork(other[2:8], mine)
    assert found and found.seq == 5


def test_what_lies_apart_and_what_is_known_of_it() -> None:
    first, other = branches(5, 12, 12)
    island = {1: first[0], 9: first[8]}
    pieces = add_entries((), island.values())
    for stretch in (other, other[4:], other[:8]):
        apart = find_apart(stretch, island, pieces)
        assert apart and apart.piece == pieces[1], "beside it, or right above"
    assert find_apart(first, island, pieces) is None
    assert not is_joined(other[4:], island, 9), "nobody can tell how this is joined to what is held"
    assert is_joined(other, island, 9) and is_joined(other[1:], island, 9)
    assert is_vouched(other, island, 9)
    unsigned = [replace(each, signature=b"") for each in other]
    assert not is_vouched(unsigned, island, 9), "anybody could have made that up"
    assert is_vouched(unsigned[:9], {10: other[9]}, 9), "what is held above names its last"
    assert not is_vouched(unsigned[:9], {10: first[9]}, 9)
