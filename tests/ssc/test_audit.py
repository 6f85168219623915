"""The check of transcripts: what is genuine is counted, and nothing that was changed passes."""

from __future__ import annotations

import json
import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from p2pchat_tui.ssc import audit
from p2pchat_tui.ssc.account import GAPS_KEPT, Fault
from p2pchat_tui.ssc.audit import FAULTS_KEPT, Verdict
from p2pchat_tui.ssc.body import Profile, Say, encode_body
from p2pchat_tui.ssc.entry import Entry, entry_id, sign_entry
from p2pchat_tui.ssc.forks import ForkProof
from p2pchat_tui.ssc.ids import GENESIS, Stamp
from p2pchat_tui.ssc.runs import run_of
from p2pchat_tui.ssc.transcript import TranscriptError
from p2pchat_tui.ssc.wire import encode_proof
from tests.helpers import ROOM, chain, identity
from tests.ssc.transcripts import changed, check, sealed, unsigned, write

ANA, BO = identity(1), identity(2)
FEED = chain(ANA, 6)
ROWS = unsigned(FEED, 3, 6)
"""A feed with signatures on its third and its last entry."""


def forged(entry: Entry, text: str) -> Entry:
    """Another text with the id that fits it, but without a signature."""
    body = encode_body(Say(text))
    name = entry_id(ROOM, entry.author, entry.seq, entry.stamp, entry.prev, body)
    return replace(entry, body=body, id=name, signature=b"")


def branch(below: Entry, count: int) -> list[Entry]:
    """Other entries that ANA signed after `below`."""
    entries: list[Entry] = []
    for number in range(1, count + 1):
        last = entries[-1] if entries else below
        body = encode_body(Say(f"other {number}"))
        entries.append(sign_entry(ROOM, ANA, last.seq + 1, Stamp(last.stamp + 5), last.id, body))
    return entries


def faults(lines: list[bytes]) -> list[tuple[Fault, int]]:
    return [(each.fault, each.seq) for each in check(lines).findings]


def test_all_that_is_genuine_is_counted() -> None:
    named = sign_entry(ROOM, BO, 1, Stamp(5), FEED[0].prev, encode_body(Profile("bo")))
    again = sign_entry(ROOM, BO, 2, Stamp(6), named.id, encode_body(Profile("@bo\x1bb")))
    report = check(write([*ROWS, named, again]))
    assert (report.verdict, report.verified, report.missing, report.faults) == (Verdict.GOOD, 8, 0, 0)
    by_author = {account.author: account for account in report.accounts}
    assert (by_author[ANA.peer].messages, by_author[ANA.peer].name) == (6, "")
    assert (by_author[BO.peer].messages, by_author[BO.peer].name) == (0, "bo␛b")


def test_authors_may_be_mixed() -> None:
    other = chain(BO, 6)
    mixed = [entry for pair in zip(ROWS, other, strict=True) for entry in pair]
    assert check(write(mixed)).verdict is Verdict.GOOD


def test_an_empty_room() -> None:
    report = check(write([]))
    assert (report.verdict, report.accounts) == (Verdict.GOOD, ())


def test_gaps_are_told_and_do_no_harm() -> None:
    report = check(write([*ROWS[1:3], ROWS[5]]))
    (account,) = report.accounts
    assert (report.verdict, report.is_good) == (Verdict.GAPS, True)
    assert (account.gaps, account.missing, account.verified) == ([(1, 1), (4, 5)], 3, 3)


def test_what_no_signature_is_above_is_vouched_for_by_nobody() -> None:
    for rows, verified, unvouched in ((ROWS[:5], 3, 2), ([*ROWS[:2], *ROWS[3:]], 3, 2), (ROWS[3:5], 0, 2)):
        report = check(write(rows))
        assert (report.verdict, report.verified, report.unvouched) == (Verdict.UNVOUCHED, verified, unvouched)
        assert not report.is_good


def test_a_changed_text_is_seen_though_the_file_is_sealed_again() -> None:
    for at in range(6):
        lines = write(ROWS)
        lines[at + 1] = changed(lines[at + 1], body='{"k":"say","text":"never said"}')
        report = check(sealed(lines))
        assert report.verdict is Verdict.TAMPERED
        assert faults(sealed(lines))[0] == (Fault.ID, at + 1)
        assert report.verified + report.unvouched + report.tampered == 6
        assert report.tampered == 1


def test_a_changed_text_with_a_fitting_id_is_seen() -> None:
    for at in range(5):
        rows = [*ROWS[:at], forged(ROWS[at], "never said"), *ROWS[at + 1 :]]
        report = check(write(rows))
        assert report.verdict is Verdict.TAMPERED, at
        assert [(each.fault, each.seq) for each in report.findings] == [(Fault.PREV, at + 2)]
    last = check(write([*ROWS[:5], forged(ROWS[5], "never said")]))
    assert (last.verdict, last.verified, last.unvouched) == (Verdict.UNVOUCHED, 3, 3)


