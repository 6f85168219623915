"""What was typed into a search, as what is to be looked for. Pure.

press ladder              messages with words that begin so
"the press" 🍎            with these words in a row; with this emoji
from:ana in:orchard       of one person (a nickname, the short key, `me`), in one room
before:2026-11-20 after:2026-11   before that day; from that day on
has:link                  with a web address

There is nothing that cannot be typed: what is no filter is looked for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from ..ssc.terms import Term
from ..ssc.text import clean_line

QUERY_MAX = 500
"""Characters of a query that are looked at."""
TERMS_MAX = 24
"""Words and phrases of one query: each costs a walk through the index."""

EXAMPLES = {
    "from": "from:ana",
    "in": "in:orchard",
    "before": "before:2026-11-20",
    "after": "after:2026-11-01",
    "has": "has:link",
}
"""Every filter, as one may use it."""

_PIECE = re.compile(
    rf"""(?:(?P<key>{"|".join(EXAMPLES)}):)?(?:["“„”](?P<phrase>[^"“„”]*)(?P<end>["“„”]?)|(?P<word>\S*))""",
    re.IGNORECASE,
)
_MONTH = re.compile(r"(\d{4})(?:-(\d{1,2}))?")
_AGO = re.compile(r"(\d{1,4})([dw])")


class QueryError(ValueError):
    """The query cannot be carried out; the text says why, for a person."""


@dataclass(frozen=True, slots=True)
class Filter:
    """One `key:value` of a query."""

    key: str
    value: str
    low: int
    high: int
    """Where it stands in the query's text."""

    @property
    def text(self) -> str:
        """As one types it."""
        return f'{self.key}:"{self.value}"' if " " in self.value else f"{self.key}:{self.value}"


@dataclass(frozen=True, slots=True)
class Query:
    """What somebody looks for."""

    text: str = ""
    """As it was typed, on one line."""
    terms: tuple[Term, ...] = ()
    senders: tuple[str, ...] = ()
    """Written by one of these; none: by anybody."""
    rooms: tuple[str, ...] = ()
    before: date | None = None
    after: date | None = None
    """On this day or later."""
    has_link: bool = False
    filters: tuple[Filter, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether it asks for nothing at all."""
        return not (self.terms or self.filters)

    def without(self, dropped: Filter) -> str:
        """The query's text, but for one filter."""
        return " ".join((self.text[: dropped.low] + self.text[dropped.high :]).split())


def read_query(text: str, today: date) -> Query:
    """The query in `text`. `today`: what relative days count from. Raises QueryError."""
    text = clean_line(text, QUERY_MAX)
    terms: list[Term] = []
    filters: list[Filter] = []
    place = 0
    while place < len(text):
        match = _PIECE.match(text, place)
        if match is None or match.end() == place:
            place += 1
            continue
        place = match.end()
        key, phrase, word = match["key"], match["phrase"], match["word"]
        value = (word if phrase is None else phrase).strip()
        if key:
            filters.append(Filter(key.lower(), value, *match.span()))
        elif value:
            terms.append(Term(value, whole=bool(match["end"])))
    for each in filters:
        if not each.value.strip("#@"):
            raise QueryError(f"Say what comes after {each.key}: such as {EXAMPLES[each.key]}.")
        if each.key == "has" and each.value.casefold() not in ("link", "links", "url"):
            raise QueryError(f"has:{each.value} is not known: what can be asked for is has:link.")
    if terms and not any(term.words for term in terms):
        raise QueryError("Signs alone cannot be looked for: type a letter, a digit or an emoji.")
    if len(terms) > TERMS_MAX:
        raise QueryError(f"That is a lot to look for: leave some out, at most {TERMS_MAX} words and phrases.")
    before = min((_day(each, today) for each in filters if each.key == "before"), default=None)
    after = max((_day(each, today) for each in filters if each.key == "after"), default=None)
    if before and after and before <= after:
        raise QueryError(f"No day is before {before} and not before {after}: leave one of them out.")
    return Query(
        text,
        tuple(terms),
        tuple(each.value.lstrip("@?") for each in filters if each.key == "from"),
        tuple(each.value.lstrip("#@") for each in filters if each.key == "in"),
        before,
        after,
        any(each.key == "has" for each in filters),
        tuple(filters),
    )


def _day(written: Filter, today: date) -> date:
    value = written.value.casefold()
    try:
        if value in ("today", "yesterday"):
            return today - timedelta(days=value == "yesterday")
        if ago := _AGO.fullmatch(value):
            return today - timedelta(days=int(ago[1]) * (7 if ago[2] == "w" else 1))
        if month := _MONTH.fullmatch(value):
            day = date(int(month[1]), int(month[2] or 1), 1)
        else:
            day = date.fromisoformat(value)
        if 1970 < day.year < 9000:
            return day
    except (ValueError, OverflowError):
        pass
    raise QueryError(
        f"{written.key}:{clean_line(written.value, 20)} is no day:"
        f" such as {EXAMPLES[written.key]}, 2026-11, yesterday or 7d."
    )
