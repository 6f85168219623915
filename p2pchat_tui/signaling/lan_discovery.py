"""What the LAN's signaling needs of whatever finds neighbours: mDNS in earnest, a table in memory in tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from .lan_places import Place


@dataclass(frozen=True, slots=True)
class Sighting:
    """Somebody announces this label, and takes connections there."""

    label: str
    addresses: tuple[str, ...]
    """With scopes where they need one."""
    port: int


class Watcher(Protocol):
    """Who is told what is seen on one interface."""

    def wants(self, label: str) -> bool:
        """Whether the owner of this label is worth being asked where it is. Anybody's label may come."""
        ...

    def found(self, sighting: Sighting) -> None:
        """A wanted label, and where it is; again when that is new."""
        ...

    def lost(self, label: str) -> None:
        """A label is announced no longer."""
        ...


class Radio(Protocol):
    """Announcements on one interface."""

    async def announce(self, label: str, addresses: Sequence[str], port: int) -> None:
        """Tell everybody near. Raises OSError when nothing can be sent here."""
        ...

    async def withdraw(self, label: str) -> None:
        """Take an announcement back."""
        ...

    async def close(self) -> None:
        """Take everything back, and watch no more. May be called twice."""
        ...


class Discovery(Protocol):
    """Makes radios; shared by the rooms of a process."""

    async def open(self, place: Place, watcher: Watcher) -> Radio:
        """Begin to watch on `place`. Raises OSError when there is no multicast there."""
        ...
