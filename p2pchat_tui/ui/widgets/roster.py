"""The people of a room: who is there, how they are reached, how far away they are, and what one must know of them."""

from __future__ import annotations

from collections.abc import Iterator

from rich.cells import cell_len
from textual import events
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from ...session.api import Activity, Path, PeerId, PeerState, PeerView, RoomView
from ..amounts import seconds_until
from ..nicks import nick_style
from ..people import MUTED, VERIFIED, doubted_name, fit_name
from ..text import ago_text, apart, cut, shown_line, wrap

GLYPHS = {PeerState.ONLINE: "●", PeerState.AWAY: "◐", PeerState.OFFLINE: "○"}
"""Full, half, empty: told apart without any colour."""
IGNORED = "⊘"


class Roster(OptionList):
    """One option for each person; choosing one shows all that is known of them."""

    HELP = "Who is in the room. ● here, ◐ away, ○ offline, ⊘ ignored; ✓ verified, ⊖ muted. "
    HELP += "Enter shows all that is known of somebody."

    view: reactive[RoomView | None] = reactive(None, init=False, repaint=False)
    now_ms: reactive[int] = reactive(0, init=False, repaint=False)
    countdown_ms: reactive[int] = reactive(0, init=False, repaint=False)
    """Unix milliseconds by the second, while somebody waits to be linked with; else 0."""

    class Chosen(Message):
        """Somebody was picked."""

        def __init__(self, peer: PeerId) -> None:
            super().__init__()
            self.peer = peer

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, markup=False, compact=True)
        self.border_title = "people"
        self._width = 0
        self._entries: list[tuple[str | None, Content]] = []
        """The options as they stand there: each one's id, and what it says."""

    def watch_view(self) -> None:
        """Draw again."""
        self._fill()

    def watch_now_ms(self, before: int, now: int) -> None:
        """Draw again if how long ago somebody was seen reads differently, which it seldom does."""
        gone = (peer for peer in (self.view.peers if self.view else ()) if peer.state is PeerState.OFFLINE)
        seen = (peer.last_seen_ms for peer in gone if peer.last_seen_ms)
        if any(ago_text(each, before) != ago_text(each, now) for each in seen):
            self._fill()

    def watch_countdown_ms(self) -> None:
        """Draw again: another second until the next try."""
        self._fill()

    def on_resize(self, _event: events.Resize) -> None:
        if self._width != self.scrollable_content_region.width:
            self._fill()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        if event.option_id:
            self.post_message(self.Chosen(PeerId.from_text(event.option_id)))

    def _fill(self) -> None:
        view, self._width = self.view, self.scrollable_content_region.width
        if view is None or self._width <= 0:
            return
        before, lines = self._entries, [(None, _me(view, self._width)), *self._peer_lines(view)]
        if len(lines) == len(before) and all(map(_is_same, before, lines)):
            return
        self._entries = lines
        highlighted = self.highlighted
        self.set_options([Option(content, id=key) for key, content in lines])
        if highlighted is not None and highlighted < len(lines):
            self.highlighted = highlighted

    def _peer_lines(self, view: RoomView) -> Iterator[tuple[str, Content]]:
        for peer in view.peers:
            yield peer.peer.text, peer_content(peer, self._width, self.now_ms, self.countdown_ms)


def _is_same(one: tuple[str | None, Content], other: tuple[str | None, Content]) -> bool:
    return one[0] == other[0] and one[1].is_same(other[1])


def peer_content(peer: PeerView, width: int, now_ms: int, countdown_ms: int = 0) -> Content:
    """One line for a person, one for a status, and some for a note."""
    mark = (f" {VERIFIED}" if peer.verified_ms else "") + (f" {MUTED}" if peer.muted and not peer.ignored else "")
    whole = doubted_name(peer)
    reaches = _reaches(peer, now_ms)
    if countdown_ms and peer.retry_at_ms is not None and not peer.ignored:
        wait = f"in {seconds_until(peer.retry_at_ms, countdown_ms)} s"
        reaches = (f"retrying {wait}", wait)
    # What says how they are reached gives way to the name, but for its shortest form.
    *longer, reach = reaches
    reach = next((each for each in longer if 3 + cell_len(whole + mark + each) <= width), reach)
    name = fit_name(whole, max(1, width - 3 - cell_len(mark + reach))) + mark
    line = apart(f"{IGNORED if peer.ignored else GLYPHS[peer.state]} {name}", reach, width)
    is_quiet = peer.ignored or peer.state is PeerState.OFFLINE
    colour = "$quiet" if is_quiet else f"${nick_style(peer.peer, peer.colour)}"
    content = Content(line).stylize("$quiet", 0).stylize(colour, 0, min(len(line), len(name) + 2))
    if peer.status and not peer.ignored:
        content = Content.assemble(content, "\n", _status(peer.status, width))
    if peer.note:
        note = "\n".join(_note_lines(shown_line(peer.note), width))
        content = Content.assemble(content, "\n", (note, "$ink-warning"))
    return content


def _reaches(peer: PeerView, now_ms: int) -> tuple[str, ...]:
    """How somebody is reached, or why not: the longest way to say it first."""
    if peer.ignored:
        return ("ignored", "")
    if peer.state is PeerState.OFFLINE:
        if peer.activity is not Activity.NONE:
            return (f"{peer.activity.value}…",)
        return (ago_text(peer.last_seen_ms, now_ms) if peer.last_seen_ms else "not seen",)
    path, rtt = path_text(peer), f"{peer.rtt_ms}ms" if peer.rtt_ms is not None else ""
    if peer.state is PeerState.AWAY:
        return (f"away {path} {rtt}", "away") if path and rtt else ("away",)
    return (f"{path} {rtt}".strip(), path or rtt, "")


def path_text(peer: PeerView) -> str:
    """How somebody is reached: `lan`, `direct`, `relayed`, `via bo`."""
    if peer.path is None:
        return f"{peer.activity.value}…" if peer.activity is not Activity.NONE else ""
    if peer.path is Path.VIA:
        return f"via {shown_line(peer.via, 20)}" if peer.via else "via others"
    return peer.path.value


def _me(view: RoomView, width: int) -> Content:
    glyph = GLYPHS[PeerState.AWAY if view.away else PeerState.ONLINE]
    line = apart(f"{glyph} {shown_line(view.my_name, 40)}", "you", width)
    nick = f"${nick_style(view.me, view.my_colour)}"
    content = Content(line).stylize("$quiet").stylize(nick, 0, max(0, len(line) - 4))
    return Content.assemble(content, "\n", _status(view.my_status, width)) if view.my_status else content


def _status(text: str, width: int) -> tuple[str, str]:
    """What somebody says of themselves, under their name."""
    return cut(f"  {shown_line(text)}", width), "italic $quiet"


def _note_lines(note: str, width: int) -> list[str]:
    room = max(6, width - 4)
    lines = [note[low:high] for low, high in wrap(note, room)][:4]
    return [cut(("  ! " if index == 0 else "    ") + line, width) for index, line in enumerate(lines)]
