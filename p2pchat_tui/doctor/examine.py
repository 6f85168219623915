"""The whole examination: every look at once, each bounded, and then the findings in an order for people."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import sys
import time
from collections.abc import Awaitable, Sequence
from functools import partial

from ..ports.ice import IceServer
from ..signaling.lan_places import Place, find_places
from ..transport.asking import Answer, ask_stun, ask_turn
from . import ice, relay
from .findings import Finding, fail
from .invite import check_invite
from .lan import check_lan, check_windows, visit_lan
from .patient import Patient
from .store import check_stamps, check_store
from .terminal import check_terminal, find_terminal
from .visit import Visit, visit

MOST_S = 14.0
"""For the whole run: what is not known by then is told as such."""
SERVERS_MAX = 8
"""STUN and TURN servers looked at, as many as the chat itself looks at."""

logger = logging.getLogger(__name__)


async def examine(patient: Patient) -> list[Finding]:
    """Look at everything. Takes MOST_S at most."""
    looks: dict[str, Awaitable[list[Finding]]] = {
        "terminal": asyncio.to_thread(_terminal, patient),
        "store": _one(check_store(patient.config.profile_folder, patient.database)),
        "stamps": check_stamps(patient.database, _wall_ms()),
        "invite": _now(check_invite(patient.invite)),
        "windows": _one(check_windows(patient.config.local_port)),
        "lan": check_lan(patient.config.lan, _places(patient), os.urandom),
        "network": _network(patient),
    }
    tasks = {name: asyncio.ensure_future(look) for name, look in looks.items()}
    await asyncio.wait(tasks.values(), timeout=MOST_S)
    findings: list[Finding] = []
    for name, task in tasks.items():
        findings += _result(name, task)
    late = [task for task in tasks.values() if not task.done()]
    for task in late:
        task.cancel()
    if late:
        await asyncio.wait(late, timeout=1)
    return findings


def _result(name: str, task: asyncio.Future[list[Finding]]) -> list[Finding]:
    if not task.done():
        return [fail(name, "too-long", f"Looking at {name} took longer than {MOST_S:g} s.", "Try again.")]
    if error := task.exception():
        logger.error("the look at %s failed", name, exc_info=error)
        what = f"Looking at {name} failed by a mistake in this program ({type(error).__name__})."
        return [fail(name, "unforeseen", what, "Please report it; its details are in the log.")]
    return task.result()


async def _network(patient: Patient) -> list[Finding]:
    """Relays, and the STUN and TURN servers of the settings and of the relays."""
    config = patient.config
    go = partial(visit, keys=patient.keys, chance=os.urandom, wall_ms=_wall_ms, trust=patient.trust)
    named, visits, lan = await asyncio.gather(
        _ask(config.own_servers, config.relay_only),
        asyncio.gather(*(go(url) for url in patient.relays)),
        _visit_lan(patient),
    )
    offered = {server: None for each in visits for server in each.servers if server not in config.own_servers}
    more = await _ask(tuple(offered), config.relay_only)
    return _judge(patient, visits, lan, named[0] + more[0], named[1] + more[1])


async def _visit_lan(patient: Patient) -> list[Visit]:
    if not (patient.config.lan and patient.keys):
        return []
    from ..signaling.lan_mdns import Mdns

    places = partial(_places, patient)
    return [await visit_lan(patient.keys, Mdns(), places, chance=os.urandom, wall_ms=_wall_ms)]


def _judge(
    patient: Patient, visits: Sequence[Visit], lan: Sequence[Visit], stun: list[Answer], turn: list[Answer]
) -> list[Finding]:
    own = _own_addresses()
    missing = ice.judge_missing(turn, patient.config.relay_only)
    by_ipv6 = ice.judge_ipv6(stun, own)
    return [
        *map(relay.judge_relay, visits),
        relay.judge_room(patient.room_name, patient.words, [*visits, *lan]),
        relay.judge_clock(visits),
        *map(ice.judge_stun, stun),
        *map(ice.judge_turn, turn),
        *([missing] if missing else []),
        ice.judge_udp(stun, turn, visits),
        ice.judge_nat(stun, own),
        *([by_ipv6] if by_ipv6 else []),
    ]


async def _ask(servers: Sequence[IceServer], relay_only: bool) -> tuple[list[Answer], list[Answer]]:
    """What STUN and TURN servers answer; with `relay_only` STUN servers are not used, so they are not asked."""
    few = servers[:SERVERS_MAX]
    turn = [server for server in few if server.url.startswith("turn")]
    stun = [server for server in few if server not in turn and not relay_only]
    relayed = asyncio.gather(*map(ask_turn, turn))
    return (await ask_stun(stun) if stun else []), list(await relayed)


def _own_addresses() -> list[str]:
    return [str(each.ip) for place in (*find_places(), *find_places(["127.0.0.1"])) for each in place.addresses]


def _places(patient: Patient) -> Sequence[Place]:
    return find_places(patient.config.ice_addresses) if patient.config.lan else ()


def _terminal(patient: Patient) -> list[Finding]:
    fd = find_terminal()
    try:
        encoding = getattr(sys.stdout, "encoding", "") or "ascii"
        return check_terminal(patient.environ, encoding, fd, shutil.get_terminal_size())
    finally:
        if fd is not None:
            os.close(fd)


async def _one(look: Awaitable[Finding]) -> list[Finding]:
    return [await look]


async def _now(finding: Finding) -> list[Finding]:
    return [finding]


def _wall_ms() -> int:
    return time.time_ns() // 1_000_000
