"""The replica: what it stores, sends, asks for and shows."""

from __future__ import annotations

import msgspec
import pytest

from p2pchat_tui.ssc.effects import (
    ClockAhead,
    Commit,
    EntriesStored,
    GapChanged,
    InSync,
    PresenceChanged,
    Send,
    ServeRecent,
    ServeRun,
    VectorChanged,
)
from p2pchat_tui.ssc.ending import UNKNOWN, Ending
from p2pchat_tui.ssc.entry import Entry, sign_entry
from p2pchat_tui.ssc.frames import Batch, Done, FeedState, Recent, Vector, Want
from p2pchat_tui.ssc.ids import GENESIS, Stamp, stamp_of
from p2pchat_tui.ssc.presence import PRESENCE_MS, TYPING_MS, State
from p2pchat_tui.ssc.replica import DISK_PAUSE_MS
from p2pchat_tui.ssc.runs import Run, run_of
from p2pchat_tui.ssc.sync import ASKS_MAX, FRUITLESS_MAX
from tests.helpers import ROOM, Net, Node, chain, identity


def test_nothing_is_shown_or_sent_before_it_is_on_disk() -> None:
    net = Net(2)
    net.link(0, 1)
    net.run()
    node = net.nodes[0]
    node.replica.write(b'{"k":"say","text":"hi"}', node.now)
    effect = node.replica.take()
    assert type(effect).__name__ == "Commit"
    assert node.replica.take() is None
    node.replica.committed(effect, node.now)  # type: ignore[arg-type]
    rest = []
    while each := node.replica.take():
        rest.append(each)
    assert any(isinstance(each, EntriesStored) for each in rest)
    assert any(isinstance(each, Send) and isinstance(each.frame, Batch) for each in rest)


def test_two_peers_hear_each_other_live() -> None:
    net = Net(2)
    net.link(0, 1)
    net.run()
    entry = net.nodes[0].say("hello")
    net.run()
    assert [each.id for each in net.nodes[1].shown] == [entry.id]
    stored = [each for each in net.nodes[1].effects if isinstance(each, EntriesStored)]
    assert stored[-1].live


def test_a_third_authors_entries_are_carried() -> None:
    net = Net(3)
    ana, _cy, bo = net.nodes
    net.link(0, 1)
    net.run()
    ana.say("for bo")
    net.run()
    net.cut(0, 1)
    net.link(1, 2)
    net.run()
    assert [entry.author for entry in bo.shown] == [ana.peer]
    assert net.logs()[1] == net.logs()[2]


def test_late_joiner_gets_the_newest_first_and_then_all() -> None:
    net = Net(2)
    node = net.nodes[0]
    for entry in chain(node.identity, 3_000):
        node.disk[entry.author, entry.seq] = entry
    node.start()
    net.link(0, 1)
    net.run()
    late = net.nodes[1]
    assert len(late.disk) == 3_000
    assert {entry.seq for entry in late.shown[:200]} == set(range(2_801, 3_001))
    asked = sum(len(run.items) for _, _, batch in net.batches for run in batch.runs)
    assert asked == 3_000, "no entry travels twice"
    assert any(isinstance(each, GapChanged) for each in late.effects)
    assert [each.received for each in late.effects if isinstance(each, InSync)][-1] == 3_000


def test_several_sources_share_the_work() -> None:
    net = Net(4)
    history = chain(identity(1), 4_000)
    for node in net.nodes[:3]:
        for entry in history:
            node.disk[entry.author, entry.seq] = entry
        node.start()
    net.mesh()
    net.run()
    late = net.nodes[3]
    assert len(late.disk) == 4_000
    shares = {
        sender: sum(len(run.items) for s, r, batch in net.batches for run in batch.runs if s == sender)
        for sender in (node.peer for node in net.nodes[:3])
    }
    assert sum(shares.values()) == 4_000
    assert min(shares.values()) > 500


