"""The folder of a profile: its lock, its identity, its guests."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from p2pchat_tui.cli import profiles
from p2pchat_tui.cli.compose import open_profile
from p2pchat_tui.cli.errors import Failure
from p2pchat_tui.cli.profiles import open_folder, open_folder_or_guest, proposed_nickname
from p2pchat_tui.config import Config
from p2pchat_tui.session import api
from tests.helpers import identity

ROOT = Path(__file__).resolve().parents[2]
HOLD = """
import sys
from pathlib import Path
from p2pchat_tui.cli.profiles import open_folder_or_guest
folder = open_folder_or_guest(Path(sys.argv[1]), "default")
print(folder.path.name, folder.identity().peer.text, flush=True)
sys.stdin.read()
"""


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def hold(home: Path) -> subprocess.Popen[str]:
    """Another process that has the profile, or a guest of it, until its standard input ends."""
    return subprocess.Popen(
        [sys.executable, "-c", HOLD, str(home)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def told(process: subprocess.Popen[str]) -> list[str]:
    assert process.stdout
    return process.stdout.readline().split()


def test_folders_and_key_are_private(tmp_path: Path) -> None:
    home = tmp_path / "a" / "b"
    with open_folder_or_guest(home, "default") as folder:
        folder.identity()
        assert [mode(path) for path in (home, home / "profiles", folder.path)] == [0o700] * 3
        assert mode(folder.path / "identity.key") == 0o600
        assert sorted(path.name for path in folder.path.iterdir()) == ["identity.key", "lock"]


def test_an_identity_is_made_once(tmp_path: Path) -> None:
    with open_folder_or_guest(tmp_path, "default") as folder:
        first = folder.identity().peer
    with open_folder_or_guest(tmp_path, "default") as folder:
        assert folder.identity().peer == first
    with open_folder_or_guest(tmp_path, "other") as folder:
        assert folder.identity().peer != first


def test_an_identity_is_never_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_folder_or_guest(tmp_path, "default") as folder:
        path = folder.path / "identity.key"
        real_exists = Path.exists
        path.write_text("ab" * 32)
        # As if it had come into being between the look and the writing.
        monkeypatch.setattr(Path, "exists", lambda self: self != path and real_exists(self))
        with pytest.raises(FileExistsError):
            folder.identity()
        assert path.read_text() == "ab" * 32
        assert not (folder.path / ".identity.key.new").is_file()


def test_a_crash_while_the_identity_was_written_does_no_harm(tmp_path: Path) -> None:
    with open_folder_or_guest(tmp_path, "default") as folder:
        (folder.path / ".identity.key.new").write_text("half")
        assert folder.identity().peer == folder.identity().peer


@pytest.mark.parametrize("damage", [b"", b"ab" * 31, b"zz" * 32, b"\xff" * 64, b"ab" * 33])
def test_a_damaged_identity_is_said_and_kept(tmp_path: Path, damage: bytes) -> None:
    with open_folder_or_guest(tmp_path, "default") as folder:
        path = folder.path / "identity.key"
        path.write_bytes(damage)
        with pytest.raises(Failure, match="is damaged"):
            folder.identity()
        assert path.read_bytes() == damage


def test_a_key_that_was_let_open_is_closed(tmp_path: Path) -> None:
    with open_folder_or_guest(tmp_path, "default") as folder:
        folder.identity()
        (folder.path / "identity.key").chmod(0o644)
        folder.identity()
        assert mode(folder.path / "identity.key") == 0o600


def test_two_processes_never_have_one_profile(tmp_path: Path) -> None:
    with hold(tmp_path) as first, hold(tmp_path) as second, hold(tmp_path) as third:
        seen = [told(process) for process in (first, second, third)]
        assert sorted(name for name, _ in seen) == ["default", "default-guest-1", "default-guest-2"]
        assert len({peer for _, peer in seen}) == 3
        assert open_folder(tmp_path, "default") is None
        for process in (first, second, third):
            process.communicate()
    with open_folder_or_guest(tmp_path, "default") as folder:
        assert (folder.guest, folder.notice) == (0, "")


def test_a_killed_process_gives_the_profile_back(tmp_path: Path) -> None:
    with hold(tmp_path) as process:
        assert told(process)[0] == "default"
        process.kill()
        process.wait()
    with open_folder_or_guest(tmp_path, "default") as folder:
        assert folder.guest == 0


def test_a_guest_keeps_its_identity_and_says_what_it_is(tmp_path: Path) -> None:
    peers = set()
    for _ in range(2):
        with open_folder_or_guest(tmp_path, "default"), open_folder_or_guest(tmp_path, "default") as guest:
            peers.add(guest.identity().peer)
            assert guest.notice == (
                'Profile "default" is open in another window, so this one is guest 1: its own identity, same rooms. '
                "People are called, marked and ignored as in the profile; what you decide about them here stays in "
                "this window."
            )
    assert len(peers) == 1


def test_guests_have_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(profiles, "GUESTS_MAX", 1)
    with (
        open_folder_or_guest(tmp_path, "default"),
        open_folder_or_guest(tmp_path, "default"),
        pytest.raises(Failure, match="1 windows"),
    ):
        open_folder_or_guest(tmp_path, "default")


async def test_a_guest_knows_people_as_its_profile_does(tmp_path: Path) -> None:
    config = Config(home=tmp_path, local_port=0)
    ana, bo, cy = (identity(number).peer for number in (1, 2, 3))
    async with open_profile(config, guest=True) as main:
        for decision in (api.SetAlias(ana, "Ana at work"), api.SetVerified(ana, True), api.SetIgnored(bo, True)):
            await main.profile.decide(decision)
        async with open_profile(config, guest=True) as guest:
            assert [name for _, name in await guest.profile.ignored()] == [f"?{bo.tag}"]
            with pytest.raises(api.CommandRefused, match="Ana at work already"):
                await guest.profile.decide(api.SetAlias(cy, "ana at work"))
            await guest.profile.decide(api.SetIgnored(bo, False))
            await guest.profile.decide(api.SetIgnored(cy, True))
        assert [peer for peer, _ in await main.profile.ignored()] == [bo], "the profile's own stay as they are"
        await main.profile.decide(api.SetVerified(ana, False))
        async with open_profile(config, guest=True) as guest:
            assert {peer for peer, _ in await guest.profile.ignored()} == {bo, cy}
            known = {person.peer: person for person in guest.profile._people.people.all()}
            assert known[ana].alias == "Ana at work" and not known[ana].verified_ms


async def test_a_guest_does_not_ignore_itself_nor_learn_of_people_about_whom_nothing_was_decided(
    tmp_path: Path,
) -> None:
    config = Config(home=tmp_path, local_port=0)
    with open_folder_or_guest(tmp_path, "default"), open_folder_or_guest(tmp_path, "default") as folder:
        me = folder.identity().peer
    async with open_profile(config, guest=True) as main:
        await main.profile.decide(api.SetIgnored(me, True))
        await main.profile.decide(api.SetIgnored(identity(1).peer, False))
        async with open_profile(config, guest=True) as guest:
            assert await guest.profile.ignored() == ()
            assert guest.profile._people.people.all() == ()


async def test_a_guest_has_the_rooms_of_its_profile(tmp_path: Path) -> None:
    config = Config(home=tmp_path, local_port=0)
    async with open_profile(config, guest=True) as main:
        garden = await main.profile.new_room("garden")
        await main.profile.direct(identity(1).peer, "ana", "garden")
        invite = await main.profile.invite("garden")
        async with open_profile(config, guest=True) as guest:
            assert "guest 1" in guest.profile.notice
            assert [room.room for room in await guest.profile.rooms()] == [garden.room], "none of those of two"
            assert await guest.profile.invite("garden") == invite
            own = await guest.profile.new_room("kitchen")
        kitchen = await main.profile.new_room("kitchen")
        async with open_profile(config, guest=True) as guest:
            names = {room.room: room.name for room in await guest.profile.rooms()}
            assert names[garden.room] == "garden" and names[own.room] == "kitchen"
            assert names[kitchen.room] == f"kitchen {kitchen.room.text[:4]}"
        async with open_profile(config, guest=True) as guest:
            assert len(await guest.profile.rooms()) == 3
    async with open_profile(config, guest=True) as main:
        assert main.profile.notice == ""
        assert {room.name for room in await main.profile.rooms()} == {"garden", "kitchen", "ana"}


async def test_without_guests_an_open_profile_is_refused(tmp_path: Path) -> None:
    config = Config(home=tmp_path, local_port=0)
    async with open_profile(config, guest=False):
        with pytest.raises(Failure, match="open in another window"):
            async with open_profile(config, guest=False):
                pass


async def test_a_name_is_proposed_once_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = Config(home=tmp_path, local_port=0)
    monkeypatch.setattr("getpass.getuser", lambda: "root")
    async with open_profile(config, guest=True) as opened:
        proposed = opened.profile.nickname
        assert "-" in proposed
    async with open_profile(config, guest=True) as opened:
        assert opened.profile.nickname == proposed
        opened.profile.nickname = "ana"
    async with open_profile(config, guest=True) as opened:
        assert opened.profile.nickname == "ana"
    async with open_profile(Config(home=tmp_path, local_port=0, nickname="bo"), guest=True) as opened:
        assert opened.profile.nickname == "bo"
    async with open_profile(config, guest=True) as opened:
        assert opened.profile.nickname == "ana"


def test_the_user_name_is_proposed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "@a\x1bna")
    assert proposed_nickname(os.urandom) == "a␛na"

    def nobody() -> str:
        raise KeyError("no such user")

    monkeypatch.setattr("getpass.getuser", nobody)
    assert proposed_nickname(bytes) == "acorn-acorn"
