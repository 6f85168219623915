"""All that is known of somebody, and what can be done about them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import tzinfo
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.geometry import Size
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Button

from ...session import api
from ..facts import trust
from ..nicks import nick_style
from ..people import marked_name
from ..text import ago_text, clock_text, day_text, shown_line
from ..widgets.roster import GLYPHS, path_text
from .labelled import Part, labelled

TICK = 1.0
"""Seconds between two looks at round trip and last sign of life."""


class PersonScreen(ModalScreen[str]):
    """Closes with `message`, `verify` or `alias` when that is wanted, with None else. The rest is done in place."""

    HORIZONTAL_BREAKPOINTS = [(0, "-tight"), (72, "-roomy")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-low"), (24, "-high")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("m", "done('message')", "Message", id="person.message"),
        Binding("v", "done('verify')", "Verify", id="person.verify"),
        Binding("a", "done('alias')", "Pet name", id="person.alias"),
        Binding("i", "ignore", "Ignore", id="person.ignore"),
        Binding("n", "mute", "Mute", id="person.mute"),
        Binding("k", "accept", "It is them", id="person.accept"),
        Binding("c", "copy", "Copy key", id="person.copy"),
        Binding("left", "app.focus_previous", "Previous", id="person.previous", show=False),
        Binding("right", "app.focus_next", "Next", id="person.next", show=False),
        Binding("escape,q", "dismiss", "Close", id="person.close"),
    ]

    def __init__(
        self,
        look: Callable[[], tuple[api.RoomView, api.PeerView | None]],
        events: AsyncIterator[api.Event],
        decide: Callable[[api.Deciding], None],
        now: Callable[[], float],
        tz: tzinfo | None,
    ) -> None:
        """`look`: the room and the person as they are now. `events` tell when that is news. `now`: Unix seconds."""
        super().__init__()
        self._look = look
        self._events = events
        self._decide = decide
        self._now = now
        self._tz = tz

    def compose(self) -> ComposeResult:
        """The facts, and under them what can be done."""
        with VerticalScroll(id="person", classes="box") as box:
            box.border_title = "person"
            box.border_subtitle = "C copies the key · Esc closes"
            yield PersonText(self._content)
            with Horizontal(classes="buttons"):
                yield Button("Message", id="person-message", compact=True)
                yield Button("Verify", id="person-verify", compact=True)
                yield Button("Pet name", id="person-alias", compact=True)
                yield Button("Ignore", id="person-ignore", compact=True)
                yield Button("Mute", id="person-mute", compact=True)
                yield Button("It is them", id="person-accept", compact=True)

    def on_mount(self) -> None:
        """Begin with what is asked for most, and follow what happens."""
        # Who it is stands above, and must be seen first.
        self.query_one("#person-message", Button).focus(scroll_visible=False)
        self.set_interval(TICK, self._draw)
        self.run_worker(self._follow(), group="person")
        self._draw()

    async def _follow(self) -> None:
        async for event in self._events:
            if isinstance(event, api.PeopleChanged | api.PeerChanged | api.RoomChanged):
                self._draw()

    def _draw(self) -> None:
        _, peer = self._look()
        self.query_one(PersonText).refresh(layout=True)
        if peer is not None:
            self.query_one("#person-ignore", Button).label = "Show again" if peer.ignored else "Ignore"
            self.query_one("#person-mute", Button).label = "Unmute" if peer.muted else "Mute"
            self.query_one("#person-accept", Button).display = bool(peer.doubt)

    def _content(self, width: int) -> Content:
        view, peer = self._look()
        if peer is None:
            return Content("Nothing is known of this person any more.")
        return person_content(peer, view, round(self._now() * 1000), self._tz, width)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """The same as the keys."""
        match (event.button.id or "").removeprefix("person-"):
            case "ignore":
                self.action_ignore()
            case "mute":
                self.action_mute()
            case "accept":
                self.action_accept()
            case what:
                self.dismiss(what)

    def action_done(self, what: str) -> None:
        """Close, and let the screen below do it."""
        self.dismiss(what)

    def action_ignore(self) -> None:
        """Show nothing of them any more, or everything again."""
        if (peer := self._look()[1]) is not None:
            self._decide(api.SetIgnored(peer.peer, not peer.ignored))

    def action_mute(self) -> None:
        """Announce nothing of them any more, or again."""
        if (peer := self._look()[1]) is not None:
            self._decide(api.SetMuted(peer.peer, not peer.muted))

    def action_accept(self) -> None:
        """The doubt about their name is settled."""
        if (peer := self._look()[1]) is not None and peer.doubt:
            self._decide(api.AcceptName(peer.peer))

    def action_copy(self) -> None:
        """The whole key."""
        if (peer := self._look()[1]) is not None:
            self.app.copy_to_clipboard(peer.peer.text)
            self.notify("The key is on the clipboard.", markup=False)


class PersonText(Widget):
    """The facts at the width that there is."""

    def __init__(self, content: Callable[[int], Content]) -> None:
        super().__init__()
        self._facts = content

    def render(self) -> Content:
        """Wrapped beside their labels."""
        return self._facts(self.size.width)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as there are at `width`."""
        return self._facts(width).plain.count("\n") + 1


