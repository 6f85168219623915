"""Ways to look at a message that change nothing: what it answers, where its links lead, all that is known of it."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ...session import api
from ..markdown import links_of
from ..rooms import OpenRoom
from ..trouble import TROUBLE
from .link import LinkScreen
from .message import MessageScreen

if TYPE_CHECKING:
    from .chat import ChatScreen


class Looks:
    """What can be looked at from the timeline of a ChatScreen."""

    def __init__(self, screen: ChatScreen) -> None:
        self._screen = screen

    def take(self, room: OpenRoom, what: str, message: api.MessageView, detail: str) -> None:
        """Show what was asked for; `what` and `detail` as in Timeline.Asked."""
        if what == "answered" and message.reply_author in room.session.ignored:
            self._screen.tell("That message is of somebody whom you ignore; /unignore shows it again.")
        elif what == "answered" and message.reply_to is not None:
            self._screen.paging.jump(message.reply_to)
        elif what == "info":
            self._screen.run_worker(self._show_facts(room, message.id), group="info", exclusive=True)
        elif what == "open" and (links := (detail,) if detail else links_of(message.text)):
            self._screen.app.push_screen(LinkScreen(links), self._follow)

    def _follow(self, url: str | None) -> None:
        """Open `url`, which its reader has seen and agreed to; where no browser can be, copy it."""
        if not url:
            return
        if has_desktop(os.environ, sys.platform):
            self._screen.app.open_url(url)
        else:
            self._screen.app.copy_to_clipboard(url)
            self._screen.tell("There is no browser here: the link is in your clipboard.")

    async def _show_facts(self, room: OpenRoom, target: api.EntryId) -> None:
        try:
            facts = await room.session.facts(target)
        except TROUBLE as error:
            self._screen.tell(str(error), severity="error")
            return
        if facts is None:
            self._screen.tell("That message is not here any more: what /keep lets go is gone.")
        elif room is self._screen.room:
            self._screen.app.push_screen(MessageScreen(facts, room.session.view, self._screen.tz))


def has_desktop(environ: Mapping[str, str], platform: str) -> bool:
    """Whether a browser would open beside the terminal, rather than in it."""
    return platform in ("darwin", "win32") or bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))
