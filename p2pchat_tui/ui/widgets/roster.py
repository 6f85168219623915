"""The people of a room: who is there, how they are reached, how far away they are, and what one must know of them."""

from __future__ import annotations

from rich.cells import cell_len
from textual import events
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from ...session.api import Activity, Path, PeerId, PeerState, PeerView, RoomView
from ..amounts import seconds_until
from ..text import ago_text, apart, cut, nick_colour, shown_line, wrap

GLYPHS = {PeerState.ONLINE: "●", PeerState.AWAY: "◐", PeerState.OFFLINE: "○"}
"""Full, half, empty: told apart without any colour."""
RETRYING = len("● " + " retrying ")


class Roster(OptionList):
    """One option for each person; choosing one addresses them."""

    HELP = "Who is in the room. ● here, ◐ away, ○ offline. Enter addresses somebody."

    view: reactive[RoomView | None] = reactive(None, init=False)
    now_ms: reactive[int] = reactive(0, init=False)
    countdown_ms: reactive[int] = reactive(0, init=False)
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

    def watch_view(self) -> None:
        """Draw again."""
        self._fill()

    def watch_now_ms(self) -> None:
        """Draw again: how long ago somebody was seen has changed."""
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
        highlighted = self.highlighted
        shared = shared_names(view)
        options = [Option(_me(view, self._width))]
        for peer in view.peers:
            prompt = peer_content(peer, self._width, self.now_ms, shared, self.countdown_ms)
            options.append(Option(prompt, id=peer.peer.text))
        self.set_options(options)
        if highlighted is not None and highlighted < len(options):
            self.highlighted = highlighted


def shared_names(view: RoomView) -> frozenset[str]:
    """Case-folded names that do not tell people apart; `you` is never anybody else's."""
    names = [view.my_name.casefold(), *(peer.name.casefold() for peer in view.peers)]
    return frozenset({"you", *(name for name in names if names.count(name) > 1)})


def peer_name(peer: PeerView, shared: frozenset[str]) -> str:
    """The nickname, with the key's tag when another one has it too."""
    name = shown_line(peer.name, 40) or "?"
    return f"{name}~{peer.peer.tag}" if name.casefold() in shared else name


def peer_content(peer: PeerView, width: int, now_ms: int, shared: frozenset[str], countdown_ms: int = 0) -> Content:
    """One or two lines for a person."""
    name = peer_name(peer, shared)
    reach = _reach(peer, now_ms)
    if countdown_ms and peer.retry_at_ms is not None:
        wait = f"in {seconds_until(peer.retry_at_ms, countdown_ms)} s"
        reach = f"retrying {wait}" if cell_len(name) + len(wait) + RETRYING <= width else wait
    line = apart(f"{GLYPHS[peer.state]} {name}", reach, width)
    colour = "$quiet" if peer.state is PeerState.OFFLINE else f"$nick-{nick_colour(peer.peer)}"
    content = Content(line).stylize("$quiet", 0).stylize(colour, 0, min(len(line), len(name) + 2))
    if peer.note:
        note = "\n".join(_note_lines(shown_line(peer.note), width))
        content = Content.assemble(content, "\n", (note, "$warning"))
    return content


def _reach(peer: PeerView, now_ms: int) -> str:
    if peer.state is PeerState.OFFLINE:
        if peer.activity is not Activity.NONE:
            return f"{peer.activity.value}…"
        return ago_text(peer.last_seen_ms, now_ms) if peer.last_seen_ms else "not seen"
    if peer.state is PeerState.AWAY:
        return "away"
    rtt = f"{peer.rtt_ms}ms" if peer.rtt_ms is not None else ""
    return f"{path_text(peer)} {rtt}".strip()


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
    return Content(line).stylize("$quiet").stylize(f"$nick-{nick_colour(view.me)}", 0, max(0, len(line) - 4))


def _note_lines(note: str, width: int) -> list[str]:
    room = max(6, width - 4)
    lines = [note[low:high] for low, high in wrap(note, room)][:4]
    return [cut(("  ! " if index == 0 else "    ") + line, width) for index, line in enumerate(lines)]
