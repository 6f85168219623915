"""Searching the messages of all rooms: results as one types, the newest first; Enter goes to the place."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import tzinfo
from time import monotonic
from typing import ClassVar, NamedTuple

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.events import Resize
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from ...session.api import EntryId, Term
from ...session.query import Query, QueryError
from ...session.search import Finder, Found, Results
from ..filters import completions
from ..found import HELP, sought_text
from ..text import count_text, shown_line
from ..trouble import TROUBLE
from ..widgets.field import Field
from ..widgets.found_list import FoundList
from ..widgets.key_line import KeyLine
from .labelled import Part, labelled
from .sized import SizedScreen

PAGE = 50
"""Messages asked for at a time: a few screens."""
DEBOUNCE_S = 0.05
"""Keys that come closer together than this, in seconds, are one search; a single one is looked up at once."""
HELP_WIDTH = 20
HELP_MARGIN = 4
"""Cells that stay empty beside what can be typed."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """How a search ended."""

    text: str
    """What was typed."""
    found: Found | None
    """What to go to; None to stay where one was."""
    terms: tuple[Term, ...] = ()
    """What to mark there."""


class Offer(NamedTuple):
    """What Tab offered last, so that it offers the next one when nothing was typed since."""

    shown: str
    """The text with the one that was taken."""
    start: int
    """Where that begins."""
    values: list[str]
    place: int = -1
    """Which of them that is."""


class SearchScreen(SizedScreen[Chosen]):
    """One line to type into, and what it finds."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "Newer", id="search.up", show=False, priority=True),
        Binding("down", "move(1)", "Older", id="search.down", show=False, priority=True),
        Binding("pageup", "page(-1)", "Page up", id="search.page-up", show=False),
        Binding("pagedown", "page(1)", "Page down", id="search.page-down", show=False),
        Binding("tab", "complete(1)", "Complete", id="search.complete", priority=True),
        Binding("shift+tab", "complete(-1)", "Complete back", id="search.complete-back", show=False, priority=True),
        Binding("ctrl+f", "again", "New search", id="search.again", priority=True),
        Binding("escape", "leave", "Back", id="search.leave", key_display="esc"),
    ]
    AUTO_FOCUS = "#search-input"

    field = getters.query_one("#search-input", Input)
    listed = getters.query_one("#found", FoundList)
    proposals = getters.query_one("#search-proposals", OptionList)

    def __init__(
        self, finder: Finder, now_ms: int, tz: tzinfo | None, text: str = "", chosen: EntryId | None = None
    ) -> None:
        """`text`: what to look for at once. `chosen`: the message that was chosen when this was looked for before."""
        super().__init__()
        self._finder = finder
        self._now_ms = now_ms
        self._tz = tz
        self._text = text
        self._chosen = chosen
        self._query = Query()
        self._results: Results | None = None
        self._shown = ""
        self._unready = 0
        self._paging = False
        self._typed_at = 0.0
        self._called: tuple[list[str], list[str]] | None = None
        self._offer = Offer("", 0, [])

    def compose(self) -> ComposeResult:
        """What is typed, how many there are, and they."""
        field = Field(self._text, id="search-input", select_on_focus=self._chosen is not None)
        field.border_title = "search all rooms"
        field.border_subtitle = "Enter goes there · Esc back"
        yield field
        yield Static("", id="search-state", markup=False)
        yield Static("", id="search-help", markup=False)
        yield OptionList(id="search-proposals", markup=False, compact=True)
        yield FoundList(self._now_ms, self._tz, id="found")
        yield KeyLine()
        yield from self.cover()

    def on_mount(self) -> None:
        """Have the index complete, and look for what was typed before."""
        self.proposals.can_focus = False
        self._show_only("search-help")
        self.run_worker(self._make_ready(), group="ready")
        if self._text:
            self._look_for(self._text)

    # ------------------------------------------------------------------------------------------------------ looking

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        if event.value != self._text:
            now = monotonic()
            self._look_for(event.value, pause=now - self._typed_at < DEBOUNCE_S)
            self._typed_at = now

    def _look_for(self, text: str, *, pause: bool = False) -> None:
        self._text = text
        # What was looked for before is of no interest any more.
        self.run_worker(self._find(text, pause=pause), group="find", exclusive=True)

    async def _find(self, text: str, *, pause: bool) -> None:
        if pause:
            await asyncio.sleep(DEBOUNCE_S)
        try:
            query = self._finder.read(text)
            results = None if query.is_empty else await self._finder.find(query, PAGE)
        except (QueryError, *TROUBLE) as error:
            self._refuse(str(error))
        else:
            self._show(query, results)
        self._shown = text

    async def _make_ready(self) -> None:
        """Have everything ready to be found, and look again when it is."""
        was_unready = False
        try:
            while left := await self._finder.make_ready():
                was_unready, self._unready = True, left
                self._say_state()
        except TROUBLE as error:
            self._refuse(str(error))
            return
        if was_unready or self._unready:
            self._unready = 0
            self._look_for(self._text)

    @on(FoundList.EndNear)
    def _end_near(self) -> None:
        if self._results and self._results.more and not self._paging:
            self._paging = True
            self.run_worker(self._read_on(self._query, self._results), group="page")

    async def _read_on(self, query: Query, last: Results) -> None:
        try:
            results = await self._finder.find(query, PAGE, last.more)
        except (QueryError, *TROUBLE) as error:
            self.notify(shown_line(str(error), 400), severity="error", markup=False)
            return
        finally:
            self._paging = False
        if self._results is last:
            self._results = results
            self.listed.add(results.found)
            self._say_state()

    # ------------------------------------------------------------------------------------------------------ showing

    def _show(self, query: Query, results: Results | None) -> None:
        """Show the first page; without `results` what can be typed."""
        kept = self.listed.chosen if query == self._query else None
        chosen = kept.message.id if kept else self._chosen
        self._query, self._results, self._chosen = query, results, None
        self._unready = results.unready if results else self._unready
        found = results.found if results else ()
        self.listed.show(found, query.terms, chosen)
        self._show_only("found" if found else "search-help" if results is None else "search-proposals")
        if results is not None and not found:
            if results.more:
                self._end_near()  # all of this page reads differently by now
            else:
                self._propose(query)
        self._say_state()

    def on_resize(self, event: Resize) -> None:
        """What can be typed is wrapped where it must be."""
        parts: list[Part] = []
        for example, help in HELP:
            parts += labelled(example, help, event.size.width - HELP_MARGIN, label_width=HELP_WIDTH)
        parts.append(("\nAll saved rooms are searched; those that keep nothing on disk while they are open.", "$quiet"))
        self.query_one("#search-help", Static).update(Content.assemble(*parts))

    def _propose(self, query: Query) -> None:
        options = [Option(Content.assemble("look without ", (each.text, "$ink-accent"))) for each in query.filters]
        self.proposals.set_options(options)
        self.proposals.highlighted = 0 if options else None

    def _refuse(self, why: str) -> None:
        self._query, self._results = Query(), None
        self.listed.show((), ())
        self._show_only("")
        self._state(why, "$ink-warning")

    def _say_state(self) -> None:
        count = len(self.listed.found)
        if self._results is None:
            text = ""
        elif count:
            more = " and more" if self._results.more else ""
            text = f"{count_text(count, 'message')}{more}, newest first."
        elif self._unready:
            text = "Nothing yet."
        else:
            text = f"Nothing was found: no message{_blank(sought_text(self._query))}."
        if self._unready:
            text = f"{text} Still reading {count_text(self._unready, 'entry', 'entries')}…"
        self._state(text, "$quiet")

    def _state(self, text: str, style: str) -> None:
        self.query_one("#search-state", Static).update(Content.styled(shown_line(text, 600), style))

    def _show_only(self, name: str) -> None:
        for each in ("found", "search-help", "search-proposals"):
            self.query_one(f"#{each}").display = each == name

    # ------------------------------------------------------------------------------------------------------ choosing

    @on(Input.Submitted)
    def _submitted(self) -> None:
        if self.field.value != self._shown:
            self._look_for(self.field.value)
        elif self.proposals.display:
            self.proposals.action_select()
        elif self.listed.chosen is not None:
            self._go(self.listed.chosen)

    @on(FoundList.Chosen)
    def _clicked(self, event: FoundList.Chosen) -> None:
        self._go(event.found)

    @on(OptionList.OptionSelected)
    def _proposal_taken(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.field.value = self._query.without(self._query.filters[event.option_index])
        self.field.cursor_position = len(self.field.value)

    def _go(self, found: Found) -> None:
        self.dismiss(Chosen(self._text, found, self._query.terms))

    def action_move(self, step: int) -> None:
        """Another message, or another proposal."""
        if self.listed.display:
            self.listed.move(step)
        elif step < 0:
            self.proposals.action_cursor_up()
        else:
            self.proposals.action_cursor_down()

    def action_page(self, step: int) -> None:
        """As many messages as are in view."""
        self.listed.move(step * self.listed.page)

    def action_complete(self, step: int) -> None:
        """Go on with the filter before the cursor; again: the next one that fits."""
        self.run_worker(self._complete(step), group="complete", exclusive=True)

    async def _complete(self, step: int) -> None:
        text, cursor = self.field.value, self.field.cursor_position
        offer = self._offer
        if len(offer.values) < 2 or text != offer.shown:
            if self._called is None:
                try:
                    self._called = await self._finder.called()
                except TROUBLE:
                    return
            start, values = completions(text[:cursor], *self._called)
            offer = Offer(text, start, values)
        if not offer.values or self.field.value != text:
            return
        before = offer.place if offer.place >= 0 else min(-step, 0)
        place = (before + step) % len(offer.values)
        value = offer.values[place]
        new = text[: offer.start] + value + text[cursor:]
        self._offer = offer._replace(shown=new, place=place)
        self.field.value = new
        self.field.cursor_position = offer.start + len(value)
        self._state(" · ".join(each.strip() for each in offer.values), "$quiet")

    def action_again(self) -> None:
        """Have what is typed next take the place of all that is there."""
        self.field.focus()
        self.field.select_all()

    def action_leave(self) -> None:
        """Back to where one was."""
        self.dismiss(Chosen(self._text, None))


def _blank(text: str) -> str:
    return f" {'holds ' if text.startswith('“') else 'is '}{text}" if text else ""
