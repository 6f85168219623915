"""The note that is left of an erased room: what it says to whom, and what is read from one that is spoilt."""

from __future__ import annotations

import pytest

from p2pchat_tui.ssc.ending import UNKNOWN, Ending, ending_of, later, note_place, open_ending, seal_ending
from p2pchat_tui.ssc.ids import RoomId
from p2pchat_tui.ssc.segments import add_entries
from tests.helpers import ROOM, chain, identity

ANA, BO = identity(1), identity(2)
OTHER_ROOM = RoomId(bytes(16))
ENTRIES = chain(ANA, 3)
END = ending_of(add_entries((), ENTRIES)[-1])


def test_it_says_where_the_feed_ended() -> None:
    last = ENTRIES[-1]
    assert (last.seq, last.id, last.stamp) == END
    assert open_ending(seal_ending(END, ANA, ROOM), ANA, ROOM) == END
    assert ending_of(None) == UNKNOWN


def test_nobody_else_can_tell_which_room_it_is_about() -> None:
    note = seal_ending(END, ANA, ROOM)
    assert END.id.text not in note and f"{END.stamp:x}" not in note
    assert open_ending(note, BO, ROOM) == open_ending(note, ANA, OTHER_ROOM) == UNKNOWN
    assert len({note_place(ANA, ROOM), note_place(BO, ROOM), note_place(ANA, OTHER_ROOM), ROOM}) == 4
    assert note[:24] != seal_ending(END._replace(seq=4), ANA, ROOM)[:24], "two notes share no nonce"


@pytest.mark.parametrize("place", [0, 30, -1])
def test_one_that_is_damaged_says_nothing(place: int) -> None:
    note = bytearray.fromhex(seal_ending(END, ANA, ROOM))
    note[place] ^= 1
    assert open_ending(note.hex(), ANA, ROOM) == UNKNOWN


@pytest.mark.parametrize("text", ["yes", "", "00", "zz" * 76, "00" * 12, "00" * 76])
def test_what_is_no_such_note_says_nothing(text: str) -> None:
    assert open_ending(text, ANA, ROOM) == UNKNOWN


def test_of_two_the_one_further_up_is_the_end() -> None:
    above, beside = END._replace(seq=4), Ending(3, ENTRIES[0].id, END.stamp)
    assert later(END, above) == later(above, END) == above
    assert later(END, beside) == END and later(beside, END) == beside
    assert later(UNKNOWN, END) == END
