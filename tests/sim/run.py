"""One run: a seed becomes peers, people and faults; then everything is mended, and the promises are checked."""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random

from p2pchat_tui.session import api
from p2pchat_tui.signaling.memory import Faults
from p2pchat_tui.ssc.ids import stamp_ms
from tests.helpers import START_MS

from .actions import act
from .bounds import newest_stamp
from .faults import GUESTS, KEEPING, KEEPING_FROM, KINDS, NOWHERE, NOWHERE_FROM, Fault, relay_back
from .invariants import broken, unsettled
from .peer import Peer
from .process import SimLoop
from .trace import Trace
from .world import World

HEAL_S = 240.0
"""Within this time after all is mended, everything must be alike everywhere: a dead link is noticed after 33 s, an
attempt takes 20 s, a pause up to 30 s, and a feed held back is looked at again after 60 s."""
QUIET_S = 20.0
"""How long the world rests before the last look: longer than one whole vector takes to go round."""
GOODBYE_S = 3.0
"""A clean leave is seen by all within this time."""
SILENCE_S = 12.5
"""A killed peer is seen offline within this time: 8.5 s after its last heartbeat, and the way that took."""
SQLITE_SHARE = 0.25
"""Share of the peers whose disk is a real database."""


@dataclass(frozen=True, slots=True)
class Report:
    """What came of one seed."""

    seed: int
    faults: tuple[str, ...]
    """Every rule that was broken; empty when all is well."""
    digest: str
    """A hash over everything that happened."""
    lines: tuple[str, ...]
    summary: str


def simulate(seed: int) -> Report:
    """Run one seed. Uses no real time, no network, and temporary files only for databases."""
    trace = Trace()
    faults: list[str] = []
    summary = ""
    with ExitStack() as stack:
        runner = stack.enter_context(asyncio.Runner(loop_factory=SimLoop))
        loop = runner.get_loop()
        assert isinstance(loop, SimLoop)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="p2pchat-sim-")))
        try:
            summary = runner.run(_run(seed, folder, trace, faults))
        except Exception as error:
            faults.append(f"the run ended: {error!r}")
        faults += loop.troubles
    return Report(seed, tuple(faults), trace.digest, tuple(trace.lines), summary)


async def _run(seed: int, folder: Path, trace: Trace, faults: list[str]) -> str:
    chance = Random(f"{seed} plan")
    count = chance.choice((2, 2, 3, 3, 3, 4, 4, 5, 6, 7))
    folders = [_folder(folder, number, chance) for number in range(count)]
    has_nowhere = seed >= NOWHERE_FROM
    guests = {number for number in range(2, count + 1) if has_nowhere and chance.random() < GUESTS}
    world = World(seed, count, folders, trace, guests)
    world.faults = faults
    kinds = [kind for kind in KINDS if chance.random() < 0.5]
    trace.note(f"seed {seed}: {count} peers, {len(guests)} of them guests, {' '.join(kinds) or 'no faults'}")
    if chance.random() < 0.15:
        _preload(world, chance)
    for peer in world.peers:
        if chance.random() < 0.8:
            world.later(peer.start())
    try:
        await _live(world, chance, kinds)
        healed = await _heal(world)
        await _judge(world)
        await _part(world)
    finally:
        for peer in world.peers:
            await peer.kill()
            await peer.disk.close()
    held = len(world.peers[0].disk.held)
    return f"{count} peers, {held} entries, healed in {healed:.0f} s, {'forked' if world.forked else 'whole'}, {kinds}"


def _folder(folder: Path, number: int, chance: Random) -> Path | None:
    if chance.random() >= SQLITE_SHARE:
        return None
    own = folder / str(number)
    own.mkdir()
    return own


def _preload(world: World, chance: Random) -> None:
    """Some have a history already, long enough for pages and checkpoints."""
    others = [peer for peer in world.peers[1:] if not peer.is_guest and chance.random() < 0.3]
    world.preload(world.peers[0], others, chance.choice((127, 128, 129, 300, 513, 700)))


