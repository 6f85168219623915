"""What a session can be asked to do."""

from __future__ import annotations

from dataclasses import dataclass

from ...ssc.ids import EntryId, Order, PeerId


@dataclass(frozen=True, slots=True)
class Say:
    """Write a message; `Session.do` returns its id once it is on disk."""

    text: str
    reply_to: EntryId | None = None


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the text of one of my messages."""

    target: EntryId
    text: str


@dataclass(frozen=True, slots=True)
class Retract:
    """Take one of my messages back."""

    target: EntryId


@dataclass(frozen=True, slots=True)
class React:
    """Put an emoji on anybody's message, or take mine off."""

    target: EntryId
    emoji: str
    on: bool = True


@dataclass(frozen=True, slots=True)
class SetName:
    """Be called something else in this room."""

    name: str


@dataclass(frozen=True, slots=True)
class SetStatus:
    """Say something of myself in one line; empty takes it away."""

    status: str


@dataclass(frozen=True, slots=True)
class SetColour:
    """Be shown in this colour, `#rrggbb`; empty leaves it to the readers."""

    colour: str


@dataclass(frozen=True, slots=True)
class MarkRead:
    """I have read everything up to the message with this `order`; going back changes nothing."""

    order: Order


@dataclass(frozen=True, slots=True)
class SetRetention:
    """Keep this much of the room on this machine: `all`, `30d`, `5000` messages. What is beyond is erased."""

    keep: str


@dataclass(frozen=True, slots=True)
class SetTopic:
    """Give the room a topic."""

    topic: str


@dataclass(frozen=True, slots=True)
class SetTyping:
    """I am (not) writing. Expires by itself after 6 s."""

    on: bool


@dataclass(frozen=True, slots=True)
class SetAway:
    """I am (not) at the keyboard."""

    on: bool


@dataclass(frozen=True, slots=True)
class RetryNow:
    """Do not wait: try now whatever link or relay is waiting to be tried again."""


@dataclass(frozen=True, slots=True)
class SetLan:
    """Look for others on the local network from now on, or no more; links that stand stay. Not kept: see Profile."""

    on: bool


@dataclass(frozen=True, slots=True)
class UseRelays:
    """The room's relays are others now: leave those that it has no more, and go to the new ones; links that stand stay.
    Which they are, and that it is kept: see Profile.
    """


@dataclass(frozen=True, slots=True)
class Leave:
    """Say goodbye and end the session."""


@dataclass(frozen=True, slots=True)
class SetAlias:
    """Call somebody by a pet name, in all rooms of this profile; empty takes it back. Nobody else learns it."""

    peer: PeerId
    alias: str


@dataclass(frozen=True, slots=True)
class SetVerified:
    """The safety words were compared and are the same; or: that does not count any longer."""

    peer: PeerId
    on: bool


@dataclass(frozen=True, slots=True)
class Distrust:
    """The safety words are not the same: whoever holds this key is marked until they are, or the name is accepted."""

    peer: PeerId


@dataclass(frozen=True, slots=True)
class SetIgnored:
    """Carry what somebody writes without showing it, in all rooms; or show it again."""

    peer: PeerId
    on: bool


@dataclass(frozen=True, slots=True)
class SetMuted:
    """Show what somebody writes without announcing it, in all rooms; or announce it again."""

    peer: PeerId
    on: bool


@dataclass(frozen=True, slots=True)
class AcceptName:
    """Somebody may well have the name that another key had before: it was looked at."""

    peer: PeerId


Deciding = SetAlias | SetVerified | Distrust | SetIgnored | SetMuted | AcceptName
"""What the user decides about a key: it holds in every room of the profile, and stays on this machine."""

Command = (
    Say
    | Edit
    | Retract
    | React
    | SetName
    | SetStatus
    | SetColour
    | SetTopic
    | SetTyping
    | SetAway
    | MarkRead
    | SetRetention
    | RetryNow
    | SetLan
    | UseRelays
    | Leave
    | Deciding
)


class CommandRefused(Exception):
    """The command was not carried out and nothing was written; the text says why, for a person."""
