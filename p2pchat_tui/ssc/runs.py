"""Runs: consecutive entries of one feed as they travel, and what vouches for them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from .entry import BODY_MAX, SEQ_MAX, Entry, entry_id, is_authentic
from .ids import GENESIS, STAMP_MAX, EntryId, PeerId, RoomId, Stamp

CHECKPOINT = 128
"""Entries whose seq is a multiple of this travel with their signature, so that pages of one feed that come from
several peers can each be verified alone."""

STANDING = (b'{"k":"profile"', b'{"k":"topic"')
"""How bodies begin that outlive what is pruned around them: these travel with their signature too, so that one that
stands alone can still be verified. (One that is written in another way just loses its signature on the way.)"""


@dataclass(frozen=True, slots=True)
class Run:
    """Consecutive entries of one feed as they travel: without ids, which the receiver computes."""

    author: PeerId
    first: int
    prev: EntryId
    items: tuple[tuple[Stamp, bytes], ...]
    """(stamp, body) of first, first + 1, …"""
    signatures: Mapping[int, bytes]
    """By seq: of the last entry where the sender has it, of every checkpoint, and of what is STANDING."""


def run_of(entries: Sequence[Entry]) -> Run:
    """Pack consecutive entries of one feed. Raises ValueError when there are none or they do not follow each other."""
    if not entries:
        raise ValueError("a run has at least one entry")
    first = entries[0]
    for before, after in pairwise(entries):
        if after.author != first.author or after.seq != before.seq + 1:
            raise ValueError("the entries of a run follow each other")
    last = entries[-1].seq
    signatures = {
        entry.seq: entry.signature
        for entry in entries
        if entry.signature and (entry.seq == last or entry.seq % CHECKPOINT == 0 or is_standing(entry))
    }
    items = tuple((entry.stamp, entry.body) for entry in entries)
    return Run(first.author, first.seq, first.prev, items, signatures)


def runs_of(entries: Iterable[Entry]) -> list[Run]:
    """Pack entries of any feeds into as few runs as they make."""
    runs: list[list[Entry]] = []
    for entry in sorted(entries, key=lambda each: (each.author, each.seq)):
        last = runs[-1][-1] if runs else None
        if last and last.author == entry.author and last.seq + 1 == entry.seq:
            runs[-1].append(entry)
        else:
            runs.append([entry])
    return [run_of(run) for run in runs]


def joined(runs: Iterable[Run]) -> list[Run]:
    """`runs` of one feed, rising, with those in one that follow each other; nothing is verified."""
    whole: list[Run] = []
    for run in sorted(runs, key=lambda each: each.first):
        below = whole[-1] if whole else None
        if below and below.first + len(below.items) == run.first:
            items, signatures = (*below.items, *run.items), {**below.signatures, **run.signatures}
            whole[-1] = replace(below, items=items, signatures=signatures)
        else:
            whole.append(run)
    return whole


def chained(run: Run, room: RoomId) -> list[Entry]:
    """The entries of `run`, with the ids that follow from it. Nothing is verified."""
    entries: list[Entry] = []
    prev = run.prev
    for offset, (stamp, body) in enumerate(run.items):
        seq = run.first + offset
        name = entry_id(room, run.author, seq, stamp, prev, body)
        entries.append(Entry(run.author, seq, stamp, prev, body, run.signatures.get(seq, b""), name))
        prev = name
    return entries


def shape_fault(run: Run) -> str:
    """What is wrong with `run` whatever it says: empty when nothing is."""
    if not run.items:
        return "an empty run"
    last = run.first + len(run.items) - 1
    if run.first < 1 or last > SEQ_MAX:
        return "a seq out of bounds"
    if (run.first == 1) != (run.prev == GENESIS):
        return "a feed begins at 1, and only there"
    if any(not run.first <= seq <= last for seq in run.signatures):
        return "a signature for an entry that is not in the run"
    before = -1
    for stamp, body in run.items:
        if not before < stamp <= STAMP_MAX:
            return "stamps that do not rise"
        if len(body) > BODY_MAX:
            return "a body that is too long"
        before = stamp
    return ""


def voucher_of(entries: Sequence[Entry]) -> Entry | None:
    """Of consecutive entries of one feed the first that carries its author's signature and so vouches for the first.

    None when there is none, when its signature is not good, or when the chain to it is broken.
    """
    last: Entry | None = None
    for entry in entries:
        if last is not None and (entry.prev != last.id or entry.seq != last.seq + 1):
            return None
        if entry.signature:
            return entry if is_authentic(entry) else None
        last = entry
    return None


def is_standing(entry: Entry) -> bool:
    """Whether it outlives what is pruned around it, as far as its body's beginning tells: see STANDING."""
    return entry.body.startswith(STANDING)