def test_a_source_that_goes_away_is_replaced() -> None:
    net = Net(3)
    history = chain(identity(1), 2_000)
    for node in net.nodes[:2]:
        for entry in history:
            node.disk[entry.author, entry.seq] = entry
        node.start()
    net.link(0, 2)
    net.link(1, 2)
    for _ in range(12):
        net._collect()
        busy = [pair for pair, queue in net.links.items() if queue]
        net._deliver(busy[0])
    net.cut(0, 2)
    net.run()
    net.pass_time(16_000, 1_000)
    assert len(net.nodes[2].disk) == 2_000


def test_five_peers_live_with_each_entry_once_per_link() -> None:
    net = Net(5)
    net.mesh()
    net.pass_time(4_000)  # heartbeats tell who is linked with whom
    net.batches.clear()
    net.nodes[0].say("once")
    net.run()
    net.pass_time(1_000)
    assert net.is_agreed()
    assert len(net.batches) == 4


@pytest.mark.parametrize(
    "edges",
    [
        [(0, 1), (1, 2), (2, 3), (3, 4)],
        [(0, 1), (1, 2), (2, 3), (3, 4), (4, 0)],
        [(0, 1), (0, 2), (0, 3), (0, 4)],
        [(0, 1), (1, 2), (2, 3), (3, 4), (4, 1), (0, 3)],
    ],
    ids=["line", "ring", "star", "random"],
)
def test_gossip_reaches_everyone(edges: list[tuple[int, int]]) -> None:
    net = Net(5)
    for one, two in edges:
        net.link(one, two)
    net.pass_time(4_000)
    net.batches.clear()
    for node in net.nodes:
        node.say("to all")
    net.run()
    assert net.is_agreed()
    assert len(net.logs()[0]) == 5
    crossings: dict[tuple[bytes, bytes, bytes, int], int] = {}
    for sender, receiver, batch in net.batches:
        for run in batch.runs:
            for offset in range(len(run.items)):
                key = (sender, receiver, run.author, run.first + offset)
                crossings[key] = crossings.get(key, 0) + 1
    assert max(crossings.values()) == 1, "an entry crosses a link at most once in each direction"


def test_presence_of_those_who_are_not_neighbours_is_known() -> None:
    net = Net(4)
    for one, two in [(0, 1), (1, 2), (2, 3)]:
        net.link(one, two)
    net.pass_time(4_000)
    seen = net.nodes[0].replica.board.get(net.nodes[3].peer)
    assert seen is not None
    assert seen.state is State.ONLINE
    net.nodes[3].replica.gossip.say_state(State.AWAY, net.nodes[3].now)
    net.nodes[3].settle()
    net.run()
    seen = net.nodes[0].replica.board.get(net.nodes[3].peer)
    assert seen is not None
    assert seen.state is State.AWAY


def test_typing_and_presence_expire_by_themselves() -> None:
    net = Net(2)
    net.link(0, 1)
    net.run()
    net.nodes[0].replica.gossip.say_typing(True, net.nodes[0].now)
    net.nodes[0].settle()
    net.run()
    board = net.nodes[1].replica.board
    seen = board.get(net.nodes[0].peer)
    assert seen is not None
    assert seen.typing
    net.links.clear()  # a cable pulled: nobody says anything
    net.pass_time(TYPING_MS)
    seen = board.get(net.nodes[0].peer)
    assert seen is not None
    assert not seen.typing
    assert seen.state is State.ONLINE
    net.pass_time(PRESENCE_MS - TYPING_MS)
    seen = board.get(net.nodes[0].peer)
    assert seen is not None
    assert seen.state is State.OFFLINE
    assert any(isinstance(each, PresenceChanged) for each in net.nodes[1].effects)


