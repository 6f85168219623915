"""Looking closely at messages: what they answer, where their links lead, who has them, and what vouches for them."""

from __future__ import annotations

from datetime import UTC

import pytest
from textual.widgets import OptionList

from p2pchat_tui.session.api import MarkRead, MessageFacts, Say, SetVerified
from p2pchat_tui.ui.screens.link import LinkScreen
from p2pchat_tui.ui.screens.looks import has_desktop
from p2pchat_tui.ui.screens.message import MessageScreen, MessageText, facts_content
from tests.ui.messages import message
from tests.ui.test_chat import Pair, pair
from tests.ui.world import settled, shown


async def choose(p: Pair, text: str) -> None:
    """Choose the newest message with `text`."""
    await p.until(lambda: text in shown(p.chat))
    target = next(m for m in reversed(p.chat.room.window.messages) if text in m.text)  # type: ignore[union-attr]
    p.chat.timeline.focus()
    p.chat.timeline.jump(target.id)
    await p.pilot.pause()


async def test_what_is_answered_is_found_however_far_back_and_the_way_returns() -> None:
    async with pair(size=(80, 24)) as p:
        first = await p.hers.do(Say("the very first"))
        for number in range(250):
            await p.hers.do(Say(f"message {number}"))
        await p.hers.do(Say("an answer", first))
        await settled(p.pilot, p.mine, p.hers)
        await p.until(lambda: "an answer" in shown(p.chat))
        assert p.chat.room is not None
        await p.chat.room.load()
        p.chat.refresh_room()
        await choose(p, "an answer")
        await p.pilot.press("g")
        await p.until(lambda: "the very first" in shown(p.chat))
        assert p.chat.timeline.chosen == first
        assert p.chat.room.window.cut_off and not p.chat.timeline.following
        assert "message 249" not in shown(p.chat)
        # What is written meanwhile is not shown in the wrong place.
        await p.hers.do(Say("news"))
        await settled(p.pilot, p.mine, p.hers)
        for expected in (150, 249):
            for _ in range(12):
                await p.pilot.press("pagedown")
            await p.until(lambda expected=expected: f"message {expected}" in shown(p.chat))
        await p.pilot.press("end")
        await p.until(lambda: p.chat.timeline.following)
        await p.until(lambda: shown(p.chat).rstrip().endswith("news"))
        assert not p.chat.room.window.cut_off


async def test_an_answer_to_what_is_not_here_says_so() -> None:
    async with pair() as p:
        await p.hers.do(Say("an answer", message(0).id))
        await choose(p, "an answer")
        await p.pilot.press("g")
        await p.until(lambda: any("not here yet" in text for text in p.told))


async def test_a_message_tells_who_has_it_and_who_has_read_it() -> None:
    async with pair() as p:
        await p.write("who reads **this**?")
        await settled(p.pilot, p.mine, p.hers)
        newest = await p.newest()
        await p.mine.do(SetVerified(p.hers.view.me, True))  # whose mark is the same as that for having it
        await p.world.pass_time(5_000)
        await p.until(lambda: p.mine.holders(newest.author, newest.seq)[0])
        await choose(p, "who reads")
        await p.pilot.press("i")
        await p.until(lambda: isinstance(p.app.screen, MessageScreen))
        text = str(p.app.screen.query_one(MessageText).render())
        assert "held by     ✓ ana\n" in text and "✓ good" in text and newest.id.text in text
        assert text.endswith("who reads **this**?")
        await p.pilot.press("c", "escape")
        assert p.app.clipboard == "who reads **this**?"
        await p.hers.do(MarkRead(newest.order))
        await p.world.pass_time(3_000)
        await p.until(lambda: p.mine.view.readers(newest.order))
        await p.pilot.press("i")
        await p.until(lambda: isinstance(p.app.screen, MessageScreen))
        assert "read by     ✓ ana" in str(p.app.screen.query_one(MessageText).render())


async def test_a_link_is_followed_only_after_it_was_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    async with pair() as p:
        opened: list[str] = []
        monkeypatch.setattr(p.app, "open_url", lambda url: opened.append(url))
        monkeypatch.setenv("DISPLAY", ":0")
        await p.hers.do(Say("[one](https://one.example/x) and https://two.example"))
        await choose(p, "two.example")
        await p.pilot.press("o")
        await p.until(lambda: isinstance(p.app.screen, LinkScreen))
        assert p.app.screen.query_one(OptionList).option_count == 2
        await p.pilot.press("escape")
        assert opened == []
        await p.pilot.press("o")
        await p.until(lambda: isinstance(p.app.screen, LinkScreen))
        await p.pilot.press("down", "c")
        assert p.app.clipboard == "https://two.example"
        await p.pilot.press("o")
        await p.until(lambda: isinstance(p.app.screen, LinkScreen))
        await p.pilot.press("enter")
        await p.until(lambda: opened == ["https://one.example/x"])
        monkeypatch.delenv("DISPLAY")
        monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
        monkeypatch.setattr("sys.platform", "linux")
        await p.pilot.press("o")
        await p.until(lambda: isinstance(p.app.screen, LinkScreen))
        await p.pilot.press("enter")
        await p.until(lambda: p.app.clipboard == "https://one.example/x")
        assert len(opened) == 1


async def test_a_click_on_a_reaction_joins_it_and_another_leaves_it() -> None:
    async with pair() as p:
        said = await p.hers.do(Say("look"))
        await p.until(lambda: "look" in shown(p.chat))
        assert said is not None
        await p.write("/react tada")
        await p.until(lambda: "🎉 1 you" in shown(p.chat))
        timeline = p.chat.timeline
        y = next(y for y in range(timeline.size.height) if "🎉" in timeline.render_line(y).text)
        x = timeline.render_line(y).text.index("🎉")
        await p.pilot.click("#timeline", offset=(x, y))
        await p.until(lambda: "🎉" not in shown(p.chat))


def test_a_browser_needs_a_desktop() -> None:
    assert has_desktop({"WAYLAND_DISPLAY": "wayland-0"}, "linux")
    assert has_desktop({}, "darwin")
    assert not has_desktop({"SSH_TTY": "/dev/pts/1"}, "linux")


@pytest.mark.parametrize("width", [40, 60, 90])
async def test_the_facts_fit_and_hold_nothing_hostile(width: int) -> None:
    async with pair() as p:
        hostile = "\x1b]52;c;aGk=\x07 [bold]x[/bold] " + "long " * 40 + "\u202e"
        facts = MessageFacts(message(0, hostile, order=(1 << 62, b"", 0)), (), hostile, 2, False, b"", 0)
        text = facts_content(facts, p.mine.view, UTC, width).plain
        assert "✗ no good" in text and "not yet     · ana" in text
        assert "2 times; first written" in " ".join(text.split())
        assert not {"\x1b", "\x07", "\u202e"} & set(text)
        assert "[bold]x[/bold]" in text
        assert max(map(len, text.split("\n"))) <= width
