"""Drafts, changing one's last message, long pastes and the editor: around the composer, with real sessions."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from textual import events

from p2pchat_tui.session.api import Say
from p2pchat_tui.ui.drafts import AIM, TEXT, Draft, kept_form, load_draft
from p2pchat_tui.ui.editor import EditorFailed
from p2pchat_tui.ui.nicks import COLOURS
from p2pchat_tui.ui.rooms import Aim
from p2pchat_tui.ui.screens import writing
from p2pchat_tui.ui.screens.home import Choice
from p2pchat_tui.ui.screens.paste import PasteScreen
from p2pchat_tui.ui.screens.writing import aim_text, offer_content
from tests.ui.messages import ME, message
from tests.ui.pair import Pair, pair
from tests.ui.world import PATIENCE, World, in_room, settled, shown, until

if TYPE_CHECKING:
    from collections.abc import Iterator


async def say(p: Pair, *texts: str) -> None:
    for text in texts:
        await p.mine.do(Say(text))
        await p.until(lambda text=text: text in shown(p.chat))


async def change_newest(p: Pair, draft: str) -> None:
    """Begin to change the newest message, in the middle of writing `draft`."""
    p.chat.composer.fill(draft)
    p.chat.timeline.focus()
    await p.pilot.press("up", "e")


async def kept_draft(p: Pair, draft: str) -> None:
    async with asyncio.timeout(PATIENCE):
        while await p.mine.setting(TEXT) != draft:
            await p.pilot.pause()


async def test_a_draft_is_there_after_a_restart_and_gone_once_it_is_sent() -> None:
    world = World()
    me = world.profile("maya")
    await me.new_room("orchard")
    app = world.app(me, "orchard")
    world.closed = True  # the profile outlives the first window
    async with app.run_test() as pilot:
        await in_room(pilot)
        await pilot.press(*"half a thou")
    assert me._sessions
    again = world.app(me, "orchard")
    async with again.run_test() as pilot:
        chat = await in_room(pilot)
        assert chat.composer.text == "half a thou"
        chat.writing.save_after = 0
        await pilot.press("enter")
        await pilot.pause()
        async with asyncio.timeout(PATIENCE):
            while await chat.room.session.setting(TEXT):  # type: ignore[union-attr]
                await pilot.pause()
    world.closed = False
    await world.close()


async def test_an_answer_that_was_not_sent_is_one_after_a_restart_and_so_is_a_change() -> None:
    world = World()
    me = world.profile("maya")
    await me.new_room("orchard")
    session = await me.open("orchard")
    asked = await session.do(Say("pears?"))
    wrong = await session.do(Say("palms"))
    world.closed = True  # the profile outlives the first window
    async with world.app(me, "orchard").run_test() as pilot:
        chat = await in_room(pilot)
        chat.timeline.focus()
        await pilot.press("up", "up", "r", *"yes, so")
        chat.timeline.focus()
        await pilot.press("down", "e")
        assert chat.composer.text == "palms"
        chat.composer.text = "plums"
        await pilot.pause()
    kept = await load_draft(session)
    assert (kept.text, kept.wording) == ("yes, so", "plums")
    async with world.app(me, "orchard").run_test() as pilot:
        chat = await in_room(pilot)
        assert chat.composer.text == "plums" and "Changing “palms”" in str(chat.banner.visual)
        await pilot.press("enter")
        await until(pilot, lambda: "plums (edited)" in shown(chat))
        assert chat.composer.text == "yes, so" and "“pears?”" in str(chat.banner.visual)
        await pilot.press("enter")
        await until(pilot, lambda: "yes, so" in shown(chat))
        first, second, third = (await session.history(9)).messages
        assert (first.id, second.id, third.reply_to) == (asked, wrong, asked)
        await chat.writing.save(chat.room)  # type: ignore[arg-type]
        assert await load_draft(session) == Draft()
    world.closed = False
    await world.close()


async def test_a_change_is_still_one_after_one_was_in_another_room() -> None:
    async with pair(rooms=("orchard", "ops")) as p:
        await say(p, "frist")
        await change_newest(p, "half a thou")
        p.chat.composer.text = "first"
        p.chat.enter(Choice("ops"))
        await p.until(lambda: p.chat.view and p.chat.view.name == "ops")
        assert p.chat.composer.text == "" and not p.chat.banner.display
        p.chat.enter(Choice("orchard"))
        await p.until(lambda: p.chat.view and p.chat.view.name == "orchard")
        assert p.chat.composer.text == "first" and p.chat.banner.display
        await p.pilot.press("escape")
        assert p.chat.composer.text == "half a thou"


async def test_what_a_draft_was_about_and_is_gone_loses_no_words() -> None:
    async with pair() as p:
        await p.mine.do(Say("palms"))
        await p.mine.set_setting(TEXT, "and")
        for aim in ("no json", "[]", '{"reply":"00","edit":7,"text":"plums"}'):
            await p.mine.set_setting(AIM, aim)
            kept = await load_draft(p.mine)
            assert kept == Draft("and\nplums" if "plums" in aim else "and")
        mine = (await p.mine.history(1)).messages[0]
        hers = await p.hers.do(Say("hers"))
        await p.until(lambda: "hers" in shown(p.chat))
        assert hers
        await p.mine.set_setting(AIM, f'{{"edit":"{hers.text}","text":"plums"}}')
        assert await load_draft(p.mine) == Draft("and\nplums")
        p.chat.room.aim, p.chat.room.draft = None, ""  # type: ignore[union-attr]
        await p.chat.writing.take_up(p.chat.room)  # type: ignore[arg-type]
        assert p.chat.room.draft == "and\nplums"  # type: ignore[union-attr]
        p.chat.room.draft = ""  # type: ignore[union-attr]  # sent
        await p.chat.writing.save(p.chat.room)  # type: ignore[arg-type]
        assert await load_draft(p.mine) == Draft(), "it does not come back"
        invite = await p.me.invite("orchard")
        assert kept_form(Draft(invite, mine, mine, invite)) == {TEXT: "", AIM: ""}


async def test_a_draft_is_written_down_while_one_types_but_never_with_a_key_in_it() -> None:
    async with pair() as p:
        p.chat.writing.save_after = 0
        await p.pilot.press(*"hello")
        await kept_draft(p, "hello")
        p.chat.composer.text = "look: " + await p.me.invite("orchard")
        await kept_draft(p, "")


async def test_up_changes_my_last_message_then_the_one_before_and_down_leads_back() -> None:
    async with pair() as p:
        await say(p, "first", "second")
        await p.hers.do(Say("hers"))
        await p.until(lambda: "hers" in shown(p.chat))
        seen = []
        for key in ("up", "up", "up", "down", "down"):
            await p.pilot.press(key)
            await p.pilot.pause()
            seen.append(p.chat.composer.text)
        assert seen == ["second", "first", "first", "second", ""]
        assert not p.chat.banner.display
        await p.pilot.press("up")
        await p.pilot.pause()
        await p.pilot.press("end", "!", "up", "up", "enter")
        await p.until(lambda: "second! (edited)" in shown(p.chat))
        await settled(p.pilot, p.mine, p.hers)
        assert [m.text for m in (await p.hers.history(9)).messages] == ["first", "second!", "hers"]


async def test_what_was_being_written_comes_back_after_a_change() -> None:
    async with pair() as p:
        await say(p, "frist")
        for key, final in (("escape", "frist"), ("enter", "first")):
            await change_newest(p, "half a thou")
            assert p.chat.composer.text == "frist"
            p.chat.composer.text = "first"
            await p.pilot.press(key)
            await p.pilot.pause()
            assert p.chat.composer.text == "half a thou"
            await p.until(lambda final=final: final in shown(p.chat))


async def test_my_old_messages_come_back_after_a_restart() -> None:
    world = World()
    me = world.profile("maya")
    await me.new_room("orchard")
    await (await me.open("orchard")).do(Say("from before"))
    async with world.app(me, "orchard").run_test() as pilot:
        chat = await in_room(pilot)
        await pilot.press("ctrl+up")
        assert chat.composer.text == "from before"


async def test_a_long_paste_waits_for_an_answer() -> None:
    async with pair() as p:
        lines = "\n".join(f"line {number} \x1b[31m" for number in range(40))
        for button, is_kept in (("paste-code", True), ("paste-plain", True), ("paste-no", False)):
            p.chat.composer.text = ""
            p.app.post_message(events.Paste(lines))
            await p.until(lambda: isinstance(p.app.screen, PasteScreen))
            assert "line 4 " not in p.chat.composer.text
            await p.pilot.click(f"#{button}")
            await p.until(lambda: p.app.screen is p.chat)
            assert ("line 39" in p.chat.composer.text) is is_kept
            assert p.chat.composer.text.startswith("```\n") is (button == "paste-code")
            assert p.chat.composer.has_focus


async def test_the_editor_gets_the_draft_and_gives_it_back(monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def lent() -> Iterator[None]:
        yield

    answers = iter(["longer\ntext", EditorFailed("It fell over.")])

    def edit(text: str, _command: list[str]) -> str:
        given.append(text)
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    given: list[str] = []
    monkeypatch.setattr(writing, "edit_text", edit)
    async with pair() as p:
        monkeypatch.setattr(p.app, "suspend", lent)
        await p.pilot.press(*"long", "alt+e")
        await p.until(lambda: p.chat.composer.text == "longer\ntext")
        await p.pilot.press("ctrl+o")
        await p.until(lambda: "It fell over." in p.told)
        assert given == ["long", "longer\ntext"] and p.chat.composer.text == "longer\ntext"


async def test_a_terminal_that_cannot_be_lent_says_so_and_offers_come_and_go() -> None:
    async with pair() as p:
        await p.pilot.press("a", "alt+e")
        await p.until(lambda: any("cannot be lent" in text for text in p.told))
        assert p.chat.composer.text == "a"
        await p.pilot.press("ctrl+u", *"/re")
        await p.until(lambda: p.chat.offers.display and "/reply" in str(p.chat.offers.visual))
        await p.pilot.press("ctrl+u")
        await p.until(lambda: not p.chat.offers.display)


def test_offers_are_cut_to_the_width() -> None:
    choices = [f"name{number}" for number in range(30)]
    for chosen in (-1, 0, 7, 29):
        for width in (20, 60):
            line = offer_content(choices, chosen, "", width).plain
            assert len(line) <= width + 2
            assert chosen < 0 or choices[chosen] in line


def test_what_the_next_text_is_fits_into_one_line_and_says_how_to_drop_it() -> None:
    about = message(0, "a long text\n" * 9)
    for width in (60, 120):
        for what, begins in (("reply", "Reply to ana: “a long text"), ("edit", "Changing “a long text")):
            line = aim_text(Aim(what, about), width)
            assert line.startswith(begins) and line.endswith("Esc drops it")
            assert len(line) <= width - 4 and "\n" not in line
    assert aim_text(Aim("reply", message(0, author=ME)), 60).startswith("Reply to yourself: “")


async def test_small_commands() -> None:
    async with pair() as p:
        await p.write("/rename attic")
        await p.until(lambda: p.chat.view and p.chat.view.name == "attic")
        assert [room.name for room in await p.me.rooms()] == ["attic"] and p.chat.room_list.items[0].current
        await p.me.new_room("cellar")
        await p.write("/rename cellar")
        await p.until(lambda: p.chat.composer.text == "/rename cellar")
        p.chat.composer.clear()
        await p.write("/status ok")
        await p.until(lambda: p.hers.view.peers[0].status == "ok")
        await p.until(lambda: "  ok" in str(p.chat.roster.get_option_at_index(0).prompt))
        await p.write("/status -")
        await p.until(lambda: not p.hers.view.peers[0].status)
        for line, colour in (("/colour Pink", COLOURS["pink"]), ("/color #FF0000", "#ff0000"), ("/colour none", "")):
            await p.write(line)
            await p.until(lambda colour=colour: p.hers.view.peers[0].colour == colour)
        await p.write("/topic apples")
        await p.until(lambda: p.hers.view.topic == "apples")
        await p.write("/topic -")
        await p.until(lambda: not p.hers.view.topic)
        await p.write("/keep 30d")
        await p.until(lambda: p.mine.view.keep == "30d")
        await p.write("/shrug why not")
        await p.until(lambda: "why not ¯\\_(ツ)_/¯" in shown(p.chat))
        for line, words in (
            ("/status", p.mine.view.words),
            ("/kick ana", "nobody can be put out"),
            ("/retry", "Trying"),
            ("/colour", "blue, green"),
            ("/version", "p2pchat-tui 0"),
            ("/help nick", "/nick NAME: be called"),
            ("/colour mauve", "this is none"),
        ):
            await p.write(line)
            await p.until(lambda words=words: any(words in text for text in p.told))


async def test_a_message_that_begins_with_a_slash_is_changed_and_not_run() -> None:
    async with pair() as p:
        await p.write("//topic is a command")
        await p.until(lambda: "/topic is a command" in shown(p.chat))
        await p.pilot.press("up")
        await p.pilot.pause()
        assert p.chat.composer.text == "//topic is a command"
        await p.pilot.press("up", "down", "up")
        await p.pilot.press("end", "!", "enter")
        await p.until(lambda: "/topic is a command! (edited)" in shown(p.chat))
        assert p.mine.view.topic == ""


async def test_a_refused_change_can_be_mended_and_the_draft_waits() -> None:
    async with pair() as p:
        await say(p, "frist")
        await change_newest(p, "half a thou")
        p.chat.composer.text = long = "x" * 9_000
        await p.pilot.press("enter")
        await p.until(lambda: any("8,192" in text for text in p.told) and p.chat.banner.display)
        assert p.chat.composer.text == long and p.chat.room.aim.what == "edit"  # type: ignore[union-attr]
        p.chat.composer.text = "first"
        await p.pilot.press("enter")
        await p.until(lambda: "first" in shown(p.chat))
        assert p.chat.composer.text == "half a thou"


async def test_a_reply_while_a_message_is_changed_keeps_the_draft() -> None:
    async with pair() as p:
        await say(p, "frist")
        await change_newest(p, "half a thou")
        p.chat.timeline.focus()
        await p.pilot.press("up", "r")
        await p.pilot.pause()
        assert p.chat.room.aim.what == "reply" and p.chat.composer.text == "half a thou"  # type: ignore[union-attr]


@pytest.mark.parametrize("ending", ["enter", "escape"])
async def test_a_change_while_a_reply_is_written_keeps_the_reply(ending: str) -> None:
    async with pair() as p:
        await say(p, "frist")
        p.chat.timeline.focus()
        await p.pilot.press("up", "r")
        answered = p.chat.room.aim  # type: ignore[union-attr]
        await p.pilot.press(*"yes")
        p.chat.timeline.focus()
        await p.pilot.press("e")
        await p.until(lambda: p.chat.composer.text == "frist")
        assert p.chat.room.aim.what == "edit"  # type: ignore[union-attr]
        p.chat.composer.focus()
        p.chat.composer.text = "first"
        await p.pilot.press(ending)
        await p.until(lambda: p.chat.room.aim == answered)  # type: ignore[union-attr]
        assert p.chat.composer.text == "yes" and p.chat.banner.display


async def test_keys_that_follow_a_change_at_once_stay() -> None:
    async with pair() as p:
        await say(p, "frist")
        await change_newest(p, "half ")
        p.chat.composer.text = "first"
        p.chat.composer._submit()
        p.chat.composer.insert("a thou")  # before the message that ends the change is dealt with
        await p.until(lambda: "first" in shown(p.chat))
        assert p.chat.composer.text.split() == ["half", "a", "thou"]


async def test_a_command_begun_by_a_key_or_the_palette_keeps_the_draft() -> None:
    async with pair() as p:
        await p.hers.do(Say("hers"))
        await p.until(lambda: "hers" in shown(p.chat))
        for last in ("enter", "escape"):
            p.chat.composer.fill("half a thou")
            p.chat.timeline.focus()
            await p.pilot.press("up", "plus")
            await p.pilot.pause()
            assert p.chat.composer.text == "/react " and p.chat.writing.kept_draft(p.chat.room) == "half a thou"  # type: ignore[arg-type]
            await p.pilot.press("+", "1", last)
            await p.pilot.pause()
            assert p.chat.composer.text == "half a thou"


async def test_drafts_outlive_quick_changes_of_room_old_texts_and_leaving() -> None:
    async with pair(rooms=("orchard", "ops")) as p:
        await p.write("sent before")
        await p.until(lambda: "sent before" in shown(p.chat))
        await p.pilot.press(*"half a thou", "ctrl+up")
        assert p.chat.composer.text == "sent before"
        orchard = p.chat.room
        assert orchard
        await p.pilot.press("alt+up", "alt+down", "alt+up", "alt+down")
        await p.until(lambda: p.chat.room is orchard and p.chat.room.loaded)
        assert p.chat.composer.text == "half a thou"
        await p.pilot.press("alt+up")
        await p.until(lambda: p.chat.room is not orchard and p.chat.room.loaded)  # type: ignore[union-attr]
        await p.pilot.press(*"other")
        await p.chat.rooms.leave(p.chat.room)  # type: ignore[arg-type]
        await p.until(lambda: p.chat.room is orchard)
        await p.pilot.press("alt+up")
        await p.until(lambda: p.chat.room is not orchard and p.chat.room.loaded)  # type: ignore[union-attr]
        assert p.chat.composer.text == "other"


async def test_a_block_of_code_pasted_in_a_line_begins_one() -> None:
    async with pair() as p:
        p.chat.composer.fill("look: ")
        p.app.post_message(events.Paste("\n".join(f"line {number}" for number in range(40))))
        await p.until(lambda: isinstance(p.app.screen, PasteScreen))
        await p.pilot.click("#paste-code")
        await p.until(lambda: p.app.screen is p.chat)
        assert p.chat.composer.text.startswith("look: \n```\nline 0\n")
