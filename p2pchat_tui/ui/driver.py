"""The way to a terminal that may be gone in mid-word: a window is closed, a line breaks.

Textual writes in a thread, which ends with the first word that cannot be written; whoever writes on then waits for it,
for ever, and nobody gets the profile back. Here such words are lost, and the program goes on to its end.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any, TextIO

from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver


class LossyFile:
    """A file to which nothing comes any more once it is gone; nobody is told."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, text: str) -> int:
        """See TextIO."""
        with suppress(OSError, ValueError):
            self._file.write(text)
        return len(text)

    def flush(self) -> None:
        """See TextIO."""
        with suppress(OSError, ValueError):
            self._file.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


class SteadyDriver(LinuxDriver):
    """Textual's, writing to such a file."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._file: Any = LossyFile(self._file)


def steady(kind: type[Driver]) -> type[Driver]:
    """The driver to take in place of `kind`."""
    return SteadyDriver if kind is LinuxDriver else kind
