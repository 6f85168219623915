"""The line that is being typed, as a draft that outlives the numbers in it, and back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ...session.api import MessageView
from ..commands import Call, parse
from ..drafts import Draft
from ..front import NotPicked
from ..rooms import OpenRoom
from .numbers import Numbers

Pick = Callable[[OpenRoom, str], tuple[MessageView | None, str]]
"""See Front.pick."""


def unsent_in(line: str, room: OpenRoom, pick: Pick) -> Draft:
    """What `line` would write in `room`: a number in it means nothing after the end of the program."""
    call = parse(line)
    if not isinstance(call, Call) or call.spec.name not in ("reply", "edit"):
        return Draft(line)
    is_mine = call.spec.name == "edit"
    try:
        message, text = pick(room, call.argument)
    except NotPicked:
        return Draft(line)
    message = message or room.window.newest(mine=is_mine, but=room.session.ignored)
    if message is None or not text or message.mine < is_mine:
        return Draft(line)
    return Draft(edit=message, wording=text) if is_mine else Draft(text, reply=message)


def together(before: Draft, line: Draft) -> Draft:
    """A draft from last time that had no line yet, and what is in the line now."""
    if line.edit is not None:
        return replace(line, text=before.text, reply=before.reply)
    return Draft("\n".join(filter(None, (before.text, line.text))), line.reply or before.reply)


def unsent_line(room: OpenRoom, draft: Draft, numbers: Numbers) -> str:
    """The line in which one goes on with it."""
    if draft.edit is not None:
        return f"/edit #{numbers.give(room.id, draft.edit)} {draft.wording}"
    if draft.reply is not None:
        return f"/reply #{numbers.give(room.id, draft.reply)} {draft.text}"
    return draft.text
