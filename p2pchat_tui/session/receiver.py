"""Takes what comes over the links: decodes it, believes nothing before the hello, and hands it to whom it concerns."""

from __future__ import annotations

from ..ports.transport import Channel, FrameReceived
from ..ssc.clock import Now
from ..ssc.frames import Carried, Frame, Ping, Pong
from ..ssc.ids import PeerId
from ..ssc.wire import WireError
from .introductions import Introductions
from .linker import Linker
from .links import Link
from .listener import Listener
from .maker import Maker


class Receiver:
    """The receiving end of one session's links."""

    def __init__(self, maker: Maker, linker: Linker, introductions: Introductions, listener: Listener) -> None:
        self._maker = maker
        self._linker = linker
        self._introductions = introductions
        self._listener = listener

    def receive(self, event: FrameReceived, now: Now) -> None:
        """Take in what a link brought: a frame, or a part of one."""
        link = self._maker.get(event.link)
        if link is None:
            return
        try:
            frame = link.decoders[event.channel].decode(event.data)
        except WireError as error:
            self._maker.fault(link, f"sent {error}", now)
            return
        if link.hear(now.mono):
            self._linker.trust(link.session)
        if link.is_up and link.peer:
            self._listener.heard(link.peer)
        if frame is None:
            return
        if not link.is_up:
            if event.channel is Channel.CHAT:
                self._maker.greeted(link, frame, now)
            return  # soft frames may overtake the hello: not believed before it
        if link.peer is not None:
            self._hand_on(frame, link, link.peer, event.channel, now)

    def _hand_on(self, frame: Frame, link: Link, peer: PeerId, channel: Channel, now: Now) -> None:
        match frame:
            case Ping(number):
                if not link.outbox.is_behind:  # who asks without end and takes no answer must not fill our memory
                    link.outbox.send(Pong(number), soft=channel is Channel.PRESENCE)
            case Pong():
                self._linker.trust(link.session)
                if link.pings.pong(frame, now.mono):
                    self._listener.link_news(peer)
            case Carried():
                self._introductions.carried(frame, peer, now)
            case _:
                self._listener.frame(peer, frame)
