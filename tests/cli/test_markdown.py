"""Rooms as Markdown, read back by a Markdown parser: what people wrote stays text where it stands."""

from __future__ import annotations

from datetime import UTC
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from p2pchat_tui.cli.markdown import Markdown, escape, escape_line
from p2pchat_tui.session.api import MessageView, Reaction
from p2pchat_tui.ssc.ids import EntryId, PeerId
from p2pchat_tui.ssc.text import clean

ANA = PeerId(b"a" * 32)
BO = PeerId(b"b" * 32)
PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
DAY_MS = 86_400_000


def view(text: str, **more: Any) -> MessageView:
    fields: dict[str, Any] = {
        "id": EntryId(bytes(32)),
        "author": ANA,
        "seq": 1,
        "order": (1, ANA, 1),
        "at_ms": 1_700_000_000_000,
        "name": "ana",
        "text": clean(text),
        "mine": False,
        "reply_to": None,
        "reply_name": "",
        "reply_text": "",
        "edited": False,
        "retracted": False,
        "reactions": (),
    }
    return MessageView(**{**fields, **more})


def document() -> Markdown:
    return Markdown(lambda peer: {ANA: "ana", BO: "b*o"}[peer], UTC)


def kinds(markdown: str) -> list[str]:
    """The block structure of a document, and every inline that is more than text."""
    found = []
    for token in PARSER.parse(markdown):
        if token.children is None:
            found.append(token.type)
        found += [each.type for each in token.children or () if each.type not in ("text", "hardbreak", "softbreak")]
    return found


def shown(markdown: str) -> str:
    """What a reader sees of the text."""
    return "\n".join(
        "".join({"text": each.content}.get(each.type, "\n") for each in token.children or ())
        for token in PARSER.parse(markdown)
        if token.children is not None
    )


HOSTILE = [
    "# heading",
    "####### seven",
    "text\n===\nmore",
    "text\n---",
    "```\ncode",
    "~~~ python",
    "    indented",
    "\tindented",
    "- item\n+ item\n* item",
    "1. one\n2) two",
    "> quote",
    "<script>alert(1)</script>",
    "<!-- comment",
    "&lt; &#x202e;",
    "[link](http://x) ![image](http://x)",
    "[ref]: http://x",
    "a | b\n--|--\n1 | 2",
    "***\n___\n- - -",
    "**bold** _it_ ~~gone~~ `code`",
    "back\\slash\\\nend\\",
    "a\n\n# b\n\n\n\n- c",
    "**mallory** 09:14\n\nnot said by mallory",
    "#",
    "-",
    "1.",
    "\\",
    "<http://x>",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_what_people_write_stays_text(text: str) -> None:
    assert set(kinds(escape(text))) <= {"paragraph_open", "paragraph_close"}
    assert shown(escape(text)).split() == text.split(), "and is shown as it is"


@settings(max_examples=300)
@given(st.lists(st.sampled_from([*"#>-+*_=`~<>[]()!&|\\:.1 \t\n", "a", "\n\n", "    "]), max_size=24).map("".join))
def test_any_mixture_stays_text(text: str) -> None:
    assert set(kinds(escape(text))) <= {"paragraph_open", "paragraph_close"}
    assert shown(escape(text)).split() == text.split()


@settings(max_examples=100)
@given(st.text(max_size=60).map(clean), st.text(max_size=30).map(clean))
def test_a_message_cannot_leave_its_place(text: str, name: str) -> None:
    line = " ".join(name.split()) or "x"
    plain = kinds(document().message(view("text", name="x", reply_to=EntryId(bytes(32)), reply_name="x")))
    found = kinds(document().message(view(text or "x", name=line, reply_to=EntryId(bytes(32)), reply_name=line)))
    extra = [kind for kind in found if not kind.startswith("paragraph")]
    assert extra == [kind for kind in plain if not kind.startswith("paragraph")]


def test_a_document_for_people() -> None:
    made = document()
    parts = [
        made.head("orch*ard", "amber otter delta", "apples", 1_700_000_000_000),
        made.message(view("morning!\nthe build is **green**", reactions=(Reaction("👍", (ANA, BO), False),))),
        made.message(view("ship it", name="bo", reply_to=EntryId(bytes(32)), reply_name="ana", reply_text="morning!")),
        made.message(view("", at_ms=1_700_000_000_000 + DAY_MS, retracted=True)),
        made.message(view("better", at_ms=1_700_000_000_000 + DAY_MS, edited=True, reply_to=EntryId(bytes(32)))),
    ]
    assert "".join(parts) == (
        "# orch\\*ard\n\napples\n\nRoom words: amber otter delta. Written on Tuesday 14 November 2023, 22:13.\n"
        "\n## Tuesday 14 November 2023\n\n**ana** 22:13\n\n"
        "morning!\\\nthe build is \\*\\*green\\*\\*\n\n👍 ana, b\\*o\n"
        "\n**bo** 22:13\n\n> **ana**: morning!\n\nship it\n"
        "\n## Wednesday 15 November 2023\n\n**ana** 22:13\n\n*taken back*\n"
        "\n**ana** 22:13 (edited)\n\n> *a message that is not here*\n\nbetter\n"
    )


def test_lines_are_not_escaped_more_than_they_need() -> None:
    assert escape_line("see https://example.org/a-b#c, it's 3.14 (really!) ...") == (
        "see https://example.org/a-b#c, it's 3.14 (really!) ..."
    )
    assert escape_line("  two") == "\N{NO-BREAK SPACE}" * 2 + "two"
