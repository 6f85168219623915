"""Commands that write: what a person asks for, as entries of their own feed."""

from __future__ import annotations

from ..ssc.body import COLOUR, EMOJI_MAX, TOPIC_MAX, Body, Edit, Profile, React, Retract, Say, Topic, encode_body
from ..ssc.clock import Now
from ..ssc.ids import EntryId
from ..ssc.replica import Replica
from ..ssc.text import clean_line, clean_name
from . import api
from .names import Names

Writing = api.Say | api.Edit | api.Retract | api.React | api.SetName | api.SetStatus | api.SetColour | api.SetTopic


class Writer:
    """Extends one's own feed."""

    def __init__(self, replica: Replica, names: Names) -> None:
        self._replica = replica
        self._names = names
        self._announced = ""
        """The name that was last written to the log, which may not be on disk yet."""

    def commit_failed(self) -> None:
        """What was written last is not on disk: say the name again with the next entry."""
        self._announced = ""

    def write(self, command: Writing, now: Now) -> EntryId:
        """Carry out `command`; the id of its entry, which is not on disk yet. Raises BodyError, CommandRefused."""
        match command:
            case api.Say(text, reply_to):
                entry = self._append(Say(text, reply_to.text if reply_to else ""), now)
                self._replica.gossip.say_typing(False, now)
                return entry
            case api.Edit(target, text):
                return self._append(Edit(target.text, text), now)
            case api.Retract(target):
                return self._append(Retract(target.text), now)
            case api.React(target, emoji, on):
                if not (sign := clean_line(emoji, EMOJI_MAX)):
                    raise api.CommandRefused("A reaction needs an emoji: type one, or its name.")
                return self._append(React(target.text, sign, on), now)
            case api.SetTopic(topic):
                return self._append(Topic(clean_line(topic, TOPIC_MAX)), now)
            case api.SetName(name):
                return self._rename(name, now)
            case api.SetStatus(status):
                return self._describe(now, status=clean_line(status, TOPIC_MAX))
            case api.SetColour(colour):
                if colour and not COLOUR.fullmatch(colour.lower()):
                    raise api.CommandRefused("A colour is written as #rrggbb, such as #ffa500; none takes it away.")
                return self._describe(now, colour=colour.lower())

    def _append(self, body: Body, now: Now) -> EntryId:
        """Write `body`, after my name when the log does not say it yet."""
        data = encode_body(body)
        name = self._replica.board.name
        if name and name != (self._announced or self._names.logged(self._replica.me)):
            self._describe(now)
        return self._replica.write(data, now).id

    def _rename(self, name: str, now: Now) -> EntryId:
        cleaned = clean_name(name)
        if not cleaned:
            raise api.CommandRefused("A name needs at least one visible character: choose another one.")
        self._replica.gossip.say_name(cleaned, now)
        self._names.hear(self._replica.me, cleaned)
        return self._describe(now)

    def _describe(self, now: Now, *, status: str | None = None, colour: str | None = None) -> EntryId:
        """Write my profile: all of it each time, since the newest counts alone."""
        name = self._replica.board.name
        was = self._names.traits(self._replica.me)
        profile = Profile(name, was[0] if status is None else status, was[1] if colour is None else colour)
        self._announced = name
        return self._replica.write(encode_body(profile), now).id
