"""What people are called."""

from __future__ import annotations

from p2pchat_tui.session.names import Names
from p2pchat_tui.ssc.people import People, Person
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


def test_a_pet_name_is_the_name_and_whoever_takes_it_has_a_tag() -> None:
    people = People()
    names = Names(people)
    names.hear(ANA, "ana")
    names.hear(BO, "ana")
    people.put(Person(ANA, 1, ("ana",), alias="Mum"))
    names.look_again(ANA)
    assert (names.of(ANA), names.of(BO)) == ("Mum", "ana"), "nobody else is called ana by now"
    names.hear(BO, "mum")
    assert (names.of(ANA), names.of(BO), names.nick(ANA)) == ("Mum", f"mum·{BO.tag}", "ana")
    people.put(Person(ANA, 1, ("ana",)))
    names.look_again(ANA)
    assert (names.of(ANA), names.of(BO)) == ("ana", "mum")


def test_a_verified_name_stays_bare_and_others_are_marked_in_every_room() -> None:
    people = People()
    here, there = Names(people), Names(people)
    here.hear(ANA, "ana")
    for names in (here, there):
        names.hear(BO, "Ana")
    people.recall([Person(ANA, 1, ("ana",), verified_ms=5)])
    assert (here.of(ANA), here.of(BO), there.of(BO)) == ("ana", f"Ana·{BO.tag}", f"Ana·{BO.tag}")
    people.put(Person(BO, 1, ("Ana",), verified_ms=6))
    assert (here.of(ANA), here.of(BO)) == (f"ana·{ANA.tag}", f"Ana·{BO.tag}"), "both are"


def test_nobody_is_the_reader_or_wears_the_programs_marks() -> None:
    names = Names()
    names.hear(ANA, "You")
    names.hear(BO, "bo ✓")
    assert (names.of(ANA), names.of(BO)) == (f"You·{ANA.tag}", "bo")
    assert not names.hear(BO, "bo") and names.hear(BO, "✓✓") and not names.is_known(BO)
    assert names.of(BO) == f"?{BO.tag}"


def test_who_takes_another_name_every_second_leaves_nothing_behind() -> None:
    names = Names()
    names.hear(BO, "bo")
    for number in range(100):
        names.hear(ANA, f"ana {number}")
    assert len(names._owners) == 2
    names.hear(ANA, "bo")
    names.hear(BO, "")
    assert len(names._owners) == 1 and names.of(ANA) == "bo"
