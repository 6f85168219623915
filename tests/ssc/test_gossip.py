"""Rooms that are not fully meshed: twelve peers on a line, a ring, a star and random graphs of degree three."""

from __future__ import annotations

from collections import Counter, deque
from random import Random

import pytest

from p2pchat_tui.ssc.frames import Batch
from p2pchat_tui.ssc.holdings import VECTOR_DELAY_MS, VECTOR_MS
from p2pchat_tui.ssc.ids import PeerId
from p2pchat_tui.ssc.presence import HEARTBEAT_MS, HOPS_MAX, PRESENCE_MS, State
from tests.helpers import Net

COUNT = 12
STEP_MS = 100
Edges = list[tuple[int, int]]

LINE: Edges = [(each, each + 1) for each in range(COUNT - 1)]
RING: Edges = [*LINE, (COUNT - 1, 0)]
STAR: Edges = [(0, each) for each in range(1, COUNT)]


def random_graph(seed: int, degree: int = 3) -> Edges:
    """A connected graph in which everybody has `degree` links."""
    chance = Random(seed)
    while True:
        ends = [each for each in range(COUNT) for _ in range(degree)]
        chance.shuffle(ends)
        edges = {(min(pair), max(pair)) for pair in zip(ends[::2], ends[1::2], strict=True)}
        if len(edges) == len(ends) // 2 and all(one != two for one, two in edges):
            found = sorted(edges)
            if len(distances(found, 0)) == COUNT:
                return found


def distances(edges: Edges, start: int) -> dict[int, int]:
    """How many links everybody is away from `start`."""
    found, queue = {start: 0}, deque([start])
    while queue:
        here = queue.popleft()
        for pair in edges:
            if here in pair and (there := sum(pair) - here) not in found:
                found[there] = found[here] + 1
                queue.append(there)
    return found


TOPOLOGIES = pytest.mark.parametrize(
    "edges",
    [LINE, RING, STAR, random_graph(1), random_graph(2)],
    ids=["line", "ring", "star", "random1", "random2"],
)


def linked(edges: Edges, seed: int = 0) -> Net:
    """Peers with these links, at rest: everybody knows who is linked with whom."""
    net = Net(COUNT, seed)
    for one, two in edges:
        net.link(one, two)
    net.pass_time(HEARTBEAT_MS + STEP_MS, STEP_MS)
    net.batches.clear()
    return net


def crossings(net: Net) -> Counter[tuple[PeerId, PeerId, PeerId, int]]:
    """How often each entry went over each link in each direction."""
    counted: Counter[tuple[PeerId, PeerId, PeerId, int]] = Counter()
    for sender, receiver, batch in net.batches:
        for run in batch.runs:
            counted.update((sender, receiver, run.author, run.first + place) for place in range(len(run.items)))
    return counted


@TOPOLOGIES
@pytest.mark.parametrize("seed", [0, 1])
def test_entries_reach_everyone_and_cross_each_link_once(edges: Edges, seed: int) -> None:
    net = linked(edges, seed)
    for node in net.nodes:
        node.say("to all")
    net.run()
    net.pass_time(1_000, STEP_MS)
    assert net.is_agreed()
    assert len(net.logs()[0]) == COUNT
    counted = crossings(net)
    assert max(counted.values()) == 1, "an entry crosses a link at most once in each direction"
    # Everybody but its author gets an entry over one link at least; on a tree, over no other.
    least = COUNT * (COUNT - 1)
    assert least <= counted.total() <= COUNT * (2 * len(edges) - (COUNT - 1))
    if len(edges) == COUNT - 1:
        assert counted.total() == least


@TOPOLOGIES
def test_presence_reaches_those_within_the_hop_limit(edges: Edges) -> None:
    """A presence is passed on HOPS_MAX times, so it is heard HOPS_MAX + 1 links away, and no further.

    On a line of ten peers everybody sees everybody; further apart people count as offline, while every entry of theirs
    arrives all the same.
    """
    net = linked(edges)
    net.nodes[COUNT - 1].replica.gossip.say_state(State.AWAY, net.nodes[COUNT - 1].now)
    net.pass_time(STEP_MS, STEP_MS)
    for number, node in enumerate(net.nodes):
        for other, away in distances(edges, number).items():
            seen = node.replica.board.get(net.nodes[other].peer)
            if other == number:
                continue
            assert (seen is not None) == (away <= HOPS_MAX + 1), f"{number} and {other} are {away} links apart"
            if seen is not None:
                assert seen.state is (State.AWAY if other == COUNT - 1 else State.ONLINE)


def test_a_line_may_be_ten_peers_long() -> None:
    assert HOPS_MAX + 2 == 10


@TOPOLOGIES
def test_who_falls_silent_is_offline_everywhere(edges: Edges) -> None:
    net = linked(edges)
    silent = net.nodes[COUNT - 1]
    for one, two in edges:
        if COUNT - 1 in (one, two):
            net.links[net.nodes[one].peer, net.nodes[two].peer] = Swallowing()
            net.links[net.nodes[two].peer, net.nodes[one].peer] = Swallowing()
    net.pass_time(PRESENCE_MS + HEARTBEAT_MS, STEP_MS)
    for node in net.nodes[:-1]:
        seen = node.replica.board.get(silent.peer)
        assert seen is None or seen.state is State.OFFLINE


class Swallowing(deque[str | bytes]):
    """A link on which nothing arrives any more, while nobody has noticed yet."""

    def append(self, _: str | bytes) -> None:
        """Lose it."""


@TOPOLOGIES
def test_a_lost_push_heals_within_one_period(edges: Edges) -> None:
    """Everything about an entry is lost on every link of its author: the next whole vector makes up for it."""
    for phase in (0, 9_000):
        net = linked(edges)
        net.pass_time(phase, 1_000)
        author = net.nodes[edges[-1][0]]
        author.say("lost")
        lost = {pair: queue for pair, queue in net.links.items() if pair[0] == author.peer}
        for pair in lost:
            net.links[pair] = Swallowing()
        net.pass_time(2 * VECTOR_DELAY_MS, STEP_MS)
        assert not any(isinstance(batch, Batch) for *_, batch in net.batches), "it was not lost"
        for pair, queue in lost.items():
            queue.clear()
            net.links[pair] = queue
        healed = 0
        while not net.is_agreed():
            net.pass_time(STEP_MS, STEP_MS)
            healed += STEP_MS
            assert healed <= VECTOR_MS + COUNT * (VECTOR_DELAY_MS + STEP_MS), "a lost push did not heal in time"
        assert max(crossings(net).values()) == 1
