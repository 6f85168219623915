"""Which of the events that a session tells comes of which request of `pipe`'s input."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager

from ..session import api
from .requests import Request

Key = tuple[str, api.EntryId | None]
"""What kind of event it is, and about which message; None: about one that has no id yet."""


class Tags:
    """The tags of the requests of one run, which are carried out one after the other.

    Each own entry that reaches the disk is told of by one event, in the order in which they were written.
    """

    def __init__(self, me: api.PeerId) -> None:
        self._me = me
        self._awaited: defaultdict[Key, deque[str | None]] = defaultdict(deque)

    @contextmanager
    def expected(self, request: Request, tag: str | None) -> Iterator[bool]:
        """`request` is carried out within: whether an event will tell of it. It may be told before this has ended."""
        key = _key_of(request)
        if key is None:
            yield False
            return
        awaited = self._awaited[key]
        awaited.append(tag)
        try:
            yield True
        except BaseException:
            if awaited:
                awaited.pop()
            raise

    def of(self, event: api.Event) -> str | None:
        """The tag of the request that `event` comes of."""
        key = self._told(event)
        if key is None or not (awaited := self._awaited.get(key)):
            return None
        tag = awaited.popleft()
        if not awaited:
            del self._awaited[key]
        return tag

    def forget(self) -> None:
        """Events were left out: whose those that come are is not known any more."""
        self._awaited.clear()

    def _told(self, event: api.Event) -> Key | None:
        match event:
            case api.MessageAdded(message, False) if message.mine:
                return "message", None
            case api.MessageChanged(message, "reaction", (author, _, _)):
                return ("reaction", message.id) if author == self._me else None
            case api.MessageChanged(message, what) if message.mine:
                return what, message.id
        return None


def _key_of(request: Request) -> Key | None:
    match request:
        case api.Say():
            return "message", None
        case api.Edit(target, _):
            return "edited", target
        case api.Retract(target):
            return "retracted", target
        case api.React(target, _, _):
            return "reaction", target
    return None
