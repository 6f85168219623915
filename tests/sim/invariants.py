"""What must hold once everything is mended: the promises of the program, checked on every peer."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any

from p2pchat_tui.ports.store import Store
from p2pchat_tui.session import api
from p2pchat_tui.session.session import Session
from p2pchat_tui.ssc.body import Say, decode_body, index_of, target_of
from p2pchat_tui.ssc.entry import Entry
from p2pchat_tui.ssc.ids import EntryId, PeerId, Stamp
from p2pchat_tui.ssc.runs import voucher_of

from .bounds import leftovers
from .peer import Peer
from .screen import Shown, shown
from .world import World

FORKS_ARE_SETTLED = True
"""Whether the core brings forked feeds to one end everywhere. Until it does, the feeds of identities that forked with
a good excuse (an old backup, and nobody there who knew better) are left out of the comparison."""
NAMES_FOLLOW_CUTS = False
"""Whether a running session forgets a name or topic whose entry was cut off with a forked feed. Until it does, names
and topics are compared only where nothing was cut."""
PAGE = 7
"""Messages of one page when history is read through: small, so that there are many edges."""
EVERYTHING = 1_000_000


def log_of(peer: Peer, without: Iterable[PeerId]) -> list[EntryId]:
    """Ids in the room's order, as they are on the disk."""
    left_out = set(without)
    entries = [entry for entry in peer.disk.held.values() if entry.author not in left_out]
    return [entry.id for entry in sorted(entries, key=lambda each: each.order)]


def _left_out(world: World) -> set[PeerId]:
    return set() if FORKS_ARE_SETTLED else set(world.forked)


def unsettled(world: World) -> list[str]:
    """What is still on its way to how it must become; empty when all is at rest and alike."""
    reasons: list[str] = []
    anywhere = {entry.id: entry for peer in world.peers for entry in peer.disk.held.values()}
    for peer in world.peers:
        session = peer.live
        if session is None or peer.screen is None:
            reasons.append(f"{peer.name} does not run")
            continue
        lacking = anywhere.keys() - peer.disk.ids
        lacking -= {name for name in lacking if anywhere[name].stamp < peer.disk.cutoff}
        if lacking:
            reasons.append(f"{peer.name} has {len(peer.disk.held)} entries, lacks {len(lacking)} of those it keeps")
        reasons += _unsettled_view(peer, session)
        reasons += [f"{peer.name} holds {each}" for each in leftovers(session, len(world.peers) - 1)]
    return reasons


def _unsettled_view(peer: Peer, session: Session) -> list[str]:
    view = session.view
    found = []
    if view.gap is not None and not peer.world.forked:
        found.append(f"{peer.name} still misses {view.gap.missing}")
    known = {each.peer for each in view.peers}
    if known - peer.world.ghosts.keys() != {each.id for each in peer.world.peers if each is not peer}:
        found.append(f"{peer.name} knows {len(view.peers)} others")
    for each in view.peers:
        if each.peer in peer.world.ghosts and (each.state, each.path) != (api.PeerState.OFFLINE, None):
            found.append(f"{peer.name} sees {each.state} by {each.path} who is gone for good")
    for other in peer.world.peers:
        seen = next((each for each in view.peers if each.peer == other.id), None)
        right = api.PeerState.AWAY if other.is_away else api.PeerState.ONLINE
        if seen is None or other is peer:
            continue
        if (seen.state, seen.path, seen.activity, seen.typing) != (right, api.Path.LAN, api.Activity.NONE, False):
            words = f"{seen.state} by {seen.path} {seen.activity}{' typing' if seen.typing else ''}"
            found.append(f"{peer.name} sees {other.name} {words}, not {right} and linked")
    return found


async def broken(world: World) -> list[str]:
    """Which promises are broken, now that all is at rest."""
    found = _check_ledger(world)
    wholes = [peer for peer in world.peers if not peer.disk.cutoff] or world.peers
    whole = await _history(wholes[0])
    logs = {tuple(log_of(peer, ())) for peer in world.peers if not peer.disk.cutoff}
    if len(logs) > 1:
        found.append("those who keep everything do not hold the same")
    for peer in world.peers:
        session = peer.live
        if session is None or peer.screen is None:
            found.append(f"{peer.name} does not run")
            continue
        found += await _check_store(peer)
        history = whole if peer is wholes[0] else await _history(peer)
        found += _check_pages(peer, history, (await session.history(EVERYTHING)).messages)
        found += _check_screen(peer, history)
        if not world.forked or FORKS_ARE_SETTLED:
            named = NAMES_FOLLOW_CUTS or not world.forked
            cutoff = max(peer.disk.cutoff, wholes[0].disk.cutoff)
            ours, theirs = (_comparable(messages, named, cutoff) for messages in (history, whole))
            if ours != theirs:
                found.append(f"{peer.name} and {wholes[0].name} differ: {_first(ours, theirs)}")
            if named and session.view.topic != wholes[0].live.view.topic:  # type: ignore[union-attr]
                found.append(f"{peer.name} shows another topic")
            found += _check_holders(peer, session)
        found += await _check_unread(peer, session)
        refused = [each.text[:40] for each in history if each.text in world.refused]
        found += [f"{peer.name} shows {text!r}, which was refused" for text in refused]
    return found


