"""The commands that the plain mode carries out in its own way: /history, /go, /search, /links, /facts, …"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import tzinfo

from ...session import api
from ...session.query import Query, QueryError
from ...session.search import Finder, Found, Results
from ..clipboard import clipboard_sequence
from ..facts import facts_of
from ..found import HELP, excerpt, sought_text, when_text
from ..inspection import Facts, SpokenInspection
from ..rooms import OpenRoom
from ..text import clock_text, count_text, day_text, shown, shown_line
from .numbers import Numbered, leading_number
from .plain_front import PlainFront
from .rooms import PlainRoom, PlainRooms
from .teller import INDENT, author_name

LISTED = 20
"""Messages that /history gives unless more are asked for."""
LISTED_MAX = 200
AROUND = 11
"""Messages that /go gives: the one, and what stands before and behind it."""
FOUND = 10
"""What /search gives at once."""
EXCERPT = 160
"""Characters of a message that was found."""


class PlainVerbs:
    """See VERBS."""

    def __init__(
        self,
        front: PlainFront,
        rooms: PlainRooms,
        write: Callable[[str], None],
        tz: tzinfo | None,
        emit: Callable[[str], None] | None = None,
    ) -> None:
        """`emit` writes a sequence to the terminal; None where it knows none, or there is none."""
        self._front = front
        self._rooms = rooms
        self._numbers = rooms.numbers
        self._write = write
        self._emit = emit
        self._tz = tz
        self._next_page: Callable[[], Awaitable[None]] | None = None
        """What /more does."""

    # ------------------------------------------------------------------------------------------------ which message

    def _target(self, room: OpenRoom, argument: str) -> api.MessageView | None:
        message, _ = self._front.pick(room, argument)
        return message or room.window.newest(but=room.session.ignored)

    def do_copy(self, room: OpenRoom, argument: str) -> str | None:
        message = self._target(room, argument)
        if message is None or message.retracted:
            return "There is no text to be copied: /history gives the numbers of other messages."
        text = shown(message.text)
        if self._emit is not None:
            self._emit(clipboard_sequence(text))
            self._write(f"Copied, if the terminal lets programs do that: “{shown_line(message.text, EXCERPT)}”")
            return None
        self._write("No clipboard can be reached from here. This is the text, after two blanks in each line:")
        for line in text.split("\n"):
            self._write(INDENT + line)
        return None

    def do_facts(self, room: OpenRoom, argument: str) -> str | None:
        message = self._target(room, argument)
        if message is None:
            return "Nothing was written here yet: a line is a message."
        self._front.run(self._show_facts(room, message.id), "facts")
        return None

    async def _show_facts(self, room: OpenRoom, target: api.EntryId) -> None:
        facts, view = await room.session.facts(target), room.session.view
        if facts is None:
            self._front.tell("That message is not here any more. /history gives those that are.", severity="warning")
            return
        message = facts.message
        who = "you" if message.mine else author_name(message, view)
        day, clock = day_text(message.at_ms, self._tz), clock_text(message.at_ms, self._tz)
        self._write(f"Message #{self._numbers.give(room.id, message)} of {who}, {day}, {clock}:")
        for fact in facts_of(facts, view, self._tz):
            if fact.label:  # of a signature it is enough that it was checked
                self._write(f"{INDENT}{fact.label}: {fact.text}")
        for each in message.reactions:
            by = ", ".join("you" if peer == view.me else self._name(room, peer) for peer in each.authors)
            self._write(f"{INDENT}reaction: {shown_line(each.emoji, 20)} of {by}")
        if message.retracted:
            self._write(f"{INDENT}It was taken back.")

    def _name(self, room: OpenRoom, peer: api.PeerId) -> str:
        found = next((each.name for each in room.session.view.peers if each.peer == peer), f"?{peer.tag}")
        return shown_line(found, 40)

    # ------------------------------------------------------------------------------------------------------ listing

    def do_history(self, _room: OpenRoom, argument: str) -> str | None:
        if argument and not (argument.isdecimal() and 1 <= int(argument) <= LISTED_MAX):
            return f"How many messages? 1 to {LISTED_MAX}; {LISTED} if you do not say. /more goes further back."
        room = self._rooms.current
        assert room is not None
        self._front.run(self._list(room, int(argument or LISTED), None), "history")
        return None

    async def _list(self, room: PlainRoom, count: int, before: api.Order | None) -> None:
        page = await room.session.history(count, before)
        self._next_page = None
        if not page.messages:
            self._write("There is nothing older here." if before else "Nothing was written here yet.")
            return
        self._show(room, page)
        oldest = page.messages[0].order
        if page.more:
            self._next_page = lambda: self._list(room, count, oldest)
        older = "/more gives older ones." if page.more else "Nothing is older."
        self._write(f"{older} /reply #NUMBER TEXT answers one; /edit, /delete, /react, /copy, /facts likewise.")

    def _show(self, room: PlainRoom, page: api.Page, target: api.EntryId | None = None) -> None:
        view = room.session.view
        for message in page.messages:
            if message.author in view.ignored:
                continue
            marks = [f"#{self._numbers.give(room.id, message)}", *(["this one"] if message.id == target else [])]
            for line in room.teller.message(message, view, self._front.now_ms, *marks):
                self._write(line)

    def do_more(self, _room: OpenRoom | None, _argument: str) -> str | None:
        if self._next_page is None:
            return "There is no next page. /history gives messages of this room, /search WORDS of all."
        self._front.run(self._go_on(self._next_page), "history")
        return None

    async def _go_on(self, next_page: Callable[[], Awaitable[None]]) -> None:
        try:
            await next_page()
        except QueryError as error:
            self._front.tell(str(error), severity="warning")

    def do_go(self, _room: OpenRoom | None, argument: str) -> str | None:
        number, rest = leading_number(argument if argument.startswith("#") else f"#{argument}")
        if number is None or rest:
            return "Where to? /go takes the number of a message, such as #3; /join goes to a room."
        numbered = self._front.numbered(number)
        self._front.run(self._go(numbered), "go")
        return None

    async def _go(self, numbered: Numbered) -> None:
        saved = next((each for each in self._front.saved if each.room == numbered.room), None)
        if saved is None:
            self._front.tell("The room of that message is not saved here any more: /rooms lists those that are.")
            return
        room = self._rooms.current
        if room is None or room.id != numbered.room:
            room = await self._rooms.enter(saved.name)
        page = await room.session.around(AROUND, numbered.message.id)
        if page is None:
            self._front.tell("That message is not here any more. /history gives those that are.", severity="warning")
            return
        self._write(f"In {shown_line(room.title)}, around that message:")
        self._show(room, page, numbered.message.id)

    # ------------------------------------------------------------------------------------------------------- search

    def do_search(self, _room: OpenRoom | None, words: str) -> str | None:
        if not words:
            self._write("/search looks in all rooms, newest first. What one may write behind it:")
            for example, help in HELP:
                self._write(f"{INDENT}{example}: {help}")
            return None
        finder = self._front.profile.finder(self._tz)
        try:
            query = finder.read(words)
        except QueryError as error:
            return str(error)
        self._front.run(self._go_on(lambda: self._search(finder, query)), "search")
        return None

    async def _search(self, finder: Finder, query: Query, last: Results | None = None) -> None:
        self._next_page = None
        below = last.more if last else None
        results = await finder.find(query, FOUND, below)
        if results.unready:
            self._write(f"Reading {count_text(results.unready, 'entry', 'entries')} first.")
            while await finder.make_ready():
                pass
            results = await finder.find(query, FOUND, below)
        while not results.found and results.more is not None:  # all of that page reads differently by now
            results = await finder.find(query, FOUND, results.more)
        for found in results.found:
            self._tell_found(found, query)
        if results.more is not None:
            self._next_page = lambda: self._search(finder, query, results)
        if not results.found:
            self._write(f"Nothing {'more ' if last else ''}was found: {sought_text(query)}. /search alone says how.")
        else:
            rest = "/more gives the next ones. " if results.more is not None else "That is all. "
            self._write(f"{rest}/go #NUMBER goes to one.")

    def _tell_found(self, found: Found, query: Query) -> None:
        message = found.message
        saved = next((each for each in self._front.saved if each.name == found.room), None)
        if saved is None:
            return  # forgotten a moment ago
        who = "you" if message.mine else shown_line(message.name, 40)
        when = when_text(message.at_ms, self._front.now_ms, self._tz)
        text, _ = excerpt(message.text, query.terms, EXCERPT)
        number = self._numbers.give(saved.room, message)
        self._write(f"#{number} {shown_line(saved.title, 40)} {when} {who}: {text}")

    # ------------------------------------------------------------------------------------------------------ network

    def do_links(self, room: OpenRoom, argument: str) -> str | None:
        with_addresses = argument.casefold() == "addresses"
        if argument and not with_addresses:
            return "/links takes nothing, or the word addresses."
        session = room.session
        facts = Facts(session.view, session.links(), session.attempts(), self._front.now_ms)
        for line in SpokenInspection(facts, self._tz, addresses=with_addresses).lines():
            self._write(line)
        if not with_addresses:
            self._write("/links addresses shows the addresses, too; /retry tries everything now.")
        return None
