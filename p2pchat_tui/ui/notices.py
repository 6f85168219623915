"""Which messages are announced, and in which words: pure, and what reaches the terminal can only be shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..session.api import MessageView, RoomView
from .text import ACTION, shown_line
from .titles import TITLE

BODY_MAX = 160
"""Characters of a desktop notice: more is cut off by every desktop."""
BELL_EVERY = 5.0
"""Seconds between two announcements."""
_SEPARATE_TITLE = ("foot", "rxvt", "xterm-ghostty")
_SEPARATE_TITLE_PROGRAMS = ("ghostty", "WezTerm")


@dataclass(frozen=True, slots=True)
class Notice:
    """What is said on the desktop."""

    title: str
    body: str


def is_wanted(message: MessageView, view: RoomView, level: str) -> bool:
    """Whether a new message is announced where `level` of the room `view` is."""
    if level == "none" or any(peer.muted and peer.peer == message.author for peer in view.peers):
        return False
    return level == "all" or message.to_me


def notice_of(room: str, message: MessageView, *, with_text: bool) -> Notice:
    """The notice of one message in `room`, such as `#orchard`.

    Without its text and its author when others may look at the desktop.
    """
    if not with_text:
        return Notice(TITLE, "There is a new message.")
    text = message.text.removeprefix(ACTION)
    return Notice(shown_line(room, 40), f"{shown_line(message.name, 40)}: {shown_line(text, BODY_MAX)}")


def desktop(notice: Notice, environ: Mapping[str, str]) -> str:
    """The sequence that makes the terminal show `notice`: OSC 777 where the title is kept apart, else OSC 9."""
    # `shown_line` has turned every control character into a picture, so nothing in here ends the sequence.
    title, body = (shown_line(text, BODY_MAX + 60).replace(";", ",") for text in (notice.title, notice.body))
    kind, program = environ.get("TERM", ""), environ.get("TERM_PROGRAM", "")
    if environ.get("VTE_VERSION") or kind.startswith(_SEPARATE_TITLE) or program in _SEPARATE_TITLE_PROGRAMS:
        sequence = f"\x1b]777;notify;{title};{body}\x1b\\"
    else:
        sequence = f"\x1b]9;{title} {body}\x1b\\"
    if environ.get("TMUX"):
        sequence = "\x1bPtmux;" + sequence.replace("\x1b", "\x1b\x1b") + "\x1b\\"
    return sequence
