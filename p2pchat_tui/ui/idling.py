"""Away by the clock: after a while without a key, until the next one."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ..session import api
from .rooms import OpenRoom


class Idling:
    """Says in every room that its reader is away, and back again; `/away` stays until `/back`."""

    def __init__(self, ask: Callable[[OpenRoom, api.Command], None]) -> None:
        """`ask` has a room's session do something."""
        self._ask = ask
        self._sent_away: list[OpenRoom] = []
        """Where one is away because of the clock, not by one's own word."""

    def is_away_in(self, room: OpenRoom, others: Iterable[OpenRoom]) -> bool:
        """A room has just begun to run beside `others`: whether one is away there, too, for the same reason."""
        if self._sent_away:
            self._sent_away.append(room)
            return True
        return any(other.session.view.away for other in others if other is not room)

    def look(self, rooms: Iterable[OpenRoom], idle_s: float, after_min: int) -> None:
        """Nobody has touched anything for `idle_s` seconds; after `after_min` minutes one is away, 0: never."""
        if not after_min or idle_s < after_min * 60:
            for room in self._sent_away:
                if room.session.is_running:
                    self._ask(room, api.SetAway(False))
            self._sent_away.clear()
            return
        for room in rooms:
            if room not in self._sent_away and not room.session.view.away:
                self._sent_away.append(room)
                self._ask(room, api.SetAway(True))
