"""What the commands need of what stands before a person: the chat screen, or the plain mode."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Literal, Protocol

from ..session import api
from ..session.catalogue import RoomSummary
from ..session.directs import Ask
from ..session.profile import Profile
from .rooms import Aim, OpenRoom
from .settings import Settings

Severity = Literal["information", "warning", "error"]


class NotPicked(Exception):
    """The message that was named is not here; the text says so to a person."""


class Front(Protocol):
    """A person's side of the program. Whatever is told or asked here is text, never markup."""

    @property
    def profile(self) -> Profile:
        """Whose rooms these are."""
        ...

    @property
    def settings(self) -> Settings:
        """The preferences of this run."""
        ...

    @property
    def room(self) -> OpenRoom | None:
        """The current room; None while there is none."""
        ...

    @property
    def now_ms(self) -> int:
        """Unix milliseconds."""
        ...

    # What is said to the person ----------------------------------------------------------------------------------

    def tell(self, text: str, *, severity: Severity = "information") -> None:
        """One sentence."""
        ...

    def give_back(self, text: str) -> None:
        """What was typed cannot be used as it is: it must not be lost."""
        ...

    def confirm(self, question: str, yes: str, then: Callable[[], None]) -> None:
        """Do `then` if the person agrees; `yes` says what it does."""
        ...

    def show_help(self) -> None:
        """Everything that can be done."""
        ...

    def show_rooms(self) -> None:
        """Have another room chosen."""
        ...

    def show_invite(self, room: str, words: str, *, relay: bool, invite: str) -> None:
        """The key of a room. `relay`: whether others can be reached through one, not on this machine alone."""
        ...

    def end(self) -> None:
        """End the program."""
        ...

    # What is done ------------------------------------------------------------------------------------------------

    def run(self, work: Coroutine[Any, Any, None], group: str, *, exclusive: bool = False) -> None:
        """Do something that takes a while beside everything else; `exclusive`: instead of others of its group."""
        ...

    def ask(
        self, command: api.Command, text: str = "", aim: Aim | None = None, done: Callable[[], str] | None = None
    ) -> None:
        """Have the current room's session do something; `text` comes back, with its aim, when it is refused.

        `done`: what to tell once it is done, where nobody need see that anywhere.
        """
        ...

    def ask_everywhere(self, command: api.Command) -> None:
        """Have the session of every room that runs do something."""
        ...

    def say(self, room: OpenRoom, text: str) -> None:
        """Send a message, or what it is meant to be just now: an answer, the new wording of an older one."""
        ...

    def change(self, room: OpenRoom, message: api.MessageView) -> str | None:
        """Have a message of one's own changed by hand; why that cannot be done here."""
        ...

    def pick(self, room: OpenRoom, argument: str) -> tuple[api.MessageView | None, str]:
        """The message that is selected, or that `argument` begins with, and what follows it; None: none is.

        Raises NotPicked for one that is not here.
        """
        ...

    # Rooms -------------------------------------------------------------------------------------------------------

    @property
    def open_rooms(self) -> Sequence[OpenRoom]:
        """Every room that runs."""
        ...

    @property
    def saved(self) -> Sequence[RoomSummary]:
        """Every saved room, as it was when `look_again` was last called."""
        ...

    @property
    def asks(self) -> Sequence[Ask]:
        """Who asks to talk to this person alone, likewise."""
        ...

    async def look_again(self) -> None:
        """Find out once more which rooms there are and who asks, and show it."""
        ...

    @property
    def room_names(self) -> Sequence[str]:
        """Every saved room."""
        ...

    def enter(self, name: str) -> None:
        """Open a saved room, or go back to it."""
        ...

    def ask_for_room(self, *, join: bool = False, name: str = "") -> None:
        """Have a room made or, with `join`, joined."""
        ...

    def next_room(self) -> None:
        """Go to the next room with something new."""
        ...

    async def leave(self, room: OpenRoom) -> None:
        """End a room's session; it stays saved."""
        ...

    async def forget(self, room: OpenRoom) -> None:
        """End a room's session and erase the room. Raises RoomError, StoreError."""
        ...

    async def rename(self, room: OpenRoom, wanted: str) -> None:
        """Call a room something else on this machine. Raises RoomError, StoreError."""
        ...

    def level(self, room: OpenRoom) -> str:
        """What of a room is announced."""
        ...

    async def set_level(self, room: OpenRoom, level: str) -> None:
        """Give a room its own level; empty: that of the settings."""
        ...

    def change_setting(self, name: str, value: str) -> None:
        """Apply a setting as somebody typed it, and write it down; what goes wrong is told."""
        ...
