"""The log file: warnings, and the details of what nobody foresaw. Nothing is ever logged to the terminal."""

from __future__ import annotations

import contextlib
import logging
import os
from pathlib import Path

from ..config import Config
from .private import FILE_MODE, make_private

LOG_MAX = 1024 * 1024
"""Bytes after which a new file is begun at the next start; the one before is kept."""


class _LateFile(logging.FileHandler):
    """A file for its owner alone, made with the first line that is written."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, encoding="utf-8", delay=True)

    def _open(self):  # type: ignore[no-untyped-def]  # logging's own signature has a private type
        make_private(Path(self.baseFilename).parent)
        os.close(os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT, FILE_MODE))
        return super()._open()

    def handleError(self, record: logging.LogRecord) -> None:
        """A disk that takes no line: whatever is told of it is told on the screen, and nothing of the log is."""


def start_log(config: Config) -> None:
    """Send every log line of this process to the log file, or nowhere if nothing may be on disk. Raises OSError."""
    if config.ephemeral:
        logging.getLogger().addHandler(logging.NullHandler())
        return
    path = config.log_file
    if path.exists() and path.stat().st_size > LOG_MAX:
        with contextlib.suppress(OSError):  # a home that cannot be written may still be read
            os.replace(path, path.with_suffix(".old.txt"))
    handler = _LateFile(path)
    handler.setFormatter(logging.Formatter("%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(config.log_level.upper())
    logging.captureWarnings(True)
