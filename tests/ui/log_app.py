"""An app that shows nothing but a timeline, and what tests of it look at."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path

from textual.app import App, ComposeResult
from textual.pilot import Pilot

from p2pchat_tui.session.api import MessageView, Page
from p2pchat_tui.ui.theme import DARK, THEMES
from p2pchat_tui.ui.widgets import timeline as timeline_module
from p2pchat_tui.ui.widgets.timeline import Timeline
from p2pchat_tui.ui.window import MessageWindow
from tests.ui.messages import page

CSS = Path(timeline_module.__file__).parents[1] / "chat.tcss"


class Shell(App[None]):
    CSS_PATH = CSS

    def __init__(self) -> None:
        super().__init__()
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = DARK.name
        self.window = MessageWindow()
        self.asked: list[tuple[str, MessageView | None]] = []
        self.details: list[str] = []
        self.reached: list[str] = []
        self.marks = {"mark": "✓2"}

    def compose(self) -> ComposeResult:
        yield Timeline(lambda each: self.marks["mark"] if each.mine else "", UTC, id="timeline")

    @property
    def timeline(self) -> Timeline:
        return self.query_one(Timeline)

    def show(self, **more: object) -> None:
        self.timeline.show(self.window, **more)  # type: ignore[arg-type]

    def on_timeline_asked(self, event: Timeline.Asked) -> None:
        self.asked.append((event.what, event.message))
        self.details.append(event.detail)

    def on_timeline_top_reached(self) -> None:
        self.reached.append("top")

    def on_timeline_bottom_reached(self) -> None:
        self.reached.append("bottom")

    def on_timeline_end_reached(self) -> None:
        self.reached.append("end")


async def filled(pilot: Pilot[None], low: int = 0, high: int = 50, *, more: bool = False) -> Shell:
    app = pilot.app
    assert isinstance(app, Shell)
    app.window.reset(page(low, high, more=more))
    app.show()
    await pilot.pause()
    app.timeline.focus()
    await pilot.pause()
    return app


async def shows(pilot: Pilot[None], *messages: MessageView, **more: object) -> Shell:
    """A timeline of just these."""
    app = pilot.app
    assert isinstance(app, Shell)
    app.window.reset(Page(messages, False))
    app.show(**more)
    await pilot.pause()
    app.timeline.focus()
    await pilot.pause()
    return app


async def settled(pilot: Pilot[None]) -> None:
    """Wait until what is not in view is laid out too."""
    app = pilot.app
    assert isinstance(app, Shell)
    for _ in range(1_000):
        if app.timeline.is_settled:
            return
        await pilot.pause()
    raise AssertionError("the timeline does not settle")


def on_screen(app: Shell) -> list[str]:
    return [app.timeline.render_line(y).text.rstrip() for y in range(app.timeline.size.height)]


def place_of(app: Shell, text: str) -> tuple[int, int]:
    """Where `text` begins on the screen."""
    for y, line in enumerate(on_screen(app)):
        if text in line:
            return line.index(text), y
    raise AssertionError(f"{text} is not on the screen")
