"""The app from its first frame on: on the screen before its profile is open, and before most of its code is imported.

The frame is that of the screen that will come, and says what is being opened. What is typed meanwhile is shown, and
goes to that screen once it is there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from textual.app import ComposeResult
from textual.content import Content
from textual.dom import DOMNode
from textual.events import Event, Key, Paste
from textual.screen import Screen
from textual.widgets import Static

from .app import ChatApp

if TYPE_CHECKING:
    from ..session.profile import Profile
    from .screens.home import Choice

TAGLINE = "Private group chat in the terminal. No account. No server can read it."
_NOT_HELD = ("ctrl+q", "ctrl+c")
"""Keys that do at once what they always do."""
_CURSOR = "▌"  # one that has a plain sign, too
HANDLED_S = 2.0
"""Seconds after which a key counts as handled at the latest, and the next one follows."""


class Start(NamedTuple):
    """What the app begins with."""

    profile: Profile
    room: str | None
    """A saved room to open at once; None: where one was last."""


class Opening(Protocol):
    """Opens the profile behind the first frame."""

    def load(self) -> None:
        """Import what it takes. Runs in a thread."""
        ...

    async def open(self) -> Start:
        """Raises what the caller of `run_async` shall say, when the terminal is as it was."""
        ...


class StartScreen(Screen[None]):
    """The first frame: that of the chat, or where there was no room ever, of where one begins."""

    def __init__(self, what: str, *, has_rooms: bool) -> None:
        """`what`: what is being opened, for a person."""
        super().__init__(classes="" if has_rooms else "-home")
        self._what = what
        self._input = Static(_CURSOR, id="start-input", markup=False)

    def compose(self) -> ComposeResult:
        """The chat's lines, from few and simple widgets."""
        is_home = self.has_class("-home")
        yield Static("p2pchat" if is_home else f"p2pchat   {self._what}", id="start-top", markup=False)
        yield Static(f"{TAGLINE}\n\n{self._what}" if is_home else "", id="start-middle", markup=False)
        yield self._input
        yield Static("^q Quit", id="start-keys", markup=False)

    def show_typed(self, held: Sequence[Key | Paste]) -> None:
        """Show what waits to be taken up."""
        if self._input.is_attached:
            self._input.update(Content(typed_text(held) + _CURSOR))


def typed_text(held: Sequence[Key | Paste]) -> str:
    """What of these can be shown as text."""
    text = ""
    for event in held:
        if isinstance(event, Paste):
            text += "".join(char if char.isprintable() else "\n" if char == "\n" else "" for char in event.text)
        elif event.key == "backspace":
            text = text[:-1]
        elif event.key in ("enter", "ctrl+j", "shift+enter"):
            text += "\n"
        elif event.is_printable and event.character:
            text += event.character
    return text


class StartingApp(ChatApp):
    """One window whose profile `opening` opens. `trouble` says afterwards what came of that."""

    CSS_PATH = Path(__file__).with_name("start.tcss")

    def __init__(self, opening: Opening, what: str, *, has_rooms: bool, **options: Any) -> None:
        """`what`: what is being opened, for a person. `has_rooms`: the chat comes next, as far as is known.

        `options`: see ChatApp.
        """
        super().__init__(None, **options)
        self.trouble: Exception | None = None
        """Why the profile could not be opened."""
        self._first = StartScreen(what, has_rooms=has_rooms)
        self._is_for_chat = has_rooms
        """Whether it was typed into the frame of a chat: then it is no answer to what another screen asks."""
        self._is_at_home = False
        self._opening = opening
        self._held: list[Key | Paste] | None = []
        """What was typed and waits; None: nothing has to wait."""
        self._given: Key | Paste | None = None
        """Which of it is on its way to the screen."""
        self._for_later: list[Key | Paste] = []
        """What was typed into the frame of a chat, when there was no room to write in."""

    def get_default_screen(self) -> Screen[None]:
        """See App: the first frame."""
        return self._first

    async def begin(self) -> None:
        """See ChatApp; first of all the first frame is painted."""
        self._first.call_after_refresh(self.run_worker, self._go_on, group="start")

    async def _go_on(self) -> None:
        try:
            start = await self._opened()
        except Exception as error:
            self.trouble = error
            self.exit()
            return
        self._profile, self._start_room = start
        await super().begin()

    async def _opened(self) -> Start:
        """Open the profile, and make what the first real screen is made of meanwhile."""
        from .loading import load_screens

        await asyncio.to_thread(self._opening.load)
        opening = asyncio.create_task(self._opening.open())
        try:
            self.stylesheet = await asyncio.to_thread(load_screens, self.stylesheet)
            self.stylesheet.update(self)
            return await opening
        finally:
            opening.cancel()

    # ----------------------------------------------------------------------------------------- what is typed meanwhile

    async def on_event(self, event: Event) -> None:
        """See App; keys and pastes wait until there is something that takes them."""
        if self._held is not None and isinstance(event, Key | Paste) and self._has_to_wait(event):
            self._held.append(event)
            self._first.show_typed(self._held)
        elif event is self._given and self._is_for_chat and self._is_at_home:
            self._keep_for_later([event])
        else:
            await super().on_event(event)

    def _has_to_wait(self, event: Key | Paste) -> bool:
        is_on_its_way = event is self._given or event.is_forwarded  # what no widget takes comes back to the app
        return not is_on_its_way and not (isinstance(event, Key) and event.key in _NOT_HELD)

    def _show_home(self, _result: None = None) -> None:
        super()._show_home(_result)
        self._is_at_home = True
        if self._held and self._is_for_chat:
            self._keep_for_later(self._held)
            self._held.clear()
        self._release()

    def _keep_for_later(self, typed: Sequence[Key | Paste]) -> None:
        # Nobody who writes a message means it to be the name of a room; nor is it sent to whichever comes.
        self._for_later += [Key("ctrl+j", None) if _is_enter(event) else event for event in typed]

    def _show_chat(self, choice: Choice) -> None:
        super()._show_chat(choice)
        self._is_at_home = False
        if self._for_later:
            self._held, self._for_later = self._for_later, []
        self._release()

    def _release(self) -> None:
        """Let the screen that was just shown have what waits, once it is there."""
        if self._held is not None:
            self.screen.call_after_refresh(self.run_worker, self._give, group="start")

    async def _give(self) -> None:
        while self._held:  # more may come meanwhile, and must come behind
            self._given = self._held.pop(0)
            self.post_message(self._given)
            await _handled_by(self)
            for node in (self.focused or self.screen).ancestors_with_self:
                await _handled_by(node)
        self._held = self._given = None
        await self._first.remove_children()  # it stays below all others, and must not be seen between two of them


async def _handled_by(node: DOMNode) -> None:
    """Wait until `node` has handled what was in its queue. One that has just gone handles nothing more."""
    done = asyncio.Event()
    with suppress(TimeoutError):
        async with asyncio.timeout(HANDLED_S):
            if node.call_later(done.set):
                await done.wait()


def _is_enter(event: Key | Paste) -> bool:
    return isinstance(event, Key) and event.key == "enter"
