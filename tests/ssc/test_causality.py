"""Whatever the clocks say, within the bound: nothing shows above what it answers, on any replica, in any order."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from p2pchat_tui.ssc.body import React, Say, encode_body, index_of
from p2pchat_tui.ssc.clock import MAX_AHEAD_MS
from p2pchat_tui.ssc.entry import Entry
from p2pchat_tui.ssc.ids import EntryId
from tests.helpers import Net, Node

PEERS = 4
# Two clocks may differ by the whole bound: each is off by half of it at most.
skews = st.lists(st.integers(-MAX_AHEAD_MS // 2, MAX_AHEAD_MS // 2), min_size=PEERS, max_size=PEERS)
steps = st.lists(
    st.tuples(
        st.sampled_from(("say", "reply", "reply", "react", "deliver", "deliver", "time", "jump", "restart")),
        st.integers(0, PEERS - 1),
        st.integers(0, 400),
    ),
    max_size=30,
)


def answer(node: Node, kind: str, pick: int) -> tuple[EntryId, EntryId] | None:
    """Let `node` answer something that it can see; what was answered, and the answer."""
    seen = sorted((entry for entry in node.disk.values() if index_of(entry.body)[0] == "say"), key=by_order)
    if not seen:
        return None
    target = seen[-1 - pick % min(len(seen), 5)]
    body = React(target.id.text, "👍") if kind == "react" else Say(f"answer {pick}", target.id.text)
    entry = node.replica.write(encode_body(body), node.now)
    node.settle()
    return target.id, entry.id


def by_order(entry: Entry) -> tuple[int, bytes, int]:
    return entry.order


def deliver(net: Net, count: int) -> None:
    """Deliver a few messages, of links by chance: the rest is late."""
    for _ in range(count):
        net._collect()
        busy = [pair for pair, queue in net.links.items() if queue]
        if busy:
            net._deliver(net.random.choice(busy))


@settings(max_examples=80)
@given(skews, steps, st.integers(0, 2**16))
def test_a_reply_never_shows_above_what_it_answers(
    skew_ms: list[int], history: list[tuple[str, int, int]], seed: int
) -> None:
    net = Net(PEERS, seed)
    for node, each in zip(net.nodes, skew_ms, strict=True):
        node.skew_ms = each
    net.mesh()
    answers: list[tuple[EntryId, EntryId]] = []
    said = 0
    for what, who, amount in history:
        node = net.nodes[who]
        match what:
            case "say":
                node.say(f"{said}")
                said += 1
            case "reply" | "react":
                if (pair := answer(node, what, amount)) is not None:
                    answers.append(pair)
                    said += 1
            case "deliver":
                deliver(net, amount // 10)
            case "time":
                net.clock.advance(amount * 10)
            case "jump":
                node.skew_ms = (amount - 200) * (MAX_AHEAD_MS // 2) // 200
            case "restart":
                for other in range(PEERS):
                    if other != who:
                        net.cut(who, other)
                node.start()
                for other in range(PEERS):
                    if other != who:
                        net.link(who, other)
        for each in net.nodes:
            check(each, answers)
    for one in range(PEERS):
        for two in range(one + 1, PEERS):
            net.cut(one, two)
    net.mesh()
    net.pass_time(1_000)
    assert net.is_agreed()
    assert len(net.logs()[0]) == said, "nobody's clock was out of bounds, so nothing waits"
    for each in net.nodes:
        check(each, answers)


def check(node: Node, answers: list[tuple[EntryId, EntryId]]) -> None:
    """On this replica, as it is now."""
    place = {entry.id: number for number, entry in enumerate(sorted(node.disk.values(), key=by_order))}
    for question, reply in answers:
        if question in place and reply in place:
            assert place[question] < place[reply]
