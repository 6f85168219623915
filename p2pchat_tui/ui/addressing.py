"""Whom a command is about: a name at the beginning of what follows it, which may hold blanks. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..session.api import PeerId


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can be named."""

    peer: PeerId
    names: tuple[str, ...]
    """All that he may be called by; the first one is what he is shown as."""
    room: str
    """A saved room in which he is known."""


def addressed(text: str, people: Iterable[Person]) -> tuple[list[Person], str]:
    """Everybody whose name `text` begins with, and what follows; the longest name counts. Nobody: an empty list."""
    wanted = text.removeprefix("@")
    folded = wanted.casefold()
    best, found = 0, dict[PeerId, Person]()
    for person in people:
        for name in person.names:
            begin = name.casefold()
            length = len(begin)
            if not begin or not folded.startswith(begin) or (folded[length:] and not folded[length].isspace()):
                continue
            if length > best:
                best, found = length, {}
            if length == best:
                found.setdefault(person.peer, person)
    # Case may change how long a name is, never how many words it has.
    words = len(folded[:best].split())
    rest = wanted.split(maxsplit=words)
    return list(found.values()), rest[words] if found and len(rest) > words else ""