async def _live(world: World, chance: Random, kinds: list[str]) -> None:
    """The time in which people act and things go wrong."""
    loop = asyncio.get_running_loop()
    end = loop.time() + chance.choice((20, 40, 90))
    pace = chance.choice((0.1, 0.5, 2.0))
    weights: dict[Fault, int] = {}
    for kind in kinds:
        weights |= KINDS[kind]
    if world.seed >= NOWHERE_FROM:
        weights |= NOWHERE
        if chance.random() < 0.5:
            weights |= KEEPING
    elif world.seed >= KEEPING_FROM:
        weights |= KEEPING
    done = 0
    while loop.time() < end:
        await asyncio.sleep(chance.expovariate(1 / pace))
        if weights and chance.random() < min(0.5, 0.15 * pace):
            fault = chance.choices(list(weights), list(weights.values()))[0]
            await fault(world, chance)
            continue
        peer = chance.choice(world.peers)
        if peer.process is not None and peer.session is not None:
            done += 1
            peer.process.spawn(act(peer, f"{peer.name} no. {done}"), f"action {done}")


async def _heal(world: World) -> float:
    """Mend everything, start everybody, and wait until all is alike; how long that took, in seconds."""
    loop = asyncio.get_running_loop()
    world.trace.note("everything is mended")
    net = world.net
    net.delay, net.jitter, net.loss, net.bandwidth, net.death = 0.02, 0.1, 0.0, None, 33.0
    world.repeats, world.groups = 0.0, []
    world.hub.faults = Faults()
    relay_back(world)
    for peer in world.peers:
        peer.disk.is_full, peer.disk.slow_s = False, 0.0
        peer.skew_ms = 0
        if peer.transport is not None:
            peer.transport.repeats = 0.0
    world.disturbed_at = loop.time()  # frames that crept along are still on their way
    world.apply_partition()
    await world.finish_work()
    for peer in world.peers:
        if peer.store is not None:
            peer.store.kill_point = None
    _let_time_catch_up(world)
    for peer in world.peers:
        await peer.start()
    started = loop.time()
    await asyncio.sleep(max(0.0, world.cut_at + net.death + 1 - started))
    await _settle(world, HEAL_S, "after everything was mended")
    healed = loop.time() - started
    for peer in world.peers:
        assert peer.process is not None
        peer.process.spawn(peer.perform(api.Say(f"{peer.name} is back")), "last word")
    await asyncio.sleep(1)
    await _settle(world, 60, "after a last word of everybody")
    return healed


def _let_time_catch_up(world: World) -> None:
    """All clocks go on together to where the most advanced one has been, as after days of sleep."""
    now = START_MS + world.wall_shift_ms + round(asyncio.get_running_loop().time() * 1000)
    times = [stamp_ms(entry.stamp) for peer in world.peers for entry in peer.disk.held.values()]
    times += [stamp_ms(newest_stamp(peer.session)) for peer in world.peers if peer.session is not None]
    world.wall_shift_ms += max([now, *times]) - now


async def _settle(world: World, seconds: float, when: str) -> None:
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while reasons := unsettled(world):
        if loop.time() >= end:
            for reason in reasons[:12]:
                world.fault(f"{when}: {reason}")
            return
        await asyncio.sleep(1)


async def _judge(world: World) -> None:
    """Look at everything, once all is at rest."""
    if world.faults:
        return  # what is broken already breaks more: only the first break tells
    wants = [peer.transport.wants for peer in world.peers if peer.transport is not None]
    await asyncio.sleep(QUIET_S)
    if wants != [peer.transport.wants for peer in world.peers if peer.transport is not None]:
        world.fault("somebody still asks for entries, though nobody lacks any")
    for text in [*unsettled(world), *await broken(world)]:
        world.fault(text)


async def _part(world: World) -> None:
    """One dies, one leaves while typing, then the rest: each is seen as it is, and nothing stays behind."""
    if world.faults:
        return
    world.net.jitter = 0.9
    *rest, leaver = world.peers
    if len(rest) >= 2:
        dead = rest.pop()
        await dead.kill()
        await asyncio.sleep(SILENCE_S)
        _check_offline(world, dead, [*rest, leaver], "was killed")
    if leaver.live is not None:
        await leaver.perform(api.SetTyping(True))
    world.later(leaver.leave())
    await asyncio.sleep(GOODBYE_S)
    _check_offline(world, leaver, rest, "left")
    for peer in rest:
        if peer.screen is not None:
            peer.screen.goodbyes.add(leaver.id)
    await asyncio.sleep(4)
    for peer in rest:
        await peer.leave()
    await world.finish_work()


def _check_offline(world: World, gone: Peer, others: list[Peer], how: str) -> None:
    for peer in others:
        seen = next((each for each in peer.live.view.peers if each.peer == gone.id), None) if peer.live else None
        if seen is None or seen.state is not api.PeerState.OFFLINE or seen.typing:
            world.fault(f"{peer.name} does not see that {gone.name} {how}")