def test_a_forgery_above_what_is_verified() -> None:
    wrong = replace(forged(ROWS[3], "x"), prev=FEED[0].id)
    wrong = replace(wrong, id=entry_id(ROOM, ANA.peer, 4, wrong.stamp, wrong.prev, wrong.body))
    assert faults(write([*ROWS[:3], wrong]))[0] == (Fault.PREV, 4)


def test_a_signature_of_somebody_else_or_for_something_else() -> None:
    for signature in (BO.sign(FEED[2].id), FEED[1].signature, bytes(64)):
        rows = [*ROWS[:2], replace(ROWS[2], signature=signature), *ROWS[3:]]
        report = check(write(rows))
        assert (report.verdict, report.tampered, report.verified) == (Verdict.TAMPERED, 1, 5)
        assert [(each.fault, each.seq) for each in report.findings] == [(Fault.SIGNATURE, 3)]


def test_another_author_or_room_takes_the_entries_with_it() -> None:
    lines = write(FEED)
    stolen = [lines[0], *(changed(line, author=BO.peer.text) for line in lines[1:-1]), lines[-1]]
    assert check(sealed(stolen)).verified == 0
    other = "00" * 16
    moved = check([changed(lines[0], room=other, words="acorn acorn acorn"), *lines[1:]])
    assert (moved.verdict, moved.verified, moved.tampered) == (Verdict.TAMPERED, 0, 6)


def test_entries_that_the_author_numbered_twice() -> None:
    other = branch(FEED[2], 2)
    beside = check(write([*FEED[:4], other[0], *FEED[4:]]))
    assert [(each.fault, each.seq) for each in beside.findings] == [(Fault.FORK, 4)]
    above = check(write([*FEED[:4], other[1]]))
    assert [(each.fault, each.seq) for each in above.findings] == [(Fault.FORK, 5)]
    assert beside.verdict is above.verdict is Verdict.TAMPERED


def test_stamps_rise() -> None:
    late = sign_entry(ROOM, ANA, 4, FEED[2].stamp, FEED[2].id, encode_body(Say("late")))
    assert faults(write([*FEED[:3], late])) == [(Fault.STAMP, 4)]


def test_a_feed_begins_at_one() -> None:
    first = sign_entry(ROOM, ANA, 1, Stamp(9), FEED[0].id, encode_body(Say("no beginning")))
    assert faults(write([first])) == [(Fault.PREV, 1)]
    fourth = sign_entry(ROOM, ANA, 4, Stamp(9), GENESIS, encode_body(Say("another beginning")))
    assert faults(write([fourth])) == [(Fault.PREV, 4)]


def test_a_wrong_signature_in_the_wrong_place_counts_for_nothing() -> None:
    for rows, unvouched in ((FEED[:3], 0), (unsigned(FEED[:3]), 3)):
        wrong = replace(sign_entry(ROOM, ANA, 4, FEED[3].stamp, FEED[0].id, FEED[3].body), signature=bytes(64))
        above = sign_entry(ROOM, ANA, 5, FEED[4].stamp, wrong.id, FEED[4].body)
        report = check(write([*rows, wrong, above]))
        assert [(each.fault, each.seq) for each in report.findings] == [(Fault.SIGNATURE, 4)]
        assert (report.tampered, report.unvouched, report.verified) == (1, unvouched, 4 - unvouched)


# ------------------------------------------------------------------------------------------------------------ forks


def test_a_proven_fork_ends_a_feed_and_vouches_for_what_is_below() -> None:
    other = branch(FEED[3], 1)
    proof = ForkProof(run_of(FEED[4:5]), run_of(other))
    report = check(write(unsigned(FEED[:4]), [encode_proof(proof)]))
    (account,) = report.accounts
    assert (report.verdict, account.forked_at, account.verified) == (Verdict.GOOD, 5, 4)

    assert faults(write(FEED, [encode_proof(proof)])) == [(Fault.FORK, 5)]
    lines = write(FEED, [encode_proof(proof)])
    assert faults(sealed([lines[0], lines[-2], *lines[1:-2], lines[-1]])) == [(Fault.FORK, 5), (Fault.FORK, 6)]
    wrong = [*unsigned(FEED[:3]), forged(FEED[3], "never said")]
    assert faults(write(wrong, [encode_proof(proof)])) == [(Fault.PREV, 5)]


def test_a_proof_that_proves_nothing() -> None:
    same = ForkProof(run_of(FEED[4:5]), run_of(FEED[4:5]))
    report = check(write(FEED[:4], [encode_proof(same)]))
    assert (report.verdict, report.accounts[0].forked_at) == (Verdict.TAMPERED, None)
    proof = ForkProof(run_of(FEED[4:5]), run_of(branch(FEED[3], 1)))
    lines = write(FEED[:4], [encode_proof(proof)])
    assert check(sealed([*lines[:-2], changed(lines[-2], seq=4), lines[-1]])).verdict is Verdict.TAMPERED
    assert check(sealed([*lines[:-2], changed(lines[-2], proof="AAAA"), lines[-1]])).verdict is Verdict.DAMAGED


# ------------------------------------------------------------------------------------------------------ broken files


