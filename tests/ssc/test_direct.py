"""The secret of a room of two: the same for both, for nobody else, and never from a key that nobody holds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pchat_tui.ssc.direct import NoDirectRoom, direct_secret
from p2pchat_tui.ssc.identity import Identity
from p2pchat_tui.ssc.ids import PeerId
from p2pchat_tui.ssc.room import room_keys
from tests.helpers import identity


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_both_have_the_same_secret(one: bytes, two: bytes) -> None:
    ana, bo = Identity(one), Identity(two)
    if ana.peer != bo.peer:
        assert direct_secret(ana, bo.peer) == direct_secret(bo, ana.peer)


def test_every_pair_has_its_own_room() -> None:
    people = [identity(number) for number in range(1, 6)]
    rooms = {room_keys(direct_secret(one, two.peer)).room for one in people for two in people if one is not two}
    assert len(rooms) == 10


def test_the_secret_is_the_one_that_is_described() -> None:
    # Fixed for good: another value would be another room for everybody who has one.
    assert direct_secret(identity(1), identity(2).peer).hex() == "dae68f51cdf30d6fa18be2dac782fa71"


@pytest.mark.parametrize(
    "key",
    [
        (0).to_bytes(32, "little"),
        (1).to_bytes(32, "little"),
        (2**255 - 20).to_bytes(32, "little"),
        (2**255 - 18).to_bytes(32, "little"),
        identity(1).peer,
    ],
)
def test_keys_of_nobody_and_my_own_lead_nowhere(key: bytes) -> None:
    with pytest.raises(NoDirectRoom):
        direct_secret(identity(1), PeerId(key))
