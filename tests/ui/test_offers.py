"""What can be done with a message."""

from __future__ import annotations

from p2pchat_tui.session.api import MessageView
from p2pchat_tui.ui.widgets.entry_row import Fold
from p2pchat_tui.ui.widgets.offers import is_offered
from tests.ui.messages import ME, message

ALL = ("reply", "edit", "react", "delete", "copy", "answered", "open", "info", "leave")
ALWAYS = {"reply", "info", "leave"}


def offered(about: MessageView, fold: Fold | None = None) -> set[str]:
    return {what for what in ALL if is_offered(what, about, fold)}


def test_what_others_wrote_is_answered_and_never_changed() -> None:
    assert offered(message(0)) == ALWAYS | {"react", "copy"}
    assert offered(message(0, author=ME)) == ALWAYS | {"react", "copy", "edit", "delete"}


def test_an_answer_leads_to_what_it_answers_and_a_link_to_where_it_points() -> None:
    assert offered(message(1, reply_to=message(0).id)) - offered(message(1)) == {"answered"}
    assert offered(message(0, "see https://example.org")) - offered(message(0)) == {"open"}


def test_of_what_was_taken_back_nothing_is_left_to_be_changed_or_copied() -> None:
    assert offered(message(0, author=ME, retracted=True)) == ALWAYS


def test_what_is_folded_away_must_be_shown_first() -> None:
    assert offered(message(0), Fold(1)) == {"leave"}
    assert offered(message(0), Fold(0)) == {"leave"}
    assert offered(message(0), Fold(1, is_open=True)) == offered(message(0))
