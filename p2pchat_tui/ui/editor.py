"""Long texts in one's own editor: a file for its owner alone, which is gone when the editor has ended."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

EDITED_MAX = 256 * 1024
"""Bytes that are read back: a message holds far less, and what is too long is said when it is sent."""
FALLBACK = "vi"
"""What every Unix has."""


class EditorFailed(Exception):
    """The editor could not be used; the text is one sentence with the next step."""


def editor_command(environ: Mapping[str, str]) -> list[str]:
    """The program of $VISUAL or $EDITOR with its options. Raises EditorFailed."""
    wanted = environ.get("VISUAL") or environ.get("EDITOR") or FALLBACK
    try:
        return shlex.split(wanted) or [FALLBACK]
    except ValueError:
        raise EditorFailed("The editor in $EDITOR has a quotation mark that does not end: mend it.") from None


def edit_text(text: str, command: list[str], run: Callable[[list[str]], int] = subprocess.call) -> str:
    """`text` as it is after somebody edited it. Blocks until the editor has ended. Raises EditorFailed."""
    try:
        # In the user's own folder where there is one; mkstemp makes it 0600 in any case.
        descriptor, name = tempfile.mkstemp(suffix=".md", prefix="p2pchat-", dir=os.environ.get("XDG_RUNTIME_DIR"))
    except OSError as error:
        raise EditorFailed(f"No file could be made for the editor: {error.strerror}.") from None
    path = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        try:
            code = run([*command, str(path)])
        except OSError:
            raise EditorFailed(
                f"The editor {command[0]} could not be started: set $EDITOR to one that is there."
            ) from None
        if code != 0:
            raise EditorFailed("The editor ended with an error, so the text is as it was.")
        with path.open("rb") as read:
            return read.read(EDITED_MAX).decode("utf-8", "replace").rstrip("\n")
    except OSError as error:
        raise EditorFailed(f"The text could not be handed to the editor and back: {error.strerror}.") from None
    finally:
        path.unlink(missing_ok=True)
        # Some editors keep what was there before beside it.
        path.with_name(path.name + "~").unlink(missing_ok=True)


@contextmanager
def deaf_to_interrupts() -> Iterator[None]:
    """Ctrl+C in the editor is the editor's. A handler, since what is ignored would be ignored in there, too."""
    before = signal.signal(signal.SIGINT, lambda _number, _frame: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
