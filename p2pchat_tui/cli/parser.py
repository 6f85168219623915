"""The command line: which command, with which options. Imports nothing from outside that takes time."""

from __future__ import annotations

import argparse
import contextlib
import re
from collections.abc import Callable, Sequence
from typing import NoReturn

from .. import __version__
from ..signaling.urls import DEFAULT_PORT

PROGRAM = "p2pchat-tui"
WAIT_S = 10.0
"""How long `pipe` waits at the end of its input for somebody to hold what it wrote."""

HOME_HELP = "folder of identities, rooms and settings (P2PCHAT_HOME)"

_SECRET = re.compile(r"p2pchat:|(?:[0-9a-z]{4}[- ]?){7}[0-9a-z]{4}", re.IGNORECASE)
"""An invite, or only its last part: eight groups of four."""
_GLOBAL = ("--home", "--profile", "--relay", "--name", "--ice-address", "--local-port")
"""Options that take a value and may stand before the command."""


_ON_SAVED_ROOMS = ("new", "join", "rooms", "invite", "keep", "forget", "export")
"""Commands that mean nothing where nothing is on disk."""


class UsageError(Exception):
    """The command line cannot be carried out; the text is one sentence and holds no value that was given."""


class _Parser(argparse.ArgumentParser):
    def format_help(self) -> str:
        from ..config import usual_home  # What finds it is imported for whoever asks only.

        for action in self._actions:
            if action.dest == "home":
                action.help = f"{HOME_HELP}; {usual_home()} by default".replace("%", "%%")
        return super().format_help()

    def error(self, message: str) -> NoReturn:
        # argparse quotes values; what was given may be a passphrase in the wrong place.
        raise UsageError(f"{_without_values(message)} See `{self.prog} --help`.")


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """What was asked for: `command` and its options; a global option that was not given is None.

    Raises UsageError; SystemExit(0) after `--help` and `--version`.
    """
    if any(_is_secret(argument) for argument in arguments):
        raise UsageError(
            "An invite does not belong on the command line, where other programs can read it: run "
            f"`{PROGRAM} join` and paste it there, or give it on standard input or in P2PCHAT_INVITE."
        )
    command, rest = _split(list(arguments))
    parser = _PARSERS[command]()
    options, unknown = parser.parse_known_args(rest)
    if unknown:
        parser.error(_surplus(unknown))
    if command in _ON_SAVED_ROOMS and options.ephemeral:
        raise UsageError(
            "--ephemeral goes with the app and with pipe: saved rooms are files, and are what this command is about, "
            "so leave it out here."
        )
    options.command = command
    return options


def is_command(word: str) -> bool:
    """Whether `word` means a command and not a room."""
    return word in _PARSERS and word != "app"


def _split(arguments: list[str]) -> tuple[str, list[str]]:
    """The command, `app` when there is none, and everything but the command's name."""
    position = 0
    while position < len(arguments):
        argument = arguments[position]
        if argument == "--":
            break
        if not argument.startswith("-") or argument == "-":
            if is_command(argument):
                return argument, arguments[:position] + arguments[position + 1 :]
            break
        position += 2 if argument in _GLOBAL else 1
    return "app", arguments


def _is_secret(argument: str) -> bool:
    """Whether `argument` is or holds an invite, or an invite's last part, damaged or not."""
    found = _SECRET.search(argument)
    if found is None:
        return False
    text = found.group()
    # 32 letters in a row may be a long name: without its dashes it is a secret only if its check bytes fit.
    return text.lower() == "p2pchat:" or "-" in text or " " in text or _is_whole_secret(text)


def _is_whole_secret(text: str) -> bool:
    from ..ssc.room import InviteError, read_secret  # Hardly ever needed, and it brings cryptography along.

    try:
        read_secret(text)
    except InviteError:
        return False
    return True


def _surplus(unknown: Sequence[str]) -> str:
    options = [each.partition("=")[0] for each in unknown if each.startswith("-") and each != "-"]
    if options:
        return f"There is no option {options[0][:30]} here."
    return "There are more words than this command takes; quote a name that has blanks in it."


def _without_values(message: str) -> str:
    """argparse's complaint as a sentence, without the value that it is about."""
    text = re.sub(r"invalid choice: .* \(choose from (.*)\)$", r"there are \1", message, flags=re.DOTALL)
    text = re.sub(r"(invalid \w+ value|invalid choice): .*", r"\1", text, flags=re.DOTALL)
    text = text[:1].upper() + text[1:]
    return text if text.endswith(".") else text + "."


# --------------------------------------------------------------------------------------------------------- commands


