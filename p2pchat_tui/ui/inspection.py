"""What the network does, in words: every link, every attempt, every relay. Pure.

Whatever says where somebody is (addresses, and in a report names and relays too) is left out unless it is asked for.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import tzinfo

from rich.cells import cell_len
from textual.content import Content

from ..session.api import (
    AttemptView,
    Doing,
    LinkStats,
    LinkView,
    Pair,
    PairState,
    Path,
    PeerId,
    PeerState,
    PeerView,
    RelayView,
    RoomView,
)
from .addresses import hidden
from .amounts import seconds_until, size_text, span_text
from .relays import is_here, relay_name, relay_text
from .text import ago_text, clock_text, count_text, pad, shown_line, wrap

LABEL_WIDTH = 12
PAIRS_MAX = 12
"""Pairs that are listed one by one."""
LONG = 400
"""Characters of a reason that are shown."""
_ENDS = {
    "host": "own address",
    "srflx": "address outside",
    "prflx": "address seen on the way",
    "relay": "TURN server",
}
_DOING = {
    Doing.ASKING: "asking for a link",
    Doing.DESCRIBING: "finding out the own addresses",
    Doing.OFFERED: "a link is offered, the answer is awaited",
    Doing.OPENING: "trying the addresses of both sides",
}
_PAIR_WORDS = {
    PairState.WORKS: "works",
    PairState.TRYING: "being tried",
    PairState.WAITING: "waiting",
    PairState.FAILED: "failed",
}
LINKED = "●"
LAN_OFF = "off; /lan on looks for others on this network without any server"

Part = Content | str | tuple[str, str]


@dataclass(frozen=True, slots=True)
class Facts:
    """The network of one room at one moment."""

    view: RoomView
    links: tuple[LinkView, ...]
    attempts: tuple[AttemptView, ...]
    now_ms: int
    """Unix milliseconds."""


class Inspection:
    """Says `facts` as cards of at most `width` cells, one for each link, attempt and relay."""

    def __init__(
        self,
        facts: Facts,
        width: int,
        tz: tzinfo | None,
        *,
        addresses: bool = False,
        anonymous: bool = False,
        retry: str = "press R",
    ) -> None:
        """`addresses`: they are shown. `anonymous`: people are numbers, and so are relays unless `addresses`. `retry`:
        how one has it tried now.
        """
        self._facts = facts
        self._width = width
        self._tz = tz
        self._addresses = addresses
        self._anonymous = anonymous
        self._retry = retry
        self._numbers: dict[PeerId | None, int] = {}
        self._peers = {peer.peer: peer for peer in facts.view.peers}

    def cards(self) -> list[Content]:
        """All of it."""
        facts = self._facts
        cards = [self._head()]
        cards += [self._link(link) for link in facts.links]
        cards += [self._attempt(attempt) for attempt in facts.attempts]
        busy = {link.peer for link in facts.links} | {attempt.peer for attempt in facts.attempts}
        if away := [peer for peer in facts.view.peers if peer.peer not in busy]:
            cards.append(self._others(away))
        cards.append(self._relays())
        return cards

    # ------------------------------------------------------------------------------------------------------- people

    def _head(self) -> Content:
        """What is reached, and what is awaited."""
        facts = self._facts
        ways = Counter(link.path.value for link in facts.links)
        linked = f"{len(facts.links)} linked"
        if ways:
            linked += f" ({', '.join(f'{count} {way}' for way, count in sorted(ways.items()))})"
        around = f" · {len(facts.attempts)} around and not linked" if facts.attempts else ""
        parts: list[Part] = [*self._wrapped(linked + around, "bold")]
        if not facts.view.ready:
            parts += self._wrapped("Starting the network.", "$ink-warning")
        if waiting := [each for each in facts.attempts if each.doing is Doing.WAITING]:
            who = ", ".join(dict.fromkeys(self._name(each.peer, each.name) for each in waiting))
            soonest = min(waiting, key=lambda each: each.retry_at_ms or 0)
            parts += self._wrapped(f"{self._retrying(soonest)} · {who} · {self._retry} to try now", "$ink-warning")
        return Content.assemble(*parts).rstrip()

    def _link(self, link: LinkView) -> Content:
        reach = [link.path.value, *([f"{link.rtt_ms} ms"] if link.rtt_ms is not None else [])]
        parts: list[Part] = [
            *self._title(LINKED, link.peer, link.name, f"{' · '.join(reach)} · for {span_text(link.age_ms)}")
        ]
        if link.doubted:
            silent = f"nothing came for {span_text(link.silent_ms)}: another link is tried beside it"
            parts += self._labelled("silent", silent, "$ink-warning")
        if stats := link.stats:
            parts += self._ends(stats)
        parts += self._pairs(link.pairs)
        if stats:
            parts += self._labelled("sent", _traffic(stats.sent, stats.messages_sent))
            parts += self._labelled("received", _traffic(stats.received, stats.messages_received))
        if link.loss is not None:
            share = f"{link.loss:.0%} of the last pings" if link.loss else "none of the last pings"
            parts += self._labelled("lost", share, "$ink-warning" if link.loss >= 0.1 else "")
        return Content.assemble(*parts).rstrip()

    def _attempt(self, attempt: AttemptView) -> Content:
        doing = self._retrying(attempt) if attempt.doing is Doing.WAITING else _DOING[attempt.doing]
        parts: list[Part] = [*self._title("◌", attempt.peer, attempt.name, doing)]
        if attempt.trouble:
            parts += self._labelled("no link yet", self._private(shown_line(attempt.trouble, LONG)), "$ink-warning")
        if attempt.failures:
            parts += self._labelled("attempts", f"{attempt.failures:,} failed; it is tried for ever")
        parts += self._pairs(attempt.pairs)
        peer = self._peers.get(attempt.peer) if attempt.peer else None
        if peer and peer.path is Path.VIA and peer.via:
            through = "somebody else" if self._anonymous else shown_line(peer.via, 20)
            parts += self._labelled("meanwhile", f"messages go through {through}")
        return Content.assemble(*parts).rstrip()

    def _others(self, peers: list[PeerView]) -> Content:
        """Those with whom nothing is being done, since they are not around."""
        if self._anonymous:
            known = f"○ {count_text(len(peers), 'other')} known and not around"
            return Content.assemble(*self._wrapped(known, "$quiet")).rstrip()
        said = []
        for peer in peers:
            if peer.via:
                state = f"via {shown_line(peer.via, 20)}"
            elif peer.state is not PeerState.OFFLINE:
                state = peer.state.value
            else:
                state = ago_text(peer.last_seen_ms, self._facts.now_ms) if peer.last_seen_ms else "not seen"
            said.append(f"{shown_line(peer.name, 40)} ({state})")
        return Content.assemble(*self._wrapped(f"○ not linked with {', '.join(said)}", "$quiet")).rstrip()

    def _name(self, peer: PeerId | None, name: str) -> str:
        if self._anonymous:
            return f"peer {self._numbers.setdefault(peer, len(self._numbers) + 1)}"
        return shown_line(name, 40) or "somebody"

    def _retrying(self, attempt: AttemptView) -> str:
        if attempt.retry_at_ms is None:
            return "retrying soon"
        return f"retrying in {seconds_until(attempt.retry_at_ms, self._facts.now_ms)} s"

    def _ends(self, stats: LinkStats) -> list[Part]:
        here, there = (_ENDS.get(kind, kind) for kind in (stats.local, stats.remote))
        if not self._addresses:
            return self._labelled("between", f"{here} here, {there} there")
        parts = self._labelled("here", f"{here} {stats.local_address}")
        return parts + self._labelled("there", f"{there} {stats.remote_address}")

    def _pairs(self, pairs: tuple[Pair, ...]) -> list[Part]:
        if not pairs:
            return []
        counted = Counter(_PAIR_WORDS[pair.state] for pair in pairs)
        said = ", ".join(f"{counted[word]} {word}" for word in _PAIR_WORDS.values() if counted[word])
        parts = self._labelled("tried", f"{count_text(len(pairs), 'way')}: {said}")
        if self._addresses:
            for pair in sorted(pairs, key=lambda pair: not pair.chosen)[:PAIRS_MAX]:
                state = "chosen" if pair.chosen else _PAIR_WORDS[pair.state]
                parts += self._labelled("", f"{pair.local_address} → {pair.remote_address} {state}", "$quiet")
        return parts

    # ------------------------------------------------------------------------------------------------------- relays

    def _relays(self) -> Content:
        view = self._facts.view
        parts: list[Part] = [("relays\n", "bold $ink-primary")]
        for number, relay in enumerate((relay for relay in view.relays if relay.url != "lan"), 1):
            is_named = self._addresses or not self._anonymous or is_here(relay.url)
            name = relay_name(relay.url) if is_named else f"relay {number}"
            parts += self._named(name, self._relay(relay))
            if relay.detail:
                detail = shown_line(relay.detail, LONG)
                detail = detail if is_named else detail.replace(relay_name(relay.url), name)
                parts += self._indented(detail if is_named else self._private(detail), "$ink-warning")
        if not any(relay.url != "lan" for relay in view.relays):
            parts += self._wrapped("none: /relay URL gives this room one", "$quiet")
        lan = next((relay for relay in view.relays if relay.url == "lan"), None)
        if lan is not None:
            parts += self._named("local network", f"on · {self._relay(lan)}")
            parts += self._indented(self._private(shown_line(lan.detail, LONG)), "$ink-warning") if lan.detail else []
        else:
            never = "never used: links go through TURN servers only, or this is the demo"
            parts += self._named("local network", never if view.lan is None else LAN_OFF)
        return Content.assemble(*parts).rstrip()

    def _relay(self, relay: RelayView) -> str:
        return relay_text(relay, self._facts.now_ms, lambda ms: clock_text(ms, self._tz))

    # ------------------------------------------------------------------------------------------------------ writing

    def _private(self, text: str) -> str:
        return text if self._addresses else hidden(text)

    def _title(self, glyph: str, peer: PeerId | None, name: str, text: str) -> list[Part]:
        return self._named(f"{glyph} {self._name(peer, name)}", text, "bold")

    def _named(self, name: str, text: str, style: str = "$ink-accent") -> list[Part]:
        """A name, and beside it, or under it, what there is to say."""
        line = f"{name}  {text}"
        if cell_len(line) <= self._width:
            return [(name, style), line[len(name) :] + "\n"]
        return [(name + "\n", style), *self._indented(text)]

    def _wrapped(self, text: str, style: str = "") -> list[Part]:
        return [(text[low:high] + "\n", style) for low, high in wrap(text, self._width)]

    def _indented(self, text: str, style: str = "") -> list[Part]:
        return [("  " + text[low:high] + "\n", style) for low, high in wrap(text, max(10, self._width - 2))]

    def _labelled(self, label: str, text: str, style: str = "") -> list[Part]:
        room = max(10, self._width - LABEL_WIDTH - 2)
        lines = ("\n" + " " * (LABEL_WIDTH + 2)).join(text[low:high] for low, high in wrap(text, room))
        return [("  " + pad(label, LABEL_WIDTH), "$quiet"), (lines + "\n", style)]


class SpokenInspection(Inspection):
    """The same line by line, with words where the cards have signs and columns."""

    def __init__(self, facts: Facts, tz: tzinfo | None, *, addresses: bool) -> None:
        super().__init__(facts, LONG, tz, addresses=addresses, retry="/retry")

    def lines(self) -> list[str]:
        """All of it."""
        return [line for card in self.cards() for line in card.plain.splitlines() if line.strip()]

    def _title(self, glyph: str, peer: PeerId | None, name: str, text: str) -> list[Part]:
        linked = "linked with" if glyph == LINKED else "not linked with"
        return [f"{linked} {self._name(peer, name)}: {text}\n"]

    def _named(self, name: str, text: str, style: str = "") -> list[Part]:
        return [f"{name}: {text}\n"]

    def _wrapped(self, text: str, style: str = "") -> list[Part]:
        return [text.removeprefix("○ ") + "\n"]

    def _indented(self, text: str, style: str = "") -> list[Part]:
        return [f"  {text}\n"]

    def _labelled(self, label: str, text: str, style: str = "") -> list[Part]:
        return [f"  {label}: {text}\n" if label else f"  {text}\n"]


def _traffic(size: int, messages: int) -> str:
    return f"{size_text(size)} in {count_text(messages, 'message')}"


def report(facts: Facts, tz: tzinfo | None, program: str, *, addresses: bool) -> str:
    """The same for a bug report: no names, no room, no message; addresses and relays only where they were asked for.

    `program`: what runs here, in one line.
    """
    cards = Inspection(facts, 100, tz, addresses=addresses, anonymous=True).cards()
    return "\n\n".join([program, *(card.plain for card in cards)]) + "\n"
