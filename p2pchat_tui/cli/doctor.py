"""`doctor`: says what works, and what to do about what does not."""

from __future__ import annotations

import argparse
import json
import os
import sys

from ..config import Config
from ..doctor.findings import Finding, Status
from ..doctor.patient import Patient
from ..ports.store import SavedRoom, StoreError
from ..ssc.room import InviteError, normal_room_name, read_invite, room_keys
from ..ssc.text import clean_line
from .errors import Exit, Failure
from .listing import rooms_of
from .terminal import INVITE_VARIABLE, note, say

_SIGNS = {Status.OK: "ok  ", Status.WARN: "warn", Status.FAIL: "FAIL", Status.SKIP: "-   "}


async def doctor(config: Config, options: argparse.Namespace) -> Exit:
    """Look at everything, print a line for each thing; whether nothing fails."""
    patient = await _patient(config, options.room)
    if sys.stderr.isatty():
        note("Looking; this takes up to 15 seconds …")
    from ..doctor.examine import examine  # brings the network stack along

    findings = await examine(patient)
    for finding in findings:
        say(_as_json(finding) if options.json else _as_lines(finding))
    failed = sum(finding.status is Status.FAIL for finding in findings)
    if not options.json:
        note(
            f"{failed} of {len(findings)} things {'fails' if failed == 1 else 'fail'}." if failed else "Nothing fails."
        )
    return Exit.FAILED if failed else Exit.DONE


async def _patient(config: Config, name: str | None) -> Patient:
    """Everything that is to be looked at. Raises Failure when there is no such room."""
    invite = os.environ.pop(INVITE_VARIABLE, "")
    saved = await _saved(config, name) if name else None
    secret, shown, relay = (saved.secret, saved.name, saved.relay) if saved else _invited(invite)
    relays = dict.fromkeys(f"{relay or config.relay} {config.relay_option}".split())
    return Patient(
        config,
        room_keys(secret) if secret else None,
        clean_line(shown, 40),
        tuple(relays),
        invite,
        os.environ,
    )


def _invited(invite: str) -> tuple[bytes, str, str]:
    """Secret, name and relay of an invite; nothing when it is none, or damaged, which is a finding."""
    try:
        read = read_invite(invite)
    except InviteError:
        return b"", "", ""
    return read.secret, read.name, read.relay


async def _saved(config: Config, name: str) -> SavedRoom:
    try:
        rooms = await rooms_of(config)
    except StoreError as error:
        raise Failure(f"{error} Until then, run `doctor` without a room.") from error
    wanted = normal_room_name(name)
    for saved in rooms:
        if normal_room_name(saved.name) == wanted:
            return saved
    raise Failure(
        f"There is no saved room called {clean_line(name, 40)}; `doctor` alone looks at the rest.", Exit.USAGE
    )


def _as_lines(finding: Finding) -> str:
    lines = f"{_SIGNS[finding.status]}  {finding.check}: {finding.what}"
    return f"{lines} {finding.do}" if finding.do else lines


def _as_json(finding: Finding) -> str:
    fields = {"check": finding.check, "code": finding.code, "status": finding.status.value}
    return json.dumps({**fields, "what": finding.what, "do": finding.do})
