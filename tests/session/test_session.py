"""Sessions: two and more people in a room, from the first hello to the last goodbye."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from p2pchat_tui.ports.ice import IceServer
from p2pchat_tui.ports.store import KnownPeer, StoreError, StoreFull
from p2pchat_tui.ports.transport import LinkStruggled
from p2pchat_tui.session import api, fanout
from p2pchat_tui.session.keeper import CUT_AGAIN_MS
from p2pchat_tui.signaling.memory import Faults, MemoryHub, MemorySignaling
from p2pchat_tui.ssc.entry import sign_entry
from p2pchat_tui.ssc.ids import EntryId, SessionId
from p2pchat_tui.store.memory import MemoryStore
from p2pchat_tui.transport.memory import MemoryTransport
from tests.helpers import chain, identity
from tests.session.world import SECRET, World
from tests.virtual_time import run


def test_two_people_meet_and_talk() -> None:
    async def scenario() -> None:
        async with World() as world:
            ana, bo = await world.join("ana"), await world.join("bo")
            await world.linked(ana, bo)
            said = await ana.session.do(api.Say("hello bo"))
            heard = await bo.until_event(api.MessageAdded)
            assert heard.message.id == said
            assert heard.message.name == "ana"
            assert heard.message.text == "hello bo"
            assert not heard.message.mine
            assert not heard.backfill
            await ana.until(lambda: ana.session.holders(ana.identity.peer, heard.message.seq) == (1, 1))
            echo = await ana.until_event(api.MessageAdded)
            assert echo.message.mine

    run(scenario())


def test_it_meets_within_two_seconds() -> None:
    async def scenario() -> None:
        async with World() as world:
            world.net.delay = 0.05
            ana = await world.join("ana")
            await asyncio.sleep(30)
            bo = await world.join("bo")
            start = asyncio.get_running_loop().time()
            await world.linked(ana, bo)
            assert asyncio.get_running_loop().time() - start < 2

    run(scenario())


def test_five_people_make_a_full_mesh() -> None:
    async def scenario() -> None:
        async with World() as world:
            people = [await world.join(name) for name in ("ana", "bo", "cy", "dee", "eve")]
            await world.linked(*people)
            for person in people:
                await person.session.do(api.Say(f"{person.name} is here"))
            for person in people:
                await person.until(
                    lambda person=person: sum(isinstance(e, api.MessageAdded) for e in person.events) == 5
                )
            texts = await people[0].texts()
            for person in people:
                assert await person.texts() == texts

    run(scenario())


def test_writing_alone_is_delivered_later() -> None:
    async def scenario() -> None:
        async with World() as world:
            ana = await world.join("ana")
            await ana.session.do(api.Say("nobody there?"))
            assert await ana.texts() == ["nobody there?"]
            await asyncio.sleep(3600)
            bo = await world.join("bo")
            heard = await bo.until_event(api.MessageAdded)
            assert heard.message.text == "nobody there?"
            assert heard.backfill
            assert heard.message.name == "ana"

    run(scenario())


def test_a_friend_carries_what_the_author_cannot_bring() -> None:
    async def scenario() -> None:
        async with World() as world:
            ana, cy = await world.join("ana"), await world.join("cy")
            await world.linked(ana, cy)
            await ana.session.do(api.Say("for bo, from ana"))
            await cy.until_event(api.MessageAdded)
            await ana.stop()
            bo = await world.join("bo")
            heard = await bo.until_event(api.MessageAdded)
            assert heard.message.author == ana.identity.peer
            assert heard.message.name == "ana"

    run(scenario())


def test_history_is_there_at_start_without_any_network() -> None:
    async def scenario() -> None:
        async with World() as world:
            ana = await world.join("ana")
            await ana.session.do(api.Say("remember me"))
            await ana.stop()
            world.hub.cut()
            await ana.restart()
            assert await ana.texts() == ["remember me"]
            await ana.session.do(api.Say("still writing"))
            assert await ana.texts() == ["remember me", "still writing"]

    run(scenario())


def test_edit_retract_react_reply() -> None:
    async def scenario() -> None:
        async with World() as world:
            ana, bo = await world.join("ana"), await world.join("bo")
            await world.linked(ana, bo)
            first = await ana.session.do(api.Say("frist"))
            assert first is not None
            await bo.until_event(api.MessageAdded)
            await ana.session.do(api.Edit(first, "first"))
            await bo.session.do(api.React(first, "👍"))
            await bo.session.do(api.Say("indeed", reply_to=first))
            await ana.until_event(api.MessageAdded, lambda each: each.message.text == "indeed")
            await bo.until_event(api.MessageChanged, lambda each: each.what == "edited")
            message = await bo.session.message(first)
            assert message is not None
            assert (message.text, message.edited) == ("first", True)
            assert [(each.emoji, each.mine) for each in message.reactions] == [("👍", True)]
            reply = (await ana.session.history(10)).messages[-1]
            assert (reply.reply_to, reply.reply_name, reply.reply_text) == (first, "ana", "first")
            await ana.session.do(api.Retract(first))
            await bo.until_event(api.MessageChanged, lambda each: each.what == "retracted")
            await bo.session.do(api.React(first, "👍", on=False))
            change = await ana.until_event(
                api.MessageChanged, lambda each: each.reaction == (bo.identity.peer, "👍", False)
            )
            assert change.message.retracted
            assert change.message.reactions == ()

    run(scenario())


def test_only_the_author_edits() -> None:
    async def scenario() -> None:
        async with World() as world:
            ana, bo = await world.join("ana"), await world.join("bo")
            await world.linked(ana, bo)
            first = await ana.session.do(api.Say("mine"))
            assert first is not None
            await bo.until_event(api.MessageAdded)
            with pytest.raises(api.CommandRefused, match="your own"):
                await bo.session.do(api.Edit(first, "yours"))
            with pytest.raises(api.CommandRefused, match="not here"):
                await bo.session.do(api.Retract(type(first)(bytes(32))))

    run(scenario())


def test_typing_and_presence() -> None:
    async def scenario() -> None:
        async with World() as world:
            ana, bo = await world.join("ana"), await world.join("bo")
            await world.linked(ana, bo)
            await ana.session.do(api.SetTyping(True))
            typing = await bo.until_event(api.TypingChanged)
            assert (typing.name, typing.on) == ("ana", True)
            await bo.until_event(api.TypingChanged, lambda each: not each.on)
            await ana.session.do(api.SetAway(True))
            await bo.until(lambda: bo.session.view.peers[0].state is api.PeerState.AWAY)
            assert ana.session.view.away

    run(scenario())


def test_a_clean_leave_is_seen_at_once_and_a_death_within_ten_seconds() -> None:
    async def scenario() -> None:
        async with World() as world:
            ana, bo, cy = await world.join("ana"), await world.join("bo"), await world.join("cy")
            await world.linked(ana, bo, cy)
            loop = asyncio.get_running_loop()
            start = loop.time()
            await bo.stop()
            await ana.until(lambda: ana.session.view.peers[-1].state is api.PeerState.OFFLINE)
            assert loop.time() - start < 1
            told = [each.peer for each in ana.events if isinstance(each, api.PeerChanged)]
            gone = [peer for peer in told if peer.state is api.PeerState.OFFLINE and peer.peer == bo.identity.peer]
            assert gone and {(peer.path, peer.rtt_ms) for peer in gone} == {(None, None)}
            start = loop.time()
            assert cy.transport is not None
            world.net.kill(cy.transport)
            await ana.until(lambda: all(peer.state is api.PeerState.OFFLINE for peer in ana.session.view.peers))
            assert loop.time() - start < 11
            assert all(peer.last_seen_ms for peer in ana.session.view.peers)

    run(scenario())


def test_who_is_remembered_and_was_never_seen_has_no_time_of_it() -> None:
    async def scenario() -> None:
        async with World() as world:
            store = MemoryStore()
            await store.save_peers(world.keys.room, [KnownPeer(identity(9).peer, 0, "dee", {})])
            ana = await world.join("ana", store=store)
            await ana.until(lambda: bool(ana.session.view.peers))
            assert [(peer.name, peer.last_seen_ms) for peer in ana.session.view.peers] == [("dee", None)]

    run(scenario())


def test_who_leaves_as_soon_as_it_has_a_message_still_says_that_it_has_it() -> None:
    async def scenario() -> None:
        async with World() as world:
            ana, bo = await world.join("ana"), await world.join("bo")
            await world.linked(ana, bo)
            await ana.session.do(api.Say("just before you go"))
            said = await bo.until_event(api.MessageAdded)
            await bo.stop()
            await ana.until(lambda: ana.session.view.peers[0].state is api.PeerState.OFFLINE)
            assert ana.session.holders(ana.identity.peer, said.message.seq) == (1, 1)

    run(scenario())


def test_who_comes_back_replaces_its_ghost() -> None:
    async def scenario() -> None:
        async with World() as world:
            ana, bo = await world.join("ana"), await world.join("bo")
            await world.linked(ana, bo)
            assert bo.transport is not None
            world.net.kill(bo.transport)  # as kill -9 does: nobody is told
            await bo.session.do(api.Say("written while cut off"))
            await bo.restart()
            start = asyncio.get_running_loop().time()
            await world.linked(ana, bo)
            assert asyncio.get_running_loop().time() - start < 3
            assert len(ana.session.view.peers) == 1
            await ana.until_event(api.MessageAdded)
            await ana.session.do(api.Say("welcome back"))
            await bo.until_event(api.MessageAdded, lambda each: each.message.text == "welcome back")

    run(scenario())


def test_the_relay_may_go_once_all_are_linked() -> None:
    async def scenario() -> None:
        async with World() as world:
            ana, bo = await world.join("ana"), await world.join("bo")
            await world.linked(ana, bo)
            await ana.until_event(api.SignalingChanged, lambda each: each.relay.state is api.SignalingState.DORMANT)
            world.hub.cut()
            await asyncio.sleep(600)
            await ana.session.do(api.Say("who needs it"))
            await bo.until_event(api.MessageAdded)

    run(scenario())


def test_bad_signaling_only_delays() -> None:
    async def scenario() -> None:
        for seed in range(10):
            async with World(seed) as world:
                world.hub.faults = Faults(drop=0.3, duplicate=0.3, reorder=0.3, delay_s=0.2)
                people = [await world.join(name) for name in ("ana", "bo", "cy", "dee")]
                await world.linked(*people)

    run(scenario())


def test_signals_that_do_not_open_are_said() -> None:
    async def scenario() -> None:
        async with World() as world:
            ana = await world.join("ana")
            stranger = MemorySignaling(world.hub, world.keys.room, SessionId(b"s" * 16))
            await stranger.open()
            await asyncio.sleep(1)
            for to in [ana.session._parts.session]:
                stranger.send(to, b"not sealed with this room's key at all")
            problem = await ana.until_event(api.Problem)
            assert problem.code == "signals-unreadable"
            assert "room words" in problem.text
            await stranger.close()

    run(scenario())


def test_the_waiting_screen_says_what_is_awaited() -> None:
    async def scenario() -> None:
        async with World() as world:
            ana = await world.join("ana")
            await ana.until(lambda: ana.session.view.ready)
            await asyncio.sleep(1)
            assert ana.session.view.words in ana.session.view.network
            bo = await world.join("bo")
            await world.linked(ana, bo)
            assert ana.session.view.network == ""
            await bo.stop()
            await ana.until(lambda: not ana.session.view.online)
            assert "delivered when they come" in ana.session.view.network

    run(scenario())


def test_a_network_that_cannot_be_started_is_told_as_long_as_there_is_none() -> None:
    async def scenario() -> None:
        async with World() as world:
            world.net.transport = broken  # type: ignore[method-assign]
            ana = await world.join("ana")
            await ana.until_event(api.Problem, lambda each: each.code == "transport-failed")
            assert "could not be started (no module of that name)" in ana.session.view.network
            await ana.session.do(api.Say("written all the same"))
            assert await ana.texts() == ["written all the same"]

    def broken() -> MemoryTransport:
        raise ImportError("no module of that name")

    run(scenario())


def test_a_lost_relay_is_told_whatever_that_of_the_own_windows_does() -> None:
    async def scenario() -> None:
        async with World() as world:
            windows = MemoryHub(world.random)
            windows.is_own = True
            ana = await world.join("ana", hubs=[windows, world.hub])
            await ana.until(lambda: ana.session.view.words in ana.session.view.network)
            world.hub.cut()
            await ana.until(lambda: "cut off" in ana.session.view.network)
            own, named = ana.session.view.relays
            assert (own.is_own, own.state) == (True, api.SignalingState.OPEN)
            assert (named.is_own, named.state) == (False, api.SignalingState.LOST)
            world.hub.heal()
            await ana.until(lambda: ana.session.view.words in ana.session.view.network)

    run(scenario())


class FullStore(MemoryStore):
    """A disk that is full when told to be."""

    def __init__(self) -> None:
        super().__init__()
        self.error: StoreError | None = None

    async def append(self, *args: object, **kwargs: object) -> None:
        if self.error:
            raise self.error
        await super().append(*args, **kwargs)  # type: ignore[arg-type]

    async def cut(self, *args: object) -> None:
        if self.error:
            raise self.error
        await super().cut(*args)  # type: ignore[arg-type]


def test_a_full_disk_refuses_and_recovers() -> None:
    async def scenario() -> None:
        async with World() as world:
            store = FullStore()
            ana, bo = await world.join("ana", store=store), await world.join("bo")
            await world.linked(ana, bo)
            await ana.session.do(api.Say("one"))
            store.error = StoreFull("The disk is full; make room.")
            with pytest.raises(api.CommandRefused, match="disk is full"):
                await ana.session.do(api.Say("two"))
            await bo.session.do(api.Say("from bo"))
            await asyncio.sleep(1)
            assert await ana.texts() == ["one"]
            assert ana.session.holders(bo.identity.peer, 2)[0] in (0, 1)
            store.error = None
            await ana.session.do(api.Say("three"))
            await ana.until_event(api.MessageAdded, lambda each: each.message.text == "from bo")
            await bo.until_event(api.MessageAdded, lambda each: each.message.text == "three")
            assert sorted(await ana.texts()) == sorted(await bo.texts()) == ["from bo", "one", "three"]

    run(scenario())


def test_a_cut_that_the_disk_refuses_is_made_once_there_is_room() -> None:
    async def scenario() -> None:
        async with World() as world:
            forked = chain(identity(50), 3, world.keys.room)
            other = sign_entry(
                world.keys.room, identity(50), 3, forked[2].stamp, forked[1].id, b'{"k":"say","text":"x"}'
            )
            full, store = FullStore(), MemoryStore()
            await full.append(world.keys.room, forked, durable=True)
            await store.append(world.keys.room, [*forked[:2], other], durable=True)
            full.error = StoreFull("The disk is full; make room.")
            ana, bo = await world.join("ana", store=full), await world.join("bo", store=store)
            for member in (ana, bo):
                await member.until_event(api.Problem, lambda each: each.code == "identity-copied")
            await ana.until_event(api.Problem, lambda each: each.code == "store-full")
            await asyncio.sleep(60)
            assert len(await ana.texts()) == 3
            assert len([each for each in ana.events if isinstance(each, api.Problem)]) == 2, "said once"
            assert len([each for each in ana.events if isinstance(each, api.Resync)]) == 1, "nothing new to look at"
            full.error = None
            await asyncio.sleep(2 * CUT_AGAIN_MS / 1000)
            assert await ana.texts() == await bo.texts() == ["message 1", "message 2"]
            assert len(await full.proofs(world.keys.room)) == 1

    run(scenario())


def test_a_restored_backup_fetches_its_own_words_before_it_writes() -> None:
    async def scenario() -> None:
        async with World() as world:
            store = MemoryStore()
            ana, bo = await world.join("ana", store=store), await world.join("bo")
            await world.linked(ana, bo)
            await ana.session.do(api.Say("one"))
            await ana.stop()
            old = MemoryStore()
            await old.append(world.keys.room, await store.newest(world.keys.room, 100), durable=True)
            await ana.restart()
            await world.linked(ana, bo)
            await ana.session.do(api.Say("two, after the backup"))
            await bo.until_event(api.MessageAdded, lambda each: each.message.text.startswith("two"))
            await ana.stop()
            ana.store = old
            await ana.restart()
            await world.linked(ana, bo)
            await ana.session.do(api.Say("three, from the backup"))
            await bo.until_event(api.MessageAdded, lambda each: each.message.text.startswith("three"))
            assert not [each for each in bo.events if isinstance(each, api.Problem)]
            assert await ana.texts() == await bo.texts() == ["one", "two, after the backup", "three, from the backup"]

    run(scenario())


def test_names_follow_and_namesakes_are_told_apart() -> None:
    async def scenario() -> None:
        async with World() as world:
            ana, bo = await world.join("ana"), await world.join("Ana")
            await world.linked(ana, bo)
            await ana.until(lambda: bo.identity.peer.tag in ana.session.view.peers[0].name)
            await bo.session.do(api.SetName("bo"))
            await ana.until(lambda: ana.session.view.peers[0].name == "bo")
            with pytest.raises(api.CommandRefused, match="visible"):
                await bo.session.do(api.SetName(" \u200b "))
            await bo.session.do(api.SetTopic("apples \x1b[2J"))
            await ana.until(lambda: ana.session.view.topic.startswith("apples"))
            assert "\x1b" not in ana.session.view.topic

    run(scenario())


@pytest.mark.parametrize("text", ["", "   \n ", "x" * 9000, "\ud800"])
def test_what_cannot_be_sent_is_refused_with_a_sentence(text: str) -> None:
    async def scenario() -> None:
        async with World() as world:
            ana = await world.join("ana")
            with pytest.raises(api.CommandRefused, match=r"\.$"):
                await ana.session.do(api.Say(text))
            assert await ana.texts() == []
            await ana.session.do(api.Leave())
            with pytest.raises(api.CommandRefused, match="closed"):
                await ana.session.do(api.Say("too late"))

    run(scenario())


def test_a_late_joiner_reads_the_newest_at_once() -> None:
    async def scenario() -> None:
        async with World() as world:
            ana = await world.join("ana")
            for number in range(1500):
                await ana.session.do(api.Say(f"{number}"))
            world.net.delay = 0.05
            bo = await world.join("bo")
            await bo.until(lambda: sum(isinstance(each, api.MessageAdded) for each in bo.events) >= 190)
            first = [each.message.text for each in bo.events if isinstance(each, api.MessageAdded)][:190]
            assert min(int(text) for text in first) >= 1300
            await bo.until_event(api.Synced)
            assert bo.session.view.gap is None
            page = await bo.session.history(2000)
            assert [message.text for message in page.messages] == [str(number) for number in range(1500)]
            assert not page.more

    run(scenario())


def test_the_relay_learns_nothing() -> None:
    async def scenario() -> None:
        async with World() as world:
            ana, bo = await world.join("ana"), await world.join("bo")
            await world.linked(ana, bo)
            await ana.session.do(api.Say("not for the relay"))
            await bo.until_event(api.MessageAdded)
            seen = b"".join(data for _, _, data in world.hub.forwarded)
            assert len(world.hub.forwarded) >= 2
            secrets = [b"ana", b"memory-offer", b"memory-answer", b"not for", world.keys.signal, SECRET]
            secrets += [bytes(member.identity.peer) for member in (ana, bo)]
            secrets += [member.identity.peer.text.encode() for member in (ana, bo)]
            assert not [secret for secret in secrets if secret in seen]

    run(scenario())


def meddler(hub: MemoryHub, place: int) -> Callable[[MemorySignaling, SessionId, bytes], bool]:
    """What the hub does to signals, after flipping a bit in each."""
    pass_on = hub.pass_on

    def meddle(member: MemorySignaling, to: SessionId, data: bytes) -> bool:
        broken = bytearray(data)
        broken[place % len(broken)] ^= 0x40
        return pass_on(member, to, bytes(broken))

    return meddle


def test_a_relay_that_changes_signals_opens_nothing() -> None:
    async def scenario() -> None:
        for place in range(0, 300, 7):
            async with World() as world:
                world.hub.pass_on = meddler(world.hub, place)  # type: ignore[method-assign]
                ana, bo = await world.join("ana"), await world.join("bo")
                await asyncio.sleep(30)
                assert not ana.session.view.online
                assert any(isinstance(each, api.Problem) for each in ana.events + bo.events)

    run(scenario())


def test_a_listener_that_sleeps_is_told_to_look_anew() -> None:
    async def scenario() -> None:
        async with World() as world:
            ana = await world.join("ana")
            slow = ana.session.events()
            for _ in range(fanout.BACKLOG_MAX + 1):
                ana.session._parts.fanout.emit(api.RoomChanged())
            assert isinstance(await anext(slow), api.Resync)

    run(scenario())


def test_servers_that_a_relay_names_reach_the_transport() -> None:
    async def scenario() -> None:
        turn = IceServer("turn:127.0.0.1:3478", "user", "pass")
        async with World() as world:
            world.hub = MemoryHub(world.random, ice=(turn,))
            ana = await world.join("ana")
            await ana.until(lambda: ana.transport is not None and ana.transport.servers == (turn,))

    run(scenario())


@pytest.mark.parametrize("mover", ["ana", "bo"])
def test_a_changed_network_is_linked_again_at_once_whoever_moved(mover: str) -> None:
    async def scenario() -> None:
        async with World() as world:
            ana, bo = await world.join("ana"), await world.join("bo")
            await world.linked(ana, bo)
            moved, other = (ana, bo) if mover == "ana" else (bo, ana)
            assert moved.transport is not None
            for link in list(moved.transport._links):
                world.net.cut(link)  # what stood on the old address; noticed after 33 s only
            moved.move()
            await moved.session.do(api.Say("from elsewhere"))
            began = asyncio.get_running_loop().time()
            await other.until_event(api.MessageAdded, lambda each: each.message.text == "from elsewhere")
            assert asyncio.get_running_loop().time() - began < 1

    run(scenario())


def test_why_there_is_no_path_is_said_once_while_it_is_still_tried() -> None:
    async def scenario() -> None:
        async with World() as world:
            ana, bo = await world.join("ana"), await world.join("bo")
            await world.linked(ana, bo)
            assert ana.transport is not None and bo.transport is not None
            world.net.partition([ana.transport], [bo.transport])
            cy = await world.join("cy")
            await cy.until(lambda: cy.transport is not None and bool(cy.transport._links))
            assert cy.transport is not None
            link = next(iter(cy.transport._links))
            for _ in range(2):
                cy.transport.inbox.put(LinkStruggled(link, "No path works: a TURN server is needed."))
            told = await cy.until_event(api.Problem)
            assert (told.code, "TURN server is needed" in told.text) == ("no-path", True)
            await cy.until(lambda: "TURN server is needed" in cy.session.view.network)
            assert len([each for each in cy.events if isinstance(each, api.Problem)]) == 1

    run(scenario())


def test_nobody_who_is_linked_is_said_to_be_out_of_reach() -> None:
    async def scenario() -> None:
        async with World() as world:
            ana, bo = await world.join("ana"), await world.join("bo")
            await world.linked(ana, bo)
            assert ana.transport is not None
            old = ana.link_to(bo)
            ana.move()
            await ana.until(lambda: len(ana.session._parts.network._maker._links) > 1)
            (new,) = [link for link in ana.session._parts.network._maker._links if link != old]
            ana.transport.inbox.put(LinkStruggled(new, "No path works: a TURN server is needed."))
            await asyncio.sleep(60)
            assert not [each for each in ana.events if isinstance(each, api.Problem)]

    run(scenario())


def test_a_short_loss_of_the_relay_is_not_shown_and_a_long_one_is() -> None:
    async def scenario() -> None:
        async with World() as world:
            ana, bo = await world.join("ana"), await world.join("bo")
            await world.linked(ana, bo)
            await ana.until_event(api.SignalingChanged, lambda each: each.relay.state is api.SignalingState.DORMANT)
            ana.events.clear()
            world.hub.cut()
            await asyncio.sleep(1)
            assert ana.session.view.relays[0].state is api.SignalingState.DORMANT
            world.hub.heal()
            await asyncio.sleep(5)
            assert not [each for each in ana.events if isinstance(each, api.SignalingChanged)]
            world.hub.cut()
            lost = await ana.until_event(api.SignalingChanged)
            assert lost.relay.state is api.SignalingState.LOST

    run(scenario())


def test_a_copied_identity_is_cut_alike_everywhere_and_said() -> None:
    async def scenario() -> None:
        async with World() as world:
            store = MemoryStore()
            ana, bo, cy = await world.join("ana", store=store), await world.join("bo"), await world.join("cy")
            await world.linked(ana, bo, cy)
            await ana.session.do(api.Say("one"))
            await cy.until_event(api.MessageAdded)
            await ana.stop()
            copy = MemoryStore()
            await copy.append(world.keys.room, await store.newest(world.keys.room, 100), durable=True)
            world.hub.cut()
            for member in (bo, cy):
                await member.stop()
            await ana.restart()
            await ana.session.do(api.Say("two, here"))
            await ana.stop()
            ana.store = copy
            await ana.restart()
            await ana.session.do(api.Say("two, there"))  # nobody could know better: a fork
            await bo.restart()
            world.hub.heal()
            await world.linked(ana, bo)
            await bo.until_event(api.MessageAdded, lambda each: each.message.text == "two, there")
            await ana.stop()
            ana.store = store
            await ana.restart()
            await cy.restart()
            await world.linked(ana, bo, cy)
            for member in (ana, bo, cy):
                await member.until_event(api.Problem, lambda each: each.code == "identity-copied")
                await member.until_event(api.Resync)
                assert await member.texts() == ["one"]
            with pytest.raises(api.CommandRefused, match="identity was copied"):
                await ana.session.do(api.Say("three"))
            await bo.session.do(api.Say("we go on"))
            await cy.until_event(api.MessageAdded, lambda each: each.message.text == "we go on")
            assert "copied" in next(peer.note for peer in cy.session.view.peers if peer.peer == ana.identity.peer)

    run(scenario())


def test_history_is_read_in_both_directions_and_around_a_message() -> None:
    async def scenario() -> None:
        async with World() as world:
            ana = await world.join("ana")
            ids = [await ana.session.do(api.Say(f"text {number}")) for number in range(20)]
            everything = (await ana.session.history(100)).messages
            page = await ana.session.later(5, everything[9].order)
            assert [message.text for message in page.messages] == [f"text {number}" for number in range(10, 15)]
            assert page.more and page.newer
            last = await ana.session.later(5, everything[14].order)
            assert len(last.messages) == 5 and not last.newer
            assert ids[10] is not None
            around = await ana.session.around(6, ids[10])
            assert around is not None
            assert [message.text for message in around.messages] == [f"text {number}" for number in range(7, 14)]
            assert around.more and around.newer
            assert await ana.session.around(6, EntryId(bytes(32))) is None

    run(scenario())


def test_what_is_known_of_a_message() -> None:
    async def scenario() -> None:
        async with World() as world:
            ana, bo = await world.join("ana"), await world.join("bo")
            await world.linked(ana, bo)
            said = await ana.session.do(api.Say("frist"))
            assert said is not None
            await ana.session.do(api.Edit(said, "first"))
            await bo.until_event(api.MessageChanged, lambda event: event.message.text == "first")
            facts = await bo.session.facts(said)
            assert facts is not None
            assert (facts.written, facts.message.text, facts.changes) == ("frist", "first", 1)
            assert facts.signed and len(facts.signature) == 64
            assert facts.signed_seq >= facts.message.seq
            await ana.until(lambda: ana.session.holders(ana.identity.peer, facts.message.seq)[0] == 1)
            mine = await ana.session.facts(said)
            assert mine is not None and mine.holders == (bo.identity.peer,)
            assert await bo.session.facts(EntryId(bytes(32))) is None

    run(scenario())
