"""A room that is open in a window: what it wants to hear of, and what comes while a page is being read."""

from __future__ import annotations

import asyncio
from typing import Any

from p2pchat_tui.session.api import ALL_HISTORY, Order, Page
from p2pchat_tui.ui.rooms import OpenRoom
from tests.ui.messages import message, page


class Session:
    """As much of one as a room needs: pages that come when the test says so, and how far was read."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.answer: asyncio.Future[Page] = asyncio.get_running_loop().create_future()
        self.read = 0

    async def history(self, _limit: int, _before: Order | None = None) -> Page:
        self.asked.set()
        return await self.answer


def opened() -> tuple[OpenRoom, Any]:
    session = Session()
    room = OpenRoom("orchard", session)  # type: ignore[arg-type]
    room.window.reset(page(10, 20, more=True))
    return room, session


async def test_it_wants_old_messages_one_by_one_down_to_its_first_one_where_older_ones_wait_in_the_store() -> None:
    room, _ = opened()
    assert room.since() == message(10).order
    room.window.reset(page(10, 20, more=False))
    assert room.since() == ALL_HISTORY
    room.window.reset(Page((), False))
    assert room.since() == ALL_HISTORY


async def test_a_message_that_comes_while_the_page_around_it_is_read_is_part_of_it() -> None:
    room, session = opened()
    reading = asyncio.create_task(room.load_older())
    await session.asked.wait()
    assert room.since() == ALL_HISTORY
    room.add(message(7), at_end=True)
    session.answer.set_result(Page((message(5), message(6), message(8)), more=True))
    assert await reading
    assert [each.order[2] for each in room.window.messages] == [5, 6, 7, 8, *range(10, 20)]
    assert room.since() == message(5).order


async def test_history_from_before_what_was_read_does_not_count_as_new() -> None:
    room, session = opened()
    session.read = message(15).order[0]
    room.attended(message(12), backfill=True, seen=False)
    assert (room.unread, room.first_new) == (0, None)
    room.attended(message(16), backfill=True, seen=False)
    room.attended(message(13), backfill=False, seen=False)
    assert (room.unread, room.first_new) == (2, message(13).order)
