"""`export` and `verify` as people run them, on a real profile with several authors, a gap and a copied identity."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from argparse import Namespace
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from p2pchat_tui.cli.errors import Failure
from p2pchat_tui.cli.export import SLICE
from p2pchat_tui.cli.profiles import open_folder_or_guest
from p2pchat_tui.cli.verify import verify
from p2pchat_tui.config import Config
from p2pchat_tui.session.cut_off import keep_cut_off, read_cut_off
from p2pchat_tui.ssc.body import Edit, Profile, React, Retract, Say, Topic
from p2pchat_tui.ssc.entry import SEQ_MAX
from p2pchat_tui.ssc.forks import ForkProof
from p2pchat_tui.ssc.ids import RoomId, stamp_of
from p2pchat_tui.ssc.room import read_invite, room_keys
from p2pchat_tui.ssc.runs import run_of
from p2pchat_tui.ssc.transcript import Writer as TranscriptWriter
from p2pchat_tui.ssc.wire import encode_proof
from p2pchat_tui.store.sqlite import SqliteStore, open_store
from tests.cli.program import LIMIT_S, environment, run
from tests.contracts.store import Writer

NOON = stamp_of(1_700_049_600_000)
"""15 November 2023, 12:00 UTC."""
MINUTE = stamp_of(60_000)


@dataclass
class Room:
    """A saved room with its database."""

    home: Path
    room: RoomId
    secret: str
    entries: int = 0

    async def open(self) -> SqliteStore:
        return await open_store(self.home / "profiles" / "default" / "rooms.db")


@pytest.fixture
def orchard(tmp_path: Path) -> Room:
    line = run(tmp_path, "new", "orchard").stdout
    secret = read_invite(line).secret
    return Room(tmp_path, room_keys(secret).room, line.rpartition("#")[2].strip())


async def fill(orchard: Room) -> None:
    """ana, bo, and cy, who lost a part and was copied."""
    ana, bo, cy = (Writer(number, orchard.room) for number in (1, 2, 3))
    ana.write(Profile("ana"), NOON)
    hello = ana.write(Say("# hello 🎉 <b>ñ\u0301</b>"))
    bo.write(Profile("bo\x1b[31m"), NOON + MINUTE)
    bo.write(Say("hi\n\n## bo was here", hello.id.text))
    ana.write(Edit(hello.id.text, "# hello all"), NOON + 2 * MINUTE)
    gone = ana.write(Say("secret"))
    ana.write(Retract(gone.id.text))
    ana.write(Topic("apples"))
    bo.write(React(hello.id.text, "👍"))
    bo.write(b"\xff\x00\x9b not JSON")
    cy.write(Profile("cy"), NOON + 1440 * MINUTE)
    cy.say(7)
    other = Writer(3, orchard.room)
    other.entries = cy.entries[:6]
    fork = other.write(Say("from a copy"), cy.entries[5].stamp + 3)
    proof = ForkProof(run_of(cy.entries[6:7]), run_of([fork]))
    kept = [*(replace(entry, signature=b"") for entry in ana.entries[:-1]), ana.entries[-1], *bo.entries]
    kept += [*cy.entries[:2], *(replace(entry, signature=b"") for entry in cy.entries[4:6]), *cy.entries[6:]]
    store = await orchard.open()
    await store.append(orchard.room, kept, durable=True)
    await store.cut(orchard.room, cy.peer, proof.seq, encode_proof(proof))
    await store.close()
    orchard.entries = len(ana.entries) + len(bo.entries) + 4


async def test_a_transcript_from_export_to_verify(orchard: Room, tmp_path: Path) -> None:
    await fill(orchard)
    file = tmp_path / "room.jsonl"
    with open_folder_or_guest(orchard.home, "default"):
        done = run(orchard.home, "export", "Orchard", "--format", "jsonl", "--output", str(file))
        assert (done.returncode, done.stdout) == (0, ""), done.stderr
        assert f"Written: {orchard.entries} entries of orchard" in done.stderr
        piped = run(orchard.home, "export", "orchard", "--format", "jsonl")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    text = file.read_text()
    assert piped.stdout.splitlines()[1:-1] == text.splitlines()[1:-1]
    assert piped.stdout.replace("\n", "").isprintable()
    assert orchard.secret not in text

    nowhere = tmp_path / "nowhere"
    told = run(nowhere, "verify", str(file))
    assert told.returncode == 0, told.stderr
    assert not nowhere.exists(), "it needs no profile"
    assert told.stdout.replace("\n", "").isprintable()
    assert "orchard" in told.stdout and "bo␛[31m" in told.stdout
    assert "entries 3–4 are not in this file" in told.stdout
    assert "identity was copied" in told.stdout and "from entry 7 on" in told.stdout
    assert told.stdout.splitlines()[-1] == "Good: all 14 entries by 3 authors are genuine; 2 more are not in this file."

    report = json.loads(run(nowhere, "verify", str(file), "--json").stdout)
    assert (report["verdict"], report["room_id"], report["verified"]) == ("gaps", orchard.room.text, orchard.entries)
    authors = {each["name"]: each for each in report["authors"]}
    assert {name: (each["verified"], each["messages"], each["gaps"]) for name, each in authors.items()} == {
        "ana": (6, 2, []),
        "bo␛[31m": (4, 1, []),
        "cy": (4, 3, [[3, 4]]),
    }
    assert authors["cy"]["forked_at"] == 7
    assert authors["ana"]["key"] == Writer(1).peer.text and authors["ana"]["tag"] == Writer(1).peer.tag


def test_a_dash_is_standard_output_and_input(orchard: Room, tmp_path: Path) -> None:
    made = run(orchard.home, "export", "orchard", "--format", "jsonl", "--output", "-")
    assert made.returncode == 0 and made.stdout.startswith("{")
    assert run(tmp_path, "verify", "-", given=made.stdout).returncode == 0
    assert run(tmp_path, "verify", "-").returncode == 1


async def test_a_single_entry_is_told_as_one(orchard: Room, tmp_path: Path) -> None:
    one, two = Writer(1, orchard.room).say(1)[0], Writer(1, orchard.room).say(2)[1]
    file = tmp_path / "room.jsonl"
    for entry, ends in (
        (one, "Good: the 1 entry by 1 author is genuine, and none is missing below the newest of each."),
        (two, "Good: the 1 entry by 1 author is genuine; 1 more is not in this file."),
    ):
        transcript = TranscriptWriter(orchard.room)
        file.write_bytes(transcript.header("orchard", 0) + transcript.lines([entry]) + transcript.end())
        told = run(tmp_path, "verify", str(file)).stdout
        assert told.splitlines()[-1] == ends
    assert "entry 1 is not in this file" in told


async def test_what_somebody_has_changed_is_found(orchard: Room, tmp_path: Path) -> None:
    await fill(orchard)
    lines = run(orchard.home, "export", "orchard", "--format", "jsonl").stdout.splitlines(keepends=True)
    file = tmp_path / "room.jsonl"
    at = next(number for number, line in enumerate(lines) if "hello all" in line)
    file.write_text("".join([*lines[:at], lines[at].replace("hello all", "good bye"), *lines[at + 1 :]]))
    done = run(tmp_path, "verify", str(file))
    assert done.returncode == 1
    assert f"line {at + 1}: entry 3 of {Writer(1).peer.tag}: what it says does not fit its id" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("Tampered with")
    file.write_text("".join(lines[:-1]))
    cut = run(tmp_path, "verify", str(file), "--json")
    assert (cut.returncode, json.loads(cut.stdout)["verdict"]) == (1, "damaged")


async def test_a_room_for_people(orchard: Room, tmp_path: Path) -> None:
    await fill(orchard)
    with open_folder_or_guest(orchard.home, "default"):
        done = run(orchard.home, "export", "orchard", TZ="UTC")
    assert done.returncode == 0
    head, first, second = done.stdout.split("\n## ")
    assert head.startswith("# orchard\n\napples\n\nRoom words: ")
    assert first == (
        "Wednesday 15 November 2023\n\n**ana** 12:00 (edited)\n\n\\# hello all\n\n👍 bo␛\\[31m\n"
        "\n**bo␛\\[31m** 12:01\n\n> **ana**: \\# hello all\n\nhi\n\n\\## bo was here\n"
        "\n**ana** 12:02\n\n*taken back*\n"
    )
    assert second.startswith("Thursday 16 November 2023\n\n**cy** 12:00\n\nmessage 2\n")
    assert "secret" not in done.stdout and "message 7" not in done.stdout


async def test_what_was_cut_off_is_written_down_for_who_wrote_it(orchard: Room) -> None:
    await fill(orchard)
    store, di, room = await orchard.open(), Writer(4, orchard.room), orchard.room
    lost = [di.write(Say(text), NOON + MINUTE) for text in ("# two", "one *there*")]
    lost += [di.write(Edit(lost[0].id.text, "# three"), NOON + 2 * MINUTE)]
    await store.append(room, lost, durable=True)
    for _ in range(2):  # a disk that was full is asked again
        await keep_cut_off(store, room, di.peer, 1, SEQ_MAX)
    assert [each.text for each in await read_cut_off(store, room)] == ["# two", "one *there*", "# three"]
    await store.close()
    *_, last = run(orchard.home, "export", "orchard", TZ="UTC").stdout.split("\n## ")
    assert last == (
        "Cut off\n\nThis profile's identity was copied, so the others have nothing of this:\n\n"
        "Wednesday 15 November 2023, 12:01\n\n\\# two\n\nWednesday 15 November 2023, 12:01\n\none \\*there\\*\n\n"
        "Wednesday 15 November 2023, 12:02\n\n\\# three\n"
    )


async def test_more_than_one_slice(orchard: Room, tmp_path: Path) -> None:
    ana, store = Writer(1, orchard.room), await orchard.open()
    await store.append(orchard.room, ana.say(2 * SLICE + 1), durable=False)
    await store.close()
    text = run(orchard.home, "export", "orchard").stdout
    said = [line for line in text.splitlines() if line.startswith("message ")]
    assert said == [f"message {number}" for number in range(1, 2 * SLICE + 2)]
    file = tmp_path / "x"
    file.write_text(run(orchard.home, "export", "orchard", "--format", "jsonl").stdout)
    assert f"all {2 * SLICE + 1:,} entries by 1 author" in run(tmp_path, "verify", str(file)).stdout


def test_an_empty_room(orchard: Room, tmp_path: Path) -> None:
    done = run(orchard.home, "export", "orchard")
    assert done.stdout.startswith("# orchard\n") and "Nothing of orchard is on this disk" in done.stderr
    file = tmp_path / "x"
    assert run(orchard.home, "export", "orchard", "--format", "jsonl", "--output", str(file)).returncode == 0
    assert run(tmp_path, "verify", str(file)).returncode == 0


def test_a_file_is_written_whole_or_not_at_all(orchard: Room, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    file = folder / "room.md"
    file.write_text("mine")
    refused = run(orchard.home, "export", "orchard", "--output", str(file))
    assert refused.returncode == 1 and "--force" in refused.stderr and file.read_text() == "mine"
    nowhere = run(orchard.home, "export", "kitchen", "--output", str(file), "--force")
    assert nowhere.returncode == 1 and file.read_text() == "mine"
    database = orchard.home / "profiles" / "default" / "rooms.db"
    with database.open("r+b") as broken:
        broken.seek(4096)
        broken.write(b"\xff" * 200)
    failed = run(orchard.home, "export", "orchard", "--output", str(file), "--force")
    assert failed.returncode == 1 and len(failed.stderr.splitlines()) == 1
    assert file.read_text() == "mine"
    assert [each.name for each in folder.iterdir()] == ["room.md"]


def test_force_replaces_a_file_and_nothing_else(orchard: Room, tmp_path: Path) -> None:
    file = tmp_path / "room.md"
    file.write_text("old")
    file.chmod(0o644)
    assert run(orchard.home, "export", "orchard", "--output", str(file), "--force").returncode == 0
    assert file.read_text().startswith("# orchard") and stat.S_IMODE(file.stat().st_mode) == 0o600
    for wrong, code in ((["--output", str(tmp_path), "--force"], 1), (["--force"], 2), (["--format", "html"], 2)):
        done = run(orchard.home, "export", "orchard", *wrong)
        assert (done.returncode, done.stdout) == (code, "") and len(done.stderr.splitlines()) == 1
    missing = run(orchard.home, "export", "orchard", "--output", str(tmp_path / "no" / "file"))
    assert missing.returncode == 1 and "cannot be written" in missing.stderr


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        (None, 1, "no such file"),
        (b"", 1, "empty"),
        (b"# orchard\n", 1, "--format jsonl"),
        (b"\xff\x00\x1b]0;x\x07" * 99, 1, "no transcript"),
        (b"x" * 3_000_000, 1, "no transcript"),
        (b'{"t":"p2pchat transcript","version":2}\n', 4, "newer version"),
    ],
    ids=["missing", "empty", "markdown", "bytes", "long", "newer"],
)
async def test_files_that_are_no_transcript(tmp_path: Path, content: bytes | None, code: int, words: str) -> None:
    file = tmp_path / "x"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(Failure) as caught:
        await verify(Config(home=tmp_path), Namespace(file=str(file), json=False))
    assert caught.value.code == code and words in str(caught.value)


def test_a_file_that_is_called_oddly_or_is_a_folder(tmp_path: Path) -> None:
    odd = run(tmp_path, "verify", "x\x1b[31m")
    assert (odd.returncode, odd.stdout) == (1, "")
    assert "x␛[31m cannot be read: no such file" in odd.stderr and "\x1b" not in odd.stderr
    folder = run(tmp_path, "verify", str(tmp_path))
    assert folder.returncode == 1 and "cannot be read: is a directory" in folder.stderr


def test_a_line_that_is_too_long_is_skipped_and_told(orchard: Room, tmp_path: Path) -> None:
    lines = run(orchard.home, "export", "orchard", "--format", "jsonl").stdout.splitlines(keepends=True)
    file = tmp_path / "x"
    file.write_text("".join([lines[0], "y" * 3_000_000, "\n", lines[1]]))
    done = run(tmp_path, "verify", str(file))
    assert done.returncode == 1 and "line 2: it is longer than any line" in done.stdout
    assert "line 4" not in done.stdout


def test_a_file_without_an_end_is_told_of_all_the_same(orchard: Room, tmp_path: Path) -> None:
    endless = run(tmp_path, "verify", "/dev/zero")
    assert endless.returncode == 1 and "This is no transcript" in endless.stderr
    header = tmp_path / "header"
    header.write_text(run(orchard.home, "export", "orchard", "--format", "jsonl").stdout.partition("\n")[0] + "\n")
    command = f"cat {header} /dev/zero | {sys.executable} -m p2pchat_tui verify -"
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert done.returncode == 1
    assert "line 2: it is longer than any line" in done.stdout and "the file was cut off" in done.stdout