def _check_ledger(world: World) -> list[str]:
    found = []
    anywhere = {
        entry.id: entry
        for peer in world.peers
        for entry in peer.disk.held.values()
        if entry.author not in _left_out(world)
    }
    owed = {entry: who for entry, who in world.acknowledged.items() if not world.is_excused(entry)}
    for peer in world.peers:
        ids = peer.disk.ids
        found += [
            f"{peer.name} lacks {entry!r}, acknowledged to {who}"
            for entry, who in owed.items()
            if entry not in ids and world.entries[entry].stamp >= peer.disk.cutoff
        ]
        found += _check_feeds(world, peer)
        found += _check_causes(peer, anywhere)
    return found[:20]


def _check_feeds(world: World, peer: Peer) -> list[str]:
    if world.pruned:
        return []  # see _check_segments
    seqs: dict[PeerId, list[int]] = {}
    for author, seq in peer.disk.held:
        if author not in _left_out(world) | world.lossy:
            seqs.setdefault(author, []).append(seq)
    return [
        f"{peer.name} holds {len(own)} entries of {world.name_of(author)}, with gaps"
        for author, own in seqs.items()
        if sorted(own) != list(range(1, len(own) + 1))
    ]


def _check_causes(peer: Peer, anywhere: dict[EntryId, Entry]) -> list[str]:
    """Nothing sorts before what its author was answering, editing or reacting to."""
    found = []
    for entry in peer.disk.held.values():
        for target in _targets(entry):
            cause = anywhere.get(target)
            if cause is not None and cause.order >= entry.order:
                found.append(f"{peer.name} sorts {entry.id!r} before {cause.id!r}, which it is about")
    return found


def _targets(entry: Entry) -> list[EntryId]:
    """What `entry` edits, takes back, reacts to or answers."""
    body = decode_body(entry.body)
    answered = target_of(body.reply) if isinstance(body, Say) else None
    return [target for target in (index_of(entry.body)[1], answered) if target is not None]


async def _check_store(peer: Peer) -> list[str]:
    """What the store says is what was written to it."""
    store = await peer.disk.open_again()
    entries = await store.newest(peer.world.keys.room, EVERYTHING)
    if [entry.id for entry in reversed(entries)] != log_of(peer, ()):
        return [f"the store of {peer.name} does not hold what was written to it"]
    return await _check_segments(peer, store)


async def _check_segments(peer: Peer, store: Store) -> list[str]:
    """Whatever was let go around it, all that is held can be shown to be its author's."""
    found = []
    room, world = peer.world.keys.room, peer.world
    for feed in await store.feeds(room):
        for piece in feed.segments:
            entries = await store.run(room, feed.author, piece.low, piece.high)
            if (len(entries), entries[0].prev, entries[-1].id) != (piece.high - piece.low + 1, piece.prev, piece.last):
                found.append(f"{peer.name} holds {len(entries)} entries where its directory names {piece}")
            if feed.author not in world.forked and voucher_of(entries[_last_signed(entries) :]) is not entries[-1]:
                found.append(f"{peer.name} cannot prove the end of {piece} of {world.name_of(feed.author)}")
        if not world.pruned and feed.author not in world.lossy and len(feed.segments) > 1:
            found.append(f"{peer.name} has gaps in the feed of {world.name_of(feed.author)}")
    return found


def _last_signed(entries: list[Entry]) -> int:
    return max((place for place, entry in enumerate(entries) if entry.signature), default=0)


async def _check_unread(peer: Peer, session: Session) -> list[str]:
    """What counts as unread is there to be read."""
    view = session.view
    says = [entry for entry in peer.disk.held.values() if index_of(entry.body)[0] == "say"]
    left = sum(entry.author != peer.id and entry.stamp > view.read for entry in says)
    return [f"{peer.name} is told of {view.unread} unread messages, and holds {left}"] if view.unread != left else []


