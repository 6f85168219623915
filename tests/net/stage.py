"""Where a case plays: two people, each with a network of their own, a room, and what it takes to meet there."""

from __future__ import annotations

import atexit
import re
import shutil
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.cli.program import run
from tests.e2e.pipes import Pipe

from .namespaces import Lab

LOCAL_PORT = 7345
"""Where the windows of one machine meet. Relays of the laboratory are other machines, so this never clashes."""


PEOPLE = ("ana", "bo")


@cache
def _homes(relay: str) -> dict[str, Path]:
    """The folders of two who share a room with that relay; made once in a run, and copied for each stage."""
    folder = Path(_templates.name) / (re.sub(r"\W+", "-", relay) or "none")
    ana, bo = (folder / name for name in PEOPLE)
    made = run(ana, "new", "garden", *(("--relay", relay) if relay else ()))
    assert made.returncode == 0, made.stderr
    joined = run(bo, "join", given=made.stdout)
    assert joined.returncode == 0, joined.stderr
    return {"ana": ana, "bo": bo}


_templates = TemporaryDirectory(prefix="p2pnet-")
atexit.register(_templates.cleanup)


@dataclass(slots=True)
class Stage:
    """What a case has built."""

    lab: Lab
    folder: Path
    """Where the two keep their data."""
    at: dict[str, str]
    """Who sits in which namespace."""
    relay: str = ""
    """The room's relay; empty for windows of one machine."""
    servers: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Whose settings name which STUN and TURN servers."""

    options: tuple[str, ...] = ()
    """What everybody's program is started with besides."""
    other: bool = False
    """Whether ana's other interface is the one in use."""

    def furnish(self) -> None:
        """Make everybody a member of the room."""
        for name, home in _homes(self.relay).items():
            shutil.copytree(home, self.folder / name)
        for name, servers in self.servers.items():
            (self.folder / name / "config.toml").write_text(f"ice_servers = [{', '.join(servers)}]\n")

    def pipe(self, name: str, *options: str) -> Pipe:
        """That person's program, about to start."""
        return Pipe(self.folder / name, LOCAL_PORT, *self.options, *options, within=self.lab.within(self.at[name]))
