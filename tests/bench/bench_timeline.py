"""The timeline at 1,000, 10,000 and 100,000 messages, beside other ways to show a log in Textual. By hand:

    python -m tests.bench.bench_timeline [rounds]

Every strategy runs in turn within a round, in a headless app of 120 × 40. All figures are processor time, so that
others on the machine do not count: from the request to the picture that shows it, all threads together; and as
`stall` the longest stretch of it in which the event loop served nobody else, until all is still again.
The timeline reads pages from a real database; the others are handed all messages, as they have to be.
"""

from __future__ import annotations

import asyncio
import gc
import random
import statistics
import sys
import tempfile
import time
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC
from itertools import accumulate
from pathlib import Path

from rich.segment import Segment
from rich.style import Style
from textual.app import App, ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.geometry import Size
from textual.pilot import Pilot
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import RichLog, Static

from p2pchat_tui.session.api import MessageView
from p2pchat_tui.session.names import Names
from p2pchat_tui.session.timeline import Timeline as History
from p2pchat_tui.ssc.body import Say, encode_body
from p2pchat_tui.ssc.entry import Entry, entry_id
from p2pchat_tui.ssc.ids import GENESIS, EntryId, stamp_of
from p2pchat_tui.store.sqlite import open_store
from p2pchat_tui.ui.text import clusters, wrap
from p2pchat_tui.ui.theme import DARK, LIGHT, THEMES
from p2pchat_tui.ui.widgets import timeline as timeline_module
from p2pchat_tui.ui.widgets.timeline import Timeline
from p2pchat_tui.ui.window import PAGE, MessageWindow
from tests.helpers import ROOM, identity

CSS = Path(timeline_module.__file__).parents[1] / "chat.tcss"
SIZES = (1_000, 10_000, 100_000)
START_MS = 1_795_338_840_000
APPENDS = 10
PEOPLE = [identity(number) for number in range(1, 6)]
TEXTS = (
    "short",
    "a message of the usual length, which is a little longer than one line of a chat is wide, so that it wraps",
    "see https://example.org/orchard/map and **bring** the `ladder`",
    "日本のりんごも持って行きます 🍎🍏",
    "- one\n- two\n- three",
    "```python\ndef f(x):\n    return x + 1\n```",
)
STALL_TICK_S = 0.001


def text_of(number: int) -> str:
    """Three in four are short, as in a chat."""
    return f"{number} {TEXTS[number % 24 // 4 if number % 4 == 0 else number % 2]}"


def entries(count: int) -> list[Entry]:
    """A history of five people, unsigned: signatures are not what is measured."""
    out: list[Entry] = []
    last = {person.peer: (0, GENESIS) for person in PEOPLE}
    chance = random.Random(1)
    for number in range(count):
        author = chance.choice(PEOPLE).peer
        seq, prev = last[author]
        body, stamp = encode_body(Say(text_of(number))), stamp_of(START_MS + 20_000 * number)
        name = entry_id(ROOM, author, seq + 1, stamp, prev, body)
        out.append(Entry(author, seq + 1, stamp, prev, body, b"", name))
        last[author] = (seq + 1, name)
    return out


# ------------------------------------------------------------------------------------------------------ strategies


class Bench(App[None]):
    """One widget, filled in some way."""

    CSS_PATH = CSS

    def __init__(self, history: History, count: int) -> None:
        super().__init__()
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = DARK.name
        self.history = history
        self.count = count

    async def fill(self) -> None:
        """Show the history."""

    def append(self, message: MessageView) -> None:
        """Show one more message at the end."""

    async def page_up(self) -> None:
        """Show what is a screen further up."""
        self.widget.scroll_to(y=self.widget.scroll_y - 35, animate=False, immediate=True)

    async def jump(self, number: int, target: EntryId) -> bool:
        """Show message `number`; False when this way of showing knows no messages."""
        return False

    def is_still(self) -> bool:
        """Whether nothing goes on any more."""
        return True

    @property
    def widget(self) -> Widget:
        """What is measured."""
        return self.query_one("#log")


