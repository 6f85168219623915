"""What is half written in a room, and what it answers or changes: kept for the next time as it was."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from ..session.api import EntryId, MessageView
from ..session.session import Session
from .commands import typed
from .rooms import Aim, OpenRoom
from .text import looks_like_invite

TEXT = "draft"
"""The room's setting that holds the text of a message that was not sent."""
AIM = "draft-aim"
"""The room's setting that says what it answers, and which message is being changed to what; JSON, or empty."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What was not sent."""

    text: str = ""
    """A message, or the beginning of one."""
    reply: MessageView | None = None
    """What it answers."""
    edit: MessageView | None = None
    """A message of one's own that is being changed; the other text waits meanwhile."""
    wording: str = ""
    """What that shall be."""


def draft_of(room: OpenRoom) -> Draft:
    """What is half written in a room of the screen."""
    aim = room.aim
    if aim is not None and aim.what == "edit":
        return Draft(aim.kept, aim.reply.message if aim.reply else None, aim.message, room.draft)
    return Draft(room.draft, aim.message if aim else None)


def put_into(room: OpenRoom, draft: Draft) -> None:
    """Go on with what was half written."""
    reply = Aim("reply", draft.reply) if draft.reply else None
    if draft.edit is not None:
        room.aim, room.draft = Aim("edit", draft.edit, draft.text, reply), draft.wording
    else:
        room.aim, room.draft = reply, draft.text


def kept_form(draft: Draft) -> dict[str, str]:
    """The room's settings that hold it. A text with an invite in it is a key, and is not kept."""
    text, wording = _keepable(draft.text), _keepable(draft.wording)
    aim = {"reply": draft.reply.id.text} if text and draft.reply else {}
    if draft.edit is not None and wording and wording != typed(draft.edit.text):
        aim |= {"edit": draft.edit.id.text, "text": wording}
    return {TEXT: text, AIM: json.dumps(aim) if aim else ""}


async def save_draft(session: Session, draft: Draft, before: dict[str, str] | None = None) -> dict[str, str]:
    """Write down what is new, `before` being what is on disk; what is then. Raises StoreError."""
    kept = kept_form(draft)
    for key, value in kept.items():
        if before is None or before.get(key) != value:
            await session.set_setting(key, value)
    return kept


async def stored_draft(session: Session) -> dict[str, str]:
    """The room's settings about it, as they are on disk. Raises StoreError."""
    return {key: await session.setting(key) for key in (TEXT, AIM)}


async def load_draft(session: Session, stored: dict[str, str] | None = None) -> Draft:
    """What was half written when the room was last open, as far as it still means something. Raises StoreError.

    `stored`: what `stored_draft` gave, where somebody knows it.
    """
    stored = stored if stored is not None else await stored_draft(session)
    text, aim = stored[TEXT], _read(stored[AIM])
    reply, edit = await _message(session, aim.get("reply")), await _message(session, aim.get("edit"))
    wording = str(aim.get("text", ""))
    if edit is not None and edit.mine and not edit.retracted:
        return Draft(text, reply, edit, wording)
    # What it was to change is not here any more, or was taken back: the words are not lost for that.
    return Draft("\n".join(filter(None, (text, wording))), reply)


def _keepable(text: str) -> str:
    return "" if not text.strip() or any(map(looks_like_invite, text.split())) else text


def _read(text: str) -> dict[str, Any]:
    try:
        aim = json.loads(text or "{}")
    except ValueError:  # of a later version
        return {}
    return aim if isinstance(aim, dict) else {}


async def _message(session: Session, target: object) -> MessageView | None:
    try:
        return await session.message(EntryId.from_text(str(target or "")))
    except ValueError:
        return None
