"""A profile that is opened behind the app's first frame: errors, a quick end, and what the terminal shows of them."""

from __future__ import annotations

import asyncio
import os
import pty
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from p2pchat_tui.cli.opening import Opening
from p2pchat_tui.session.catalogue import RoomError
from p2pchat_tui.ui.starting import Start
from tests.cli.program import LIMIT_S, environment, run
from tests.ui.world import World


async def test_what_was_opened_is_closed() -> None:
    closed: list[str] = []
    profile = World().profile("maya")

    @asynccontextmanager
    async def resource() -> AsyncIterator[None]:
        yield
        closed.append("resource")

    async def open(stack: AsyncExitStack) -> Start:
        await stack.enter_async_context(resource())
        return Start(profile, "garden")

    async with Opening(open, ()) as opening:
        assert await opening.open() == (profile, "garden")
        assert not closed
    assert closed


async def test_an_end_in_the_middle_of_opening_closes_what_is_open_by_then() -> None:
    closed: list[str] = []

    @asynccontextmanager
    async def slow() -> AsyncIterator[None]:
        try:
            await asyncio.Event().wait()
            yield
        finally:
            await asyncio.sleep(0)
            closed.append("slow")

    async def open(stack: AsyncExitStack) -> Start:
        stack.callback(closed.append, "first")
        await stack.enter_async_context(slow())
        raise AssertionError

    async with Opening(open, ()) as opening:
        waiting = asyncio.create_task(opening.open())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait([waiting])
        assert not closed, "whoever no longer waits does not break it off"
    assert closed == ["slow", "first"]


async def test_an_error_reaches_whoever_waits_and_is_raised_once() -> None:
    async def open(_stack: AsyncExitStack) -> Start:
        raise RoomError("There is no such room.")

    async with Opening(open, ()) as opening:
        with pytest.raises(RoomError):
            await opening.open()


@pytest.mark.slow
def test_a_database_that_cannot_be_opened_is_said_where_the_first_frame_was(tmp_path: Path) -> None:
    run(tmp_path, "new", "garden")
    (tmp_path / "profiles" / "default" / "rooms.db").write_bytes(b"no database at all" * 1000)
    code, shown = in_terminal(tmp_path, "garden")
    frame, said = shown.rsplit("\x1b[?1049l", 1)
    assert "opening garden" in frame
    assert code == 1 and "p2pchat-tui: " in said and "damaged" in said and "Traceback" not in said


@pytest.mark.slow
@pytest.mark.parametrize("options", [("--ephemeral",), ()])
def test_a_damaged_invite(tmp_path: Path, options: tuple[str, ...]) -> None:
    code, shown = in_terminal(tmp_path, *options, P2PCHAT_INVITE="p2pchat:///garden#AAAA")
    said = shown.rsplit("\x1b[?1049l", 1)[-1]
    assert code == 4 and "damaged" in said
    assert bool(list(tmp_path.iterdir())) is not bool(options), "a window without a disk writes nothing"


@pytest.mark.slow
def test_a_line_of_a_script_is_kept_in_the_room_that_it_is_invited_to(tmp_path: Path) -> None:
    invite = run(tmp_path / "ana", "new", "garden").stdout.strip()
    sent = run(tmp_path / "bo", "pipe", "garden", "--wait", "0", given="hello\n", P2PCHAT_INVITE=invite)
    assert sent.returncode == 3, sent.stderr
    assert "\ngarden " in run(tmp_path / "bo", "rooms").stdout


def in_terminal(home: Path, *arguments: str, **more: str) -> tuple[int, str]:
    """The exit code of a run that ends by itself, and all that it wrote on its terminal."""
    master, slave = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "p2pchat_tui", *arguments],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env=environment(home, TERM="xterm-256color", **more),
    ) as program:
        os.close(slave)
        written = b""
        try:
            while data := os.read(master, 65536):
                written += data
        except OSError:  # its last descriptor is closed
            pass
        os.close(master)
        return program.wait(LIMIT_S), written.decode("utf-8", "replace")