class Ours(Bench):
    """This program's timeline, its window filled by pages from the database."""

    def compose(self) -> ComposeResult:
        yield Timeline(lambda _message: "✓2", UTC, id="timeline")

    @property
    def widget(self) -> Timeline:
        return self.query_one(Timeline)

    async def fill(self) -> None:
        self.window = MessageWindow()
        self.window.reset(await self.history.page(PAGE, None))
        self.widget.show(self.window)

    def append(self, message: MessageView) -> None:
        self.window.add(message, at_end=True)
        self.widget.show(self.window)

    async def page_up(self) -> None:
        # The worst case: a page that is not there yet.
        self.widget.action_scroll_home()
        self.window.add_older(await self.history.page(PAGE, self.window.before))
        self.widget.show(self.window)

    async def jump(self, number: int, target: EntryId) -> bool:
        page = await self.history.around(PAGE, target)
        assert page is not None
        self.window.reset(page)
        self.widget.show(self.window)
        self.widget.jump(target)
        return True

    def is_still(self) -> bool:
        return self.widget.is_settled


class VirtualLog(ScrollView):
    """The least that a line-API log can be: plain text, exact heights, everything in memory."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.texts: list[str] = []
        self.starts = [0]
        self.lines: dict[int, list[tuple[int, int]]] = {}

    def count_heights(self) -> None:
        """As the first version of this program did: all at once."""
        self.lines.clear()
        width = self.scrollable_content_region.width
        heights = (len(wrap(text, width)) for text in self.texts)
        self.starts = list(accumulate(heights, initial=0))
        self.virtual_size = Size(width, self.starts[-1])

    def on_resize(self) -> None:
        self.count_heights()

    def add(self, text: str) -> None:
        self.texts.append(text)
        width = self.scrollable_content_region.width
        self.starts.append(self.starts[-1] + len(wrap(text, width)))
        self.virtual_size = Size(width, self.starts[-1])
        self.scroll_end(animate=False, immediate=True)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        y += round(self.scroll_y)
        index = bisect_right(self.starts, y) - 1
        if not 0 <= index < len(self.texts):
            return Strip.blank(self.size.width, self.rich_style)
        text = self.texts[index]
        lines = self.lines.setdefault(index, wrap(text, self.scrollable_content_region.width))
        low, high = lines[y - self.starts[index]]
        strip = Strip([Segment("".join(clusters(text[low:high])), self.rich_style + Style())])
        return strip.adjust_cell_length(self.size.width, self.rich_style)


class Minimal(Bench):
    """VirtualLog."""

    def compose(self) -> ComposeResult:
        yield VirtualLog(id="log")

    async def fill(self) -> None:
        log = self.query_one(VirtualLog)
        log.texts = [line(number) for number in range(self.count)]
        log.count_heights()
        log.scroll_end(animate=False, immediate=True)
        log.refresh()

    def append(self, message: MessageView) -> None:
        self.query_one(VirtualLog).add(f"{message.name}  {message.text}")

    async def jump(self, number: int, target: EntryId) -> bool:
        log = self.query_one(VirtualLog)
        log.scroll_to(y=log.starts[number], animate=False, immediate=True)
        return True


class Rich(Bench):
    """Textual's RichLog, wrapping."""

    def compose(self) -> ComposeResult:
        yield RichLog(id="log", wrap=True, min_width=1)

    async def fill(self) -> None:
        log = self.query_one(RichLog)
        for number in range(self.count):
            log.write(line(number))

    def append(self, message: MessageView) -> None:
        self.query_one(RichLog).write(f"{message.name}  {message.text}")


class Statics(Bench):
    """A widget for every message."""

    def compose(self) -> ComposeResult:
        yield VerticalScroll(id="log")

    async def fill(self) -> None:
        log = self.query_one(VerticalScroll)
        await log.mount_all([Static(Content(line(number))) for number in range(self.count)])
        log.scroll_end(animate=False, immediate=True)

    def append(self, message: MessageView) -> None:
        log = self.query_one(VerticalScroll)
        log.mount(Static(Content(f"{message.name}  {message.text}")))
        log.scroll_end(animate=False, immediate=True)

    async def jump(self, number: int, target: EntryId) -> bool:
        log = self.query_one(VerticalScroll)
        log.scroll_to_widget(log.children[number], animate=False, immediate=True)
        return True


def line(number: int) -> str:
    """A message as the plain strategies show it."""
    return f"ana  {text_of(number)}"


STRATEGIES: tuple[tuple[type[Bench], int], ...] = (
    (Ours, 100_000),
    (Minimal, 100_000),
    (Rich, 10_000),
    (Statics, 1_000),
)
"""And up to how many messages each is tried: the rest would take minutes (see the figures of others' widgets)."""


