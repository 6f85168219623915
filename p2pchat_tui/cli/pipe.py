"""The command `pipe`: a room on standard input and output, that ends with the truth about what it wrote."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass, replace

from ..config import Config
from ..ports.store import StoreError
from ..session import api
from ..session.catalogue import RoomError
from ..session.profile import Profile
from ..session.session import Session
from ..ui.spoken import is_hidden, shown_to
from .compose import open_profile, room_to_open
from .errors import Exit, explain
from .pipe_asks import Asks
from .pipe_json import JsonLines
from .pipe_plain import PlainLines
from .requests import Answer, AskAlone, BadLine, Format, GiveRelays, History, Line, Request, UseLan
from .signals import heeded
from .streams import LINE_MAX, Lines, Output
from .tags import Tags

OWN_MAX = 5_000
"""Own messages whose holders are told of; older ones that somebody else holds are no longer followed."""
UNREAD_S = 1.0
"""How long the input is still read once nobody reads the output: what is in it already was meant to be sent."""
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


async def pipe(config: Config, options: argparse.Namespace) -> int:
    """Chat until the input ends, the room is left, or a signal comes; the exit code."""
    form: Format = JsonLines() if options.json else PlainLines()
    output = Output()
    try:
        with _stop_signals() as stop:
            code = await _chat(config, options, form, output, stop)
    except BaseException as error:
        if isinstance(error, Exception):
            foreseen = explain(error)
            code = foreseen[0] if foreseen else Exit.FAILED
            if options.json:
                _put(output, form.problem("failed", foreseen[1] if foreseen else "The program failed."))
            _put(output, form.bye(code))
        await output.close()
        raise
    _put(output, form.bye(code))
    await output.close()
    return code


async def _chat(config: Config, options: argparse.Namespace, form: Format, output: Output, stop: asyncio.Event) -> int:
    async with open_profile(config, guest=True) as opened:
        if opened.profile.notice:
            is_guest = opened.folder is not None and opened.folder.guest
            _put(output, form.problem("guest" if is_guest else "notice", opened.profile.notice))
        name = await room_to_open(opened, options.room) or options.room
        # Before the room runs: whoever asks in this run is told of by its events.
        asks = Asks(opened.profile, name)
        waiting = await asks.waiting()
        session = await opened.profile.open(name)
        return await Pipe(opened.profile, session, form, output, stop, asks).run(options.wait, waiting)


@contextlib.contextmanager
def _stop_signals() -> Iterator[asyncio.Event]:
    """An event that is set by the first signal to end; a second one ends the program the hard way."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    signals = heeded(*_SIGNALS)

    def hear() -> None:
        stop.set()
        for each in signals:
            loop.remove_signal_handler(each)

    for each in signals:
        loop.add_signal_handler(each, hear)
    try:
        yield stop
    finally:
        for each in signals:
            loop.remove_signal_handler(each)


def _put(output: Output, lines: Iterable[Line]) -> None:
    for text, is_note in lines:
        output.put(text, is_note=is_note)


@dataclass(slots=True)
class _Own:
    """An entry that this run wrote."""

    author: api.PeerId
    seq: int
    is_message: bool
    held: tuple[int, int] = (0, 0)
    """How many others have it, of how many; what was told last."""


