"""The app in a browser's tab, by `textual-serve`: its page and its first frame, and in Chromium where that is here."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from tests.cli.program import environment, run
from tests.e2e.browser import LIMIT_S, LOOK_S, PROGRAM, Browser, serve
from tests.machine import free_port

FRAME_S = 60.0
"""Seconds for a server and an app to begin and to end: they take two, but the machine may be busy."""
pytestmark = pytest.mark.slow


@asynccontextmanager
async def served(home: Path) -> AsyncIterator[str]:
    """A server on 127.0.0.1 of windows that open the room `garden`; its address."""
    assert run(home, "new", "garden").returncode == 0
    port = free_port()
    env = environment(home, P2PCHAT_ICE_ADDRESS="127.0.0.1")
    env.pop("TERM", None)  # a server may have none
    server = await asyncio.create_subprocess_exec(
        *serve(f"{sys.executable} -m p2pchat_tui garden", port), stdout=asyncio.subprocess.DEVNULL, env=env
    )
    try:
        yield f"http://127.0.0.1:{port}/"
    finally:
        server.terminate()
        await server.wait()


async def test_the_page_is_served_and_the_first_frame_comes(tmp_path: Path) -> None:
    async with served(tmp_path / "home") as url, aiohttp.ClientSession() as client, asyncio.timeout(FRAME_S):
        page = await _page(client, url)
        assert "xterm" in page and f"ws:{url.removeprefix('http:')}ws" in page
        drawn = b""
        async with client.ws_connect(f"{url}ws?width=90&height=30") as window:
            while b"essage #garden" not in drawn:  # the cursor stands on its first letter
                drawn += await window.receive_bytes()
            await window.send_json(["stdin", "\x11"])  # Ctrl+Q ends the app, and with it the connection
            async for _ in window:
                pass
        assert b"\x1b[30;" in drawn, "it is as high as the window says"


async def _page(client: aiohttp.ClientSession, url: str) -> str:
    while True:
        try:
            async with client.get(url) as answer:
                assert answer.status == 200
                return await answer.text()
        except aiohttp.ClientConnectorError:  # its server is not there yet
            await asyncio.sleep(LOOK_S)


@pytest.mark.skipif(not PROGRAM, reason="Chromium must be installed")
async def test_a_message_typed_in_a_tab(tmp_path: Path) -> None:
    home = tmp_path / "home"
    async with served(home) as url, Browser(tmp_path / "browser") as browser:
        await browser.open(url)
        await browser.until("document.body.className.includes('-first-byte')")
        async with asyncio.timeout(LIMIT_S):
            while "from a tab" not in await asyncio.to_thread(_written, home):
                await browser.type("from a tab")
                await asyncio.sleep(LOOK_S)
        await browser.picture(tmp_path / "tab.png")
        assert (tmp_path / "tab.png").stat().st_size > 10_000


def _written(home: Path) -> str:
    return run(home, "export", "garden").stdout
