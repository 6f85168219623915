"""Answers to our own requests that wait their turn: history must not keep what is said now waiting."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from ..ssc.effects import Commit
from ..ssc.frames import Batch, Done, Frame
from ..ssc.ids import PeerId

STEP_ENTRIES = 128
"""Entries of history taken in at once, which is one batch: some milliseconds until a live message gets its turn."""
BACKLOG_MAX = 4 * 1024 * 1024
"""Bytes of bodies waiting; beyond it no more is read from the links. Ten honest sources fill half of it."""


class Backlog:
    """Answers of all peers, in the order in which they came."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[PeerId, Batch | Done]] = deque()
        self._bytes = 0

    def __bool__(self) -> bool:
        return bool(self._waiting)

    @property
    def is_full(self) -> bool:
        """Whether nothing more should be read for now."""
        return self._bytes > BACKLOG_MAX

    def add(self, peer: PeerId, frame: Frame) -> bool:
        """Keep `frame` if it is part of an answer; False for everything else, which waits for nothing."""
        is_answer = (isinstance(frame, Batch) and frame.request > 0) or (isinstance(frame, Done) and bool(self))
        if is_answer:
            assert isinstance(frame, Batch | Done)
            self._waiting.append((peer, frame))
            self._bytes += _weight(frame)
        return is_answer

    def some(self) -> Iterator[tuple[PeerId, Batch | Done]]:
        """What is to be taken in now: STEP_ENTRIES, or one more batch than fits in them."""
        entries = 0
        while self._waiting and entries < STEP_ENTRIES:
            peer, frame = self._waiting.popleft()
            self._bytes -= _weight(frame)
            entries += _entries(frame)
            yield peer, frame

    def of(self, peer: PeerId) -> list[Batch | Done]:
        """All that waits of `peer`, taken out: its link is gone."""
        frames = [frame for each, frame in self._waiting if each == peer]
        self._waiting = deque(item for item in self._waiting if item[0] != peer)
        self._bytes -= sum(map(_weight, frames))
        return frames


def merged(commits: list[Commit]) -> list[Commit]:
    """`commits` with neighbours of one origin made one: what was written in one breath is passed on in one frame."""
    found: list[Commit] = []
    for commit in commits:
        last = found[-1] if found else None
        if last and (last.source, last.live) == (commit.source, commit.live):
            found[-1] = Commit(last.entries + commit.entries, commit.source, commit.live)
        else:
            found.append(commit)
    return found


def _entries(frame: Batch | Done) -> int:
    return sum(len(run.items) for run in frame.runs) if isinstance(frame, Batch) else 0


def _weight(frame: Batch | Done) -> int:
    return sum(len(body) for run in frame.runs for _, body in run.items) if isinstance(frame, Batch) else 0
