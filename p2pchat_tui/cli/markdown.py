"""A room as Markdown (CommonMark), for people: what was said, by whom and when, after all edits.

What people wrote is escaped: it stays where it stands, and is no heading, fence, list, link or HTML of the document.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import tzinfo

from ..session.api import MessageView, PeerId
from ..session.cut_off import CutOff
from ..ui.text import clock_text, day_text

_SPECIAL = re.compile(r"[\\`*_{}\[\]<>&~|$%^]")
"""Signs that mean something anywhere in a line, in CommonMark and its common extensions."""
_AT_START = re.compile(r"\d{1,9}(?=[.)])|(?=[#+\-=:])")
"""What stands before a sign that means something only at the start of a line: `# `, `- `, `1. `, `===`."""
_TAB = 4


class Markdown:
    """Makes the parts of one document; messages are given in their order."""

    def __init__(self, name_of: Callable[[PeerId], str], tz: tzinfo | None = None) -> None:
        """`name_of`: what somebody is called; `tz`: whose clock is shown, the reader's unless given."""
        self._name_of = name_of
        self._tz = tz
        self._day = ""

    def head(self, name: str, words: str, topic: str, made_ms: int) -> str:
        """The document's first lines."""
        lines = [f"# {escape_line(name)}", ""]
        if topic:
            lines += [escape_line(topic), ""]
        made = f"{day_text(made_ms, self._tz)}, {clock_text(made_ms, self._tz)}"
        return "\n".join([*lines, f"Room words: {escape_line(words)}. Written on {made}.", ""])

    def message(self, view: MessageView) -> str:
        """One message, after a heading for its day if that is another one."""
        lines = [""]
        day = day_text(view.at_ms, self._tz)
        if day != self._day:
            self._day = day
            lines += [f"## {day}", ""]
        edited = " (edited)" if view.edited else ""
        lines += [f"**{escape_line(view.name)}** {clock_text(view.at_ms, self._tz)}{edited}", ""]
        if view.reply_to:
            lines += [self._quote(view), ""]
        lines += ["*taken back*" if view.retracted else escape(view.text), ""]
        if view.reactions:
            lines += [self._reactions(view), ""]
        return "\n".join(lines)

    def cut_off(self, messages: Sequence[CutOff]) -> str:
        """What the reader wrote and nobody else has; empty when there is none."""
        if not messages:
            return ""
        lines = ["", "## Cut off", "", "This profile's identity was copied, so the others have nothing of this:", ""]
        for each in messages:
            lines += [
                f"{day_text(each.at_ms, self._tz)}, {clock_text(each.at_ms, self._tz)}",
                "",
                escape(each.text),
                "",
            ]
        return "\n".join(lines)

    def _quote(self, view: MessageView) -> str:
        if not view.reply_name:
            return "> *a message that is not here*"
        return f"> **{escape_line(view.reply_name)}**: {escape_line(view.reply_text) or '*taken back*'}"

    def _reactions(self, view: MessageView) -> str:
        each = (
            f"{escape_line(reaction.emoji)} {', '.join(escape_line(self._name_of(peer)) for peer in reaction.authors)}"
            for reaction in view.reactions
        )
        return " · ".join(each)


def escape(text: str) -> str:
    """Cleaned `text` as paragraphs that show it as it is; its line breaks are kept."""
    paragraphs = re.split(r"\n[ \t]*(?:\n[ \t]*)+", text.strip("\n"))
    return "\n\n".join(
        "\\\n".join(escape_line(line) for line in paragraph.split("\n") if line.strip()) for paragraph in paragraphs
    )


def escape_line(line: str) -> str:
    """One line of cleaned text that shows as it is, wherever in a line it stands."""
    text = line.lstrip(" \t")
    indent = sum(_TAB if char == "\t" else 1 for char in line[: len(line) - len(text)])
    text = _SPECIAL.sub(r"\\\g<0>", text.rstrip())
    if found := _AT_START.match(text):
        text = f"{found[0]}\\{text[found.end() :]}"
    # Blanks at the start would make it code, or nothing.
    return "\N{NO-BREAK SPACE}" * indent + text
