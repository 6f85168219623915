"""Transcripts for the tests: made as `export` makes them, and read as `verify` reads them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from p2pchat_tui.ssc.audit import Auditor, Report
from p2pchat_tui.ssc.entry import Entry
from p2pchat_tui.ssc.transcript import Writer
from tests.helpers import ROOM, START_MS


def unsigned(entries: Sequence[Entry], *signed: int) -> list[Entry]:
    """The same entries with signatures on those seqs only."""
    return [entry if entry.seq in signed else replace(entry, signature=b"") for entry in entries]


def write(entries: Sequence[Entry], proofs: Sequence[bytes] = (), name: str = "orchard") -> list[bytes]:
    """The lines of a transcript, without their ends."""
    writer = Writer(ROOM)
    parts = [writer.header(name, START_MS), writer.lines(entries), *map(writer.fork, proofs), writer.end()]
    return b"".join(parts).splitlines()


def sealed(lines: Sequence[bytes]) -> list[bytes]:
    """Lines that were changed, under a last line that fits them: what somebody clever would do."""
    writer = Writer(ROOM)
    kinds = [json.loads(line)["t"] for line in lines[1:-1]]
    writer.entries, writer.forks = kinds.count("entry"), kinds.count("fork")
    for line in lines[:-1]:
        writer._digest.update(line + b"\n")
    return [*lines[:-1], writer.end().rstrip()]


def changed(line: bytes, **fields: Any) -> bytes:
    """The line with other values."""
    return json.dumps({**json.loads(line), **fields}).encode()


def check(lines: Sequence[bytes | None]) -> Report:
    """What is found in these lines."""
    auditor = Auditor()
    for line in lines:
        auditor.take(line)
    return auditor.finish()
