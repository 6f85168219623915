"""One link: owns one RTCPeerConnection and its two DataChannels, from the first description to the very end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from aiortc import (
    RTCConfiguration,
    RTCDataChannel,
    RTCIceServer,
    RTCIceTransportPolicy,
    RTCPeerConnection,
    RTCSessionDescription,
)
from pyee import EventEmitter

from ..ports.ice import IceServer
from ..ports.transport import (
    Channel,
    FrameReceived,
    LinkClosed,
    LinkOpened,
    LinkStats,
    LinkStruggled,
    Pair,
    Path,
    TransportError,
)
from ..ssc.ids import LinkId
from . import guards
from .description import checked, fingerprint_of
from .ends import pairs_of, path_of, stats_of
from .inbox import Inbox, weight
from .limits import CLOSE_S, INBOUND_MAX, LOW_WATER, MESSAGE_MAX, STRUGGLE_S
from .reasons import no_path

log = logging.getLogger(__name__)

CHANNEL_IDS = {Channel.CHAT: 0, Channel.PRESENCE: 2}
"""Stream ids of the negotiated channels: part of the protocol. Even ids, as a browser would take for its first two."""
ICE_END_S = 2.0
"""Seconds that gathering which is under way may still take when its link ends: its sockets must be closed after it."""


def configuration(servers: Sequence[IceServer], relay_only: bool = False) -> RTCConfiguration:
    """A configuration with these servers and no other: left to itself aiortc asks a public STUN server."""
    return RTCConfiguration(
        iceServers=[
            RTCIceServer(urls=server.url, username=server.username or None, credential=server.credential or None)
            for server in servers
        ],
        iceTransportPolicy=RTCIceTransportPolicy.RELAY if relay_only else RTCIceTransportPolicy.ALL,
    )


class Link:
    """One attempt to reach another session, and the connection that comes of it. Ends once, with one LinkClosed."""

    def __init__(
        self,
        link: LinkId,
        servers: Sequence[IceServer],
        inbox: Inbox,
        deadline: float,
        *,
        relay_only: bool = False,
        udp_blocked: Callable[[], bool] = lambda: False,
    ) -> None:
        """`udp_blocked` tells, when no path is found, whether servers that were asked by UDP are all silent."""
        self.id = link
        self.servers = tuple(servers)
        """What it was begun with."""
        self.is_open = False
        self.is_offered = False
        """Whether this side offers."""
        self.reason: str | None = None
        """Why it ended; None while it lives."""
        self._inbox = inbox
        self._udp_blocked = udp_blocked
        self._ended = asyncio.Event()
        self._drained = asyncio.Event()
        self._early: list[FrameReceived] = []
        self._early_bytes = 0
        self._sent = self._got = 0
        """Messages."""
        self._remote = ""
        self._work: asyncio.Task[str] | None = None
        self._pc = RTCPeerConnection(configuration(servers, relay_only))
        self._channels: dict[Channel, RTCDataChannel] = {}
        self._watch(self._pc)
        self._pc.on("connectionstatechange", self._state_changed)
        self._pc.on("datachannel", lambda _: self.end("The other side opened a channel that nobody asked for."))
        self._open_channels()
        assert self._pc.sctp is not None  # made with the first channel
        self._dtls = self._pc.sctp.transport
        self._life = asyncio.create_task(self._live(deadline))

    # ------------------------------------------------------------------------------------------------- describing

    async def offer(self, addresses: Sequence[str] | None, loopback: bool) -> str:
        """Our description as the offering side. Raises TransportError when the link ends meanwhile."""
        self.is_offered = True
        return await self._describe(self._offered(addresses, loopback))

    async def answer(self, offer: str, addresses: Sequence[str] | None, loopback: bool) -> str:
        """Our description in answer to `offer`. Raises TransportError, which also ends the link."""
        return await self._describe(self._answered(offer, addresses, loopback))

    async def accept(self, answer: str) -> None:
        """Take the other side's answer. Raises TransportError; a description that makes no sense ends the link."""
        if self.reason is None and (self._remote or self._work is None or not self._work.done()):
            raise TransportError("This link waits for no answer.")
        await self._describe(self._accepted(answer))

    @property
    def can_begin_anew(self) -> bool:
        """Whether another attempt may take its place: no path was found, and nobody waits for what would be lost.

        The other side repeats an offer that it has no answer to, but what ended here is not answered a second time. So
        an answering side first gives its answer; after the end it asks for a new offer.
        """
        is_described = self._work is not None and self._work.done()
        return not self.is_open and self._pc.iceConnectionState != "completed" and (self.is_offered or is_described)

    async def _offered(self, addresses: Sequence[str] | None, loopback: bool) -> str:
        with guards.host_addresses(addresses, loopback):
            await self._pc.setLocalDescription(await self._pc.createOffer())
        return str(self._pc.localDescription.sdp)

    async def _answered(self, offer: str, addresses: Sequence[str] | None, loopback: bool) -> str:
        await self._take("offer", offer)
        with guards.host_addresses(addresses, loopback):
            await self._pc.setLocalDescription(await self._pc.createAnswer())
        return str(self._pc.localDescription.sdp)

    async def _accepted(self, answer: str) -> str:
        await self._take("answer", answer)
        return ""

    async def _take(self, kind: str, text: str) -> None:
        self._remote = checked(text)
        await self._pc.setRemoteDescription(RTCSessionDescription(sdp=self._remote, type=kind))

    async def _describe(self, work: Coroutine[Any, Any, str]) -> str:
        """Do `work` as a task of its own: nobody cancels it half-way, or sockets would stay behind."""
        if self.reason is not None:
            work.close()
            raise TransportError(self.reason)
        task = self._work = asyncio.create_task(work)
        ended = asyncio.create_task(self._ended.wait())
        try:
            await asyncio.wait({task, ended}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            self.end("The attempt was given up.")
            raise
        finally:
            ended.cancel()
        if self.reason is not None:
            raise TransportError(self.reason)
        # On descriptions that make no sense aiortc raises whatever its parser stumbled over, assertions included.
        if error := task.exception():
            self.end(str(error) if isinstance(error, TransportError) else "The description makes no sense.")
            raise TransportError(self.reason) from error
        return task.result()

    # ---------------------------------------------------------------------------------------------------- sending

    def send(self, channel: Channel, data: str | bytes) -> None:
        """Queue one message; swallowed unless the link is open."""
        dc = self._channels[channel]
        if self.reason is not None or dc.readyState != "open":
            log.debug("link %r is not open: message dropped", self.id)
            return
        try:
            dc.send(data)
        except ValueError:  # the limit that the other side's description names
            self.end("The other side takes only messages that are too short for us.")
        else:
            self._sent += 1

    @property
    def buffered(self) -> int:
        """Bytes queued over all channels."""
        return 0 if self.reason is not None else sum(dc.bufferedAmount for dc in self._channels.values())

    async def writable(self) -> None:
        """Return once `buffered` is under LOW_WATER, or the link has ended."""
        while self.buffered >= LOW_WATER:
            self._drained.clear()
            await self._drained.wait()

    # -------------------------------------------------------------------------------------------------- receiving

    def _open_channels(self) -> None:
        kinds: dict[Channel, dict[str, Any]] = {
            Channel.CHAT: {"ordered": True},
            Channel.PRESENCE: {"ordered": False, "maxRetransmits": 0},
        }
        for channel, kind in kinds.items():
            dc = self._pc.createDataChannel(channel.value, negotiated=True, id=CHANNEL_IDS[channel], **kind)
            self._channels[channel] = dc
            # Each is low below its share, so whenever the sum crosses the mark downwards one of them tells.
            dc.bufferedAmountLowThreshold = LOW_WATER // len(kinds) - 1
            self._watch(dc)
            dc.on("open", self._opened)
            dc.on("message", lambda data, channel=channel: self._received(channel, data))
            dc.on("bufferedamountlow", self._drained.set)
            dc.on("close", self._channel_closed)

    def _watch(self, emitter: EventEmitter) -> None:
        # An exception in a handler comes back as this event; with nobody to listen it would end the receive loop.
        emitter.on("error", self._failed)

    def _failed(self, error: Exception) -> None:
        log.error("a handler of link %r failed", self.id, exc_info=error)
        self.end("An internal error ended the link.")

    def _opened(self) -> None:
        if self.is_open or self.reason is not None:
            return
        if all(dc.readyState == "open" for dc in self._channels.values()):
            self.is_open = True
            self._inbox.put(LinkOpened(self.id))
            for event in self._early:
                self._inbox.put(event)
            self._early.clear()

    def _received(self, channel: Channel, data: str | bytes) -> None:
        if self.reason is not None:
            return
        size = weight(data)
        self._got += 1
        if size > MESSAGE_MAX + weight(b""):
            self.end("The other side sent a message that is far too long.")
        elif self._inbox.waiting(self.id) + self._early_bytes + size > INBOUND_MAX:
            self.end("The other side sends faster than this side can read.")
        elif self.is_open:
            self._inbox.put(FrameReceived(self.id, channel, data))
        else:  # the other side was open first
            self._early.append(FrameReceived(self.id, channel, data))
            self._early_bytes += size

    # ----------------------------------------------------------------------------------------------------- ending

    def end(self, reason: str) -> None:
        """Begin the end, for `reason`; the first one counts. LinkClosed is the last event of this link."""
        if self.reason is not None:
            return
        self.reason = reason
        self._early.clear()
        self._inbox.put(LinkClosed(self.id, reason))
        self._ended.set()
        self._drained.set()

    async def closed(self, within: float = CLOSE_S) -> None:
        """Wait until nothing is left of the link, at most `within` seconds."""
        await asyncio.wait({self._life}, timeout=within)

    def when_gone(self, forget: Callable[[], object]) -> None:
        """Call `forget` once nothing is left of the link."""

        def gone(life: asyncio.Task[None]) -> None:
            if not life.cancelled() and (error := life.exception()):
                log.error("link %r did not end cleanly", self.id, exc_info=error)
            forget()

        self._life.add_done_callback(gone)

    def abandon(self) -> None:
        """Stop waiting for servers that do not answer; only for the end of the program."""
        self._life.cancel()

    async def _live(self, deadline: float) -> None:
        loop = asyncio.get_running_loop()
        opening = loop.call_later(deadline, self._overdue, deadline)
        struggling = loop.call_later(STRUGGLE_S, self._struggle)
        try:
            await self._ended.wait()
        finally:
            opening.cancel()
            struggling.cancel()
            self.end("The program ended.")
            try:
                if self._work is not None and not self._work.done():
                    await asyncio.wait({self._work}, timeout=ICE_END_S + guards.GATHER_S)
            finally:
                await self._pc.close()
                if self._work is not None and self._work.done() and not self._work.cancelled():
                    self._work.exception()  # what went wrong after the end is nobody's concern

    def _overdue(self, deadline: float) -> None:
        if self.is_open:
            return
        if self._remote:
            self.end(f"Not linked within {deadline:g} s. {self._no_path()}")
        else:
            self.end(f"The other side did not answer within {deadline:g} s.")

    def _struggle(self) -> None:
        if self._remote and not self.is_open and self.reason is None:
            self._inbox.put(LinkStruggled(self.id, self._no_path()))

    def _no_path(self) -> str:
        if self._dtls.transport.state == "completed":
            return "A path to the other side was found, but the encrypted handshake does not come through."
        own = self._pc.localDescription.sdp if self._pc.localDescription else ""
        return no_path(own, self._remote, udp_blocked=self._udp_blocked())

    def _state_changed(self) -> None:
        if self._pc.connectionState in ("failed", "closed"):
            self.end(self._why())

    def _channel_closed(self) -> None:
        self.end(self._why())

    def _why(self) -> str:
        if self._pc.iceConnectionState == "failed":
            return "The other side fell silent." if self.is_open else self._no_path()
        if self._pc.connectionState == "failed":
            return "The encrypted handshake failed."
        return "The other side closed the link."

    # ---------------------------------------------------------------------------------------------------- looking

    @property
    def fingerprints(self) -> tuple[str, str]:
        """Sha-256 DTLS fingerprints (own, other's). Raises TransportError before both sides are described."""
        if not self._remote or not self._pc.localDescription:
            raise TransportError("This link is not open.")
        return fingerprint_of(self._pc.localDescription.sdp), fingerprint_of(self._remote)

    @property
    def path(self) -> Path:
        """How the link goes. Raises TransportError while nothing is nominated."""
        return path_of(self._dtls)

    def stats(self) -> LinkStats:
        """The pair in use and what went over it. Raises TransportError while nothing is nominated."""
        return stats_of(self._dtls, self._sent, self._got)

    def pairs(self) -> tuple[Pair, ...]:
        """The pairs of ends that were found so far."""
        return pairs_of(self._dtls)
