"""The chat: rooms, messages, people, and where one writes.

What the screen shows is the state of the current room; rooms behind it go on running (see `rooms`). What is typed
goes to `actions`, and from there, through `errands`, to the session; it comes back as the session's events.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import tzinfo
from typing import ClassVar

from textual import events, getters, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.notifications import SeverityLevel
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Static

from ...session import api
from ...session.profile import Profile
from ..drafts import draft_of, put_into
from ..importance import RoomItem, next_unread
from ..markdown import warm_up
from ..people import cast_of, plain_name
from ..rooms import Aim, OpenRoom, opening
from ..settings import Settings
from ..text import shown_line
from ..widgets.composer import Composer, hint
from ..widgets.invite_card import InviteCard
from ..widgets.key_line import KeyLine
from ..widgets.room_list import RoomList
from ..widgets.roster import Roster
from ..widgets.status_line import NetworkLine, StatusLine
from ..widgets.timeline import Timeline
from ..widgets.typing_line import TypingLine
from .actions import Actions
from .errands import Errand, Errands
from .home import Choice, HomeScreen
from .notices import Notices
from .paging import Paging
from .places import Places
from .rooms import Rooms
from .searching import Searching
from .sized import PEOPLE_FROM, ROOMS_FROM, SizedScreen
from .switcher import SwitchScreen
from .words import words_after
from .writing import Writing

TICK = 1.0
"""Seconds between two looks at what changes with time alone: a retry's countdown, how long ago somebody was seen."""


