"""Loading the network stack late: nothing of it is there before it is asked for."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import asyncio, gc, sys
from p2pchat_tui.transport import loading, memory
heavy = {"aiortc", "aioice", "av", "OpenSSL"}
assert not heavy & set(sys.modules), sorted(heavy & set(sys.modules))

async def main():
    ticks = 0
    async def tick():
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0)
    ticking = asyncio.create_task(tick())
    mesh = await loading.load_mesh((), ["127.0.0.1"])
    ticking.cancel()
    await mesh.close()
    assert "aiortc" in sys.modules
    frozen = gc.get_freeze_count()
    assert frozen > 10_000, "the garbage collector walks through all code again"
    await (await loading.load_mesh((), ["127.0.0.1"])).close()
    assert gc.get_freeze_count() <= frozen, "what came later is no code"
    print(ticks)

asyncio.run(main())
"""


def test_the_loop_goes_on_while_the_stack_is_imported() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 20


AT_ONCE = """
import asyncio
from p2pchat_tui.transport import loading

async def main():
    meshes = await asyncio.gather(*(loading.load_mesh((), ["127.0.0.1"]) for _ in range(3)))
    for mesh in meshes:
        await mesh.close()

asyncio.run(main())
"""


def test_rooms_that_are_opened_at_once_all_get_theirs() -> None:
    done = subprocess.run([sys.executable, "-c", AT_ONCE], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