class Pipe:
    """One run in one room."""

    def __init__(
        self, profile: Profile, session: Session, form: Format, output: Output, stop: asyncio.Event, asks: Asks
    ) -> None:
        self._profile = profile
        self._session = session
        self._tags = Tags(session.view.me)
        self._asks = asks
        self._form = form
        self._output = output
        self._stop = stop
        self._own: dict[api.EntryId, _Own] = {}
        self._news = asyncio.Event()
        """Set when holders of own entries have changed."""
        self._left = False
        self._refused = False
        """Whether a line was not carried out."""
        self._unreadable = False
        self._linked = False
        self._is_cut_short = False
        """Whether nobody reads what is told here, while the input goes on."""

    async def run(self, wait_s: float, asking: Iterable[api.DirectAsked]) -> Exit:
        """Chat until there is nothing more to do; the exit code. Raises StoreError.

        `asking`: who waits for an answer from earlier runs.
        """
        events = self._session.events()  # from here on none is missed, so the view is read after it
        await self._tell(self._form.ready(self._session.view))
        for ask in asking:
            await self._tell(self._form.event(ask))
        following = asyncio.create_task(self._follow(events))
        reading = asyncio.create_task(self._read())
        ends = [asyncio.create_task(self._stop.wait()), following]
        broken = asyncio.create_task(self._output.broken.wait())
        try:
            await asyncio.wait([reading, broken, *ends], return_when=asyncio.FIRST_COMPLETED)
            if broken.done() and not reading.done():
                await asyncio.wait([reading, *ends], timeout=UNREAD_S, return_when=asyncio.FIRST_COMPLETED)
                self._is_cut_short = not any(each.done() for each in (reading, *ends))
            if reading.done():
                reading.result()
            if not self._left and not any(each.done() for each in ends):
                waiting = asyncio.create_task(self._wait_for_holders())
                ends.append(waiting)
                await asyncio.wait(ends, timeout=wait_s, return_when=asyncio.FIRST_COMPLETED)
            if following.done():
                following.result()
            return self._exit_code(ended=following.done())
        finally:
            await _cancel([reading, broken, *ends])

    def _exit_code(self, *, ended: bool) -> Exit:
        if ended or self._refused or self._is_cut_short:
            return Exit.FAILED
        if not self._unheld():
            return Exit.DONE
        return Exit.REFUSED if self._unreadable and not self._linked else Exit.QUEUED

    # What comes in ---------------------------------------------------------------------------------------------

    async def _read(self) -> None:
        """Carry out each line of input, one after the other, until there is none or the room is left."""
        if sys.stdin is None:
            return
        number = 0
        async for line in Lines(sys.stdin.fileno()):
            number += 1
            code, tag = "", None
            try:
                if line is None:
                    raise BadLine(f"it is longer than {LINE_MAX // 1024} KiB")
                asked = self._form.parse(line)
                if asked is not None:
                    tag = asked.tag
                    await self._carry_out(asked.request, tag)
            except BadLine as error:
                code, why = "bad-command", f"Line {number} was not carried out: {error}."
                tag = tag if tag is not None else error.tag
            except (api.CommandRefused, RoomError) as error:
                code, why = "refused", f"Line {number} was not carried out: {error}"
            except StoreError as error:
                code, why = "store-failed", str(error)
            if code:
                self._refused = True
                await self._tell(self._form.problem(code, why, number, tag))
            if self._left:
                return

    async def _carry_out(self, request: Request, tag: str | None = None) -> None:
        match request:
            case api.Leave():
                self._left = True
                return
            case History(limit, before):
                place = (await self._find(before)).order if before else None
                page = await self._session.history(limit, place)
                ignored = self._session.ignored
                shown = tuple(shown_to(each, ignored) for each in page.messages if each.author not in ignored)
                next_place = page.messages[0].id if page.more and page.messages else None
                await self._tell(self._form.history(replace(page, messages=shown), next_place, tag))
                return
            case Answer():
                await self._tell(self._form.answered(request, await self._asks.answer(request), tag))
                return
            case AskAlone(peer):
                room = await self._asks.ask(self._peer(peer))
                await self._tell(self._form.asking(peer, room, tag))
                return
            case UseLan(on):
                await self._profile.use_lan(self._session.name, on)
                await self._tell(self._form.done(tag))
                return
            case GiveRelays(urls):
                await self._profile.use_relays(self._session.name, urls)
                await self._tell(self._form.done(tag))
                return
            case api.SetIgnored(peer, _) | api.SetMuted(peer, _) | api.SetAlias(peer, _):
                self._peer(peer)
            case api.Say(_, api.EntryId() as target) | api.React(target, _, _):
                await self._find(target)
            case api.Edit(target, _) | api.Retract(target):
                if not (await self._find(target)).mine:
                    raise BadLine("that message is somebody else's")
            case _:
                pass
        with self._tags.expected(request, tag) as is_told:
            written = await self._session.do(request)
        if not is_told:
            await self._tell(self._form.done(tag))
        if written:
            await self._note_own(written, isinstance(request, api.Say))

    def _peer(self, wanted: api.PeerId) -> api.PeerView:
        for peer in self._session.view.peers:
            if peer.peer == wanted:
                return peer
        raise BadLine("nobody with that key is in this room")

    async def _find(self, target: api.EntryId) -> api.MessageView:
        message = await self._session.message(target)
        if message is None:
            raise BadLine("there is no message with that id here")
        return message

    # What goes out ---------------------------------------------------------------------------------------------

    async def _follow(self, events: AsyncIterator[api.Event]) -> None:
        async for event in events:
            match event:
                case api.HoldersChanged():
                    await self._count_holders()
                case api.RoomChanged():
                    await self._tell(self._form.room(self._session.view))
                case api.Problem("signals-unreadable"):
                    self._unreadable = True
                case api.Synced():
                    self._linked = True
                case api.Resync():
                    self._tags.forget()
                case _:
                    pass
            tag = self._tags.of(event)
            if is_hidden(event, self._session.ignored):
                await self._tell(self._form.done(tag))
                continue
            if isinstance(event, api.MessageAdded):
                event = replace(event, message=shown_to(event.message, self._session.ignored))
            await self._tell(self._form.event(event, tag))

    async def _tell(self, lines: Iterable[Line]) -> None:
        for text, is_note in lines:
            await self._output.write(text, is_note=is_note)

    # What became of it -----------------------------------------------------------------------------------------

    async def _note_own(self, written: api.EntryId, is_message: bool) -> None:
        place = await self._session.place(written)
        if place is None:
            return  # the disk has damaged it already, which the session tells
        self._own[written] = own = _Own(*place, is_message)
        await self._count(written, own)

    async def _count_holders(self) -> None:
        """Tell whose count is new; stop following what everybody has."""
        for entry, own in list(self._own.items()):
            await self._count(entry, own)
        self._news.set()

    async def _count(self, entry: api.EntryId, own: _Own) -> None:
        held = self._session.holders(own.author, own.seq)
        if held == own.held or held[0] < own.held[0]:
            return
        own.held = held
        if own.is_message and held[0]:
            await self._tell(self._form.holders(entry, *held))
        if held[0] and (held[0] >= held[1] or len(self._own) > OWN_MAX):
            self._own.pop(entry, None)

    def _unheld(self) -> bool:
        return any(not own.held[0] for own in self._own.values())

    async def _wait_for_holders(self) -> None:
        while self._unheld():
            self._news.clear()
            await self._news.wait()


async def _cancel(tasks: Iterable[asyncio.Task[object]]) -> None:
    running = [task for task in tasks if not task.done()]
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
