"""From Markdown to pieces: what is understood, what stays as it was typed, and what hostile text cannot do."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from p2pchat_tui.ui.links import safe_url
from p2pchat_tui.ui.markdown import flat, links_of, pieces_of


def said(text: str) -> list[str]:
    return ["".join(span.text for span in (*piece.lead, *piece.spans)) for piece in pieces_of(text)]


def styles(text: str) -> dict[str, str]:
    return {span.text: span.style for piece in pieces_of(text) for span in piece.spans}


def test_inline_marks_become_styles() -> None:
    assert styles("a **b** *c* ~~d~~ `e*` **f *g***") == {
        "a ": "text", "b": "text strong", " ": "text", "c": "text em", "d": "text strike", "e*": "text inline-code",
        "f ": "text strong", "g": "text strong em",
    }  # fmt: skip


def test_blocks() -> None:
    found = pieces_of("# Head\n> quote\n> on\n\n- one\n- two\n  1. deep\n\n```py\nx = 1\n\n```\nend")
    assert ["".join(s.text for s in (*p.lead, *p.spans)) for p in found] == [
        *("Head", "▏ quote\non", "• one", "• two", "  1. deep", "x = 1\n", "end"),
    ]
    assert [piece.gap for piece in found] == [False, False, True, False, False, True, False]
    assert found[5].code == "py"
    assert found[0].spans[0].style == "text strong"


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "  two\n   three",
        "-",
        "#",
        "1.",
        ">",
        "+1",
        "#orchard",
        "C:\\new_dir",
        "5 < 6 > 4",
        "a | b",
        "snake_case_name",
    ],
)
def test_what_is_no_markdown_stays_as_it_was_typed(text: str) -> None:
    assert said(text) == [text]


def test_what_hides_or_changes_text_is_off() -> None:
    assert said("&#x202e;evil &amp; <b>x</b>") == ["&#x202e;evil &amp; <b>x</b>"]
    assert said("![alt](https://example.org/x.png)") == ["!alt (example.org)"]
    assert said("[a]: https://example.org\n[a]") == ["[a]: https://example.org\n[a]"]
    assert said("    indented") == ["    indented"]
    assert said("title\n---") == ["title", ""], "a line, not a heading"


def test_items_of_nothing_keep_their_bullets() -> None:
    assert said("- \n- b") == ["• ", "• b"]


def test_tables_keep_their_columns() -> None:
    (piece,) = pieces_of("| a | b |\n|---|---|\n| 1 | 2 |")
    assert piece.code == ""
    assert said("| a | b |\n|---|---|\n| 1 | 2 |") == ["| a | b |\n|---|---|\n| 1 | 2 |"]


def test_what_is_nested_too_deeply_is_shown_as_written() -> None:
    for text in (">" * 30 + " x", "\n".join("  " * n + "- x" for n in range(20))):
        assert said(text) == [text]


@pytest.mark.parametrize(
    ("text", "shown", "links"),
    [
        ("see https://example.org/a.", ["see https://example.org/a."], ["https://example.org/a"]),
        ("[map](https://example.org/a)", ["map (example.org)"], ["https://example.org/a"]),
        ("[https://a.org](https://a.org)", ["https://a.org"], ["https://a.org"]),
        ("[https://bank.org](https://evil.org/x)", ["[https://bank.org](https://evil.org/x)"], ["https://evil.org/x"]),
        ("[bank.org](https://evil.org)", ["[bank.org](https://evil.org)"], ["https://evil.org"]),
        ("[ ](https://evil.org)", ["[ ](https://evil.org)"], ["https://evil.org"]),
        ("[click](javascript:alert(1))", ["[click](javascript:alert(1))"], []),
        ("[click](file:///etc/passwd)", ["[click](file:///etc/passwd)"], []),
        ("[click](p2pchat://x)", ["click (p2pchat://x)"], []),
        ("<mailto:ana@example.org>", ["mailto:ana@example.org"], ["mailto:ana@example.org"]),
        ("https://bank.org@evil.org/", ["https://bank.org@evil.org/ (evil.org)"], ["https://bank.org@evil.org/"]),
        ("https://аpple.com/", ["https://аpple.com/ (xn--pple-43d.com)"], ["https://xn--pple-43d.com/"]),
    ],
)  # fmt: skip
def test_a_link_shows_where_it_leads(text: str, shown: list[str], links: list[str]) -> None:
    assert said(text) == shown
    assert list(links_of(text)) == links


UNSAFE = ("javascript:alert(1)", "data:text/html,x", "file:///x", "https://", "https:///x", "//x.org", "x", "mailto:x")
UNSAFE += ("", "https://x.org/\x1b]8;;", "https://x.org/a b", "https://x.org/\n", "https://[", "https://x\\y")
UNSAFE += ("ftp://x.org", "https://" + "a" * 3_000)


@pytest.mark.parametrize("url", UNSAFE)
def test_unsafe_urls_are_no_links(url: str) -> None:
    assert safe_url(url) == ""


@given(st.text(max_size=80))
@settings(max_examples=200)
def test_a_safe_url_is_printable_ascii(text: str) -> None:
    for url in (text, f"https://x.org/{text}", f"https://{text}.org", f"mailto:{text}@x.org"):
        found = safe_url(url)
        assert found.isascii() and found.isprintable() and " " not in found


PARTS = ["*", "**", "_", "`", "```\n", "~~", "[", "](", ")", "https://x.org", "<", ">", "\n", "\n\n", "- ", "> ", "1. "]
PARTS += ["# ", "\\", "|", "&#27;", "\x1b", "\x9b", "\u202e", "a", "b c", "🙂", "日", "---\n", "\t", "    "]


@given(st.lists(st.sampled_from(PARTS), max_size=30).map("".join))
@settings(max_examples=300)
def test_nothing_that_was_written_is_lost_and_no_control_passes(text: str) -> None:
    spans = [span for piece in pieces_of(text) for span in (*piece.lead, *piece.spans)]
    found = "".join(span.text for span in spans)
    assert not any((ord(char) < 32 and char != "\n") or 0x7F <= ord(char) < 0xA0 for char in found)
    assert "\u202e" not in found
    for letter in "abc🙂日":
        # Nothing is left out but the languages of fences.
        assert found.count(letter) >= text.count(letter) or "```" in text or "~~~" in text
    for span in spans:
        assert not span.does or safe_url(span.does.removeprefix("link:")) == span.does.removeprefix("link:")


@pytest.mark.parametrize(
    "part", ["[", ">", "*a ", "`", "- ", "**", "_a", "[a](", "<", "\\", "~~a", "![", "1. ", "a\n", "`a ``b ", "|\n"]
)
def test_no_text_takes_long_to_parse(part: str) -> None:
    text = (part * 8_192)[:8_192]
    pieces_of("*warm*")
    start = time.process_time()
    pieces_of(text)
    assert time.process_time() - start < 0.05


def test_quotes_of_messages_are_one_line_without_marks() -> None:
    assert flat("> **see** ```py x``` [map](https://x.org)") == "see x map (x.org)"


def test_a_shrug_keeps_its_arms() -> None:
    (piece,) = pieces_of("¯\\_(ツ)_/¯ *so* ¯\\_(ツ)_/¯")
    assert "".join(span.text for span in piece.spans) == "¯\\_(ツ)_/¯ so ¯\\_(ツ)_/¯"
