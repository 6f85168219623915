"""What a message says, from Markdown to pieces that can be wrapped at any width. Pure; text stays text.

Markdown is read by markdown-it's parser and its tokens alone are used, so nothing that a peer writes is ever taken
for this program's own markup. What could hide or change text is off: HTML, images, entities, link definitions.
Tables and whatever is nested too deeply are shown as they were written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from .lines import Span
from .links import looks_like_address, must_name_target, safe_url, target_text
from .text import shown, urls

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

DEPTH_MAX = 12
"""Levels of the parser's nesting (a list in a list takes four); what is deeper is shown as it was written."""
MARKS_MAX = 400
"""Signs of inline Markdown in one paragraph: the parser's time grows faster than their number."""
SHRUG = "¯\\_(ツ)_/¯"
"""Full of signs that Markdown would take for its own, and never meant so."""

_RULES = (
    *("fence", "blockquote", "list", "heading", "hr"),
    *("emphasis", "strikethrough", "backticks", "link", "autolink", "escape", "newline"),
)
_SIGNS = re.compile(r"[*_~`\[<\\]|^[ \t]*(?:[>#+|-]|\d+[.)])", re.MULTILINE)
"""Without one of these a text is not Markdown, and is shown as it was typed, blanks and all."""
_MARKS = re.compile(r"[*_~`\[\]<\\!]")
_BEGIN = re.compile(r"^(?:>[ ]?|#{1,6}[ ]|[-*+][ ])+")
_FENCE = re.compile(r"```(?:\w+[ ])?")
_TABLE = re.compile(r"\|.*(?:\n\|.*)+")
"""Lines that all begin with a bar keep their columns, as code does."""
_STYLES = {"strong_open": "strong", "em_open": "em", "s_open": "strike"}


class Piece(NamedTuple):
    """A paragraph, an item's text, a block of code: what is wrapped on its own."""

    spans: tuple[Span, ...]
    lead: tuple[Span, ...] = ()
    """Before the first line: a bullet, a bar."""
    rest: tuple[Span, ...] = ()
    """Before the lines that follow; as wide as `lead`."""
    gap: bool = False
    """Whether an empty line stands before it."""
    code: str | None = None
    """None for prose; for code its language, which may be empty."""
    rule: bool = False
    """A line across."""


@lru_cache(maxsize=2048)
def pieces_of(text: str) -> tuple[Piece, ...]:
    """The pieces of one message, at least one."""
    text = shown(text)
    if not _SIGNS.search(text):
        return (plain(text),)
    tokens = _parser().parse(text)
    if any(token.level > DEPTH_MAX for token in tokens):
        return (plain(text),)
    found = tuple(_Reader(text).pieces(tokens))
    # A lone `#` or `-` is a heading or a list of nothing.
    says = any(piece.rule or any(span.text.strip() for span in piece.spans) for piece in found)
    return found if says else (plain(text),)


def links_of(text: str) -> tuple[str, ...]:
    """The URLs in a message, each once, in the order in which they come."""
    found = (span.does.removeprefix("link:") for piece in pieces_of(text) for span in piece.spans if span.does)
    return tuple(dict.fromkeys(found))


def flat(text: str) -> str:
    """A message's beginning, on one line, without its Markdown: for quoting."""
    line = _FENCE.sub("", _BEGIN.sub("", shown(text)))
    return "".join(span.text for span in inline(line, "text"))


def said(text: str) -> str:
    """All that a message says, without its Markdown: pieces stand on lines of their own, items behind their bullets."""
    lines = []
    for piece in pieces_of(text):
        bullet = "".join(span.text for span in piece.lead if span.style == "bullet")
        lines.append(bullet + "".join(span.text for span in piece.spans))
    return "\n".join(lines)


def plain(text: str) -> Piece:
    """A text as it was written; only its web addresses are links."""
    return Piece(tuple(_addresses(text, "text")))


def warm_up() -> None:
    """Import the parser, which takes a moment, before it is needed."""
    pieces_of("*warm*")


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("zero", {"html": False}).enable(list(_RULES))
    # Inline text is parsed paragraph by paragraph, by `inline`, which looks at it first.
    parser.core.ruler.disable("inline")
    return parser


