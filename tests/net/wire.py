"""A wire that loses and delays: two TUN devices and a process between them, since not every kernel has `netem`.

    python -m tests.net.wire ONE ADDRESS OTHER ADDRESS SEED

ONE and OTHER are namespaces; each gets the device `eth0` with its ADDRESS. A line of JSON on standard input, such as
{"loss": 0.05, "delay_ms": 50}, sets how the wire is from then on; each line is answered by one on standard output.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import heapq
import json
import os
import random
import select
import struct
import subprocess
import sys
import time
from dataclasses import dataclass
from subprocess import PIPE

from tests.cli.program import ROOT

from .namespaces import Lab

_TUNSETIFF = 0x400454CA
_IFF_TUN, _IFF_NO_PI = 0x0001, 0x1000
_CLONE_NEWNET = 0x40000000
PACKET_MAX = 65_536
AT_ONCE = 64
"""Packets read from one side before the other gets its turn."""


@dataclass(slots=True)
class Condition:
    """How the wire is."""

    loss: float = 0.0
    """The chance of each packet to get lost."""
    delay_ms: float = 0.0
    """How long each takes, one way; they stay in order."""


class Wire:
    """The process, as the laboratory drives it."""

    def __init__(self, lab: Lab, one: str, address: str, other: str, other_address: str, seed: int) -> None:
        """Connects two namespaces that have no `eth0` yet."""
        command = [sys.executable, "-m", "tests.net.wire", lab.full(one), address, lab.full(other), other_address]
        self._process = lab.start(None, *command, str(seed), stdin=PIPE, stdout=PIPE, cwd=ROOT)
        self.set()

    def set(self, loss: float = 0.0, delay_ms: float = 0.0) -> None:
        """Lose and delay so from now on."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps({"loss": loss, "delay_ms": delay_ms}) + "\n")
        self._process.stdin.flush()
        if not self._process.stdout.readline():
            raise RuntimeError("the wire broke")


def run(one: str, address: str, other: str, other_address: str, seed: str) -> None:
    """Carry packets until standard input ends."""
    ends = [_device(one, address), _device(other, other_address)]
    chance = random.Random(int(seed))
    condition = Condition()
    under_way: list[tuple[float, int, int, bytes]] = []
    number = 0
    while True:
        now = time.monotonic()
        while under_way and under_way[0][0] <= now:
            _, _, out, packet = heapq.heappop(under_way)
            with contextlib.suppress(OSError):  # that end is down: the packet is lost
                os.write(out, packet)
        wait = max(0.0, under_way[0][0] - now) if under_way else None
        readable, _, _ = select.select([*ends, sys.stdin], [], [], wait)
        if sys.stdin in readable:
            line = sys.stdin.readline()
            if not line:
                return
            condition = Condition(**json.loads(line))
            print("set", flush=True)
        for here, there in (ends, ends[::-1]):
            for packet in _packets(here) if here in readable else ():
                if chance.random() >= condition.loss:
                    number += 1
                    heapq.heappush(under_way, (time.monotonic() + condition.delay_ms / 1000, number, there, packet))


def _packets(end: int) -> list[bytes]:
    found: list[bytes] = []
    try:
        while len(found) < AT_ONCE:
            found.append(os.read(end, PACKET_MAX))
    except OSError:
        pass  # no more, or the device is down
    return found


def _device(namespace: str, address: str) -> int:
    """The descriptor of a new TUN device `eth0` inside `namespace`."""
    libc = ctypes.CDLL(None, use_errno=True)
    inside = os.open(f"/run/netns/{namespace}", os.O_RDONLY)
    if libc.setns(inside, _CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")
    os.close(inside)
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, _TUNSETIFF, struct.pack("16sH22x", b"eth0", _IFF_TUN | _IFF_NO_PI))
    subprocess.run(["ip", "address", "add", address, "dev", "eth0"], check=True)
    subprocess.run(["ip", "link", "set", "eth0", "up"], check=True)
    return device


if __name__ == "__main__":
    run(*sys.argv[1:6])
