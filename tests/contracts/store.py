"""What every Store does. An adapter's test class inherits StoreContract and gives it the fixture `open_store`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from p2pchat_tui.ports.store import KnownPeer, SavedRoom, Search, Store, StoreError
from p2pchat_tui.ssc.body import Body, Edit, Profile, React, Retract, Say, Topic, encode_body
from p2pchat_tui.ssc.entry import Entry, sign_entry
from p2pchat_tui.ssc.identity import Identity
from p2pchat_tui.ssc.ids import GENESIS, STAMP_MAX, EntryId, PeerId, RoomId, Stamp
from p2pchat_tui.ssc.people import Person
from p2pchat_tui.ssc.segments import Segment
from p2pchat_tui.ssc.terms import Term

ROOM = RoomId(b"room one" * 2)
OTHER_ROOM = RoomId(b"room two" * 2)
NOBODY = PeerId(bytes(32))

OpenStore = Callable[[], Awaitable[Store]]
"""Opens the store of this test; after a `close`, the same one with all that was kept."""


class Writer:
    """An author: every entry follows the one before. Stamps rise by 10 unless given."""

    def __init__(self, number: int, room: RoomId = ROOM) -> None:
        self.identity = Identity(bytes([number]) * 32)
        self.room = room
        self.entries: list[Entry] = []

    @property
    def peer(self) -> PeerId:
        return self.identity.peer

    def write(self, body: Body | bytes, stamp: int | None = None) -> Entry:
        last = self.entries[-1] if self.entries else None
        if stamp is None:
            stamp = last.stamp + 10 if last else 10
        data = body if isinstance(body, bytes) else encode_body(body)
        prev = last.id if last else GENESIS
        self.entries.append(sign_entry(self.room, self.identity, len(self.entries) + 1, Stamp(stamp), prev, data))
        return self.entries[-1]

    def say(self, count: int) -> list[Entry]:
        return [self.write(Say(f"message {len(self.entries) + 1}")) for _ in range(count)]


def saved_room(name: str, room: RoomId = ROOM, opened_ms: int = 1) -> SavedRoom:
    return SavedRoom(name, room, bytes(range(100, 116)), "wss://relay.example/ws", opened_ms)


def in_order(entries: list[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda entry: entry.order)


class StoreContract:
    """The suite."""

    @pytest.fixture
    async def store(self, open_store: OpenStore) -> AsyncIterator[Store]:
        store = await open_store()
        yield store
        await store.close()

    # ------------------------------------------------------------------------------------------ entries and feeds

    async def test_an_empty_store_has_nothing(self, store: Store) -> None:
        assert await store.rooms() == []
        assert await store.feeds(ROOM) == []
        assert await store.run(ROOM, NOBODY, 1, 9) == []
        assert await store.newest(ROOM, 9) == []
        assert await store.messages(ROOM, 9) == []
        assert await store.entry(ROOM, GENESIS) is None
        assert await store.about(ROOM, [GENESIS]) == []
        assert await store.latest(ROOM, "profile") == []
        assert await store.peers(ROOM) == []

    async def test_entries_come_back_as_they_were(self, open_store: OpenStore) -> None:
        ana = Writer(1)
        ana.write(Say("first"), stamp=0)
        ana.write(b'{"k":"say","text":"spaced"  }')
        ana.write(b"\xff\x00 not JSON")
        ana.write(b"")
        ana.entries[1] = replace(ana.entries[1], signature=b"")
        ana.write(Say("last"), stamp=STAMP_MAX)
        store = await open_store()
        await store.append(ROOM, ana.entries, durable=True)
        assert await store.run(ROOM, ana.peer, 1, 5) == ana.entries
        await store.close()
        again = await open_store()
        assert await again.run(ROOM, ana.peer, 1, 5) == ana.entries
        assert await again.newest(ROOM, 9) == ana.entries[::-1]
        assert [await again.entry(ROOM, each.id) for each in ana.entries] == ana.entries
        await again.close()

    async def test_nothing_to_append(self, store: Store) -> None:
        await store.append(ROOM, [], durable=True)
        assert await store.feeds(ROOM) == []

    async def test_feeds_are_segments_by_author(self, store: Store) -> None:
        ana, bo = Writer(1), Writer(2)
        ana.say(3)
        bo.say(2)
        await store.append(ROOM, [*ana.entries, *bo.entries], durable=False)
        feeds = await store.feeds(ROOM)
        assert [feed.author for feed in feeds] == sorted([ana.peer, bo.peer])
        assert {feed.author: feed.segments for feed in feeds}[ana.peer] == (segment(ana.entries),)

    async def test_segments_keep_gaps_and_join(self, open_store: OpenStore) -> None:
        ana = Writer(1)
        ana.say(9)
        one, two, three = ana.entries[:3], ana.entries[3:6], ana.entries[6:]
        store = await open_store()
        await store.append(ROOM, three[::-1], durable=False)
        await store.append(ROOM, one, durable=False)
        assert (await store.feeds(ROOM))[0].segments == (segment(one), segment(three))
        assert await store.run(ROOM, ana.peer, 2, 8) == [*one[1:], *three[:2]]
        assert await store.run(ROOM, ana.peer, 4, 6) == []
        await store.close()
        store = await open_store()
        assert (await store.feeds(ROOM))[0].segments == (segment(one), segment(three))
        await store.append(ROOM, two, durable=True)
        assert (await store.feeds(ROOM))[0].segments == (segment(ana.entries),)
        await store.close()

    async def test_an_entry_that_is_held_stays_as_it_is(self, store: Store) -> None:
        ana, copy = Writer(1), Writer(1)
        ana.say(3)
        copy.write(Say("something else"))
        await store.append(ROOM, ana.entries, durable=False)
        await store.append(ROOM, [*copy.entries, *ana.entries, *ana.entries], durable=True)
        assert await store.run(ROOM, ana.peer, 1, 9) == ana.entries
        assert await store.entry(ROOM, copy.entries[0].id) is None
        assert (await store.feeds(ROOM))[0].segments == (segment(ana.entries),)

    async def test_the_same_entry_twice_in_one_batch(self, store: Store) -> None:
        ana = Writer(1)
        entries = ana.say(2)
        bare = [replace(each, signature=b"") for each in entries]
        await store.append(ROOM, [entries[0], bare[0], bare[1], entries[1]], durable=False)
        assert await store.run(ROOM, ana.peer, 1, 2) == entries

    async def test_signatures_are_added_and_never_lost(self, open_store: OpenStore) -> None:
        ana = Writer(1)
        entries = ana.say(2)
        bare = [replace(each, signature=b"") for each in entries]
        store = await open_store()
        await store.append(ROOM, [entries[0], bare[1]], durable=False)
        await store.append(ROOM, [bare[0], entries[1]], durable=False)
        assert await store.run(ROOM, ana.peer, 1, 2) == entries
        await store.close()
        again = await open_store()
        assert await again.run(ROOM, ana.peer, 1, 2) == entries
        await again.close()

    async def test_rooms_are_apart(self, store: Store) -> None:
        here, there = Writer(1), Writer(1, OTHER_ROOM)
        here.write(Topic("here"))
        there.write(Topic("there"))
        target = here.write(React(here.entries[0].id.text, "+"))
        await store.append(ROOM, here.entries, durable=False)
        await store.append(OTHER_ROOM, there.entries, durable=False)
        assert await store.newest(OTHER_ROOM, 9) == there.entries
        assert await store.run(OTHER_ROOM, here.peer, 1, 9) == there.entries
        assert await store.entry(OTHER_ROOM, target.id) is None
        assert await store.about(OTHER_ROOM, [here.entries[0].id]) == []
        assert await store.latest(OTHER_ROOM, "topic") == there.entries

    async def test_run_takes_only_what_is_between(self, store: Store) -> None:
        ana = Writer(1)
        ana.say(5)
        await store.append(ROOM, ana.entries, durable=False)
        assert await store.run(ROOM, ana.peer, 2, 4) == ana.entries[1:4]
        assert await store.run(ROOM, ana.peer, 4, 2) == []
        assert await store.run(ROOM, ana.peer, 6, 9) == []
        assert await store.run(ROOM, Writer(2).peer, 1, 9) == []

    # ---------------------------------------------------------------------------------------------------- timeline

    async def test_newest_is_in_the_rooms_order_backwards(self, store: Store) -> None:
        writers = [Writer(number) for number in range(1, 7)]
        for stamp in (5, 5_000_000, (1 << 63) - 1, 1 << 63, STAMP_MAX):
            for writer in writers:
                writer.write(Say(f"at {stamp}") if stamp % 2 else Topic(f"at {stamp}"), stamp)
        everything = [entry for writer in writers for entry in writer.entries]
        await store.append(ROOM, everything, durable=False)
        for limit in (0, 1, 8, 100):
            assert await store.newest(ROOM, limit) == in_order(everything)[::-1][:limit]

    async def test_messages_are_paged_back_without_a_seam(self, store: Store) -> None:
        writers = [Writer(number) for number in range(1, 5)]
        for stamp in (7, 8, 9):
            for writer in writers:
                writer.write(Say(f"at {stamp}"), stamp * 10)
        for writer in writers:
            writer.write(Edit(writer.entries[0].id.text, "edited"))
        everything = [entry for writer in writers for entry in writer.entries]
        says = in_order([entry for entry in everything if b'"say"' in entry.body])
        await store.append(ROOM, everything, durable=False)
        assert await store.messages(ROOM, 100) == says
        assert await store.messages(ROOM, 0) == []
        pages: list[Entry] = []
        before = None
        while page := await store.messages(ROOM, 5, before):
            assert page == in_order(page)
            pages = page + pages
            before = page[0].order
        assert pages == says

    async def test_messages_after_a_place_come_oldest_first(self, store: Store) -> None:
        writers = [Writer(1), Writer(2)]
        for writer in writers:
            writer.say(6)
            writer.write(React(writer.peer.text, "+"), 30)
        await store.append(ROOM, [entry for writer in writers for entry in writer.entries], durable=False)
        says = await store.messages(ROOM, 100)
        found: list[Entry] = []
        after = (0, b"", 0)
        while page := await store.messages_after(ROOM, 5, after):
            found += page
            after = page[-1].order
        assert found == says
        assert await store.messages_after(ROOM, 0, (0, b"", 0)) == []
        assert await store.messages_after(ROOM, 2, says[3].order) == says[4:6]
        assert await store.messages_after(ROOM, 9, (STAMP_MAX, b"", 0)) == []

    async def test_before_need_not_be_an_entry(self, store: Store) -> None:
        ana = Writer(1)
        ana.say(3)
        await store.append(ROOM, ana.entries, durable=False)
        assert await store.messages(ROOM, 9, (20, b"", 0)) == ana.entries[:1]
        assert await store.messages(ROOM, 9, (20, b"\xff" * 32, 0)) == ana.entries[:2]
        assert await store.messages(ROOM, 9, (20, ana.peer, 2)) == ana.entries[:1]
        assert await store.messages(ROOM, 9, (0, b"", 0)) == []
        assert await store.messages(ROOM, 9, (STAMP_MAX, b"", 0)) == ana.entries

    async def test_about_finds_all_that_names_a_message(self, store: Store) -> None:
        ana, bo = Writer(1), Writer(2)
        first, second = ana.say(2)
        edit = ana.write(Edit(first.id.text, "better"), 200)
        retract = ana.write(Retract(first.id.text), 300)
        react = bo.write(React(second.id.text, "+"), 100)
        bo.write(React(bo.peer.text, "-"), 400)
        bo.write(Say("a reply", reply=first.id.text))
        bo.write(b'{"k":"later","target":"' + first.id.text.encode() + b'"}')
        # What is about a message may come before it.
        await store.append(ROOM, bo.entries, durable=False)
        await store.append(ROOM, ana.entries[2:], durable=False)
        assert await store.about(ROOM, [second.id, first.id, first.id]) == [react, edit, retract]
        assert await store.about(ROOM, [second.id]) == [react]
        assert await store.about(ROOM, []) == []

    async def test_entries_are_found_by_id_in_their_order(self, store: Store) -> None:
        ana = Writer(1)
        first, second = ana.say(2)
        await store.append(ROOM, [first, second], durable=False)
        assert await store.entries(ROOM, [second.id, GENESIS, first.id, first.id]) == [first, second]
        assert await store.entries(OTHER_ROOM, [first.id]) == []

    async def test_about_takes_thousands_of_targets(self, store: Store) -> None:
        ana = Writer(1)
        targets = [EntryId(number.to_bytes(32, "big")) for number in range(1, 2001)]
        for target in (targets[0], targets[-1]):
            ana.write(React(target.text, "+"))
        await store.append(ROOM, ana.entries, durable=False)
        assert await store.about(ROOM, targets) == ana.entries

    async def test_latest_is_one_of_each_author(self, store: Store) -> None:
        ana, bo, cy = Writer(1), Writer(2), Writer(3)
        ana.write(Profile("ana"), 10)
        hers = ana.write(Profile("Ana"), 500)
        ana.write(Topic("trees"), 600)
        his = bo.write(Profile("bo"), 20)
        said = bo.write(Say("hello"), 30)
        last = cy.write(Say("hi"), 40)
        later = cy.write(b'{"k":"later"}', 50)
        everything = [*cy.entries, *bo.entries, *ana.entries[::-1]]
        await store.append(ROOM, everything, durable=False)
        assert await store.latest(ROOM, "profile") == [his, hers]
        assert await store.latest(ROOM, "say") == [said, last]
        assert await store.latest(ROOM, "later") == [later]
        assert await store.latest(ROOM, "nothing") == []

    # --------------------------------------------------------------------------------------------- rooms and peers

    async def test_saved_rooms_are_listed_by_when_they_were_opened(self, open_store: OpenStore) -> None:
        store = await open_store()
        await store.save_room(saved_room("one", ROOM, 5))
        await store.save_room(saved_room("two", OTHER_ROOM, 9))
        await store.save_room(saved_room("eins", ROOM, 7))
        expected = [saved_room("two", OTHER_ROOM, 9), saved_room("eins", ROOM, 7)]
        assert await store.rooms() == expected
        await store.close()
        again = await open_store()
        assert await again.rooms() == expected
        await again.close()

    async def test_a_rooms_name_is_its_own(self, store: Store) -> None:
        await store.save_room(saved_room("orchard"))
        with pytest.raises(ValueError, match="orchard"):
            await store.save_room(saved_room("orchard", OTHER_ROOM))
        assert await store.rooms() == [saved_room("orchard")]
        await store.save_room(saved_room("orchard", opened_ms=2))
        assert await store.rooms() == [saved_room("orchard", opened_ms=2)]

    async def test_peers_are_remembered(self, open_store: OpenStore) -> None:
        ana, bo = Writer(1).peer, Writer(2).peer
        first = KnownPeer(ana, 1_000, "ana", {ana: ((1, 5), (9, 9)), bo: ((1, 2**53 - 1),)})
        store = await open_store()
        await store.save_peers(ROOM, [first, KnownPeer(bo, 5, "bo", {})])
        newer = KnownPeer(bo, 2_000, "Bo ü", {bo: ((1, 3),)})
        await store.save_peers(ROOM, [newer])
        await store.save_peers(ROOM, [])
        assert await store.peers(OTHER_ROOM) == []
        await store.close()
        again = await open_store()
        assert sorted(await again.peers(ROOM), key=lambda known: known.last_seen_ms) == [first, newer]
        await again.close()

    async def test_a_forgotten_room_is_gone_and_the_others_stay(self, open_store: OpenStore) -> None:
        here, there = Writer(1), Writer(1, OTHER_ROOM)
        here.say(3)
        there.say(3)
        store = await open_store()
        for room, writer, name in ((ROOM, here, "here"), (OTHER_ROOM, there, "there")):
            await store.save_room(saved_room(name, room))
            await store.append(room, writer.entries, durable=False)
            await store.save_peers(room, [KnownPeer(writer.peer, 1, "x", {})])
        await store.forget_room(ROOM)
        await store.forget_room(ROOM)
        await store.close()
        again = await open_store()
        assert await again.rooms() == [saved_room("there", OTHER_ROOM)]
        assert (await again.feeds(ROOM), await again.peers(ROOM), await again.newest(ROOM, 9)) == ([], [], [])
        assert await again.entry(ROOM, here.entries[0].id) is None
        assert await again.run(OTHER_ROOM, there.peer, 1, 9) == there.entries
        assert len(await again.peers(OTHER_ROOM)) == 1
        # The name is free, and the room can begin anew.
        await again.save_room(saved_room("here", ROOM))
        await again.append(ROOM, here.entries, durable=False)
        assert await again.run(ROOM, here.peer, 1, 9) == here.entries
        await again.close()

    async def test_people_are_remembered_for_all_rooms(self, open_store: OpenStore) -> None:
        ana, bo = Person(Writer(1).peer, 1_000, ("ana", "änne")), Person(Writer(2).peer, 5, (), "Bö", 7, "words")
        store = await open_store()
        await store.save_people([replace(ana, nicks=("old",)), bo])
        await store.save_people([ana])
        await store.save_people([])
        await store.close()
        again = await open_store()
        assert await again.people() == sorted([ana, bo], key=lambda person: person.peer)
        changed = replace(bo, ignored=True, muted=True, doubt="ana", verified_ms=0, verified_by="")
        await again.save_people([changed])
        assert changed in await again.people()
        await again.close()

    async def test_forgetting_a_room_forgets_people_of_whom_nothing_is_left(self, store: Store) -> None:
        writers = [Writer(number) for number in range(1, 6)]
        here, there, wrote, decided, nowhere = (Person(writer.peer, 1, ("x",)) for writer in writers)
        decided = replace(decided, ignored=True)
        await store.save_people([here, there, wrote, decided, nowhere])
        for person in (here, there, decided):
            await store.save_peers(ROOM, [KnownPeer(person.peer, 1, "x", {})])
        await store.save_peers(OTHER_ROOM, [KnownPeer(there.peer, 1, "x", {})])
        elsewhere = Writer(3, OTHER_ROOM)
        await store.append(OTHER_ROOM, elsewhere.say(1), durable=False)
        await store.forget_room(ROOM)
        assert await store.people() == sorted([there, wrote, decided], key=lambda person: person.peer)

    # ------------------------------------------------------------------------------------------------ at the edges

    async def test_settings_are_kept_by_room(self, open_store: OpenStore) -> None:
        store = await open_store()
        await store.set_setting(ROOM, "draft", "half a word\n“🍎”")
        await store.set_setting(ROOM, "keep", "30d")
        await store.set_setting(ROOM, "keep", "")
        await store.set_setting(OTHER_ROOM, "draft", "other")
        await store.close()
        store = await open_store()
        assert await store.setting(ROOM, "draft") == "half a word\n“🍎”"
        assert await store.setting(ROOM, "keep") == ""
        assert await store.setting(OTHER_ROOM, "draft") == "other"
        await store.forget_room(ROOM)
        assert await store.setting(ROOM, "draft") == ""
        await store.close()

    async def test_messages_are_found(self, open_store: OpenStore) -> None:
        store = await open_store()
        ana, bo, other = Writer(1), Writer(2), Writer(1, OTHER_ROOM)
        apples = ana.write(Say("Äpfel and apples, see https://orchard.example/press"))
        pears = ana.write(Say("pears"))
        changed = ana.write(Edit(pears.id.text, "pears and quinces"))
        his = bo.write(Say('two "apples" AND NOT pears*'), stamp=15)
        elsewhere = other.write(Say("apples elsewhere"), stamp=99)
        await store.append(ROOM, [*ana.entries, *bo.entries], durable=True)
        await store.append(OTHER_ROOM, other.entries, durable=True)
        while await store.index(2):
            pass

        async def found(*words: str, rooms: tuple[RoomId, ...] = (ROOM,), **more: Any) -> list[Entry]:
            terms = tuple(Term(word.strip("“”"), "”" in word) for word in words)
            return [hit.entry for hit in await store.find(Search(rooms, terms, **more))]

        assert await found("apples") == [his, apples]
        assert await found("APPL", rooms=(ROOM, OTHER_ROOM)) == [elsewhere, his, apples]
        assert await found("apfel") == [apples]
        assert await found("apples", "two") == [his]
        assert await found("quin") == [changed]
        assert await found("NOT", "pears*") == [his]
        assert await found('"apples"', ")", '"" XOR *', "}{:-^+") == [], "no word begins with XOR"
        assert await found('"apples"', ")", "}{:-^+") == [his, apples], "signs say nothing"
        assert await found("apples see") == [apples], "words in a row"
        assert await found("see apples") == [] == await found("“apple”")
        assert await found("“and apples”") == [apples]
        assert await found("feed") == [] == await found("r1") == await found("link"), "only words of the text"
        assert await found("nothing") == []
        assert await found("apples", authors=(ana.peer,)) == [apples]
        assert await found("apples", authors=()) == []
        assert await found("apples", before=Stamp(15)) == [apples]
        assert await found("apples", after=Stamp(15)) == [his]
        assert await found(has_link=True) == [apples]
        assert await found(limit=2) == [changed, pears]
        assert await found("apples", rooms=()) == []
        await store.close()
        store = await open_store()
        assert [hit.entry for hit in await store.find(Search((ROOM,), (Term("quinces"),)))] == [changed]
        await store.prune(ROOM, Stamp(30))
        assert [hit.entry for hit in await store.find(Search((ROOM,), (Term("apples"),)))] == [his], "bo's last one"
        await store.forget_room(OTHER_ROOM)
        assert await store.find(Search((OTHER_ROOM,), (Term("apples"),))) == []
        again = bo.write(Say("apples again"), stamp=50)
        await store.append(ROOM, [again], durable=True)
        await store.index(100)
        assert [hit.entry for hit in await store.find(Search((ROOM,), (Term("apples"),)))] == [again, his]
        await store.close()

    async def test_what_is_found_comes_in_pages_without_a_double_or_a_gap(self, open_store: OpenStore) -> None:
        store = await open_store()
        here, other = [Writer(number) for number in (1, 2, 3)], Writer(4, OTHER_ROOM)
        for stamp in (50, 60, 60, 70):
            for writer in (*here, other):
                writer.write(Say(f"apple at {stamp}"), stamp=stamp)
        await store.append(ROOM, [entry for writer in here for entry in writer.entries], durable=True)
        await store.append(OTHER_ROOM, other.entries, durable=True)
        while await store.index(3):
            pass
        found: list[Entry] = []
        below: Stamp | None = None
        while hits := await store.find(Search((ROOM, OTHER_ROOM), (Term("apple"),), before=below, limit=3)):
            assert [hit.place for hit in hits] == sorted({hit.place for hit in hits}, reverse=True)
            found += [hit.entry for hit in hits]
            below = hits[-1].place
        assert len(found) == len({entry.id for entry in found}) == 16
        assert [entry.stamp for entry in found] == sorted((entry.stamp for entry in found), reverse=True)
        assert await store.find(Search((ROOM,), (Term("apple"),), authors=(other.peer,))) == []
        await store.close()

    async def test_letters_of_every_script_and_emoji_are_found(self, open_store: OpenStore) -> None:
        store = await open_store()
        ana = Writer(1)
        texts = (
            "日本のりんごも",
            "ばら",
            "はら",
            "Straße nach Zürich 🍎🎉",
            "доброе утро",
            "한국어 공부",
        )
        entries = [ana.write(Say(text)) for text in texts]
        await store.append(ROOM, ana.entries, durable=True)
        while await store.index(100):
            pass
        for text, places in {
            **{"りんご": [0], "んり": [], "ばら": [1], "はら": [2], "zurich": [3], "straße": [3], "🎉": [3]},
            **{"🍎🎉": [3], "🎉🍎": [], "ДОБРОЕ": [4], "утро": [4], "공부": [5], "🚐": []},
        }.items():
            hits = await store.find(Search((ROOM,), (Term(text),)))
            assert [hit.entry for hit in hits] == [entries[place] for place in places], text
        await store.close()

    async def test_pruning_keeps_the_rest_and_remembers_how_far(self, open_store: OpenStore) -> None:
        store = await open_store()
        ana, bo = Writer(1), Writer(2)
        profile = ana.write(Profile("ana"))
        ana.say(4)
        topic = ana.write(Topic("apples"))
        ana.say(4)
        bo.say(3)
        await store.append(ROOM, [*ana.entries, *bo.entries], durable=True)
        assert await store.prune(ROOM, Stamp(80)) == 5 + 2
        await store.close()
        store = await open_store()
        feeds = {feed.author: feed for feed in await store.feeds(ROOM)}
        held = [(piece.low, piece.high) for piece in feeds[ana.peer].segments]
        assert held == [(1, 1), (6, 6), (8, 10)], "profile and topic stay"
        assert feeds[ana.peer].floor == 8
        assert feeds[ana.peer].segments[-1].prev == ana.entries[6].id
        assert [(piece.low, piece.high) for piece in feeds[bo.peer].segments] == [(3, 3)], "the last entry stays"
        assert feeds[bo.peer].floor == 3
        assert await store.latest(ROOM, "profile") == [profile]
        assert await store.latest(ROOM, "topic") == [topic]
        assert await store.run(ROOM, ana.peer, 1, 10) == [profile, topic, *ana.entries[7:]]
        assert in_order(await store.newest(ROOM, 100)) == in_order([profile, topic, *ana.entries[7:], bo.entries[2]])
        assert await store.prune(ROOM, Stamp(80)) == 0
        assert await store.prune(ROOM, Stamp(10)) == 0, "a later cutoff that is lower changes nothing"
        await store.append(ROOM, [ana.write(Profile("ana two")), ana.write(Say("on"))], durable=True)
        assert await store.prune(ROOM, Stamp(1000)) == 4, "of profiles only the newest stays, of a feed its last"
        feeds = {feed.author: feed for feed in await store.feeds(ROOM)}
        assert [(piece.low, piece.high) for piece in feeds[ana.peer].segments] == [(6, 6), (11, 12)]
        await store.close()

    async def test_a_segment_is_dropped_and_can_come_again(self, open_store: OpenStore) -> None:
        store = await open_store()
        ana, bo = Writer(1), Writer(2)
        ana.say(20)
        bo.say(3)
        await store.append(ROOM, [*ana.entries[:5], *ana.entries[9:12], *bo.entries], durable=True)
        await store.drop(ROOM, ana.peer, 10, 12)
        await store.drop(ROOM, NOBODY, 1, 9)
        await store.close()
        store = await open_store()
        feeds = {feed.author: feed.segments for feed in await store.feeds(ROOM)}
        assert feeds == {ana.peer: (segment(ana.entries[:5]),), bo.peer: (segment(bo.entries),)}
        assert await store.run(ROOM, ana.peer, 1, 20) == ana.entries[:5]
        assert len(await store.newest(ROOM, 99)) == 8
        await store.append(ROOM, ana.entries[5:], durable=True)
        assert await store.run(ROOM, ana.peer, 1, 20) == ana.entries
        await store.close()

    @pytest.mark.parametrize(
        ("seq", "floor", "held"),
        [(9, 8, [(1, 1), (8, 8)]), (8, 7, [(1, 1)]), (4, 3, [(1, 1)]), (1, None, [])],
        ids=["above-the-floor", "at-the-floor", "below-it", "nothing-left"],
    )
    async def test_a_cut_takes_the_floor_down_with_it(
        self, open_store: OpenStore, seq: int, floor: int | None, held: list[tuple[int, int]]
    ) -> None:
        store = await open_store()
        ana = Writer(1)
        ana.write(Profile("ana"), stamp=10)
        ana.say(9)
        await store.append(ROOM, ana.entries, durable=True)
        await store.prune(ROOM, Stamp(75))
        assert [feed.floor for feed in await store.feeds(ROOM)] == [8]
        await store.cut(ROOM, ana.peer, seq, b"proof")
        await store.close()
        store = await open_store()
        feeds = {feed.author: feed for feed in await store.feeds(ROOM)}
        assert [(each.low, each.high) for feed in feeds.values() for each in feed.segments] == held
        assert [feed.floor for feed in feeds.values()] == ([floor] if floor else [])
        await store.append(ROOM, ana.entries[: seq - 1], durable=True)
        await store.prune(ROOM, Stamp(75))
        for feed in await store.feeds(ROOM):
            assert feed.segments[-1].high == seq - 1, "the newest entry of a feed stays, whatever its branch once was"
        await store.close()

    @pytest.mark.parametrize("way", ["dropped", "cut"])
    async def test_of_a_segment_the_lower_part_stays_and_what_is_its_last_entry_is_known(
        self, open_store: OpenStore, way: str
    ) -> None:
        store = await open_store()
        ana = Writer(1)
        ana.say(14)
        await store.append(ROOM, [*ana.entries[:9], *ana.entries[11:]], durable=True)
        await store.prune(ROOM, Stamp(25))
        if way == "dropped":
            await store.drop(ROOM, ana.peer, 6, 9)
        else:
            await store.cut(ROOM, ana.peer, 6, b"proof")
        await store.close()
        store = await open_store()
        (feed,) = await store.feeds(ROOM)
        (low, *above) = feed.segments
        assert (feed.floor, low.low, low.high, low.last) == (3, 3, 5, ana.entries[4].id)
        assert [(each.low, each.high) for each in above] == ([(12, 14)] if way == "dropped" else [])
        assert await store.proofs(ROOM) == ([] if way == "dropped" else [b"proof"])
        await store.append(ROOM, ana.entries[5:], durable=True)
        assert [(each.low, each.high) for feed in await store.feeds(ROOM) for each in feed.segments] == [(3, 14)]
        await store.close()

    @pytest.mark.parametrize("way", ["dropped", "cut"])
    async def test_a_branch_of_which_nothing_is_left_takes_the_floor_with_it(self, store: Store, way: str) -> None:
        ana = Writer(1)
        ana.say(20)
        await store.append(ROOM, [*ana.entries[:5], *ana.entries[9:]], durable=True)
        await store.prune(ROOM, Stamp(145))
        (feed,) = await store.feeds(ROOM)
        assert (feed.floor, [(each.low, each.high) for each in feed.segments]) == (15, [(15, 20)])
        if way == "dropped":
            await store.drop(ROOM, ana.peer, 15, 20)
        else:
            await store.cut(ROOM, ana.peer, 5, b"proof")
        assert await store.feeds(ROOM) == []
        await store.append(ROOM, ana.entries[:4], durable=True)
        (feed,) = await store.feeds(ROOM)
        assert (feed.floor, [(each.low, each.high) for each in feed.segments]) == (1, [(1, 4)])
        assert await store.prune(ROOM, Stamp(35)) == 3
        await store.close()

    async def test_what_is_missing_above_the_cutoff_is_still_wanted(self, store: Store) -> None:
        ana = Writer(1)
        ana.say(20)
        await store.append(ROOM, [*ana.entries[:5], *ana.entries[9:]], durable=True)
        await store.prune(ROOM, Stamp(60))
        (feed,) = await store.feeds(ROOM)
        assert feed.floor == 6
        assert [(piece.low, piece.high) for piece in feed.segments] == [(10, 20)]

    async def test_messages_are_counted_and_placed(self, store: Store) -> None:
        ana, bo = Writer(1), Writer(2)
        ana.say(3)
        bo.write(Profile("bo"), stamp=15)
        bo.write(Say("one"), stamp=25)
        bo.write(Say("two"), stamp=35)
        await store.append(ROOM, [*ana.entries, *bo.entries], durable=True)
        assert await store.message_stamp(ROOM, 1) == 35
        assert await store.message_stamp(ROOM, 5) == 10
        assert await store.message_stamp(ROOM, 6) is None
        assert await store.message_stamp(OTHER_ROOM, 1) is None
        assert await store.count_messages(ROOM, Stamp(0), [bo.peer], 99) == 3
        assert await store.count_messages(ROOM, Stamp(0), [NOBODY], 99) == 5
        assert await store.count_messages(ROOM, Stamp(20), [NOBODY], 99) == 3
        assert await store.count_messages(ROOM, Stamp(20), [ana.peer], 99) == 2
        assert await store.count_messages(ROOM, Stamp(20), [], 2) == 2
        assert await store.count_messages(ROOM, Stamp(0), [ana.peer, NOBODY, bo.peer], 99) == 0

    async def test_calls_at_the_same_time_do_not_mix(self, store: Store) -> None:
        writers = [Writer(number) for number in range(1, 9)]
        for writer in writers:
            writer.say(20)
        halves = [(writer, half) for half in (slice(10, 20), slice(0, 10)) for writer in writers]
        async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
            for number, (writer, half) in enumerate(halves):
                tasks.create_task(store.append(ROOM, writer.entries[half], durable=number % 2 == 0))
                tasks.create_task(store.newest(ROOM, 50))
        for writer in writers:
            assert await store.run(ROOM, writer.peer, 1, 20) == writer.entries
        assert all(len(feed.segments) == 1 for feed in await store.feeds(ROOM))

    async def test_a_cancelled_append_is_all_or_nothing(self, store: Store) -> None:
        ana = Writer(1)
        ana.say(300)
        task = asyncio.create_task(store.append(ROOM, ana.entries, durable=True))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        assert len(await store.run(ROOM, ana.peer, 1, 300)) in (0, 300)
        await store.append(ROOM, ana.entries, durable=True)
        assert await store.run(ROOM, ana.peer, 1, 300) == ana.entries

    async def test_a_closed_store_says_so(self, store: Store) -> None:
        await store.close()
        await store.close()
        with pytest.raises(StoreError, match="closed"):
            await store.rooms()
        with pytest.raises(StoreError, match="closed"):
            await store.append(ROOM, Writer(1).say(1), durable=True)
        with pytest.raises(StoreError, match="closed"):
            await store.newest(ROOM, 1)


def segment(entries: list[Entry]) -> Segment:
    """The segment that consecutive `entries` make."""
    first, last = entries[0], entries[-1]
    return Segment(first.seq, last.seq, first.prev, last.id, first.stamp, last.stamp)
