"""Network namespaces that one run makes and removes; what a killed run left behind is removed by the next.

A namespace's name says which process made it, so several runs may go on at once.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

PREFIX = "p2pnet-"
TOOLS = ("ip", "nft", "turnserver", "tcpdump", "sysctl", "setpriv")
"""What the laboratory is made of: Debian's iproute2, nftables, coturn, tcpdump, procps and util-linux."""
_TIED = ("setpriv", "--pdeathsig", "KILL")
"""Before a command: it ends when the run that started it is killed."""


class CommandFailed(Exception):
    """A tool did not do what it was asked for; the text is its complaint."""


def missing() -> str:
    """Why there can be no laboratory here; empty when there can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    absent = [tool for tool in TOOLS if shutil.which(tool) is None]
    if absent:
        return f"these tools are not installed: {', '.join(absent)}"
    try:
        with Lab() as lab:
            lab.add("one")
            lab.add("two")
            lab.cable("one", "eth0", "two", "eth0")
            lab.ip("one", "link add br0 type bridge", "addr add 2001:db8::1/64 dev br0 nodad")
            lab.nft("one", "table ip try { chain try { type nat hook postrouting priority srcnat; masquerade; }; }")
    except CommandFailed as error:
        return f"this kernel makes no such networks ({error})"
    return ""


def call(*command: str, given: str = "") -> str:
    """Run a command to its end; its output. Raises CommandFailed."""
    done = subprocess.run(command, input=given, capture_output=True, text=True, timeout=30, check=False)
    if done.returncode:
        raise CommandFailed(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


class Lab:
    """The namespaces of one run. Use with `with`: they are gone afterwards."""

    _made = 0

    def __init__(self) -> None:
        Lab._made += 1
        self._prefix = f"{PREFIX}{_who(os.getpid())}-{Lab._made}-"
        self.names: set[str] = set()
        """The namespaces that are there."""
        self._undo: list[Callable[[], None]] = []

    def __enter__(self) -> Self:
        sweep()
        return self

    def __exit__(self, *_: object) -> None:
        for undo in reversed(self._undo):
            undo()
        for name in self.names:
            _remove(self.full(name))

    def full(self, name: str) -> str:
        """The namespace's name for the tools."""
        return self._prefix + name

    def add(self, name: str) -> None:
        """Make a namespace, with its loopback interface up and nothing else."""
        call("ip", "netns", "add", self.full(name))
        self.names.add(name)
        self.ip(name, "link set lo up")

    def ip(self, name: str, *commands: str) -> None:
        """`ip` commands inside a namespace. Raises CommandFailed."""
        call("ip", "-n", self.full(name), "-batch", "-", given="\n".join(commands))

    def nft(self, name: str, rules: str) -> None:
        """Replace the packet filter of a namespace. Raises CommandFailed."""
        call(*self.within(name), "nft", "-f", "-", given="flush ruleset\n" + rules)

    def sysctl(self, name: str, **values: int) -> None:
        """Kernel settings, `__` standing for a dot."""
        for key, value in values.items():
            call(*self.within(name), "sysctl", "-qw", f"{key.replace('__', '.')}={value}")

    def cable(self, one: str, one_end: str, other: str, other_end: str) -> None:
        """Connect two namespaces; both ends are up."""
        self.ip(one, f"link add {one_end} type veth peer name {other_end} netns {self.full(other)}")
        self.ip(one, f"link set {one_end} up")
        self.ip(other, f"link set {other_end} up")

    def folder(self) -> Path:
        """A folder that goes when the laboratory does."""
        made = TemporaryDirectory(prefix=PREFIX)
        self._undo.append(made.cleanup)
        return Path(made.name)

    def within(self, name: str) -> tuple[str, ...]:
        """The words of a command that runs another one inside a namespace, until the end of this run at most."""
        return (*_TIED, "ip", "netns", "exec", self.full(name))

    def start(
        self, name: str | None, *command: str, stdout: int | None = subprocess.DEVNULL, **options: Any
    ) -> subprocess.Popen[str]:
        """Run a program inside a namespace (None: outside of all) until the end of the laboratory, at most."""
        process: subprocess.Popen[str] = subprocess.Popen(
            [*(_TIED if name is None else self.within(name)), *command],
            stdout=stdout,
            stderr=subprocess.DEVNULL,
            text=True,
            **options,
        )
        self._undo.append(lambda: _end(process))
        return process


def sweep() -> None:
    """Remove the namespaces of runs that are no more, and end what still runs in them."""
    for line in call("ip", "netns", "list").splitlines():
        name = line.split()[0] if line.strip() else ""
        if name.startswith(PREFIX) and not _is_alive(name.removeprefix(PREFIX).split("-")[0]):
            for pid in call("ip", "netns", "pids", name).split():
                os.kill(int(pid), signal.SIGKILL)
            _remove(name)


def _who(pid: int) -> str:
    """A process for ever: its number and when it began, since numbers come again."""
    stat = Path(f"/proc/{pid}/stat").read_text()
    return f"{pid}.{stat.rpartition(')')[2].split()[19]}"


def _is_alive(who: str) -> bool:
    try:
        return _who(int(who.partition(".")[0])) == who
    except (OSError, ValueError):
        return False


def _end(process: subprocess.Popen[str]) -> None:
    with process:  # which also closes its pipes and waits for it
        process.kill()


def _remove(name: str) -> None:
    try:
        call("ip", "netns", "delete", name)
    except CommandFailed:
        if Path("/run/netns", name).exists():
            raise
