"""A relay in words: where it is, and how it does. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from ..session.api import RelayView, RoomView, SignalingState
from .amounts import seconds_until, size_text, span_text
from .text import count_text, names_text, shown_line


def is_here(url: str) -> bool:
    """Whether the relay runs on this machine, which says nothing about anybody."""
    return urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1")


def relay_name(url: str) -> str:
    """Host and port of a relay's URL; "this machine" for the one within the windows of this machine."""
    parts = urlsplit(url)
    if is_here(url) and not parts.port:  # that of the demo
        return "this machine"
    return f"this machine, port {parts.port}" if is_here(url) else shown_line(parts.netloc or url, 80)


def relay_text(relay: RelayView, now_ms: int, since: Callable[[int], str] | None = None) -> str:
    """`dormant for 8 min · 0 frames and 1.2 kB since then`, `lost · next try in 8 s`.

    `since` turns Unix milliseconds into a time of day, which is said instead of how long.
    """
    if relay.dormant_since_ms is not None:
        began = relay.dormant_since_ms
        when = f"since {since(began)}" if since else f"for {span_text(now_ms - began)}"
        return f"dormant {when} · {count_text(relay.frames, 'frame')} and {size_text(relay.bytes)} since then"
    if relay.state is SignalingState.LOST and relay.retry_at_ms is not None:
        return f"lost · next try in {seconds_until(relay.retry_at_ms, now_ms)} s"
    return relay.state.value


def own_relays_text(view: RoomView, own: str) -> str:
    """Which relays a room uses. `own`: the URLs of those that it has itself, with blanks between."""
    room, urls = shown_line(view.title, 40), own.split()
    if urls:
        said = f"{room} has {_relays(urls)}. /relay URL gives it another one instead, /relay - takes it away."
    else:
        said = f"{room} has no relay of its own: /relay URL gives it one, so that its invite works from elsewhere."
    # Of the settings, or of the command line: nobody who is invited learns of them.
    beside = [relay.url for relay in view.relays if not relay.is_own and relay.url != "lan" and relay.url not in urls]
    return f"{said} In this run it is introduced by {_relays(beside)}, too." if beside else said


def given_text(view: RoomView, own: str) -> str:
    """What it means that a room has these relays now."""
    room, urls = shown_line(view.title, 40), own.split()
    names = {0: "none", 1: "it"}.get(len(urls), "them")
    invite = "" if view.direct is not None else f", and its invite names {names}"
    if not urls:
        return f"{room} has no relay of its own any more{invite}. Links that stand stay."
    return (
        f"{room} has {_relays(urls)} now{invite}. The others keep theirs: to be met there they say "
        f"/relay {' '.join(urls)} as well."
    )


def _relays(urls: Sequence[str]) -> str:
    named = [shown_line(url, 200) for url in urls]
    return f"the relay{'s' if len(named) > 1 else ''} {names_text(named, len(named))}"
