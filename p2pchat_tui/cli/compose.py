"""The composition root: settings in, a profile with its real store, transport and signaling out."""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from ..config import Config
from ..ports.signaling import Signaling
from ..ports.transport import Transport
from ..session.profile import Connections, Profile
from ..signaling.urls import PATH, normal_relay_urls
from ..ssc.identity import SEED_BYTES, Identity
from ..ssc.ids import RoomId, SessionId
from .errors import Failure
from .guests import take_over
from .lazy import LazySignaling
from .profiles import ProfileFolder, open_folder, open_folder_or_guest, proposed_nickname
from .terminal import INVITE_VARIABLE

if TYPE_CHECKING:
    from ..signaling.client import RelayClient
    from ..signaling.lan import LanSignaling
    from ..signaling.lan_mdns import Mdns
    from ..signaling.lan_places import Place
    from ..signaling.local import LocalRelay, LocalSignaling
    from ..ssc.room import RoomKeys

RESUME_BYTES = 32
"""The secret by which a session gets its own place at a relay back."""


class SystemClock:
    """The clocks of this computer."""

    def wall_ms(self) -> int:
        """Unix milliseconds."""
        return time.time_ns() // 1_000_000

    def monotonic_ms(self) -> int:
        """Milliseconds from an arbitrary start."""
        return time.monotonic_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class Opened:
    """An open profile, and what it stands on."""

    profile: Profile
    folder: ProfileFolder | None
    """None: nothing of it is on disk."""


class Network:
    """Makes the transports and signalings of this process, importing their code only when one is needed."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._local: LocalRelay | None = None
        """This process's share in the relay of this machine."""
        self._mdns: Mdns | None = None
        """This process's announcements on the LAN."""

    @property
    def connections(self) -> Connections:
        """What a profile needs."""
        lan = None if self._config.relay_only else self.lan
        return Connections(self.transport, self.signaling, lan, normal_relay_urls)

    async def transport(self) -> Transport:
        """A new Mesh; aiortc is imported in a thread."""
        from ..transport.loading import load_mesh

        config = self._config
        mesh: Transport = await load_mesh(config.own_servers, config.ice_addresses, relay_only=config.relay_only)
        return mesh

    def signaling(self, room: RoomId, session: SessionId, relay: str) -> Sequence[Signaling]:
        """This machine's relay unless it is switched off, then the room's own, or those from the settings."""
        found: dict[str, Signaling] = {}
        if port := self._config.local_port:
            url = f"ws://127.0.0.1:{port}{PATH}"

            async def load_local() -> LocalSignaling:
                make_relay, make = await asyncio.to_thread(_local_signaling)
                if self._local is None:
                    self._local = make_relay(port)
                return make(self._local, room, session, _resume(), jitter=random.random)

            found[url] = LazySignaling(url, load_local, is_own=True)
        for url in f"{relay or self._config.relay} {self._config.relay_option}".split():
            if url not in found:
                found[url] = LazySignaling(url, partial(_load_client, url, room, session))
        return tuple(found.values())

    def lan(self, keys: RoomKeys, session: SessionId) -> Signaling:
        """The LAN, on the addresses from the settings; zeroconf is imported in a thread, once."""

        async def load() -> LanSignaling:
            make_mdns, make, find_places = await asyncio.to_thread(_lan_signaling)
            if self._mdns is None:
                self._mdns = make_mdns()
            return make(
                self._mdns,
                keys.beacon,
                session,
                places=partial(find_places, self._config.ice_addresses),
                wall_ms=SystemClock().wall_ms,
                chance=os.urandom,
            )

        return LazySignaling("lan", load)


@asynccontextmanager
async def open_profile(config: Config, *, guest: bool, connections: Connections | None = None) -> AsyncIterator[Opened]:
    """The profile, open for as long as the context lasts; with `guest` another one when it is open elsewhere.

    `connections` are the real ones of `config` unless given. Raises Failure, StoreError, OSError.
    """
    if config.ephemeral:
        opened = _open_nowhere(config, connections or Network(config).connections)
        try:
            yield opened
        finally:
            await opened.profile.close()
        return
    folder = open_folder_or_guest(config.home, config.profile) if guest else _open_alone(config)
    with folder:
        opened = await _open(config, folder, connections or Network(config).connections)
        called = opened.profile.nickname
        try:
            yield opened
        finally:
            await opened.profile.close()
            if opened.profile.nickname != called:
                folder.save_name(opened.profile.nickname)


