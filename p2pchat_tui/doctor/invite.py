"""Looks at the invite in the environment."""

from __future__ import annotations

from ..ssc.room import InviteError, read_invite, room_keys
from ..ssc.words import room_words
from .findings import Finding, fail, ok, skip


def check_invite(text: str) -> Finding:
    """Whether an invite is whole; nothing of it is told but the room's words."""
    if not text.strip():
        return skip("invite", "no-invite", "There is no invite in P2PCHAT_INVITE.")
    try:
        invite = read_invite(text)
    except InviteError as error:
        what, _, do = str(error).partition(". ")
        return fail("invite", "invite-damaged", what.rstrip(".") + ".", do or "Copy it again, whole.")
    return ok(
        "invite",
        f"The invite in P2PCHAT_INVITE is whole; its room words are {room_words(room_keys(invite.secret).room)}.",
    )