def test_a_file_that_was_cut_off_is_noticed() -> None:
    lines = write(ROWS)
    for count in range(1, len(lines)):
        assert not check(lines[:count]).is_good
        assert not check([*lines[:count], lines[count][: len(lines[count]) // 2]]).is_good
    for nothing in ([], [b""], [b"", *lines], lines[1:], [None]):
        with pytest.raises(TranscriptError):
            check(nothing)


def test_a_first_or_last_line_that_does_not_fit() -> None:
    lines = write(ROWS)
    for wrong in (
        [*lines[:-1], changed(lines[-1], entries=7)],
        [*lines[:-1], changed(lines[-1], forks=1)],
        sealed([changed(lines[0], words="acorn acorn acorn"), *lines[1:]]),
    ):
        assert check(wrong).verdict is Verdict.DAMAGED


def test_lines_in_the_wrong_place() -> None:
    lines = write(ROWS)
    for wrong, fault in (
        ([*lines, lines[1]], Fault.DAMAGED),
        ([lines[0], *lines], Fault.DAMAGED),
        ([*lines[:2], *lines[1:]], Fault.REPEATED),
        ([*lines[:4], lines[1], *lines[4:]], Fault.ORDER),
        ([*lines[:2], None, *lines[2:]], Fault.DAMAGED),
        ([*lines[:2], b"", *lines[2:]], Fault.DAMAGED),
        ([*lines[:2], lines[2] + b"\r", *lines[3:]], Fault.DAMAGED),
    ):
        report = check(wrong)
        assert (report.verdict, report.findings[0].fault) == (Verdict.DAMAGED, fault)
        assert report.verified == 6, "what is there is genuine all the same"


@settings(max_examples=150)
@given(st.data())
def test_whatever_byte_is_flipped_is_noticed(data: st.DataObject) -> None:
    proof = ForkProof(run_of(FEED[4:5]), run_of(branch(FEED[3], 1)))
    lines = write([*unsigned(FEED[:4], 2, 4), *chain(BO, 2)], [encode_proof(proof)])
    at = data.draw(st.integers(0, len(lines) - 1))
    place = data.draw(st.integers(0, len(lines[at]) - 1))
    flipped = bytearray(lines[at])
    flipped[place] ^= data.draw(st.integers(1, 255))
    lines[at] = bytes(flipped)
    try:
        report = check(b"\n".join(lines).split(b"\n"))
    except TranscriptError:
        assert at == 0
        return
    assert not report.is_good


@settings(max_examples=100)
@given(st.data())
def test_whatever_is_changed_in_an_entry_is_noticed_though_the_file_is_sealed_again(data: st.DataObject) -> None:
    lines = write([*ROWS, *chain(BO, 3)])
    at = data.draw(st.integers(1, len(lines) - 2))
    fields = json.loads(lines[at])
    field = data.draw(st.sampled_from(sorted(fields.keys() - {"t"})))
    value = fields[field]
    if isinstance(value, int):
        new = data.draw(st.integers(0, 70_000).filter(lambda number: number != value))
    else:
        place = data.draw(st.integers(0, len(value) - 1))
        new = value[:place] + data.draw(st.sampled_from("0123456789abcdefx").filter(lambda c: c != value[place]))
        new += value[place + 1 :]
    lines[at] = changed(lines[at], **{field: new})
    assert not check(sealed(lines)).is_good


@settings(max_examples=60)
@given(st.integers(0, 2**32), st.sampled_from(["shuffle", "repeat", "drop"]))
def test_disorder_never_makes_a_forgery_genuine(seed: int, how: str) -> None:
    chance = random.Random(seed)
    lines = write([*ROWS, *chain(BO, 3)])
    body = lines[1:-1]
    if how == "shuffle":
        chance.shuffle(body)
    elif how == "repeat":
        body.insert(chance.randrange(len(body)), chance.choice(body))
    else:
        body.pop(chance.randrange(len(body)))
    mixed = [lines[0], *body, lines[-1]]
    report = check(mixed)
    assert report.is_good == (mixed == lines)
    assert report.verdict is not Verdict.TAMPERED
    assert report.verified <= 9


@given(st.lists(st.one_of(st.none(), st.binary(max_size=80), st.sampled_from(write(ROWS))), max_size=12))
def test_any_lines_raise_only_the_one_error(lines: list[bytes | None]) -> None:
    try:
        check([write([])[0], *lines])
        check(lines)
    except TranscriptError:
        assert not lines or lines[0] != write([])[0]


def test_memory_does_not_grow_with_what_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "FEEDS_MAX", 3)
    feed = chain(ANA, 2 * GAPS_KEPT + 20)
    report = check(write(feed[1::2]))
    (account,) = report.accounts
    assert (len(account.gaps), account.missing) == (GAPS_KEPT, GAPS_KEPT + 10)
    report = check([write([])[0], *[b"?"] * (2 * FAULTS_KEPT)])
    assert (len(report.findings), report.faults) == (FAULTS_KEPT, 2 * FAULTS_KEPT + 1)
    many = check(write([chain(identity(number), 1)[0] for number in range(10, 15)]))
    assert len(many.accounts) == 3 and many.verdict is Verdict.DAMAGED
