"""What a session makes of people: names on first use, pet names, verified, ignored; shared by the profile's rooms."""

from __future__ import annotations

import random
from datetime import UTC

import pytest

from p2pchat_tui.ports.store import StoreFull
from p2pchat_tui.session import api
from p2pchat_tui.session.profile import Profile
from p2pchat_tui.signaling.memory import MemoryHub
from p2pchat_tui.ssc.people import Person
from p2pchat_tui.store.memory import MemoryStore
from p2pchat_tui.transport.memory import MemoryNet
from tests.virtual_time import virtual

from .test_profile import pair, profile
from .world import Member, World


def seen(member: Member, other: Member) -> api.PeerView:
    return next(peer for peer in member.session.view.peers if peer.peer == other.identity.peer)


def shouts(member: Member) -> list[str]:
    return [each.text for each in member.events if isinstance(each, api.Problem) and each.code == "name-taken"]


@virtual
async def test_a_known_name_with_another_key_is_shouted_and_marked_until_somebody_looks() -> None:
    async with World() as world:
        ana, bo = await world.join("ana"), await world.join("bo")
        await world.linked(ana, bo)
        await bo.until(lambda: seen(bo, ana).since_ms is not None)
        assert not seen(bo, ana).doubt
        await ana.stop()
        eve = await world.join("Ana")
        await world.linked(eve, bo)
        await bo.until(lambda: bool(shouts(bo)))
        assert f"({eve.identity.peer.tag})" in shouts(bo)[0] and f"({ana.identity.peer.tag})" in shouts(bo)[0]
        assert seen(bo, eve).doubt == "Ana" and "another key" in seen(bo, eve).note
        assert eve.identity.peer.tag in seen(bo, eve).name
        await eve.session.do(api.SetName("carl"))
        await bo.until(lambda: seen(bo, eve).name == "carl")
        assert seen(bo, eve).doubt == "Ana"
        await bo.restart()
        await world.linked(eve, bo)
        assert seen(bo, eve).doubt == "Ana" and not shouts(bo), "told once, marked for as long as it takes"
        await bo.session.do(api.AcceptName(eve.identity.peer))
        assert not seen(bo, eve).doubt and not seen(bo, eve).note


@virtual
async def test_also_while_the_first_one_is_here_and_also_by_what_she_wrote_while_nobody_looked() -> None:
    async with World() as world:
        ana, bo = await world.join("ana"), await world.join("bo")
        await world.linked(ana, bo)
        await bo.until(lambda: seen(bo, ana).name == "ana")
        eve = await world.join("ana")
        await world.linked(ana, bo, eve)
        await bo.until(lambda: bool(shouts(bo)))
        assert {seen(bo, each).name for each in (ana, eve)} == {f"ana·{each.identity.peer.tag}" for each in (ana, eve)}
        await bo.stop()
        mal = await world.join("ANA")
        await world.linked(ana, mal)
        await mal.session.do(api.Say("it is me"))
        await ana.until_event(api.MessageAdded)
        await mal.stop()
        await bo.restart()
        await bo.until(lambda: bool(shouts(bo)))
        assert seen(bo, mal).doubt == "ANA"


@virtual
async def test_a_newcomer_is_not_shouted_at_about_what_was_before() -> None:
    async with World() as world:
        ana = await world.join("ana")
        await ana.session.do(api.Say("first"))
        bo = await world.join("bo")
        await bo.until_event(api.Synced)
        await ana.stop()
        again = await world.join("ana")
        await again.session.do(api.Say("second"))
        await world.linked(again, bo)
        new = await world.join("cy")
        await world.linked(again, bo, new)
        await new.until(lambda: sum(isinstance(each, api.MessageAdded) for each in new.events) == 2)
        assert not shouts(new) and shouts(bo)


