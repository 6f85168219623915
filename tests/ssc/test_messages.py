"""Messages are a pure function of the set of entries."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from p2pchat_tui.ssc.body import Body, Edit, React, Retract, Say, encode_body
from p2pchat_tui.ssc.entry import Entry, sign_entry
from p2pchat_tui.ssc.ids import GENESIS, stamp_of
from p2pchat_tui.ssc.messages import message_of
from tests.helpers import ROOM, identity

ANA, BO = identity(1), identity(2)


def entry(who: int, at: int, body: Body) -> Entry:
    return sign_entry(ROOM, identity(who), at, stamp_of(at), GENESIS, encode_body(body))


SAY = entry(1, 1, Say("first"))
ID = SAY.id.text


def test_a_message_as_it_was_said() -> None:
    message = message_of(SAY, [])
    assert message is not None
    assert (message.text, message.edited, message.retracted, message.at_ms) == ("first", False, False, 1)
    assert message_of(entry(1, 2, Retract(ID)), []) is None


def test_the_newest_edit_of_its_author_wins() -> None:
    message = message_of(
        SAY, [entry(1, 5, Edit(ID, "third")), entry(1, 3, Edit(ID, "second")), entry(2, 9, Edit(ID, "x"))]
    )
    assert message is not None
    assert message.text == "third"
    assert message.edited


def test_only_its_author_takes_it_back() -> None:
    theirs = message_of(SAY, [entry(2, 3, Retract(ID))])
    mine = message_of(SAY, [entry(1, 3, Retract(ID)), entry(1, 2, Edit(ID, "second"))])
    assert theirs is not None
    assert not theirs.retracted
    assert mine is not None
    assert mine.retracted
    assert mine.text == ""


def test_reactions_count_once_per_author_and_emoji() -> None:
    about = [
        entry(2, 3, React(ID, "👍")),
        entry(2, 4, React(ID, "👍")),
        entry(1, 5, React(ID, "👍")),
        entry(2, 6, React(ID, "🎉")),
        entry(2, 7, React(ID, "🎉", False)),
    ]
    message = message_of(SAY, about)
    assert message is not None
    assert message.reactions == (("👍", (BO.peer, ANA.peer)),)


changes = st.lists(
    st.tuples(
        st.integers(1, 3),
        st.integers(2, 40),
        st.one_of(
            st.just(Retract(ID)),
            st.builds(Edit, st.just(ID), st.sampled_from(["a", "b"])),
            st.builds(React, st.just(ID), st.sampled_from(["👍", "🎉"]), st.booleans()),
            st.builds(React, st.just("ab" * 32), st.just("👍"), st.booleans()),
        ),
    ),
    max_size=8,
)


@given(changes, st.integers(0, 99))
def test_the_order_of_arrival_does_not_matter(said: list[tuple[int, int, Body]], seed: int) -> None:
    about = [entry(*each) for each in said]
    shuffled = about + about[:3]
    random.Random(seed).shuffle(shuffled)
    assert message_of(SAY, about) == message_of(SAY, shuffled)