class ChatScreen(SizedScreen[None]):
    """All open rooms of this window."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+k", "switch", "Rooms", id="chat.switch", priority=True),
        Binding("alt+k", "rooms", "List of rooms", id="chat.rooms", show=False, priority=True),
        Binding("ctrl+f", "search", "Search", id="chat.search", priority=True),
        Binding("ctrl+t", "people", "People", id="chat.people", priority=True),
        Binding("f4", "links", "Links", id="chat.links", key_display="F4", show=False, priority=True),
        Binding("alt+up", "step(-1)", "Room before", id="chat.room-before", show=False),
        Binding("alt+down", "step(1)", "Room after", id="chat.room-after", show=False),
        Binding("alt+a", "unread", "Next room with news", id="chat.room-unread", show=False),
        Binding("escape", "write", "Back to writing", id="chat.write", show=False),
    ]
    AUTO_FOCUS = "#composer"

    # What shows them draws itself again: the screen needs not.
    view: reactive[api.RoomView | None] = reactive(None, repaint=False)
    """The current room as its session sees it."""
    now_ms: reactive[int] = reactive(0, repaint=False)
    countdown_ms: reactive[int] = reactive(0, repaint=False)
    """Unix milliseconds by the second, while somebody waits to be linked with; else 0, so that nothing is drawn."""

    timeline = getters.query_one("#timeline", Timeline)
    card = getters.query_one("#card", InviteCard)
    composer = getters.query_one("#composer", Composer)
    room_list = getters.query_one("#rooms", RoomList)
    roster = getters.query_one("#people", Roster)
    banner = getters.query_one("#banner", Static)
    offers = getters.query_one("#offers", Static)
    network = getters.query_one("#network", NetworkLine)
    found_line = getters.query_one("#found-line", Static)

    def __init__(
        self,
        profile: Profile,
        first: Choice,
        *,
        now: Callable[[], float],
        tz: tzinfo | None,
        entropy: Callable[[int], bytes],
        settings: Settings,
        emit: Callable[[str], None],
        idle: Callable[[], float],
    ) -> None:
        """`first`: the room to begin with. `now`: Unix seconds. For `emit` and `idle` see Notices."""
        super().__init__()
        self.profile = profile
        self.rooms = Rooms(self, profile)
        self._first = first
        self._now = now
        self.tz = tz
        """Where the reader's clock hangs; None for the machine's own."""
        self._entropy = entropy
        self.settings = settings
        self.writing = Writing(self)
        self._errands = Errands(self.writing.give_back, self.tell)
        self._actions = Actions(self)
        self.searching = Searching(self)
        self.paging = Paging(self)
        self.places = Places(self)
        self.notices = Notices(self, emit, idle)
        self.persons = self._actions.persons
        self._stale = False
        self._early: list[str] = []
        """What was sent before the first room was open."""

    def compose(self) -> ComposeResult:
        """Top line, three columns, composer, keys."""
        yield StatusLine(id="status").data_bind(ChatScreen.view)
        yield NetworkLine(id="network").data_bind(ChatScreen.view)
        with Horizontal(id="columns"):
            yield RoomList(id="rooms")
            with Vertical(id="middle"):
                yield InviteCard(id="card").data_bind(ChatScreen.view)
                yield Timeline(self._mark, self.tz, id="timeline")
                yield Static("", id="found-line", markup=False)
                yield TypingLine(id="typing").data_bind(ChatScreen.view)
            yield Roster(id="people").data_bind(ChatScreen.view, ChatScreen.now_ms, ChatScreen.countdown_ms)
        yield Static("", id="banner", markup=False)
        yield Static("", id="offers", markup=False)
        yield Composer(id="composer")
        yield KeyLine()
        yield from self.cover()

    def on_mount(self) -> None:
        """Begin with the first room; the screen is there before it is."""
        self._tick()
        self.places.watch(self.timeline)
        self.set_interval(TICK, self._tick)
        self.run_worker(self._errands.run(), group="errands")
        # The Markdown parser takes a moment to import: not in the middle of a message.
        self.run_worker(warm_up, group="warm-up", thread=True)
        self.run_worker(self.writing.keep_drafts(), group="drafts")
        self.use_settings()
        self.enter(self._first)
        self.watch(self.app, "app_focus", self._looked, init=False)

    def on_screen_resume(self, _event: events.ScreenResume) -> None:
        """What was over it is closed."""
        self._looked()

    def _looked(self) -> None:
        """Somebody looks at the room again: what came meanwhile is read."""
        if self.room is not None and self.is_active and self.app.app_focus and self.timeline.following:
            self.rooms.read_all(self.room)
            self.list_rooms()

    async def on_unmount(self) -> None:
        """What is half written is there next time."""
        if self.room is not None:
            self.places.mark(self.room)
            await self.places.save(self.room)
            await self.writing.save(self.room)

    # -------------------------------------------------------------------------------------------------- which room

    @property
    def room(self) -> OpenRoom | None:
        """The room on the screen; None until the first is open."""
        return self.rooms.current

    def enter(self, choice: Choice) -> None:
        """Open a saved room, or go back to it if it runs already."""
        self.rooms.enter(choice)

    def put_away(self) -> None:
        """Another room is about to come: keep what belongs to this one."""
        if self.room is not None:
            self.room.draft = self.composer.draft
            self.places.mark(self.room)
            self.run_worker(self.writing.save(self.room), group="draft")
            self.run_worker(self.places.save(self.room), group="place")
            self.room.invite = ""
            if not self.room.unread:
                self.room.first_new = None

    def take_up(self, room: OpenRoom) -> None:
        """`room` is the current one from now on."""
        if room.place is None:
            self.rooms.read_all(room)
        self.run_worker(self.places.remember(room), group="remember", exclusive=True)
        if self.view is None:  # what was typed while the first room was being opened goes on behind its draft
            draft = draft_of(room)
            text = "\n".join(filter(None, (draft.text, self.composer.text)))
            put_into(room, replace(draft, text=text))
        self.composer.load(room.draft, room.sent)
        self.composer.focus()
        self.set_class(False, "-rooms-asked")
        self.card.invite = room.invite
        self.card.copied = room.fresh and bool(room.invite)
        if self.card.copied:
            self.app.copy_to_clipboard(room.invite)
            room.fresh = False
        self.refresh_room()
        if room.place is not None:
            self.timeline.go_back(room.place)
        self.searching.taken_up(room)
        if self._early:
            # What was sent before anything could be seen is neither an answer nor the new wording of a message.
            early, self._early, aim, room.aim = self._early, [], room.aim, None
            for text in early:
                self._actions.submit(text)
            self.writing.aim_at(room, room.aim or aim)

    def give_up(self) -> None:
        """The first room cannot be opened: back to where rooms are made, with what was written for it at hand."""
        unsent = "\n".join(filter(None, (*self._early, self.composer.text)))
        if unsent:
            self.app.copy_to_clipboard(unsent)
            self.tell("What you wrote is in the clipboard: paste it where you can write.", severity="warning")
        self.dismiss(None)

    def refresh_room(self) -> None:
        """Show the current room as it is now."""
        room = self.room
        if room is None:
            return
        self._stale = False
        self.view = view = room.session.view
        if self.card.invite != room.invite:  # the room has other relays now, or another name
            self.card.invite, self.card.copied = room.invite, False
        self._show_empty(room.is_empty and not view.online and view.direct is None)
        above = opening(view.title, view.gap, room.window)
        self.timeline.show(room.window, room.first_new, cast_of(view), above, view.my_name)
        self.composer.people = [plain_name(peer) for peer in view.peers]
        self.composer.rooms = [saved.name for saved in self.rooms.saved]
        self._show_hint()
        self.writing.show_aim()
        self.list_rooms()

    def _show_hint(self) -> None:
        if self.view is not None:
            self.composer.placeholder = hint(shown_line(self.view.title), self.size.width - 6)

    def _show_empty(self, on: bool) -> None:
        # Not by a class of the screen: all that is on it would be styled anew, which takes longer than a key may wait.
        self.card.display = on
        self.timeline.display = not on
        self.network.set_class(on, "-empty")

    def use_settings(self) -> None:
        """Do as the settings say now."""
        self.composer.sends_typing = self.settings.now.typing
        self.composer.words = self._words
        self.list_rooms()

    def _words(self, command: str) -> list[str]:
        """What may stand after a command of this name."""
        return words_after(command, list(self.app.available_themes))

    def ask_for_room(self, *, join: bool = False, name: str = "") -> None:
        """Go to where rooms are made and joined, and come back with one."""

        def chosen(choice: Choice | None) -> None:
            if choice is not None:
                self.enter(choice)

        home = HomeScreen(
            self.profile,
            now=self._now,
            tz=self.tz,
            entropy=self._entropy,
            can_go_back=True,
            offers_demo=False,
            join=join,
            name=name,
        )
        self.app.push_screen(home, chosen)

    def refresh_soon(self) -> None:
        """Show the current room as it will be when all that happens just now has happened."""
        if not self._stale:
            self._stale = True
            self.call_later(self.refresh_room)

    def _tick(self) -> None:
        self.now_ms = round(self._now() * 1000)
        is_retrying = self.view is not None and any(peer.retry_at_ms for peer in self.view.peers)
        self.countdown_ms = self.now_ms if is_retrying else 0
        self.notices.look_at_clock()
        if self.room is not None and self.view is not None and self.view.network:
            self.view = self.room.session.view

    def _mark(self, message: api.MessageView) -> str:
        return self.room.mark(message) if self.room else ""

    # ------------------------------------------------------------------------------------------------------ writing

    def now(self) -> float:
        """Unix seconds."""
        return self._now()

    def ask(
        self, command: api.Command, text: str = "", aim: Aim | None = None, done: Callable[[], str] | None = None
    ) -> None:
        """Have the current room's session do something; `text` comes back, with its aim, when it is refused.

        `done`: what to tell once it is done.
        """
        if self.room is not None:
            self._errands.add(Errand(self.room, command, text, aim, done))

    def ask_in(self, room: OpenRoom, command: api.Command) -> None:
        """The same of any room that runs."""
        self._errands.add(Errand(room, command))

    @on(Composer.Submitted)
    def _submitted(self, event: Composer.Submitted) -> None:
        self.searching.forget()
        if self.view is None:
            self._early.append(event.text)
        else:
            self._actions.submit(event.text)

    @on(Composer.Typed)
    def _typed(self, event: Composer.Typed) -> None:
        self.ask(api.SetTyping(event.on))

    @on(Composer.Changed)
    def _draft_changed(self) -> None:
        self.writing.changed()

    @on(Composer.Offered)
    def _offered(self, event: Composer.Offered) -> None:
        self.writing.show_offer(event)

    @on(Composer.PasteAsked)
    def _paste_asked(self, event: Composer.PasteAsked) -> None:
        self.writing.ask_about(event.paste)

    @on(Composer.EditorAsked)
    def edit_outside(self) -> None:
        """Go on writing in $EDITOR."""
        self.run_worker(self.writing.edit_outside(), group="editor", exclusive=True)

    @on(Composer.Stepped)
    def _stepped(self, event: Composer.Stepped) -> None:
        self._actions.step(event.step)

    @on(Composer.Dismissed)
    def _dismissed(self) -> None:
        if self.room is None or self.room.aim is not None or not self.searching.leave():
            self._actions.drop_aim()

    @on(Composer.Shortened)
    def _shortened(self) -> None:
        self.tell("That was too much to paste: its end was cut off.", severity="warning")

    @on(Composer.Resized)
    def _composer_resized(self) -> None:
        # What is told stands above it: nobody should have to click something away in order to write.
        for toasts in self.query("#textual-toastrack"):
            toasts.styles.margin = (0, 0, self.size.height - self.composer.region.y, 0)
        self._show_hint()
        self.writing.show_aim()

    @on(Composer.ScrollAsked)
    def _scroll_asked(self, event: Composer.ScrollAsked) -> None:
        if event.step < 0:
            self.timeline.action_page_up()
        else:
            self.timeline.action_page_down()

    # ------------------------------------------------------------------------------------------------------- widgets

    @on(Timeline.Asked)
    def _timeline_asked(self, event: Timeline.Asked) -> None:
        if event.what != "leave" or not self.searching.leave():
            self._actions.on_message(event.what, event.message, event.detail)

    @on(Timeline.Arrived)
    def _arrived(self) -> None:
        self.searching.arrived()

    @on(Timeline.TopReached)
    def _top_reached(self) -> None:
        self.paging.older()

    @on(Timeline.BottomReached)
    def _bottom_reached(self) -> None:
        self.paging.newer()

    @on(Timeline.EndReached)
    def _end_reached(self) -> None:
        if self.room is not None:
            self.rooms.read_all(self.room)
            self.paging.newest()

    @on(RoomList.Chosen)
    def _room_chosen(self, event: RoomList.Chosen) -> None:
        if event.item is None:
            self.ask_for_room()
        else:
            self.go_to(event.item)

    def go_to(self, item: RoomItem) -> None:
        """Open what a line of a list of rooms stands for."""
        ask = next((ask for ask in self.rooms.asks if ask.peer == item.asker), None)
        if ask is not None:
            self._actions.answers.answer(ask)
        elif not item.asked:
            self.enter(Choice(item.name))

    @on(RoomList.LookedAway)
    def list_rooms(self) -> None:
        """Show which rooms there are, and what is new in them."""
        self.room_list.items = self.rooms.items()
        loud = (room for room in self.rooms.open.values() if self.notices.level(room) != "none")
        self.notices.show_title(sum(room.session.view.unread for room in loud))

    @on(Roster.Chosen)
    def _peer_chosen(self, event: Roster.Chosen) -> None:
        if self.room is not None:
            self.persons.show(self.room, event.peer)

    @on(InviteCard.Pressed)
    def _card_pressed(self, event: InviteCard.Pressed) -> None:
        self._actions.call("invite") if event.what == "qr" else self._copy_invite()

    def _copy_invite(self) -> None:
        if self.room is not None and self.room.invite:
            self.app.copy_to_clipboard(self.room.invite)
            self.card.copied = True

    # ------------------------------------------------------------------------------------------------------ actions

    def run_command(self, line: str) -> None:
        """Do what a slash command says, as if it had been typed."""
        self._actions.submit(line)

    def tell(self, text: str, *, severity: SeverityLevel = "information", seconds: float | None = None) -> None:
        """One sentence that goes away by itself, after so long where it matters. The text is never markup."""
        self.notify(shown_line(text, 400), severity=severity, timeout=seconds, markup=False)

    def action_switch(self) -> None:
        """Choose a room by a few of its letters."""
        self.app.push_screen(SwitchScreen(self.rooms.items()), self._switched)

    def _switched(self, choice: RoomItem | str | None) -> None:
        if isinstance(choice, RoomItem):
            self.go_to(choice)
        elif choice is not None:
            self.ask_for_room(name=choice)

    def action_rooms(self) -> None:
        """To the list of rooms; from it back to writing."""
        if self.room_list.has_focus:
            self.action_write()
            return
        self.add_class("-rooms-asked")
        self.room_list.focus()

    def action_search(self) -> None:
        """Look for messages in all rooms."""
        self.searching.open()

    def action_people(self) -> None:
        """Show the people where they are folded away, hide them where they are not."""
        shown = self.roster.display and self.roster.region.width > 0
        self.set_class(not shown and self.size.width < PEOPLE_FROM, "-people-asked")
        self.set_class(shown and self.size.width >= PEOPLE_FROM, "-people-hidden")
        if shown and self.roster.has_focus:
            self.composer.focus()

    @on(events.Click, "#status, #network")
    def action_links(self) -> None:
        """What the network does, in full."""
        self._actions.call("links")

    @property
    def focus_chain(self) -> list[Widget]:
        """Shift+Tab goes from where one writes to the messages first, also where the people stand in between."""
        chain = super().focus_chain
        if self.roster in chain:
            chain.remove(self.roster)
            chain.insert(chain.index(self.room_list) + 1 if self.room_list in chain else 0, self.roster)
        return chain

    def action_write(self) -> None:
        """Back to the composer, and fold what was unfolded for a look."""
        self.composer.focus()
        if self.size.width < ROOMS_FROM:
            self.set_class(False, "-rooms-asked")

    def action_step(self, step: int) -> None:
        """The room before or after in the list."""
        names = [item.name for item in self.room_list.items if not item.asked]
        if self.room is not None and self.room.name in names:
            self.rooms.enter(Choice(names[(names.index(self.room.name) + step) % len(names)]), walking=True)

    def action_unread(self) -> None:
        """The next room with something new, the most important first."""
        item = next_unread(self.room_list.items)
        if item is None:
            self.tell("Nothing new in the other rooms.")
        else:
            if item.name in self.rooms.open:
                self.rooms.open[item.name].place = None  # to what is new, wherever one was
            self.enter(Choice(item.name))
