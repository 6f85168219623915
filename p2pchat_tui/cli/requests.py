"""What a line of `pipe`'s input may ask for, and what a format of its lines has to offer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

from ..session import api


class BadLine(Exception):
    """A line of input asks for nothing that can be done; the text is the rest of a sentence."""

    def __init__(self, text: str, tag: str | None = None) -> None:
        super().__init__(text)
        self.tag = tag
        """See Asked."""


@dataclass(frozen=True, slots=True)
class History:
    """Give the newest `limit` messages again, or the newest of those before one."""

    limit: int
    before: api.EntryId | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """Say yes or no to somebody who asks for a room of two."""

    peer: api.PeerId
    yes: bool


@dataclass(frozen=True, slots=True)
class AskAlone:
    """Ask somebody for a room of two."""

    peer: api.PeerId


@dataclass(frozen=True, slots=True)
class UseLan:
    """Look for others on the local network, now and in later runs, or do not; None: as the settings say."""

    on: bool | None


@dataclass(frozen=True, slots=True)
class GiveRelays:
    """Give the room these relays instead of those that it has, now and in later runs."""

    urls: str
    """With blanks between, as somebody types them; empty: none."""


Request = api.Command | History | Answer | AskAlone | UseLan | GiveRelays


class Asked(NamedTuple):
    """What one line asks for."""

    request: Request
    tag: str | None = None
    """What the line that tells what became of it is to be known by, where somebody wants that."""


class Line(NamedTuple):
    """A line to write, without its end."""

    text: str
    is_note: bool = False
    """For standard error: about the run, and no part of its data."""


class Format(Protocol):
    """How requests and events are written on lines."""

    def parse(self, line: bytes) -> Asked | None:
        """What a line asks for; None for one that asks for nothing. Raises BadLine."""
        ...

    def ready(self, view: api.RoomView) -> list[Line]:
        """The session runs."""
        ...

    def event(self, event: api.Event, tag: str | None = None) -> list[Line]:
        """Something happened. `tag`: of the request that it comes of."""
        ...

    def room(self, view: api.RoomView) -> list[Line]:
        """The topic, or what one is called or says of oneself, may be new."""
        ...

    def history(self, page: api.Page, before: api.EntryId | None, tag: str | None = None) -> list[Line]:
        """The answer to History. `before`: what the next older page is before; None when there is none."""
        ...

    def holders(self, entry: api.EntryId, holders: int, of: int) -> list[Line]:
        """How many of how many others have one of my messages."""
        ...

    def answered(self, answer: Answer, room: str, tag: str | None = None) -> list[Line]:
        """An Answer is on disk. `room`: the saved room that a yes leads to."""
        ...

    def asking(self, peer: api.PeerId, room: str, tag: str | None = None) -> list[Line]:
        """Somebody is asked for a room of two, which is saved here as `room`."""
        ...

    def done(self, tag: str | None) -> list[Line]:
        """A request was carried out of which nothing else is told."""
        ...

    def problem(self, code: str, text: str, line: int = 0, tag: str | None = None) -> list[Line]:
        """Something is not as it should be. `line`: the number of the line of input that was not carried out."""
        ...

    def bye(self, code: int) -> list[Line]:
        """The end."""
        ...
