"""Where one begins: a new room, a room to join, the rooms one has, and a name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo
from typing import ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Input, OptionList, Static
from textual.widgets.option_list import Option

from ...session.api import clean_name
from ...session.catalogue import RoomSummary, proposed_name, strength
from ...session.profile import Profile
from ..text import apart, looks_like_invite, opened_text, shown_line
from ..trouble import TROUBLE
from ..widgets.field import Field
from ..widgets.key_line import KeyLine
from .sized import SizedScreen

NOTICE_MAX = 1000
"""Characters of what must be known of a profile: some sentences, of which none may lose its end."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen: a room to open, or the demo."""

    room: str
    fresh: bool = False
    """Made just now, so that its invite shall be shown and copied."""
    demo: bool = False


class InviteInput(Field):
    """Takes an invite or a room name. An invite is masked, and may be pasted with line breaks in it."""

    def _on_paste(self, event: events.Paste) -> None:
        text = event.text
        if looks_like_invite(text):
            text = "".join(text.split())
            self.value = ""
        event.prevent_default()
        event.stop()
        # Taken on from here by Input's own handler, which keeps the first line.
        super()._on_paste(events.Paste(text))


class HomeScreen(SizedScreen[Choice | None]):
    """Ends with a Choice, or with None when there is a chat to go back to."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", id="home.back"),
        Binding("down", "app.focus_next", "Next", id="home.next", show=False),
        Binding("up", "app.focus_previous", "Previous", id="home.previous", show=False),
    ]
    AUTO_FOCUS = "#new-name"

    def __init__(
        self,
        profile: Profile,
        *,
        now: Callable[[], float],
        tz: tzinfo | None,
        entropy: Callable[[int], bytes],
        can_go_back: bool = False,
        offers_demo: bool = True,
        join: bool = False,
        name: str = "",
    ) -> None:
        """`join`: begin in the join field. `name`: what is in the field that one begins in."""
        super().__init__()
        self._profile = profile
        self._now = now
        self._tz = tz
        self._entropy = entropy
        self._can_go_back = can_go_back
        self._offers_demo = offers_demo
        self._begin_with_join = join
        self._wanted = name
        self._rooms: tuple[RoomSummary, ...] = ()

    def compose(self) -> ComposeResult:
        """From top to bottom: what it is, who I am, new, join, recent."""
        new_name = self._wanted if self._wanted and not self._begin_with_join else proposed_name(self._entropy)
        with VerticalScroll(id="home", can_focus=False):
            yield Static("p2pchat", id="home-title")
            yield Static(Content("Private group chat in the terminal. No account. No server can read it."))
            yield Static(Content(shown_line(self._profile.notice, NOTICE_MAX)), id="home-notice")
            with Horizontal(classes="home-row"):
                yield Static("Your name", classes="home-label")
                yield Field(
                    self._profile.nickname,
                    placeholder="anything; may stay empty",
                    id="nick",
                    compact=True,
                    max_length=32,
                )
            with Horizontal(id="home-cards"):
                with Vertical(classes="home-card", id="new-card") as card:
                    card.border_title = "new room"
                    yield Field(new_name, placeholder="name of the room", id="new-name", compact=True, max_length=32)
                    yield Static(Content("You get an invite to pass on."), classes="quiet")
                    yield Button("Create", id="create", compact=True)
                with Vertical(classes="home-card", id="join-card") as card:
                    card.border_title = "join"
                    yield InviteInput(
                        self._wanted if self._begin_with_join else "",
                        placeholder="an invite, or a room name",
                        id="join-what",
                        compact=True,
                    )
                    yield Field(placeholder="the room's passphrase", id="phrase", password=True, compact=True)
                    yield Static("", id="strength", classes="quiet", markup=False)
                    yield Button("Join", id="join", compact=True)
            yield Static("", id="home-error", markup=False)
            yield OptionList(id="recent", compact=True, markup=False)
            if self._offers_demo:
                yield Button("Demo: two lively peers on this machine", id="demo", compact=True)
        yield from self.cover()
        yield KeyLine()

    async def on_mount(self) -> None:
        """List the rooms that are saved."""
        self.query_one("#recent").border_title = "recent rooms"
        self.query_one("#home-notice").display = bool(self._profile.notice)
        if self._begin_with_join:
            self.query_one("#join-what").focus()
        try:
            self._rooms = await self._profile.rooms()
        except TROUBLE as error:
            self._say(str(error))
        self._fill()

    def on_resize(self) -> None:
        """Dates stay at the right edge."""
        self.call_after_refresh(self._fill)

    def _fill(self) -> None:
        recent = self.query_one_optional("#recent", OptionList)
        if recent is None:  # a room was chosen meanwhile
            return
        recent.display = bool(self._rooms)
        width = recent.scrollable_content_region.width or self.size.width - 8
        now_ms = int(self._now() * 1000)
        recent.set_options(
            Option(
                Content(
                    apart(
                        f"{shown_line(room.title, 40)}   {shown_line(room.words)}",
                        opened_text(room.opened_ms, now_ms, self._tz),
                        width,
                    )
                )
            )
            for room in self._rooms
        )

    # ------------------------------------------------------------------------------------------------------- fields

    @on(Input.Changed, "#join-what")
    def _what_changed(self, event: Input.Changed) -> None:
        is_invite = looks_like_invite(event.value)
        event.input.password = is_invite
        self.query_one("#phrase").display = not is_invite
        self._say_strength("It will be saved under the name in the invite." if is_invite else "")

    @on(Input.Changed, "#phrase")
    def _phrase_changed(self, event: Input.Changed) -> None:
        self._say_strength(strength(event.value))

    @on(Input.Submitted, "#nick")
    def _nick_submitted(self) -> None:
        self._keep_nickname()
        self.query_one("#new-name").focus()

    @on(Input.Submitted, "#new-name")
    @on(Button.Pressed, "#create")
    def _create_pressed(self) -> None:
        self._create()

    @on(Input.Submitted, "#join-what")
    def _what_submitted(self, event: Input.Submitted) -> None:
        if looks_like_invite(event.value) or self._saved(event.value):
            self._join()
        else:
            self.query_one("#phrase").focus()

    @on(Input.Submitted, "#phrase")
    @on(Button.Pressed, "#join")
    def _join_pressed(self) -> None:
        self._join()

    @on(OptionList.OptionSelected, "#recent")
    def _recent_selected(self, event: OptionList.OptionSelected) -> None:
        self._keep_nickname()
        self.dismiss(Choice(self._rooms[event.option_index].name))

    @on(Button.Pressed, "#demo")
    def _demo_pressed(self) -> None:
        self.dismiss(Choice("", demo=True))

    def action_back(self) -> None:
        """Back to the chat, if there is one."""
        if self._can_go_back:
            self.dismiss(None)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer the way back only where there is one."""
        return self._can_go_back if action == "back" else True

    # ------------------------------------------------------------------------------------------------------ actions

    @work(exclusive=True, group="home")
    async def _create(self) -> None:
        self._keep_nickname()
        name = self.query_one("#new-name", Input).value
        self._say("")
        try:
            room = await self._profile.new_room(name)
        except TROUBLE as error:
            self._say(str(error))
            return
        self.dismiss(Choice(room.name, fresh=True))

    @work(exclusive=True, group="home")
    async def _join(self) -> None:
        self._keep_nickname()
        what = self.query_one("#join-what", Input).value
        phrase = self.query_one("#phrase", Input).value
        self._say("")
        try:
            if looks_like_invite(what):
                room = await self._profile.join_invite(what)
            elif not phrase and (saved := self._saved(what)):
                room = saved
            else:
                self._say("Working out the room's key…")
                room = await self._profile.join_passphrase(what, phrase)
        except TROUBLE as error:
            self._say(str(error))
            return
        self.dismiss(Choice(room.name))

    def _saved(self, name: str) -> RoomSummary | None:
        wanted = name.strip().lstrip("#").casefold()
        return next((room for room in self._rooms if room.name.casefold() == wanted), None)

    def _keep_nickname(self) -> None:
        name = self.query_one("#nick", Input).value
        if name.strip() != self._profile.nickname:
            self._profile.nickname = clean_name(name)

    def _say(self, text: str) -> None:
        self.query_one("#home-error", Static).update(Content(shown_line(text, 300)))

    def _say_strength(self, text: str) -> None:
        self.query_one("#strength", Static).update(Content(text))
