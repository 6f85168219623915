"""What everybody is called: the pet name, else the log's word, else presence's or memory's; never two alike."""

from __future__ import annotations

from ..ssc.ids import Order, PeerId
from ..ssc.people import RESERVED, People, plain_nick, skeleton

NICK = "nick"
"""The room's setting that says what I am called in it; empty for as everywhere else."""


class Names:
    """Names in one room."""

    def __init__(self, people: People | None = None) -> None:
        """`people`: what the profile knows of them: pet names, and who is verified."""
        self._people = people or People()
        self._logged: dict[PeerId, tuple[Order, str]] = {}
        self._traits: dict[PeerId, tuple[str, str]] = {}
        self._heard: dict[PeerId, str] = {}
        self._shown: dict[PeerId, str] = {}
        """The skeleton under which each is in `_owners`."""
        self._owners: dict[str, set[PeerId]] = {}

    def learn(self, peer: PeerId, name: str, order: Order, status: str = "", colour: str = "") -> bool:
        """A profile entry at `order` calls `peer` this, with this status and colour; whether any of it is news."""
        known = self._logged.get(peer)
        if known and known[0] >= order:
            return False
        before = self.nick(peer)
        self._logged[peer] = (order, name)
        traits, self._traits[peer] = self.traits(peer), (status, colour)
        return self._renamed(peer, before) or traits != (status, colour)

    def traits(self, peer: PeerId) -> tuple[str, str]:
        """The status line and the colour (`#rrggbb`) that `peer` chose; empty where it chose none."""
        return self._traits.get(peer, ("", ""))

    def hear(self, peer: PeerId, name: str) -> bool:
        """Presence, or memory, calls `peer` this; whether that is news."""
        before = self.nick(peer)
        self._heard[peer] = name
        return self._renamed(peer, before)

    def logged(self, peer: PeerId) -> str:
        """The name in the log, empty when there is none."""
        known = self._logged.get(peer)
        return known[1] if known else ""

    def heard(self, peer: PeerId) -> str:
        """The name from presence or memory, empty when there is none."""
        return self._heard.get(peer, "")

    def spoken(self, peer: PeerId) -> tuple[str, ...]:
        """Every name by which others may speak to `peer`."""
        return tuple(filter(None, dict.fromkeys((self.logged(peer), self.heard(peer)))))

    @property
    def peers(self) -> set[PeerId]:
        """Everybody who was ever called anything."""
        return {*self._logged, *self._heard}

    def all(self) -> list[tuple[PeerId, str]]:
        """Everybody who has a name, and what to call them."""
        return [(peer, self.of(peer)) for peer in self.peers if self.is_known(peer)]

    def is_ignored(self, peer: PeerId) -> bool:
        """Whether the user wants to see nothing of `peer`."""
        return peer in self._people.ignored

    def is_known(self, peer: PeerId) -> bool:
        """Whether `peer` has any name."""
        return bool(self._label(peer))

    def of(self, peer: PeerId) -> str:
        """What to call `peer`: a name without a tag is nobody else's in this room.

        The key's tag stands behind the name, or alone, when there is none; when somebody else's looks like it, be it
        only that of a verified person or a pet name from another room; and when it says that one is the reader.
        """
        person = self._people.get(peer)
        if person and person.alias:
            return person.alias
        name = self.nick(peer)
        if not name:
            return f"?{peer.tag}"
        guards = self._people.guards(name)
        if peer in guards and len(guards) == 1:
            return name
        kind = skeleton(name)
        if guards or len(self._owners.get(kind, ())) > 1 or kind == skeleton(RESERVED):
            return f"{name}·{peer.tag}"
        return name

    def nick(self, peer: PeerId) -> str:
        """What `peer` calls itself, without any of the program's own marks; empty when it does not say."""
        return plain_nick(self.logged(peer) or self.heard(peer))

    def look_again(self, peer: PeerId) -> None:
        """Its pet name may be another one."""
        label = self._label(peer)
        kind = skeleton(label) if label else ""
        before = self._shown.get(peer, "")
        if kind == before:
            return
        if before:
            self._owners[before].discard(peer)
            if not self._owners[before]:
                del self._owners[before]  # who takes another name every second leaves nothing behind
        if kind:
            self._owners.setdefault(kind, set()).add(peer)
        self._shown[peer] = kind

    def _label(self, peer: PeerId) -> str:
        person = self._people.get(peer)
        return (person.alias if person else "") or self.nick(peer)

    def _renamed(self, peer: PeerId, before: str) -> bool:
        self.look_again(peer)
        return before != self.nick(peer)