# --------------------------------------------------------------------------------------------------------- measuring


@dataclass(slots=True)
class Watch:
    """Looks how long the event loop serves nobody else."""

    longest: float = 0.0
    on: bool = True

    async def run(self) -> None:
        """Until told to stop."""
        last = time.thread_time()
        while self.on:
            await asyncio.sleep(STALL_TICK_S)
            now = time.thread_time()
            self.longest = max(self.longest, now - last)
            last = now


async def measured(pilot: Pilot[None], work: Callable[[], Awaitable[object] | object]) -> tuple[float, float]:
    """Milliseconds of work until it can be seen, and of the longest stall until everything is still again."""
    app = pilot.app
    assert isinstance(app, Bench)
    gc.collect()
    watch = Watch()
    watching = asyncio.create_task(watch.run())
    await asyncio.sleep(0)
    start = time.process_time()
    result = work()
    if isinstance(result, Awaitable):
        await result
    await pilot.pause()
    app.screen._on_timer_update()  # what is dirty is painted now
    taken = time.process_time() - start
    while not app.is_still():
        await pilot.pause()
    await asyncio.sleep(2 * STALL_TICK_S)
    watch.on = False
    await watching
    return taken * 1000, watch.longest * 1000


async def play(
    strategy: type[Bench], history: History, count: int, ids: list[EntryId]
) -> dict[str, tuple[float, float]]:
    """One run of everything."""
    found: dict[str, tuple[float, float]] = {}
    app = strategy(history, count)
    newest = (await history.page(1, None)).messages[0]
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        found["open"] = await measured(pilot, app.fill)
        appended = []
        for number in range(APPENDS):
            order = (newest.order[0] + number + 1, newest.order[1], newest.order[2])
            message = MessageView(
                id=EntryId(number.to_bytes(32, "big")), author=newest.author, seq=count + number, order=order,
                at_ms=newest.at_ms, name="ana", text=text_of(number), mine=False, reply_to=None, reply_name="",
                reply_text="", edited=False, retracted=False, reactions=(),
            )  # fmt: skip
            appended.append(await measured(pilot, lambda message=message: app.append(message)))
        found["append"] = (statistics.median(each[0] for each in appended), max(each[1] for each in appended))
        found["resize"] = await measured(pilot, lambda: pilot.resize_terminal(90, 40))
        found["theme"] = await measured(pilot, lambda: setattr(app, "theme", LIGHT.name))
        pages = [await measured(pilot, app.page_up) for _ in range(8)]
        found["page up"] = (statistics.median(each[0] for each in pages), max(each[1] for each in pages))
        target = count // 3
        jumped: list[bool] = []

        async def jump() -> None:
            jumped.append(await app.jump(target, ids[target]))

        jump_time = await measured(pilot, jump)
        if jumped == [True]:
            found["jump"] = jump_time
        if isinstance(app, Ours):
            # A window as full as it gets.
            while len(app.window.messages) < 1_700 and app.window.more:
                app.window.add_older(await history.page(PAGE, app.window.before))
            app.widget.show(app.window)
            while not app.is_still():
                await pilot.pause()
            found["resize, window full"] = await measured(pilot, lambda: pilot.resize_terminal(120, 40))
    return found


async def main() -> None:
    """Print medians [range] of the time, and the worst stall."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    results: dict[tuple[int, str, str], list[tuple[float, float]]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        for count in SIZES:
            store = await open_store(Path(folder) / f"{count}.db")
            all_entries = entries(count)
            ids = [entry.id for entry in all_entries]
            for start in range(0, count, 5_000):
                await store.append(ROOM, all_entries[start : start + 5_000], durable=False)
            del all_entries
            history = History(store, ROOM, PEOPLE[0].peer, Names())
            for number in range(rounds + 1):
                for strategy, most in STRATEGIES:
                    if count <= most:
                        found = await play(strategy, history, count, ids)
                        for what, pair in found.items() if number else ():  # the first round fills the caches
                            results[count, strategy.__name__, what].append(pair)
            await store.close()
    for (count, strategy_name, what), pairs in results.items():
        times = [pair[0] for pair in pairs]
        print(
            f"{count:>7,} {strategy_name:<8} {what:<21} {statistics.median(times):7.1f} ms "
            f"[{min(times):.1f}-{max(times):.1f}], stall {max(pair[1] for pair in pairs):.0f} ms"
        )


if __name__ == "__main__":
    asyncio.run(main())