def person_content(peer: api.PeerView, view: api.RoomView, now_ms: int, tz: tzinfo | None, width: int) -> Content:
    """All of it as one text of at most `width` cells."""
    parts: list[Part] = [(marked_name(peer), f"bold ${nick_style(peer.peer, peer.colour)}"), "\n"]
    if peer.status:
        parts += [(f"“{shown_line(peer.status)}”", "italic $quiet"), "\n"]
    parts.append("\n")
    if peer.note:
        parts += labelled("! note", shown_line(peer.note), width, "$ink-warning")
    for label, text in _facts(peer, now_ms, tz):
        parts += labelled(label, text, width)
    trusted = trust(peer, tz)
    parts += labelled("trust", trusted.marked, width, trusted.style)
    parts += labelled("key", key_text(peer.peer), width, "$quiet")
    parts += labelled("shown", _shown(peer, view), width)
    return Content.assemble(*parts).rstrip()


def _facts(peer: api.PeerView, now_ms: int, tz: tzinfo | None) -> list[tuple[str, str]]:
    facts = [("nickname", shown_line(peer.nick) or "none that is known")]
    if peer.alias:
        facts.append(("pet name", f"{shown_line(peer.alias)}, known to you alone"))
    state = f"{GLYPHS[peer.state]} {peer.state.value}"
    if peer.state is api.PeerState.OFFLINE:
        seen = f"{ago_text(peer.last_seen_ms, now_ms)}, {_moment(peer.last_seen_ms, tz)}" if peer.last_seen_ms else ""
        facts.append(("state", f"{state}, last seen {seen}" if seen else f"{state}, never seen"))
    else:
        facts.append(("state", state))
    if path := path_text(peer):
        facts.append(("path", path))
    if peer.rtt_ms is not None:
        facts.append(("round trip", f"{peer.rtt_ms} ms"))
    if peer.trouble:
        facts.append(("trouble", shown_line(peer.trouble, 400)))
    if peer.since_ms:
        facts.append(("known since", _moment(peer.since_ms, tz)))
    return facts


def _moment(ms: int, tz: tzinfo | None) -> str:
    return f"{day_text(ms, tz)}, {clock_text(ms, tz)}"


def _shown(peer: api.PeerView, view: api.RoomView) -> str:
    if peer.ignored:
        return f"{marked_name(peer)} is ignored in every room: carried, not shown"
    if peer.muted:
        return "muted in every room: shown, not announced"
    return f"in {shown_line(view.title, 40)} and wherever else you meet"


def key_text(peer: api.PeerId) -> str:
    """A key in groups, after its tag: `wxyz · 0123 4567 …`."""
    digits = peer.text
    return f"{peer.tag} · " + " ".join(digits[low : low + 4] for low in range(0, len(digits), 4))
