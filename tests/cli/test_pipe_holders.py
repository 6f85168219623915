"""How `pipe` follows what became of its own messages."""

from __future__ import annotations

import asyncio

from p2pchat_tui.cli.pipe import Pipe
from p2pchat_tui.session import api
from tests.cli.views import VIEW
from tests.helpers import identity

COUNT = 50


class Session:
    """As much of one as that takes: nobody else holds anything."""

    ignored: frozenset[api.PeerId] = frozenset()
    view = VIEW
    asked = 0

    async def place(self, _entry: api.EntryId) -> tuple[api.PeerId, int]:
        return identity(1).peer, 1

    def holders(self, _author: api.PeerId, _seq: int) -> tuple[int, int]:
        self.asked += 1
        return 0, 0


async def test_a_long_input_costs_each_message_one_look() -> None:
    session = Session()
    pipe = Pipe(None, session, None, None, asyncio.Event(), ())  # type: ignore[arg-type]
    for number in range(COUNT):
        await pipe._note_own(api.EntryId(number.to_bytes(32, "big")), is_message=True)
    assert session.asked == COUNT
