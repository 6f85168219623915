"""Where one writes: Enter sends, Ctrl+J makes a new line, Tab completes, up and down bring back what was sent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import monotonic
from typing import ClassVar

from textual import events
from textual.actions import SkipAction
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import TextArea

from ..text import looks_like_invite
from .completion import complete

TYPING_EVERY = 3.0
"""Seconds between two "is typing" signals; the other side forgets one after 6."""
HISTORY_MAX = 100
"""Sent texts that are remembered for a room."""
PASTE_MAX = 64 * 1024
"""Characters of a paste that are looked at: eight times what one message holds, and still quick to insert."""


class Composer(TextArea):
    """The input bar. Holds one draft; what is sent goes out as a message."""

    HELP = "Enter sends, Ctrl+J makes a new line, Tab completes names and commands, / begins a command."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+j,shift+enter", "new_line", "New line", id="composer.new-line", show=False),
        Binding("tab", "complete", "Complete", id="composer.complete", show=False),
        Binding("escape", "dismiss", "Drop reply or edit", id="composer.dismiss", show=False),
        Binding("pageup", "scroll_timeline(-1)", "Older", id="composer.page-up", show=False),
        Binding("pagedown", "scroll_timeline(1)", "Newer", id="composer.page-down", show=False),
    ]

    class Submitted(Message):
        """A text is ready to be sent (or to be run as a command). It has left the composer."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Typed(Message):
        """Somebody writes, or no longer does."""

        def __init__(self, on: bool) -> None:
            super().__init__()
            self.on = on

    class Dismissed(Message):
        """Escape was pressed."""

    class ScrollAsked(Message):
        """A page of the timeline, up (-1) or down (1)."""

        def __init__(self, step: int) -> None:
            super().__init__()
            self.step = step

    class Shortened(Message):
        """A paste was too long and lost its end."""

    def __init__(self, *, id: str | None = None, clock: Callable[[], float] = monotonic) -> None:
        """`clock`: seconds that never run backwards."""
        super().__init__(id=id, highlight_cursor_line=False, tab_behavior="focus")
        self.people: Sequence[str] = ()
        """Names that Tab completes."""
        self.rooms: Sequence[str] = ()
        """Room names that Tab completes after /join."""
        self.sent: list[str] = []
        """What was sent in this room, oldest first. The owner keeps it; texts are added here."""
        self._clock = clock
        self._typing_at: float | None = None
        self._place = 0
        self._unsent = ""
        self._offer: tuple[int, list[str], int, str] | None = None

    def load(self, draft: str, sent: list[str]) -> None:
        """Take over another room's draft and history."""
        self.sent = sent
        self._place = 0
        self._typing_at = None
        self.text = draft
        self.move_cursor(self.document.end)

    def give_back(self, text: str) -> None:
        """Put back what could not be sent, before anything that was written since."""
        if self.sent and self.sent[-1] == text:
            self.sent.pop()
        self._place = 0
        self.text = f"{text}\n{self.text}" if self.text.strip() else text
        self.move_cursor(self.document.end)

    def fill(self, text: str) -> None:
        """Begin a new draft with `text`."""
        self._place = 0
        self.text = text
        self.move_cursor(self.document.end)
        self.focus()

    def insert_name(self, name: str) -> None:
        """Address somebody."""
        self.insert(f"{name}: " if not self.text else f"{name} ")
        self.focus()

    # --------------------------------------------------------------------------------------------------------- keys

    async def _on_key(self, event: events.Key) -> None:
        if event.key == "enter":
            event.stop()
            event.prevent_default()
            self._submit()
            return
        if event.key != "tab":
            self._offer = None
        await super()._on_key(event)

    async def _on_paste(self, event: events.Paste) -> None:
        event.prevent_default()
        event.stop()
        text = event.text
        if len(text) > PASTE_MAX:
            text = text[:PASTE_MAX]
            self.post_message(self.Shortened())
        await super()._on_paste(events.Paste(text))

    def _submit(self) -> None:
        text = self.text.rstrip()
        if not text.strip():
            return
        # An invite is a key: it must not come back when somebody looks through what was sent.
        if not any(looks_like_invite(word) for word in text.split()) and self.sent[-1:] != [text]:
            self.sent.append(text)
            del self.sent[:-HISTORY_MAX]
        self._place = 0
        self._unsent = ""
        self.text = ""
        self.post_message(self.Submitted(text))

    def on_text_area_changed(self) -> None:
        """Tell that somebody types: at once, then sparingly; and when the text is gone."""
        writing = bool(self.text.strip()) and not self.text.startswith("/")
        now = self._clock()
        if not writing:
            if self._typing_at is not None:
                self._typing_at = None
                self.post_message(self.Typed(False))
        elif self._typing_at is None or now - self._typing_at >= TYPING_EVERY:
            self._typing_at = now
            self.post_message(self.Typed(True))

    # ------------------------------------------------------------------------------------------------------ actions

    def action_new_line(self) -> None:
        self.insert("\n", maintain_selection_offset=False)

    def action_dismiss(self) -> None:
        self.post_message(self.Dismissed())

    def action_scroll_timeline(self, step: int) -> None:
        self.post_message(self.ScrollAsked(step))

    def action_cursor_up(self, select: bool = False) -> None:
        if not select and self.navigator.is_first_wrapped_line(self.cursor_location):
            self._recall(1)
        else:
            super().action_cursor_up(select)

    def action_cursor_down(self, select: bool = False) -> None:
        if not select and self._place and self.navigator.is_last_wrapped_line(self.cursor_location):
            self._recall(-1)
        else:
            super().action_cursor_down(select)

    def _recall(self, step: int) -> None:
        place = self._place + step
        if place > len(self.sent):
            return
        if self._place == 0:
            self._unsent = self.text
        self._place = place
        self.text = self.sent[-place] if place else self._unsent
        self.move_cursor(self.document.end if step < 0 else (0, len(self.document.get_line(0))))

    def action_complete(self) -> None:
        """Complete the word before the cursor, again for the next one; with nothing written go to the next widget."""
        row, column = self.cursor_location
        before = self.document.get_line(row)[:column]
        if self._offer is not None:
            start, found, index, put = self._offer
            if before[start:] == put:
                index = (index + 1) % len(found)
                self._put(start, found, index)
                return
        if not self.text:
            raise SkipAction()
        start, found = (
            complete(before, self.people, self.rooms) if row == 0 else complete("\n" + before, self.people, self.rooms)
        )
        start -= 1 if row else 0
        if found:
            self._put(start, found, 0)

    def _put(self, start: int, found: list[str], index: int) -> None:
        row, column = self.cursor_location
        self.replace(found[index], (row, start), (row, column), maintain_selection_offset=False)
        self.move_cursor((row, start + len(found[index])))
        self._offer = (start, found, index, found[index])


def hint(room: str, width: int) -> Content:
    """What stands in the empty composer: as many hints as there is room for."""
    text = f"Message #{room}"
    for part in ("   Enter sends", " · Ctrl+J new line", " · / commands", " · Tab completes"):
        if len(text) + len(part) > width:
            break
        text += part
    return Content(text)
