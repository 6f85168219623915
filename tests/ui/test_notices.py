"""What is announced, when, and in which bytes; away by the clock; the log of what was told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from textual.app import App

from p2pchat_tui.session.api import Say
from p2pchat_tui.ui.journal import KEPT, Journal, redacted
from p2pchat_tui.ui.notices import desktop, notice_of
from p2pchat_tui.ui.screens.home import Choice
from p2pchat_tui.ui.screens.log import LogScreen
from p2pchat_tui.ui.titles import window_title
from tests.ui.messages import message
from tests.ui.pair import Pair, pair
from tests.ui.world import settled, shown


async def hear(p: Pair, text: str) -> None:
    p.world.clock.advance(6_000)
    await p.hers.do(Say(text))
    await settled(p.pilot, p.mine, p.hers)
    await p.until(lambda: text in shown(p.chat))


async def test_who_looks_away_is_told_by_level_and_hour_and_only_of_what_is_new() -> None:
    async with pair() as p:
        out: list[str] = []
        p.chat.notices._emit = out.append
        bells: list[int] = []
        p.app.bell = lambda: bells.append(1)  # type: ignore[method-assign]
        await hear(p, "while I look")
        assert not bells and not any("while I look" in each for each in out)
        p.app.app_focus = False  # a key sets it again, as any sign of somebody does
        await hear(p, "while I do not")
        assert len(bells) == 1 and any("while I do not" in each for each in out)
        await p.mine.do(Say("my own"))
        await p.until(lambda: "my own" in shown(p.chat))
        assert len(bells) == 1
        await p.write("/notify mentions")
        await p.until(lambda: p.chat.room.level == "mentions")  # type: ignore[union-attr]
        p.app.app_focus = False
        await hear(p, "nothing for anybody")
        assert len(bells) == 1
        await hear(p, "Maya, come")
        assert len(bells) == 2
        assert await p.mine.setting("notify") == "mentions", "it is kept"
        p.app.change_setting("quiet_hours", "00:00-23:59")
        await hear(p, "maya: at night")
        assert len(bells) == 2
        p.app.change_setting("quiet_hours", "")
        p.app.change_setting("notify_text", "off")
        out.clear()
        await hear(p, "maya: in secret")
        assert len(bells) == 3 and not any("secret" in each or "ana" in each for each in out)
        await p.until(lambda: any(each.startswith("\x1b]2;p2pchat (") for each in out))
        await p.write("/mute")
        await p.until(lambda: p.chat.room.level == "none")  # type: ignore[union-attr]


async def test_what_came_while_nobody_looked_is_read_when_somebody_does() -> None:
    async with pair() as p:
        out: list[str] = []
        p.chat.notices._emit = out.append
        p.app.app_focus = False
        await hear(p, "come and see")
        await p.until(lambda: p.mine.view.unread == 1)
        p.app.app_focus = True
        await p.until(lambda: p.mine.view.unread == 0)
        assert "(" not in out[-1]
        await p.pilot.press("f1")
        p.app.app_focus = False
        await hear(p, "and again")
        p.app.app_focus = True
        await p.pilot.pause()
        assert p.mine.view.unread == 1, "the help is over it"
        await p.pilot.press("escape")
        await p.until(lambda: p.mine.view.unread == 0)


async def test_muting_twice_is_no_change() -> None:
    async with pair() as p:
        p.app.change_setting("notify", "mentions")
        for level in ("none", ""):
            await p.write("/mute")
            await p.until(lambda level=level: p.chat.room.level == level)  # type: ignore[union-attr]
        assert any("what the settings say: mentions" in text for text in p.told)
        await p.write("/set notify")
        await p.until(lambda: any(text.startswith("notify is mentions") for text in p.told))


async def test_nothing_is_written_to_a_terminal_that_is_lent(monkeypatch: pytest.MonkeyPatch) -> None:
    async with pair() as p:
        written: list[str] = []

        @contextmanager
        def suspend(_app: App[str]) -> Iterator[None]:
            yield

        monkeypatch.setattr(App, "suspend", suspend)
        monkeypatch.setattr(type(p.app), "is_headless", False)
        monkeypatch.setattr(p.app._driver, "write", written.append)
        p.app.emit("before")
        with p.app.suspend():
            p.app.emit("meanwhile")
            p.app.bell()
        p.app.emit("after")
        assert [each for each in written if each in ("before", "meanwhile", "after", "\x07")] == ["before", "after"]


async def test_away_by_the_clock_and_back_by_a_key_but_not_from_my_own_away() -> None:
    async with pair() as p:
        p.chat.composer.focus()
        await p.pilot.press("x")
        p.world.clock.advance(10 * 60_000)
        p.chat.notices.look_at_clock()
        await p.until(lambda: p.mine.view.away)
        await p.pilot.press("x")
        p.chat.notices.look_at_clock()
        await p.until(lambda: not p.mine.view.away)
        await p.pilot.press("ctrl+u")
        await p.write("/away")
        await p.until(lambda: p.mine.view.away)
        p.world.clock.advance(10 * 60_000)
        p.chat.notices.look_at_clock()
        await p.pilot.press("x")
        p.chat.notices.look_at_clock()
        await p.pilot.pause()
        assert p.mine.view.away and not p.chat.notices._idling._sent_away


async def test_a_room_that_opens_while_one_is_away_by_the_clock_comes_back_with_the_others() -> None:
    async with pair(rooms=("orchard", "ops")) as p:
        p.world.clock.advance(10 * 60_000)
        p.chat.notices.look_at_clock()
        await p.until(lambda: p.mine.view.away)
        p.chat.enter(Choice("ops"))
        await p.until(lambda: len(p.chat.rooms.open) == 2 and p.chat.room.session.view.away)  # type: ignore[union-attr]
        await p.pilot.press("x")
        p.chat.notices.look_at_clock()
        await p.until(lambda: not any(room.session.view.away for room in p.chat.rooms.open.values()))


async def test_everything_told_stays_in_the_log_without_keys() -> None:
    async with pair() as p:
        invite = await p.me.invite("orchard")
        p.chat.tell(f"look at {invite}", severity="error")
        await p.pilot.press("f12")
        assert isinstance(p.app.screen, LogScreen)
        await p.pilot.press("c")
        assert "error: look at [an invite]" in p.app.clipboard and invite not in p.app.clipboard
        assert not any(invite in text for text in p.told)
        await p.pilot.press("f12")
        assert p.app.screen is p.chat


@pytest.mark.parametrize("environ", [{}, {"VTE_VERSION": "1"}, {"TERM": "foot"}, {"TMUX": "/tmp/x"}])
def test_nothing_in_a_message_ends_the_sequence(environ: dict[str, str]) -> None:
    evil = "\x1b\\\x07\x9c\x1b]52;c;aGk=\x07\n;x"
    sent = desktop(notice_of(evil, replace(message(1), name=evil, text=evil), with_text=True), environ)
    inner = sent.removeprefix("\x1bPtmux;").replace("\x1b\x1b", "\x1b") if "TMUX" in environ else sent
    assert inner.startswith("\x1b]")
    body = inner[2:].split("\x1b\\")[0]
    assert not any(ord(char) < 32 or 0x7F <= ord(char) < 0xA0 for char in body)
    assert inner[2 + len(body) :] in ("\x1b\\", "\x1b\\\x1b\\")
    assert environ.get("VTE_VERSION") is None or body.count(";") == 3


def test_the_title_counts() -> None:
    assert window_title(0) == "\x1b]2;p2pchat\x1b\\" and window_title(3) == "\x1b]2;p2pchat (3)\x1b\\"


def test_the_log_is_bounded_and_knows_damaged_invites() -> None:
    journal = Journal()
    for number in range(KEPT + 5):
        journal.add(number, "information", str(number))
    assert len(journal.records) == KEPT and journal.records[0].text == "5"
    assert redacted("P2PCHAT:///x#AA bc") == "[an invite] bc"
    assert "YPRP" not in redacted("try YPRP-A8JA-B2VS-3QVA-Y7C3-0FK1-SP8Y-GVA2 again")
    assert redacted("a well-known two-part word") == "a well-known two-part word"


@pytest.mark.parametrize("width", [60, 80, 120])
async def test_what_is_told_covers_neither_the_composer_nor_the_keys(width: int) -> None:
    async with pair(size=(width, 24), notifications=True) as p:
        for typed in ("one line", "two\nlines", "six" + "\nlines" * 5):
            p.chat.composer.text = typed
            p.chat.tell("Something that stands there for a while. " * 4, severity="warning")
            await p.until(
                lambda: (
                    (toasts := p.chat.query("Toast"))
                    and all(0 < toast.region.bottom <= p.chat.composer.region.y for toast in toasts)
                )
            )
        p.chat.composer.text = ""
        await p.until(lambda: p.chat.composer.region.height == 3)
        await p.until(lambda: p.chat.query("Toast").last().region.bottom == p.chat.composer.region.y - 1)
