"""Where one writes: Enter sends, Ctrl+J makes a new line, Tab completes, Up changes or brings back what was sent."""

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

from ..commands import find
from ..history import SentHistory
from ..pasting import Pasted, pasted
from .completion import complete

TYPING_EVERY = 3.0
"""Seconds between two "is typing" signals; the other side forgets one after 6."""


class Composer(TextArea):
    """The input bar. Holds one draft; what is sent goes out as a message."""

    HELP = "Enter sends, Ctrl+J makes a new line, Tab completes names and commands, / begins a command."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+j,shift+enter", "new_line", "New line", id="composer.new-line", show=False),
        Binding("tab", "complete", "Complete", id="composer.complete", show=False),
        Binding("ctrl+up,alt+p", "recall(1)", "Sent before", id="composer.sent-before", show=False),
        Binding("ctrl+down,alt+n", "recall(-1)", "Sent after", id="composer.sent-after", show=False),
        Binding("alt+e,ctrl+o", "edit_outside", "Write in $EDITOR", id="composer.editor", show=False),
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

    class Stepped(Message):
        """Up in an empty composer (or while a message is being changed): an older one of mine shall be changed.

        With a step of -1 a newer one.
        """

        def __init__(self, step: int) -> None:
            super().__init__()
            self.step = step

    class PasteAsked(Message):
        """A paste is so long that somebody must say what to do with it. It is not in the composer."""

        def __init__(self, paste: Pasted) -> None:
            super().__init__()
            self.paste = paste

    class Shortened(Message):
        """A paste was too long and lost its end."""

    class Resized(Message):
        """It has another height than it had, or another width."""

    class EditorAsked(Message):
        """The draft shall be written on in an editor."""

    class Offered(Message):
        """What can stand here: what Tab goes through and which of it is there now, or how a command goes on."""

        def __init__(self, choices: list[str], chosen: int, text: str = "") -> None:
            super().__init__()
            self.choices = choices
            self.chosen = chosen
            """-1: none yet."""
            self.text = text

    def __init__(self, *, id: str | None = None, clock: Callable[[], float] = monotonic) -> None:
        """`clock`: seconds that never run backwards."""
        super().__init__(id=id, highlight_cursor_line=False, tab_behavior="focus")
        self.cursor_blink = False  # each blink would go over the line
        self.people: Sequence[str] = ()
        """Names that Tab completes."""
        self.rooms: Sequence[str] = ()
        """Room names that Tab completes after /join."""
        self.words: Callable[[str], Sequence[str]] = lambda _command: ()
        """What else Tab completes after a command, such as themes."""
        self.sends_typing = True
        """Whether it is told that somebody types."""
        self.changes = False
        """Whether a message that was sent is being changed."""
        self._history = SentHistory()
        self._aside = ""
        self._clock = clock
        self._typing_at: float | None = None
        self._offer: tuple[int, list[str], int, str] | None = None
        self._has_offered = False

    @property
    def sent(self) -> list[str]:
        """What was sent in this room, oldest first."""
        return self._history.sent

    @property
    def draft(self) -> str:
        """What is being written, even where a command or an older text stands in its place just now."""
        return self._aside or self._history.draft(self.text)

    def load(self, draft: str, sent: list[str]) -> None:
        """Take over another room's draft and history; texts that are sent are added to `sent`."""
        self._history.use(sent)
        self._typing_at = self._offer = None
        self._aside = ""
        self.text = draft
        self.move_cursor(self.document.end)

    def give_back(self, text: str) -> None:
        """Put back what could not be sent, before anything that was written since."""
        self._history.take_back(text)
        self.text = f"{text}\n{self.text}" if self.text.strip() else text
        self.move_cursor(self.document.end)

    def fill(self, text: str) -> None:
        """Begin a new draft with `text`."""
        self._history.leave()
        self._offer = None
        self.text = text
        self.move_cursor(self.document.end)
        self.focus()

    def interject(self, text: str) -> None:
        """Begin a command; what was being written comes back after it."""
        self._aside = self.draft
        self.fill(text)

    def insert_name(self, name: str) -> None:
        """Address somebody."""
        self.insert(f"{name}: " if not self.text else f"{name} ")
        self.focus()

    # --------------------------------------------------------------------------------------------------------- keys

    def on_resize(self) -> None:
        """Tell whoever stands above."""
        self.post_message(self.Resized())

    async def _on_key(self, event: events.Key) -> None:
        if event.key == "enter":
            event.stop()
            event.prevent_default()
            self._submit()
            return
        if event.key != "tab":
            self._offer = None
        if event.key.startswith("alt+"):
            # A terminal sends the letter with it, which would be written, and what the key is for would not be done.
            event.prevent_default()
            return
        await super()._on_key(event)

    async def _on_paste(self, event: events.Paste) -> None:
        event.prevent_default()
        event.stop()
        paste = pasted(event.text)
        if paste.needs_asking:
            self.post_message(self.PasteAsked(paste))
            return
        if paste.cut:
            self.post_message(self.Shortened())
        await super()._on_paste(events.Paste(paste.text))

    def _submit(self) -> None:
        text = self.text.rstrip()
        if not text.strip():
            return
        self._offer = None
        self._history.add(text)
        self.text, self._aside = self._aside, ""
        self.move_cursor(self.document.end)
        self.post_message(self.Submitted(text))

    def on_text_area_changed(self) -> None:
        """Tell that somebody types: at once, then sparingly; and when the text is gone. Offer what a command wants."""
        self._offer_commands()
        writing = bool(self.text.strip()) and not self.text.startswith("/") and self.sends_typing
        now = self._clock()
        if not writing:
            if self._typing_at is not None:
                self._typing_at = None
                self.post_message(self.Typed(False))
        elif self._typing_at is None or now - self._typing_at >= TYPING_EVERY:
            self._typing_at = now
            self.post_message(self.Typed(True))

    def _offer_commands(self) -> None:
        """While a command is being typed, say which there are, then how it goes on."""
        if self._offer is not None:
            return
        line = self.document.get_line(0)
        choices: list[str] = []
        text = ""
        if line.startswith("/") and not line.startswith("//"):
            word, blank, _ = line[1:].partition(" ")
            spec = find(word.lower())
            if not blank:
                choices = [found.strip() for found in complete(line, (), ())[1]]
            if spec is not None and len(choices) <= 1:
                choices, text = [], f"{spec.line}   {spec.help}"
        self._say_offer(choices, -1, text)

    def _say_offer(self, choices: list[str], chosen: int, text: str = "") -> None:
        if choices or text or self._has_offered:
            self._has_offered = bool(choices or text)
            self.post_message(self.Offered(choices, chosen, text))

    # ------------------------------------------------------------------------------------------------------ actions

    def action_new_line(self) -> None:
        self.insert("\n", maintain_selection_offset=False)

    def action_dismiss(self) -> None:
        if self._aside:
            self.fill(self._aside)
            self._aside = ""
            return
        self.post_message(self.Dismissed())

    def action_scroll_timeline(self, step: int) -> None:
        self.post_message(self.ScrollAsked(step))

    def action_edit_outside(self) -> None:
        self.post_message(self.EditorAsked())

    def action_cursor_up(self, select: bool = False) -> None:
        if select or not self.navigator.is_first_wrapped_line(self.cursor_location):
            super().action_cursor_up(select)
        elif self.changes or not self.text:
            self.post_message(self.Stepped(1))
        else:
            self.action_recall(1)

    def action_cursor_down(self, select: bool = False) -> None:
        if select or not self.navigator.is_last_wrapped_line(self.cursor_location):
            super().action_cursor_down(select)
        elif self.changes:
            self.post_message(self.Stepped(-1))
        elif self._history.is_back:
            self.action_recall(-1)
        else:
            super().action_cursor_down(select)

    def action_recall(self, step: int) -> None:
        if self.changes:
            return
        text = self._history.step(step, self.text)
        if text is not None:
            self.text = text
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
        start, found = complete(("\n" if row else "") + before, self.people, self.rooms, self.words)
        start -= 1 if row else 0
        if found:
            self._put(start, found, 0)

    def _put(self, start: int, found: list[str], index: int) -> None:
        row, column = self.cursor_location
        self.replace(found[index], (row, start), (row, column), maintain_selection_offset=False)
        self.move_cursor((row, start + len(found[index])))
        self._offer = (start, found, index, found[index])
        self._say_offer([each.strip() for each in found] if len(found) > 1 else [], index)


HINTS = ("   Enter sends", " · Ctrl+J new line", " · / commands", " · Tab completes")


def hint(room: str, width: int) -> Content:
    """What stands in the empty composer: as many hints as there is room for."""
    text = f"Message {room}"
    for part in HINTS:
        if len(text) + len(part) > width:
            break
        text += part
    return Content(text)
