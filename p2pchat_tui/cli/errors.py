"""Exit codes, and what each foreseeable error says and costs."""

from __future__ import annotations

import errno
from enum import IntEnum

from ..config import ConfigError
from ..ssc.text import clean_line
from .parser import UsageError

SENTENCE_MAX = 500
"""Characters of an error that are shown."""


class Exit(IntEnum):
    """What the program's end says; a public interface."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    QUEUED = 3
    """Accepted and stored, but no peer has it yet."""
    REFUSED = 4
    """A damaged invite, signals that do not open, a newer profile."""
    INTERRUPTED = 130


class Failure(Exception):
    """A command ends without having done its work; the text is one sentence with the next step."""

    def __init__(self, text: str, code: Exit = Exit.FAILED) -> None:
        super().__init__(text)
        self.code = code


def explain(error: BaseException) -> tuple[Exit, str] | None:
    """The exit code and the sentence for a foreseeable error; None for one that is a fault of this program."""
    # Only who ends by an error waits for these.
    from ..ports.store import StoreError, StoreTooNew
    from ..session.catalogue import BadInvite, RoomError

    text = clean_line(str(error), SENTENCE_MAX)
    match error:
        case Failure():
            return error.code, text
        case UsageError() | ConfigError():
            return Exit.USAGE, text
        case BadInvite() | StoreTooNew():
            return Exit.REFUSED, text
        case RoomError() | StoreError():
            return Exit.FAILED, text
        case OSError():
            return Exit.FAILED, _of_system(error)
    return None


def _of_system(error: OSError) -> str:
    reason = (error.strerror or type(error).__name__).lower()
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            step = "free some space, then try again"
        case errno.EACCES | errno.EPERM | errno.EROFS | errno.ENOTDIR | errno.EEXIST:
            step = "choose another folder with --home, or make this one yours"
        case _:
            step = "try again, or choose another folder with --home"
    where = f"{error.filename}: " if isinstance(error.filename, str) else ""
    return clean_line(f"{where}{reason}; {step}.", SENTENCE_MAX)
