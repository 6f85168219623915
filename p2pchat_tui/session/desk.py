"""Where commands are taken: each waits until it can be carried out, and is answered once what it wrote is on disk."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from ..ports.store import StoreError
from ..ssc.body import BodyError
from ..ssc.clock import Now
from ..ssc.ids import EntryId, Stamp
from ..ssc.presence import State
from ..ssc.replica import OwnFeedCut, Replica
from . import api
from .reading import Reading
from .timeline import Timeline
from .writer import Writer, Writing

OWN_FEED_CUT = (
    "This profile's identity was copied and used in two places, so nobody takes its messages any more. "
    "Start with another profile: p2pchat-tui --profile NAME."
)
OWN_FEED_LOST = (
    "This room was erased here before, so somebody must be met first who still has what you wrote then; "
    "writing before that would cut your messages off."
)
OWN_FEED_MS = 5_000
"""How long writing waits for entries of one's own that a peer holds and this replica does not."""

Answer = asyncio.Future[EntryId | None]


@dataclass(slots=True)
class Asked:
    """One command, and who waits for what becomes of it."""

    command: api.Command
    answer: Answer
    until: int
    """`mono` until which it waits for one's own feed."""


class Desk:
    """The commands of one session that are not answered yet. Used in the session's loop alone."""

    def __init__(
        self,
        replica: Replica,
        writer: Writer,
        reading: Reading,
        *,
        shares_reading: bool,
        retry_now: Callable[[Now], None],
        changed: Callable[[], None],
    ) -> None:
        """`changed` is told when something of one's own in the room's view is new."""
        self._replica = replica
        self._writer = writer
        self._reading = reading
        self._shares_reading = shares_reading
        self._retry_now = retry_now
        self._changed = changed
        self._waiting: list[Asked] = []
        self._written: list[tuple[Answer, EntryId]] = []

    @property
    def waiting(self) -> int:
        """How many commands have no answer yet."""
        return len(self._waiting) + len(self._written)

    @property
    def deadlines(self) -> list[int]:
        """When `work` is next due, in `mono`, for each that waits."""
        return [asked.until for asked in self._waiting]

    def add(self, asked: Asked) -> None:
        """Take a command in; `work` sees to it."""
        self._waiting.append(asked)

    def work(self, now: Now) -> None:
        """Carry out commands, those that write only once one's own feed is whole (or long enough waited for)."""
        waiting, self._waiting = self._waiting, []
        behind = self._replica.lacks_own(now)
        for asked in waiting:
            if asked.answer.done():
                continue
            if behind and isinstance(asked.command, Writing):
                if now.mono < asked.until:
                    self._waiting.append(asked)
                    continue
                if self._replica.lost_own:
                    asked.answer.set_exception(api.CommandRefused(OWN_FEED_LOST))
                    continue
            self._carry_out(asked, now)

    def settle(self, error: StoreError | None) -> None:
        """Tell those who wrote that it is on disk, or why it is not."""
        if error is not None:
            self._writer.commit_failed()
        written, self._written = self._written, []
        for answer, entry in written:
            if answer.done():
                continue
            if error is None:
                answer.set_result(entry)
            else:
                answer.set_exception(api.CommandRefused(str(error)))

    def refuse_all(self, text: str) -> None:
        """Nothing more is carried out here."""
        answers = [answer for answer, _ in self._written] + [asked.answer for asked in self._waiting]
        self._written, self._waiting = [], []
        for answer in answers:
            refuse(answer, text)

    def _carry_out(self, asked: Asked, now: Now) -> None:
        try:
            entry = self._do(asked.command, now)
        except api.CommandRefused as refusal:
            asked.answer.set_exception(refusal)
        except OwnFeedCut:
            asked.answer.set_exception(api.CommandRefused(OWN_FEED_CUT))
        except BodyError as refusal:
            asked.answer.set_exception(api.CommandRefused(str(refusal)))
        else:
            if entry is None:
                asked.answer.set_result(None)
            else:
                self._written.append((asked.answer, entry))

    def _do(self, command: api.Command, now: Now) -> EntryId | None:
        match command:
            case api.SetTyping(on):
                self._replica.gossip.say_typing(on, now)
            case api.SetAway(on):
                self._replica.gossip.say_state(State.AWAY if on else State.ONLINE, now)
                self._changed()
            case api.MarkRead(order):
                if self._reading.move(Stamp(order[0])) and self._shares_reading:
                    self._replica.gossip.say_read(self._reading.position, now)
            case api.RetryNow():
                self._retry_now(now)
            case api.Leave() | api.SetRetention() | api.SetLan() | api.UseRelays():
                pass  # the session has seen to it
            case api.SetAlias() | api.SetVerified() | api.Distrust() | api.SetIgnored() | api.SetMuted():
                pass  # likewise
            case api.AcceptName():
                pass  # likewise
            case _:
                return self._writer.write(command, now)
        return None


async def check_target(command: api.Command, timeline: Timeline) -> None:
    """Whether `command` is about a message that is here, and one's own where it must be. Raises CommandRefused."""
    if not isinstance(command, api.Edit | api.Retract | api.React):
        return
    message = await timeline.view(command.target)
    if message is None:
        raise api.CommandRefused(
            "That message is not here (yet): try again when all is fetched, or choose another one."
        )
    if not message.mine and not isinstance(command, api.React):
        raise api.CommandRefused("Only your own messages can be edited or taken back: choose one of yours.")


def refuse(answer: Answer, text: str) -> None:
    """Say no, unless somebody has answered."""
    if not answer.done():
        answer.set_exception(api.CommandRefused(text))
