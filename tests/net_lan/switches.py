"""Machines on switches: network namespaces that one test makes and removes, with nothing else in them."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import Self

PREFIX = "p2plan"
TOOLS = ("ip", "sysctl", "setpriv", "unshare")
"""Debian's iproute2, procps and util-linux."""
HOSTNAME = "tell-it-to-nobody"
NAMELESS = ("unshare", "--uts", "sh", "-c", f'sysctl -qw kernel.hostname={HOSTNAME} && exec "$@"', "sh")
"""Before a command: it runs on a machine of that name. The real one may be part of what has to be said: `local`."""
NO_PROBE = ("net.ipv6.conf.all.accept_dad=0", "net.ipv6.conf.default.accept_dad=0")
"""So that an IPv6 address can be used at once: nobody else could have it."""


def missing() -> str:
    """Why there can be no namespaces here; empty when there can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    absent = [tool for tool in TOOLS if shutil.which(tool) is None]
    if absent:
        return f"these tools are not installed: {', '.join(absent)}"
    try:
        with Switches("lan") as lan:
            lan.machine("try", lan=("192.168.7.1/24", "fd00:8::1/64"))
            lan.within_run("try", *NAMELESS, "true")
    except (AssertionError, subprocess.CalledProcessError) as error:
        return f"this kernel makes no such networks ({error})"
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
