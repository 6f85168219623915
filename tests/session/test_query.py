"""What may be typed into a search, and what it means."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pchat_tui.session.query import EXAMPLES, QUERY_MAX, TERMS_MAX, Query, QueryError, read_query
from p2pchat_tui.ssc.terms import Term

TODAY = date(2026, 11, 22)


def read(text: str) -> Query:
    return read_query(text, TODAY)


def test_words_and_phrases() -> None:
    assert read("press  ladder").terms == (Term("press"), Term("ladder"))
    assert read('"the press" “row 3” ladder').terms == (Term("the press", True), Term("row 3", True), Term("ladder"))
    assert read('say "half a phra').terms == (Term("say"), Term("half a phra")), "it is still being typed"
    assert read("https://orchard.example/ 12:30 note:this").terms[0] == Term("https://orchard.example/")
    assert len(read("https://orchard.example/ 12:30 note:this").terms) == 3
    assert read("  ").is_empty and read('""').is_empty


def test_filters() -> None:
    query = read("from:@ana in:#orchard apples HAS:link FROM:bo in:'x")
    assert (query.senders, query.rooms, query.has_link) == (("ana", "bo"), ("orchard", "'x"), True)
    assert query.terms == (Term("apples"),)
    assert read('from:"ana maria" in:“book club”').senders == ("ana maria",)
    assert read('from:"ana maria" in:“book club”').rooms == ("book club",)


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2026-11-20", date(2026, 11, 20)),
        ("2026-11", date(2026, 11, 1)),
        ("2025", date(2025, 1, 1)),
        ("today", TODAY),
        ("Yesterday", date(2026, 11, 21)),
        ("7d", date(2026, 11, 15)),
        ("2w", date(2026, 11, 8)),
    ],
)
def test_days(written: str, day: date) -> None:
    assert read(f"before:{written}").before == day
    assert read(f"after:{written}").after == day


def test_the_narrowest_days_count() -> None:
    query = read("before:2026-11-20 before:2026-11-10 after:2026-10-01 after:2026-11-01")
    assert (query.after, query.before) == (date(2026, 11, 1), date(2026, 11, 10))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("from:", "Say what comes after from: such as from:ana."),
        ("in:# apples", "Say what comes after in"),
        ('before:""', "Say what comes after before"),
        ("before:tomorrow", "before:tomorrow is no day"),
        ("after:2026-13-01", "is no day"),
        ("after:0001-01-01", "is no day"),
        ("before:9999-12-31", "is no day"),
        ("has:everything", "has:link"),
        ("after:2026-11-20 before:2026-11-01", "No day"),
        ("!? ...", "Signs alone"),
        ("a " * (TERMS_MAX + 1), "at most"),
    ],
)
def test_what_cannot_be_carried_out_says_why(text: str, why: str) -> None:
    with pytest.raises(QueryError, match=why):
        read(text)


def test_a_filter_can_be_dropped() -> None:
    query = read('apples  from:"ana maria"  in:orchard pears')
    assert [each.text for each in query.filters] == ['from:"ana maria"', "in:orchard"]
    assert [query.without(each) for each in query.filters] == [
        "apples in:orchard pears",
        'apples from:"ana maria" pears',
    ]


@given(st.lists(st.one_of(st.text(), st.sampled_from(['"', ":", " ", "“", "*", *EXAMPLES.values()]))).map("".join))
def test_whatever_is_typed_is_read_or_refused_with_a_sentence(text: str) -> None:
    try:
        query = read(text)
    except QueryError as error:
        assert str(error).endswith(".")
        return
    assert len(query.text) <= QUERY_MAX
    for each in query.filters:
        assert each.text.split(":")[0] in EXAMPLES
        assert len(read(query.without(each)).filters) <= len(query.filters)
