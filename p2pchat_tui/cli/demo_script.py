"""What the demo's two peers do and say: the play as data, and the engine that performs it with real sessions."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from ..session.api import Edit, EntryId, MessageAdded, MessageView, PeerId, React, Say, SetTyping
from ..session.session import Session

ANA, BO = "ana", "bo"
READING_S = 2.5
"""Between two lines of the play: long enough to read one."""
LINE_S_PER_CHARACTER = 0.02
"""How fast the peers type."""
TYPING_MOST_S = 2.5
"""And how long at most: nobody wants to watch that."""
ANSWER_S = 0.8
"""Before a peer begins to answer."""
LINKED_S = 20.0
"""How long a peer waits to be linked before it goes on all the same: the deadline of one attempt."""


@dataclass(frozen=True, slots=True)
class Tell:
    """`who` types, then says it; `key` is what later steps call the message."""

    who: str
    text: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class Like:
    """`who` puts an emoji on the message called `key`."""

    who: str
    key: str
    emoji: str


@dataclass(frozen=True, slots=True)
class Correct:
    """`who` edits the message called `key`."""

    who: str
    key: str
    text: str


@dataclass(frozen=True, slots=True)
class GoOffline:
    """`who` says goodbye, ends every link, and goes on writing `texts` alone."""

    who: str
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ComeBack:
    """`who` is online again, with everything that was written meanwhile."""

    who: str


Step = Tell | Like | Correct | GoOffline | ComeBack

PLAY: tuple[Step, ...] = (
    Tell(
        ANA,
        "Hi! I'm ana, and that is bo. We are two small scripts, but each of us is a whole peer: a key of our own, a "
        "log of our own, and real encrypted WebRTC links to you.",
        "hello",
    ),
    Like(BO, "hello", "👋"),
    Tell(
        BO,
        "The people list is presence: ● here, ◐ away, ○ gone. It comes from us, not from a server, and it fades by "
        "itself when somebody falls silent. So does the line that says who is typing.",
    ),
    Tell(
        ANA,
        "Write something! The mark beside your message is the truth about it: · is only on your disk, ✓1 on one other, "
        "✓✓ on everybody's.",
        "marks",
    ),
    Tell(BO, "I'm going offline now, for real: watch me turn to ○. I'll go on writing all the same."),
    GoOffline(
        BO,
        (
            "(written offline) Nobody hears me, and nothing is lost: it is signed and in my log.",
            "(written offline) Each line names the one before it by its hash, so nobody can slip one in.",
        ),
    ),
    Tell(ANA, "bo is gone. I write on as well, so now there are two branches that know nothing of each other.", "gone"),
    Tell(
        ANA, "The relay has nothing to do either: it introduced us, and now it sleeps. This is the SCC at work.", "typo"
    ),
    ComeBack(BO),
    Tell(
        BO,
        "Back! Both branches have just been merged, each line in its place by its clock, the same on every screen. "
        "No server kept any of it.",
        "back",
    ),
    Correct(
        ANA, "typo", "The relay has nothing to do either: it introduced us, and now it sleeps. This is the SSC at work."
    ),
    Like(ANA, "back", "🎉"),
    Tell(
        ANA,
        "I've corrected a typo up there, too. That was our play: ask us about presence, typing, marks, offline, relay, "
        "keys or invites, or press Ctrl+Q and start a room of your own.",
        "end",
    ),
)
"""Takes about a minute at pace 1."""

ANSWERS: tuple[tuple[tuple[str, ...], str], ...] = (
    (
        ("presence", "online", "away", "gone", "●"),
        "Each of us says every 3 seconds that we are here, straight to you. Ten seconds of silence mean offline.",
    ),
    (("typing",), "Typing is soft state: it travels on a channel that repeats nothing, and expires after 6 seconds."),
    (
        ("mark", "✓", "holder", "deliver", "read"),
        "The marks count disks: a peer tells which entries it has stored, and only that counts.",
    ),
    (
        ("offline", "merge", "lost", "history"),
        "Everybody keeps the whole room. Who meets compares logs and takes what is missing from anybody who has it.",
    ),
    (
        ("relay", "server", "webrtc", "nat"),
        "A relay only introduces: it passes sealed envelopes. Kill it now and we can go on talking.",
    ),
    (
        ("key", "secret", "encrypt", "safe", "sign"),
        "The room's secret never leaves its members; links are encrypted end to end, and each line is signed.",
    ),
    (
        ("invite", "join", "room", "friend"),
        "Quit, run `p2pchat-tui new NAME`, and send the invite to a friend: pasting it is all they have to do.",
    ),
    (("hi", "hello", "hey", "hallo", "moin"), "Hello you! Nice to have somebody real here."),
    (("bye", "quit", "exit"), "Ctrl+Q ends it. Nothing of this demo stays on your disk."),
)
"""Beginnings of words in what the user writes → the answer; the first that fits."""
ELSE = (
    "Got it: your line is signed by your key and on my disk, too. Ask about marks, offline, relay or keys.",
    "I'm a simple script, so I only know words such as presence, typing, marks, offline, relay, keys and invite.",
)


def answer_to(text: str, count: int) -> str:
    """What a peer says to `text`; `count` varies what it says when it does not understand."""
    words = text.casefold().split()
    for beginnings, answer in ANSWERS:
        if any(word.strip("¿¡'\"(").startswith(beginnings) for word in words):
            return answer
    return ELSE[count % len(ELSE)]


class Actor(Protocol):
    """One of the peers."""

    @property
    def session(self) -> Session | None:
        """Its session in the room; None while it is offline."""
        ...

    @property
    def peer(self) -> PeerId:
        """Its key."""
        ...

    async def enter(self) -> None:
        """Go online."""
        ...

    async def leave(self) -> None:
        """Say goodbye and go offline."""
        ...

    async def write_alone(self, texts: Sequence[str]) -> None:
        """Write into the own log while offline."""
        ...


class Player:
    """Performs a play with actors, and lets them answer the user meanwhile."""

    def __init__(
        self,
        actors: dict[str, Actor],
        *,
        pace: float = 1.0,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`pace`: 1 is for people; 0.01 a hundred times as fast."""
        self._actors = actors
        self._pace = pace
        self._sleep = sleep
        self._said: dict[str, EntryId] = {}
        self._talking = asyncio.Lock()
        """One of them speaks at a time."""

    async def perform(self, play: Sequence[Step] = PLAY) -> None:
        """Everybody enters, then each step; then answer for ever. Ends when cancelled."""
        for actor in self._actors.values():
            await actor.enter()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._answer(self._actors[ANA]))
            await self._linked(self._actors[ANA], len(self._actors))
            for step in play:
                await self._wait(READING_S)
                async with self._talking:
                    await self._do(step)

    async def _do(self, step: Step) -> None:
        actor = self._actors[step.who]
        match step:
            case Tell(_, text, key):
                said = await self._tell(actor, text)
                if key and said:
                    self._said[key] = said
            case Like(_, key, emoji):
                target = self._said.get(key)
                if target and actor.session and await self._seen(actor.session, target):
                    await actor.session.do(React(target, emoji))
            case Correct(_, key, text):
                if actor.session and key in self._said:
                    await actor.session.do(Edit(self._said[key], text))
            case GoOffline(_, texts):
                await actor.leave()
                await actor.write_alone(texts)
            case ComeBack():
                await actor.enter()
                await self._linked(actor, 1)

    async def _tell(self, actor: Actor, text: str) -> EntryId | None:
        if actor.session is None:
            return None
        await actor.session.do(SetTyping(True))
        await self._wait(min(len(text) * LINE_S_PER_CHARACTER, TYPING_MOST_S))
        return await actor.session.do(Say(text))

    async def _answer(self, listener: Actor) -> None:
        """Answer what the user writes, in turns, for as long as `listener` is there."""
        if listener.session is None:
            return
        peers = {actor.peer for actor in self._actors.values()}
        count = 0
        async for event in listener.session.events():
            if not isinstance(event, MessageAdded) or event.message.author in peers or event.message.retracted:
                continue
            await self._wait(ANSWER_S)
            async with self._talking:
                await self._tell(self._answerer(count), answer_to(event.message.text, count))
            count += 1

    def _answerer(self, count: int) -> Actor:
        present = [actor for actor in self._actors.values() if actor.session is not None]
        return present[count % len(present)]

    async def _linked(self, actor: Actor, count: int) -> None:
        """Wait until `actor` sees `count` others, for LINKED_S at most."""
        session = actor.session
        if session is None:
            return
        events = session.events()
        try:
            async with asyncio.timeout(LINKED_S):
                while len(session.view.online) < count:
                    await anext(events)
        except (TimeoutError, StopAsyncIteration):
            pass  # the play is of use alone, too; the network sentence on the screen tells what is amiss
        finally:
            await events.aclose()  # type: ignore[attr-defined]  # an async generator

    async def _seen(self, session: Session, target: EntryId) -> MessageView | None:
        """The message, once it has come to `session`; None when it does not come in time."""
        events = session.events()
        try:
            async with asyncio.timeout(LINKED_S):
                while (message := await session.message(target)) is None:
                    await anext(events)
                return message
        except (TimeoutError, StopAsyncIteration):
            return None
        finally:
            await events.aclose()  # type: ignore[attr-defined]  # an async generator

    async def _wait(self, seconds: float) -> None:
        await self._sleep(seconds * self._pace)
