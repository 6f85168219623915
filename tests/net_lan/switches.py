"""Machines on switches: network namespaces that one test makes and removes, with nothing else in them."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import Self

PREFIX = "p2plan"
NO_PROBE = ("net.ipv6.conf.all.accept_dad=0", "net.ipv6.conf.default.accept_dad=0")
"""So that an IPv6 address can be used at once: nobody else could have it."""


def missing() -> str:
    """Why there can be no namespaces here; empty when there can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    if shutil.which("ip") is None:
        return "iproute2 is not installed"
    name = f"{PREFIX}-{os.getpid()}-try"
    tried = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True, check=False)
    if tried.returncode:
        return f"this kernel makes no network namespaces ({tried.stderr.strip()})"
    _ip("netns", "delete", name)
    return ""


class Switches:
    """Use with `with`: whatever was made is gone afterwards, whoever ran in it included."""

    _made = 0

    def __init__(self, *switches: str) -> None:
        Switches._made += 1
        self._prefix = f"{PREFIX}-{os.getpid()}-{Switches._made}-"
        self._switches = switches
        self._names: list[str] = []

    def __enter__(self) -> Self:
        self._add("switches")
        for switch in self._switches:
            self.ip("switches", "link", "add", switch, "type", "bridge")
            self.ip("switches", "link", "set", switch, "up")
        return self

    def __exit__(self, *_: object) -> None:
        for name in self._names:
            subprocess.run(["ip", "netns", "delete", self._full(name)], capture_output=True, check=False)

    def machine(self, name: str, **addresses: tuple[str, ...]) -> None:
        """A machine with an interface on each of these switches, and with these addresses there."""
        self._add(name)
        for switch, own in addresses.items():
            port = f"{name}{switch}"[:15]
            self.ip("switches", "link", "add", port, "type", "veth", "peer", "name", switch, "netns", self._full(name))
            self.ip("switches", "link", "set", port, "master", switch)
            self.ip("switches", "link", "set", port, "up")
            if not any(":" in address for address in own):
                self.within_run(name, "sysctl", "-qw", f"net.ipv6.conf.{switch}.disable_ipv6=1")
            self.ip(name, "link", "set", switch, "up")
            for address in own:
                self.ip(name, "address", "add", address, "dev", switch)

    def ip(self, name: str, *words: str) -> None:
        """An `ip` command on a machine."""
        _ip("-n", self._full(name), *words)

    def within(self, name: str) -> tuple[str, ...]:
        """The words of a command that runs another one on a machine, until this process ends at most."""
        return ("setpriv", "--pdeathsig", "KILL", "ip", "netns", "exec", self._full(name))

    def within_run(self, name: str, *command: str) -> None:
        subprocess.run([*self.within(name), *command], check=True, capture_output=True)

    def _full(self, name: str) -> str:
        return self._prefix + name

    def _add(self, name: str) -> None:
        _ip("netns", "add", self._full(name))
        self._names.append(name)
        self.within_run(name, "sysctl", "-qw", *NO_PROBE)
        self.ip(name, "link", "set", "lo", "up")


def _ip(*words: str) -> None:
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"ip {' '.join(words)}: {done.stderr}"
