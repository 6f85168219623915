"""The check of a transcript, line by line and offline: who wrote how much, what is missing, what was tampered with.

It proves that each author's key signed what stands there. It cannot prove that nothing was left out at a feed's upper
end, nor who stands behind a key: compare the tag or the key with what the author says.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from .account import CHANCE, Account, Fault
from .forks import is_proof
from .frames import FEEDS_MAX
from .ids import PeerId, RoomId
from .transcript import End, EntryLine, ForkLine, Header, TranscriptError, parse_header, parse_line, stated
from .wire import WireError, decode_proof
from .words import room_words

FAULTS_KEPT = 100
"""Faults that are listed one by one; further ones are only counted."""


class Verdict(StrEnum):
    """What is to be thought of a transcript, worst first."""

    TAMPERED = "tampered"
    """Somebody has changed something in it."""
    DAMAGED = "damaged"
    """Lines are unreadable, lost or in the wrong place."""
    UNVOUCHED = "unvouched"
    """It has entries that anybody could have written."""
    GAPS = "gaps"
    """All that is there is genuine; some entries are not there."""
    GOOD = "good"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong."""

    line: int
    """From 1."""
    fault: Fault
    text: str
    """For a person; holds nothing of what the file says but numbers."""
    author: PeerId | None = None
    seq: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """All that was found out."""

    header: Header
    room: RoomId
    accounts: tuple[Account, ...]
    """By author."""
    findings: tuple[Finding, ...]
    """The first FAULTS_KEPT."""
    faults: int
    """How many there are in all."""
    verdict: Verdict

    @property
    def is_good(self) -> bool:
        """Whether all that is there is genuine; gaps may be."""
        return self.verdict in (Verdict.GOOD, Verdict.GAPS)

    @property
    def verified(self) -> int:
        """Entries verified."""
        return sum(account.verified for account in self.accounts)

    @property
    def missing(self) -> int:
        """Entries that are known to be missing."""
        return sum(account.missing for account in self.accounts)

    @property
    def unvouched(self) -> int:
        """Entries that nobody vouches for."""
        return sum(account.unvouched for account in self.accounts)

    @property
    def tampered(self) -> int:
        """Entries that are not what their author wrote."""
        return sum(account.tampered for account in self.accounts)


class Auditor:
    """Takes the lines of one file in their order. Its memory grows with authors, not with entries."""

    def __init__(self) -> None:
        self._number = 0
        self._header: Header | None = None
        self._room = RoomId(bytes(RoomId.size))
        self._digest = sha256()
        self._accounts: dict[PeerId, Account] = {}
        self._entries = 0
        self._forks = 0
        self._has_ended = False
        self._findings: list[Finding] = []
        self._faults = 0
        self._is_tampered = False

    def take(self, data: bytes | None) -> None:
        """One line without its end; None for one longer than LINE_MAX.

        Raises TranscriptError when this is no transcript at all, TranscriptTooNew.
        """
        self._number += 1
        if self._header is None:
            self._header = parse_header(data if data is not None else b"")
            self._take_header(self._header)
        elif self._has_ended:
            self._note(Fault.DAMAGED, "it stands after the last line")
        elif data is None:
            self._note(Fault.DAMAGED, "it is longer than any line")
        else:
            self._take_line(data)
        self._digest.update((data or b"") + b"\n")

    def finish(self) -> Report:
        """What there is to say, after the last line. Raises TranscriptError when there was none."""
        if self._header is None:
            raise TranscriptError("This file is empty: it is no transcript.")
        if not self._has_ended:
            self._number += 1
            self._note(Fault.DAMAGED, "the last line is not there: the file was cut off")
        for account in self._accounts.values():
            account.close()
        accounts = tuple(account for _, account in sorted(self._accounts.items()))
        return Report(self._header, self._room, accounts, tuple(self._findings), self._faults, self._verdict(accounts))

    def _verdict(self, accounts: tuple[Account, ...]) -> Verdict:
        if self._is_tampered:
            return Verdict.TAMPERED
        if self._faults:
            return Verdict.DAMAGED
        if any(account.unvouched for account in accounts):
            return Verdict.UNVOUCHED
        return Verdict.GAPS if any(account.missing for account in accounts) else Verdict.GOOD

    def _take_header(self, header: Header) -> None:
        self._room = RoomId.from_text(header.room)
        if header.words != room_words(self._room):
            self._note(Fault.DAMAGED, "the room words are not those of the room")

    def _take_line(self, data: bytes) -> None:
        try:
            line = parse_line(data)
            match line:
                case EntryLine():
                    self._take_entry(line)
                case ForkLine():
                    self._take_fork(line)
                case End():
                    self._take_end(line)
                case Header():
                    self._note(Fault.DAMAGED, "a second first line")
        except (TranscriptError, WireError):
            self._note(Fault.DAMAGED, "it cannot be read")

    def _take_entry(self, line: EntryLine) -> None:
        entry, claimed = stated(line, self._room)
        self._entries += 1
        fault = self._account(entry.author).take(entry, claimed)
        if fault is not None:
            self._note(fault, _WHY[fault], entry.author, entry.seq)

    def _take_fork(self, line: ForkLine) -> None:
        self._forks += 1
        proof = decode_proof(line.proof)
        if (proof.author.text, proof.seq) != (line.author, line.seq) or not is_proof(proof, self._room):
            self._note(Fault.SIGNATURE, "the proof of a fork proves nothing", PeerId.from_text(line.author), line.seq)
            return
        fault = self._account(proof.author).fork(proof)
        if fault is not None:
            text = "there are entries that come after the fork" if fault is Fault.FORK else _WHY[fault]
            self._note(fault, text, proof.author, proof.seq)

    def _take_end(self, end: End) -> None:
        self._has_ended = True
        if (end.entries, end.forks) != (self._entries, self._forks):
            self._note(Fault.DAMAGED, f"{end.entries:,} entries were written, and {self._entries:,} can be read")
        elif end.sha256 != self._digest.hexdigest():
            self._note(Fault.DAMAGED, "the lines above are not as they were written")

    def _account(self, author: PeerId) -> Account:
        if author not in self._accounts:
            if len(self._accounts) >= FEEDS_MAX:
                raise TranscriptError("more authors than a room can have")
            self._accounts[author] = Account(author)
        return self._accounts[author]

    def _note(self, fault: Fault, text: str, author: PeerId | None = None, seq: int = 0) -> None:
        self._faults += 1
        self._is_tampered |= fault not in CHANCE
        if len(self._findings) < FAULTS_KEPT:
            self._findings.append(Finding(self._number, fault, text, author, seq))


_WHY = {
    Fault.ID: "what it says does not fit its id",
    Fault.SIGNATURE: "its signature is not by its author, or is for something else",
    Fault.PREV: "it does not follow the entry before it here",
    Fault.STAMP: "it is stamped no later than the entry before it",
    Fault.FORK: "its author signed another entry with the same number",
    Fault.REPEATED: "it stands here twice",
    Fault.ORDER: "it stands below later ones of its author",
}
