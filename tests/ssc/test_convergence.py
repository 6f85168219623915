"""Replicas that were cut apart agree once they meet again, whatever happened in between."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers import Net

steps = st.lists(
    st.one_of(
        st.tuples(st.just("say"), st.integers(0, 3), st.just(0)),
        st.tuples(st.just("link"), st.integers(0, 3), st.integers(0, 3)),
        st.tuples(st.just("cut"), st.integers(0, 3), st.integers(0, 3)),
        st.tuples(st.just("restart"), st.integers(0, 3), st.just(0)),
        st.tuples(st.just("time"), st.integers(1, 20), st.just(0)),
    ),
    max_size=25,
)


@settings(max_examples=40)
@given(steps, st.integers(0, 2**16))
def test_replicas_that_meet_again_agree(history: list[tuple[str, int, int]], seed: int) -> None:
    net = Net(4, seed)
    net.soft_loss = 0.3
    said = 0
    for what, one, two in history:
        match what:
            case "say":
                net.nodes[one].say(f"{said}")
                said += 1
            case "link" if one != two and (net.nodes[one].peer, net.nodes[two].peer) not in net.links:
                net.link(one, two)
            case "cut" if one != two:
                net.cut(one, two)
            case "restart":
                for other in range(4):
                    if other != one:
                        net.cut(one, other)
                net.nodes[one].start()
            case "time":
                net.pass_time(100 * one)
    for one in range(4):
        for two in range(one + 1, 4):
            net.cut(one, two)
    net.mesh()
    net.pass_time(1_000)
    assert net.is_agreed()
    assert len(net.logs()[0]) == said
    for node in net.nodes:
        assert len(node.shown) == len({entry.id for entry in node.shown}), "nothing is shown twice"
        seqs = sorted(entry.seq for entry in node.disk.values() if entry.author == node.peer)
        assert seqs == list(range(1, len(seqs) + 1))
        assert not node.strikes
