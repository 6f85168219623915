"""A profile's rooms: made, joined, opened, shared and forgotten."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator

import pytest

from p2pchat_tui.ports.store import EntriesDamaged, StoredFeed, StoreError
from p2pchat_tui.session import api
from p2pchat_tui.session.catalogue import BadInvite, RoomError, proposed_name, strength
from p2pchat_tui.session.erased import BESIDE, ERASED, NO_MORE, note_erased, read_erased
from p2pchat_tui.session.profile import Connections, Profile
from p2pchat_tui.session.session import Session
from p2pchat_tui.signaling.memory import MemoryHub, MemorySignaling
from p2pchat_tui.ssc.ending import note_place
from p2pchat_tui.ssc.ids import RoomId, SessionId
from p2pchat_tui.ssc.room import RoomKeys
from p2pchat_tui.store.memory import MemoryStore
from p2pchat_tui.transport.memory import MemoryNet, MemoryTransport
from tests.helpers import ROOM, chain, entropy, identity
from tests.virtual_time import LoopClock, run


def profile(
    number: int,
    hub: MemoryHub,
    net: MemoryNet,
    store: MemoryStore | None = None,
    relay: str = "",
    run_name: str = "",
) -> Profile:
    async def transport() -> MemoryTransport:
        return net.transport()

    def signaling(room: RoomId, session: SessionId, relay: str) -> list[MemorySignaling]:
        return [MemorySignaling(hub, room, session)]

    return Profile(
        identity(number),
        store or MemoryStore(),
        Connections(transport, signaling),
        clock=LoopClock(),
        entropy=entropy(number),
        scratch=MemoryStore,
        nickname=f"person {number}",
        run_name=run_name,
        relay=relay,
    )


def pair() -> tuple[Profile, Profile]:
    hub, net = MemoryHub(), MemoryNet(random.Random(1))
    return profile(1, hub, net), profile(2, hub, net)


def test_an_invite_is_all_that_it_takes() -> None:
    async def scenario() -> None:
        ana, bo = pair()
        room = await ana.new_room("orchard")
        joined = await bo.join_invite(await ana.invite("orchard"))
        assert (joined.name, joined.room, joined.words) == ("orchard", room.room, room.words)
        here, there = await ana.open("orchard"), await bo.open("orchard")
        events = there.events()
        await here.do(api.Say("hi"))
        async for event in events:
            if isinstance(event, api.MessageAdded):
                assert event.message.text == "hi"
                break
        assert await ana.open("orchard") is here
        await ana.close()
        await bo.close()
        await bo.close()

    run(scenario())


def test_names_and_relays() -> None:
    async def scenario() -> None:
        ana, bo = pair()
        first = await ana.new_room()
        assert first.name
        with pytest.raises(RoomError, match="already"):
            await ana.new_room(first.name.upper())
        with pytest.raises(RoomError, match="visible"):
            await ana.new_room("\u200b#")
        await ana.new_room("ops", "wss://relay.example/ws")
        assert (await bo.join_invite(await ana.invite("OPS"))).relay == "wss://relay.example/ws"
        other = await ana.new_room("lab")
        await bo.new_room("lab")
        joined = await bo.join_invite(await ana.invite("lab"))
        assert joined.name == "lab-2"
        assert joined.room == other.room
        assert (await bo.join_invite(await ana.invite("lab"), "another name")).name == "lab-2"
        with pytest.raises(RoomError, match="no saved room called nowhere"):
            await bo.open("nowhere")
        await ana.close()
        await bo.close()

    run(scenario())


def test_a_damaged_invite_saves_nothing() -> None:
    async def scenario() -> None:
        ana, _ = pair()
        invite = await ana.invite((await ana.new_room("orchard")).name)
        with pytest.raises(BadInvite, match="damaged") as caught:
            await ana.join_invite(invite[:-1] + ("0" if invite[-1] != "0" else "1"))
        assert invite.partition("#")[2][:9] not in str(caught.value)
        assert len(await ana.rooms()) == 1
        await ana.close()

    run(scenario())


async def until(session: Session, kind: type[api.Event], events: AsyncIterator[api.Event] | None = None) -> None:
    """Wait until `session` tells something of `kind`."""
    async for event in events or session.events():
        if isinstance(event, kind):
            return


async def say(session: Session, text: str) -> int:
    """Write, and the number that it got."""
    written = await session.do(api.Say(text))
    assert written
    place = await session.place(written)
    assert place
    return place[1]


async def texts(session: Session) -> list[str]:
    return [each.text for each in (await session.history(99)).messages]


def test_who_erased_a_room_and_joins_again_goes_on_whoever_is_there() -> None:
    async def scenario() -> None:
        hub, net = MemoryHub(), MemoryNet(random.Random(1))
        ana, bo, cy = (profile(number, hub, net) for number in (1, 2, 3))
        await ana.new_room("orchard")
        invite = await ana.invite("orchard")
        await bo.join_invite(invite)
        here, there = await ana.open("orchard"), await bo.open("orchard")
        events = there.events()
        assert await say(here, "the first") == 2, "after a profile"
        await until(there, api.MessageAdded, events)
        await there.close()
        await ana.forget("orchard")

        await ana.join_invite(invite)
        again = await ana.open("orchard")
        assert await texts(again) == []
        assert await say(again, "with nobody there") == 4, "at once, after another profile"
        await cy.join_invite(invite)
        new = await cy.open("orchard")
        await until(new, api.Synced)
        assert await say(again, "with a newcomer") == 5
        await ana.forget("orchard")
        await ana.join_invite(invite)
        await ana.forget("orchard")
        await ana.join_invite(invite)
        again = await ana.open("orchard")
        assert await say(again, "erased twice more") == 7

        back = await bo.open("orchard")
        events = back.events()
        await until(back, api.Synced, events)
        everything = ["the first", "with nobody there", "with a newcomer", "erased twice more"]
        async with asyncio.timeout(60):
            for session in (again, back, new):
                while await texts(session) != everything:  # noqa: ASYNC110 - time is virtual
                    await asyncio.sleep(1)
        for each in (again, back, new):
            assert not each._parts.replica.forked and not await each._setup.store.proofs(each.view.room)
        for each in (ana, bo, cy):
            await each.close()

    run(scenario())


def test_a_note_of_an_older_version_or_a_damaged_one_lets_nobody_write_alone() -> None:
    async def scenario() -> None:
        for note in (NO_MORE, "", "00" * 76):
            ana, bo = pair()
            room = (await ana.new_room("orchard")).room
            invite = await ana.invite("orchard")
            await bo.join_invite(invite)
            here, there = await ana.open("orchard"), await bo.open("orchard")
            events = there.events()
            await say(here, "the first")
            await until(there, api.MessageAdded, events)
            await there.close()
            await ana.forget("orchard")
            await ana._store.set_setting(note_place(identity(1), room), ERASED, note)
            await ana.join_invite(invite)
            again = await ana.open("orchard")
            with pytest.raises(api.CommandRefused, match="erased here before"):
                await again.do(api.Say("too early"))
            assert await texts(again) == []

            told = again.events()
            back = await bo.open("orchard")
            await until(again, api.Synced, told)
            assert await say(again, "the second") == 3, "after a profile and the first"
            assert await texts(again) == ["the first", "the second"]
            assert back.is_running
            await ana.close()
            await bo.close()

    run(scenario())


def test_a_room_that_could_not_be_erased_after_the_note_was_written_goes_on_above_it() -> None:
    class Stubborn(MemoryStore):
        async def forget_room(self, room: RoomId) -> None:
            raise StoreError("Another program reads the database.")

    async def scenario() -> None:
        hub, net = MemoryHub(), MemoryNet(random.Random(1))
        store = Stubborn()
        ana = profile(1, hub, net, store)
        room = (await ana.new_room("orchard")).room
        assert await say(await ana.open("orchard"), "noted") == 2
        with pytest.raises(StoreError):
            await ana.forget("orchard")
        noted = await read_erased(store, identity(1), room)
        assert noted and noted.seq == 2, "on disk before anything is erased"
        again = await ana.open("orchard")
        assert await say(again, "after it") == 3 and await texts(again) == ["noted", "after it"]
        with pytest.raises(StoreError):
            await ana.forget("orchard")
        noted = await read_erased(store, identity(1), room)
        assert noted and noted.seq == 3
        await ana.close()

    run(scenario())


def test_either_half_of_the_note_is_enough_to_know_the_room_again() -> None:
    async def scenario() -> None:
        for lost, expected in ((BESIDE, 3), (ERASED, 0)):
            store, me = MemoryStore(), identity(1)
            await store.append(ROOM, chain(me, 3), durable=True)
            await note_erased(store, me, ROOM)
            await store.forget_room(ROOM)
            await store.set_setting(note_place(me, ROOM), lost, "")
            left = await read_erased(store, me, ROOM)
            assert left is not None and left.seq == expected
            await note_erased(store, me, ROOM)
            assert await read_erased(store, me, ROOM) == left, "erased again, with nothing in it"
            assert await read_erased(store, identity(2), ROOM) is None

    run(scenario())


def test_a_damaged_entry_is_no_reason_not_to_erase() -> None:
    class Damaged(MemoryStore):
        reads = 0

        async def feeds(self, room: RoomId) -> list[StoredFeed]:
            self.reads += 1
            if self.reads == 1:
                raise EntriesDamaged("One stored message was damaged.")
            return await super().feeds(room)

    async def scenario() -> None:
        store, me = Damaged(), identity(1)
        await store.append(ROOM, chain(me, 3), durable=True)
        await note_erased(store, me, ROOM)
        left = await read_erased(store, me, ROOM)
        assert left and left.seq == 3

    run(scenario())


def test_nobody_opens_a_room_while_it_is_being_erased() -> None:
    """What a second window wrote between the note and the erasing would be numbered again."""

    async def scenario() -> None:
        ana, _ = pair()
        await ana.new_room("orchard")
        await say(await ana.open("orchard"), "the last")
        async with asyncio.TaskGroup() as both:
            both.create_task(ana.forget("orchard"))
            opening = both.create_task(_refused(ana))
        assert opening.result() and not ana._sessions
        await ana.close()

    run(scenario())


async def _refused(ana: Profile) -> bool:
    await asyncio.sleep(0)
    with pytest.raises(RoomError, match="no saved room"):
        await ana.open("orchard")
    return True


def test_a_room_of_which_nothing_is_kept_leaves_no_note() -> None:
    async def scenario() -> None:
        ana, _ = pair()
        room = (await ana.new_room("orchard", keep="none")).room
        await say(await ana.open("orchard"), "between us")
        await ana.forget("orchard")
        assert await read_erased(ana._store, identity(1), room) is None
        await ana.close()

    run(scenario())


def test_forgetting_ends_and_erases() -> None:
    async def scenario() -> None:
        ana, _ = pair()
        await ana.new_room("orchard")
        session = await ana.open("orchard")
        await session.do(api.Say("gone soon"))
        await ana.forget("orchard")
        assert not session.is_running
        assert await ana.rooms() == ()
        await ana.close()

    run(scenario())


def test_what_is_written_is_there_when_the_room_is_opened_again() -> None:
    async def scenario() -> None:
        ana, _ = pair()
        await ana.new_room("orchard")
        session = await ana.open("orchard")
        await session.do(api.Say("stay"))
        await session.do(api.Leave())
        again = await ana.open("orchard")
        assert again is not session
        assert [message.text for message in (await again.history(5)).messages] == ["stay"]
        await ana.close()

    run(scenario())


async def test_two_who_type_the_same_passphrase_meet() -> None:
    ana, bo = pair()
    one = await ana.join_passphrase("Orchard", "five random words in a row")
    two = await bo.join_passphrase("#orchard", "five  random words in a row ")
    assert one.room == two.room
    assert one.words == two.words
    assert (await bo.join_passphrase("orchard", "five random words in a")).words != one.words
    for name, phrase in (("", "x"), ("orchard", " ")):
        with pytest.raises(RoomError, match="needed"):
            await ana.join_passphrase(name, phrase)
    await ana.close()
    await bo.close()


def test_proposals_and_strength() -> None:
    assert proposed_name(entropy(1)).count("-") == 1
    assert strength("  ") == ""
    assert strength("abc").startswith("weak")


def test_the_lan_is_used_where_it_is_asked_for() -> None:
    async def scenario() -> None:
        asked: list[bytes] = []
        hub, net = MemoryHub(), MemoryNet(random.Random(1))

        async def transport() -> MemoryTransport:
            return net.transport()

        def lan(keys: RoomKeys, session: SessionId) -> MemorySignaling:
            asked.append(keys.beacon)
            return MemorySignaling(hub, keys.room, session)

        for profile_wide, for_the_room, expected in (
            (False, None, 0),
            (False, True, 1),
            (True, None, 1),
            (True, False, 0),
        ):
            asked.clear()
            ana = Profile(
                identity(1),
                MemoryStore(),
                Connections(transport, lambda *_: (), lan),
                clock=LoopClock(),
                entropy=entropy(1),
                scratch=MemoryStore,
                lan=profile_wide,
            )
            await ana.new_room("orchard")
            session = await ana.open("orchard", lan=for_the_room)
            assert len(asked) == len(session.view.relays) == expected
            await ana.close()

    run(scenario())


def test_a_name_in_a_room_is_kept_for_later_runs() -> None:
    async def scenario() -> None:
        hub, net = MemoryHub(), MemoryNet(random.Random(1))
        store = MemoryStore()
        first = profile(1, hub, net, store)
        for name in ("orchard", "ops"):
            await first.new_room(name)
        room = await first.open("orchard")
        await room.do(api.SetName("\u200bana"))
        assert room.view.my_name == "ana"
        with pytest.raises(api.CommandRefused):
            await room.do(api.SetName(" \u200b "))
        await first.close()

        later = profile(1, hub, net, store.reopened())
        assert (await later.open("orchard")).view.my_name == "ana"
        assert (await later.open("ops")).view.my_name == "person 1"
        later.nickname = "anna"
        await later.close()
        assert later.nickname == "anna"

    run(scenario())


def test_a_name_for_one_run_counts_in_all_rooms_and_stays_with_those_that_it_makes() -> None:
    async def scenario() -> None:
        hub, net = MemoryHub(), MemoryNet(random.Random(1))
        store = MemoryStore()
        first = profile(1, hub, net, store)
        await first.new_room("orchard")
        await (await first.open("orchard")).do(api.SetName("ana"))
        await first.close()

        store = store.reopened()
        visit = profile(1, hub, net, store, run_name="visitor")
        host = profile(2, hub, net)
        await host.new_room("ops")
        await visit.join_invite(await host.invite("ops"))
        assert {(await visit.open(name)).view.my_name for name in ("orchard", "ops")} == {"visitor"}
        await visit.close()
        await host.close()

        later = profile(1, hub, net, store.reopened())
        assert [(await later.open(name)).view.my_name for name in ("orchard", "ops")] == ["ana", "visitor"]
        await later.close()

    run(scenario())


def test_a_room_is_called_something_else_on_this_machine() -> None:
    async def scenario() -> None:
        ana, _bo = pair()
        room = await ana.new_room("orchard")
        await ana.new_room("ops")
        running = await ana.open("orchard")
        assert await ana.rename("orchard", " #attic ") == "attic"
        assert {saved.name: saved.room for saved in await ana.rooms()}["attic"] == room.room
        assert running.view.name == "attic" and await ana.open("attic") is running
        assert await ana.rename("attic", "Attic") == "Attic", "its own name is not taken"
        for wanted in ("ops", " ", "OPS"):
            with pytest.raises(RoomError):
                await ana.rename("attic", wanted)
        await ana.close()

    run(scenario())
