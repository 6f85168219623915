"""The servers of the laboratory: a real coturn, and the program's own relay."""

from __future__ import annotations

import sys
from pathlib import Path
from subprocess import PIPE, Popen
from threading import Thread

from tests.cli.program import environment

from .namespaces import Lab
from .places import CENTRE, SECOND

PORT = 7345
STUN = f'"stun:{CENTRE}:3478"'
STUN_TOO = f'"stun:{SECOND}:3478"'
TURN_UDP = f'{{url = "turn:{CENTRE}:3478?transport=udp", username = "ana", credential = "word"}}'
TURN_TCP = f'{{url = "turn:{CENTRE}:3478?transport=tcp", username = "ana", credential = "word"}}'
"""Entries of `ice_servers` in a config.toml."""

_COTURN = f"""
listening-ip={CENTRE}
listening-ip={SECOND}
relay-ip={CENTRE}
listening-port=3478
min-port=49160
max-port=49260
lt-cred-mech
user=ana:word
realm=lab
no-cli
no-tls
no-dtls
log-file=stdout
simple-log
"""


def relay(lab: Lab, at: str, host: str, home: Path) -> str:
    """Start a relay in the namespace `at`, as people do; its URL."""
    command = (sys.executable, "-m", "p2pchat_tui", "relay", "--host", host, "--port", str(PORT))
    process = lab.start(at, *command, stdout=PIPE, env=environment(home))
    return _line_with(process, "ws://")


def coturn(lab: Lab, at: str = "net") -> None:
    """Start STUN and TURN at CENTRE, over UDP and TCP."""
    folder = lab.folder()
    config = folder / "turn.conf"
    config.write_text(_COTURN + f"pidfile={folder}/pid\nuserdb={folder}/users\n")
    process = lab.start(at, "turnserver", "-c", str(config), "-v", stdout=PIPE)
    wanted = {f"IPv4. {kind} listener opened on" for kind in ("UDP", "TCP")}
    while wanted:
        line = _line_with(process, "listener opened")
        wanted = {each for each in wanted if each not in line}
    assert process.stdout
    Thread(target=process.stdout.read, name="coturn's log", daemon=True).start()


def _line_with(process: Popen[str], part: str) -> str:
    assert process.stdout
    said = []
    for line in process.stdout:
        if part in line:
            return line.strip()
        said.append(line)
    raise RuntimeError("it did not start: " + "".join(said[-20:]))
