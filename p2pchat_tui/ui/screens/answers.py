"""The answer to somebody who asks for a room of two, given by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...session.directs import Ask
from ..addressing import Person
from ..direct_verbs import DirectVerbs
from ..text import shown_line
from .ask import AskScreen

if TYPE_CHECKING:
    from .chat import ChatScreen


class Answers:
    """Puts the question on a ChatScreen."""

    def __init__(self, screen: ChatScreen, verbs: DirectVerbs) -> None:
        self._screen = screen
        self._verbs = verbs

    def answer(self, ask: Ask) -> None:
        """Have somebody say yes or no to `ask`."""
        screen = self._screen
        met = next((saved for saved in screen.rooms.saved if saved.room == ask.room), None)

        def answered(yes: bool | None) -> None:
            if yes and screen.room is not None:
                among = met.name if met else screen.room.name
                screen.run_worker(self._verbs.open(Person(ask.peer, (ask.name,), among), "", ""), group="direct")
            elif yes is False:
                screen.run_worker(self._verbs.decline([ask]), group="direct")

        screen.app.push_screen(AskScreen(ask, shown_line(met.title, 40) if met else ""), answered)
