"""The app in a browser's tab, by `textual-serve`: run where both it and Chromium are installed."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from tests.cli.program import environment, run
from tests.e2e.browser import LIMIT_S, LOOK_S, MISSING, Browser, serve
from tests.e2e.pipes import free_port

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(MISSING), reason=f"{MISSING} must be installed")]


async def test_a_message_typed_in_a_tab(tmp_path: Path) -> None:
    home, port = tmp_path / "home", free_port()
    assert run(home, "new", "garden").returncode == 0
    env = environment(home, P2PCHAT_ICE_ADDRESS="127.0.0.1")
    env.pop("TERM", None)  # a server may have none
    server = await asyncio.create_subprocess_exec(
        *serve(f"{sys.executable} -m p2pchat_tui garden", port), stdout=asyncio.subprocess.DEVNULL, env=env
    )
    try:
        async with Browser(tmp_path / "browser") as browser:
            await browser.open(f"http://127.0.0.1:{port}/")
            await browser.until("document.body.className.includes('-first-byte')")
            async with asyncio.timeout(LIMIT_S):
                while "from a tab" not in await asyncio.to_thread(_written, home):
                    await browser.type("from a tab")
                    await asyncio.sleep(LOOK_S)
            await browser.picture(tmp_path / "tab.png")
        assert (tmp_path / "tab.png").stat().st_size > 10_000
    finally:
        server.terminate()
        await server.wait()


def _written(home: Path) -> str:
    return run(home, "export", "garden").stdout
