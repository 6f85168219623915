"""What goes wrong in a simulated world: each fault is one event, chosen by chance among those that a seed allows."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from random import Random

from p2pchat_tui.session import api
from p2pchat_tui.signaling.memory import Faults

from .disks import KillPoint
from .peer import Peer
from .world import World

EAGER_WORDS = 10
"""Messages of somebody right after a backup was put back: before, while and after the others are met."""
EAGER_S = 0.1
"""Seconds between them."""
Fault = Callable[[World, Random], Awaitable[None]]


async def net_quality(world: World, chance: Random) -> None:
    """Delay, loss and bandwidth change."""
    net = world.net
    net.delay = chance.choice((0.001, 0.01, 0.1, 0.5))
    net.jitter = chance.choice((0.0, 0.02, 0.3, 1.5))
    net.loss = chance.choice((0.0, 0.1, 0.5))
    net.bandwidth = chance.choice((None, None, 20_000.0, 200_000.0))
    net.death = chance.choice((6.0, 33.0))
    world.repeats = chance.choice((0.0, 0.2))
    for peer in world.peers:
        if peer.transport is not None:
            peer.transport.repeats = world.repeats
    world.disturbed_at = asyncio.get_running_loop().time()
    world.trace.note(f"net: delay {net.delay} jitter {net.jitter} loss {net.loss} bandwidth {net.bandwidth}")


async def relay_quality(world: World, chance: Random) -> None:
    """The relay drops, repeats, reorders and delays signals."""
    world.hub.faults = Faults(
        drop=chance.choice((0.0, 0.3, 0.6)),
        duplicate=chance.choice((0.0, 0.3)),
        reorder=chance.choice((0.0, 0.3)),
        delay_s=chance.choice((0.0, 0.2, 3.0)),
    )
    world.trace.note(f"relay: {world.hub.faults}")


async def relay_reach(world: World, chance: Random) -> None:
    """The relay goes down or comes back, for all or for one."""
    pick = chance.random()
    if pick < 0.25:
        world.trace.note("relay: down")
        world.hub.cut()
    elif pick < 0.6:
        peer = chance.choice(world.peers)
        world.without_relay ^= {peer}
        world.trace.note(f"relay: {'lost' if peer in world.without_relay else 'back'} for {peer.name}")
        world.apply_relay(peer)
    else:
        relay_back(world)


def relay_back(world: World) -> None:
    """Everybody reaches the relay again."""
    world.trace.note("relay: up")
    world.without_relay.clear()
    world.hub.heal()


async def partition(world: World, chance: Random) -> None:
    """The network falls into pieces, or together again."""
    if world.groups and chance.random() < 0.6:
        world.groups = []
    else:
        sides = [chance.randrange(2) for _ in world.peers]
        world.groups = [
            [peer for peer, side in zip(world.peers, sides, strict=True) if side == each] for each in (0, 1)
        ]
    world.disturbed_at = asyncio.get_running_loop().time()
    world.trace.note("net: " + (" | ".join(" ".join(peer.name for peer in group) for group in world.groups) or "whole"))
    world.apply_partition()


async def cut_link(world: World, chance: Random) -> None:
    """One link breaks without a word."""
    begun = [link for peer in world.peers if peer.transport is not None for link in peer.transport.begun]
    if begun:
        link = chance.choice(begun[-12:])
        world.trace.note(f"net: link {link.text} is cut")
        world.disturbed_at = world.cut_at = asyncio.get_running_loop().time()
        world.net.cut(link)


async def kill(world: World, chance: Random) -> None:
    """A program or a whole computer dies, now or between two of its next writes."""
    peer = chance.choice(world.peers)
    if peer.store is not None and chance.random() < 0.6:
        peer.store.kill_point = KillPoint(chance.randrange(4), chance.random() < 0.5)
        return
    await peer.kill(power_cut=chance.random() < 0.4)


async def leave(world: World, chance: Random) -> None:
    """Somebody leaves."""
    world.later(chance.choice(world.peers).leave())


async def come_back(world: World, chance: Random) -> None:
    """Somebody who is gone starts the program again; sometimes it dies while it starts."""
    gone = [peer for peer in world.peers if peer.process is None]
    if gone:
        point = KillPoint(chance.randrange(3), chance.random() < 0.5) if chance.random() < 0.15 else None
        world.later(chance.choice(gone).start(point))


async def make_backup(world: World, chance: Random) -> None:
    """Somebody copies the disk."""
    peer = chance.choice(world.peers)
    if peer.is_guest:
        return
    peer.backup = peer.disk.contents.copy()
    peer.trace(f"makes a backup of {len(peer.backup.writes)} writes")


async def put_backup(world: World, chance: Random) -> None:
    """Somebody puts an old copy of the disk in place of the newer one, and starts again."""
    candidates = [peer for peer in world.peers if peer.backup is not None]
    if candidates:
        world.later(_put_backup(chance.choice(candidates)))


async def _put_backup(peer: Peer) -> None:
    await peer.leave()
    if peer.backup is not None and peer.process is None:
        await peer.restore(peer.backup)
        await peer.start()
    await _write_at_once(peer)


async def _write_at_once(peer: Peer) -> None:
    for word in range(EAGER_WORDS):  # who has just repaired a computer writes at once
        await asyncio.sleep(EAGER_S)
        if peer.process is not None and peer.session is not None:
            text = f"{peer.name} is back with a backup, {peer.runs}.{word}"
            peer.process.spawn(peer.perform(api.Say(text)), "eager word")


async def skew(world: World, chance: Random) -> None:
    """A clock is wrong, or jumps while the program runs."""
    peer = chance.choice(world.peers)
    minutes = chance.choice((0, 0, 3, 8, -8, 25, 180, -60, -10_000))
    peer.skew_ms = minutes * 60_000
    if chance.random() < 0.15:
        peer.skew_ms = -1_700_000_000_000  # 1970
    peer.trace(f"has its clock at {peer.skew_ms} ms")


async def disk(world: World, chance: Random) -> None:
    """A disk fills up, gets room, or becomes slow."""
    peer = chance.choice(world.peers)
    peer.disk.is_full = not peer.disk.is_full and chance.random() < 0.4
    peer.disk.slow_s = chance.choice((0.0, 0.01, 0.2, 1.0))
    peer.trace(f"has a disk that is {'full' if peer.disk.is_full else 'not full'}, slow by {peer.disk.slow_s} s")


async def keep(world: World, chance: Random) -> None:
    """Somebody decides how much of the room is kept."""
    peer = chance.choice(world.peers)
    if peer.process is not None and peer.session is not None:
        text = chance.choice(("all", "1d", "2d", "5d", "1", "5", "20", "100"))
        peer.process.spawn(peer.perform(api.SetRetention(text)), "keep")


async def days(world: World, chance: Random) -> None:
    """Days pass for everybody, as if all computers had slept."""
    hours = chance.choice((1, 23, 25, 49, 200))
    world.wall_shift_ms += hours * 3_600_000
    world.trace.note(f"{hours} hours pass")


async def read(world: World, chance: Random) -> None:
    """Somebody reads, up to any message."""
    peer = chance.choice(world.peers)
    if peer.process is not None and peer.live is not None:
        peer.process.spawn(_read(peer), "read")


async def _read(peer: Peer) -> None:
    if peer.live is not None:
        messages = (await peer.live.history(20)).messages
        if messages:
            await peer.perform(api.MarkRead(peer.random.choice(messages).order))


async def erase(world: World, chance: Random) -> None:
    """Somebody forgets the room, and joins it again."""
    world.later(_erase(chance.choice([peer for peer in world.peers if not peer.is_guest])))


async def _erase(peer: Peer) -> None:
    await peer.leave()
    if peer.process is None:
        await peer.erase()
        await peer.start()
    await _write_at_once(peer)


async def guest_ends(world: World, chance: Random) -> None:
    """The program of somebody who keeps nothing dies, or is ended, and perhaps somebody new comes."""
    guests = [peer for peer in world.peers if peer.is_guest]
    if not guests:
        return
    guest = chance.choice(guests)
    if chance.random() < 0.6:
        await guest.kill()
    else:
        world.later(guest.leave())
    if chance.random() < 0.5:
        world.later(guest.start())


KINDS: dict[str, dict[Fault, int]] = {
    "net": {net_quality: 3},
    "relay": {relay_quality: 2, relay_reach: 3},
    "parts": {partition: 3},
    "cuts": {cut_link: 3},
    "deaths": {kill: 4, come_back: 8},
    "leaving": {leave: 3, come_back: 6},
    "backups": {make_backup: 2, put_backup: 2, come_back: 2},
    "clocks": {skew: 3},
    "disks": {disk: 3},
}
"""The families of faults; a seed picks some of them, so that a failure tells by itself what it needs."""
KEEPING: dict[Fault, int] = {keep: 4, days: 3, read: 2}
"""One more family, of seeds from KEEPING_FROM on: rooms of which not everybody keeps everything."""
KEEPING_FROM = 20_000
"""Seeds below this tell what they told before that family came in: some of them are kept because they failed once."""
NOWHERE: dict[Fault, int] = {erase: 2, guest_ends: 4, come_back: 4}
"""One more family, of seeds from NOWHERE_FROM on: a share of the peers are guests, others erase what they have."""
NOWHERE_FROM = 30_000
GUESTS = 0.4
"""That share; the first peer is never one, so that a room has somebody who stays."""