async def room_to_open(opened: Opened, wanted: str | None) -> str | None:
    """The room to begin with: the one that P2PCHAT_INVITE invites to, joined under the name that is wanted, or else the
    one of that name. Raises RoomError, StoreError.
    """
    invite = os.environ.pop(INVITE_VARIABLE, "")
    return (await opened.profile.join_invite(invite, wanted or "")).name if invite else wanted


def _open_nowhere(config: Config, connections: Connections) -> Opened:
    """A profile of which nothing is ever written: somebody new, in memory."""
    from ..store.memory import MemoryStore

    store = MemoryStore()
    profile = Profile(
        Identity(os.urandom(SEED_BYTES)),
        store,
        connections,
        clock=SystemClock(),
        entropy=os.urandom,
        scratch=MemoryStore,
        nickname=config.nickname or proposed_nickname(os.urandom),
        relay=config.relay,
        lan=config.lan,
        notice=_notice(
            "Nothing of this window is on disk: rooms, messages and your identity are gone when it closes.", config
        ),
        shares_reading=config.share_reading,
        is_on_disk=False,
    )
    return Opened(profile, None)


def _open_alone(config: Config) -> ProfileFolder:
    folder = open_folder(config.home, config.profile)
    if folder is None:
        raise Failure(f'Profile "{config.profile}" is open in another window: do it there, or close that window first.')
    return folder


async def _open(config: Config, folder: ProfileFolder, connections: Connections) -> Opened:
    from ..store.memory import MemoryStore
    from ..store.sqlite import open_store

    identity = folder.identity()
    store = await open_store(folder.database)
    try:
        if folder.guest:
            await take_over(config.profile_folder / "rooms.db", store, identity.peer)
        if config.nickname_option and not folder.saved_name():
            folder.save_name(config.nickname_option)
        nickname = (not config.nickname_option and config.nickname) or _kept_nickname(folder)
    except BaseException:
        await store.close()
        raise
    profile = Profile(
        identity,
        store,
        connections,
        clock=SystemClock(),
        entropy=os.urandom,
        scratch=MemoryStore,
        nickname=nickname,
        run_name=config.nickname_option if config.nickname_option != nickname else "",
        relay=config.relay,
        lan=config.lan,
        notice=_notice(folder.notice, config),
        shares_reading=config.share_reading,
    )
    return Opened(profile, folder)


def missing_turn(config: Config) -> str:
    """What the user must know about relay-only links without a TURN server; empty when there is nothing."""
    if not config.relay_only or any(server.url.startswith("turn") for server in config.own_servers):
        return ""
    return (
        "Links go through TURN servers only (relay-only), and none is in ice_servers: unless a relay names one, "
        "nobody can be linked with."
    )


def _notice(own: str, config: Config) -> str:
    return " ".join(text for text in (own, missing_turn(config)) if text)


def _kept_nickname(folder: ProfileFolder) -> str:
    """The name from last time, or one that is proposed now and kept."""
    name = folder.saved_name()
    if not name:
        name = proposed_nickname(os.urandom)
        folder.save_name(name)
    return name


async def _load_client(url: str, room: RoomId, session: SessionId) -> RelayClient:
    make = await asyncio.to_thread(_relay_client)
    return make(url, room, session, _resume(), jitter=random.random)


def _resume() -> bytes:
    """Another one for each relay: none can use it at another."""
    return os.urandom(RESUME_BYTES)


# Imports that take a while: for a thread.


def _relay_client() -> type[RelayClient]:
    from ..signaling.client import RelayClient

    return RelayClient


def _local_signaling() -> tuple[type[LocalRelay], type[LocalSignaling]]:
    from ..signaling.local import LocalRelay, LocalSignaling

    return LocalRelay, LocalSignaling


def _lan_signaling() -> tuple[type[Mdns], type[LanSignaling], Callable[[Sequence[str] | None], tuple[Place, ...]]]:
    from ..signaling.lan import LanSignaling
    from ..signaling.lan_mdns import Mdns
    from ..signaling.lan_places import find_places

    return Mdns, LanSignaling, find_places
