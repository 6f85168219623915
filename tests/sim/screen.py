"""What a screen shows that follows one session's events, and the rules that no event may break.

Whether a message is on disk is looked at when its event is raised, not when the screen comes to read it: by then a fork
may have been found and the feed cut. Then a Resync must come behind, after which nothing is shown of what was cut.
"""

from __future__ import annotations

import asyncio
from bisect import insort
from typing import TYPE_CHECKING

from p2pchat_tui.session import api
from p2pchat_tui.session.session import Session
from p2pchat_tui.ssc.ids import EntryId, PeerId

from .bounds import watch_events

if TYPE_CHECKING:
    from .peer import Peer

EXPECTED_PROBLEMS = {"clock-ahead", "own-clock-ahead", "store-full", "store-writable"}
"""What faults of clocks and disks are to be told by. All peers are honest, so nobody may be called faulty."""
PAGE = 50
"""Messages that the screen asks for when it opens."""

Shown = tuple[str, bool, bool, tuple[tuple[str, tuple[PeerId, ...]], ...]]


def shown(message: api.MessageView) -> Shown:
    """What a person sees of a message, names aside."""
    reactions = tuple((each.emoji, each.authors) for each in message.reactions)
    return (message.text, message.edited, message.retracted, reactions)


class Screen:
    """Follows a session from its start to its end."""

    def __init__(self, peer: Peer, session: Session, window: int | None = None) -> None:
        """`window`: how many of the newest messages it holds, as it were; None: all."""
        self._peer = peer
        self._session = session
        self._events = session.events(lambda: self.since)
        watch_events(session, self._check_raised)
        self._loaded = asyncio.Event()
        self.untold = 0
        """Old messages of which it heard no more than that they came in."""
        self._window = window
        self._places: list[api.Order] = []
        """Where the messages stand that it was told of."""
        self.messages: dict[EntryId, Shown] = {}
        self._told: set[EntryId] = set()
        """What it must not hear of as new again. After a Resync, what was let go before it may come once more, since
        all of a feed is fetched anew where one branch of it gives way.
        """
        self.at_start: set[EntryId] = set()
        """What was on the disk when the screen opened: it may be older than what the first page shows."""
        self.linked_since: dict[PeerId, float] = {}
        self.states: dict[PeerId, api.PeerState] = {}
        self.goodbyes: set[PeerId] = set()
        """Those who have left for good as far as this screen saw: it must never see them back."""
        self.problems: list[str] = []
        self.cut_off: set[EntryId] = set()
        """Messages on it that were cut off with a forked feed: only until the next Resync."""

    async def load(self) -> None:
        """Show what is stored."""
        page = await self._session.history(PAGE)
        self.at_start = self._peer.disk.ids
        for message in page.messages:
            self.messages.setdefault(message.id, shown(message))
            self._note(message)
        for each in self._session.view.peers:
            self.states.setdefault(each.peer, each.state)
        self._loaded.set()

    @property
    def since(self) -> api.Order:
        """Where its window begins: of the messages below it needs to hear no more than their number."""
        if self._window is None or len(self._places) < self._window:
            return api.ALL_HISTORY
        return self._places[-self._window]

    def _note(self, message: api.MessageView) -> None:
        if message.order not in self._places:
            insort(self._places, message.order)

    async def follow(self) -> None:
        """Take in every event, once the first page is there."""
        await self._loaded.wait()
        async for event in self._events:
            self._peer.trace(f"{type(event).__name__}{_detail(event)}")
            await self._take(event)

    async def _take(self, event: api.Event) -> None:
        match event:
            case api.MessageAdded(message):
                if message.id in self._told:
                    self._fault(f"was told twice of {message.id!r}")
                self._told.add(message.id)
                self._show(message)
                self._note(message)
            case api.MessageChanged(message):
                self._show(message)
            case api.Resync():
                self.cut_off.clear()
                page = await self._session.history(10_000)
                self.messages = {message.id: shown(message) for message in page.messages}
                self._told &= self.messages.keys()
                self.untold = 0
                self._places.clear()
            case api.HistoryAdded(count):
                self.untold += count
            case api.PeerChanged(peer):
                self._take_peer(peer)
            case api.HoldersChanged():
                self._check_holders()
            case api.Problem(code, text):
                self.problems.append(code)
                self._check_problem(code, text)
            case api.Ended(reason) if reason != "left":
                self._fault(f"the session ended: {reason}")
            case _:
                pass

    def _take_peer(self, view: api.PeerView) -> None:
        now = asyncio.get_running_loop().time()
        if view.path in (None, api.Path.VIA):
            self.linked_since.pop(view.peer, None)
        else:
            self.linked_since.setdefault(view.peer, now)
        if view.peer in self.goodbyes and view.state is not api.PeerState.OFFLINE:
            self._fault(f"saw {self._peer.world.name_of(view.peer)} come back after its goodbye")
        self.states[view.peer] = view.state

    def _show(self, message: api.MessageView) -> None:
        self.messages[message.id] = shown(message)
        if self._peer.disk.has_cut(message.id):
            self.cut_off.add(message.id)

    def _check_raised(self, event: api.Event) -> None:
        """What is told of is on disk at this very moment."""
        if isinstance(event, api.MessageAdded | api.MessageChanged):
            held = self._peer.disk.held.get((event.message.author, event.message.seq))
            if held is None or held.id != event.message.id:
                self._fault(f"told of {event.message.id!r}, which is not on its disk")

    def _check_holders(self) -> None:
        """Nobody counts as a holder of my newest entry who never had it on disk."""
        mine = max((seq for author, seq in self._peer.disk.held if author == self._peer.id), default=0)
        if not mine:
            return
        said, _ = self._session.holders(self._peer.id, mine)
        others = [peer.disk.ever for peer in self._peer.world.peers if peer is not self._peer]
        real = sum(
            (self._peer.id, mine) in ever for ever in (*others, *(g.had for g in self._peer.world.ghosts.values()))
        )
        if said > real:
            self._fault(f"was told that {said} others hold entry {mine}, and only {real} ever did")

    def _check_problem(self, code: str, text: str) -> None:
        if code == "identity-copied" and self._peer.world.forked:
            return
        if code not in EXPECTED_PROBLEMS:
            self._fault(f"reported {code}: {text}")

    def _fault(self, text: str) -> None:
        self._peer.world.fault(f"{self._peer.name} {text}")


def _detail(event: api.Event) -> str:
    match event:
        case api.MessageAdded(message):
            return f" {message.id.text[:8]} of {message.name}/{message.seq} {message.text[:24]!r}"
        case api.MessageChanged(message, what):
            return f" {message.id.text[:8]} {what}"
        case api.PeerChanged(view):
            return f" {view.name} {view.state} {view.path} {view.activity}"
        case api.Problem(code):
            return f" {code}"
        case api.TypingChanged(_, name, on):
            return f" {name} {on}"
        case api.Synced(peer, received, sent):
            return f" {peer!r} {received}/{sent}"
        case api.SignalingChanged(relay):
            return f" {relay.state}"
        case _:
            return ""
