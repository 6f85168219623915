"""The people of one profile: read from the store once, learned in every room, decided about by the user."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ..ports.store import Store, StoreError
from ..ssc.ids import PeerId
from ..ssc.people import RESERVED, NameTaken, People, Person, plain_nick, skeleton
from ..ssc.text import clean_line, clean_name
from . import api

BY_WORDS = "words"
"""How somebody was verified."""


class Acquaintances:
    """What all rooms of a profile share. Whoever listens is told of each key about which the user decided."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._is_loaded = False
        self._unsaved: set[PeerId] = set()
        self._listeners: list[Callable[[PeerId], None]] = []
        self.people = People()
        """What is known; filled by `load`."""

    async def load(self) -> None:
        """Take what earlier runs knew from the disk; the first call alone does. Raises StoreError."""
        if not self._is_loaded:
            self.people.recall(await self._store.people())
            self._is_loaded = True

    def beside(self, store: Store) -> Acquaintances:
        """The same people, for a room that keeps what it learns in `store`: nothing of it comes back here."""
        other = Acquaintances(store)
        other.people.recall(self.people.all())
        other._is_loaded = True
        return other

    def listen(self, told: Callable[[PeerId], None]) -> None:
        """Have `told` called after each decision."""
        self._listeners.append(told)

    def leave(self, told: Callable[[PeerId], None]) -> None:
        """End `listen`; may be called twice."""
        if told in self._listeners:
            self._listeners.remove(told)

    def recall(self, peer: PeerId, nick: str, at_ms: int) -> None:
        """A room that is on disk from earlier runs knows `peer` by `nick`."""
        if self.people.get(peer) is None and nick:
            self.people.recall([Person(peer, at_ms, (plain_nick(nick),) if plain_nick(nick) else ())])
            self._unsaved.add(peer)
        else:
            self.learn(peer, nick, at_ms, live=False)

    def learn(self, peer: PeerId, nick: str, at_ms: int, *, live: bool) -> NameTaken | None:
        """`peer` calls itself so (see People.learn); the name that it took from another key, if it did."""
        is_news, taken = self.people.learn(peer, nick, at_ms, live=live)
        if is_news:
            self._unsaved.add(peer)
        return taken

    @property
    def has_unsaved(self) -> bool:
        """Whether `settle` has something to write."""
        return bool(self._unsaved)

    async def settle(self) -> None:
        """Write down what was learned. A disk that does not take it is tried again with the next call."""
        peers, self._unsaved = self._unsaved, set()
        try:
            await self._store.save_people([person for peer in sorted(peers) if (person := self.people.get(peer))])
        except StoreError:
            self._unsaved |= peers

    async def decide(self, command: api.Deciding, now_ms: int) -> None:
        """Carry out what the user decided about a key, once it is on disk. Raises CommandRefused, StoreError."""
        facts = self._facts(command, now_ms)
        stranger = Person(command.peer, now_ms)
        await self._store.save_people([replace(self.people.get(command.peer) or stranger, **facts)])
        # What was learned in the meantime stays.
        self.people.put(replace(self.people.get(command.peer) or stranger, **facts))
        for told in tuple(self._listeners):
            told(command.peer)

    def _facts(self, command: api.Deciding, now_ms: int) -> dict[str, Any]:
        match command:
            case api.SetAlias(peer, alias):
                return {"alias": self._alias(peer, alias)}
            case api.SetVerified(_, True):
                return {"verified_ms": now_ms, "verified_by": BY_WORDS, "doubt": ""}
            case api.SetVerified():
                return {"verified_ms": 0, "verified_by": ""}
            case api.Distrust(peer):
                person = self.people.get(peer)
                name = (person.alias or person.nick) if person else ""
                return {"verified_ms": 0, "verified_by": "", "doubt": name or f"?{peer.tag}"}
            case api.SetIgnored(_, on):
                return {"ignored": on}
            case api.SetMuted(_, on):
                return {"muted": on}
            case api.AcceptName():
                return {"doubt": ""}

    def _alias(self, peer: PeerId, alias: str) -> str:
        name = clean_name(plain_nick(clean_line(alias)))
        if alias.strip() and not name:
            raise api.CommandRefused("A pet name needs at least one visible character: choose another one.")
        if skeleton(name) == skeleton(RESERVED):
            raise api.CommandRefused("That is what you are called yourself here: choose another name.")
        other = self.people.holder_of_alias(name) if name else None
        if other is not None and other.peer != peer:
            raise api.CommandRefused(
                f"You call somebody else {other.alias} already (key {other.peer.tag}): choose another name."
            )
        return name

    async def look_again(self) -> None:
        """A room was forgotten: let go of those of whom the store has let go. Raises StoreError."""
        await self.settle()
        kept = {person.peer for person in await self._store.people()}
        self.people.drop([person.peer for person in self.people.all() if person.peer not in kept])
