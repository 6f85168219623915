"""The numbers by which messages are meant where none can be pointed at. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ...session.api import EntryId, MessageView, RoomId

_NUMBER = re.compile(r"#(\d{1,9})(?:\s+|$)")


@dataclass(frozen=True, slots=True)
class Numbered:
    """A message that has a number."""

    room: RoomId
    message: MessageView


class Numbers:
    """Gives each message that is listed a number, which stays with it until the program ends."""

    def __init__(self) -> None:
        self._numbered: list[Numbered] = []
        self._numbers: dict[tuple[RoomId, EntryId], int] = {}

    def give(self, room: RoomId, message: MessageView) -> int:
        """The number of a message: 1 for the first that is listed."""
        number = self._numbers.setdefault((room, message.id), len(self._numbered) + 1)
        if number > len(self._numbered):
            self._numbered.append(Numbered(room, message))
        else:
            self.change(room, message)
        return number

    def change(self, room: RoomId, message: MessageView) -> None:
        """A message reads differently."""
        if number := self._numbers.get((room, message.id)):
            self._numbered[number - 1] = replace(self._numbered[number - 1], message=message)

    def get(self, number: int) -> Numbered | None:
        """The message of a number; None when none has it yet."""
        return self._numbered[number - 1] if 1 <= number <= len(self._numbered) else None

    def of(self, room: RoomId) -> Iterator[EntryId]:
        """All messages of a room that have one."""
        return (target for where, target in list(self._numbers) if where == room)


def leading_number(argument: str) -> tuple[int | None, str]:
    """The number that `argument` begins with, and what follows: `#3 yes`. A text that begins so has another `#` before
    it, which goes.
    """
    if argument.startswith("##"):
        return None, argument[1:]
    if found := _NUMBER.match(argument):
        return int(found.group(1)), argument[found.end() :]
    return None, argument