@virtual
async def test_a_verified_person_keeps_the_name_and_whoever_takes_it_is_told_apart() -> None:
    async with World() as world:
        ana, bo = await world.join("ana"), await world.join("bo")
        await world.linked(ana, bo)
        await bo.session.do(api.SetVerified(ana.identity.peer, True))
        assert seen(bo, ana).verified_ms
        eve = await world.join("ana")
        await world.linked(ana, bo, eve)
        await bo.until(lambda: bool(shouts(bo)))
        assert "that you verified" in shouts(bo)[0]
        assert seen(bo, ana).name == "ana" and seen(bo, eve).name == f"ana·{eve.identity.peer.tag}"
        await bo.session.do(api.SetVerified(eve.identity.peer, True))
        assert not seen(bo, eve).doubt, "to compare words is to look"
        await bo.session.do(api.SetVerified(ana.identity.peer, False))
        assert not seen(bo, ana).verified_ms and seen(bo, eve).name == "ana"


@virtual
async def test_a_pet_name_stays_whatever_its_owner_calls_herself() -> None:
    async with World() as world:
        ana, bo = await world.join("ana"), await world.join("bo")
        await world.linked(ana, bo)
        await bo.until(lambda: seen(bo, ana).name == "ana")
        await bo.session.do(api.SetAlias(ana.identity.peer, " Mum "))
        assert (seen(bo, ana).name, seen(bo, ana).alias, seen(bo, ana).nick) == ("Mum", "Mum", "ana")
        await bo.until_event(api.PeopleChanged)
        await ana.session.do(api.SetName("anna"))
        await bo.until(lambda: seen(bo, ana).nick == "anna")
        assert seen(bo, ana).name == "Mum"
        await ana.session.do(api.Say("hello"))
        assert (await bo.until_event(api.MessageAdded)).message.name == "Mum"
        await bo.restart()
        assert seen(bo, ana).name == "Mum"
        cy = await world.join("cy")
        await world.linked(bo, cy)
        for alias, why in (("mum", "somebody else Mum"), ("✓", "visible"), ("YOU", "yourself")):
            with pytest.raises(api.CommandRefused, match=why):
                await bo.session.do(api.SetAlias(cy.identity.peer, alias))
        with pytest.raises(api.CommandRefused, match="That is you"):
            await bo.session.do(api.SetAlias(bo.identity.peer, "x"))
        await bo.session.do(api.SetAlias(ana.identity.peer, ""))
        await bo.until(lambda: seen(bo, ana).name == "anna")


@virtual
async def test_who_is_ignored_is_carried_and_quiet() -> None:
    async with World() as world:
        ana, bo, cy = await world.join("ana"), await world.join("bo"), await world.join("cy")
        await world.linked(ana, bo, cy)
        await ana.session.do(api.Say("before"))
        await bo.until(lambda: bo.session.view.unread == 1)
        await bo.session.do(api.SetIgnored(ana.identity.peer, True))
        await bo.until(lambda: bo.session.view.unread == 0)
        assert bo.session.view.ignored == bo.session.ignored == {ana.identity.peer}
        assert bo.session.view.peers[-1].peer == ana.identity.peer and seen(bo, ana).ignored
        bo.events.clear()
        await ana.session.do(api.SetTyping(True))
        await cy.until(lambda: seen(cy, ana).typing)
        await ana.session.do(api.SetAway(True))
        await cy.until(lambda: seen(cy, ana).state is api.PeerState.AWAY)
        await ana.session.do(api.Say("after"))
        await bo.until_event(api.MessageAdded, lambda each: each.message.text == "after")
        assert not seen(bo, ana).typing and bo.session.view.unread == 0
        quiet = [each for each in bo.events if isinstance(each, api.TypingChanged | api.PeerChanged)]
        assert not [each for each in quiet if ana.identity.peer in (getattr(each, "peer", None), each.peer)]
        assert await bo.texts() == ["before", "after"], "carried"
        await ana.until(lambda: ana.session.holders(ana.identity.peer, 3) == (2, 2))
        await bo.restart()
        assert bo.session.ignored == {ana.identity.peer} and bo.session.view.unread == 0
        await bo.session.do(api.SetIgnored(ana.identity.peer, False))
        await bo.until(lambda: bo.session.view.unread == 2)


