"""The quick share of the matrix, once each; the whole of it is for `python -m tests.net`, see README.md."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from tests.cli.program import LIMIT_S, ROOT

from . import cases, places
from .__main__ import try_case
from .cases import CASES, Case
from .namespaces import PREFIX, Lab, call, missing, sweep
from .places import LAN, Nat
from .servers import STUN, TURN_UDP
from .stage import Stage
from .stories import Outcome, meet

REASON = missing()
pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(REASON), reason=f"no network laboratory: {REASON}")]


@pytest.mark.parametrize("case", [each for each in CASES if each.quick], ids=lambda each: each.name)
def test_case(case: Case) -> None:
    [outcome] = try_case(case, 1)
    assert isinstance(outcome, Outcome), outcome
    assert outcome.path in case.path.split("|")
    if case.name.startswith("symmetric-symmetric"):
        assert "a TURN server is needed" in outcome.note
        assert "203.0.113.10 outside" in outcome.note and "203.0.113.20 outside" in outcome.note


class Capture:
    """What a machine sends and receives on its `eth0`."""

    def __init__(self, lab: Lab, machine: str, switch: str = places.LAN_CENTRE) -> None:
        # Not what a kernel without any program says: it asks for neighbours, and the switch tells what it listens to.
        wanted = f"(ip and not (igmp and src {switch})) or (ip6 and not dst net ff02::/16 and not icmp6)"
        # Into a file, not a pipe: nobody has to read from it while the laboratory ends the program.
        self._seen = lab.folder() / "captured"
        with self._seen.open("w") as seen:
            lab.start(machine, "tcpdump", "-nlq", "--immediate-mode", "-i", "eth0", wanted, stdout=seen.fileno())
        self._lab, self._machine = lab, machine
        self.addresses()  # it captures once it has captured

    def _lines(self) -> list[str]:
        return self._seen.read_text().split("\n")[:-1]  # what follows the last end of line is not all written

    def addresses(self) -> set[str]:
        """Everybody with whom anything was exchanged so far."""
        before = _marks(self._lines())
        for _ in range(100):
            call(*self._lab.within(self._machine), "bash", "-c", f"echo > /dev/udp/{MARK}/9; read -t 0.1 <> <(:) || :")
            lines = self._lines()
            if _marks(lines) > before:
                break
        else:
            raise AssertionError("nothing is captured")
        found: set[str] = set()
        for line in lines:
            if match := re.search(r"IP6? (\S+) > (\S+):", line):
                found |= {re.sub(r"(:.*|\.\d+\.\d+\.\d+)\.\w+$", r"\1", each) for each in match.groups()}
        return found - {MARK}


MARK = "192.0.2.9"
"""Whom the capture itself writes to, so that one knows how far it is."""


def _marks(lines: list[str]) -> int:
    return sum(f"> {MARK}." in line for line in lines)


def with_a_way_out(stage: Stage, *machines: str) -> list[Capture]:
    """Give machines of a LAN a gateway, by which they could reach the whole world, and watch what they send."""
    for machine in machines:
        stage.lab.ip(machine, f"route add default via {places.LAN_CENTRE}")
    return [Capture(stage.lab, machine) for machine in machines]


OFFER = """
import asyncio, sys
from p2pchat_tui.ports.ice import IceServer
from p2pchat_tui.ssc.ids import LinkId
from p2pchat_tui.transport.mesh import Mesh

async def main(*urls):
    mesh = Mesh([IceServer(url, "ana", "word") for url in urls], relay_only=True)
    print(await mesh.offer(LinkId(bytes(LinkId.size))))
    await mesh.close()

asyncio.run(main(*sys.argv[1:]))
"""


async def test_relay_only_tells_nobody_an_address_and_sends_to_the_servers_alone() -> None:
    with Lab() as lab:
        stage = cases.homes(Nat.PORT, Nat.PORT, STUN, TURN_UDP)(lab, lab.folder())
        stage.options = ("--relay-only",)
        stage.furnish()
        captures = [Capture(lab, person, f"10.{number}.0.1") for number, person in enumerate(("ana", "bo"), 1)]
        assert (await meet(stage, 0)).path == "relayed"
        for number, capture in enumerate(captures, 1):
            assert capture.addresses() == {f"10.{number}.0.2", places.CENTRE}
        urls = (f"stun:{places.CENTRE}:3478", f"turn:{places.CENTRE}:3478?transport=udp")
        offer = call(*lab.within("ana"), sys.executable, "-c", OFFER, *urls)
        told = {found for found in re.findall(r"\d+\.\d+\.\d+\.\d+|fe80\S+", offer) if found != "0.0.0.0"}
        assert told == {places.CENTRE}
        assert set(re.findall(r" typ (\S+)", offer)) == {"relay"}


@pytest.mark.parametrize("network", ["same_host", "same_lan"])
async def test_without_servers_in_the_settings_nothing_leaves_the_network(network: str) -> None:
    with Lab() as lab:
        stage: Stage = getattr(cases, network)(lab, lab.folder())
        stage.furnish()
        captures = with_a_way_out(stage, *sorted(set(stage.at.values())))
        await meet(stage, 0)
        for capture in captures:
            found = capture.addresses()
            if network == "same_host":
                assert found == {f"{LAN}.2"}, "the marks have a sender"
            else:
                assert found == {places.LAN_CENTRE, f"{LAN}.2", f"{LAN}.3"}
        if network == "same_lan":
            stage.options = ("--lan",)
            await meet(stage, 1)
            for capture in captures:
                found = capture.addresses()
                assert "224.0.0.251" in found
                # A router passes nothing on that is for one of the latter two.
                off = [each for each in map(ip_address, found) if each not in ip_network(f"{LAN}.0/24")]
                assert all(each.is_link_local or each in ip_network("224.0.0.0/24") for each in off), off


def test_a_killed_run_leaves_nothing_behind() -> None:
    code = (
        "from tests.net.namespaces import Lab\n"
        "with Lab() as lab:\n"
        "    lab.add('left')\n"
        "    child = lab.start('left', 'sleep', '1000')\n"
        "    print(lab.full('left'), child.pid, flush=True)\n"
        "    child.wait()\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout
        name, child = run.stdout.readline().split()
        assert name.startswith(PREFIX)
        sweep()
        assert Path("/run/netns", name).exists(), "a run that is under way is left alone"
        run.send_signal(signal.SIGKILL)
        run.wait(LIMIT_S)
    sweep()
    assert not Path("/run/netns", name).exists()
    stat = Path(f"/proc/{child}/stat")
    assert not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z", "ended, if not yet buried"
