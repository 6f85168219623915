"""A headless Chromium that is told what to do over its debugging port. It reaches 127.0.0.1 and nothing else."""
# ruff: noqa: ASYNC110, ASYNC210, ASYNC240  # what is waited for here tells nobody, and files and answers are small

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import shutil
import sys
from pathlib import Path
from typing import Any, Self
from urllib.request import urlopen

import websockets

LIMIT_S = 60
LOOK_S = 0.2
PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
"""Empty where there is none."""
SERVE = (
    "import sys; from textual_serve.server import Server; Server(sys.argv[1], '127.0.0.1', int(sys.argv[2])).serve()"
)


class Browser:
    """One page of one browser; to be used with `async with`."""

    def __init__(self, folder: Path, width: int = 1100, height: int = 700) -> None:
        self._folder = folder
        self._size = f"{width},{height}"
        self._numbers = itertools.count(1)

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            PROGRAM,
            *("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"),
            *("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--remote-debugging-port=0"),
            *(f"--user-data-dir={self._folder}", f"--window-size={self._size}", "about:blank"),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        port_file = self._folder / "DevToolsActivePort"
        async with asyncio.timeout(LIMIT_S):
            while not (port_file.exists() and port_file.read_text().count("\n")):
                await asyncio.sleep(LOOK_S)
        port = port_file.read_text().split("\n")[0]
        with urlopen(f"http://127.0.0.1:{port}/json", timeout=LIMIT_S) as answer:
            page = next(each for each in json.load(answer) if each["type"] == "page")
        self._wire = await websockets.connect(page["webSocketDebuggerUrl"], max_size=None)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._wire.close()
        self._process.kill()
        await self._process.wait()

    async def _do(self, method: str, **parameters: Any) -> dict[str, Any]:
        number = next(self._numbers)
        await self._wire.send(json.dumps({"id": number, "method": method, "params": parameters}))
        async with asyncio.timeout(LIMIT_S):
            while (answer := json.loads(await self._wire.recv())).get("id") != number:
                pass
        assert "error" not in answer, answer
        result: dict[str, Any] = answer["result"]
        return result

    async def open(self, url: str) -> None:
        """Go to a page, and wait until something that takes keys is on it."""
        async with asyncio.timeout(LIMIT_S):  # its server may not be there yet
            while (await self._do("Page.navigate", url=url)).get("errorText"):
                await asyncio.sleep(LOOK_S)
        await self.until("!!document.querySelector('.xterm-helper-textarea') && !document.querySelector('.-loading')")

    async def until(self, expression: str) -> None:
        """Wait until an expression in the page's own language is true."""
        async with asyncio.timeout(LIMIT_S):
            while not (await self._do("Runtime.evaluate", expression=expression))["result"].get("value"):
                await asyncio.sleep(LOOK_S)

    async def type(self, text: str) -> None:
        """Type, then press Enter."""
        await self._do("Runtime.evaluate", expression="document.querySelector('.xterm-helper-textarea').focus()")
        for char in text:
            await self._do("Input.dispatchKeyEvent", type="keyDown", text=char, key=char)
            await self._do("Input.dispatchKeyEvent", type="keyUp", key=char)
        enter = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13}
        await self._do("Input.dispatchKeyEvent", type="keyDown", text="\r", **enter)
        await self._do("Input.dispatchKeyEvent", type="keyUp", **enter)

    async def picture(self, path: Path) -> None:
        """What is to be seen."""
        data = await self._do("Page.captureScreenshot", format="png")
        path.write_bytes(base64.b64decode(data["data"]))


def serve(command: str, port: int) -> list[str]:
    """The command that serves the app to browsers on 127.0.0.1."""
    return [sys.executable, "-c", SERVE, command, str(port)]
