"""What one profile knows of people, by key, and the rules that follow: who has a name first, and who only looks so.

A nickname is anybody's to take. So it is trusted on first use: the key that was known by it first has it, and another
key that comes with it is doubted until its owner was looked at. Verified people and pet names are stronger: whoever
else takes such a name is never shown by the bare name, not even in a room where the true one never was.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

from .ids import PeerId
from .text import clean_name

PEOPLE_MAX = 10_000
"""Keys that are remembered: anybody in a room can make as many as he likes."""
NICKS_MAX = 8
"""Nicknames of one key that are remembered, the newest first: a name that was given up is not free at once."""
MARKS = "✓✔☑✅≠·~"
"""Signs that the program itself puts beside names: in a nickname they would be lies."""
RESERVED = "you"
"""What one is called oneself, so nobody else by that alone."""
_ALIKE = str.maketrans(
    {
        # Of letters that look alike in most fonts, one stands for all: Cyrillic and Greek for Latin, and 1 I l, 0 o.
        **dict(zip("авекмнорстухіјѕԁԛԝһгп", "abekmhopctyxljsdqwhrn", strict=True)),
        **dict(zip("αβεικνορτυχγηω", "abelkvoptuxynw", strict=True)),
        **{"1": "l", "i": "l", "|": "l", "ı": "l", "ǀ": "l", "0": "o"},
    }
)


@dataclass(frozen=True, slots=True)
class Person:
    """One key, as this profile knows it."""

    peer: PeerId
    first_seen_ms: int
    """Unix milliseconds."""
    nicks: tuple[str, ...] = ()
    """What it called itself, the newest first."""
    alias: str = ""
    """The pet name that it was given here; nobody else learns it."""
    verified_ms: int = 0
    """When its safety words were compared, Unix milliseconds; 0: never."""
    verified_by: str = ""
    """How: `words`."""
    ignored: bool = False
    """Its entries are carried, not shown."""
    muted: bool = False
    """Its messages are shown, not announced."""
    doubt: str = ""
    """The name that another key had first, or whose words did not match, until somebody says otherwise; else empty."""

    @property
    def nick(self) -> str:
        """What it calls itself now; empty when it never said."""
        return self.nicks[0] if self.nicks else ""

    @property
    def is_decided(self) -> bool:
        """Whether the user decided anything about it: then it is kept though its rooms are forgotten."""
        return bool(self.alias or self.verified_ms or self.ignored or self.muted)

    @property
    def guarded(self) -> tuple[str, ...]:
        """Names that nobody else may bear without a mark."""
        return tuple(name for name in (self.alias, self.nick if self.verified_ms else "") if name)


def inherited(own: Person | None, theirs: Person) -> Person:
    """A person as a guest knows her: what the profile (`theirs`) decided counts, what both saw of her is kept."""
    if own is None:
        return theirs
    nicks = tuple(dict.fromkeys((*own.nicks, *theirs.nicks)))[:NICKS_MAX]
    return replace(theirs, first_seen_ms=min(own.first_seen_ms, theirs.first_seen_ms), nicks=nicks)


@dataclass(frozen=True, slots=True)
class NameTaken:
    """A key came with a name that another one had before it."""

    peer: PeerId
    name: str
    holder: Person
    """Who had it first."""


class People:
    """Everybody whom one profile knows, and in this run met."""

    def __init__(self) -> None:
        self._known: dict[PeerId, Person] = {}
        self._before: set[PeerId] = set()
        """Who was known before this run."""
        self._met: set[PeerId] = set()
        """Who was there or wrote in this run: not just found in a room's history."""
        self._owners: dict[str, set[PeerId]] = {}
        self._guards: dict[str, set[PeerId]] = {}
        self._ignored: frozenset[PeerId] | None = None

    def get(self, peer: PeerId) -> Person | None:
        """What is known of a key; None when it was never heard of."""
        return self._known.get(peer)

    def all(self) -> tuple[Person, ...]:
        """Everybody, by key."""
        return tuple(self._known[peer] for peer in sorted(self._known))

    def recall(self, persons: Iterable[Person]) -> None:
        """These were known before this run."""
        for person in persons:
            self.put(person)
            self._before.add(person.peer)

    def put(self, person: Person) -> None:
        """This is known of `person.peer` from now on."""
        if old := self._known.get(person.peer):
            self._unlist(old)
        self._known[person.peer] = person
        self._list(person)

    def drop(self, peers: Iterable[PeerId]) -> None:
        """Nothing is known of these any longer."""
        for peer in peers:
            if old := self._known.pop(peer, None):
                self._unlist(old)
            self._before.discard(peer)
            self._met.discard(peer)

    @property
    def ignored(self) -> frozenset[PeerId]:
        """Whose entries are not shown."""
        if self._ignored is None:
            self._ignored = frozenset(peer for peer, person in self._known.items() if person.ignored)
        return self._ignored

    def learn(self, peer: PeerId, nick: str, at_ms: int, *, live: bool) -> tuple[bool, NameTaken | None]:
        """`peer` calls itself so: whether anything of that is new, and whose name it took, if anybody's.

        `live`: it is there, or wrote just now; else it stands in a history that was fetched, and two who come in with
        the same history are strangers alike: only who was known before this run has a name before others of it.
        """
        old = self._known.get(peer)
        name = plain_nick(nick)
        if old is None and len(self._known) >= PEOPLE_MAX:
            return False, None
        if live:
            self._met.add(peer)
        if old is not None and (not name or name == old.nick):
            return False, None
        person = old or Person(peer, at_ms)
        is_own = skeleton(name) in map(skeleton, person.nicks)
        taken = self._taken(peer, name, live=live) if name and not is_own else None
        nicks = (name, *(each for each in person.nicks if each != name))[:NICKS_MAX] if name else person.nicks
        self.put(replace(person, nicks=nicks, doubt=name if taken else person.doubt))
        return True, taken

    def _taken(self, peer: PeerId, name: str, *, live: bool) -> NameTaken | None:
        owners = self._owners.get(skeleton(name), set()) - {peer}
        first = [self._known[each] for each in owners if each in self._before or (live and each in self._met)]
        if not first:
            return None
        return NameTaken(peer, name, min(first, key=lambda each: (bool(each.doubt), each.first_seen_ms, each.peer)))

    def guards(self, name: str) -> frozenset[PeerId]:
        """Verified people and those with a pet name who alone are called so, whatever room they are in."""
        return frozenset(self._guards.get(skeleton(name), ()))

    def holder_of_alias(self, name: str) -> Person | None:
        """Who has a pet name that looks like `name`."""
        wanted = skeleton(name)
        return next((each for each in self._known.values() if each.alias and skeleton(each.alias) == wanted), None)

    def _list(self, person: Person) -> None:
        self._ignored = None
        for name in (*person.nicks, person.alias):
            if name:
                self._owners.setdefault(skeleton(name), set()).add(person.peer)
        for name in person.guarded:
            self._guards.setdefault(skeleton(name), set()).add(person.peer)

    def _unlist(self, person: Person) -> None:
        for names, listed in (((*person.nicks, person.alias), self._owners), (person.guarded, self._guards)):
            for kind in map(skeleton, names):
                listed.get(kind, set()).discard(person.peer)
                if not listed.get(kind, True):
                    del listed[kind]  # who takes another name every second leaves nothing behind


def plain_nick(name: str) -> str:
    """`name` as it may stand beside the program's marks: without any of them, in one line."""
    if not any(char in MARKS for char in name):
        return name
    return clean_name("".join(char for char in name if char not in MARKS))


@lru_cache(maxsize=1024)
def skeleton(name: str) -> str:
    """What two names that people would take for one have in common.

    Compatibility form; case, accents and blanks folded; letters that look alike made one.
    """
    decomposed = unicodedata.normalize("NFKD", name).casefold()
    letters = (char for char in decomposed if not unicodedata.combining(char) and not char.isspace())
    return "".join(letters).translate(_ALIKE)
