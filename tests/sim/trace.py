"""The trace of one run: lines for people, and a hash over everything that happened, to compare two runs by."""

from __future__ import annotations

import asyncio
from collections import deque
from hashlib import sha256

LINES_MAX = 20_000
"""Lines kept: the end of a run is what tells why it failed."""


class Trace:
    """What happened, in order."""

    def __init__(self) -> None:
        self.lines: deque[str] = deque(maxlen=LINES_MAX)
        self._hash = sha256()

    def note(self, text: str) -> None:
        """One line, with the moment of virtual time."""
        line = f"{asyncio.get_running_loop().time():9.3f}  {text}"
        self.lines.append(line)
        self._hash.update(line.encode())

    def bytes(self, where: str, data: str | bytes) -> None:
        """Bytes that travelled: part of the hash alone."""
        moment = asyncio.get_running_loop().time()
        self._hash.update(f"{moment} {where} ".encode())
        self._hash.update(data.encode() if isinstance(data, str) else data)

    @property
    def digest(self) -> str:
        """The hash so far."""
        return self._hash.hexdigest()
