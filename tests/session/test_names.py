"""What people are called."""

from __future__ import annotations

from p2pchat_tui.session.names import Names
from tests.helpers import identity

ANA, BO = identity(1).peer, identity(2).peer


def test_the_log_wins_over_presence_and_the_newest_over_the_older() -> None:
    names = Names()
    assert names.of(ANA) == f"?{ANA.tag}"
    assert names.hear(ANA, "annie")
    assert names.of(ANA) == "annie"
    assert names.learn(ANA, "ana", (5, ANA, 1))
    assert not names.learn(ANA, "old", (4, ANA, 1))
    assert not names.hear(ANA, "annie 2")
    assert names.of(ANA) == "ana"
    assert (names.logged(ANA), names.heard(ANA)) == ("ana", "annie 2")


def test_namesakes_show_their_keys() -> None:
    names = Names()
    names.hear(ANA, "ana")
    for alike in ("ana", "ANA", "äna", "ａｎａ", "a na"):
        names.hear(BO, alike)
        assert names.of(ANA) == f"ana·{ANA.tag}"
        assert names.of(BO) == f"{alike}·{BO.tag}"
    names.hear(BO, "bo")
    assert (names.of(ANA), names.of(BO)) == ("ana", "bo")
