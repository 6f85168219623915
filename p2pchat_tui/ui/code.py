"""Fenced code in colours: Pygments' tokens as a handful of our own styles. Pure, and bounded in time.

Lexers are regular expressions, and whoever writes a message chooses text and language. So only languages of this
list are looked up, whose lexers were tried with hostile texts; nothing is guessed, long code stays plain, and so does
the rest of a code that took too long.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from time import thread_time

from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Generic, Keyword, Name, Number, Operator, String
from pygments.util import ClassNotFound

LANGUAGES = frozenset(
    (
        *("bash", "c", "c++", "cpp", "cs", "csharp", "css", "diff", "docker", "dockerfile", "elixir", "go", "golang"),
        *("haskell", "html", "java", "javascript", "js", "json", "kotlin", "lua", "make", "makefile", "nix"),
        *("perl", "php", "py", "python", "python3", "pycon", "rb", "rs", "ruby", "rust", "sh"),
        *("shell", "sql", "swift", "toml", "ts", "typescript", "xml", "yaml", "yml", "zig", "zsh"),
    )
)
CODE_MAX = 4_096
"""Characters that are coloured: a hundred lines."""
BUDGET_S = 0.01
"""Seconds of this thread's own time for one code; what people write takes a third of that."""

PLAIN = "code"
_STYLES = (
    (Comment, "code-comment"),
    (Generic.Deleted, "code-gone"),
    (Generic.Inserted, "code-new"),
    (Generic.Heading, "code-name"),
    (Generic.Subheading, "code-name"),
    (Keyword, "code-keyword"),
    (Operator.Word, "code-keyword"),
    (String, "code-string"),
    (Number, "code-number"),
    (Name.Function, "code-name"),
    (Name.Class, "code-name"),
    (Name.Decorator, "code-name"),
    (Name.Tag, "code-keyword"),
    (Name.Attribute, "code-name"),
    (Name.Builtin, "code-keyword"),
)


def highlighted(code: str, language: str, clock: Callable[[], float] = thread_time) -> tuple[tuple[str, str], ...]:
    """`code` in pieces of (text, style); joined they are `code` again. One piece when the language is not known.

    `clock`: seconds spent.
    """
    lexer = _lexer(language.strip().lower()[:20])
    if lexer is None or len(code) > CODE_MAX:
        return ((code, PLAIN),)
    pieces: list[tuple[str, str]] = []
    place = 0
    end = clock() + BUDGET_S
    # Many lexers know a line by its end.
    for start, token, text in lexer.get_tokens_unprocessed(code + "\n"):
        if start != place or clock() > end:
            break
        text = text[: len(code) - place]
        place += len(text)
        style = _style(token)
        if pieces and pieces[-1][1] == style:
            pieces[-1] = (pieces[-1][0] + text, style)
        elif text:
            pieces.append((text, style))
    if place < len(code):
        pieces.append((code[place:], PLAIN))
    return tuple(pieces)


@lru_cache(maxsize=len(LANGUAGES))
def _lexer(language: str) -> Lexer | None:
    if language not in LANGUAGES:
        return None
    try:
        return get_lexer_by_name(language)
    except ClassNotFound:
        return None


@lru_cache(maxsize=512)
def _style(token: object) -> str:
    return next((f"{PLAIN} {style}" for kind, style in _STYLES if token in kind), PLAIN)
