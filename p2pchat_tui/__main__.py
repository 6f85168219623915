"""The program: reads the command line, runs one command, and ends with an exit code that says how it went."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence

from .cli.parser import PROGRAM, UsageError, parse


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; its exit code."""
    _open_closed_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # rather than end by a name that the locale cannot write
    try:
        options = parse(sys.argv[1:] if arguments is None else arguments)
    except UsageError as error:
        print(f"{PROGRAM}: {error}", file=sys.stderr)
        return 2
    except SystemExit as end:  # --help and --version
        return int(end.code or 0)
    from .cli.run import run  # --help and --version import nothing beyond this line

    return run(options)


def _open_closed_streams() -> None:
    """Let a standard stream that was closed lead nowhere: the next file would get its number, and its text."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            # The lowest number that is free is the one that is missing, since those below are taken.
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode, encoding="utf-8"))


if __name__ == "__main__":
    sys.exit(main())
