"""What everybody is called: the log's word first, then presence's, then what was remembered; never two alike."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from ..ssc.ids import PeerId

Order = tuple[int, bytes, int]


class Names:
    """Nicknames of one room."""

    def __init__(self) -> None:
        self._logged: dict[PeerId, tuple[Order, str]] = {}
        self._traits: dict[PeerId, tuple[str, str]] = {}
        self._heard: dict[PeerId, str] = {}
        self._owners: dict[str, set[PeerId]] = {}

    def learn(self, peer: PeerId, name: str, order: Order, status: str = "", colour: str = "") -> bool:
        """A profile entry at `order` calls `peer` this, with this status and colour; whether any of it is news."""
        known = self._logged.get(peer)
        if known and known[0] >= order:
            return False
        before = self._bare(peer)
        self._logged[peer] = (order, name)
        traits, self._traits[peer] = self.traits(peer), (status, colour)
        return self._renamed(peer, before) or traits != (status, colour)

    def traits(self, peer: PeerId) -> tuple[str, str]:
        """The status line and the colour (`#rrggbb`) that `peer` chose; empty where it chose none."""
        return self._traits.get(peer, ("", ""))

    def hear(self, peer: PeerId, name: str) -> bool:
        """Presence, or memory, calls `peer` this; whether that is news."""
        before = self._bare(peer)
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

    def all(self) -> list[tuple[PeerId, str]]:
        """Everybody who has a name, and what to call them."""
        return [(peer, self.of(peer)) for peer in {*self._logged, *self._heard} if self._bare(peer)]

    def is_known(self, peer: PeerId) -> bool:
        """Whether `peer` has any name."""
        return bool(self._bare(peer))

    def of(self, peer: PeerId) -> str:
        """What to call `peer`; with the key's tag when the name is none, or looks like somebody else's too."""
        name = self._bare(peer)
        if not name:
            return f"?{peer.tag}"
        if len(self._owners.get(_skeleton(name), ())) > 1:
            return f"{name}·{peer.tag}"
        return name

    def _bare(self, peer: PeerId) -> str:
        return self.logged(peer) or self.heard(peer)

    def _renamed(self, peer: PeerId, before: str) -> bool:
        after = self._bare(peer)
        if before == after and before:
            return False
        if before:
            self._owners.get(_skeleton(before), set()).discard(peer)
        if after:
            self._owners.setdefault(_skeleton(after), set()).add(peer)
        return before != after


@lru_cache(maxsize=256)
def _skeleton(name: str) -> str:
    """What two names that people would take for one have in common: compatibility form, case and accents folded."""
    decomposed = unicodedata.normalize("NFKD", name).casefold()
    return "".join(char for char in decomposed if not unicodedata.combining(char) and not char.isspace())
