"""What every screen looks like, at the smallest comfortable size and at a pleasant one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from textual import pilot as textual_pilot
from textual.pilot import Pilot

from tests.ui.link_scenes import FACTS, inspector
from tests.ui.message_scenes import MESSAGE_SCENES
from tests.ui.mode_scenes import MODE_SCENES, with_plain_glyphs
from tests.ui.people_scenes import PEOPLE_SCENES
from tests.ui.scenes import SCENES, Scene, switcher_found
from tests.ui.search_scenes import SEARCH_SCENES

SIZES = {"80x24": (80, 24), "120x36": (120, 36)}


@pytest.fixture(autouse=True)
def _never_idle(monkeypatch: pytest.MonkeyPatch) -> None:
    """No picture may need a pause: Textual's ends when this process rests, and on a busy machine it rests anywhere."""

    async def wait_for_idle(_min_sleep: float = 0, _max_sleep: float = 0) -> None:
        await asyncio.sleep(0)

    monkeypatch.setattr(textual_pilot, "wait_for_idle", wait_for_idle)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scene", SCENES)
def test_screen(scene: str, size: str, snap_compare: Callable[..., bool]) -> None:
    played = SCENES[scene]()
    assert snap_compare(played.app, run_before=played.play, terminal_size=SIZES[size])


@pytest.mark.parametrize("scene", ["busy-room", "empty-room", "invite", "settings"])
def test_screen_at_the_smallest_size(scene: str, snap_compare: Callable[..., bool]) -> None:
    played = SCENES[scene]()
    assert snap_compare(played.app, run_before=played.play, terminal_size=(60, 20))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scene", MESSAGE_SCENES)
def test_messages(scene: str, size: str, snap_compare: Callable[..., bool]) -> None:
    played = MESSAGE_SCENES[scene]()
    assert snap_compare(played.app, run_before=played.play, terminal_size=SIZES[size])


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scene", MODE_SCENES)
def test_modes(scene: str, size: str, snap_compare: Callable[..., bool]) -> None:
    played = MODE_SCENES[scene]()
    assert snap_compare(played.app, run_before=played.play, terminal_size=SIZES[size])


@pytest.mark.parametrize("scene", ["busy-room", "offline", "settings"])
def test_without_colour(scene: str, monkeypatch: pytest.MonkeyPatch, snap_compare: Callable[..., bool]) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    played = SCENES[scene]()
    assert snap_compare(played.app, run_before=played.play, terminal_size=SIZES["120x36"])


@pytest.mark.parametrize("scene", ["busy-room", "empty-room"])
def test_with_plain_glyphs(scene: str, snap_compare: Callable[..., bool]) -> None:
    played = with_plain_glyphs(SCENES[scene]())
    assert snap_compare(played.app, run_before=played.play, terminal_size=SIZES["120x36"])


@pytest.mark.parametrize("scene", ["markdown", "code"])
def test_messages_in_the_light(scene: str, snap_compare: Callable[..., bool]) -> None:
    played = in_theme(MESSAGE_SCENES[scene](), "p2pchat-light")
    assert snap_compare(played.app, run_before=played.play, terminal_size=(60, 30))


@pytest.mark.parametrize("scene", FACTS)
def test_inspector(scene: str, snap_compare: Callable[..., bool]) -> None:
    played = inspector(scene)
    assert snap_compare(played.app, run_before=played.play, terminal_size=SIZES["120x36"])


def test_narrow_inspector(snap_compare: Callable[..., bool]) -> None:
    played = inspector("retrying")
    assert snap_compare(played.app, run_before=played.play, terminal_size=(60, 20))


def test_inspector_in_the_light_with_addresses(snap_compare: Callable[..., bool]) -> None:
    played = in_theme(inspector("linked", "a"), "p2pchat-light")
    assert snap_compare(played.app, run_before=played.play, terminal_size=SIZES["80x24"])


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scene", PEOPLE_SCENES)
def test_people(scene: str, size: str, snap_compare: Callable[..., bool]) -> None:
    played = PEOPLE_SCENES[scene]()
    assert snap_compare(played.app, run_before=played.play, terminal_size=SIZES[size])


@pytest.mark.parametrize("scene", ["shout", "doubted", "verify"])
def test_people_in_the_light(scene: str, snap_compare: Callable[..., bool]) -> None:
    played = in_theme(PEOPLE_SCENES[scene](), "p2pchat-light")
    assert snap_compare(played.app, run_before=played.play, terminal_size=(60, 24))


@pytest.mark.parametrize("scene", SEARCH_SCENES)
def test_search(scene: str, snap_compare: Callable[..., bool]) -> None:
    played = SEARCH_SCENES[scene]()
    assert snap_compare(played.app, run_before=played.play, terminal_size=SIZES["80x24"])


@pytest.mark.parametrize("size", [(60, 20), (200, 50)])
def test_search_at_other_sizes(size: tuple[int, int], snap_compare: Callable[..., bool]) -> None:
    played = SEARCH_SCENES["results"]()
    assert snap_compare(played.app, run_before=played.play, terminal_size=size)


def test_search_in_the_light(snap_compare: Callable[..., bool]) -> None:
    played = in_theme(SEARCH_SCENES["results"](), "p2pchat-light")
    assert snap_compare(played.app, run_before=played.play, terminal_size=SIZES["80x24"])


@pytest.mark.parametrize("theme", ["p2pchat-light"])
def test_themes(theme: str, snap_compare: Callable[..., bool]) -> None:
    played = in_theme(SCENES["busy-room"](), theme)
    assert snap_compare(played.app, run_before=played.play, terminal_size=SIZES["120x36"])


def test_the_switcher_at_the_smallest_size(snap_compare: Callable[..., bool]) -> None:
    played = switcher_found()
    assert snap_compare(played.app, run_before=played.play, terminal_size=(60, 20))


def in_theme(scene: Scene, theme: str) -> Scene:
    """The same, then the theme changed: what is set before the app starts gives way to the settings."""

    async def play(pilot: Pilot[str | None]) -> None:
        await scene.play(pilot)
        scene.app.theme = theme
        await pilot.pause()
        assert scene.app.theme == theme

    return Scene(scene.app, play)


def test_too_small(snap_compare: Callable[..., bool]) -> None:
    played = SCENES["empty-room"]()
    assert snap_compare(played.app, run_before=played.play, terminal_size=(50, 15))
