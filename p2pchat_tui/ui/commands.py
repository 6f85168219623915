"""The slash commands: one table that parsing, help, completion and the palette all read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from enum import Enum

from .markdown import SHRUG
from .text import ACTION


class Arg(Enum):
    """What follows a command, for completion."""

    NONE = "nothing"
    TEXT = "text"
    ROOM = "room"
    PERSON = "person"
    EMOJI = "emoji"
    WORD = "word"
    """One of a few words that the program knows."""


@dataclass(frozen=True, slots=True)
class Spec:
    """One slash command."""

    name: str
    usage: str
    """What follows the name: `NAME` must be given, `[TEXT]` may be."""
    help: str
    aliases: tuple[str, ...] = ()
    arg: Arg = Arg.TEXT
    plain: bool = True
    """Whether it makes sense without a screen, in the plain mode."""
    screen: bool = True
    """Whether it makes sense on the screen, where messages have no numbers."""
    anywhere: bool = False
    """Whether it makes sense outside of a room."""

    @property
    def needs(self) -> bool:
        """Whether it cannot do without an argument."""
        return bool(self.usage) and not self.usage.startswith("[")

    @property
    def line(self) -> str:
        """The command as one types it."""
        return f"/{self.name} {self.usage}".rstrip()


NOTHING = "-"
"""The argument that takes a topic or a status away."""

COMMANDS: tuple[Spec, ...] = (
    Spec("help", "[COMMAND]", "show keys and commands", ("h", "?"), Arg.WORD, anywhere=True),
    Spec("invite", "", "show this room's invite, to copy or scan", ("qr",), Arg.NONE),
    Spec("join", "[NAME]", "open a saved room, or join another one", ("j", "open"), Arg.ROOM, anywhere=True),
    Spec("new", "[NAME]", "make a new room", anywhere=True),
    Spec("rooms", "", "choose another room, by searching", ("list", "ls", "switch"), Arg.NONE, anywhere=True),
    Spec("next", "", "go to the next room with something new", ("unread",), Arg.NONE, anywhere=True),
    Spec("part", "", "leave this room for now; it stays saved", ("leave", "close"), Arg.NONE),
    Spec("rename", "NAME", "call this room something else on this machine"),
    Spec("forget", "", "erase this room and its history from this machine", (), Arg.NONE),
    Spec("mute", "[NAME]", "no notices from this room, or of somebody; again brings them back", (), Arg.PERSON),
    Spec("notify", "[LEVEL]", "what of this room is announced: all, mentions or none", (), Arg.WORD),
    Spec("keep", "[HOW]", "how much of this room stays on this machine: all, 30d, 5000 (messages)", (), Arg.WORD),
    Spec("nick", "NAME", "be called something else in this room", ("name",)),
    Spec("colour", "[COLOUR]", "the colour of your name for all here; alone: which there are", ("color",), Arg.WORD),
    Spec("me", "TEXT", "say what you are doing"),
    Spec("shrug", "[TEXT]", f"say that you do not know: {SHRUG}"),
    Spec("msg", "NICK [TEXT]", "talk to somebody alone, in a room of two", ("query",), Arg.PERSON),
    Spec("decline", "[NICK]", "say no to somebody who asks for that; all: to everybody", (), Arg.WORD),
    Spec("topic", "[TEXT]", "show the room's topic, or set it; - takes it away"),
    Spec("search", "[WORDS]", "look for messages in all rooms; from: in: before: has:link", ("find",), anywhere=True),
    Spec("names", "", "who is here, and how they are reached", ("who", "people"), Arg.NONE),
    Spec("whois", "NAME", "all that is known of somebody", ("w",), Arg.PERSON),
    Spec("verify", "NAME", "compare safety words, to be sure who somebody is", (), Arg.PERSON),
    Spec("unverify", "NAME", "take that back", (), Arg.PERSON),
    Spec("alias", "NAME [ALIAS]", "call somebody so, for you alone; without an alias take it back", (), Arg.PERSON),
    Spec("ignore", "[NAME]", "show nothing of somebody, in any room; alone: whom you ignore", ("block",), Arg.PERSON),
    Spec("unignore", "NAME", "show everything of somebody again", ("unblock",), Arg.PERSON),
    Spec("kick", "NAME", "why nobody can be put out of a room, and what to do instead", ("ban",), Arg.PERSON),
    Spec("reply", "TEXT", "answer the selected message, or the newest of somebody else", ("r",)),
    Spec("edit", "[TEXT]", "change the selected message of yours, or your newest", ("e",)),
    Spec("delete", "", "take back the selected message of yours, or your newest", ("redact", "del"), Arg.NONE),
    Spec(
        "react",
        "EMOJI",
        "put an emoji on the selected message, or on the newest; again takes it off",
        (),
        Arg.EMOJI,
    ),
    Spec("copy", "", "copy the text of the selected message, or of the newest", ("yank",), Arg.NONE),
    Spec("facts", "", "of that message: who has it, who has read it, its signature", ("details",), Arg.NONE),
    Spec("history", "[COUNT]", "the newest messages once more, with their numbers", ("last",), screen=False),
    Spec("more", "", "the next page of what /history or /search gave", (), Arg.NONE, screen=False, anywhere=True),
    Spec("go", "#NUMBER", "to the message of that number, and what stands around it", screen=False, anywhere=True),
    Spec("away", "", "say that you are not at the keyboard", (), Arg.NONE),
    Spec("back", "", "say that you are here again", (), Arg.NONE),
    Spec("status", "[TEXT]", "say something of yourself, or - nothing; alone: how things stand here", ("info",)),
    Spec("retry", "", "do not wait: try every link and relay again now", ("reconnect",), Arg.NONE),
    Spec("links", "", "each link and relay: path, round trip, what is tried now", ("net",), Arg.NONE),
    Spec("lan", "[on|off]", "look for others on the local network; alone: whether it does", (), Arg.WORD),
    Spec("relay", "[URL]", "give this room a relay, or - none; alone: which it has", ("relays",)),
    Spec("editor", "", "go on writing in $EDITOR", (), Arg.NONE, plain=False),
    Spec("clear", "", "clear the screen; nothing is deleted", ("cls",), Arg.NONE, plain=False),
    Spec("theme", "[NAME]", "choose how it looks; with a name, at once", (), Arg.WORD, plain=False),
    Spec("settings", "", "see and change the settings", ("config", "options"), Arg.NONE, plain=False),
    Spec("set", "[SETTING VALUE]", "change one setting; alone: all of them", (), Arg.WORD, anywhere=True),
    Spec("log", "", "what was told and what went wrong, with times", (), Arg.NONE, plain=False),
    Spec("version", "", "which version this is", ("about",), Arg.NONE, anywhere=True),
    Spec("quit", "", "end the program", ("q", "exit"), Arg.NONE, anywhere=True),
)

ON_SCREEN = tuple(spec for spec in COMMANDS if spec.screen)
"""What the screen offers."""
IN_PLAIN = tuple(spec for spec in COMMANDS if spec.plain)
"""What the plain mode offers."""

_BY_NAME = {name: spec for spec in COMMANDS for name in (spec.name, *spec.aliases)}


@dataclass(frozen=True, slots=True)
class Text:
    """What was typed is a message."""

    text: str


@dataclass(frozen=True, slots=True)
class Call:
    """What was typed is a command."""

    spec: Spec
    argument: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """What was typed is no command here, and is not sent; the text says what may have been meant."""

    text: str


def parse(line: str) -> Text | Call | Unknown:
    """Read what was typed. `//x` is the message `/x`; an unambiguous beginning of a command is enough."""
    if not line.startswith("/"):
        return Text(line)
    if line.startswith("//"):
        return Text(line[1:])
    word, _, argument = line[1:].partition(" ")
    if "\n" in word:
        word, _, argument = line[1:].partition("\n")
    argument = argument.strip()
    spec = find(word.lower())
    if spec is None:
        return Unknown(_suggestion(word))
    if spec.needs and not argument:
        return Unknown(f"/{spec.name} needs more: {spec.line}.")
    if spec.name == "me":
        return Text(ACTION + argument)
    if spec.name == "shrug":
        return Text(f"{argument} {SHRUG}".strip())
    return Call(spec, argument)


def typed(text: str) -> str:
    """A message's `text` as one types it, so that `parse` reads it as a message again."""
    return "/" + text if text.startswith("/") and not text.startswith(ACTION) else text


def find(word: str) -> Spec | None:
    """The command called `word`, or the only one that begins so."""
    if word in _BY_NAME:
        return _BY_NAME[word]
    begun = {spec.name for name, spec in _BY_NAME.items() if word and name.startswith(word)}
    return _BY_NAME[begun.pop()] if len(begun) == 1 else None


def names(beginning: str, among: Sequence[Spec] = ON_SCREEN) -> list[str]:
    """Command names that begin so, in the order of the table."""
    return [spec.name for spec in among if spec.name.startswith(beginning.lower())]


def _suggestion(word: str) -> str:
    near = names(word)[:3] if word else []
    near = near or get_close_matches(word.lower(), list(_BY_NAME), n=1, cutoff=0.5)
    hint = f" Did you mean {' or '.join('/' + name for name in near)}?" if near else " /help lists all."
    return f"There is no command /{word[:20]}.{hint} Nothing was sent; // at the start sends a slash."
