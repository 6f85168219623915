"""The examination as a whole: what takes too long, or breaks, is a finding like any other."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from p2pchat_tui.config import Config
from p2pchat_tui.doctor import examine as examining
from p2pchat_tui.doctor.examine import examine
from p2pchat_tui.doctor.findings import Finding, Status
from p2pchat_tui.doctor.patient import Patient


async def found(folder: Path) -> dict[str, Finding]:
    """The findings about somebody who has set nothing at all."""
    findings = await examine(Patient(Config(folder, local_port=0)))
    return {finding.check: finding for finding in findings}


async def test_what_takes_too_long_is_told_and_the_rest_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(*_: Any) -> list[Finding]:
        await asyncio.Event().wait()
        return []

    real_wait = asyncio.wait

    async def wait(tasks: Iterable[asyncio.Task[Any]], **_: Any) -> None:
        """As if the time were over once all but one are done, however long that takes."""
        left = set(tasks)
        while len(left) > 1:
            _, left = await real_wait(left, return_when=asyncio.FIRST_COMPLETED)

    monkeypatch.setattr(examining, "check_lan", never)
    monkeypatch.setattr(asyncio, "wait", wait)
    findings = await found(tmp_path)
    assert (findings["lan"].code, findings["lan"].status) == ("too-long", Status.FAIL)
    assert findings["store"].code == "ok"
    assert (findings["room"].code, findings["invite"].code) == ("no-room", "no-invite")


async def test_a_mistake_of_this_program_is_told_as_such(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def wrong(*_: Any) -> list[Finding]:
        raise ZeroDivisionError

    monkeypatch.setattr(examining, "check_lan", wrong)
    findings = await found(tmp_path)
    assert (findings["lan"].code, findings["lan"].status) == ("unforeseen", Status.FAIL)
    assert "ZeroDivisionError" in findings["lan"].what and findings["store"].code == "ok"
