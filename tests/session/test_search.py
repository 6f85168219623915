"""Searching messages: what is found, where, and as what."""

from __future__ import annotations

from datetime import UTC

import pytest

from p2pchat_tui.session import api
from p2pchat_tui.session.query import QueryError
from tests.session.test_profile import pair
from tests.virtual_time import virtual


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
    bo_key, bo_tag = his.view.me.text, his.view.me.tag
    first = await orchard.do(api.Say("apples and pears"))
    await ops.do(api.Say("the apple server is down, see https://ops.example/1"))
    gone = await orchard.do(api.Say("apples, secretly"))
    assert first and gone
    await orchard.do(api.Edit(first, "apples and quinces"))
    await orchard.do(api.Retract(gone))

    finder = ana.finder(UTC)

    async def found(text: str) -> list[tuple[str, str]]:
        results = await finder.find(finder.read(text), 50)
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
    assert (
        [text for _, text in await found(f"apple from:?{bo_key[:4]}")]
        == ["apples from bo"]
        == [text for _, text in await found(f"apple from:{bo_tag}")]
    )
    assert len(await found(f"apple from:{bo_tag} from:me")) == 3
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


@virtual
async def test_rooms_that_keep_nothing_on_disk_are_searched_while_they_run() -> None:
    ana, bo = pair()
    await ana.new_room("orchard")
    await ana.new_room("whispers", keep="none")
    orchard, whispers = await ana.open("orchard"), await ana.open("whispers")
    await orchard.do(api.Say("apples"))
    await whispers.do(api.Say("apples, secretly"))
    finder = ana.finder(UTC)

    async def found(text: str) -> set[tuple[str, str]]:
        return {(each.room, each.message.text) for each in (await finder.find(finder.read(text), 9)).found}

    assert await found("apples") == {("orchard", "apples"), ("whispers", "apples, secretly")}
    assert await found("from:me in:whispers") == {("whispers", "apples, secretly")}
    await whispers.close()
    assert await found("apples") == {("orchard", "apples")}
    await ana.close()
    await bo.close()


@virtual
async def test_pages_hold_everything_once_also_what_was_changed() -> None:
    ana, bo = pair()
    await ana.new_room("orchard")
    await ana.new_room("ops")
    sessions = [await ana.open("orchard"), await ana.open("ops")]
    said = [await sessions[number % 2].do(api.Say(f"apple {number}")) for number in range(11)]
    changed, taken = said[2], said[4]
    assert changed and taken
    await sessions[0].do(api.Edit(changed, "another apple"))
    await sessions[0].do(api.Edit(changed, "yet another apple"))
    await sessions[0].do(api.Retract(taken))
    finder = ana.finder(UTC)
    query = finder.read("apple")
    texts: list[str] = []
    below = None
    while True:
        results = await finder.find(query, 3, below)
        texts += [each.message.text for each in results.found]
        below = results.more
        if below is None:
            break
    assert sorted(texts) == sorted(["yet another apple", *(f"apple {n}" for n in range(11) if n not in (2, 4))])
    assert texts.index("apple 10") < texts.index("apple 8") < texts.index("apple 6") < texts.index("apple 0")
    assert texts.index("yet another apple") < texts.index("apple 0"), "by its last change"
    await ana.close()
    await bo.close()


@virtual
async def test_a_name_that_is_not_known_proposes_one_that_is() -> None:
    ana, bo = pair()
    await ana.new_room("orchard")
    orchard = await ana.open("orchard")
    await orchard.do(api.SetName("annabelle"))
    finder = ana.finder(UTC)
    with pytest.raises(QueryError, match="Did you mean annabelle"):
        await finder.find(finder.read("from:anabele"), 9)
    with pytest.raises(QueryError, match="no saved room called nowhere"):
        await finder.find(finder.read("in:nowhere"), 9)
    await ana.close()
    await bo.close()
