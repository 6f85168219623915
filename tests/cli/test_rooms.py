"""The commands about saved rooms, run as real processes: what goes to which stream, and the exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from p2pchat_tui.cli.profiles import open_folder_or_guest
from p2pchat_tui.cli.terminal import table
from p2pchat_tui.ssc.room import read_invite
from tests.cli.program import run, run_in_shell


def test_a_room_from_its_making_to_its_end(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    made = run(here, "new", "garden", "--relay", "relay.example.org")
    assert made.returncode == 0
    (line,) = made.stdout.splitlines()
    invite = read_invite(line)
    assert (invite.name, invite.relay) == ("garden", "wss://relay.example.org/ws")
    assert "p2pchat-tui join" in made.stderr and line not in made.stderr

    assert run(here, "invite", "GARDEN").stdout == made.stdout

    joined = run(there, "join", given=f"\n  {line[:30]}\n{line[30:]}  \n")
    assert (joined.returncode, joined.stdout) == (0, "garden\n")
    assert joined.stderr.endswith("You open it with `p2pchat-tui garden`.\n")
    again = run(there, "join", "kitchen", P2PCHAT_INVITE=line)
    assert (again.returncode, again.stdout) == (0, "garden\n")
    assert "It is called garden here, since it is saved already." in again.stderr

    (room,) = (json.loads(each) for each in run(there, "rooms", "--json").stdout.splitlines())
    (mine,) = (json.loads(each) for each in run(here, "rooms", "--json").stdout.splitlines())
    for key in ("name", "room_id", "words", "relay"):
        assert room[key] == mine[key]
    heads, row = run(there, "rooms").stdout.splitlines()
    assert heads.split() == ["ROOM", "WORDS", "RELAY", "OPENED"]
    assert row.startswith("garden") and room["words"] in row and "wss://relay.example.org/ws" in row
    assert room["words"] in joined.stderr

    asked = run(there, "forget", "garden")
    assert asked.returncode == 2 and "--yes" in asked.stderr
    assert run(there, "forget", "garden", "--yes").returncode == 0
    empty = run(there, "rooms")
    assert (empty.returncode, empty.stdout) == (0, "")
    assert "p2pchat-tui new NAME" in empty.stderr
    gone = run(there, "invite", "garden")
    assert (gone.returncode, gone.stdout) == (1, "")
    assert "no saved room called garden" in gone.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_room_whose_invite_cannot_be_written_is_made_all_the_same_and_it_says_so(tmp_path: Path) -> None:
    made = run_in_shell(tmp_path / "a", "new 'my garden' >/dev/full")
    assert made.returncode == 1 and len(made.stderr.splitlines()) == 1
    assert "The room my garden is made, but nobody could be told (no space left on device)." in made.stderr
    assert "`p2pchat-tui invite 'my garden'`" in made.stderr
    invite = run(tmp_path / "a", "invite", "my garden").stdout
    joined = run_in_shell(tmp_path / "b", "join >/dev/full", given=invite)
    assert joined.returncode == 1 and "The room my garden is saved, but" in joined.stderr
    assert run(tmp_path / "b", "rooms").stdout.count("my garden") == 1


def test_a_name_that_another_room_has(tmp_path: Path) -> None:
    run(tmp_path / "a", "new", "garden")
    joined = run(tmp_path / "a", "join", "garden", given=run(tmp_path / "b", "new", "kitchen").stdout)
    name = joined.stdout.strip()
    assert name != "garden" and f"It is called {name} here, since garden is another room." in joined.stderr


def test_name_and_passphrase_lead_to_one_room(tmp_path: Path) -> None:
    for home, name, phrase in (("a", "Garden", "five  quiet words\n"), ("b", "garden", "five quiet words")):
        done = run(tmp_path / home, "join", name, given=phrase)
        assert (done.returncode, done.stdout) == (0, name + "\n")
        assert "fair" in done.stderr and "quiet" not in done.stderr
    ids = {json.loads(run(tmp_path / home, "rooms", "--json").stdout)["room_id"] for home in "ab"}
    assert len(ids) == 1


@pytest.mark.parametrize(
    "given",
    [
        "p2pchat:///garden#ABCD-EFGH",
        "p2pchat:///garden#0000-0000-0000-0000-0000-0000-0000-0000",
        "not an invite",
        "/garden#CM3Q-BVT6-GWR9-5G79-6XDK-JBA5-VZPY-BP87",
    ],
)
@pytest.mark.parametrize("name", [[], ["kitchen"]])
def test_a_damaged_invite_is_refused_and_not_repeated(tmp_path: Path, given: str, name: list[str]) -> None:
    if name and given == "not an invite":
        pytest.skip("with a name this is a passphrase")
    done = run(tmp_path, "join", *name, given=given)
    assert (done.returncode, done.stdout) == (4, "")
    assert len(done.stderr.splitlines()) == 1
    assert given.rpartition("#")[2] not in done.stderr or given == "not an invite"
    assert run(tmp_path, "rooms").stdout == ""


@pytest.mark.parametrize(
    "arguments", [["new", ""], ["new", "\u200b"], ["new", "kitchen", "--keep", "some"], ["keep", "garden", "some"]]
)
def test_a_name_or_a_measure_that_says_nothing_is_wrong_usage(tmp_path: Path, arguments: list[str]) -> None:
    run(tmp_path, "new", "garden")
    done = run(tmp_path, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert [json.loads(line)["name"] for line in run(tmp_path, "rooms", "--json").stdout.splitlines()] == ["garden"]


def test_a_dash_is_standard_input_and_no_name(tmp_path: Path) -> None:
    invite = run(tmp_path / "a", "new", "garden").stdout
    done = run(tmp_path / "b", "join", "-", given=invite)
    assert (done.returncode, done.stdout) == (0, "garden\n")


def test_a_name_that_is_given_with_a_room_is_kept(tmp_path: Path) -> None:
    assert run(tmp_path, "new", "garden", "--name", "ana").returncode == 0
    assert "In garden as ana" in run(tmp_path, "pipe", "garden").stderr
    assert "In garden as visitor" in run(tmp_path, "pipe", "garden", "--name", "visitor").stderr
    assert "In garden as ana" in run(tmp_path, "pipe", "garden").stderr, "that one was for one run"
    assert run(tmp_path, "new", "yard", "--name", "anna").returncode == 0
    assert "In yard as anna" in run(tmp_path, "pipe", "yard").stderr
    assert "In garden as ana" in run(tmp_path, "pipe", "garden").stderr, "and this one for its room"


def test_the_first_name_that_is_given_is_kept(tmp_path: Path) -> None:
    run(tmp_path, "--profile", "other", "new", "garden")
    invite = run(tmp_path, "--profile", "other", "invite", "garden").stdout
    run(tmp_path, "pipe", "garden", "--name", "ana", P2PCHAT_INVITE=invite)
    assert "In garden as ana" in run(tmp_path, "pipe", "garden").stderr


def test_a_damaged_invite_in_the_environment(tmp_path: Path) -> None:
    assert run(tmp_path, "join", P2PCHAT_INVITE="p2pchat:///x#ABCD").returncode == 4


def test_no_invite_at_all(tmp_path: Path) -> None:
    done = run(tmp_path, "join", given=" \n")
    assert done.returncode == 2 and "P2PCHAT_INVITE" in done.stderr


def test_a_qr_code_follows_the_invite(tmp_path: Path) -> None:
    first, *code = run(tmp_path, "new", "garden", "--qr").stdout.splitlines()
    assert first.startswith("p2pchat:///garden#")
    assert len(code) > 10 and all(set(line) <= set(" ▀▄█") for line in code)


def test_a_name_twice(tmp_path: Path) -> None:
    assert run(tmp_path, "new", "garden").returncode == 0
    done = run(tmp_path, "new", "#Garden")
    assert (done.returncode, done.stdout) == (1, "")
    assert "already" in done.stderr


def test_rooms_can_be_read_while_another_window_has_the_profile(tmp_path: Path) -> None:
    invite = run(tmp_path, "new", "garden").stdout
    with open_folder_or_guest(tmp_path, "default"):
        assert run(tmp_path, "invite", "garden").stdout == invite
        assert "garden" in run(tmp_path, "rooms").stdout
        for command in (["new", "x"], ["join"], ["forget", "garden", "--yes"]):
            done = run(tmp_path, *command, given=invite)
            assert done.returncode == 1 and "open in another window" in done.stderr
    assert not (tmp_path / "profiles" / "default-guest-1").exists()


def test_forgetting_reaches_the_guests(tmp_path: Path) -> None:
    run(tmp_path, "new", "garden")
    with open_folder_or_guest(tmp_path, "default"):
        assert run(tmp_path, "pipe", "garden").returncode == 0  # as a guest, which copies the rooms
    assert "garden" in run(tmp_path, "--profile", "default-guest-1", "rooms").stdout
    assert run(tmp_path, "forget", "garden", "--yes").returncode == 0
    assert run(tmp_path, "--profile", "default-guest-1", "rooms").stdout == ""


def test_a_room_called_like_a_command_is_shown_with_the_way_to_open_it(tmp_path: Path) -> None:
    assert "`p2pchat-tui -- demo`" in run(tmp_path, "new", "demo").stderr
    assert "`p2pchat-tui 'my room'`" in run(tmp_path, "new", "my room").stderr


def test_columns_stand_under_each_other() -> None:
    assert table([("a", "b"), ("日本", "c")]) == ["a     b", "日本  c"]
    assert table([]) == []