@virtual
async def test_a_full_disk_refuses_a_decision() -> None:
    class Full(MemoryStore):
        async def save_people(self, people: object) -> None:
            raise StoreFull("The disk is full: free some space.")

    async with World() as world:
        ana, bo = await world.join("ana"), await world.join("bo", store=Full())
        await world.linked(ana, bo)
        with pytest.raises(api.CommandRefused, match="disk is full"):
            await bo.session.do(api.SetIgnored(ana.identity.peer, True))
        assert not bo.session.ignored and not seen(bo, ana).ignored


async def _met(one: Profile, other: Profile, room: str, keep: str = "") -> None:
    await one.new_room(room, keep=keep)
    await other.join_invite(await one.invite(room))
    here, there = await one.open(room), await other.open(room)
    events = here.events()
    await there.do(api.Say("hi"))
    async for event in events:
        if isinstance(event, api.MessageAdded):
            return


@virtual
async def test_all_rooms_of_a_profile_share_what_is_known() -> None:
    ana, bo = pair()
    await _met(ana, bo, "orchard")
    await _met(ana, bo, "ops")
    other = (await bo.open("orchard")).view.me
    orchard, ops = await ana.open("orchard"), await ana.open("ops")
    events = ops.events()
    await orchard.do(api.SetAlias(other, "Bo at work"))
    await orchard.do(api.SetIgnored(other, True))
    async for event in events:
        if isinstance(event, api.PeopleChanged) and ops.view.ignored:
            break
    assert [peer.name for peer in ops.view.peers] == ["Bo at work"]
    assert await ana.ignored() == ((other, "Bo at work"),)
    await ana.decide(api.SetIgnored(other, False))
    assert not orchard.ignored and not await ana.ignored()
    await ana.close()
    await bo.close()


@virtual
async def test_a_search_finds_nothing_of_the_ignored() -> None:
    ana, bo = pair()
    await _met(ana, bo, "orchard")
    orchard, other = await ana.open("orchard"), (await bo.open("orchard")).view.me
    finder = ana.finder(UTC)
    assert [each.message.text for each in (await finder.find(finder.read("hi"), 9)).found] == ["hi"]
    await orchard.do(api.SetIgnored(other, True))
    assert not (await finder.find(finder.read("hi"), 9)).found
    await ana.close()
    await bo.close()


@virtual
async def test_forgetting_a_room_forgets_who_was_in_it_but_not_what_was_decided() -> None:
    hub, net, store = MemoryHub(), MemoryNet(random.Random(1)), MemoryStore()
    ana, bo = profile(1, hub, net, store), profile(2, hub, net)
    await _met(ana, bo, "orchard")
    other = (await bo.open("orchard")).view.me
    await ana.forget("orchard")
    assert await store.people() == []
    await _met(ana, bo, "ops")
    await (await ana.open("ops")).do(api.SetVerified(other, True))
    await ana.forget("ops")
    [left] = await store.people()
    assert left.peer == other and left.verified_ms
    await ana.close()
    await bo.close()


@virtual
async def test_a_room_of_which_nothing_is_on_disk_knows_the_people_and_teaches_nothing() -> None:
    hub, net, store = MemoryHub(), MemoryNet(random.Random(1)), MemoryStore()
    ana, bo = profile(1, hub, net, store), profile(2, hub, net)
    await _met(ana, bo, "orchard")
    other = (await bo.open("orchard")).view.me
    await (await ana.open("orchard")).do(api.SetAlias(other, "Bo"))
    known = [person for person in await store.people() if person.alias]
    await _met(ana, bo, "secret", keep="none")
    secret = await ana.open("secret")
    assert [peer.name for peer in secret.view.peers] == ["Bo"]
    await secret.do(api.SetIgnored(other, True))
    assert secret.ignored == {other} and not (await ana.open("orchard")).ignored
    assert [person for person in await store.people() if person.alias] == known
    assert all(isinstance(person, Person) and not person.ignored for person in await store.people())
    await ana.close()
    await bo.close()
