"""What `doctor` looks at: the settings of a run, and the room that it is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from ssl import SSLContext

from ..config import Config
from ..ssc.room import RoomKeys
from ..ssc.words import room_words


@dataclass(frozen=True, slots=True)
class Patient:
    """`repr` shows no secret."""

    config: Config
    keys: RoomKeys | None = None
    """Of the room that it is about; None when it is about none."""
    room_name: str = ""
    relays: tuple[str, ...] = ()
    """Normal URLs: the room's, and those from the settings."""
    invite: str = field(default="", repr=False)
    """What P2PCHAT_INVITE holds."""
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    trust: SSLContext | None = None
    """In place of the system's certificates."""

    @property
    def words(self) -> str:
        """The three words to compare with the others; empty without a room."""
        return room_words(self.keys.room) if self.keys else ""

    @property
    def database(self) -> Path:
        """Where the rooms and messages are."""
        return self.config.profile_folder / "rooms.db"
