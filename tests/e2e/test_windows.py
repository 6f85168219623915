"""Two people at two terminals: the app as it is used."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.program import run
from tests.e2e.tmux import MISSING, Terminal
from tests.machine import free_port

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(MISSING), reason=MISSING or "tmux")]


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    terminal = Terminal(tmp_path)
    yield terminal
    terminal.close()


def test_a_new_room_an_invite_a_chat_and_a_crash(tmp_path: Path, terminal: Terminal) -> None:
    port = ("--local-port", str(free_port()))
    ana = terminal.open(tmp_path / "ana", "--name", "ana", *port)
    ana.until("new room")
    ana.press("C-a", "C-k", until="name of the room")
    ana.type("orchard")
    ana.until("Waiting for somebody")
    ana.until("p2pchat:///orchard#")
    invite = run(tmp_path / "ana", "invite", "orchard").stdout.strip()

    bo = terminal.open(tmp_path / "bo", "--name", "bo", *port)
    bo.until("new room")
    bo.press("C-a", "C-k", until="name of the room")
    bo.keys("Tab", "Tab")
    bo.paste(invite)
    bo.until("It will be saved")
    assert invite.rpartition("#")[2] not in bo.screen
    bo.keys("Enter")

    bo.until("● ana")
    ana.until("● bo")
    ana.type("hello from ana")
    bo.until("hello from ana")
    bo.type("hello from bo")
    ana.until("hello from bo")
    bo.until("✓✓")

    bo.kill()
    ana.until("○ bo")
    ana.type("where are you?")
    again = terminal.open(tmp_path / "bo", "--name", "bo", *port, "orchard")
    again.until("where are you?")
    again.until("hello from bo")
    ana.until("● bo")
    again.type("back again")
    ana.until("back again")
    assert ana.screen.count("hello from bo") == 1

    for window in (again, ana):
        window.keys("C-q")
        assert window.ended() == 0


def test_a_second_window_of_one_profile_is_a_guest(tmp_path: Path, terminal: Terminal) -> None:
    port = ("--local-port", str(free_port()))
    assert run(tmp_path / "ana", "new", "orchard").returncode == 0
    first = terminal.open(tmp_path / "ana", "--name", "ana", *port, "orchard")
    first.until("#orchard")
    first.type("from the first window")
    first.until("from the first window")
    second = terminal.open(tmp_path / "ana", "--name", "ann", *port, "orchard")
    second.until("from the first window")
    second.type("from the guest")
    first.until("from the guest")
    for window in (second, first):
        window.keys("C-q")
        assert window.ended() == 0


def test_a_room_that_is_not_there(tmp_path: Path, terminal: Terminal) -> None:
    window = terminal.open(tmp_path / "ana", "--local-port", "0", "nowhere")
    window.until("no saved room called nowhere")


def test_a_room_of_two_is_opened_asked_for_and_there_at_the_next_start(tmp_path: Path, terminal: Terminal) -> None:
    port = ("--local-port", str(free_port()))
    assert run(tmp_path / "ana", "new", "orchard").returncode == 0
    invite = run(tmp_path / "ana", "invite", "orchard").stdout
    assert run(tmp_path / "bo", "join", given=invite).returncode == 0
    ana = terminal.open(tmp_path / "ana", "--name", "ana", *port, "orchard")
    bo = terminal.open(tmp_path / "bo", "--name", "bo", *port, "orchard")
    ana.until("● bo")
    bo.until("● ana")
    ana.type("/msg bo just between us")
    ana.until("Here begins @bo")
    bo.until("would like to talk to you alone")
    assert "between us" not in bo.screen
    bo.type("/msg ana")
    bo.until("just between us")
    bo.type("nobody else hears it")
    ana.until("nobody else hears it")
    bo.keys("C-q")
    assert bo.ended() == 0
    again = terminal.open(tmp_path / "bo", "--name", "bo", *port)
    again.until("Here begins @ana")
    ana.type("back already?")
    again.until("back already?")
    for window in (again, ana):
        window.keys("C-q")
        assert window.ended() == 0
