"""Somebody who joins late: the newest first, the work shared by those who have it, and hardly anything twice."""

from __future__ import annotations

from collections import Counter
from functools import cache

import pytest

from p2pchat_tui.ssc.entry import Entry
from p2pchat_tui.ssc.holdings import VECTOR_MS
from p2pchat_tui.ssc.ids import PeerId
from p2pchat_tui.ssc.sync import ASK_MS, ASKS_MAX, PAGE, RECENT_LIMIT
from tests.helpers import START_MS, Net, chain, identity

AUTHORS = 4
SOURCES = 3
BATCH = 1
"""The first byte of a message with entries."""


@cache
def history(count: int) -> tuple[Entry, ...]:
    """`count` entries of several authors, who took turns."""
    each = count // AUTHORS
    return tuple(
        entry for number in range(AUTHORS) for entry in chain(identity(number), each, end_ms=START_MS - 100 * number)
    )


def prepared(count: int, seed: int = 0) -> Net:
    """SOURCES peers who have everything, linked with each other, and one who comes late and has nothing."""
    net = Net(SOURCES + 1, seed)
    for node in net.nodes[:SOURCES]:
        node.disk = {(entry.author, entry.seq): entry for entry in history(count)}
        node.start()
    net.mesh(range(SOURCES))
    net.run()
    net.batches.clear()
    return net


def received(net: Net) -> Counter[PeerId]:
    """Entries that the late one was sent, by source."""
    late = net.nodes[SOURCES].peer
    counted: Counter[PeerId] = Counter()
    for sender, receiver, batch in net.batches:
        if receiver == late:
            counted[sender] += sum(len(run.items) for run in batch.runs)
    return counted


def until(net: Net, count: int) -> None:
    """Deliver until the late one has `count` entries."""
    while len(net.nodes[SOURCES].disk) < count:
        net._collect()
        net._deliver(net.random.choice([pair for pair, queue in net.links.items() if queue]))


@pytest.mark.parametrize("seed", range(3))
def test_three_sources_share_the_work_about_equally(seed: int) -> None:
    net = prepared(12_000, seed)
    for source in range(SOURCES):
        net.link(source, SOURCES)
    net.run()
    assert len(net.nodes[SOURCES].disk) == 12_000
    shares = received(net)
    assert shares.total() == 12_000, "nothing comes twice"
    assert min(shares.values()) > 12_000 // SOURCES * 0.6, shares
    assert max(shares.values()) < 12_000 // SOURCES * 1.5, shares


@pytest.mark.parametrize("seed", range(3))
def test_a_source_that_leaves_half_way_is_replaced(seed: int) -> None:
    net = prepared(12_000, seed)
    for source in range(SOURCES):
        net.link(source, SOURCES)
    until(net, 6_000)
    net.cut(0, SOURCES)
    net.run()
    assert len(net.nodes[SOURCES].disk) == 12_000
    assert received(net).total() == 12_000, "what was on its way on the cut link is asked for again, and nothing else"


def test_a_source_that_falls_silent_is_replaced_and_hardly_anything_comes_twice() -> None:
    net = prepared(12_000)
    for source in range(SOURCES):
        net.link(source, SOURCES)
    until(net, 3_000)
    pair = (net.nodes[0].peer, net.nodes[SOURCES].peer)
    while not any(message[0] == BATCH for message in net.links[pair]):
        net._collect()
        net._deliver(net.random.choice([each for each, queue in net.links.items() if queue and each != pair]))
        net._collect()
    stuck = net.links.pop(pair)
    net.pass_time(ASK_MS + VECTOR_MS, 1_000)
    assert len(net.nodes[SOURCES].disk) == 12_000
    net.links[pair] = stuck
    net.run()
    twice = received(net).total() - 12_000
    assert 0 < twice <= ASKS_MAX * PAGE, "no more than was on its way"
    assert not net.nodes[SOURCES].strikes


@pytest.mark.parametrize("count", [1_000, 10_000])
def test_the_newest_are_readable_before_anything_else_comes(count: int) -> None:
    """However long the history is: what arrives until the newest 200 are there does not grow with it."""
    net = prepared(count)
    for source in range(SOURCES):
        net.link(source, SOURCES)
    late = net.nodes[SOURCES]
    newest = {entry.id for entry in sorted(history(count), key=lambda entry: entry.order)[-RECENT_LIMIT:]}
    shown: set[bytes] = set()
    arrived = 0
    while not newest <= shown:
        before = len(late.shown)
        until(net, len(late.disk) + 1)
        shown |= {entry.id for entry in late.shown[before:]}
        arrived = len(late.shown)
    assert arrived == RECENT_LIMIT
    net.run()
    assert len(late.disk) == count
