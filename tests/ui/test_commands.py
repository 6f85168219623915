"""The table of slash commands, and what is read out of a line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pchat_tui.ui import commands
from p2pchat_tui.ui.commands import COMMANDS, Arg, Call, Text, Unknown, parse
from p2pchat_tui.ui.plain.verbs import PlainVerbs
from p2pchat_tui.ui.screens.screen_verbs import ScreenVerbs
from p2pchat_tui.ui.screens.words import words_after
from p2pchat_tui.ui.verbs import VERBS
from p2pchat_tui.ui.widgets.completion import complete


def call(line: str) -> tuple[str, str]:
    found = parse(line)
    assert isinstance(found, Call), found
    return found.spec.name, found.argument


def test_commands_with_and_without_argument() -> None:
    assert call("/nick  maya b ") == ("nick", "maya b")
    assert call("/help") == ("help", "")
    assert call("/topic\nover two lines") == ("topic", "over two lines")
    assert call("/QUIT") == ("quit", "")


def test_aliases_and_clear_beginnings() -> None:
    assert call("/j ops") == ("join", "ops")
    assert call("/q") == ("quit", "")
    assert call("/inv") == ("invite", "")
    assert isinstance(parse("/wh bo"), Unknown), "/who and /whois both begin so"


def test_two_slashes_send_one() -> None:
    assert parse("//etc/hosts") == Text("/etc/hosts")


def test_me_is_a_message() -> None:
    assert parse("/me waves") == Text("/me waves")


def test_what_is_missing_is_said() -> None:
    found = parse("/nick")
    assert isinstance(found, Unknown) and found.text == "/nick needs more: /nick NAME."


@pytest.mark.parametrize(("line", "near"), [("/joim ops", "/join"), ("/hlep", "/help"), ("/reapct x", "/react")])
def test_the_nearest_is_offered(line: str, near: str) -> None:
    found = parse(line)
    assert isinstance(found, Unknown) and near in found.text and "Nothing was sent" in found.text


@given(st.text(min_size=1, max_size=20))
def test_a_line_with_one_slash_is_never_sent_as_it_is(word: str) -> None:
    if word.startswith("/"):
        return
    found = parse("/" + word)
    assert not isinstance(found, Text) or found.text.startswith("/me ")


def test_names_are_unique_and_every_command_does_something() -> None:
    names = [name for spec in COMMANDS for name in (spec.name, *spec.aliases)]
    assert len(names) == len(set(names))
    for spec in COMMANDS:
        assert spec.help
        for is_there, own in ((spec.plain, PlainVerbs), (spec.screen, ScreenVerbs)):
            assert spec.name in ("me", "shrug") or is_there == does(spec.name, (*VERBS, own)), spec.name


def does(name: str, where: tuple[type, ...]) -> bool:
    return any(callable(getattr(verbs, f"do_{name}", None)) for verbs in where)


def test_exact_names_win_over_beginnings() -> None:
    for spec in COMMANDS:
        assert commands.find(spec.name) is spec


PEOPLE, ROOMS = ["ana", "Andrea", "bo"], ["ops", "orchard"]


@pytest.mark.parametrize(
    ("before", "start", "found"),
    [
        ("/repl", 0, ["/reply "]),
        ("/w a", 3, ["ana", "Andrea"]),
        ("/topic an", 7, ["ana ", "Andrea "]),
        ("/react tad", 7, ["🎉"]),
        ("so :tad", 3, ["🎉 "]),
        ("10:30", 0, []),
        ("/join o", 6, ["ops", "orchard"]),
        ("/whois a", 7, ["ana", "Andrea"]),
        ("an", 0, ["ana: ", "Andrea: "]),
        ("hello an", 6, ["ana ", "Andrea "]),
        ("hello @b", 7, ["bo "]),
        ("hello ", 6, []),
        ("x", 0, []),
        ("//re", 0, []),
    ],
)
def test_completion(before: str, start: int, found: list[str]) -> None:
    assert complete(before, PEOPLE, ROOMS) == (start, found)


def test_every_command_that_takes_one_of_a_few_words_has_them_completed() -> None:
    words = {spec.name: words_after(spec.name, ["nord"]) for spec in COMMANDS if spec.arg is Arg.WORD}
    assert [name for name, each in words.items() if not each] == []
    assert {"pink", "none"} <= set(words["colour"])
    assert {"theme nord", "quiet_hours none", "typing off"} <= set(words["set"])
