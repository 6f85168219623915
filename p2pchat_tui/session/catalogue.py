"""The saved rooms of one identity: made, joined, found, listed. None of them runs here."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

from ..ports.clock import Clock
from ..ports.store import SavedRoom, Store
from ..ssc.identity import Identity
from ..ssc.ids import PeerId, RoomId, Stamp, stamp_ms
from ..ssc.retention import KEEP_ALL, Retention, RetentionError, read_retention
from ..ssc.room import (
    SECRET_BYTES,
    Invite,
    InviteError,
    normal_room_name,
    passphrase_strength,
    read_invite,
    room_keys,
    secret_of_passphrase,
    write_invite,
)
from ..ssc.text import clean_line, clean_name
from ..ssc.words import WORDS, room_words
from . import keeper, reading
from .directs import Directs
from .names import NICK
from .people import Acquaintances

LEVEL = "notify"
"""The room's setting that says what of it is announced."""


class RoomError(Exception):
    """A room cannot be made, joined or opened as asked; the text is one sentence with the next step."""


class BadInvite(RoomError):
    """The invite is damaged or is none."""


@dataclass(frozen=True, slots=True)
class RoomSummary:
    """A saved room, for lists."""

    name: str
    room: RoomId
    words: str
    """The three room words."""
    relay: str
    """Empty: this machine and LAN only."""
    opened_ms: int
    """When it was last opened, Unix milliseconds."""
    keep: str = KEEP_ALL.text
    """How much of it is kept on this machine: `all`, `30d`, `5000` (messages), or `none`."""
    unread: int = 0
    """Messages of others that were there when it was last open, and were not read."""
    mentions: int = 0
    """Those of them that speak to me."""
    newest_ms: int = 0
    """When its newest message was written, Unix milliseconds; 0 when there is none."""
    level: str = ""
    """What of it is announced, as the room's own setting says; empty when it says nothing."""
    direct: PeerId | None = None
    """Whom one talks to there, when it is a room of two."""

    @property
    def title(self) -> str:
        """What stands for the room: `#orchard`, or `@bo` where it is a room of two."""
        return f"{'#' if self.direct is None else '@'}{self.name}"


def proposed_name(entropy: Callable[[int], bytes]) -> str:
    """A nickname for somebody who has not chosen one: two words, such as `amber-otter`."""
    first, second = (WORDS[byte] for byte in entropy(2))
    return f"{first}-{second}"


def strength(passphrase: str) -> str:
    """How strong a passphrase is, in one phrase for a person; empty for an empty one."""
    return passphrase_strength(passphrase) if passphrase.strip() else ""


