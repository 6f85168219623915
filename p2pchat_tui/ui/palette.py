"""The palette's share of this program: every slash command, and every saved room."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.types import IgnoreReturnCallbackType

from .commands import ON_SCREEN
from .screens.chat import ChatScreen
from .text import shown_line


class ChatCommands(Provider):
    """Offers what can be done in a chat; silent on every other screen."""

    async def discover(self) -> Hits:
        """Everything, while nothing is typed."""
        for title, text, action in self._offers():
            yield DiscoveryHit(Content(title), action, text=title, help=text)

    async def search(self, query: str) -> Hits:
        """What fits `query`, in its name or its help."""
        matcher = self.matcher(query)
        for title, text, action in self._offers():
            score = max(matcher.match(title), matcher.match(text) * 0.8)
            if score > 0:
                yield Hit(score, Content(title), action, text=title, help=text)

    def _offers(self) -> Iterator[tuple[str, str, IgnoreReturnCallbackType]]:
        screen = self.screen
        if not isinstance(screen, ChatScreen):
            return
        for item in screen.room_list.items:
            if not item.current:
                yield f"Open {shown_line(item.title, 40)}", "go to this room", partial(screen.go_to, item)
        for spec in ON_SCREEN:
            if spec.usage:
                yield spec.line, spec.help, partial(screen.composer.interject, f"/{spec.name} ")
            else:
                yield spec.line, spec.help, partial(screen.run_command, f"/{spec.name}")