async def _history(peer: Peer) -> list[api.MessageView]:
    """All messages, page by page, as one reads who scrolls up."""
    messages: list[api.MessageView] = []
    before = None
    while peer.live is not None:
        page = await peer.live.history(PAGE, before)
        messages[:0] = page.messages
        if not page.more or not page.messages:
            break
        before = page.messages[0].order
    return messages


def _check_pages(peer: Peer, paged: list[api.MessageView], at_once: tuple[api.MessageView, ...]) -> list[str]:
    if list(at_once) != paged:
        return [f"{peer.name} reads {len(paged)} messages by pages and {len(at_once)} at once"]
    if any(one.order >= two.order for one, two in itertools.pairwise(paged)):
        return [f"{peer.name} shows messages out of order, or twice"]
    says = {entry.id for entry in peer.disk.held.values() if index_of(entry.body)[0] == "say"}
    if {each.id for each in paged} != says:
        return [f"{peer.name} shows {len(paged)} messages of {len(says)}"]
    return []


def _check_screen(peer: Peer, history: list[api.MessageView]) -> list[str]:
    """Whoever follows the events sees what the store has."""
    assert peer.screen is not None
    found = [f"{peer.name} was not told to look anew at {each!r}, which was cut off" for each in peer.screen.cut_off]
    gone = peer.screen.messages.keys() - {message.id for message in history} - peer.disk.pruned
    found += [f"{peer.name} still shows {each!r}, which is no more" for each in sorted(gone)]
    untold = 0
    for message in history:
        seen = peer.screen.messages.get(message.id)
        if message.order < peer.screen.since:
            untold += seen is None and message.id not in peer.screen.at_start
        elif seen is None:
            if message.id not in peer.screen.at_start:
                found.append(f"{peer.name} was never told of {message.id!r} {message.text[:20]!r}")
        elif seen != shown(message) and not _lost_reactions(peer, message, seen):
            found.append(f"the screen of {peer.name} shows {seen}, its store {shown(message)}")
    if untold > peer.screen.untold:
        found.append(f"{peer.name} heard of {peer.screen.untold} old messages that came in, of {untold}")
    return found


def _lost_reactions(peer: Peer, message: api.MessageView, seen: Shown) -> bool:
    """Whether all that the screen shows too much are reactions that were let go.

    A message that is its author's newest entry outlives what others said of it. No screen is told of what is let go:
    what a person has before him does not vanish while he looks at it.
    """
    *body, reactions = shown(message)
    authors = dict(seen[-1])
    is_less = all(set(who) <= set(authors.get(emoji, ())) for emoji, who in reactions)
    return message.order[0] < peer.disk.cutoff and is_less and body == [*seen[:-1]]


def _check_holders(peer: Peer, session: Session) -> list[str]:
    """Everybody holds my newest entry, and nobody counts as a holder of any who has not got it."""
    others = [each for each in peer.world.peers if each is not peer]
    mine = sorted(seq for author, seq in peer.disk.held if author == peer.id)
    found = []
    if mine and session.holders(peer.id, mine[-1]) != (len(others), len(session.view.peers)):
        told = session.holders(peer.id, mine[-1])
        found.append(f"{peer.name} is told {told} of its newest entry's {len(others)} holders")
    for seq in mine:
        said, real = session.holders(peer.id, seq)[0], sum((peer.id, seq) in each.disk.held for each in others)
        if said > real:
            return [*found, f"{peer.name} is told of {said} holders of its entry {seq}, and there are {real}"]
    return found


def _comparable(messages: list[api.MessageView], named: bool, cutoff: Stamp) -> list[tuple[Any, ...]]:
    """What two peers must see alike who have let go of nothing that is newer than `cutoff`.

    What an older message is about, who reacted to it and whom it answers may be gone on either side.
    """
    return [_same(each, named, cutoff) for each in messages if each.order[0] >= cutoff]


def _same(message: api.MessageView, named: bool, cutoff: Stamp) -> tuple[Any, ...]:
    """What everybody must see alike."""
    reply = () if cutoff else (message.reply_text, message.reply_name if named else "")
    place = (message.id, message.author, message.seq, message.order, message.at_ms)
    return (place, message.reply_to, reply, message.name if named else "", shown(message))


def _first(one: list[tuple[Any, ...]], two: list[tuple[Any, ...]]) -> str:
    pairs = zip(one, two, strict=False)
    return next((f"{left} / {right}" for left, right in pairs if left != right), f"{len(one)} / {len(two)} messages")
