"""Where a command writes much: standard output, or a file that comes into being whole or not at all."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from .errors import Exit, Failure

Write = Callable[[bytes], object]


@contextlib.contextmanager
def output(name: str | None, *, force: bool) -> Iterator[Write]:
    """How to write to the file called `name`, or to standard output when there is no name.

    The file is for its owner alone, and is there once the context ends without an error. Raises Failure when there
    is such a file already and not `force`, BrokenPipeError when nobody reads, OSError.
    """
    if name is None:
        if force:
            raise Failure("--force goes with --output FILE: add that, or leave --force out.", Exit.USAGE)
        yield sys.stdout.buffer.write
        sys.stdout.buffer.flush()
        return
    path = Path(name).expanduser()
    _check(path, force)
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name[:100]}.", dir=path.parent)
    except OSError as error:
        raise _unwritable(path, error) from error
    try:
        try:
            with os.fdopen(descriptor, "wb") as file:
                yield file.write
                file.flush()
                os.fsync(file.fileno())
            _check(path, force)
            os.replace(temporary, path)
        except OSError as error:
            raise _unwritable(path, error) from error
    finally:
        with contextlib.suppress(OSError):
            os.unlink(temporary)


def _check(path: Path, force: bool) -> None:
    if not path.exists():
        return
    if not path.is_file():
        raise Failure(f"{path} is no file that could be written: choose another name.")
    if not force:
        raise Failure(f"{path} exists already: choose another name, or say --force to replace it.")


def _unwritable(path: Path, error: OSError) -> Failure:
    reason = (error.strerror or type(error).__name__).lower()
    return Failure(f"{path} cannot be written ({reason}): choose another place by --output.")
