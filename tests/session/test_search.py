"""Searching messages: what may be typed, and what is found."""

from __future__ import annotations

from datetime import UTC, date

import pytest

from p2pchat_tui.session import api
from p2pchat_tui.session.search import Query, QueryError, read_query
from tests.session.test_profile import pair
from tests.virtual_time import virtual


def test_queries() -> None:
    assert read_query("press  ladder") == Query(("press", "ladder"))
    assert read_query("from:@ana in:#orchard apples") == Query(("apples",), "ana", "orchard")
    assert read_query("HAS:link before:2026-11-20 after:2026-11-01") == Query(
        (), "", "", date(2026, 11, 20), date(2026, 11, 1), True
    )
    assert read_query("https://orchard.example/") == Query(("https://orchard.example/",))
    assert read_query("  ").is_empty


@pytest.mark.parametrize("text", ["from:", "before:tomorrow", "has:everything", "after:2026-13-01"])
def test_queries_that_cannot_be_carried_out(text: str) -> None:
    with pytest.raises(QueryError):
        read_query(text)


@virtual
async def test_messages_are_found_in_every_room_as_they_stand() -> None:
    ana, bo = pair()
    await ana.new_room("orchard")
    await ana.new_room("ops")
    await bo.join_invite(await ana.invite("orchard"))
    orchard, ops, his = await ana.open("orchard"), await ana.open("ops"), await bo.open("orchard")
    events = orchard.events()
    await his.do(api.Say("apples from bo"))
    async for event in events:
        if isinstance(event, api.MessageAdded):
            break
    first = await orchard.do(api.Say("apples and pears"))
    await ops.do(api.Say("the apple server is down, see https://ops.example/1"))
    gone = await orchard.do(api.Say("apples, secretly"))
    assert first and gone
    await orchard.do(api.Edit(first, "apples and quinces"))
    await orchard.do(api.Retract(gone))

    async def found(text: str) -> list[tuple[str, str]]:
        results = await ana.search(text, 50, UTC)
        assert results.unready == 0
        return [(each.room, each.message.text) for each in results.found]

    assert set(await found("apple")) == {
        ("orchard", "apples from bo"),
        ("orchard", "apples and quinces"),
        ("ops", "the apple server is down, see https://ops.example/1"),
    }
    assert await found("pears") == [], "no longer its text"
    assert await found("secretly") == [], "taken back"
    assert await found("quinces") == [("orchard", "apples and quinces")]
    assert [room for room, _ in await found("apple in:ops")] == ["ops"]
    assert await found("apple from:person") != []
    assert [text for _, text in await found("apple from:me in:orch")] == ["apples and quinces"]
    assert [room for room, _ in await found("has:link")] == ["ops"]
    assert await found("apple before:2001-01-01") == []
    assert len(await found("apple after:2001-01-01")) == 3
    for wrong in ("apple in:nowhere", "apple from:nobody"):
        with pytest.raises(QueryError):
            await found(wrong)
    await orchard.close()
    assert len(await found("apple")) == 3, "a room that does not run is searched, too"
    await ana.close()
    await bo.close()
