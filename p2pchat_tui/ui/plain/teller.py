"""The sentences of the plain mode: pure, one line for each thing that happens, and words where the screen has signs.

    09:14 ana: morning! the build is green
    09:15 bo answers ana: ship it
    mention 09:16 cy, 2 lines: maya, look at this:
      row 3 and 4
    09:17 ana edited: morning! the build is red
    09:18 bo put 👍 on your message “on it”.

Further lines of a message are indented, so that nothing that somebody writes can look like the beginning of a line.
"""

from __future__ import annotations

import re
from datetime import tzinfo

from ...session import api
from ..drafts import Draft
from ..people import plain_name
from ..rooms import OpenRoom, missing_text
from ..spoken import Spoken, shown_to
from ..text import ACTION, clock_text, count_text, day_text, shown, shown_line
from ..widgets.roster import path_text

INDENT = "  "
QUOTE_MAX = 60
"""Characters of a message that a sentence about it repeats."""
_NUMBERS = re.compile(r"\d+")


class Teller:
    """What is said of one room."""

    def __init__(self, tz: tzinfo | None) -> None:
        self._tz = tz
        self._spoken = Spoken()
        self._notes: dict[api.PeerId, str] = {}
        self._network = ""
        self._topic = ""
        self._missing = 0
        self._is_away = False
        self._day = ""
        self._last: api.EntryId | None = None
        """The message that was told last: what answers it needs no quotation."""

    # ----------------------------------------------------------------------------------------------------- messages

    def message(self, message: api.MessageView, view: api.RoomView, now_ms: int, *mark: str) -> list[str]:
        """A message; each `mark` is a word before it, such as `unread`."""
        marks = [*mark, "mention"] if message.to_me else list(mark)
        lines = self._new_day(message.at_ms, now_ms)
        begin = " ".join([*marks, clock_text(message.at_ms, self._tz)])
        who = "you" if message.mine else author_name(message, view)
        if message.retracted:
            return [*lines, f"{begin} {who} took back a message."]
        if message.text.startswith(ACTION):
            begin, text = f"{begin} action:", message.text.removeprefix(ACTION)
            return [*lines, *_spread(f"{begin} {who}", "", text)]
        quote = ""
        if message.reply_to is not None:
            whom = peer_by(message.reply_author, view) if message.reply_author else ""
            is_mine = message.reply_author == view.me or message.reply_name == view.my_name
            whom = whom or ("you" if is_mine else shown_line(message.reply_name, 40))
            who += f" answer{'' if message.mine else 's'} {whom or 'a message that is not here'}"
            is_hidden = message.reply_author in view.ignored
            if message.reply_to != self._last and message.reply_text and not is_hidden:
                quote = f" (to “{shown_line(message.reply_text, QUOTE_MAX)}”)"
        self._last = message.id
        lines += _spread(f"{begin} {who}{' (edited)' if message.edited else ''}", ":", message.text)
        lines[-1] += quote
        return lines

    def _new_day(self, at_ms: int, now_ms: int) -> list[str]:
        day = day_text(at_ms, self._tz)
        if day == (self._day or day_text(now_ms, self._tz)):
            self._day = day
            return []
        self._day = day
        return [f"{day}:"]

    def changed(self, event: api.MessageChanged, view: api.RoomView, now_ms: int) -> list[str]:
        """A message that was here reads differently, or somebody reacted to it."""
        message, clock = event.message, clock_text(now_ms, self._tz)
        who = "you" if message.mine else author_name(message, view)
        match event.what:
            case "edited" if not message.retracted:
                return _spread(f"{clock} {who} edited", ":", message.text)
            case "retracted":
                return [f"{clock} {who} took back a message of {clock_text(message.at_ms, self._tz)}."]
            case "reaction" if event.reaction is not None:
                peer, emoji, on = event.reaction
                actor = "you" if peer == view.me else peer_by(peer, view) or f"?{peer.tag}"
                verb = "put {} on" if on else "took {} off"
                whose = f"a message of {who}" if peer != message.author else "their own message"
                whose = "your message" if message.mine else whose
                quote = shown_line(message.text, QUOTE_MAX)
                return [f"{clock} {actor} {verb.format(shown_line(emoji, 20))} {whose} “{quote}”."]
        return []

    def reactions(self, message: api.MessageView, view: api.RoomView, now_ms: int) -> list[str]:
        """Who reacted to a message that is told for the first time."""
        reactions = () if message.retracted else shown_to(message, view.ignored).reactions
        told = [(author, each.emoji, True) for each in reactions for author in each.authors]
        return [
            line
            for reaction in told
            for line in self.changed(api.MessageChanged(message, "reaction", reaction), view, now_ms)
        ]

    # ----------------------------------------------------------------------------------------------- all the others

    def begin(self, room: OpenRoom, unsent: Draft, view: api.RoomView, now_ms: int) -> list[str]:
        """One comes into the room: where one is, who is there, what was `unsent`, what was written and not read."""
        self._day, self._last = "", None
        lines = [f"In {shown_line(view.title)} as {shown_line(view.my_name)}. Room words: {view.words}."]
        lines += self.news(view)
        lines += [] if view.online else ["Nobody else is here."]
        lines += _unsent(unsent, view)
        messages = [message for message in room.window.messages if message.author not in view.ignored]
        told = messages[-max(TOLD, min(room.unread, TOLD_UNREAD)) :]
        if not messages:
            lines.append("Nothing was written here yet. A line is a message; /invite shows the invite for others.")
        elif len(told) < len(messages) or room.window.more:
            lines.append(f"The newest {count_text(len(told), 'message')}:")
        first_new = room.first_new
        for message in told:
            is_new = first_new is not None and not message.mine and message.order >= first_new
            lines += self.message(message, view, now_ms, *(("unread",) if is_new else ()))
        return [*lines, f"{count_text(room.unread, 'unread message')}."] if room.unread else lines

    def news(self, view: api.RoomView) -> list[str]:
        """What is new of people, relays, network, and topic since this was asked last."""
        lines: list[str] = []
        for peer in view.peers:
            if peer.ignored:
                continue
            name = spoken_name(peer)
            if said := self._spoken.peer(peer, name):
                path = path_text(peer) if peer.state is api.PeerState.ONLINE else ""
                lines.append(f"{said[:-1]}, {path}." if path else said)
            if peer.note != self._notes.get(peer.peer, ""):
                self._notes[peer.peer] = peer.note
                lines += [f"Of {name}: {shown_line(peer.note)}."] if peer.note else []
        lines += [f"{said.rstrip('.')}." for relay in view.relays if (said := self._spoken.relay(relay))]
        # Countdowns are no news.
        network = shown_line(view.network, 400)
        if _NUMBERS.sub("", network) != _NUMBERS.sub("", self._network):
            lines += [f"Network: {network}"] if network else []
        self._network = network
        if view.topic != self._topic:
            lines.append(f"The topic is: {shown_line(view.topic)}" if view.topic else "The topic was taken away.")
        self._topic = view.topic
        missing = view.gap.missing if view.gap else 0
        if bool(missing) != bool(self._missing):
            lines.append(f"{missing_text(missing)} not here yet." if missing else "All that was missing is here.")
        self._missing = missing
        if view.away != self._is_away:
            lines.append("You are away now." if view.away else "You are back.")
        self._is_away = view.away
        return lines