def _parser(command: str, description: str, epilog: str = "") -> _Parser:
    parser = _Parser(
        prog=f"{PROGRAM} {command}".strip(),
        description=description,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    everywhere = parser.add_argument_group("everywhere")
    everywhere.add_argument("--home", metavar="DIR", help=HOME_HELP)
    everywhere.add_argument("--profile", metavar="NAME", help="which identity; `default` unless told otherwise")
    everywhere.add_argument(
        "--relay",
        metavar="URL",
        action="append",
        help="relay such as wss://host: in this run beside those of the room; new and join keep it for the room, "
        "/relay in a room gives it one later; may be repeated: one that works is enough",
    )
    everywhere.add_argument(
        "--name", metavar="NICK", help="what the others call you in this run; new and join keep it for the room"
    )
    everywhere.add_argument(
        "--ice-address",
        metavar="ADDR",
        action="append",
        help="link on this address of this machine only, 127.0.0.1 included; may be repeated",
    )
    everywhere.add_argument(
        "--lan", action="store_const", const=True, help="look for others on the local network, without any server"
    )
    everywhere.add_argument(
        "--relay-only",
        action="store_const",
        const="relay",
        dest="ice_policy",
        help="link through TURN servers only, so that no member sees an address of this machine",
    )
    everywhere.add_argument(
        "--local-port", metavar="PORT", help="where the windows of this machine meet; 0 switches that off"
    )
    everywhere.add_argument(
        "--ephemeral",
        action="store_true",
        default=None,
        help=argparse.SUPPRESS
        if command in _ON_SAVED_ROOMS
        else "write no file at all: rooms by invite, gone at the end",
    )
    everywhere.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    return parser


def _app() -> _Parser:
    parser = _parser(
        "",
        "Private group chat in the terminal: no account, and no server that can read it.",
        """commands:
  demo          the app, with two lively scripted peers on this machine
  new NAME      make a room and print its invite
  join [NAME]   save a room from an invite, or from its name and a passphrase
  rooms         list the saved rooms
  invite ROOM   print a room's invite
  keep ROOM     how much of a room's history stays on this machine
  forget ROOM   leave a room and erase it
  pipe ROOM     chat on standard input and output, for scripts and bots
  export ROOM   write a room to a file, for people or with its proofs
  verify FILE   check such a file: who wrote how much, what is missing, what was tampered with
  relay         run a relay
  doctor [ROOM] say what works, and what to do about what does not

`p2pchat-tui COMMAND --help` says more. A room that is called like a command opens with `p2pchat-tui -- demo`.
exit codes: 0 done · 1 failed · 2 wrong usage · 3 stored, but no peer has it yet · 4 refused""",
    )
    parser.add_argument("room", nargs="?", metavar="ROOM", help="open this saved room at once")
    _add_plain(parser)
    return parser


def _add_plain(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--plain", action="store_true", help="line by line, for screen readers and terminals that can draw nothing"
    )


def _demo() -> _Parser:
    parser = _parser(
        "demo", "See the app with two scripted peers, over real links on this machine. Leaves nothing behind."
    )
    _add_plain(parser)
    return parser


def _new() -> _Parser:
    parser = _parser("new", "Make a room and print its invite: the key to it, for those who are to come in.")
    parser.add_argument("room", metavar="NAME", help="what you call the room")
    parser.add_argument("--qr", action="store_true", help="draw the invite as a QR code, too")
    _add_keep(parser)
    return parser


def _add_keep(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--keep", metavar="HOW", help="how much stays on this machine: all, 30d, 5000 (messages), or none (not on disk)"
    )


def _join() -> _Parser:
    parser = _parser(
        "join",
        "Save a room. Its invite is asked for, or read from standard input or P2PCHAT_INVITE. With NAME a passphrase\n"
        "will do instead: all who give the same name and the same passphrase meet.",
    )
    parser.add_argument("room", nargs="?", metavar="NAME", help="what you call the room; the invite proposes a name")
    _add_keep(parser)
    return parser


def _rooms() -> _Parser:
    parser = _parser("rooms", "List the saved rooms, the one opened last first.")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    return parser


def _invite() -> _Parser:
    parser = _parser("invite", "Print the invite of a saved room. Whoever has it can read and write there.")
    parser.add_argument("room", metavar="ROOM")
    parser.add_argument("--qr", action="store_true", help="draw it as a QR code, too")
    return parser


def _keep() -> _Parser:
    parser = _parser(
        "keep",
        "Tell how much of a room's history is kept on this machine, or change it: all, 30d, 5000 (messages). What is\n"
        "beyond is erased here, after a question; the others keep as much as they choose.",
    )
    parser.add_argument("room", metavar="ROOM")
    parser.add_argument("keep", nargs="?", metavar="HOW")
    _add_yes(parser)
    return parser


def _add_yes(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--yes", action="store_true", help="do not ask")


def _forget() -> _Parser:
    parser = _parser("forget", "Leave a room and erase its secret and its history from this machine.")
    parser.add_argument("room", metavar="ROOM")
    _add_yes(parser)
    return parser


def _pipe() -> _Parser:
    parser = _parser(
        "pipe",
        "Chat on standard input and output: each line of input is a message. At the end of input it stays until\n"
        "somebody else holds each message that it wrote, or the wait is over; it ends with 0, with 3 if nobody does,\n"
        "or with 1 if a line of input was not carried out.",
        """with --json a line of input is one of
  {"do":"say","text":…,"reply_to":id?}          write
  {"do":"edit","id":…,"text":…}                 change what you wrote
  {"do":"retract","id":…}                       take it back
  {"do":"react","id":…,"emoji":…,"on":true}     react
  {"do":"typing","on":true}                     say that you are typing
  {"do":"away","on":true}                       say that you are not there
  {"do":"name","name":…}                        be called so
  {"do":"status","text":…}                      say something of yourself; empty takes it away
  {"do":"colour","colour":"#rrggbb"}            be shown in this colour; empty takes it away
  {"do":"topic","text":…}                       give the room a topic; empty takes it away
  {"do":"history","limit":50,"before":id?}      read what was written, or what was before a message
  {"do":"ignore","peer":…,"on":true}            hear nothing of somebody of the room
  {"do":"mute","peer":…,"on":true}              have nothing of somebody announced
  {"do":"alias","peer":…,"alias":…}             call somebody so; empty takes it back
  {"do":"keep","keep":"30d"}                    keep so much of the room here, and erase the rest
  {"do":"lan","on":true}                        look for others on the local network
  {"do":"relay","url":…}                        give the room another relay; empty takes it away
  {"do":"retry"}                                try every link and relay now
  {"do":"ask","peer":…}                         ask somebody of the room for a room of two
  {"do":"accept","peer":…}                      open a room of two with who asks for one
  {"do":"decline","peer":…}                     say no to them, for good
  {"do":"leave"}                                end
each but the last may have a "tag", at most 64 characters, which the line that tells what became of it repeats
""",
    )
    parser.add_argument("room", metavar="ROOM")
    parser.add_argument("--json", action="store_true", help="one JSON object a line, both ways")
    parser.add_argument(
        "--wait", type=_seconds, default=WAIT_S, metavar="S", help=f"seconds to wait at the end; {WAIT_S:g} by default"
    )
    return parser


def _export() -> _Parser:
    parser = _parser(
        "export",
        "Write all of a room to standard output or a file: as Markdown for people, or as JSON lines that hold every\n"
        "entry with its proof, which `verify` checks. It works while the room is open in a window.",
    )
    parser.add_argument("room", metavar="ROOM")
    parser.add_argument("--format", choices=("md", "jsonl"), default="md", help="md (by default) or jsonl")
    parser.add_argument(
        "--output", metavar="FILE", help="write this file, wholly or not at all, for you alone; - for standard output"
    )
    parser.add_argument("--force", action="store_true", help="replace FILE if it exists")
    return parser


def _verify() -> _Parser:
    parser = _parser(
        "verify",
        "Check what `export --format jsonl` wrote, without any room or network: who wrote how much, what is missing,\n"
        "what was tampered with. It ends with 0 if all that is there is genuine, with 1 if not.",
    )
    parser.add_argument("file", metavar="FILE", help="the file; - for standard input")
    parser.add_argument("--json", action="store_true", help="the report as one JSON object")
    return parser


def _relay() -> _Parser:
    parser = _parser(
        "relay",
        "Run a relay: it introduces the members of a room to each other, and can read nothing of what they say.\n"
        "The ice_servers of config.toml are named to everybody who comes; with turn_secret there, or in\n"
        "P2PCHAT_TURN_SECRET, each gets a user of the TURN server for 12 hours.\n"
        "GET /healthz and /metrics tell how it is.",
    )
    parser.add_argument(
        "--host", type=_host, default="127.0.0.1", help="address to listen on; 127.0.0.1 by default, 0.0.0.0 for all"
    )
    parser.add_argument("--port", type=_port, default=DEFAULT_PORT, help=f"port; {DEFAULT_PORT} by default, 0 for any")
    parser.add_argument("--tls-cert", metavar="FILE", help="certificate chain (PEM), for wss without a proxy")
    parser.add_argument("--tls-key", metavar="FILE", help="its private key (PEM)")
    return parser


def _doctor() -> _Parser:
    parser = _parser(
        "doctor",
        "Look at terminal, store, clock, relay, STUN and TURN servers, NAT and LAN, and say what to do about what\n"
        "does not work. With ROOM, or an invite in P2PCHAT_INVITE, it looks who is there, too. Ends with 0 if\n"
        "nothing fails.",
    )
    parser.add_argument("room", nargs="?", metavar="ROOM", help="a saved room")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    return parser


def _seconds(text: str) -> float:
    with contextlib.suppress(ValueError):
        if 0 <= (value := float(text)) <= 86_400:
            return value
    raise argparse.ArgumentTypeError("a wait is 0 to 86400 seconds")


def _port(text: str) -> int:
    with contextlib.suppress(ValueError):
        if 0 <= (value := int(text)) <= 65_535:
            return value
    raise argparse.ArgumentTypeError("a port is 0 to 65535")


def _host(text: str) -> str:
    if not text.strip():  # what a script gives whose variable is not set must not mean the whole world
        raise argparse.ArgumentTypeError("name an address, 0.0.0.0 for all")
    return text


_PARSERS: dict[str, Callable[[], _Parser]] = {
    "app": _app,
    "demo": _demo,
    "new": _new,
    "join": _join,
    "rooms": _rooms,
    "invite": _invite,
    "keep": _keep,
    "forget": _forget,
    "pipe": _pipe,
    "export": _export,
    "verify": _verify,
    "relay": _relay,
    "doctor": _doctor,
}
