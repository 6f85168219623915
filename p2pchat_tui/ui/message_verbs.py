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

    def do_reply(self, room: OpenRoom, argument: str) -> str | None:
        message, text = self._front.pick(room, argument)
        message = message or room.window.newest(mine=False, but=room.session.ignored)
        if message is None:
            return "There is nothing to reply to yet: write the text alone."
        if not text:
            return "What is the answer? /reply takes it behind the number."
        self._front.ask(api.Say(text, message.id), f"/reply {argument}")
        return None

    def do_edit(self, room: OpenRoom, argument: str) -> str | None:
        message, text = self._target(room, argument, mine=True)
        if message is None or message.retracted:
            return "Only messages of yours can be changed: choose one of them, or write one."
        if not text:
            return self._front.change(room, message)
        self._front.ask(api.Edit(message.id, text), f"/edit {argument}")
        return None

    def do_delete(self, room: OpenRoom, argument: str) -> str | None:
        message, _ = self._target(room, argument, mine=True)
        if message is None or message.retracted:
            return "Only messages of yours can be taken back: choose one of them."
        question = f"Take back “{shown_line(message.text, 120)}”? Others may have read it already."
        self._front.confirm(question, "Take it back", lambda: self._front.ask(api.Retract(message.id)))
        return None

    def do_react(self, room: OpenRoom, argument: str) -> str | None:
        message, word = self._target(room, argument, mine=None)
        if message is None or message.retracted:
            return "There is nothing to react to yet: it must be a message that was not taken back."
        emoji = emoji_of(word) or word
        if emoji.isascii():
            return f"{word[:20]} is no emoji known here; type one, or a name such as {', '.join(EMOJI)}."
        self._front.ask(reaction(message, emoji), f"/react {argument}")
        return None

    def _target(self, room: OpenRoom, argument: str, *, mine: bool | None) -> tuple[api.MessageView | None, str]:
        message, rest = self._front.pick(room, argument)
        if message is not None:
            return (message if mine in (None, message.mine) else None), rest
        return room.window.newest(mine=mine, but=room.session.ignored), rest


def reaction(message: api.MessageView, emoji: str) -> api.React:
    """Puts `emoji` on the message, or takes mine off again."""
    has = any(each.mine and each.emoji == emoji for each in message.reactions)
    return api.React(message.id, emoji, not has)
