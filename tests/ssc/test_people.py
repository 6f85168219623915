"""Who has a name first, who only looks so, and who must be looked at."""

from __future__ import annotations

from dataclasses import replace

import pytest

from p2pchat_tui.ssc import people as module
from p2pchat_tui.ssc.people import MARKS, NICKS_MAX, NameTaken, People, Person, plain_nick, skeleton
from tests.helpers import identity

ANA, BO, EVE = (identity(number).peer for number in (1, 2, 3))


def known(*persons: Person) -> People:
    people = People()
    people.recall(persons)
    return people


def taken(people: People, peer: module.PeerId, nick: str, *, live: bool = True) -> NameTaken | None:
    return people.learn(peer, nick, 100, live=live)[1]


def test_the_first_key_has_the_name_and_the_second_is_doubted_until_somebody_looks() -> None:
    people = known(Person(ANA, 1, ("ana",)))
    found = taken(people, EVE, "Ana")
    assert found == NameTaken(EVE, "Ana", Person(ANA, 1, ("ana",)))
    assert people.get(EVE) == Person(EVE, 100, ("Ana",), doubt="Ana")
    assert taken(people, EVE, "Ana") is None, "told once"
    assert people.learn(EVE, "carl", 200, live=True) == (True, None)
    person = people.get(EVE)
    assert person and person.doubt == "Ana" and person.nicks == ("carl", "Ana"), "another name settles nothing"
    people.put(replace(person, doubt=""))
    assert taken(people, EVE, "ana") is None, "she was looked at under that name"
    assert taken(people, ANA, "ana") is None, "her own"


def test_a_name_that_was_given_up_is_not_free() -> None:
    people = known(Person(ANA, 1, ("ana",)))
    assert taken(people, ANA, "annie") is None
    assert taken(people, EVE, "ana") is not None


def test_whom_a_history_brings_are_strangers_to_each_other() -> None:
    people = People()
    assert taken(people, ANA, "ana", live=False) is None
    assert taken(people, EVE, "ana", live=False) is None
    assert taken(people, BO, "ana", live=True) is None, "of those two nobody was known or there"
    again = known(*people.all())
    assert taken(again, identity(4).peer, "ana", live=False) is not None, "the next run knows them"


def test_who_was_there_in_this_run_has_the_name_before_who_comes_later() -> None:
    people = People()
    assert taken(people, ANA, "ana") is None
    assert taken(people, BO, "ana", live=False) is None, "an old key in the history of a room that was just joined"
    assert taken(people, EVE, "ana") is not None


def test_of_several_holders_the_undoubted_and_oldest_is_named() -> None:
    people = known(Person(EVE, 1, ("ana",), doubt="ana"), Person(BO, 9, ("ana",)), Person(ANA, 5, ("ana",)))
    found = taken(people, identity(4).peer, "ana")
    assert found and found.holder.peer == ANA


def test_pet_names_are_names_too_and_they_guard() -> None:
    people = known(Person(ANA, 1, ("ana",), alias="Mum"), Person(BO, 1, ("bo",), verified_ms=5))
    assert people.guards("mum") == {ANA} and people.guards("BO") == {BO} and not people.guards("ana")
    assert taken(people, EVE, "mum") is not None
    assert people.holder_of_alias("MUM") == people.get(ANA) and people.holder_of_alias("bo") is None
    people.put(replace(people.get(BO), verified_ms=0))  # type: ignore[type-var]
    assert not people.guards("bo")
    people.drop([ANA])
    assert people.get(ANA) is None and not people.guards("mum")
    assert taken(people, identity(4).peer, "mum") is not None, "eve was called so"


def test_who_is_ignored_is_known_at_once() -> None:
    people = known(Person(ANA, 1, ignored=True))
    assert people.ignored == {ANA}
    people.put(Person(ANA, 1))
    people.put(Person(EVE, 1, ignored=True))
    assert people.ignored == {EVE}


def test_a_name_is_not_needed_to_be_known() -> None:
    people = People()
    assert people.learn(ANA, "", 5, live=True) == (True, None)
    assert people.learn(ANA, "", 6, live=True) == (False, None)
    assert people.learn(ANA, "✓", 7, live=True) == (False, None)
    assert people.get(ANA) == Person(ANA, 5)


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PEOPLE_MAX", 2)
    people = People()
    for number in range(NICKS_MAX + 3):
        people.learn(ANA, f"name {number}", 1, live=True)
    assert people.get(ANA).nicks == tuple(f"name {n}" for n in range(NICKS_MAX + 2, 2, -1))  # type: ignore[union-attr]
    people.learn(BO, "bo", 1, live=True)
    assert people.learn(EVE, "eve", 1, live=True) == (False, None)
    assert [each.peer for each in people.all()] == sorted([ANA, BO])


@pytest.mark.parametrize("alike", ["ANA", "äna", "ａｎａ", "a na", "аna", "anа", "аnа"])
def test_names_that_look_alike(alike: str) -> None:
    assert skeleton(alike) == skeleton("ana")


def test_more_that_look_alike_and_some_that_do_not() -> None:
    assert skeleton("Bill") == skeleton("BiIl") == skeleton("B1ll")
    assert skeleton("bob") == skeleton("b0b")
    assert len({skeleton(name) for name in ("ana", "anna", "ann", "bo", "日本", "日木", "")}) == 7


def test_nobody_puts_the_programs_marks_beside_his_name() -> None:
    assert plain_nick("ana ✓") == "ana" and plain_nick("ana≠") == "ana" and plain_nick("ana·wxyz") == "anawxyz"
    assert plain_nick(MARKS) == "" and plain_nick("Zoë!") == "Zoë!"


def test_who_takes_another_name_every_second_leaves_nothing_behind() -> None:
    people = known(Person(ANA, 1, ("ana",), alias="Mum", verified_ms=1), Person(BO, 1, ("ana",)))
    for number in range(100):
        people.learn(EVE, f"eve {number}", number, live=True)
    kinds = {skeleton(f"eve {number}") for number in range(100 - NICKS_MAX, 100)}
    assert people._owners.keys() == {skeleton("ana"), skeleton("Mum"), *kinds}
    people.drop([ANA, EVE])
    assert people._owners.keys() == {skeleton("ana")} and people._guards == {}
    assert people.guards("Mum") == frozenset()
