"""The top of the screen: which room, who is reached and how, what the relay does, and what is being waited for."""

from __future__ import annotations

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from ...session.api import Path, RelayView, RoomView, SignalingState
from ..addresses import hidden
from ..text import apart, count_text, cut, shown_line

_RELAY_ORDER = (
    SignalingState.OPEN,
    SignalingState.DORMANT,
    SignalingState.CONNECTING,
    SignalingState.LOST,
)


LOST = "relay lost, retrying"


class StatusLine(Widget):
    """One line; the room at the left, the network at the right."""

    view: reactive[RoomView | None] = reactive(None, repaint=False)
    texts: reactive[tuple[str, str]] = reactive(("", ""))
    """Left and right: drawn again only when they read differently."""

    def watch_view(self, view: RoomView | None) -> None:
        """Room and network as they are now."""
        self.texts = (room_text(view), network_text(view)) if view else ("", "")

    def render(self) -> Content:
        """Room and topic give way to the numbers when it is narrow."""
        width = self.size.width
        left, right = self.texts
        if not left:
            return Content(cut("p2pchat   opening the room…", width))
        line = apart(left, right, width)
        name = left.split("  ", 1)[0]
        content = Content(line).stylize("$quiet", min(len(name), len(line)))
        content = content.stylize("bold", 0, min(len(name), len(line)))
        lost = line.rfind(LOST)
        return content if lost < 0 else content.stylize("$ink-warning", lost)


class NetworkLine(Widget):
    """One sentence on what is being waited for and what to try; gone when all is well."""

    view: reactive[RoomView | None] = reactive(None, repaint=False)
    text: reactive[str] = reactive("", layout=True)
    """The window is laid out again only when it reads differently."""

    def watch_view(self, view: RoomView | None) -> None:
        """Take no room when there is nothing to say."""
        self.set_class(not (view and view.network), "-silent")
        self.text = "… " + waiting_text(view) if view else ""

    def render(self) -> Content:
        """The sentence wraps, so that its end, which says what to try, is never lost."""
        return Content(self.text)


def room_text(view: RoomView) -> str:
    """`#orchard  the apple harvest`."""
    away = "  (you are away)" if view.away else ""
    topic = f"  {shown_line(view.topic)}" if view.topic else ""
    return f"{shown_line(view.title)}{away}{topic}"


def waiting_text(view: RoomView) -> str:
    """What is awaited and why, and where there is more. Without addresses: anybody may look at the screen."""
    more = " F4 shows more; R there tries now." if any(peer.retry_at_ms for peer in view.peers) else ""
    return shown_line(hidden(view.network), 400) + more


def network_text(view: RoomView) -> str:
    """`3 peers · 2 direct · relay dormant`."""
    if not view.ready:
        return "starting the network…"
    online = view.online
    direct = sum(1 for peer in online if peer.path in (Path.LAN, Path.DIRECT))
    parts = [count_text(len(online), "peer") if online else "nobody else here"]
    if online:
        parts.append(f"{direct} direct")
    parts.append(relay_text(view.relays))
    if view.lan and not parts[-1].startswith("lan"):
        parts.append("lan on")
    return " · ".join(parts)


def relay_text(relays: tuple[RelayView, ...]) -> str:
    """How the relays do: the best of them counts, since one is enough.

    That of this machine's own windows counts only where there is no other: those elsewhere cannot reach it. The LAN is
    named beside them.
    """
    if not relays:
        return "no relay"
    servers = tuple(relay for relay in relays if relay.url != "lan")
    elsewhere = tuple(relay for relay in servers if not relay.is_own)
    best = min(elsewhere or servers or relays, key=lambda relay: _RELAY_ORDER.index(relay.state))
    if best.state is SignalingState.LOST:
        return LOST
    return f"{best.url if ':' not in best.url else 'relay'} {best.state.value}"  # the LAN has no relay, and no URL
