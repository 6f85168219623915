"""The demo's tour: five things to try, each noticed when it is done. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from ..session import api

SAY, REPLY, REACT, HOLDERS, INVITE = "say", "reply", "react", "holders", "invite"
STEPS = {
    SAY: "Write something and press Enter.",
    REPLY: "Answer somebody: Shift+Tab, choose with Up, press R.",
    REACT: "React: choose a message and press +, or /react tada.",
    HOLDERS: "Who has what you wrote? Shift+Tab, choose it, press I.",
    INVITE: "Bring somebody in: /invite shows the key to a room.",
}
"""What to do, in the order in which it is proposed; one line even of 80 cells."""
END = "That was all. F1 lists the rest, Ctrl+Q ends the demo."


@dataclass(slots=True)
class Tour:
    """How far somebody has come. What is done before its turn is not asked for again."""

    me: api.PeerId
    done: frozenset[str] = frozenset()
    is_over: bool = False
    """Whether there is nothing more to say."""

    @property
    def line(self) -> str:
        """What to do now; empty once it is over."""
        if self.is_over:
            return ""
        open_steps = [name for name in STEPS if name not in self.done]
        if not open_steps:
            return END
        return f"Tour {len(self.done) + 1}/{len(STEPS)}  {STEPS[open_steps[0]]}"

    def take(self, event: api.Event) -> None:
        """Something happened in the room."""
        match event:
            case api.MessageAdded(message, False) if message.mine:
                self.did(SAY, *([REPLY] if message.reply_to else []))
            case api.MessageChanged(_, "reaction", (self.me, _, True)):
                self.did(REACT)
            case _:
                pass

    def did(self, *steps: str) -> None:
        """The person did something; once all is done, the next thing ends the tour."""
        self.is_over |= self.done == STEPS.keys()
        self.done |= set(steps)

    def skip(self) -> None:
        """No more of it."""
        self.is_over = True
