"""The order of rooms in a list."""

from __future__ import annotations

from dataclasses import replace

from p2pchat_tui.session.api import PeerId
from p2pchat_tui.ui.importance import BY_IMPORTANCE, BY_NAME, RoomItem, by_importance, next_unread, ordered


def item(name: str, unread: int = 0, mentions: int = 0, **more: object) -> RoomItem:
    return RoomItem(name, current=False, running=True, unread=unread, mentions=mentions, **more)  # type: ignore[arg-type]


ROOMS = (
    item("quiet", newest_ms=50),
    item("busy", 40, newest_ms=10),
    item("older", newest_ms=40),
    item("called", 1, 1, newest_ms=1),
    item("muted", 90, 9, muted=True, newest_ms=99),
    item("News", 2, newest_ms=20),
)


def names(items: tuple[RoomItem, ...] | list[RoomItem]) -> list[str]:
    return [each.name for each in items]


def test_mentions_come_first_then_unread_then_the_most_recent_and_muted_last() -> None:
    assert names(by_importance(ROOMS)) == ["called", "News", "busy", "quiet", "older", "muted"]
    asks = item("dee", asker=PeerId(bytes(32)))
    assert by_importance([*ROOMS, asks])[0] is asks


def test_by_name_case_does_not_matter() -> None:
    assert names(ordered(ROOMS, BY_NAME)) == ["busy", "called", "muted", "News", "older", "quiet"]


def test_an_order_that_must_not_change_takes_new_rooms_at_its_end() -> None:
    before = [("older", None), ("quiet", None), ("gone", None)]
    assert names(ordered(ROOMS, BY_IMPORTANCE, before)) == ["older", "quiet", "called", "News", "busy", "muted"]


def test_the_next_one_is_the_most_important_and_never_the_current_one() -> None:
    found = next_unread([replace(each, current=each.name == "called") for each in ROOMS])
    assert found and found.name == "News"
    only = [each for each in ROOMS if each.name in ("quiet", "muted")]
    assert (last := next_unread(only)) and last.name == "muted"
    assert next_unread([]) is None
