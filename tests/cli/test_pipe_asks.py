"""Who asks for a room of two gets an answer from `pipe --json`, too."""

from __future__ import annotations

import asyncio
import json
from functools import partial

import pytest

from p2pchat_tui.cli.pipe import Pipe
from p2pchat_tui.cli.pipe_asks import Asks
from p2pchat_tui.cli.pipe_json import JsonLines
from p2pchat_tui.cli.requests import Answer, AskAlone, BadLine
from p2pchat_tui.cli.streams import Output
from p2pchat_tui.session import api
from p2pchat_tui.session.directs import Standing
from tests.session.test_directs import ANA, BO, CY, Circle, until
from tests.virtual_time import run


class Kept(Output):
    """Output that stays here."""

    def __init__(self) -> None:
        self.lines: list[dict[str, object]] = []

    async def write(self, line: str, *, is_note: bool = False) -> None:
        self.lines.append(json.loads(line))


def test_a_yes_makes_the_room_of_two_and_a_no_none() -> None:
    async def scenario() -> None:
        circle = Circle()
        _, session, _ = await circle.meet(1, 2, 3)
        for asking, ask in ((0, api.DirectAsked(ANA, "person 1")), (2, api.DirectAsked(CY, "person 3"))):
            await circle.people[asking].direct(BO, "person 2", "orchard")
            await until(partial(circle.events[1].__contains__, ask))
        bo, output = circle.people[1], Kept()
        asks = Asks(bo, "orchard")
        assert await asks.waiting() == [api.DirectAsked(ANA, "person 1"), api.DirectAsked(CY, "person 3")]
        form = JsonLines()
        pipe = Pipe(bo, session, form, output, asyncio.Event(), asks)
        for line in (f'{{"do":"decline","peer":"{CY.text}"}}', f'{{"do":"accept","peer":"{ANA.text}"}}'):
            asked = form.parse(line.encode())
            assert asked is not None
            await pipe._carry_out(*asked)
        saved = await bo.direct_with(ANA)
        assert saved is not None and await bo.direct_with(CY) is None and await asks.waiting() == []
        assert output.lines == [
            {"event": "declined", "peer": CY.text},
            {"event": "accepted", "peer": ANA.text, "room": saved.name},
        ]
        assert await bo._directs.standing(CY) is Standing.DECLINED
        for twice in (Answer(CY, True), Answer(ANA, False), Answer(BO, True)):
            with pytest.raises(BadLine, match="nobody with that key waits"):
                await asks.answer(twice)
        await circle.close()

    run(scenario())


def test_somebody_of_the_room_is_asked_and_nobody_else() -> None:
    async def scenario() -> None:
        circle = Circle()
        _, session, _ = await circle.meet(1, 2, 3)
        bo, output, form = circle.people[1], Kept(), JsonLines()
        pipe = Pipe(bo, session, form, output, asyncio.Event(), Asks(bo, "orchard"))
        asked = form.parse(f'{{"do":"ask","peer":"{ANA.text}","tag":"7"}}'.encode())
        assert asked is not None
        await pipe._carry_out(*asked)
        saved = await bo.direct_with(ANA)
        assert saved is not None
        assert output.lines == [{"event": "asking", "peer": ANA.text, "room": saved.name, "tag": "7"}]
        await until(partial(circle.events[0].__contains__, api.DirectAsked(BO, "person 2")))
        with pytest.raises(BadLine, match="nobody with that key is in this room"):
            await pipe._carry_out(AskAlone(BO))
        await circle.close()

    run(scenario())
