"""`doctor` as people run it: its lines, its JSON, its exit code, and that it comes to an end."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from pathlib import Path
from typing import Any

import pytest

from p2pchat_tui.ports.ice import IceServer
from p2pchat_tui.signaling.relay import Relay
from tests.cli.program import run
from tests.machine import free_port
from tests.turn_server import PASSWORD, USER, turn_server

pytestmark = pytest.mark.slow


def settings(home: Path, *servers: IceServer) -> None:
    """A config.toml with these STUN and TURN servers, that keeps everything on loopback."""
    home.mkdir(exist_ok=True)
    toml = ", ".join(
        f'{{url = "{each.url}", username = "{USER}", credential = "{PASSWORD}"}}' if each.username else f'"{each.url}"'
        for each in servers
    )
    (home / "config.toml").write_text(f'ice_servers = [{toml}]\nice_address = ["127.0.0.1"]\n')


async def doctor(home: Path, *arguments: str, **environ: str) -> tuple[int, dict[str, list[dict[str, Any]]]]:
    """Its exit code, and its findings by what was looked at."""
    done = await asyncio.to_thread(run, home, "doctor", "--json", *arguments, **environ)
    findings: dict[str, list[dict[str, Any]]] = {}
    for line in done.stdout.splitlines():
        finding = json.loads(line)
        assert set(finding) == {"check", "code", "status", "what", "do"}
        findings.setdefault(finding["check"], []).append(finding)
    assert findings, done.stderr
    return done.returncode, findings


async def test_all_is_well(tmp_path: Path) -> None:
    async with Relay() as relay, turn_server() as one, turn_server(host="127.0.0.3") as other:
        settings(tmp_path, one.stun, other.stun, one.turn)
        made = await asyncio.to_thread(run, tmp_path, "new", "orchard", "--relay", f"ws://127.0.0.1:{relay.port}")
        assert made.returncode == 0, made.stderr
        code, findings = await doctor(tmp_path, "orchard", "--lan")
        assert code == 0
        statuses = {check: {each["status"] for each in each_check} for check, each_check in findings.items()}
        for check in ("store", "relay", "clock", "stun", "turn", "udp", "nat", "lan"):
            assert statuses[check] == {"ok"}, findings[check]
        assert [each["code"] for each in findings["room"]] == ["nobody"]
        secret = made.stdout.strip().partition("#")[2]
        assert secret and secret not in json.dumps(findings)


async def test_all_is_broken_and_it_still_ends(tmp_path: Path) -> None:
    """Every server takes what it is sent and never answers: the longest that it can take."""
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        port = deaf.getsockname()[1]
        async with turn_server(silent=True) as silent:
            settings(tmp_path, silent.stun, silent.turn)
            started = time.monotonic()
            code, findings = await doctor(
                tmp_path, "--relay", f"ws://127.0.0.1:{port}", P2PCHAT_INVITE="p2pchat:///orchard#0000-0000"
            )
            took = time.monotonic() - started
    assert code == 1 and took < 20  # 15 s, and a busy machine's start of a program
    codes = {check: each[0]["code"] for check, each in findings.items()}
    assert codes["relay"] == "relay-unreachable"
    assert (codes["stun"], codes["turn"], codes["invite"]) == ("stun-dead", "turn-dead", "invite-damaged")
    for each in (finding for found in findings.values() for finding in found if finding["status"] == "fail"):
        assert each["do"], each


def test_lines_for_people(tmp_path: Path) -> None:
    settings(tmp_path)
    done = run(tmp_path, "doctor", "--relay", f"ws://127.0.0.1:{free_port()}")
    assert done.returncode == 1
    signs = {line[:4].strip() for line in done.stdout.splitlines()}
    assert signs == {"ok", "FAIL", "-"}
    assert any(line.startswith("FAIL  relay: Nothing listens at") for line in done.stdout.splitlines())
    assert done.stderr.startswith("1 of ") and done.stderr.endswith(" things fails.\n")


def test_a_room_that_is_not_there(tmp_path: Path) -> None:
    done = run(tmp_path, "doctor", "nowhere")
    assert done.returncode == 2 and "no saved room" in done.stderr and not done.stdout


async def test_an_invite_in_the_environment(tmp_path: Path) -> None:
    async with Relay() as relay:
        settings(tmp_path)
        made = await asyncio.to_thread(
            run, tmp_path / "other", "new", "orchard", "--relay", f"ws://127.0.0.1:{relay.port}"
        )
        invite = made.stdout.strip()
        code, findings = await doctor(tmp_path, P2PCHAT_INVITE=invite)
    assert code == 0
    assert [each["code"] for each in findings["invite"]] == ["ok"]
    assert [each["code"] for each in findings["room"]] == ["nobody"]
    assert invite.partition("#")[2] not in json.dumps(findings)
