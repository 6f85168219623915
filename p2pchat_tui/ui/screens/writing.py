"""What happens around the composer of a ChatScreen: drafts that outlive the program, long pastes, $EDITOR, hints."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from typing import TYPE_CHECKING

from textual.app import SuspendNotSupported
from textual.content import Content

from ...session.api import RoomId
from ..commands import typed
from ..drafts import draft_of, load_draft, put_into, save_draft, stored_draft
from ..editor import EditorFailed, deaf_to_interrupts, edit_text, editor_command
from ..pasting import FENCE, Pasted
from ..rooms import Aim, OpenRoom
from ..text import cut, shown_line
from ..trouble import TROUBLE
from ..widgets.composer import Composer
from .errands import Errand
from .paste import PasteScreen

if TYPE_CHECKING:
    from .chat import ChatScreen

SAVE_AFTER = 1.0
"""Seconds between a change of the draft and its way to the disk: what a crash may take of it."""


class Writing:
    """The composer's helper."""

    def __init__(self, screen: ChatScreen) -> None:
        self._screen = screen
        self._changed = asyncio.Event()
        self._saved: dict[RoomId, dict[str, str]] = {}
        """What is on disk, by room."""
        self.save_after = SAVE_AFTER

    # ------------------------------------------------------------------------------------------------------- drafts

    def changed(self) -> None:
        """The draft reads differently, or is about another message."""
        if self._screen.room is not None:
            self._screen.room.draft = self._screen.composer.draft
            self._changed.set()

    def aim_at(self, room: OpenRoom, aim: Aim | None) -> None:
        """The next text in the room on the screen is an answer, or the new wording of a message; None: neither."""
        room.aim = aim
        self.show_aim()
        self.changed()

    async def keep_drafts(self) -> None:
        """Write the draft down a moment after each change, for ever."""
        while True:
            await self._changed.wait()
            await asyncio.sleep(self.save_after)
            self._changed.clear()
            if self._screen.room is not None:
                await self.save(self._screen.room)

    def kept_draft(self, room: OpenRoom) -> str:
        """What is being written in the room on the screen; while a message is changed, what was there before."""
        return room.aim.kept if room.aim is not None and room.aim.what == "edit" else self._screen.composer.draft

    async def take_up(self, room: OpenRoom) -> None:
        """Fetch the draft of a room that was just opened, and what can be brought back by going up."""
        try:
            self._saved[room.id] = stored = await stored_draft(room.session)
            put_into(room, await load_draft(room.session, stored))
        except TROUBLE as error:
            self._screen.tell(str(error), severity="error")
        room.sent[:0] = [typed(message.text) for message in room.window.messages if message.mine and message.text]

    async def save(self, room: OpenRoom) -> None:
        """Keep a room's draft on disk."""
        if not room.session.is_running:
            return
        try:
            self._saved[room.id] = await save_draft(room.session, draft_of(room), self._saved.get(room.id))
        except TROUBLE as error:
            self._screen.tell(str(error), severity="error")

    def give_back(self, errand: Errand, why: str) -> None:
        """An errand was refused: say why, and put its text where it was written."""
        screen = self._screen
        screen.tell(why, severity="error")
        if not errand.text:
            return
        room, aim, now = errand.room, errand.aim, errand.room.aim
        is_here = room is screen.room
        if aim is not None and aim.what == "edit" and (now is None or now.what == "reply"):
            # The draft waits again until the message reads as it should: it must not become part of it.
            draft = screen.composer.draft if is_here else room.draft
            room.aim, room.draft = replace(aim, kept=draft, reply=now), errand.text
            if is_here:
                screen.composer.fill(errand.text)
        elif now is not None and now.what == "edit" and not is_here:
            room.aim = replace(now, kept="\n".join(filter(None, (errand.text, now.kept))))
        else:
            room.aim = now or (aim if aim is not None and aim.what == "reply" else None)
            if is_here:
                screen.composer.give_back(errand.text)
            else:
                room.draft = "\n".join(filter(None, (errand.text, room.draft)))
        if is_here:
            self.show_aim()
            self.changed()

    # ------------------------------------------------------------------------------------------------ ways to write

    def ask_about(self, paste: Pasted) -> None:
        """Have somebody say what to do with a long paste."""

        def answered(text: str | None) -> None:
            composer = self._screen.composer
            if text is not None:
                # A block of code is one only where it begins a line.
                before = "\n" if text.startswith(FENCE) and composer.cursor_location[1] else ""
                composer.insert(before + text, maintain_selection_offset=False)
            composer.focus()

        self._screen.app.push_screen(PasteScreen(paste), answered)

    async def edit_outside(self) -> None:
        """Hand the draft to an editor, and take it back. The rooms go on meanwhile."""
        screen, app = self._screen, self._screen.app
        room, before = screen.room, screen.composer.text
        try:
            command = editor_command(os.environ)
            # Nothing may be drawn into the editor's screen.
            with app.suspend(), deaf_to_interrupts(), app.batch_update():
                text = await asyncio.to_thread(edit_text, before, command)
        except EditorFailed as error:
            screen.tell(str(error), severity="error")
            return
        except SuspendNotSupported:
            screen.tell("This terminal cannot be lent to an editor: go on writing here.", severity="warning")
            return
        finally:
            screen.notices.forget_title()
            app.refresh(layout=True)
            screen.list_rooms()
        if room is screen.room:
            screen.composer.fill(text)
        elif room is not None:
            room.draft = text

    def show_aim(self) -> None:
        """One line over the composer, when the next text is no new message."""
        screen = self._screen
        aim = screen.room.aim if screen.room is not None else None
        screen.banner.display = aim is not None
        screen.composer.changes = aim is not None and aim.what == "edit"
        if aim is not None:
            line = aim_text(aim, screen.size.width)
            if screen.banner.content != line:  # each update lays out the window
                screen.banner.update(Content(line))

    def show_offer(self, event: Composer.Offered) -> None:
        """One line over the composer: what Tab goes through, or how a command goes on."""
        line = self._screen.offers
        content = offer_content(event.choices, event.chosen, event.text, max(10, self._screen.size.width - 4))
        line.display = bool(content.plain)
        line.update(content)


def aim_text(aim: Aim, width: int) -> str:
    """What the next text is, in a window of `width` cells."""
    whom = "yourself" if aim.message.mine else shown_line(aim.message.name, 40)
    what = "Changing" if aim.what == "edit" else f"Reply to {whom}:"
    ending = "   Esc drops it"
    return cut(f"{what} “{shown_line(aim.message.text)}”", max(10, width - len(ending) - 4)) + ending


def offer_content(choices: list[str], chosen: int, text: str, width: int) -> Content:
    """As many choices as fit, beginning with one before the chosen one, which stands out."""
    if not choices:
        return Content(cut(text, width)).stylize("$quiet") if text else Content("")
    first = max(0, chosen - 1)
    parts: list[str | tuple[str, str]] = ["… "] if first else []
    used = 2 * len(parts)
    for index, choice in enumerate(choices[first:], first):
        word = shown_line(choice, 24)
        used += len(Content(word).plain) + 2
        if used > width:
            parts.append(("…", "$quiet"))
            break
        parts += [(word, "bold $ink-primary" if index == chosen else "$quiet"), "  "]
    return Content.assemble(*parts)