TOLD = 10
"""Messages that are told when a room is entered."""
TOLD_UNREAD = 50
"""And how many when more than that are new."""


def _unsent(draft: Draft, view: api.RoomView) -> list[str]:
    """What was half written when the room was left."""
    lines = []
    if draft.text:
        quote = ""
        if draft.reply is not None:
            who = "yourself" if draft.reply.mine else author_name(draft.reply, view)
            quote = f", to {who} “{shown_line(draft.reply.text, QUOTE_MAX)}”"
        lines.append(f"Not sent last time{quote}: {shown_line(draft.text, 400)}")
    if draft.edit is not None:
        quote = shown_line(draft.edit.text, QUOTE_MAX)
        lines.append(f"Not changed last time, “{quote}”: {shown_line(draft.wording, 400)}")
    return lines


def author_name(message: api.MessageView, view: api.RoomView) -> str:
    """What the author of a message is called, told apart from others of that name."""
    return peer_by(message.author, view) or shown_line(message.name, 40)


def peer_by(peer: api.PeerId, view: api.RoomView) -> str:
    """What somebody is called; empty when nobody is known by that key."""
    return next((spoken_name(each) for each in view.peers if each.peer == peer), "")


def spoken_name(peer: api.PeerView) -> str:
    """The name, with a word for the mark that a screen puts beside it."""
    return f"{plain_name(peer)} (doubted)" if peer.doubt else plain_name(peer)


def _spread(head: str, colon: str, text: str) -> list[str]:
    first, *more = shown(text).split("\n")
    if not more:
        return [f"{head}{colon} {first}"]
    return [f"{head}, {1 + len(more)} lines{colon} {first}", *(INDENT + line for line in more)]