def test_whose_link_still_brings_something_is_there() -> None:
    net = Net(2)
    net.mesh()
    net.run()
    one, two = net.nodes
    net.links.clear()  # no heartbeat arrives
    for _ in range(6):
        net.pass_time(PRESENCE_MS // 2)
        two.replica.board.feel(one.peer, two.now)
    assert (seen := two.replica.board.get(one.peer)) and seen.state is State.ONLINE
    net.pass_time(PRESENCE_MS)
    assert (seen := two.replica.board.get(one.peer)) and seen.state is State.OFFLINE
    two.replica.board.feel(one.peer, two.now)
    net.pass_time(1)
    assert (seen := two.replica.board.get(one.peer)) and seen.state is State.OFFLINE, "its own word counts"


def test_nobody_else_can_retire_somebody() -> None:
    net = Net(3)
    net.mesh()
    net.run()
    victim, liar, witness = net.nodes
    frame = victim.replica.board.speak([], victim.now)
    forged = msgspec.structs.replace(frame, state="offline", clock=frame.clock + 10)
    witness.replica.receive(liar.peer, forged, witness.now)
    seen = witness.replica.board.get(victim.peer)
    assert seen is not None
    assert seen.state is State.ONLINE


def test_vectors_tell_the_holders() -> None:
    net = Net(3)
    net.mesh()
    net.run()
    entry = net.nodes[0].say("who has it?")
    assert len(net.nodes[0].replica.holdings.holders_of(entry.author, entry.seq)) == 0
    net.run()
    net.pass_time(200)
    assert len(net.nodes[0].replica.holdings.holders_of(entry.author, entry.seq)) == 2
    assert any(isinstance(each, VectorChanged) for each in net.nodes[0].effects)


def test_what_is_not_on_disk_is_not_in_the_vector() -> None:
    net = Net(2)
    node = net.nodes[0]
    node.replica.write(b'{"k":"say","text":"not committed"}', node.now)
    assert node.replica._whole_vector().feeds == {}


def test_lost_pushes_heal_within_a_period() -> None:
    net = Net(2)
    net.link(0, 1)
    net.run()
    net.nodes[0].say("lost")
    net._collect()
    net.links[net.nodes[0].peer, net.nodes[1].peer].clear()
    net.pass_time(15_100)
    assert net.is_agreed()


def test_a_clock_that_is_far_ahead_waits_and_is_told() -> None:
    net = Net(2)
    net.nodes[0].skew_ms = 3 * 3_600_000
    net.link(0, 1)
    net.run()
    net.nodes[0].say("from the future")
    net.run()
    assert net.nodes[1].disk == {}
    ahead = [each for each in net.nodes[1].effects if isinstance(each, ClockAhead)]
    assert ahead
    assert ahead[0].author == net.nodes[0].peer
    net.clock.wall += 3 * 3_600_000
    net.nodes[0].skew_ms = 0
    net.pass_time(80_000, 1_000)
    assert net.is_agreed()
    assert len(net.nodes[1].disk) == 1


def test_a_forged_entry_is_a_strike() -> None:
    net = Net(2)
    node, liar = net.nodes
    good = run_of(chain(identity(7), 2))
    stamp, _ = good.items[1]
    forged = Run(
        good.author, good.first, good.prev, (good.items[0], (stamp, b'{"k":"say","text":"x"}')), good.signatures
    )
    node.replica.receive(liar.peer, Batch(0, (forged,)), node.now)
    node.settle()
    assert node.strikes
    assert node.disk == {}


def test_too_many_requests_are_a_strike() -> None:
    net = Net(2)
    net.link(0, 1)
    net.run()
    node, greedy = net.nodes
    for number in range(1, 20):
        node.replica.receive(greedy.peer, Recent(number, 200), node.now)
    node.replica.receive(greedy.peer, Want(50, greedy.peer, 1, 100_000), node.now)
    node.settle()
    assert {strike.peer for strike in node.strikes} == {greedy.peer}


def test_a_peer_that_claims_entries_it_has_not_got_stops_nothing() -> None:
    net = Net(3)
    net.mesh()
    net.run()
    node, liar, _ = net.nodes
    claim = Vector({liar.peer: FeedState(((1, 1_000_000),), bytes(8))}, whole=True)
    node.replica.receive(liar.peer, claim, node.now)
    node.settle()
    net.run()
    net.nodes[2].say("still here")
    net.run()
    assert any(entry.author == net.nodes[2].peer for entry in node.disk.values())


def test_restart_goes_on_where_it_stopped() -> None:
    net = Net(2)
    node = net.nodes[0]
    first = node.say("one")
    node.start()
    second = node.say("two")
    assert second.seq == 2
    assert second.prev == first.id


def test_what_the_disk_refuses_is_not_asked_for_again_at_once() -> None:
    net = Net(2)
    node, other = net.nodes
    net.link(0, 1)
    net.run()
    history = chain(other.identity, 5)
    asked = 0
    for _ in range(10):
        head = FeedState(((1, 5),), history[-1].id[:8])
        node.replica.receive(other.peer, Vector({other.peer: head}, whole=True), node.now)
        while effect := node.replica.take():
            if isinstance(effect, Send) and isinstance(effect.frame, Recent | Want):
                asked += 1
                # The whole answer comes before the disk has a chance to refuse it.
                node.replica.receive(other.peer, Batch(effect.frame.request, (run_of(history),)), node.now)
                node.replica.receive(other.peer, Done(effect.frame.request), node.now)
            elif isinstance(effect, Commit):
                node.replica.refused(node.now)
                node.replica.reset([])
    assert asked == 1
    net.clock.advance(DISK_PAUSE_MS)
    assert node.replica.deadline() is not None
    node.replica.tick(node.now)
    node.settle()
    net._collect()
    assert any(isinstance(each, Send) and isinstance(each.frame, Recent | Want) for each in node.effects)
    other.disk = {(entry.author, entry.seq): entry for entry in history}
    net.run()
    assert len(node.disk) == 5, "it asks once more, and there is room now"


def test_a_peer_that_has_nothing_of_what_it_claims_is_soon_asked_no_more() -> None:
    net = Net(2)
    node, liar = net.nodes
    net.link(0, 1)
    net.run()
    claim = Vector({number.to_bytes(32): FeedState(((1, 5),), bytes(8)) for number in range(1, 900)}, whole=True)
    node.effects.clear()
    node.replica.receive(liar.peer, claim, node.now)
    node.settle()
    net.run()
    asked = [each for each in node.effects if isinstance(each, Send) and isinstance(each.frame, Recent | Want)]
    assert FRUITLESS_MAX <= len(asked) <= FRUITLESS_MAX + ASKS_MAX
    liar.say("but this is here")
    net.run()
    net.pass_time(16_000, 1_000)
    assert net.is_agreed(), "what it says next is listened to"


def test_a_search_for_a_fork_goes_on_elsewhere_when_a_link_breaks() -> None:
    net = Net(3)
    node, one, two = net.nodes
    first = chain(identity(7), 9)
    other = [*first[:4], *(replaced(each) for each in first[4:5])]
    for holder, entries in ((node, first[:5]), (one, other), (two, other)):
        holder.disk = {(entry.author, entry.seq): entry for entry in entries}
        holder.start()
    net.link(0, 1)
    while not node.replica.forks.chases:
        net._collect()
        net._deliver(next(pair for pair, queue in net.links.items() if queue))
    net.cut(0, 1)
    net.link(0, 2)
    net.run()
    assert node.replica.forked == {identity(7).peer}


def test_what_was_asked_over_a_link_is_not_answered_over_the_next_one() -> None:
    net = Net(2)
    node, other = net.nodes
    net.link(0, 1)
    net.run()
    node.replica.receive(other.peer, Want(1, node.peer, 1, 9), node.now)
    node.replica.receive(other.peer, Recent(2, 9), node.now)
    node.replica.link_down(other.peer, node.now)
    node.replica.link_up(other.peer, other.session, node.now)
    node.effects.clear()
    node.settle()
    assert not [each for each in node.effects if isinstance(each, ServeRun | ServeRecent)]


def replaced(entry: Entry) -> Entry:
    """Another entry with the number of `entry`."""
    return sign_entry(ROOM, identity(7), entry.seq, entry.stamp, entry.prev, b'{"k":"say","text":"elsewhere"}')


@pytest.mark.parametrize("items", [(), ((stamp_of(5), b"x" * 20_000),)], ids=["empty", "long"])
def test_an_answer_to_a_search_for_a_fork_is_looked_at_first(items: tuple[tuple[Stamp, bytes], ...]) -> None:
    net = Net(2)
    node, liar = net.nodes
    feed = chain(identity(7), 5)
    node.disk = {(entry.author, entry.seq): entry for entry in feed}
    node.start()
    net.link(0, 1)
    net.run()
    claim = Vector({identity(7).peer: FeedState(((1, 5),), bytes(8))}, whole=True)
    node.replica.receive(liar.peer, claim, node.now)
    number = node.replica.forks.chases[identity(7).peer].request
    node.replica.receive(liar.peer, Batch(number, (Run(identity(7).peer, 1, GENESIS, items, {}),)), node.now)
    node.settle()
    assert [strike.peer for strike in node.strikes] == [liar.peer]


def erase(node: Node, ending: Ending | None = None) -> None:
    """Its room is forgotten and joined again, with a note of where its feed ended, or another one."""
    last = max((each for each in node.disk.values() if each.author == node.peer), key=lambda each: each.seq)
    node.disk.clear()
    node.start()
    node.replica.erased = Ending(last.seq, last.id, last.stamp) if ending is None else ending


def test_after_the_room_was_erased_the_own_feed_goes_on_whoever_is_met() -> None:
    net = Net(3)
    net.link(0, 1)
    net.run()
    ana, bo, cy = net.nodes
    before = [ana.say(f"before {number}") for number in range(3)]
    net.run()
    net.cut(0, 1)
    erase(ana)
    ana.skew_ms = -300_000
    assert not ana.replica.lacks_own(ana.now)

    alone = ana.say("with nobody there")
    assert (alone.seq, alone.prev) == (4, before[-1].id) and alone.stamp > before[-1].stamp
    vector = ana.replica.holdings.vector([ana.peer], ana.replica.feeds, {})
    assert vector.feeds[ana.peer].ranges == ((4, 4),), "what is not on this disk nobody is told of"

    net.link(0, 2)
    net.run()
    met = ana.say("with a newcomer")
    net.run()
    assert met.seq == 5 and [each.id for each in cy.shown] == [alone.id, met.id]
    assert ana.replica.missing()[0] == cy.replica.missing()[0] == 0, "of what nobody has nobody waits for anything"

    net.link(0, 1)
    net.run()
    net.pass_time(20_000)
    assert net.is_agreed() and len(bo.disk) == 5
    assert not any(node.proofs or node.strikes for node in net.nodes)
    assert [piece.low for piece in ana.replica.feeds[ana.peer].segments] == [1], "joined again"


def test_what_only_the_erased_disk_had_stays_a_gap() -> None:
    net = Net(2)
    net.link(0, 1)
    net.run()
    ana, bo = net.nodes
    ana.say("bo has this")
    net.run()
    net.cut(0, 1)
    ana.say("nobody has this")
    erase(ana)
    net.link(0, 1)
    net.run()
    assert not ana.replica.lacks_own(ana.now) and ana.replica.holdings.holders_of(ana.peer, 2) == ()
    assert ana.say("after").seq == 3
    net.run()
    assert net.is_agreed() and sorted(seq for _, seq in bo.disk) == [1, 3]
    net.pass_time(20_000)
    assert not bo.proofs and not bo.strikes and bo.replica.holdings.holders_of(ana.peer, 2) == ()
    ana.start()
    assert ana.say("without the note").seq == 4


def test_a_note_that_is_behind_gives_way_to_what_is_held_and_waits_for_what_others_hold() -> None:
    net = Net(2)
    net.link(0, 1)
    net.run()
    ana, _ = net.nodes
    first = ana.say("one")
    second = ana.say("two")
    net.run()
    net.cut(0, 1)
    erase(ana, Ending(first.seq, first.id, first.stamp))
    net.link(0, 1)
    assert ana.replica.lacks_own(ana.now), "the other may know more"
    net.run()
    assert not ana.replica.lacks_own(ana.now)
    third = ana.say("three")
    assert (third.seq, third.prev) == (3, second.id)


def test_without_a_word_of_where_the_feed_ended_nothing_is_written_before_somebody_is_met() -> None:
    net = Net(2)
    ana = net.nodes[0]
    ana.say("one")
    erase(ana, UNKNOWN)
    assert ana.replica.lost_own and ana.replica.lacks_own(ana.now)
    net.link(0, 1)
    net.run()
    assert not ana.replica.lost_own and not ana.replica.lacks_own(ana.now)
