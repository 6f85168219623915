"""Scenes of what messages can look like: Markdown, code, tables, wide letters; chosen, selected, looked at closely."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from textual.geometry import Offset
from textual.pilot import Pilot
from textual.selection import Selection

from p2pchat_tui.session.api import MarkRead, React, Say, Term
from p2pchat_tui.session.session import Session
from p2pchat_tui.ui.screens.chat import ChatScreen
from p2pchat_tui.ui.widgets.key_line import KeyLine
from tests.ui.scenes import Scene
from tests.ui.world import World, in_room, met, settled, until

PLAN = """\
**Plan for Sunday**, see [the map](https://example.org/orchard/map) and ask @maya:

1. ladders and crates to *row 3*
2. then the press
   - wash it first, ~~cold~~ warm water
   - `make press` starts the log

> Two years ago we began at nine
> and were done by *four*.
"""
CODE = """\
This counts them:
```python
def crates(rows: list[int], per_crate: int = 24) -> int:
    # Half a crate is a crate.
    return sum(-(-apples // per_crate) for apples in rows)

print(f"{crates([310, 128])} crates for {2} rows")
```"""
DIFF = """\
```diff
- per_crate = 24
+ per_crate = 30
```"""
TABLE = """\
| row | trees | ripe | picked by | remark |
|-----|------:|:----:|-----------|--------|
| 3   |    14 | yes  | ana, bo   | two branches are broken, mind the wasps |
| 4   |    11 | half | cy        | rest on Tuesday |"""
WIDE = "りんごの収穫は日曜日です。みんな来てね 👨‍👩‍👧 👍🏽 🇩🇪 e\u0301 and 한국어 too"
TRICK = (
    "[https://bank.example](https://evil.example/login) and [docs](https://docs.example.org/a?b=c) "
    "<mailto:ana@example.org>"
)


def _scene(
    texts: tuple[str, ...],
    after: Callable[[Pilot[str | None], ChatScreen, Session, Session], Awaitable[None]] | None = None,
) -> Scene:
    """A room of two in which ana says `texts`, then bo answers the last; `after` looks at it."""
    world = World()
    me, ana, bo = (world.profile(name, number=number) for name, number in (("maya", 11), ("ana", 12), ("bo", 13)))

    async def before() -> None:
        await me.new_room("orchard")
        for person in (ana, bo):
            await person.join_invite(await me.invite("orchard"))

    async def play(pilot: Pilot[str | None]) -> None:
        chat = await in_room(pilot)
        assert chat.room is not None
        sessions = [chat.room.session, await ana.open("orchard"), await bo.open("orchard")]
        await met(pilot, *sessions)
        for number, text in enumerate(texts):
            world.clock.at(22, 9, 10 + number)
            last = await sessions[1].do(Say(text))
            await settled(pilot, *sessions)
        world.clock.at(22, 9, 18)
        assert last is not None
        await sessions[2].do(Say("I bring the **crates**.", last))
        await settled(pilot, *sessions)
        await sessions[2].do(React(last, "👍"))
        await settled(pilot, *sessions)
        chat.room.first_new = None
        chat.refresh_room()
        await until(pilot, lambda: chat.timeline.is_settled)
        if after is not None:
            await after(pilot, chat, sessions[0], sessions[2])
        await pilot.pause()

    return Scene(world.app(me, "orchard", before=before), play)


async def _has_keys(pilot: Pilot[str | None], chat: ChatScreen) -> None:
    """Wait until the last line shows what can be done with the message that is chosen."""
    await until(pilot, lambda: any(key.does == "Reply" for key in chat.query_one(KeyLine).keys))


async def _choose(pilot: Pilot[str | None], chat: ChatScreen, _mine: Session, _bo: Session) -> None:
    chat.timeline.focus()
    await pilot.press("up")
    await _has_keys(pilot, chat)


async def _inspect(pilot: Pilot[str | None], chat: ChatScreen, mine: Session, bo: Session) -> None:
    await chat.app.world.pass_time(3_000)  # type: ignore[attr-defined]
    newest = (await mine.history(1)).messages[0]
    first = (await mine.history(9)).messages[0]
    await bo.do(MarkRead(newest.order))
    await until(pilot, lambda: mine.view.readers(first.order))
    await until(pilot, lambda: mine.holders(first.author, first.seq)[0] == 2)
    chat.timeline.focus()
    chat.timeline.jump(first.id)
    await _has_keys(pilot, chat)
    await pilot.press("i")
    await until(pilot, lambda: pilot.app.screen is not chat)


async def _follow(pilot: Pilot[str | None], chat: ChatScreen, _mine: Session, _bo: Session) -> None:
    chat.timeline.focus()
    await pilot.press("up", "up")
    await _has_keys(pilot, chat)
    await pilot.press("o")
    await until(pilot, lambda: pilot.app.screen is not chat)


async def _select(pilot: Pilot[str | None], chat: ChatScreen, _mine: Session, _bo: Session) -> None:
    last = chat.timeline.virtual_size.height - 1
    chat.selections = {chat.timeline: Selection(Offset(24, last - 6), Offset(30, last))}


async def _find(pilot: Pilot[str | None], chat: ChatScreen, _mine: Session, _bo: Session) -> None:
    chat.timeline.find = (Term("crates"),)
    await until(pilot, lambda: chat.timeline.is_settled)


MESSAGE_SCENES: dict[str, Callable[[], Scene]] = {
    "markdown": lambda: _scene((PLAN, TRICK)),
    "code": lambda: _scene((CODE, DIFF), _find),
    "table-and-wide": lambda: _scene((TABLE, WIDE)),
    "chosen": lambda: _scene((PLAN, CODE), _choose),
    "selected": lambda: _scene((PLAN, WIDE), _select),
    "message": lambda: _scene((PLAN, CODE), _inspect),
    "links": lambda: _scene((PLAN, TRICK), _follow),
}
