"""`pipe` for people and simple scripts: each line of input is a message, each message one line or more of output.

    09:14 ana: the build is green
    earlier 2026-11-21 23:50 bo: written while you were away
    09:15 ana (edited): the build is red

A message of several lines goes on indented. Standard output has messages only; everything else is a note.
"""

from __future__ import annotations

import time

from ..session import api
from ..ssc.text import TEXT_MAX_BYTES
from ..ui.spoken import Spoken
from .requests import Answer, Asked, BadLine, Line

INDENT = "      "
"""What further lines of a message begin with: as wide as a time."""


class PlainLines:
    """Reads messages from lines, and writes messages as such."""

    def __init__(self) -> None:
        self._spoken = Spoken()

    def parse(self, line: bytes) -> Asked | None:
        """The message in a line; None for a blank one. Raises BadLine."""
        try:
            text = line.decode()
        except UnicodeDecodeError:
            raise BadLine("this is no UTF-8 text") from None
        if not text.strip():
            return None
        if len(line) > TEXT_MAX_BYTES:
            raise BadLine(f"this text has {len(line):,} bytes, and a message holds {TEXT_MAX_BYTES:,}: split it")
        return Asked(api.Say(text))

    def ready(self, view: api.RoomView) -> list[Line]:
        """Where one is."""
        lines = [_note(f"In {view.name} as {view.my_name}; the room's words are {view.words}.")]
        for relay in view.relays:
            lines += self.event(api.SignalingChanged(relay))
        for peer in view.online:
            lines += self.event(api.PeerChanged(peer))
        return lines

    def event(self, event: api.Event, tag: str | None = None) -> list[Line]:
        """The lines that tell of `event`; none for what can be done without."""
        match event:
            case api.MessageAdded(message, backfill) if not message.mine and not message.retracted:
                return [Line(_message(message, backfill))]
            case api.MessageChanged(message, "edited") if not message.mine and not message.retracted:
                return [Line(_said(message, f"{_clock(message.at_ms)} {message.name} (edited)"))]
            case api.MessageChanged(message, "retracted") if not message.mine:
                return [_note(f"{message.name} took back a message of {_clock(message.at_ms)}.")]
            case api.PeerChanged(peer):
                return _notes(self._spoken.peer(peer))
            case api.SignalingChanged(relay):
                return _notes(self._spoken.relay(relay))
            case api.DirectAsked(_, name):
                return [_note(f"{name} would like to talk to you alone: the app and pipe --json take your answer.")]
            case api.Problem(code, text):
                return self.problem(code, text)
            case api.Resync():
                return [_note("This is read too slowly: some messages were left out here.")]
        return []

    def room(self, view: api.RoomView) -> list[Line]:
        """Nothing: whoever reads lines of text reads messages."""
        return []

    def history(self, page: api.Page, before: api.EntryId | None, tag: str | None = None) -> list[Line]:
        """The messages of a page."""
        return [Line(_message(message, True)) for message in page.messages if not message.retracted]

    def holders(self, entry: api.EntryId, holders: int, of: int) -> list[Line]:
        """Nothing: a count for every message would drown the messages."""
        return []

    def answered(self, answer: Answer, room: str, tag: str | None = None) -> list[Line]:
        """Nothing: no line of text is an answer."""
        return []

    def asking(self, peer: api.PeerId, room: str, tag: str | None = None) -> list[Line]:
        """Nothing: no line of text asks for that."""
        return []

    def done(self, tag: str | None) -> list[Line]:
        """Nothing: lines of text have no tags."""
        return []

    def problem(self, code: str, text: str, line: int = 0, tag: str | None = None) -> list[Line]:
        """Something that is not as it should be."""
        return [_note(text)]

    def bye(self, code: int) -> list[Line]:
        """Why one is not done, if so."""
        return [_note("Nobody else has all of this yet; it is kept, and sent next time.")] if code == 3 else []


def _note(text: str) -> Line:
    return Line(text, is_note=True)


def _notes(text: str) -> list[Line]:
    return [_note(text)] if text else []


def _message(message: api.MessageView, backfill: bool) -> str:
    if not backfill:
        return _said(message, f"{_clock(message.at_ms)} {message.name}")
    written = time.strftime("%Y-%m-%d %H:%M", time.localtime(message.at_ms / 1000))
    return _said(message, f"earlier {written} {message.name}")


def _said(message: api.MessageView, head: str) -> str:
    return f"{head}: {message.text}".replace("\n", "\n" + INDENT)


def _clock(at_ms: int) -> str:
    return time.strftime("%H:%M", time.localtime(at_ms / 1000))