class Catalogue:
    """Every saved room of an identity."""

    def __init__(
        self,
        identity: Identity,
        store: Store,
        *,
        clock: Clock,
        entropy: Callable[[int], bytes],
        nickname: str = "",
        run_name: str = "",
        relay: str = "",
    ) -> None:
        """`nickname`: what one is called in rooms where one has no other name. `run_name`: what one is called in
        this run instead, and from then on in the rooms that it makes or joins. `relay`: the URLs, with blanks between,
        that new rooms get unless they say otherwise.
        """
        self._identity = identity
        self._store = store
        self._clock = clock
        self._entropy = entropy
        self._nickname = clean_name(nickname)
        self._run_name = clean_name(run_name)
        self._relay = relay
        self._people = Acquaintances(store)
        self._directs = Directs(identity, store, lambda: self._people.people.ignored)

    @property
    def nickname(self) -> str:
        """What one is called in rooms where one has no other name, or in this run."""
        return self._run_name or self._nickname

    @nickname.setter
    def nickname(self, name: str) -> None:
        self._nickname, self._run_name = clean_name(name), ""

    async def nickname_in(self, room: RoomId) -> str:
        """What one is called in a room. Raises StoreError."""
        return self._run_name or await self._store.setting(room, NICK) or self._nickname

    async def rooms(self) -> tuple[RoomSummary, ...]:
        """Every saved room, the one opened last first. Raises StoreError."""
        return tuple([await self._summary(saved) for saved in await self._store.rooms()])

    async def new_room(self, name: str = "", relay: str | None = None, keep: str = "") -> RoomSummary:
        """Make and save a room, of which so much is kept here (all of it unless said otherwise); an empty name is
        filled in. Raises RoomError when the name is taken or `keep` says nothing, StoreError.
        """
        wanted = clean_name(name) or proposed_name(self._entropy)
        if name.strip() and not clean_name(name):
            raise RoomError("A room name needs at least one visible character: choose another one.")
        if await self._find(wanted):
            raise RoomError(f"There is a room called {wanted} already. Open it, or choose another name.")
        secret = self._entropy(SECRET_BYTES)
        return await self._save(wanted, secret, self._relay if relay is None else relay, keep)

    async def join_invite(self, text: str, name: str = "", keep: str = "") -> RoomSummary:
        """Save the room of an invite, under `name` or the one it proposes. Raises BadInvite, RoomError, StoreError."""
        try:
            invite = read_invite(text)
        except InviteError as error:
            raise BadInvite(str(error)) from None
        return await self._save(clean_name(name) or invite.name, invite.secret, invite.relay or self._relay, keep)

    async def join_passphrase(
        self, name: str, passphrase: str, relay: str | None = None, keep: str = ""
    ) -> RoomSummary:
        """Save the room that a name and a passphrase stand for. Raises RoomError, StoreError."""
        if not normal_room_name(name):
            raise RoomError("A room name is needed: the one that the others use.")
        if not passphrase.strip():
            raise RoomError("A passphrase is needed: the one that the others use. Or paste an invite.")
        secret = await asyncio.to_thread(secret_of_passphrase, name, passphrase)
        return await self._save(clean_name(name), secret, self._relay if relay is None else relay, keep)

    async def invite(self, name: str) -> str:
        """The invite of a saved room: the key to it. Raises RoomError, StoreError."""
        saved = await self._saved(name)
        return write_invite(Invite(saved.name, saved.secret, saved.relay))

    async def _find(self, name: str) -> SavedRoom | None:
        wanted = normal_room_name(name)
        rooms = await self._store.rooms()
        exact = next((saved for saved in rooms if saved.name == clean_name(name)), None)
        return exact or next((saved for saved in rooms if normal_room_name(saved.name) == wanted), None)

    async def _saved(self, name: str) -> SavedRoom:
        saved = await self._find(name)
        if saved is None:
            shown = clean_line(name, 40)
            raise RoomError(f"There is no saved room called {shown}. Join it with an invite, or make it new.")
        return saved

    async def _kept(self, room: RoomId) -> Retention:
        try:
            return read_retention(await self._store.setting(room, keeper.KEEP) or KEEP_ALL.text)
        except RetentionError:  # of a later version
            return KEEP_ALL

    async def _check_keep(self, room: RoomId, wanted: Retention) -> None:
        if wanted.is_on_disk != (await self._kept(room)).is_on_disk:
            raise RoomError(keeper.DECIDED_ONCE)

    async def _summary(self, saved: SavedRoom) -> RoomSummary:
        await self._people.load()
        left_out = {self._identity.peer, *self._people.people.ignored}
        keep, position = await self._kept(saved.room), await self._store.setting(saved.room, reading.KEY)
        unread = await reading.count(self._store, saved.room, left_out, position)
        mentions = reading.read_mentions(await self._store.setting(saved.room, reading.MENTIONS_KEY), unread)
        return RoomSummary(
            saved.name,
            saved.room,
            room_words(saved.room),
            saved.relay,
            saved.opened_ms,
            keep.text,
            unread,
            mentions,
            stamp_ms(await self._store.message_stamp(saved.room, 1) or Stamp(0)),
            await self._store.setting(saved.room, LEVEL),
            await self._directs.peer_of(saved.room),
        )

    async def _save(self, name: str, secret: bytes, relay: str, keep: str) -> RoomSummary:
        """Save a room; one that is saved already keeps its name, and a name that is taken gets a number."""
        room = room_keys(secret).room
        wanted = wanted_retention(keep) if keep else None
        rooms = await self._store.rooms()
        known = next((saved for saved in rooms if saved.room == room), None)
        if known:
            if wanted:
                await self._check_keep(room, wanted)
                if wanted.is_limited and wanted != await self._kept(room):  # or it would erase without a question
                    raise RoomError(
                        f"This room is saved already, as {known.name}: `p2pchat-tui keep` changes how much of it stays."
                    )
            saved = replace(known, relay=relay or known.relay)
        else:
            taken = {normal_room_name(each.name) for each in rooms}
            unique, number = name, 2
            while normal_room_name(unique) in taken:
                unique, number = f"{name}-{number}", number + 1
            saved = SavedRoom(unique, room, secret, relay, self._clock.wall_ms())
        if wanted:
            # First, so that a room of which nothing may be on disk is never saved as another kind.
            await self._store.set_setting(room, keeper.KEEP, wanted.text)
        if self._run_name:
            await self._store.set_setting(room, NICK, self._run_name)
        await self._store.save_room(saved)
        return await self._summary(saved)


def wanted_retention(text: str) -> Retention:
    """What a person asks to be kept. Raises RoomError when `text` says nothing of the kind."""
    try:
        return read_retention(text)
    except RetentionError as error:
        raise RoomError(str(error)) from None
