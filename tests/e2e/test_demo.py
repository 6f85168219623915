"""The demo: in a real terminal as far as the first lines, and whole at a hundred times its pace without a screen."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from p2pchat_tui.cli.demo_script import ANSWERS, ELSE, PLAY, Correct, GoOffline, Like, Tell, answer_to
from p2pchat_tui.cli.stage import ROOM, stage
from p2pchat_tui.session.api import HoldersChanged, MessageAdded, MessageChanged, Say, TypingChanged
from p2pchat_tui.session.session import Session
from tests.e2e.tmux import MISSING, Terminal

LIMIT_S = 60


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    terminal = Terminal(tmp_path)
    yield terminal
    terminal.close()


@pytest.mark.slow
@pytest.mark.skipif(bool(MISSING), reason=MISSING or "tmux")
def test_in_a_terminal(tmp_path: Path, terminal: Terminal) -> None:
    window = terminal.open(tmp_path, "demo", "--name", "you")
    window.until("● ana")
    window.until("● bo")
    window.until("I'm ana, and that is bo")
    window.until("is typing")
    window.type("what does the relay do?")
    window.until("it passes sealed envelopes")
    window.keys("C-q")
    assert window.ended() == 0
    assert not list(tmp_path.glob("profiles/*"))


@pytest.mark.slow
async def test_the_whole_play(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    typed: set[str] = set()
    changed: list[MessageChanged] = []
    told = [step.text for step in PLAY if isinstance(step, Tell)]
    alone = [text for step in PLAY if isinstance(step, GoOffline) for text in step.texts]
    (typo,) = (step for step in PLAY if isinstance(step, Correct))
    likes = [step for step in PLAY if isinstance(step, Like)]

    async with asyncio.timeout(LIMIT_S), stage("you", pace=0.01) as scene:
        session = await scene.profile.open(ROOM)
        events = session.events()
        while True:
            if scene.play.done():
                scene.play.result()
            event = await anext(events)
            if isinstance(event, TypingChanged) and event.on:
                typed.add(event.name)
            elif isinstance(event, MessageChanged):
                changed.append(event)
            elif isinstance(event, MessageAdded) and event.message.text == told[-1]:
                break
        page = await session.history(100)
        texts = [message.text for message in page.messages]
        assert sorted(texts) == sorted([*(typo.text if "SCC" in text else text for text in told), *alone])
        assert [text for text in texts if text in told] == [text for text in told if "SCC" not in text]
        assert typed == {"ana", "bo"}
        assert [each.what for each in changed if each.what == "edited"] == ["edited"]
        reactions = {each.reaction[1] for each in changed if each.reaction}
        assert reactions | {"x"} >= {step.emoji for step in likes} - {
            reaction.emoji for message in page.messages for reaction in message.reactions
        }
        assert {peer.name for peer in session.view.online} == {"ana", "bo"}
        await asks(session, "tell me about the relay, please", answer_to("relay", 0))
        await asks(session, "und sonst?", ELSE[1])
    assert not os.listdir(tmp_path)


async def asks(session: Session, question: str, answer: str) -> None:
    """Write a question; it is held by both peers, and answered."""
    events = session.events()
    asked = await session.do(Say(question))
    is_held = answered = False
    while not (is_held and answered):
        event = await anext(events)
        if isinstance(event, MessageAdded):
            answered |= event.message.text == answer
        elif isinstance(event, HoldersChanged) and asked:
            message = await session.message(asked)
            assert message
            is_held |= session.holders(message.author, message.seq) == (2, 2)


@pytest.mark.parametrize("word", sorted({word for words, _ in ANSWERS for word in words}))
def test_every_word_that_is_advertised_is_answered(word: str) -> None:
    assert answer_to(f"So, {word.upper()}?", 0) not in ELSE


def test_no_line_of_the_play_is_too_long_to_be_typed() -> None:
    assert answer_to("", 0) == ELSE[0] and answer_to("§", 1) == ELSE[1]
    keys = {step.key for step in PLAY if isinstance(step, Tell) and step.key}
    assert {step.key for step in PLAY if isinstance(step, Like | Correct)} <= keys
