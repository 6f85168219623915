"""Searching 1,000, 10,000 and 100,000 entries, in the app (headless, 120 × 40) over a real database. By hand:

    python -m tests.bench.bench_search [rounds]

`looked up`: one page of a query; `on the screen`: from the key to the picture with the results; `at the place`: from
Enter to the picture with the message chosen, its room's page fetched; `block`: the longest callback of the event loop
meanwhile, of which so much CPU. Before each jump, and before all the typing, the person rests, and what is garbage is
collected (see ui/garbage.py): `at rest` is how long that takes. `ready`: what making everything ready to be found
takes, once, in the store's thread.
"""

from __future__ import annotations

import asyncio
import gc
import random
import time
from collections.abc import Callable
from datetime import UTC
from pathlib import Path

from textual.pilot import Pilot

from p2pchat_tui.session.profile import Connections, Profile
from p2pchat_tui.store.memory import MemoryStore
from p2pchat_tui.store.sqlite import open_store
from p2pchat_tui.transport.memory import MemoryNet
from p2pchat_tui.ui.app import ChatApp
from p2pchat_tui.ui.garbage import REST_S
from p2pchat_tui.ui.screens.chat import ChatScreen
from p2pchat_tui.ui.screens.search import PAGE, SearchScreen

from .corpus import END_MS, identity
from .driving import Stage, percentile, row, run, stage
from .probes import LoopWatch

SIZES = (1_000, 10_000, 100_000)
QUERIES = (
    *("t", "th", "the", "a t", "zürich", "assignment target", '"in the"', "доброе", "好的", "🎉", "nothinglikethis"),
    *('from:"author 7" the', "has:link", "the before:2025-09-01", "from:me", "in:bench expr"),
)
ENOUGH_S = 20.0


class Clock:
    """Shortly after the newest entry was written."""

    def wall_ms(self) -> int:
        return END_MS + 60_000

    def monotonic_ms(self) -> int:
        return time.monotonic_ns() // 1_000_000


async def until(is_so: Callable[[], object]) -> None:
    async with asyncio.timeout(ENOUGH_S):
        while not is_so():  # noqa: ASYNC110 - what is waited for sets no event
            await asyncio.sleep(0.0005)


async def opened(path: Path) -> Profile:
    """The profile of somebody who is alone in the room."""
    net = MemoryNet(random.Random(1))

    async def transport() -> object:
        return net.transport()

    return Profile(
        identity(8), await open_store(path), Connections(transport, lambda *_: []),  # type: ignore[arg-type]
        clock=Clock(), entropy=lambda size: bytes(range(size)), scratch=MemoryStore, nickname="maya",
    )  # fmt: skip


def both() -> tuple[float, float]:
    """Seconds: on the wall, and of processor time."""
    return time.perf_counter(), time.process_time()


def since(began: tuple[float, float]) -> tuple[float, float]:
    """Milliseconds of both since `began`."""
    wall, processor = both()
    return (wall - began[0]) * 1000, (processor - began[1]) * 1000


def spread(values: list[tuple[float, float]]) -> str:
    """`p50 / p95 (p50 / p95 of processor time)`."""
    wall, processor = zip(*values, strict=True)
    tails = [f"{percentile(each, 0.5):.0f} / {percentile(each, 0.95):.0f}" for each in (wall, processor)]
    return f"{tails[0]} ({tails[1]})"


async def typed(pilot: Pilot[str | None], text: str) -> tuple[float, float]:
    """Milliseconds (and those of processor time, all threads together) from the change of the text to the picture."""
    screen = pilot.app.screen
    assert isinstance(screen, SearchScreen)
    screen._typed_at = 0.0
    began = both()
    screen.field.value = text
    await until(lambda: screen._shown == text)
    screen._on_timer_update()
    return since(began)


