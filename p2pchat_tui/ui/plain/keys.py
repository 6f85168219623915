"""What a terminal sends, as keys and text. Pure; bytes may come cut anywhere."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass

PASTE_MAX = 64 * 1024
"""Characters of a paste: eight messages' worth; what follows is dropped."""
KEYS_ON = "\x1b[?2004h\x1b[?1004h"
"""Have the terminal mark what is pasted, and tell whether somebody looks."""
KEYS_OFF = "\x1b[?1004l\x1b[?2004l"

_PASTE_BEGINS, _PASTE_ENDS = "\x1b[200~", "\x1b[201~"
_SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|O[ -~]|[^\[O])", re.DOTALL)
_UNFINISHED = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|O)?")
_NAMES = {
    **{"\r": "enter", "\n": "enter", "\t": "tab", "\x7f": "backspace", "\b": "backspace"},
    **{"\x01": "home", "\x02": "left", "\x04": "end-of-input", "\x05": "end", "\x06": "right", "\x0b": "kill-to-end"},
    **{"\x0c": "redraw", "\x0e": "down", "\x10": "up", "\x15": "kill-to-start", "\x17": "kill-word", "\x19": "yank"},
    **{"\x1b[A": "up", "\x1b[B": "down", "\x1b[C": "right", "\x1b[D": "left", "\x1b[H": "home", "\x1b[F": "end"},
    **{"\x1bOA": "up", "\x1bOB": "down", "\x1bOC": "right", "\x1bOD": "left", "\x1bOH": "home", "\x1bOF": "end"},
    **{"\x1b[1~": "home", "\x1b[7~": "home", "\x1b[4~": "end", "\x1b[8~": "end", "\x1b[3~": "delete"},
    **{"\x1bb": "word-left", "\x1b[1;5D": "word-left", "\x1b[1;3D": "word-left", "\x1bf": "word-right"},
    **{"\x1b[1;5C": "word-right", "\x1b[1;3C": "word-right", "\x1bd": "kill-next-word", "\x1b\x7f": "kill-word"},
    **{"\x1b\b": "kill-word", "\x1b\r": "new-line", "\x1b\n": "new-line", "\x1b[I": "focus", "\x1b[O": "blur"},
}


@dataclass(frozen=True, slots=True)
class Key:
    """One key; `end-of-input` is Ctrl+D."""

    name: str


@dataclass(frozen=True, slots=True)
class Typed:
    """Text that was typed or pasted; it may hold anything."""

    text: str


class Keys:
    """Takes in bytes, gives keys and text."""

    def __init__(self) -> None:
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._rest = ""
        self._pasted: str | None = None
        """What came of a paste whose end is not here yet."""

    def feed(self, data: bytes) -> Iterator[Key | Typed]:
        """What `data` completes. A key that is not known is nothing."""
        text, self._rest = self._rest + self._decode(data), ""
        while text:
            if self._pasted is not None:
                text, pasted = self._paste(text)
                if pasted is not None:
                    yield Typed(pasted)
            elif text.startswith(_PASTE_BEGINS):
                text, self._pasted = text.removeprefix(_PASTE_BEGINS), ""
            elif text[0] == "\x1b":
                found = _SEQUENCE.match(text)
                if found is None:
                    # Escape alone does nothing, so it may wait for what follows it.
                    unfinished = _UNFINISHED.match(text)
                    if unfinished and unfinished.end() == len(text):
                        self._rest = text
                        return
                    text = text[1:]
                    continue
                if name := _NAMES.get(found.group()):
                    yield Key(name)
                text = text[found.end() :]
            elif text[0] < " " or text[0] == "\x7f":
                if name := _NAMES.get(text[0]):
                    yield Key(name)
                text = text[1:]
            else:
                run = re.match(r"[^\x00-\x1f\x7f]+", text)
                assert run is not None
                yield Typed(run.group())
                text = text[run.end() :]

    def _paste(self, text: str) -> tuple[str, str | None]:
        """What is left of `text`, and the whole paste if it ends in it."""
        assert self._pasted is not None
        text, so_far = self._pasted[-len(_PASTE_ENDS) :] + text, self._pasted[: -len(_PASTE_ENDS)]
        inside, end, behind = text.partition(_PASTE_ENDS)
        pasted = (so_far + inside)[: PASTE_MAX + len(_PASTE_ENDS)]
        self._pasted = None if end else pasted
        return behind, pasted[:PASTE_MAX] if end else None
