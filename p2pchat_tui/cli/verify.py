"""`verify`: the check of a transcript, told to a person or as JSON."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Iterator
from datetime import datetime
from typing import IO, Any

from ..config import Config
from ..ssc.account import Account
from ..ssc.audit import Auditor, Finding, Report, Verdict
from ..ssc.text import clean_line, clean_name
from ..ssc.transcript import LINE_MAX, TranscriptError, TranscriptTooNew
from ..ssc.words import room_words
from .errors import Exit, Failure
from .terminal import STANDARD, progress, say, table

PAUSE = 500
"""Lines after which it is told how far this is, and an interrupt is listened to."""
SKIP_MAX = 64 * LINE_MAX
"""Bytes of a line that is too long which are looked through for its end."""
GAPS_SHOWN = 4
FAULTS_SHOWN = 20
"""Findings shown to a person; `--json` has more."""
_MOST_MS = 253_402_214_400_000
"""The last day of the year 9999: beyond it there is no date."""


async def verify(config: Config, options: argparse.Namespace) -> Exit:
    """Check a transcript and say what was found."""
    try:
        given = 0 if options.file == STANDARD else options.file
        with open(given, "rb", closefd=given != 0) as file:  # noqa: ASYNC230 - nothing else runs meanwhile
            report = await _audit(file)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise Failure(f"{options.file} cannot be read: {reason}. Check its path and rights.") from None
    except TranscriptTooNew as error:
        raise Failure(str(error), Exit.REFUSED) from None
    except TranscriptError as error:
        raise Failure(str(error)) from None
    if options.json:
        say(json.dumps(_as_json(report)))
    else:
        for line in _as_lines(report):
            say(line)
    return Exit.DONE if report.is_good else Exit.FAILED


async def _audit(file: IO[bytes]) -> Report:
    auditor = Auditor()
    with progress("lines checked") as show:
        for number, line in enumerate(_lines(file)):
            auditor.take(line)
            if number % PAUSE == 0:
                show(number)
                await asyncio.sleep(0)
    return auditor.finish()


def _lines(file: IO[bytes]) -> Iterator[bytes | None]:
    """The lines without their ends; None for one that is longer than LINE_MAX, told before the rest of it is read.

    Behind one that is longer than SKIP_MAX there is nothing more: such a file may have no end, as /dev/zero has none.
    """
    while line := file.readline(LINE_MAX + 1):
        if line.endswith(b"\n") or len(line) <= LINE_MAX:
            yield line.removesuffix(b"\n")
            continue
        yield None
        skipped = 0
        while line and not line.endswith(b"\n"):
            line = file.readline(LINE_MAX)
            skipped += len(line)
            if skipped > SKIP_MAX:
                return


# ------------------------------------------------------------------------------------------------------- for people


def _as_lines(report: Report) -> Iterator[str]:
    made = datetime.fromtimestamp(min(report.header.made, _MOST_MS) / 1000)
    name = clean_name(report.header.name) or "a room without a name"
    yield f"{name} ({room_words(report.room)}), written on {made:%Y-%m-%d at %H:%M}"
    yield ""
    if report.accounts:
        heads = ("AUTHOR", "VERIFIED", "MESSAGES", "MISSING", "UNVOUCHED", "TAMPERED", "KEY")
        yield from table([heads, *(_row(account) for account in report.accounts)])
        yield ""
    for account in report.accounts:
        yield from _remarks(account)
    for finding in report.findings[:FAULTS_SHOWN]:
        yield f"line {finding.line:,}: {_where(finding)}{finding.text}"
    if report.faults > FAULTS_SHOWN:
        yield f"and {report.faults - FAULTS_SHOWN:,} more of this kind"
    yield _sentence(report)


def _row(account: Account) -> tuple[str, ...]:
    counts = (account.verified, account.messages, account.missing, account.unvouched, account.tampered)
    return (_called(account), *(f"{count:,}" for count in counts), account.author.text)


def _called(account: Account) -> str:
    return f"{account.name or '?'}·{account.author.tag}"


def _remarks(account: Account) -> Iterator[str]:
    if account.gaps:
        gaps = ", ".join(f"{low}" if low == high else f"{low}–{high}" for low, high in account.gaps[:GAPS_SHOWN])
        more = ", …" if len(account.gaps) > GAPS_SHOWN else ""
        entries = f"entry {gaps} is" if account.missing == 1 else f"entries {gaps}{more} are"
        yield f"{_called(account)}: {entries} not in this file"
    if account.forked_at is not None:
        yield (
            f"{_called(account)}: this identity was copied, as is proven here; "
            f"what it signed from entry {account.forked_at:,} on does not count"
        )


def _where(finding: Finding) -> str:
    return f"entry {finding.seq:,} of {finding.author.tag}: " if finding.author else ""


def _sentence(report: Report) -> str:
    authors = _count(len(report.accounts), "author", "authors")
    entries = _count(report.verified, f"entry by {authors} is", f"entries by {authors} are")
    verified, whole = f"{entries} genuine", f"{'the' if report.verified == 1 else 'all'} {entries} genuine"
    match report.verdict:
        case Verdict.GOOD:
            return f"Good: {whole}, and none is missing below the newest of each."
        case Verdict.GAPS:
            return f"Good: {whole}; {_count(report.missing, 'more is', 'more are')} not in this file."
        case Verdict.UNVOUCHED:
            return f"Not proven: {verified}, but nobody vouches for {_count(report.unvouched, 'other', 'others')}."
        case Verdict.TAMPERED:
            faults = _count(report.faults, "thing is not as it was", "things are not as they were")
            return f"Tampered with: {verified}, but {faults} written."
        case Verdict.DAMAGED:
            return f"Damaged: {verified}, but the file is not whole."


def _count(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"


# -------------------------------------------------------------------------------------------------------- for scripts


def _as_json(report: Report) -> dict[str, Any]:
    return {
        "verdict": report.verdict.value,
        "room": clean_name(report.header.name),
        "room_id": report.room.text,
        "words": room_words(report.room),
        "made": report.header.made,
        "verified": report.verified,
        "missing": report.missing,
        "unvouched": report.unvouched,
        "tampered": report.tampered,
        "authors": [_account_json(account) for account in report.accounts],
        "faults": report.faults,
        "findings": [_finding_json(finding) for finding in report.findings],
    }


def _account_json(account: Account) -> dict[str, Any]:
    return {
        "key": account.author.text,
        "tag": account.author.tag,
        "name": clean_line(account.name),
        "verified": account.verified,
        "messages": account.messages,
        "missing": account.missing,
        "gaps": account.gaps,
        "unvouched": account.unvouched,
        "tampered": account.tampered,
        "forked_at": account.forked_at,
    }


def _finding_json(finding: Finding) -> dict[str, Any]:
    return {
        "line": finding.line,
        "fault": finding.fault.value,
        "text": finding.text,
        "author": finding.author.text if finding.author else None,
        "seq": finding.seq or None,
    }
