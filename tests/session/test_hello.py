"""The hello binds an identity to one link."""

from __future__ import annotations

import msgspec
import pytest

from p2pchat_tui.session.hello import HelloRefused, check_hello, make_hello
from p2pchat_tui.ssc.frames import Hello, Ping
from p2pchat_tui.ssc.ids import SessionId
from tests.helpers import ROOM, identity

ANA, BO = identity(1), identity(2)
A, B = SessionId(b"a" * 16), SessionId(b"b" * 16)
PRINTS = ("AA:AA", "BB:BB")
HELLO = make_hello(ANA, ROOM, A, B, PRINTS, 5)


def check(frame: object, prints: tuple[str, str] = ("BB:BB", "AA:AA"), **kwargs: object) -> Hello:
    return check_hello(frame, ANA.peer, ROOM, kwargs.get("own", B), kwargs.get("other", A), prints)  # type: ignore[arg-type]


def test_the_other_side_is_believed_on_this_link() -> None:
    assert check(HELLO).started == 5


@pytest.mark.parametrize("prints", [("BB:BB", "CC:CC"), ("CC:CC", "AA:AA"), ("AA:AA", "BB:BB")])
def test_on_no_other_link(prints: tuple[str, str]) -> None:
    with pytest.raises(HelloRefused, match="prove"):
        check(HELLO, prints)


def test_a_hello_does_not_come_back_reflected() -> None:
    with pytest.raises(HelloRefused):
        check(HELLO, ("AA:AA", "BB:BB"), own=A, other=B)


def test_nobody_says_hello_for_somebody_else() -> None:
    with pytest.raises(HelloRefused, match="prove"):
        check(make_hello(BO, ROOM, A, B, PRINTS, 5))
    with pytest.raises(HelloRefused, match="prove"):
        check(make_hello(ANA, ROOM, B, B, PRINTS, 5))


def test_other_versions_are_told_apart() -> None:
    with pytest.raises(HelloRefused, match="newer"):
        check(msgspec.structs.replace(HELLO, version=2))
    with pytest.raises(HelloRefused, match="older"):
        check(msgspec.structs.replace(HELLO, version=0))


def test_a_hello_comes_first() -> None:
    with pytest.raises(HelloRefused, match="before its hello"):
        check(Ping(1))
