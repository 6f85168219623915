"""The commands about messages: /reply, /edit, /delete, /react."""

from __future__ import annotations

from ..session import api
from .emoji import EMOJI, emoji_of
from .front import Front
from .rooms import OpenRoom
from .text import shown_line


class MessageVerbs:
    """See VERBS."""

    def __init__(self, front: Front) -> None:
        self._front = front

    def do_reply(self, room: OpenRoom, text: str) -> str | None:
        message = self._target(room, mine=None if self._front.chosen() else False)
        if message is None:
            return "There is nothing to reply to yet."
        self._front.ask(api.Say(text, message.id), f"/reply {text}")
        return None

    def do_edit(self, room: OpenRoom, text: str) -> str | None:
        message = self._target(room, mine=True)
        if message is None or message.retracted:
            return "Only messages of yours can be changed; choose one in the timeline, or write one."
        if not text:
            return self._front.change(room, message)
        self._front.ask(api.Edit(message.id, text), f"/edit {text}")
        return None

    def do_delete(self, room: OpenRoom, _argument: str) -> str | None:
        message = self._target(room, mine=True)
        if message is None or message.retracted:
            return "Only messages of yours can be taken back; choose one in the timeline."
        question = f"Take back “{shown_line(message.text, 120)}”? Others may have read it already."
        self._front.confirm(question, "Take it back", lambda: self._front.ask(api.Retract(message.id)))
        return None

    def do_react(self, room: OpenRoom, argument: str) -> str | None:
        message = self._target(room, mine=None)
        if message is None or message.retracted:
            return "There is nothing to react to yet."
        emoji = emoji_of(argument) or argument
        if emoji.isascii():
            return f"{argument[:20]} is no emoji known here; type one, or a name such as {', '.join(EMOJI)}."
        self._front.ask(reaction(message, emoji), f"/react {argument}")
        return None

    def _target(self, room: OpenRoom, *, mine: bool | None) -> api.MessageView | None:
        chosen = self._front.chosen()
        if chosen is not None and (message := room.window.get(chosen)):
            return message if mine in (None, message.mine) else None
        return room.window.newest(mine=mine, but=room.session.ignored)


def reaction(message: api.MessageView, emoji: str) -> api.React:
    """Puts `emoji` on the message, or takes mine off again."""
    has = any(each.mine and each.emoji == emoji for each in message.reactions)
    return api.React(message.id, emoji, not has)