async def jumped(pilot: Pilot[str | None], chat: ChatScreen, text: str, down: int) -> tuple[float, float]:
    """The same from Enter on the result `down` lines below the first to the picture of its place."""
    await pilot.press("ctrl+f")
    screen = pilot.app.screen
    assert isinstance(screen, SearchScreen)
    screen.field.value = text
    await until(lambda: screen._shown == text)
    while screen.listed.highlighted < down:
        before = len(screen.listed.found)
        screen.listed.move(PAGE)
        await until(lambda before=before: len(screen.listed.found) > before or screen._results.more is None)  # type: ignore[misc,union-attr]
    assert screen.listed.chosen is not None
    target = screen.listed.chosen.message.id
    began = both()
    screen._submitted()
    await until(lambda: pilot.app.screen is chat and chat.timeline.chosen == target and not pilot.app._batch_count)
    chat._on_timer_update()
    taken = since(began)
    await until(lambda: chat.timeline.is_settled)
    await pilot.press("escape")
    await until(lambda: chat.timeline.is_settled and not chat.timeline.find)
    return taken


async def rested(app: ChatApp, watch: LoopWatch, taken: list[tuple[float, float]]) -> None:
    """Do what the app does while the person rests."""
    began = both()
    app._touched -= REST_S
    app._sweeper.look()
    taken.append(since(began))
    await asyncio.sleep(0)  # this callback is not among those that are watched
    watch.restart()


async def play(on: Stage, count: int, rounds: int, watch: LoopWatch) -> None:
    """One size."""
    path = await on.database(count)
    profile = await opened(path)
    finder = profile.finder(UTC)
    began = time.perf_counter()
    while await finder.make_ready():
        pass
    ready = time.perf_counter() - began
    looked: list[tuple[float, float]] = []
    shown: list[tuple[float, float]] = []
    places: list[tuple[float, float]] = []
    blocks: list[dict[str, object]] = []
    rests: list[tuple[float, float]] = []
    app = ChatApp(profile, start_room="bench", now=lambda: Clock().wall_ms() / 1000, tz=UTC)
    app.animation_level = "none"
    async with app.run_test(size=(120, 40)) as pilot:
        await until(lambda: isinstance(app.screen, ChatScreen) and app.screen.room and app.screen.room.loaded)
        chat = app.screen
        assert isinstance(chat, ChatScreen)
        await until(lambda: chat.timeline.is_settled and chat.room and chat.room.session.view.ready)
        # As the program does when its network stack is loaded, which is not here; the history in memory is ours, too.
        gc.collect()
        gc.freeze()
        for number in range(rounds + 1):
            for text in QUERIES:
                start = both()
                await finder.find(finder.read(text), PAGE)
                looked.append(since(start))
            await pilot.press("ctrl+f")
            await until(lambda: isinstance(app.screen, SearchScreen) and app.screen.is_mounted)
            await pilot.pause()
            await rested(app, watch, rests)
            shown += [await typed(pilot, text) for text in QUERIES]
            blocks.append({"what": "typing", **watch.report()})
            await pilot.press("escape")
            await until(lambda: app.screen is chat)
            for text, down in (("the", 0), ("zürich", 4), ("the", 120)):
                await rested(app, watch, rests)
                places.append(await jumped(pilot, chat, text, down))
                blocks.append({"what": "jumping", **watch.report()})
            if not number:  # the first round fills the caches
                looked.clear(), shown.clear(), places.clear(), blocks.clear(), rests.clear()
    worst = [max(each["block_ms"] for each in blocks if each["what"] == what) for what in ("typing", "jumping")]  # type: ignore[type-var]
    cpu = [max(each["block_cpu_ms"] for each in blocks if each["what"] == what) for what in ("typing", "jumping")]  # type: ignore[type-var]
    row(f"{count:,}", spread(looked), spread(shown), f"{worst[0]:.0f} ({cpu[0]:.0f})", spread(places),
        f"{worst[1]:.0f} ({cpu[1]:.0f})", spread(rests), f"{ready:.2f} s",
        f"{path.stat().st_size / 1e6:.1f} MB")  # fmt: skip
    await profile.close()


async def main(rounds: int) -> None:
    """Print the table."""
    watch = LoopWatch()
    row("entries", "looked up, p50 / p95 ms (CPU)", "on the screen", "block, ms (CPU)", "at the place",
        "block, ms (CPU)", "at rest", "ready", "database")  # fmt: skip
    async with stage() as on:
        for count in SIZES:
            await play(on, count, rounds, watch)


if __name__ == "__main__":
    run(main, 3)