class _Reader:
    """Walks the tokens of one message."""

    def __init__(self, text: str) -> None:
        self._lines = text.split("\n")

    def pieces(self, tokens: Sequence[Token]) -> Iterator[Piece]:
        """One piece for each block, its containers' leads before it."""
        around: list[_Container] = []
        style = ""
        is_first = True
        for token in tokens:
            kind = token.type
            if kind in ("bullet_list_open", "ordered_list_open", "blockquote_open"):
                around.append(_Container(kind, 0))
            elif kind in ("bullet_list_close", "ordered_list_close", "blockquote_close"):
                around.pop()
            elif kind == "list_item_open":
                bullet = f"{token.info}{token.markup} " if token.info else "• "
                around[-1] = _Container(around[-1].kind, len(bullet), bullet)
            elif kind == "heading_open":
                style = "strong"
            elif kind in ("paragraph_close", "heading_close"):
                style = ""
            elif kind == "list_item_close" and around[-1].bullet.strip():
                yield Piece((Span("", "text"),), *_leads(around))
                is_first = False
            elif kind in ("inline", "fence", "hr"):
                lead, rest = _leads(around)
                gap = not is_first and self._is_after_gap(token)
                is_first = False
                ground = "quote" if any(each.kind == "blockquote_open" for each in around) else "text"
                if kind == "inline" and _TABLE.fullmatch(token.content):
                    yield Piece((Span(token.content, "code"),), lead, rest, gap, "")
                elif kind == "inline":
                    yield Piece(tuple(inline(token.content, f"{ground} {style}".strip())), lead, rest, gap)
                elif kind == "fence":
                    language = token.info.split()[0] if token.info.strip() else ""
                    yield Piece((Span(token.content.removesuffix("\n"), "code"),), lead, rest, gap, language)
                else:
                    yield Piece((), lead, rest, gap, rule=True)
                around = [each.begun() for each in around]

    def _is_after_gap(self, token: Token) -> bool:
        line = token.map[0] - 1 if token.map else -1
        return line >= 0 and not self._lines[line].strip(" \t>")


class _Container(NamedTuple):
    """A list or a quote around what is being read."""

    kind: str
    width: int
    bullet: str = ""
    """What the item begins with; blanks once it has begun."""

    def begun(self) -> _Container:
        """The same once something stands in it."""
        return self._replace(bullet=" " * self.width) if self.bullet else self


def _leads(around: Sequence[_Container]) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    first: list[Span] = []
    rest: list[Span] = []
    for each in around:
        if each.kind == "blockquote_open":
            first.append(Span("▏ ", "quote-bar"))
            rest.append(Span("▏ ", "quote-bar"))
        elif each.width:
            first.append(Span(each.bullet, "bullet"))
            rest.append(Span(" " * each.width, "text"))
    return tuple(first), tuple(rest)


def inline(text: str, ground: str) -> Iterator[Span]:
    """One paragraph's text, its looks laid over `ground`. `text` has been through `shown`."""
    if SHRUG in text:
        for number, part in enumerate(text.split(SHRUG)):
            if number:
                yield Span(SHRUG, ground)
            if part:
                yield from inline(part, ground)
        return
    if not _MARKS.search(text) or len(_MARKS.findall(text)) > MARKS_MAX:
        yield from _addresses(text, ground)
        return
    parser = _parser()
    tokens: list[Token] = []
    parser.inline.parse(text, parser, {}, tokens)
    styles: list[str] = [ground]
    link: list[Span] | None = None
    url = ""
    for token in tokens:
        style = " ".join(styles)
        found: list[Span] = []
        if token.type in _STYLES:
            styles.append(_STYLES[token.type])
        elif token.type in ("strong_close", "em_close", "s_close"):
            styles.pop()
        elif token.type == "link_open":
            link, url = [], shown(str(token.attrs.get("href", "")))
        elif token.type == "link_close":
            found, link = list(_link(link or [], url, style, auto=token.info == "auto")), None
        elif token.type == "code_inline":
            found = [Span(shown(token.content), f"{style} inline-code")]
        elif token.type in ("softbreak", "hardbreak"):
            found = [Span("\n", style)]
        elif token.content:
            content = shown(token.content)
            found = [Span(content, style)] if link is not None else list(_addresses(content, style))
        if link is not None:
            link += found
        else:
            yield from found


def _link(label: Sequence[Span], url: str, style: str, *, auto: bool) -> Iterator[Span]:
    """A link under a label of the writer's choice, and beside it where it leads."""
    text = "".join(span.text for span in label)
    safe = safe_url(url)
    if not safe:
        yield from label
        if not auto:
            yield Span(f" ({url})", f"{style} muted")
        return
    does = f"link:{safe}"
    if auto or text in (url, safe):
        yield from _addressed(text, safe, style)
    elif looks_like_address(text) or not text.strip():
        # The label says that it is an address: show both, as they were written, and link the real one only.
        yield Span(f"[{text}](", style)
        yield Span(safe, f"{style} url", does)
        yield Span(")", style)
    else:
        yield from (Span(span.text, f"{span.style} url", does) for span in label)
        yield Span(f" ({target_text(safe)})", f"{style} muted", does)


def _addresses(text: str, style: str) -> Iterator[Span]:
    """`text` with its web addresses as links."""
    place = 0
    for low, high in urls(text):
        if place < low:
            yield Span(text[place:low], style)
        yield from _addressed(text[low:high], safe_url(text[low:high]), style)
        place = high
    if place < len(text) or not text:
        yield Span(text[place:], style)


def _addressed(text: str, safe: str, style: str) -> Iterator[Span]:
    """An address that is its own label; a host that can be mistaken is named beside it."""
    if not safe:
        yield Span(text, style)
        return
    yield Span(text, f"{style} url", f"link:{safe}")
    if must_name_target(safe):
        yield Span(f" ({target_text(safe)})", f"{style} muted", f"link:{safe}")
