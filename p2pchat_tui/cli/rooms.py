"""The commands that change the saved rooms: new, join, keep, forget. None of them touches the network."""

from __future__ import annotations

import argparse
import os
import re

from ..config import Config
from ..session.catalogue import RoomSummary, strength
from ..session.keeper import KEEP, erasing_text
from ..session.profile import Profile
from ..ssc.ids import RoomId
from ..ssc.retention import KEEP_ALL, RetentionError, read_retention
from ..ssc.room import is_invite, normal_room_name
from ..ssc.text import clean_name
from ..store.peek import peek_settings
from .compose import open_profile
from .errors import Exit, Failure
from .listing import saved_room
from .parser import PROGRAM
from .profiles import open_folder
from .terminal import INVITE_VARIABLE, ask_secret, ask_yes, draw_qr, note, say, telling_of

STDIN = "-"
"""As a name: none, since whoever writes it means standard input, where the invite is read from anyway."""

_LIKE_INVITE = re.compile(r"#|p2pchat|([0-9a-z]{4}-){3}", re.IGNORECASE)
"""What a piece of an invite looks like: it must not become the passphrase of a room where nobody ever comes."""


async def new(config: Config, options: argparse.Namespace) -> Exit:
    """Make a room and print its invite."""
    name, keep = _room_name(options.room), _retention(options.keep)
    async with open_profile(config, guest=False) as opened:
        room = await opened.profile.new_room(name, keep=keep)
        invite = await opened.profile.invite(room.name)
    with telling_of(
        f"The room {room.name} is made", f"`{PROGRAM} invite {_shell(room.name)}` prints the invite that is its key."
    ):
        say(invite)
        if options.qr:
            draw_qr(invite)
    note(
        f"This is the key to the room {room.name} ({room.words}): whoever has it can read and write there. "
        f"The others run `{PROGRAM} join` and paste it; you open the room with `{PROGRAM} {_shell(room.name)}`."
    )
    if not room.relay:
        note(
            "It names no relay, so it works on this machine, and with `--lan` on the local network; "
            "`/relay URL` in it makes it work from elsewhere."
        )
    return Exit.DONE


async def join(config: Config, options: argparse.Namespace) -> Exit:
    """Save the room of an invite, or of a name and a passphrase."""
    wanted = "" if options.room == STDIN else options.room or ""
    name = _room_name(wanted) if wanted else ""
    keep = _retention(options.keep)
    # Not left for programs that this one may start.
    secret = os.environ.pop(INVITE_VARIABLE, "")
    if not secret:
        what = f"Invite, or the passphrase of {name}" if name else "Invite"
        secret = ask_secret(f"{what} (it is not shown): ")
    if not secret.strip():
        raise Failure(
            f"No invite was given: paste it, or give it on standard input or in {INVITE_VARIABLE}.", Exit.USAGE
        )
    async with open_profile(config, guest=False) as opened:
        if name and not is_invite(secret) and not _LIKE_INVITE.search(secret):
            room = await opened.profile.join_passphrase(name, secret, keep=keep)
            note(f"The passphrase is {strength(secret)}.")
        else:
            room = await _join_invite(opened.profile, secret, name, keep)
    with telling_of(f"The room {room.name} is saved", f"You open it with `{PROGRAM} {_shell(room.name)}`."):
        say(room.name)
    note(
        f"The room is saved; its words are {room.words}: the others see the same. "
        f"You open it with `{PROGRAM} {_shell(room.name)}`."
    )
    return Exit.DONE


async def _join_invite(profile: Profile, invite: str, name: str, keep: str) -> RoomSummary:
    before = {saved.room for saved in await profile.rooms()}
    room = await profile.join_invite(invite, name, keep)
    if name and normal_room_name(room.name) != normal_room_name(name):
        why = "it is saved already" if room.room in before else f"{name} is another room"
        note(f"It is called {room.name} here, since {why}.")
    return room


async def keep(config: Config, options: argparse.Namespace) -> Exit:
    """Tell or change how much of a room is kept on this machine."""
    saved = await saved_room(config, options.room)
    if options.keep is None:
        kept = await peek_settings(config.profile_folder / "rooms.db", KEEP)
        say(kept.get(saved.room, KEEP_ALL.text))
        return Exit.DONE
    wanted = _retention(options.keep)
    async with open_profile(config, guest=False) as opened:
        gone = await opened.profile.count_erased(saved.name, wanted)
        if gone and not options.yes and not _agreed(erasing_text(saved.name, gone)):
            return Exit.FAILED
        room = await opened.profile.keep(saved.name, wanted)
    say(room.keep)
    note(f"Of {room.name} {read_retention(room.keep).sentence}; the others keep as much as they choose.")
    return Exit.DONE


async def forget(config: Config, options: argparse.Namespace) -> Exit:
    """Erase a room."""
    saved = await saved_room(config, options.room)
    if not options.yes and not _agreed(f"Erase the room {saved.name}, its messages and its key from this machine?"):
        return Exit.FAILED
    async with open_profile(config, guest=False) as opened:
        await opened.profile.forget(saved.name)
    note(f"The room {saved.name} is erased.")
    return Exit.DONE if await _forget_in_guests(config, saved.room) else Exit.FAILED


def _agreed(question: str) -> bool:
    """Whether a person agrees that something is erased. Raises Failure when nobody is there to be asked."""
    agreed = ask_yes(question)
    if agreed is None:
        raise Failure(f"Nobody is there to be asked: {question} Say --yes for that.", Exit.USAGE)
    if not agreed:
        note("Nothing was erased.")
    return agreed


async def _forget_in_guests(config: Config, room: RoomId) -> bool:
    """Erase the copies that guests of the profile made; whether all could be."""
    from ..session.erased import note_erased
    from ..store.peek import peek_rooms
    from ..store.sqlite import open_store

    done = True
    for path in sorted((config.home / "profiles").glob(f"{config.profile}-guest-*/rooms.db")):
        if room not in {saved.room for saved in await peek_rooms(path)}:
            continue
        folder = open_folder(config.home, path.parent.name)
        if folder is None:
            note(f"The window of {path.parent.name} still has it: forget it there, too.")
            done = False
            continue
        with folder:
            store = await open_store(path)
            try:
                await note_erased(store, folder.identity(), room)
                await store.forget_room(room)
            finally:
                await store.close()
    return done


def _room_name(text: str) -> str:
    name = clean_name(text)
    if not name:
        raise Failure("A room name needs at least one visible character: choose another one.", Exit.USAGE)
    return name


def _retention(text: str | None) -> str:
    """What is to be kept; empty when nothing was said."""
    if text is None:
        return ""
    try:
        return read_retention(text).text
    except RetentionError as error:
        raise Failure(str(error), Exit.USAGE) from None


def _shell(name: str) -> str:
    """`name` as one would type it after the program's name."""
    import shlex

    from .parser import is_command

    return f"-- {name}" if is_command(name) else shlex.quote(name)
